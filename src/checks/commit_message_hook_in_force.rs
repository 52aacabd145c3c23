//! Git would run the commit-message hook.

use crate::{facts::Facts, model::Judgement};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.git_hook_in_force("commit-msg")
}
