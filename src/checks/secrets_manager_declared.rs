//! A secrets manager or credential helper is written down.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

const KEYS: [&str; 5] =
    ["apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "gcpAuthRefresh", "env.VAULT_ADDR"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    if let Some(written) = facts
        .written(&KEYS)
        .into_iter()
        .find(|written| written.value.as_str().is_some_and(|text| !text.trim().is_empty()))
    {
        let message = format!("{} is written down in {}", written.key, written.file.source);
        return Findings::one(Conclusion::pass("deployment", written.evidence(), message));
    }
    // A token or a key that lies about is no integration; its content is not kept, or it is a key.
    let integration = facts
        .files_as(|role| matches!(role, Role::SecretsManager))
        .find(|file| !file.text().trim().is_empty() && !file.text().contains("private_key"));
    if let Some(file) = integration {
        let message = format!("{} uses a secrets manager", file.source);
        return Findings::one(Conclusion::pass("deployment", file.evidence(), message));
    }
    if let Some(variable) = facts.login_variables(&["VAULT_ADDR"]).into_iter().next() {
        let message = format!("{} names a Vault server", variable.evidence.source);
        return Findings::one(Conclusion::pass("deployment", variable.evidence, message));
    }
    let unread = facts.settings_not_understood();
    if !unread.is_empty() {
        return Findings::of(unread, "no settings file");
    }
    let message = "no script, settings file or login file uses a secrets manager or a credential helper";
    Findings::one(Conclusion::fail("deployment", facts.looked_at(), message))
}
