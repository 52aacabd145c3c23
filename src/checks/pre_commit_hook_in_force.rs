//! Git would run the pre-commit hook in each repository.

use crate::{facts::Facts, model::Judgement};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.git_hook_in_force("pre-commit")
}
