//! Tool calls are logged by a hook or telemetry that managed settings deliver.

use crate::{
    facts::{Changeable, Facts, Purpose, Session, TakenOver},
    model::{Conclusion, Findings, Judgement, Verdict},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| managed(facts, session)), "no user was found to test")
}

fn managed(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let telemetry =
        session.exports("OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_LOGS", "events of each tool call");
    let hooks: Vec<_> = facts
        .managed_hooks(session, Purpose::Logger)
        .into_iter()
        .filter(|hook| hook.hook.event == "PostToolUse")
        .collect();
    let mut faults = Vec::new();
    let mut evidence = Vec::new();
    let mut unknown = None;
    for hook in &hooks {
        let taken_over = match facts.hooks_taken_over(session, &[hook]) {
            TakenOver::Yes(message, place) => {
                evidence.push(place);
                Some(message)
            }
            TakenOver::Unknown(why) => {
                unknown = Some(why);
                None
            }
            TakenOver::No => None,
        };
        let fault = taken_over.or_else(|| hook.cannot_run()).or_else(|| match hook.changeable() {
            Changeable::ByAdministrators => None,
            Changeable::ByOthers(how) => Some(how),
            Changeable::Unknown(why) => {
                unknown = Some(why);
                None
            }
        });
        match fault {
            Some(fault) => faults.push(fault),
            None if unknown.is_none() => {
                let message = "managed settings register a logging hook that users cannot change";
                return Conclusion::pass(&*session.subject, hook.evidence.clone(), message);
            }
            None => {}
        }
        evidence.push(hook.evidence.clone());
    }
    if telemetry.verdict == Verdict::Pass {
        return telemetry;
    }
    if let Some(why) = unknown {
        return Conclusion::undetermined(&*session.subject, why);
    }
    if faults.is_empty() {
        faults.push("managed settings register no hook that logs tool calls".to_owned());
    }
    faults.push(telemetry.message);
    evidence.extend(telemetry.evidence);
    Conclusion::fail(&*session.subject, evidence, faults.join("; "))
}
