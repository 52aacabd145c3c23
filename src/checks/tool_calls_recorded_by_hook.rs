//! The logging hook writes one complete record for each call.

use crate::{
    facts::{Facts, ProbeRecords, Purpose, Session, some},
    model::{Conclusion, Findings, Judgement, Verdict},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| recorded(facts, session)), "no user was found to test")
}

fn recorded(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let hooks: Vec<_> = facts
        .hooks_in_force(session, Purpose::Logger)
        .into_iter()
        .filter(|hook| hook.hook.event == "PostToolUse")
        .collect();
    if hooks.is_empty() && !any_written(facts, session) && exported(session) {
        let message =
            "no hook logs tool calls; managed telemetry exports each of them, which other tests judge";
        return Conclusion::not_applicable(&*session.subject, message);
    }
    if hooks.is_empty() {
        return facts.no_guard_at(session, "PostToolUse", "no hook that the client runs logs tool calls");
    }
    let records = facts.probe_records(session, "PostToolUse");
    if !records.is_empty() {
        return measured(session, &records, &facts.probe_records(session, "PostToolUseFailure"));
    }
    let faulty: Vec<_> =
        hooks.iter().filter_map(|hook| Some((hook, fault(&hook.text(), hook.cannot_run())?))).collect();
    if faulty.len() == hooks.len() {
        let reasons: Vec<&str> = faulty.iter().map(|(_, why)| why.as_str()).collect();
        let evidence = faulty.iter().map(|(hook, _)| hook.evidence.clone()).collect();
        return Conclusion::fail(&*session.subject, evidence, reasons.join("; "));
    }
    let message = format!(
        "nothing is wrong with the logging hook on paper; {}, and only running it shows its records",
        facts.not_run()
    );
    Conclusion::undetermined(&*session.subject, message)
}

/// Whether somebody meant a hook to log: one that does not run is an exception whatever telemetry does.
fn any_written(facts: &Facts<'_>, session: &Session<'_>) -> bool {
    let after = ["PostToolUse", "PostToolUseFailure"];
    !facts.written_hooks(&after, Purpose::Logger).is_empty()
        || facts.hooks(session).iter().any(|hook| after.contains(&hook.hook.event.as_str()))
}

fn exported(session: &Session<'_>) -> bool {
    let events = session.exports("OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_LOGS", "events of each tool call");
    events.verdict == Verdict::Pass
        && session.administered("env.OTEL_LOG_TOOL_DETAILS").is_some_and(|value| value.value == "1")
}

/// What the script's text alone proves to be missing from its records.
fn fault(text: &str, cannot_run: Option<String>) -> Option<String> {
    if cannot_run.is_some() {
        return cannot_run;
    }
    let mut faults = Vec::new();
    if text.contains("tool_result") && !text.contains("tool_response") {
        faults.push("it reads tool_result, which the client does not send: the field is tool_response");
    }
    if text.contains("CLAUDE_USER")
        && !["id -un", "whoami", "getuid", "id -u", "getpass", "logname"]
            .iter()
            .any(|from| text.contains(from))
    {
        faults.push("it takes the user from CLAUDE_USER, which the client does not set: every record says the default");
    }
    (!faults.is_empty()).then(|| faults.join("; "))
}

/// What running the hooks showed: one logger with complete records is enough, and then it must hold for failures too.
fn measured(session: &Session<'_>, records: &[ProbeRecords], failures: &[ProbeRecords]) -> Conclusion {
    let complete = |one: &&ProbeRecords| one.tried > 0 && one.good == one.tried && one.faults.is_empty();
    let worst = failures.iter().find(|one| !complete(one) && one.unsure.is_none());
    match (records.iter().find(complete), worst) {
        (Some(one), None) => {
            let message =
                format!("{} of {} calls left one complete record each, {}", one.good, one.tried, one.how);
            Conclusion::pass(&*session.subject, one.evidence.clone(), message)
        }
        (Some(_), Some(one)) => {
            let message = format!("of failing calls: {}; {}", some(&one.faults), one.how);
            Conclusion::fail(&*session.subject, vec![one.evidence.clone()], message)
        }
        (None, _) => {
            if let Some(why) =
                records.iter().find_map(|one| one.unsure.as_deref().filter(|_| one.faults.is_empty()))
            {
                return Conclusion::undetermined(
                    &*session.subject,
                    format!("the logging hook could not be judged: {why}"),
                );
            }
            let said = records.iter().map(|one| {
                format!(
                    "{} of {} calls left one complete record; {}; {}",
                    one.good,
                    one.tried,
                    one.faults.join("; "),
                    one.how
                )
            });
            let evidence = records.iter().map(|one| one.evidence.clone()).collect();
            Conclusion::fail(&*session.subject, evidence, said.collect::<Vec<_>>().join("; "))
        }
    }
}
