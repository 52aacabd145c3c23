//! Logins to the client in the period are recorded with the person.

use crate::{
    facts::{Facts, Records},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions: Vec<Conclusion> = facts.logs().iter().filter_map(recorded).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no login event was read"));
    }
    Findings::of(conclusions, "no login event was read")
}

fn recorded(records: &Records<'_>) -> Option<Conclusion> {
    let log_ins = &records.activity().log_ins;
    let all = log_ins.succeeded + log_ins.failed;
    if all == 0 {
        return None;
    }
    let named = |name: &str| !matches!(name, "" | "unknown" | "null" | "none" | "-" | "(none or others)");
    let people = records.activity().by_user.iter().filter(|(name, _)| named(name));
    let known: u64 = people.map(|(_, user)| user.log_ins + user.failed_log_ins).sum();
    let subject = &*records.subject;
    if known < all {
        let message = format!("{} of {all} login events name no person", all - known);
        return Some(Conclusion::fail(subject, vec![records.evidence.clone()], message));
    }
    if let Some(gap) = records.blind {
        return Some(Conclusion::undetermined(
            subject,
            format!("not every record could be read: {}", gap.sentence()),
        ));
    }
    let message = format!("{all} login events name the person; {} of them failed", log_ins.failed);
    Some(Conclusion::pass(subject, records.evidence.clone(), message))
}
