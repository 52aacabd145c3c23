//! `workpaper assess`: collect, evaluate, remember, and write the evidence pack.

use std::path::PathBuf;

use clap::Args as _;
use workpaper::{pack, render, store::Store};

use super::{
    deployment::Deployment,
    exit::{self, Exit, Failure},
};

/// Examine a deployment and write an evidence pack
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    deployment: Deployment,
    /// Write the pack to this folder
    #[arg(long, value_name = "DIR", default_value = "workpaper-pack")]
    out: PathBuf,
    /// Remember the run in this file [default: in the platform's state directory]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Do not remember the run
    #[arg(long, conflicts_with = "store")]
    no_store: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// The checklist
    Terminal,
    /// The whole assessment (workpaper/assessment/v1)
    Json,
    /// The checklist and the exceptions as Markdown
    Markdown,
}
