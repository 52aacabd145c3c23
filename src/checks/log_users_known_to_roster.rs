//! Every person in the logs is on the roster and was entitled on the days of the records.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    facts::{Facts, Records, named_days},
    model::{Conclusion, Evidence, Findings, Gap, GapReason, Judgement},
    policy::Person,
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let roster = &facts.policy().roster;
    if roster.is_empty() {
        let detail = "the policy names no roster: who should appear in the logs is not known";
        return Err(Gap::new("policy roster", GapReason::Absent, detail));
    }
    let seen = people_of_logs(facts);
    if seen.is_empty() {
        return Err(facts.no_records("no record of the period names a person"));
    }
    let named = seen.iter().map(|(name, (days, evidence))| entitled(roster, name, days, evidence));
    let conclusions = named.chain(facts.records().iter().filter_map(beyond_the_bound)).collect();
    Findings::of(conclusions, "no record of the period names a person")
}

/// People whose names were not kept, because the records name more than are told apart.
fn beyond_the_bound(records: &Records<'_>) -> Option<Conclusion> {
    let activity = records.activity();
    let unnamed = activity.days.values().map(|day| day.users.others).sum::<u64>() + activity.other_days;
    (unnamed > 0).then(|| {
        let message = format!("{unnamed} records are of more people or days than are told apart");
        Conclusion::undetermined(&*records.subject, message)
    })
}

/// The days of each name that the logs hold, and where.
fn people_of_logs(facts: &Facts<'_>) -> BTreeMap<String, (BTreeSet<Date>, Vec<Evidence>)> {
    let mut seen: BTreeMap<String, (BTreeSet<Date>, Vec<Evidence>)> = BTreeMap::new();
    for records in facts.records() {
        for (date, day) in &records.activity().days {
            for user in day.users.top.iter().filter(|user| !says_nothing(&user.name)) {
                let (days, evidence) = seen.entry(user.name.clone()).or_default();
                days.insert(*date);
                if !evidence.contains(&records.evidence) {
                    evidence.push(records.evidence.clone());
                }
            }
        }
    }
    seen
}

/// Names of nobody; that records name nobody is another check's finding.
fn says_nothing(name: &str) -> bool {
    matches!(name.to_lowercase().as_str(), "" | "unknown" | "null" | "none" | "undefined" | "-" | "n/a")
}

fn entitled(roster: &[Person], name: &str, days: &BTreeSet<Date>, evidence: &[Evidence]) -> Conclusion {
    let subject = format!("log user {name}");
    let lower = name.to_lowercase();
    let is_theirs = |person: &&Person| {
        person.id == name
            || person.log_users.iter().any(|user| user == name)
            || person.emails.contains(&lower)
            || person.host_user.as_deref() == Some(name)
    };
    let Some(person) = roster.iter().find(is_theirs) else {
        let message = format!("has records on {} days and is not on the roster", days.len());
        return Conclusion::fail(subject, evidence.to_vec(), message);
    };
    let outside: Vec<Date> = days
        .iter()
        .filter(|day| {
            person.start.is_some_and(|start| **day < start) || person.end.is_some_and(|end| **day > end)
        })
        .copied()
        .collect();
    if !outside.is_empty() {
        let message = format!(
            "is {} of the roster and has records on {} days without access: {}",
            person.id,
            outside.len(),
            named_days(&outside)
        );
        return Conclusion::fail(subject, evidence.to_vec(), message);
    }
    let message = format!("is {} of the roster, with records on {} days", person.id, days.len());
    match evidence.split_first() {
        Some((first, rest)) => Conclusion::pass(subject, first.clone(), message).citing(rest.iter().cloned()),
        None => Conclusion::undetermined(subject, message),
    }
}
