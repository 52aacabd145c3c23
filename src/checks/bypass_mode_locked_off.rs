//! Managed settings lock bypass mode off.

use serde_json::json;

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let key = "permissions.disableBypassPermissionsMode";
    Findings::of(
        facts.each_user(|session| session.require_lock(key, &json!("disable"))),
        "no user was found to test",
    )
}
