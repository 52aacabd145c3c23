//! A pre-commit secret scan is written down for each repository.

use crate::{facts::Facts, model::Judgement};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.git_hook_declared("pre-commit", &["pre-commit", "secret-scan"])
}
