//! The records of the period are whole: each names time, person, tool and outcome, and failures appear.

use crate::{
    facts::{Facts, Purpose, Records, named_days},
    model::{Conclusion, Findings, Judgement},
};

/// So many calls without one failure are no longer plausible where failures are said to be recorded.
const PLAUSIBLE: u64 = 300;

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions: Vec<Conclusion> =
        facts.logs().iter().filter_map(|records| recorded(facts, records)).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no tool call of the period is recorded"));
    }
    Findings::of(conclusions, "no tool call of the period is recorded")
}

fn recorded(facts: &Facts<'_>, records: &Records<'_>) -> Option<Conclusion> {
    let (activity, fields) = (records.activity(), &records.activity().fields);
    let sources: Vec<_> = records.tool_sources().collect();
    let sum = |count: fn(&crate::model::activity::RecordCounts) -> u64| -> u64 {
        sources.iter().map(|source| count(&source.records)).sum()
    };
    let (there, refused, repaired) = (sum(|r| r.there), sum(|r| r.refused), sum(|r| r.repaired));
    if there == 0 || fields.tool_records == 0 && refused == 0 {
        return None;
    }
    let all = fields.tool_records;
    let mut faults = Vec::new();
    let broken = refused + repaired;
    if broken > 0 {
        faults.push(format!("{broken} of {there} records do not parse as written ({refused} are lost)"));
    }
    let extra = sum(|r| r.lines.saturating_sub(r.there + r.foreign_lines));
    if extra > 0 {
        faults.push(format!(
            "{there} records take {} lines: a reader of lines finds no whole record",
            there + extra
        ));
    }
    let nobody = fields.unknown_user + (all - fields.with_user);
    if nobody > 0 {
        faults.push(format!("{nobody} of {all} records name no person (unknown or empty)"));
    }
    if fields.with_time < all {
        faults.push(format!("{} of {all} records have no readable time", all - fields.with_time));
    }
    let named = |names: &[&str]| -> u64 { names.iter().map(|name| activity.event_names.get(name)).sum() };
    let before = named(&["PreToolUse", "PermissionRequest"]);
    let told = fields
        .with_outcome
        .max(fields.with_decision)
        .max(before + named(&["PostToolUse", "PostToolUseFailure"]));
    if told + before < all {
        faults.push(format!("{} of {all} records say no outcome", all - told));
    }
    let constant = constant(records);
    let mut doubt = None;
    if let Some(status) = &constant {
        let finals = activity.outcomes.get(status);
        match (records_failures(facts), finals) {
            (false, _) => faults.push(format!(
                "all {finals} outcomes are `{status}` and no denial is recorded: failed and denied calls leave no record"
            )),
            (true, PLAUSIBLE..) => {
                doubt = Some(format!("all {finals} outcomes are `{status}`, although a hook for failures is registered"));
            }
            (true, _) => {}
        }
    }
    let days = records.days();
    let missing: Vec<_> = match (days.first(), days.last()) {
        (Some(first), Some(last)) => facts
            .days_with_sessions()
            .into_iter()
            .filter(|day| first < day && day < last && !days.contains(day))
            .collect(),
        _ => Vec::new(),
    };
    if !missing.is_empty() {
        faults.push(format!(
            "session files show tool calls on days without a record: {}",
            named_days(&missing)
        ));
    }
    let subject = &*records.subject;
    if !faults.is_empty() {
        return Some(Conclusion::fail(subject, records.faulty(), faults.join("; ")));
    }
    let lack = doubt
        .or_else(|| records.blind.map(|gap| format!("not every record could be read: {}", gap.sentence())))
        .or_else(|| facts.sessions_unseen());
    if let Some(why) = lack {
        return Some(Conclusion::undetermined(subject, why));
    }
    if all == 0 {
        return Some(Conclusion::undetermined(subject, "no record of a tool call lies in the period"));
    }
    let explained =
        if constant.is_some() { "; no failure occurred, and a hook for failures is registered" } else { "" };
    let message = format!(
        "{all} of {all} records on {} days name time, person, tool and outcome; 0 of {there} do not parse{explained}",
        days.len()
    );
    Some(Conclusion::pass(subject, records.evidence.clone(), message))
}

/// The only outcome that calls ended with; a record made before the call is no end.
fn constant(records: &Records<'_>) -> Option<String> {
    let activity = records.activity();
    let before = ["requested", "pending", "started", "attempted"];
    let mut ends = activity.outcomes.top.iter().filter(|outcome| !before.contains(&outcome.name.as_str()));
    match (ends.next(), ends.next()) {
        (Some(only), None) if only.count > 1 && activity.denied == 0 && activity.outcomes.others == 0 => {
            Some(only.name.clone())
        }
        _ => None,
    }
}

/// Whether a hook or telemetry of administrators records calls that did not succeed.
fn records_failures(facts: &Facts<'_>) -> bool {
    facts.sessions().iter().any(|session| {
        let hooks = facts.managed_hooks(session, Purpose::Logger);
        hooks.iter().any(|hook| hook.hook.event == "PostToolUseFailure")
    })
}
