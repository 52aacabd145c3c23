//! A call whose input holds personal data waits for a person.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let guard = facts.personal_data_guard();
    let conclusions = facts.each_session(|session| facts.guard_in_force(session, &guard, |hook| hook.never_blocks()));
    Findings::of(conclusions, "no user was found to test")
}
