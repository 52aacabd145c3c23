//! What was not seen is never passed over: each thing that a sample shows is hidden once, and every check judges again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, thread,
};

use workpaper::{
    catalog::Catalog,
    evaluate::evaluate,
    model::{Assessment, Basis, Gap, GapReason, Seen, Snapshot, Verdict},
    policy::Policy,
};

use crate::samples::{Assessed, assessed};

/// Checks that rightly pass when something that they cited is hidden. Those of the declared basis do by nature: one
/// place where a thing is written down is enough.
const ANSWERED_BY_OTHERS: &[(&str, &str)] = &[
    (
        "audit_log_protected_from_users",
        "telemetry carries the records off the host as well as the system log",
    ),
    ("log_writable_after_rotation", "the rotation rule decides who owns the next file, not the present one"),
    ("mcp_allowlist_by_url_or_command", "the managed allowlist stands beside the exclusive file"),
    ("mcp_servers_locked_to_managed", "the managed lock stands beside the exclusive file"),
];

#[test]
fn hiding_what_fails_makes_nothing_pass() {
    let found = when_hidden(|before, after, _| before == Verdict::Fail && after == Verdict::Pass);
    assert!(found.is_empty(), "these failed, and pass when they cannot see:\n{}", lines(&found));
}

#[test]
fn what_was_cited_for_a_pass_is_missed_when_it_is_hidden() {
    let excused: BTreeSet<&str> = ANSWERED_BY_OTHERS.iter().map(|(check, _)| *check).collect();
    let catalog = Catalog::builtin().expect("the catalogue that is built in");
    let declared: BTreeSet<String> = catalog
        .cards()
        .filter(|(_, card)| card.basis == Basis::Declared)
        .map(|(check, _)| check.to_string())
        .collect();
    let mut found =
        when_hidden(|before, after, cited| before == Verdict::Pass && after == Verdict::Pass && cited);
    found.retain(|(check, _)| !declared.contains(check));
    let seen: BTreeSet<String> = found.iter().map(|(check, _)| check.clone()).collect();
    found.retain(|(check, _)| !excused.contains(check.as_str()));
    assert!(found.is_empty(), "these cite something, and pass as well without it:\n{}", lines(&found));
    let idle: Vec<&&str> = excused.iter().filter(|check| !seen.contains(**check)).collect();
    assert!(idle.is_empty(), "excused for nothing: {idle:?}");
}

fn lines(found: &BTreeSet<(String, String)>) -> String {
    found.iter().map(|(check, source)| format!("{check}: {source}\n")).collect()
}

/// Checks, each with a hidden source and its sample, of which a question holds: the verdict before, the verdict after,
/// and whether the source was cited before.
fn when_hidden(holds: impl Fn(Verdict, Verdict, bool) -> bool + Sync) -> BTreeSet<(String, String)> {
    let samples = assessed();
    let (here, there) = samples.split_at(samples.len() / 2);
    let all = |samples: &[Assessed]| -> BTreeSet<(String, String)> {
        samples.iter().flat_map(|sample| of_sample(sample, &holds)).collect()
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| all(there));
        let mut found = all(here);
        found.extend(other.join().expect("the other half is judged too"));
        found
    })
}

fn of_sample(
    sample: &Assessed,
    holds: &impl Fn(Verdict, Verdict, bool) -> bool,
) -> BTreeSet<(String, String)> {
    let catalog = Catalog::builtin().expect("the catalogue that is built in");
    let policy = Policy::default();
    let text = fs::read_to_string(sample.first.join("snapshot.json")).expect("the pack's snapshot");
    let whole = Snapshot::parse(&text).expect("a snapshot");
    let before = evaluate(&whole, &catalog, &policy);
    let (old, cited) = (verdicts(&before), citations(&before));
    let mut found = BTreeSet::new();
    for source in sources(&whole) {
        let after = evaluate(&without(&whole, source), &catalog, &policy);
        for (check, now) in verdicts(&after) {
            let was_cited = cited.contains(&(check.clone(), source.to_owned()));
            if old.get(&check).is_some_and(|before| holds(*before, now, was_cited)) {
                found.insert((check, format!("{source} of {}", sample.name)));
            }
        }
    }
    found
}

/// Everything that could be hidden.
pub fn sources(whole: &Snapshot) -> BTreeSet<&str> {
    whole.observations.iter().map(|seen| seen.source.as_str()).collect()
}

/// The snapshot of a collection that was not allowed to read this source.
pub fn without(whole: &Snapshot, source: &str) -> Snapshot {
    let mut gaps = whole.gaps.clone();
    let hidden = whole.observations.iter().filter(|seen| seen.source == source);
    gaps.extend(hidden.map(|seen| {
        let gap = Gap::new(source, GapReason::NotPermitted, "the system refused");
        match &seen.seen {
            Seen::File(file) => gap.of_file(file.role.clone()),
            _ => gap,
        }
    }));
    let seen = whole.observations.iter().filter(|seen| seen.source != source).cloned().collect();
    Snapshot::new(whole.scope.clone(), seen, gaps)
}

/// The worst verdict of each check.
fn verdicts(assessment: &Assessment) -> BTreeMap<String, Verdict> {
    let mut worst = BTreeMap::new();
    for finding in &assessment.findings {
        let entry = worst.entry(finding.check.to_string()).or_insert(finding.verdict);
        *entry = Verdict::worst([*entry, finding.verdict]);
    }
    worst
}

fn citations(assessment: &Assessment) -> BTreeSet<(String, String)> {
    let of = |finding: &workpaper::model::Finding| -> Vec<(String, String)> {
        let check = finding.check.to_string();
        finding.evidence.iter().map(|evidence| (check.clone(), evidence.source.clone())).collect()
    };
    assessment.findings.iter().flat_map(of).collect()
}
