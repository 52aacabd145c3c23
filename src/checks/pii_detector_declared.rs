//! A detector of personal data in tool input is written down.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.guard_declared(&facts.personal_data_guard()), "no settings file")
}
