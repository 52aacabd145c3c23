//! `workpaper probe`: run the hooks of a deployment with test inputs, and show what each of them stops.

use std::fmt::Write;

use serde_json::json;
use workpaper::{facts::Facts, model::GuardCard};

use super::{
    deployment::Deployment,
    exit::{self, Exit, Failure},
    progress::Progress,
};

/// Run the hooks that the client would run, in a sandbox, and show what each of them stops
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    deployment: Deployment,
    /// Only print what would be run
    #[arg(long)]
    plan: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Shown {
    /// A card for each hook
    Terminal,
    /// The same as JSON
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let policy = args.deployment.policy()?;
    let progress = Progress::start();
    if args.plan {
        let (planned, gaps) = args.deployment.plan(&policy, &progress)?;
        drop(progress);
        let rows: Vec<_> = planned
            .iter()
            .map(|one| {
                let user = one.user.as_ref().map(|user| user.name.as_str());
                json!({"hook": one.by, "event": one.event, "command": one.command, "as": user, "repository": one.repository})
            })
            .collect();
        let text = match args.format {
            Shown::Json => json!({"would_run": rows, "would_not_run": gaps}).to_string() + "\n",
            Shown::Terminal => {
                let mut text = format!("{} hooks would be run, {} would not\n", rows.len(), gaps.len());
                for one in &planned {
                    let user = one.user.as_ref().map_or("an ordinary user", |user| user.name.as_str());
                    let _ = writeln!(
                        text,
                        "  {} {} as {user}\n    {}",
                        one.event,
                        clean(&one.command),
                        clean(&one.by)
                    );
                }
                for gap in &gaps {
                    let _ = writeln!(text, "  not run: {}", clean(&gap.sentence()));
                }
                text
            }
        };
        exit::print(&text)?;
        return Ok(Exit::OPEN);
    }
    let snapshot = args.deployment.probe(&policy, &progress)?;
    drop(progress);
    let facts = Facts::of(&snapshot, &policy);
    let cards = facts.guard_cards();
    let not_run: Vec<_> = facts.gaps().iter().filter(|gap| gap.source.contains("#/hooks/")).collect();
    exit::print(&match args.format {
        Shown::Json => {
            json!({"schema": "workpaper/guard-cards/v1", "cards": cards, "not_run": not_run}).to_string()
                + "\n"
        }
        Shown::Terminal => {
            let mut text: String = cards.iter().map(card).collect();
            for gap in not_run {
                let _ = writeln!(text, "not run: {}", clean(&gap.sentence()));
            }
            if text.is_empty() {
                text.push_str("no hook was found to run\n");
            }
            text
        }
    })?;
    Ok(Exit::OPEN)
}

fn card(card: &GuardCard) -> String {
    let mut text = format!("{} {}\n  {}\n", card.event, clean(&card.command), clean(&card.hook));
    for score in &card.batteries {
        let _ = write!(text, "  {}:", score.battery);
        if score.of > 0 {
            let _ = write!(
                text,
                " blocks {} of {} (baseline {} of {})",
                score.blocks, score.of, score.baseline_blocks, score.baseline_of
            );
        }
        if score.harmless > 0 {
            let _ = write!(text, ", over-blocks {} of {}", score.over_blocks, score.harmless);
        }
        if score.unknown > 0 {
            let _ = write!(text, ", not known for {}", score.unknown);
        }
        if score.to_record > 0 {
            let _ = write!(text, " wrote something for {} of {} calls", score.recorded, score.to_record);
        }
        text.push('\n');
        for missed in score.missed.iter().take(3) {
            let _ = writeln!(text, "    lets through: {}", clean(missed));
        }
        for over in score.over_blocked.iter().take(3) {
            let _ = writeln!(text, "    over-blocks: {}", clean(over));
        }
    }
    let approves = if card.approves { "approves calls by itself" } else { "approves nothing" };
    let fails = match card.fails.as_str() {
        "after the call" => "runs after the call, and can stop nothing".to_owned(),
        how => format!("fails {how}"),
    };
    let _ = writeln!(text, "  {fails}; {approves}; {}", card.isolation.words());
    for (fault, led_to) in &card.faults {
        let _ = writeln!(text, "    {fault}: {led_to}");
    }
    text.push('\n');
    text
}

/// Text of the deployment on a terminal: control characters are shown, never obeyed.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() }).collect()
}
