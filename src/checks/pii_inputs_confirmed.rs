//! A call whose input holds personal data waits for a person.

use crate::{
    client::hooks::Outcome,
    facts::{Facts, Purpose},
    model::{Findings, Judgement, Verdict},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let guard = facts.personal_data_guard();
    let conclusions = facts.each_session(|session| {
        let found = facts.guard_in_force(session, &guard, |hook| hook.never_blocks());
        if found.verdict != Verdict::NotApplicable
            && !facts.hooks_in_force(session, Purpose::PersonalDataGuard).is_empty()
            && let Some(trials) = facts.trials(session, "PreToolUse", "personal_data")
        {
            return trials.judged(&session.subject, "asked about or stopped", |trial| {
                matches!(trial.outcome, Outcome::Ask { .. } | Outcome::Deny { .. })
            });
        }
        found
    });
    Findings::of(conclusions, "no user was found to test")
}
