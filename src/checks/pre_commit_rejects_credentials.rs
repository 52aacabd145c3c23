//! The pre-commit hook refuses commits that hold credentials.

use crate::{
    facts::{Facts, Refusal},
    model::Judgement,
};

/// What decides, also for [`super::credentials_refused_before_push`].
pub(super) const AT_COMMIT: Refusal<'static> = Refusal {
    event: "pre-commit",
    battery: "commits",
    bad: "commits with planted credentials",
    harmless: "harmless commits",
    one_will_do: false,
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.git_hook_refuses(&AT_COMMIT)
}
