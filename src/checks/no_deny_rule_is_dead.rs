//! Every deny rule can match something and is consulted by the client.

use crate::{
    client::permissions::Effect,
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions = facts.rules_consulted(Effect::Deny);
    if conclusions.is_empty() {
        return Findings::one(Conclusion::not_applicable(
            "deployment",
            "no file that the client reads denies anything",
        ));
    }
    Findings::of(conclusions, "no rule")
}
