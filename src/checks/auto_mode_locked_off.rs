//! Managed settings lock auto mode off, unless the organisation decided to accept it.

use serde_json::json;

use crate::{
    facts::{Facts, Lock},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    if facts.policy().parameters.auto_mode_accepted {
        let message = "the policy file accepts auto mode";
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    let conclusions = facts.each_user(|session| {
        // Both places are read; either locks.
        let nested = "permissions.disableAutoMode";
        match session.lock(nested, &json!("disable")) {
            Lock::Held(_) => session.require_lock(nested, &json!("disable")),
            _ => session.require_lock("disableAutoMode", &json!("disable")),
        }
    });
    Findings::of(conclusions, "no user was found to test")
}
