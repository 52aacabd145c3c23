//! The commit-message hook refuses messages that say nothing.

use crate::{
    facts::{Facts, Refusal},
    model::Judgement,
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.git_hook_refuses(&Refusal {
        event: "commit-msg",
        battery: "commit_messages",
        bad: "messages that say nothing",
        harmless: "proper messages",
        one_will_do: true,
    })
}
