//! `workpaper diff`: what changed between two runs.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use workpaper::{
    evaluate::diff::{Change, Diff, Move, diff},
    model::Assessment,
    render,
};

use super::{
    exit::{self, Exit, Failure},
    history,
};

/// Show what changed between two runs
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A run's id or its beginning, an assessment.json, or a pack
    #[arg(value_name = "A")]
    before: String,
    /// Likewise
    #[arg(value_name = "B")]
    after: String,
    /// The file that remembers runs [default: in the platform's state directory]
    #[arg(long, value_name = "FILE", env = "WORKPAPER_STORE")]
    store: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shown {
    Terminal,
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let before = assessment(&args.before, args.store.as_deref())?;
    let after = assessment(&args.after, args.store.as_deref())?;
    let changes = diff(&before, &after);
    exit::print(&match args.format {
        Shown::Terminal => shown(&changes),
        Shown::Json => serde_json::to_string_pretty(&changes)
            .map(|text| text + "\n")
            .map_err(|error| Failure::world(format!("writing the differences as JSON: {error}")))?,
    })?;
    Ok(Exit::OPEN)
}

fn assessment(named: &str, store: Option<&Path>) -> Result<Assessment, Failure> {
    let path = Path::new(named);
    let file = if path.is_dir() { path.join("assessment.json") } else { path.to_owned() };
    if file.is_file() {
        let text = fs::read_to_string(&file)
            .map_err(|error| Failure::usage(format!("reading {}: {error}", file.display())))?;
        return Assessment::parse(&text)
            .map_err(|error| Failure::usage(format!("{}: {error}", file.display())));
    }
    history::open(store)?.run(named).map_err(Failure::usage)
}

fn shown(changes: &Diff) -> String {
    let mut text = format!("{} → {}\n", changes.from, changes.to);
    let inputs = if changes.inputs.is_empty() { "none".to_owned() } else { changes.inputs.join(", ") };
    let _ = writeln!(text, "inputs that differ: {inputs}");
    if changes.is_empty() {
        text.push_str("nothing changed\n");
        return text;
    }
    for control in &changes.controls {
        let _ =
            writeln!(text, "\n{} {}  {}", mark(control.direction), control.id, render::plain(&control.text));
        for (what, change) in [
            ("result", &control.result),
            ("declared", &control.declared),
            ("enforced", &control.enforced),
            ("operated", &control.operated),
        ] {
            if let Some(change) = change {
                let _ = writeln!(text, "    {what}: {}", moved(change));
            }
        }
    }
    for finding in &changes.findings {
        let _ = writeln!(
            text,
            "\n{} {} [{}]",
            mark(finding.direction),
            finding.check,
            render::plain(&finding.subject)
        );
        if let Some(change) = &finding.verdict {
            let _ = writeln!(text, "    verdict: {}", moved(change));
        }
    }
    text
}

fn moved<T: std::fmt::Display>(change: &Change<T>) -> String {
    let word = |value: &Option<T>| value.as_ref().map_or_else(|| "absent".to_owned(), T::to_string);
    format!("{} → {}", word(&change.before), word(&change.after))
}

const fn mark(direction: Move) -> &'static str {
    match direction {
        Move::Worse => "worse   ",
        Move::Better => "better  ",
        Move::Appeared => "new     ",
        Move::Disappeared => "gone    ",
        Move::Other => "changed ",
    }
}
