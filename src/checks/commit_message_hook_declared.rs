//! A commit-message format hook is written down.

use crate::{facts::Facts, model::Judgement};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.git_hook_declared("commit-msg", &["commit-msg", "commit-message", "commitlint"])
}
