//! The oldest record that survives is as old as the retention asks, or as the use of the client.

use jiff::Timestamp;

use crate::{
    facts::{Facts, Records, day_of},
    model::{Conclusion, Findings, Judgement, LogKind},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions: Vec<Conclusion> =
        facts.logs().iter().filter_map(|records| reaches(facts, records)).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no record was read"));
    }
    Findings::of(conclusions, "no record was read")
}

fn reaches(facts: &Facts<'_>, records: &Records<'_>) -> Option<Conclusion> {
    let oldest = records.activity().first_record?;
    let needed = i64::from(facts.policy().parameters.retention_days);
    let age = days_between(oldest, facts.as_of());
    let subject = &*records.subject;
    if age >= needed {
        let message = format!(
            "the oldest record is of {oldest}, {age} days before {}; {needed} are asked for",
            facts.as_of()
        );
        return Some(Conclusion::pass(subject, records.evidence.clone(), message));
    }
    if let Some(gap) = records.blind {
        return Some(Conclusion::undetermined(
            subject,
            format!("an older log could not be read: {}", gap.sentence()),
        ));
    }
    // Session files prove use before the oldest record: what was written then is gone, or never was written.
    let used = facts
        .records()
        .iter()
        .filter(|other| matches!(other.seen.kind, LogKind::Transcripts { .. }))
        .filter_map(|other| other.activity().first_record)
        .min();
    if let Some(used) = used.filter(|used| day_of(*used) < day_of(oldest)) {
        let message = format!(
            "the oldest record is of {oldest}, {age} days old, and session files show use since {}; {needed} days are asked for",
            day_of(used)
        );
        return Some(Conclusion::fail(subject, vec![records.evidence.clone()], message));
    }
    let message = format!(
        "the oldest record is of {oldest}, {age} days old; whether logging began then or older records were lost before \
         {needed} days cannot be told"
    );
    Some(Conclusion::undetermined(subject, message))
}

fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()).div_euclid(86_400)
}
