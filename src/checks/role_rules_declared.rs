//! Permission rules for each user's role are written down.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::one(
        facts.declared(
            &["permissions.allow", "permissions.deny", "permissions.ask"],
            "holds permission rules",
        ),
    )
}
