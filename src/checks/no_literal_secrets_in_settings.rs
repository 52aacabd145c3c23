//! No settings file holds a literal secret.

use crate::{
    facts::Facts,
    model::{Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions =
        facts.without_secrets(|role| matches!(role, Role::Settings { .. } | Role::Environment { .. }));
    Findings::of(conclusions, "no settings file was found")
}
