//! `workpaper history`: the runs that were remembered.

use std::{fmt::Write as _, path::PathBuf};

use serde_json::json;
use workpaper::{
    render,
    store::{RunSummary, Store},
};

use super::exit::{self, Exit, Failure};

/// List the runs that were remembered
#[derive(clap::Args, Debug)]
pub(super) struct Args {
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
    let runs = open(args.store.as_deref())?.runs().map_err(Failure::world)?;
    exit::print(&match args.format {
        Shown::Terminal => table(&runs),
        Shown::Json => {
            let rows: Vec<_> = runs.iter().map(row).collect();
            format!("{:#}\n", json!({ "schema": "workpaper/history/v1", "runs": rows }))
        }
    })?;
    Ok(Exit::OPEN)
}

/// The store that is named, or the default one; it must exist.
pub(super) fn open(path: Option<&std::path::Path>) -> Result<Store, Failure> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => Store::default_path().map_err(Failure::world)?,
    };
    Store::open_existing(&path).map_err(Failure::world)
}

fn table(runs: &[RunSummary]) -> String {
    let mut text = format!(
        "{:<16} {:<20} {:<23} {:>7} {:>6} {:>6} {:>6}  root\n",
        "run", "as of", "period", "items", "pass", "fail", "undet."
    );
    for run in runs {
        let period = format!("{}..{}", day(run.period.start), day(run.period.end));
        let _ = writeln!(
            text,
            "{:<16} {:<20} {:<23} {:>7} {:>6} {:>6} {:>6}  {}",
            run.id,
            run.as_of,
            period,
            format!("{}/{}", run.items_passed, run.items),
            run.counts.pass,
            run.counts.fail,
            run.counts.undetermined,
            render::plain(&run.root)
        );
    }
    text
}

fn row(run: &RunSummary) -> serde_json::Value {
    json!({
        "id": run.id, "as_of": run.as_of, "period": run.period, "root": run.root, "repositories": run.repositories,
        "tool_version": run.tool_version, "client_contract": run.client_contract, "counts": run.counts,
        "items_passed": run.items_passed, "items": run.items, "recordings": run.recordings,
        "first_recorded": run.first_recorded, "last_recorded": run.last_recorded,
    })
}

fn day(at: jiff::Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
