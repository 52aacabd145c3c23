//! A filter for health information in tool output is written down.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.guard_declared(&facts.output_filter()), "no settings file")
}
