//! Tests of the whole reader: against the generator's ledger, on hostile files, on real ones.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::catalog::patterns;
use crate::model::activity::*;

#[allow(dead_code)]
#[path = "../../../examples/generator/mod.rs"]
mod generator;
use generator::{Form, Ledger};

fn scanner() -> Scanner {
    Scanner::new(&patterns::built_in().expect("the patterns load")).expect("they compile")
}

fn read_with(paths: &[PathBuf], change: impl FnOnce(&mut ReadOptions<'_>)) -> LogSummary {
    let scanner = scanner();
    let mut options = ReadOptions::new(&scanner);
    change(&mut options);
    let summary = read(paths, &options);
    assert_sound(&summary);
    summary
}

/// What must hold of every summary of anything.
fn assert_sound(summary: &LogSummary) {
    let sums = |r: &RecordCounts| {
        assert_eq!(r.there, r.read + r.refused);
        assert!(r.repaired + r.duplicates + r.before_period + r.after_period <= r.read + r.repaired);
    };
    sums(&summary.records);
    for source in &summary.sources {
        sums(&source.records);
        assert_eq!(source.records.refused, source.refused_by_reason.values().sum::<u64>(), "{}", source.path);
        assert_eq!(source.records.read, source.shapes.values().sum::<u64>(), "{}", source.path);
    }
    let r = &summary.records;
    assert_eq!(summary.activity.events, r.read - r.duplicates - r.before_period - r.after_period);
    let in_days: u64 = summary.activity.days.values().map(|d| d.events).sum();
    assert_eq!(summary.activity.events, in_days + summary.activity.undated.events);
}

fn text(content: &[u8]) -> LogSummary {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, content).expect("written");
    read_with(&[path], |_| {})
}

fn as_map(ranked: &Ranked) -> BTreeMap<String, u64> {
    assert_eq!(ranked.others, 0);
    ranked.top.iter().map(|n| (n.name.clone(), n.count)).collect()
}

fn assert_equals_ledger(summary: &LogSummary, ledger: &Ledger) {
    let a = &summary.activity;
    assert_eq!(summary.records.read, ledger.records);
    assert_eq!(summary.records.refused, ledger.refused);
    assert_eq!(summary.records.repaired, ledger.repaired);
    assert_eq!(a.days.iter().map(|(d, t)| (d.to_string(), t.events)).collect::<BTreeMap<_, _>>(), ledger.by_day);
    assert_eq!(as_map(&a.users), ledger.by_user);
    assert_eq!(as_map(&a.tools), ledger.by_tool);
    assert_eq!(as_map(&a.decisions), ledger.by_decision);
    assert_eq!(as_map(&a.modes), ledger.by_mode);
    assert_eq!(as_map(&a.outcomes), ledger.by_outcome);
    assert_eq!(a.dangerous, ledger.dangerous);
    assert_eq!(a.hits.iter().map(|(id, h)| (id.clone(), h.records)).collect::<BTreeMap<_, _>>(), ledger.hits);
    assert_eq!(a.fields.unknown_user, ledger.unknown_user);
    assert_eq!(a.days.values().map(|d| d.missing_outcome).sum::<u64>(), ledger.missing_outcome);
    assert_eq!(a.denied, ledger.denied);
    assert_eq!(a.file_changes.count, ledger.file_changes);
    assert_eq!(summary.sources.iter().map(|s| s.order.backward).sum::<u64>(), ledger.backward);
    assert_eq!(a.missing_days.days.iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>(), ledger.missing_days);
    assert_eq!(a.sessions.bypass, ledger.bypass_sessions);
    assert_eq!(a.mode_changes, ledger.mode_changes);
    let by_user_and_day: BTreeMap<(String, String), u64> = a
        .days
        .iter()
        .flat_map(|(day, t)| t.users.top.iter().map(move |n| ((n.name.clone(), day.to_string()), n.count)))
        .collect();
    assert_eq!(by_user_and_day, ledger.by_user_and_day);
}

#[test]
fn the_generators_ledger_is_found_exactly() {
    for (form, bytes, seed) in [(Form::Lines, 3_000_000, 1), (Form::Lines, 800_000, 7), (Form::Guide, 2_000_000, 2)] {
        let mut log = Vec::new();
        let ledger = generator::write(form, bytes, seed, &mut log).expect("in memory");
        assert!(ledger.records > 1000 && !ledger.hits.is_empty() && !ledger.dangerous.is_empty());
        assert_equals_ledger(&text(&log), &ledger);
    }
}

#[test]
fn parts_and_threads_do_not_change_the_result() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for form in [Form::Lines, Form::Guide] {
        let path = dir.path().join("audit.log");
        let mut log = Vec::new();
        let ledger = generator::write(form, 3 << 20, 3, &mut log).expect("in memory");
        std::fs::write(&path, &log).expect("written");
        let mut one = read_with(&[path.clone()], |o| (o.threads, o.limits.part_bytes) = (1, 200_000));
        let three = read_with(&[path.clone()], |o| (o.threads, o.limits.part_bytes) = (3, 200_000));
        assert!(one == three, "threads change the result");
        // A change of mode across two parts is counted; only its place is not noted.
        let mut whole = read_with(&[path.clone()], |_| {});
        for summary in [&mut one, &mut whole] {
            summary.activity.notable.retain(|n| n.kind != NotableKind::ModeChange);
        }
        assert!(one == whole, "parts change the result");
        assert_equals_ledger(&one, &ledger);
        assert_eq!(one.records.lines, memchr::memchr_iter(b'\n', &log).count() as u64);
        for refusal in &one.sources[0].refusals {
            let line = memchr::memchr_iter(b'\n', &log[..refusal.offset as usize]).count() as u64 + 1;
            assert_eq!(line, refusal.line);
            assert_eq!(log[refusal.offset as usize], b'{');
        }
    }
}
