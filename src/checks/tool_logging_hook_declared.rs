//! A PostToolUse hook for all tools is written down and its script exists.

use crate::{
    facts::{Facts, Purpose},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let hook = facts.hook_written(&["PostToolUse"], Purpose::Logger, "that logs tool calls");
    if hook.verdict == crate::model::Verdict::Pass {
        return Findings::one(match facts.narrow_matcher("PostToolUse", Purpose::Logger) {
            Some((matcher, evidence)) => {
                let message = format!("the logging hook matches `{matcher}`, not all tools");
                Conclusion::fail("deployment", vec![evidence], message)
            }
            None => hook,
        });
    }
    // Telemetry is the other way to log every call.
    let telemetry = facts.written(&["env.OTEL_LOGS_EXPORTER"]);
    let complete = telemetry.iter().find(|found| found.value == "otlp");
    Findings::one(match complete {
        Some(found) => {
            Conclusion::pass("deployment", found.evidence(), "telemetry of events is written down")
        }
        None => hook,
    })
}
