//! `workpaper collect`: only look, for hosts that judge elsewhere.

use std::{fs, path::PathBuf};

use super::{
    deployment::Deployment,
    exit::{self, Exit, Failure},
    progress::Progress,
};

/// Collect a snapshot of a deployment, to be evaluated elsewhere
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    deployment: Deployment,
    /// Write the snapshot to this file [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let policy = args.deployment.policy()?;
    let snapshot = args.deployment.collect(&policy, &Progress::start())?;
    let text = serde_json::to_string_pretty(&snapshot)
        .map_err(|error| Failure::world(format!("writing the snapshot as JSON: {error}")))?;
    match &args.out {
        Some(path) => fs::write(path, text + "\n")
            .map_err(|error| Failure::world(format!("writing {}: {error}", path.display())))?,
        None => exit::print(&(text + "\n"))?,
    }
    Ok(Exit::OPEN)
}
