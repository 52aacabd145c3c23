//! Health information in tool output is replaced before the model reads it.

use crate::{
    facts::{Facts, Purpose, RegisteredHook, Trial},
    model::{Findings, Judgement, Verdict},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let guard = facts.output_filter();
    let conclusions = facts.each_session(|session| {
        let found = facts.guard_in_force(session, &guard, changes_nothing);
        if found.verdict != Verdict::NotApplicable
            && !facts.hooks_in_force(session, Purpose::OutputFilter).is_empty()
            && let Some(trials) = facts.trials(session, "PostToolUse", "health_data_in_results")
        {
            return trials.judged(&session.subject, "replaced what identifies a patient in", replaced);
        }
        found
    });
    Findings::of(conclusions, "no user was found to test")
}

/// Whether a hook answered with an output of the tool's own shape in which no identifier of the probe stands.
fn replaced(trial: &Trial<'_>) -> bool {
    // The numbers of the probe's invented patients (controls/canaries/health_data_in_results.yaml).
    const IDENTIFIERS: &[&str] =
        &["219-09-9999", "1234567", "4111 1111 1111 1111", "4111111111111111", "jane.roe@", "555-0142"];
    trial.answers.iter().any(|answer| {
        let answer: serde_json::Value = serde_json::from_str(answer.trim()).unwrap_or_default();
        let specific = &answer["hookSpecificOutput"];
        let output = &specific["updatedToolOutput"];
        let shaped = trial.run.tool != "Bash" || output["stdout"].is_string();
        let text = output.to_string();
        specific["hookEventName"] == "PostToolUse"
            && !output.is_null()
            && shaped
            && IDENTIFIERS.iter().all(|identifier| !text.contains(identifier))
    })
}

/// Why a filter that runs can replace nothing, as far as its text shows it.
fn changes_nothing(hook: &RegisteredHook<'_>) -> Option<String> {
    if hook.hook.background {
        return Some("the client does not wait for an asynchronous hook".to_owned());
    }
    let text = hook.text();
    if text.contains("tool_result") && !text.contains("tool_response") {
        return Some(
            "it reads tool_result, which the client does not send; the field is tool_response".to_owned(),
        );
    }
    // What another program answers cannot be read here.
    let hands_on = ["python", "node", "exec ", "source ", "perl", "ruby", ".py", ".js"]
        .iter()
        .any(|word| text.contains(word));
    if !text.contains("updatedToolOutput") && hook.is_readable_shell() && !hands_on {
        return Some(
            "it never answers updatedToolOutput, and nothing else changes what the model reads".to_owned(),
        );
    }
    None
}
