//! The checks are held to their claims: each weakening of the hardened sample is noticed by the right check.

use std::{fs, io::Write, path::Path, sync::LazyLock};

use workpaper::{
    catalog::{Catalog, batteries},
    model::{Basis, Status},
    selftest::{self, Report, Request},
};

use crate::{cards::bubblewrap_works, source::project};

/// Every mutant, tried once for all tests.
fn report() -> &'static Report {
    static REPORT: LazyLock<Report> = LazyLock::new(|| {
        let catalog = Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:?}"));
        let folder = fs::read_dir(project().join("mutations")).expect("the mutations");
        let files = folder.flatten().map(|entry| {
            let name = entry.file_name().into_string().expect("names of mutations are text");
            (name, fs::read_to_string(entry.path()).expect("text"))
        });
        let mutations = selftest::parse(&files.collect(), &catalog)
            .unwrap_or_else(|mistakes| panic!("{}", mistakes.join("\n")));
        let only: Vec<String> = std::env::var("WORKPAPER_MUTANT").into_iter().collect();
        let request = Request {
            catalog: &catalog,
            batteries: &batteries(catalog.files()).unwrap_or_else(|problems| panic!("{problems:?}")),
            mutations: &mutations,
            only: &only,
            probe: true,
            helper: Path::new(env!("CARGO_BIN_EXE_workpaper")),
            now: jiff::Timestamp::now(),
            progress: &|_| {},
        };
        selftest::run(&request).unwrap_or_else(|why| panic!("{why}"))
    });
    &REPORT
}

#[test]
fn every_weakening_is_noticed_by_the_right_check() {
    let faults: Vec<String> = report()
        .faults()
        .map(|one| format!("{} {}: {} ({})", one.outcome.words(), one.id, one.what, one.why))
        .collect();
    assert!(faults.is_empty(), "{} mutants:\n{}", faults.len(), faults.join("\n"));
    let only_one = std::env::var_os("WORKPAPER_MUTANT").is_some();
    assert!(only_one || report().mutants.len() >= 190, "only {} mutants", report().mutants.len());
}

#[test]
fn every_enforced_check_has_a_mutant_that_kills_it() {
    let (killed, all) = report().killed(Basis::Enforced);
    // Not by a macro, whose output a passing test swallows.
    let mut out = std::io::stderr().lock();
    writeln!(out, "self-test: {}; {killed} of {all} enforced checks killed", report().summary())
        .expect("stderr");
    let survivors: Vec<&str> = report().survivors().map(|one| one.check.as_str()).collect();
    assert!(survivors.is_empty(), "no mutant kills {}", survivors.join(", "));
    let not_tested: Vec<&str> = report().not_tested().map(|one| one.check.as_str()).collect();
    match &report().no_isolation {
        Some(why) => {
            assert!(!bubblewrap_works(), "hooks can be run here and were not: {why}");
            eprintln!("skipped: {} checks were not tested: {why}", not_tested.len());
        }
        None => assert!(not_tested.is_empty(), "mutants were skipped of {}", not_tested.join(", ")),
    }
}

/// What people must state is not there; everything that a machine decides is.
#[test]
fn the_hardened_sample_passes_every_item_that_a_machine_decides() {
    let report = report();
    if let Some(why) = &report.no_isolation {
        eprintln!("skipped: hooks were not run: {why}");
        return;
    }
    assert_eq!(report.sample.checklist.len(), 15);
    for item in &report.sample.checklist {
        let (enforced, result) = match item.item {
            Some(1..=4 | 6..=9) => (Status::Pass, Status::Pass),
            Some(5 | 10..=12) => (Status::Pass, Status::AwaitingAttestation),
            _ => (Status::Undetermined, Status::AwaitingAttestation),
        };
        assert_eq!((item.enforced, item.result), (enforced, result), "{}: {}", item.id, item.reason);
        assert!(item.item > Some(12) || item.declared == Status::Pass, "{}: {}", item.id, item.reason);
    }
}
