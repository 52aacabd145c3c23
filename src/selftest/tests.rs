//! What the self-test says of mutants that are not noticed, and of verdicts that change without reason.

use std::{collections::BTreeMap, path::Path};

use super::{Outcome, Report, Request, load, run};
use crate::catalog::Catalog;

fn catalog() -> Catalog {
    Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Tries the mutants of one file for item 1, without running hooks.
fn tried(text: &str) -> Report {
    let catalog = catalog();
    let files = BTreeMap::from([("CL-01.yaml".to_owned(), text.to_owned())]);
    let mutations =
        load::parse(&files, &catalog).unwrap_or_else(|mistakes| panic!("{}", mistakes.join("\n")));
    let request = Request {
        catalog: &catalog,
        batteries: &[],
        mutations: &mutations,
        only: &[],
        probe: false,
        helper: Path::new(""),
        now: "2026-10-01T09:00:00Z".parse().expect("a time"),
        progress: &|_| {},
    };
    run(&request).unwrap_or_else(|why| panic!("{why}"))
}

fn outcomes(report: &Report) -> Vec<(&str, Outcome)> {
    report.mutants.iter().map(|one| (one.id.as_str(), one.outcome)).collect()
}

#[test]
fn each_outcome_is_told_from_the_others() {
    let report = tried(
        r#"
scenes:
  already_weak:
    what: "The lock of bypass mode is gone before the mutant begins"
    do: [{unset: {at: /permissions/disableBypassPermissionsMode}}]
mutants:
  - id: noticed
    what: "The lock of bypass mode is gone"
    do: [{unset: {at: /permissions/disableBypassPermissionsMode}}]
    kills: [bypass_mode_locked_off]
  - id: not_noticed
    what: "A theme is chosen, and the lock of bypass mode is said to be gone by that"
    do: [{write: {file: root/home/dev/.claude/settings.json, text: '{"theme": "light"}'}}]
    kills: [bypass_mode_locked_off]
  - id: something_else_too
    what: "The lock of bypass mode is gone, and so is the proxy"
    do:
      - unset: {at: /permissions/disableBypassPermissionsMode}
      - unset: {at: /env/HTTPS_PROXY}
      - unset: {at: /env/HTTP_PROXY}
    kills: [bypass_mode_locked_off]
  - id: something_else_with_a_reason
    what: "The lock of bypass mode is gone, and so is the proxy"
    do:
      - unset: {at: /permissions/disableBypassPermissionsMode}
      - unset: {at: /env/HTTPS_PROXY}
      - unset: {at: /env/HTTP_PROXY}
    kills: [bypass_mode_locked_off]
    also: {CL-11: "the mutant takes the proxy away as well"}
  - id: weak_before
    what: "The lock of auto mode is gone too"
    in: already_weak
    do: [{unset: {at: /disableAutoMode}}, {unset: {at: /permissions/disableAutoMode}}]
    kills: [bypass_mode_locked_off]
  - id: only_a_run_shows_it
    what: "The lock of bypass mode is gone, and the guard no longer knows .env files"
    do:
      - unset: {at: /permissions/disableBypassPermissionsMode}
      - replace: {file: root/usr/local/lib/claude-code/hooks/guard-credentials.sh, text: "names='\\.env(", with: "names='\\.nothing("}
    kills: [bypass_mode_locked_off, credential_reads_blocked]
harmless:
  - id: changes_nothing
    what: "A theme is chosen"
    do: [{write: {file: root/home/dev/.claude/settings.json, text: '{"theme": "light"}'}}]
  - id: is_not_harmless
    what: "The lock of auto mode is gone"
    do: [{unset: {at: /disableAutoMode}}, {unset: {at: /permissions/disableAutoMode}}]
"#,
    );
    assert_eq!(
        outcomes(&report),
        [
            ("noticed", Outcome::Killed),
            ("not_noticed", Outcome::Survived),
            ("something_else_too", Outcome::UnexpectedRed),
            ("something_else_with_a_reason", Outcome::Killed),
            ("weak_before", Outcome::Invalid),
            ("only_a_run_shows_it", Outcome::Skipped),
            ("changes_nothing", Outcome::Unchanged),
            ("is_not_harmless", Outcome::FalseAlarm),
        ]
    );
    let skipped = report.checks.iter().find(|one| one.check.as_str() == "credential_reads_blocked");
    let skipped = skipped.expect("the check has a card");
    assert!(skipped.killed_by.is_empty(), "skipped is not killed: {:?}", skipped.killed_by);
    assert!(report.not_tested().any(|one| one.check == skipped.check));
    assert!(report.survivors().all(|one| one.check != skipped.check));
    assert!(report.survivors().any(|one| one.check.as_str() == "managed_settings_well_formed"));
}

#[test]
fn a_part_of_the_mutants_can_be_named() {
    let catalog = catalog();
    let mutations = load::builtin(&catalog).unwrap_or_else(|mistakes| panic!("{}", mistakes.join("\n")));
    let only = |name: &str| {
        let request = Request {
            catalog: &catalog,
            batteries: &[],
            mutations: &mutations,
            only: &[name.to_owned()],
            probe: false,
            helper: Path::new(""),
            now: "2026-10-01T09:00:00Z".parse().expect("a time"),
            progress: &|_| {},
        };
        run(&request)
    };
    let report = only("model_choice_locked").unwrap_or_else(|why| panic!("{why}"));
    assert!(!report.mutants.is_empty() && report.mutants.iter().all(|one| one.control == "EX-09"));
    assert!(only("nonsense").is_err());
}
