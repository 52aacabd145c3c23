//! A model choice is written down.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::one(match facts.written(&["model", "availableModels"]).first() {
        Some(found) => {
            let message = format!("{} is written down in {}", found.key, found.file.source);
            Conclusion::pass("deployment", found.evidence(), message)
        }
        None => Conclusion::fail("deployment", facts.looked_at(), "no settings file chooses a model"),
    })
}
