//! No session of the period ran in the mode that skips permissions.

use crate::{
    facts::{Facts, Records},
    model::{Conclusion, Findings, Judgement, activity::NotableKind},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions: Vec<Conclusion> = facts.records().iter().filter_map(bypass).collect();
    conclusions.extend(facts.sessions_unseen().map(|why| Conclusion::undetermined("session files", why)));
    if conclusions.is_empty() {
        return Err(facts.no_records("no session of the period is recorded"));
    }
    Findings::of(conclusions, "no session of the period is recorded")
}

fn bypass(records: &Records<'_>) -> Option<Conclusion> {
    let (activity, calls) = (records.activity(), &records.seen.calls);
    let (sessions, named) = (activity.sessions.seen, activity.modes.total());
    if sessions == 0 && named == 0 && activity.fields.tool_records == 0 {
        return None;
    }
    let subject = &*records.subject;
    // By user it is exact, also where more modes are named than are told apart.
    let skipping: u64 = activity.by_user.values().map(|user| user.bypass_records).sum();
    if skipping > 0 || activity.sessions.bypass > 0 {
        let summary = &records.seen.summary;
        let places = activity.notable.iter().filter(|notable| notable.kind == NotableKind::Bypass);
        let mut evidence: Vec<_> = places
            .filter_map(|notable| {
                let source = summary.sources.get(usize::try_from(notable.source).ok()?)?;
                Some(records.at(&source.path, notable.line))
            })
            .take(6)
            .collect();
        if evidence.is_empty() {
            evidence.push(records.evidence.clone());
        }
        let message = format!(
            "{} of {sessions} sessions ran in bypassPermissions ({skipping} of {named} records that name a mode)",
            activity.sessions.bypass
        );
        return Some(Conclusion::fail(subject, evidence, message));
    }
    if let Some(gap) = records.blind {
        return Some(Conclusion::undetermined(
            subject,
            format!("not every record could be read: {}", gap.sentence()),
        ));
    }
    if named == 0 {
        let message = format!(
            "0 of {sessions} sessions have a known mode: no record names one, so none can be ruled out"
        );
        return Some(Conclusion::undetermined(subject, message));
    }
    let tool_records = activity.fields.tool_records;
    let by_record = tool_records > 0 && activity.fields.with_mode == tool_records;
    let by_session = calls.not_joined == 0
        && activity.sessions.records_untracked == 0
        && calls.sessions > 0
        && calls.sessions_with_mode == calls.sessions;
    if !(by_record || by_session) || records.seen.summary.records.refused > 0 {
        let message = format!(
            "none of the {named} records that name a mode names bypassPermissions; {} of {} sessions and {} of \
             {tool_records} tool records name no mode, and {} records could not be read",
            calls.sessions - calls.sessions_with_mode,
            calls.sessions,
            tool_records - activity.fields.with_mode,
            records.seen.summary.records.refused
        );
        return Some(Conclusion::undetermined(subject, message));
    }
    let message =
        format!("0 of {sessions} sessions ran in bypassPermissions; {named} records name their mode");
    Some(Conclusion::pass(subject, records.evidence.clone(), message))
}
