//! No session of the period ran on a version in which a mechanism of enforcement is broken.

use std::collections::BTreeMap;

use crate::{
    client::version::ClientVersion,
    facts::{Facts, Impairment, InUse, Records, Releases},
    model::{Conclusion, Findings, Judgement, LogKind, Mechanism},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let records = facts.records();
    let sessions = records.iter().filter(|records| matches!(records.seen.kind, LogKind::Transcripts { .. }));
    let conclusions: Vec<Conclusion> = sessions.filter_map(|records| sound(facts, records)).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no session file of the period is there"));
    }
    Findings::of(conclusions, "no session file of the period is there")
}

fn sound(facts: &Facts<'_>, records: &Records<'_>) -> Option<Conclusion> {
    let activity = records.activity();
    if activity.sessions.seen == 0 {
        return None;
    }
    let subject = &*records.subject;
    let mut flawed = BTreeMap::new();
    let mut unreadable = activity.versions.others;
    for named in &activity.versions.top {
        let Ok(version) = named.name.parse::<ClientVersion>() else {
            unreadable += named.count;
            continue;
        };
        let one = InUse { version, how: "ran sessions of the period", evidence: records.evidence.clone() };
        if let Impairment::Certain { why, .. } =
            facts.impairment(&Releases::InUse(vec![one]), &Mechanism::ALL)
        {
            flawed.insert(version, format!("{why} ({} records)", named.count));
        }
    }
    if !flawed.is_empty() {
        let said: Vec<String> = flawed.into_values().collect();
        return Some(Conclusion::fail(subject, vec![records.evidence.clone()], said.join("; ")));
    }
    if let Some(gap) = records.blind {
        let message = format!("not every record could be read: {}", gap.sentence());
        return Some(Conclusion::undetermined(subject, message));
    }
    let named = activity.versions.total();
    if named == 0 || unreadable > 0 {
        let message =
            format!("{named} records name a version, {unreadable} of them one that could not be judged");
        return Some(Conclusion::undetermined(subject, message));
    }
    let message =
        format!("{named} records name their version; none has a known flaw that any session can use");
    Some(Conclusion::pass(subject, records.evidence.clone(), message))
}
