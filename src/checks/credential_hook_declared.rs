//! A PreToolUse hook for .env, .pem and .key files is written down and its script exists.

use crate::{
    facts::{Facts, Purpose},
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::one(facts.hook_written(&["PreToolUse"], Purpose::CredentialGuard, "for credential files"))
}
