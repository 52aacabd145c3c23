//! A guard against sending health information out is written down.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.guard_declared(&facts.egress_guard()), "no settings file")
}
