//! Health information in tool output is replaced before the model reads it.

use crate::{
    facts::{Facts, RegisteredHook},
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let guard = facts.output_filter();
    let conclusions = facts.each_session(|session| facts.guard_in_force(session, &guard, changes_nothing));
    Findings::of(conclusions, "no user was found to test")
}

/// Why a filter that runs can replace nothing, as far as its text shows it.
fn changes_nothing(hook: &RegisteredHook<'_>) -> Option<String> {
    if hook.hook.background {
        return Some("the client does not wait for an asynchronous hook".to_owned());
    }
    let text = hook.text();
    if text.contains("tool_result") && !text.contains("tool_response") {
        return Some("it reads tool_result, which the client does not send; the field is tool_response".to_owned());
    }
    // What another program answers cannot be read here.
    let hands_on = ["python", "node", "exec ", "source ", "perl", "ruby", ".py", ".js"].iter().any(|word| text.contains(word));
    if !text.contains("updatedToolOutput") && hook.is_readable_shell() && !hands_on {
        return Some("it never answers updatedToolOutput, and nothing else changes what the model reads".to_owned());
    }
    None
}
