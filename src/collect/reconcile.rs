//! Compares the kinds of record of the same tool calls: call by call, day by day, and with the commits of the period.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::changes::Landed;
use super::logs::{Census, Sighting};
use super::redact::redact;
use super::repositories::Repository;
use crate::model::{
    CallPopulation, CommitTie, Lack, Pair, Period, Reconciliation, RecordKind, Tie, Unmatched,
};

/// Calls held at once; beyond that a part of them is compared, chosen by digest, and said.
pub const CALLS: usize = 450_000;
/// Seconds around the ends of the period and before the collection in which one record of a call may lie beyond.
const EDGE: i64 = 3600;
const IN_FLIGHT: i64 = 600;
/// Calls that are named, of each side of a pair.
const EXAMPLES: usize = 5;

/// Which kinds are compared: the hook log with each other kind, and these with each other.
const PAIRS: [(RecordKind, RecordKind); 3] = [
    (RecordKind::HookLog, RecordKind::Transcripts),
    (RecordKind::HookLog, RecordKind::Telemetry),
    (RecordKind::Telemetry, RecordKind::Transcripts),
];

/// The ends of what was read, and the people of the host.
pub struct Around {
    pub period: Period,
    pub as_of: Timestamp,
    /// Digests of the names of people with a home on the host.
    pub people: BTreeSet<u32>,
}

/// Compares what the records of all places name.
pub fn reconcile(census: &Census, around: &Around, named: &dyn Fn(&Path) -> String) -> Reconciliation {
    let populations: Vec<CallPopulation> =
        RecordKind::ALL.into_iter().filter_map(|kind| population(census, kind)).collect();
    let has_ids = |kind: RecordKind| populations.iter().any(|one| one.kind == kind && one.calls > 0);
    let pairs = PAIRS
        .into_iter()
        .filter(|(left, right)| has_ids(*left) && has_ids(*right))
        .map(|(left, right)| pair(census, around, left, right, named))
        .collect();
    Reconciliation {
        populations,
        pairs,
        commits: None,
        one_in: census.one_in(),
        sessions_not_held: census.sessions_not_held(),
    }
}

/// Commits of the period that name an agent, against the hours in which anything was recorded. The walks are those of the
/// history: of the branch that was asked for, of every landing, kept or not; without a history nothing is compared.
pub fn commits(census: &Census, repositories: &[Repository], walked: &[Landed]) -> Option<CommitTie> {
    if repositories.is_empty() {
        return None;
    }
    let mut tie = CommitTie::default();
    for one in repositories {
        let Some(landed) = walked.iter().find(|landed| landed.repository == one.name) else {
            tie.not_walked.push(one.name.clone());
            continue;
        };
        tie.commits += landed.commits;
        for (commit, time) in &landed.by_agent {
            tie.by_agent += 1;
            if census.is_near(time.seconds) {
                tie.near_a_record += 1;
            } else if tie.examples.len() < EXAMPLES {
                tie.examples.push(format!("{} {commit} of {time}", one.name));
            }
        }
    }
    Some(tie)
}

fn population(census: &Census, kind: RecordKind) -> Option<CallPopulation> {
    let count = census.kind(kind);
    (count.records > 0).then(|| CallPopulation {
        kind,
        records: count.records,
        without_id: count.without_id,
        calls: census.calls().filter(|(_, call)| call.is_in(kind)).count() as u64,
        sessions: census.sessions(kind),
        first: count.first.and_then(time),
        last: count.last.and_then(time),
    })
}

fn pair(
    census: &Census,
    around: &Around,
    left: RecordKind,
    right: RecordKind,
    named: &dyn Fn(&Path) -> String,
) -> Pair {
    let mut days: BTreeMap<Date, Tie> = BTreeMap::new();
    let mut undated = Tie::default();
    // The earliest of each side; the digest makes the choice the same in every run.
    let mut found: [BTreeSet<(u32, u64)>; 2] = Default::default();
    for (id, call) in census.calls() {
        let (in_left, in_right) = (call.is_in(left), call.is_in(right));
        if !in_left && !in_right {
            continue;
        }
        let tie = match day(call.at) {
            Some(date) => days.entry(date).or_default(),
            None => &mut undated,
        };
        if in_left && in_right {
            tie.both += 1;
            continue;
        }
        let (has, lacks, counts, side) = if in_left {
            (left, right, &mut tie.left_only, 0)
        } else {
            (right, left, &mut tie.right_only, 1)
        };
        let lack = lack(census, around, call, has, lacks);
        *counts.entry(lack).or_default() += 1;
        if !lack.is_harmless() && lack != Lack::OtherPerson {
            let side = &mut found[side];
            side.insert((call.at, id));
            if side.len() > EXAMPLES {
                side.pop_last();
            }
        }
    }
    let mut examples = Vec::new();
    for (side, (has, lacks)) in found.iter().zip([(left, right), (right, left)]) {
        for (_, id) in side {
            let Some((_, call)) = census.calls().find(|(other, _)| other == id) else { continue };
            examples.push(Unmatched {
                id: census.written(*id, call).map(|id| redact(&id).text),
                missing_in: lacks,
                lack: lack(census, around, call, has, lacks),
                at: time(call.at),
                source: census.source(call).map_or_else(String::new, named),
                offset: call.offset,
            });
        }
    }
    Pair { left, right, days, undated, examples }
}

/// What is known of a call that one kind of record names and the other does not.
fn lack(census: &Census, around: &Around, call: &Sighting, has: RecordKind, lacks: RecordKind) -> Lack {
    let at = i64::from(call.at);
    let near = |edge: Timestamp, seconds: i64| (edge.as_second() - at).abs() <= seconds;
    let in_flight = around.as_of.as_second() - at <= IN_FLIGHT;
    if call.at > 0 && (near(around.period.start, EDGE) || near(around.period.end, EDGE) || in_flight) {
        return Lack::AtEdge;
    }
    if has != RecordKind::HookLog && call.denied {
        return Lack::Denied;
    }
    if has != RecordKind::HookLog && !call.ended_in(has) {
        return Lack::NoResult;
    }
    if lacks == RecordKind::Transcripts
        && !census.knows_session(call.session, lacks)
        && !call.is_of(&around.people)
    {
        return Lack::OtherPerson;
    }
    let there = census.kind(lacks);
    if call.at > 0 && there.first.is_some_and(|first| call.at < first) {
        return Lack::BeforeFirst;
    }
    if call.at > 0 && there.last.is_some_and(|last| call.at > last) {
        return Lack::AfterLast;
    }
    if census.knows_session(call.session, lacks) { Lack::Missing } else { Lack::WholeSession }
}

fn time(seconds: u32) -> Option<Timestamp> {
    (seconds > 0).then(|| Timestamp::from_second(i64::from(seconds)).ok()).flatten()
}

fn day(seconds: u32) -> Option<Date> {
    time(seconds).map(|at| at.to_zoned(TimeZone::UTC).date())
}
