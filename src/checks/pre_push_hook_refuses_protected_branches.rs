//! The pre-push hook refuses pushes to protected branches.

use crate::{
    facts::{Facts, Refusal},
    model::{Conclusion, Judgement},
};

/// The branches that pushes are tried to: another one says nothing of how this organisation's is kept.
const TRIED: [&str; 2] = ["main", "master"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let protected = facts.policy().changes.branch.as_deref();
    facts.each_repository(|repository, evidence| {
        if let Some(other) =
            protected.and_then(|name| name.rsplit('/').next()).filter(|name| !TRIED.contains(name))
        {
            let why = format!("the protected branch is {other}, and pushes to it were not tried");
            return Conclusion::undetermined(format!("repository {}", repository.name), why);
        }
        let wanted = Refusal {
            event: "pre-push",
            battery: "pushes",
            bad: "pushes to protected branches",
            harmless: "pushes to other branches",
            one_will_do: false,
        };
        facts.refuses(&wanted, repository, evidence)
    })
}
