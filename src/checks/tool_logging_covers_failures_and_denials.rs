//! Successful, failed and denied calls all reach the log.

use crate::{
    facts::{Facts, Purpose, Session},
    model::{Conclusion, Findings, Judgement, Verdict},
};

/// PostToolUse fires after success alone; a refused call reaches PreToolUse alone, before it is refused.
const EVENTS: [&str; 3] = ["PostToolUse", "PostToolUseFailure", "PreToolUse"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| covered(facts, session)), "no user was found to test")
}

fn covered(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let hooks = facts.hooks_in_force(session, Purpose::Logger);
    let mut missing = Vec::new();
    let mut evidence = Vec::new();
    for event in EVENTS {
        let all = hooks.iter().find(|hook| {
            hook.hook.event == event
                && hook.hook.condition.is_none()
                && matches!(hook.hook.matcher.as_deref(), None | Some("" | "*" | ".*"))
                && hook.cannot_run().is_none()
        });
        match all {
            Some(hook) => evidence.push(hook.evidence.clone()),
            None => missing.push(event),
        }
    }
    if missing.is_empty() {
        let message = "logging hooks match all tools before a call, after success and after failure";
        return match evidence.split_first() {
            Some((first, rest)) => {
                Conclusion::pass(&*session.subject, first.clone(), message).citing(rest.iter().cloned())
            }
            None => Conclusion::undetermined(&*session.subject, "no hook was looked at"),
        };
    }
    let telemetry =
        session.exports("OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_LOGS", "events of each tool call");
    let details = session.administered("env.OTEL_LOG_TOOL_DETAILS").filter(|value| value.value == "1");
    if let (Verdict::Pass, Some(details)) = (telemetry.verdict, details) {
        return match session.telemetry_without_a_person() {
            Some((why, evidence)) => Conclusion::fail(&*session.subject, vec![evidence], why),
            None => telemetry.citing([session.cite(&details)]),
        };
    }
    let message =
        format!("no logging hook for all tools at {}, and no complete telemetry", missing.join(", "));
    let evidence = if evidence.is_empty() { session.sources() } else { evidence };
    Conclusion::fail(&*session.subject, evidence, message)
}
