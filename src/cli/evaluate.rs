//! `workpaper evaluate`: judge a snapshot that was collected elsewhere.

use std::{fs, path::PathBuf};

use workpaper::{model::Snapshot, render};

use super::{
    deployment::{self, Examined},
    exit::{self, Exit, Failure},
    terminal,
};

/// Evaluate a snapshot that `collect` wrote
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The snapshot
    #[arg(value_name = "SNAPSHOT")]
    snapshot: PathBuf,
    /// What this organisation decided: scope, parameters, roster
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shown {
    Terminal,
    Json,
    Markdown,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let name = args.snapshot.display();
    let text = fs::read_to_string(&args.snapshot)
        .map_err(|error| Failure::world(format!("reading the snapshot {name}: {error}")))?;
    let snapshot = Snapshot::parse(&text)
        .map_err(|error| Failure::usage(format!("the snapshot {name} cannot be read: {error}")))?;
    let catalog = deployment::catalog()?;
    let policy = deployment::policy(args.policy.as_deref(), catalog)?;
    let examined = Examined::of(snapshot, catalog, policy);
    exit::print(&match args.format {
        Shown::Terminal => render::terminal::render(&examined.report(), terminal::columns()),
        Shown::Json => render::json::render(&examined.assessment),
        Shown::Markdown => render::markdown::render(&examined.report()),
    })?;
    Ok(Exit::OPEN)
}
