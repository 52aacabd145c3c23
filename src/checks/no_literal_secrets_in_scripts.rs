//! No hook, helper or integration script holds a literal secret.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let is_script = |role: &Role| {
        matches!(role, Role::Script { .. } | Role::SecretsManager | Role::Incident | Role::Launcher { .. })
    };
    let conclusions = facts.without_secrets(is_script);
    if conclusions.is_empty() {
        return Findings::one(Conclusion::not_applicable("deployment", "no script is named by settings"));
    }
    Findings::of(conclusions, "no script")
}
