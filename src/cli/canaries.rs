//! `workpaper canaries`: what stops each test call on this host, layer by layer.

use std::fmt::Write as _;

use serde_json::json;
use workpaper::{
    facts::{Facts, in_scope},
    model::{Aim, LayeredCall, Stand},
    render,
    report::Stops,
};

use super::{
    deployment::{self, Deployment},
    exit::{self, Exit, Failure},
    progress::Progress,
};

/// Show what stops each test call: rules, hooks, sandbox, modes, or nothing
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    deployment: Deployment,
    /// Only calls with this in them, such as .env or "rm -rf"
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Only this battery of calls (can be repeated)
    #[arg(long, value_name = "ID")]
    battery: Vec<String>,
    /// Also the calls that are stopped, and harmless ones
    #[arg(long)]
    all: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shown {
    /// Figures, and the calls that are not stopped with their layers
    Terminal,
    /// Every call with its layers
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let catalog = deployment::catalog()?;
    let known = || catalog.batteries().iter().filter(|battery| battery.is_of_calls());
    if let Some(wrong) = args.battery.iter().find(|id| !known().any(|battery| battery.id == **id)) {
        let ids: Vec<&str> = known().map(|battery| battery.id.as_str()).collect();
        return Err(Failure::usage(format!("no battery of calls is named `{}`", wrong.escape_debug()))
            .hint(format!("there are {}", ids.join(", "))));
    }
    let policy = args.deployment.policy()?;
    let progress = Progress::start();
    let snapshot = args.deployment.collect(&policy, &progress)?;
    progress.say("asking every layer");
    let judged = in_scope(&snapshot, &policy);
    let facts = Facts::of(&judged, &policy).trying(catalog.batteries());
    let mut calls = facts.layered_calls();
    drop(progress);
    calls.retain(|call| args.battery.is_empty() || args.battery.contains(&call.battery));
    calls.retain(|call| args.text.as_deref().is_none_or(|text| call.tries.contains(text)));
    // Somebody who asks for certain calls wants to see them, stopped or not.
    let all = args.all || args.text.is_some();
    exit::print(&match args.format {
        Shown::Json => json!({"schema": "workpaper/canaries/v1", "calls": calls}).to_string() + "\n",
        Shown::Terminal => terminal(&calls, all),
    })?;
    Ok(Exit::OPEN)
}

fn terminal(calls: &[LayeredCall], all: bool) -> String {
    let mut text = String::new();
    for row in Stops::of(calls).rows {
        let _ = writeln!(text, "{} · {}", render::plain(&row.battery), render::plain(&row.subjects));
        for (name, figure) in Stops::FIGURES.iter().zip(&row.figures) {
            let _ = writeln!(text, "  {name:<18} {figure}");
        }
    }
    if text.is_empty() {
        return "No test call to show: no user was found, or no call has this in it.\n".to_owned();
    }
    let shown = calls
        .iter()
        .filter(|call| all || call.aim == Aim::Stop && !matches!(call.answer, Stand::Stops))
        .collect::<Vec<_>>();
    let _ = writeln!(text, "\n{} of {} answers shown", shown.len(), calls.len());
    for call in shown {
        text.push_str(&one(call));
    }
    text
}

fn one(call: &LayeredCall) -> String {
    let modes = if call.every_mode { "every mode".to_owned() } else { call.modes.join(", ") };
    let mut lines = vec![
        format!("\n{}  {}", call.answer.words().to_uppercase(), call.tries),
        format!("    for      {}, {modes}", call.subject),
        format!("    rules    {}", call.rules.cell()),
        format!("    hooks    {}", call.hooks.cell()),
    ];
    if call.tries.starts_with("Bash ") {
        lines.push(format!("    sandbox  {}", call.sandbox.cell()));
    }
    if call.files.stand != Stand::Open {
        lines.push(format!("    file     {}", call.files.cell()));
    }
    if call.answer != Stand::Stops {
        lines.push(format!("    because  {}", call.why));
    } else if call.without_hooks != Stand::Stops {
        lines.push(format!("    without  {} if every hook fails", call.without_hooks.words()));
    }
    lines.iter().fold(String::new(), |text, line| text + &shown(line) + "\n")
}

/// A line as a terminal may show it; the line break that begins it is ours.
fn shown(line: &str) -> String {
    match line.strip_prefix('\n') {
        Some(rest) => format!("\n{}", render::plain(rest)),
        None => render::plain(line),
    }
}
