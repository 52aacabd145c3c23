//! `workpaper self-test`: hold the checks to their claims on a deployment that is weakened one control at a time.

use std::fmt::Write;

use jiff::Timestamp;
use workpaper::{
    model::Basis,
    selftest::{self, Outcome, Report, Request, Tried},
};

use super::{
    deployment::{batteries, catalog, listed},
    exit::{self, Exit, Failure},
    progress::Progress,
};

/// Weaken a hardened deployment one control at a time, and show which checks notice
///
/// The deployment is a sample that this program carries; it is laid out in a scratch folder, and its hooks are run in
/// a sandbox. Exits with 1 where a weakening goes unnoticed, or where something turns red that it does not concern,
/// and with 5 where hooks could not be run and a check was therefore not tested.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Only the mutants, checks or controls of these ids
    #[arg(value_name = "ID")]
    only: Vec<String>,
    /// Run no hooks; what only running them shows is skipped
    #[arg(long)]
    no_probe: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shown {
    /// The mutants, then the checks
    Terminal,
    /// The same (workpaper/self-test/v1)
    Json,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let catalog = catalog()?;
    let mutations = selftest::builtin(catalog)
        .map_err(|mistakes| Failure::usage(listed("the list of mutations", &mistakes)))?;
    let progress = Progress::start();
    let request = Request {
        catalog,
        batteries: batteries()?,
        mutations: &mutations,
        only: &args.only,
        probe: !args.no_probe,
        helper: &std::env::current_exe().map_err(Failure::world)?,
        now: Timestamp::now(),
        progress: &|doing| progress.say(doing),
    };
    let report = selftest::run(&request).map_err(Failure::usage)?;
    drop(progress);
    let whole = args.only.is_empty();
    exit::print(&match args.format {
        Shown::Terminal => table(&report, whole),
        Shown::Json => {
            let text = serde_json::to_string_pretty(&report);
            text.map_err(|error| Failure::world(format!("writing the report as JSON: {error}")))? + "\n"
        }
    })?;
    // Of a part of the mutants, nothing follows for the checks that they do not concern.
    let survives = report.faults().next().is_some() || (whole && report.survivors().next().is_some());
    let not_tested = report.mutants.iter().any(|one| one.outcome == Outcome::Skipped);
    Ok(match (survives, not_tested) {
        (true, _) => Exit::gate(1),
        (false, true) => Exit::gate(5),
        (false, false) => Exit::OPEN,
    })
}

fn table(report: &Report, whole: bool) -> String {
    let mut text = String::new();
    let mut last = "";
    for one in &report.mutants {
        if one.control != last {
            last = &one.control;
            let _ = writeln!(text, "{last}");
        }
        let _ = writeln!(text, "  {:<14} {:<48} {}", one.outcome.words(), one.id, turned(one));
        if one.outcome.is_fault() {
            let _ = writeln!(text, "    {}\n    {}", one.what, one.why);
        }
    }
    let _ = writeln!(text, "\n{}", report.summary());
    if let Some(why) = &report.no_isolation {
        let _ = writeln!(text, "hooks were not run: {why}");
    }
    if whole {
        text.push_str(&by_check(report));
    }
    text
}

/// What turned red, or unknown, beside what had to.
fn turned(one: &Tried) -> String {
    let names = |ids: &mut dyn Iterator<Item = &workpaper::model::ControlId>| {
        ids.map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let mut text = names(&mut one.red.iter().filter(|id| one.expected.contains(id)));
    for (word, ids) in [
        ("also red", names(&mut one.red.iter().filter(|id| !one.expected.contains(id)))),
        ("unknown", names(&mut one.unsure.iter().filter(|id| !one.red.contains(id)))),
    ] {
        if !ids.is_empty() {
            let _ = write!(text, "; {word}: {ids}");
        }
    }
    text.trim_start_matches("; ").to_owned()
}

fn by_check(report: &Report) -> String {
    let mut text = String::new();
    for basis in Basis::ALL {
        let mine = || report.checks.iter().filter(|one| one.basis == *basis);
        let (killed, all) = report.killed(*basis);
        let _ = writeln!(text, "checks on the basis {basis}: {killed} of {all} killed");
        if *basis == Basis::Enforced {
            for one in mine() {
                let mutants = one.killed_by.len();
                let _ = writeln!(text, "  {mutants:>3}  {}", one.check);
            }
        }
    }
    for one in report.survivors() {
        let _ = writeln!(text, "SURVIVES: {}: no mutant kills it", one.check);
    }
    for one in report.not_tested() {
        let _ = writeln!(text, "not tested: {}: {} mutants were skipped", one.check, one.skipped.len());
    }
    text
}
