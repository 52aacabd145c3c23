//! `workpaper fix`: the changes that would make failing enforced checks pass, shown as diffs and written only on request.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use workpaper::{
    collect::without_secrets,
    model::CheckId,
    render,
    repair::{self, ASIDE, FileChange, Given, Plan},
};

use super::{
    deployment::{Deployment, Examined},
    exit::{self, Exit, Failure},
    files::Files,
};

/// Show the changes that would make failing enforced checks pass; write them with --apply
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    deployment: Deployment,
    /// Only for these checks [default: every enforced check that fails]
    #[arg(value_name = "CHECK")]
    checks: Vec<String>,
    /// A value that only the organisation knows, such as organisation=UUID or proxy=http://proxy:3128 (can be repeated)
    #[arg(long = "value", value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// Write the changes: each file whole or not at all, and none that changed since it was read
    #[arg(long)]
    apply: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let values = named_values(&args.values)?;
    let only = args
        .checks
        .iter()
        .map(|text| CheckId::parse(text).map_err(|why| Failure::usage(format!("{text}: {why}"))))
        .collect::<Result<BTreeSet<_>, _>>()?;
    let examined = args.deployment.examine()?;
    if let Some(unknown) = only.iter().find(|check| examined.catalog.card(check).is_none()) {
        return Err(Failure::usage(format!("no check is called {unknown}")));
    }
    let files = args.deployment.files()?;
    let plan = planned(&examined, &files, &values, &only);
    exit::print(&shown(&plan, args.apply))?;
    if args.apply {
        write(&plan, &files)?;
    }
    Ok(Exit::OPEN)
}

fn planned(
    examined: &Examined,
    files: &Files,
    values: &BTreeMap<String, String>,
    only: &BTreeSet<CheckId>,
) -> Plan {
    repair::plan(&Given {
        assessment: &examined.assessment,
        snapshot: &examined.snapshot,
        catalog: examined.catalog,
        values,
        only,
        read: &|source| files.read(source),
    })
}

fn named_values(given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    given
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                Ok((name.to_owned(), value.to_owned()))
            }
            _ => Err(Failure::usage(format!("--value {text}: NAME=VALUE is expected"))),
        })
        .collect()
}

fn write(plan: &Plan, files: &Files) -> Result<(), Failure> {
    for change in &plan.changes {
        files.write(change).map_err(|why| {
            Failure::world(format!("{}: {why}", change.source))
                .hint("files named above it were written; run the command again for the rest")
        })?;
    }
    Ok(())
}

fn shown(plan: &Plan, applied: bool) -> String {
    let mut text = String::new();
    for change in &plan.changes {
        for (check, why) in &change.because {
            let _ = writeln!(text, "# {check}: {}", render::plain(&first_words(why)));
        }
        text.push_str(&diff(change));
        text.push('\n');
    }
    if !plan.left.is_empty() {
        let _ = writeln!(text, "# Left to people:");
        for left in &plan.left {
            let what = render::plain(&left.what.replace('\n', " "));
            let _ = writeln!(text, "#   {} ({}): {what}", left.check, render::plain(&left.subject));
        }
    }
    let done = if applied { "written" } else { "shown; --apply writes them" };
    let _ =
        writeln!(text, "# {} files {done}, {} findings left to people.", plan.changes.len(), plan.left.len());
    text
}

fn first_words(text: &str) -> String {
    const MOST: usize = 160;
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// The unified diff of one change, secrets replaced.
fn diff(change: &FileChange) -> String {
    let path = change.source.trim_start_matches("repo:");
    let (before, after) = (
        without_secrets(change.before.as_deref().unwrap_or_default()),
        without_secrets(change.after.as_deref().unwrap_or_default()),
    );
    let from = if change.before.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
    let to = match &change.after {
        Some(_) => format!("b/{path}"),
        None => {
            return format!(
                "--- {from}\n+++ b/{path}{ASIDE} (the file is renamed: the client does not read it)\n"
            );
        }
    };
    let mode = if change.executable { "# mode 0755\n" } else { "" };
    let mut options = git2::DiffOptions::new();
    options.context_lines(3);
    let patch =
        git2::Patch::from_buffers(before.as_bytes(), None, after.as_bytes(), None, Some(&mut options));
    let body =
        patch.and_then(|mut patch| patch.to_buf().map(|text| text.as_str().unwrap_or_default().to_owned()));
    let hunks = body.unwrap_or_default();
    let hunks = hunks.find("@@").map_or("", |at| &hunks[at..]);
    let hunks: String = hunks.lines().map(|line| render::plain(line) + "\n").collect();
    format!("{mode}--- {from}\n+++ {to}\n{hunks}")
}
