//! A hook of git stops credentials before they leave the machine: at the commit, or at the push.

use super::pre_commit_rejects_credentials::AT_COMMIT;
use crate::{
    facts::{Facts, Refusal},
    model::{Judgement, Verdict},
};

const AT_PUSH: Refusal<'static> = Refusal {
    event: "pre-push",
    battery: "credential_pushes",
    bad: "pushes with planted credentials",
    harmless: "harmless pushes",
    one_will_do: false,
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_repository(|repository, evidence| {
        let at_commit = facts.refuses(&AT_COMMIT, repository, evidence.clone());
        if at_commit.verdict == Verdict::Pass {
            return at_commit;
        }
        let at_push = facts.refuses(&AT_PUSH, repository, evidence);
        match (at_commit.verdict, at_push.verdict) {
            (_, Verdict::Pass) => at_push,
            // Not known yet: the commit may be where it is stopped.
            (Verdict::Undetermined, _) => at_commit,
            _ => at_push,
        }
    })
}
