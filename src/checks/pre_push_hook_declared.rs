//! A pre-push hook is written down.

use crate::{facts::Facts, model::Judgement};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.git_hook_declared("pre-push", &["pre-push"])
}
