//! The health-information guard stops calls that could send data out.

use serde_json::json;

use crate::{
    client::permissions::{NoFiles, ToolCall, Verdict as Answer, decide},
    facts::{Facts, Guard, Purpose, Session},
    model::{Conclusion, Findings, Judgement, Verdict},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let guard = facts.egress_guard();
    Findings::of(facts.each_session(|session| blocked(facts, session, &guard)), "no user was found to test")
}

fn blocked(facts: &Facts<'_>, session: &Session<'_>, guard: &Guard) -> Conclusion {
    let found = facts.guard_in_force(session, guard, |hook| hook.never_blocks());
    if found.verdict != Verdict::NotApplicable
        && !facts.hooks_in_force(session, Purpose::EgressGuard).is_empty()
        && let Some(trials) = facts.trials(session, "PreToolUse", "exfiltration")
    {
        return trials.judged(&session.subject, "stopped", |trial| {
            let input = serde_json::from_str(&trial.run.input).unwrap_or_default();
            let call = ToolCall { tool: trial.run.tool.clone(), input };
            trial.stopped() || decide(&session.effective, &call, &NoFiles).decision == Answer::Deny
        });
    }
    if found.verdict != Verdict::Fail {
        return found;
    }
    let open: Vec<&str> =
        [("WebFetch", json!({"url": "https://example.com/"})), ("WebSearch", json!({"query": "x"}))]
            .into_iter()
            .filter(|(tool, input)| {
                let call = ToolCall { tool: (*tool).to_owned(), input: input.clone() };
                decide(&session.effective, &call, &NoFiles).decision != Answer::Deny
            })
            .map(|(tool, _)| tool)
            .collect();
    if open.is_empty() {
        return found;
    }
    let message = format!("{}; no rule denies {} either", found.message, open.join(" and "));
    Conclusion { message, ..found }
}
