//! Credentials come from a helper, a login or a provider role, not from a stored key.

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

/// Variables that hold a credential which stays the same until somebody changes it.
const STORED: [&str; 8] = [
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_API_KEY",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_BEARER_TOKEN_BEDROCK",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "ANTHROPIC_AWS_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
];

/// Programs that fetch a provider's credential.
const REFRESHERS: [&str; 3] = ["awsAuthRefresh", "awsCredentialExport", "gcpAuthRefresh"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| dynamic(facts, session)), "no user was found to test")
}

fn dynamic(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    // A stored key takes the place of helper and login.
    for name in STORED {
        let Some(value) = session.effective.value(&format!("env.{name}")) else { continue };
        if value.value.as_str().is_some_and(|text| !text.trim().is_empty()) {
            let message = format!("{} stores {name} in its env", session.shown(value.source));
            return Conclusion::fail(&*session.subject, vec![session.cite(&value)], message);
        }
    }
    let mine = |user: &Option<String>| {
        user.as_deref().is_none_or(|name| session.user.is_some_and(|user| user.name == name))
    };
    let variables = facts.login_variables(&STORED);
    if let Some(stored) = variables.iter().find(|variable| mine(&variable.user) && !variable.fetched) {
        let message = format!("{} is stored in {}", stored.name, stored.evidence.source);
        return Conclusion::fail(&*session.subject, vec![stored.evidence.clone()], message);
    }
    if let Some((provider, place)) = session.provider() {
        let refresh = REFRESHERS.iter().find_map(|key| Some((key, session.effective.value(key)?)));
        return match refresh {
            Some((key, value)) => {
                let message = format!("{provider}, with credentials from {key}");
                Conclusion::pass(&*session.subject, session.cite(&value), message).citing([place])
            }
            None => {
                let message = format!(
                    "{provider} takes its credential from the provider's own chain, which was not collected"
                );
                Conclusion::undetermined(&*session.subject, message)
            }
        };
    }
    if let Some(helper) = session.effective.value("apiKeyHelper") {
        return Conclusion::pass(
            &*session.subject,
            session.cite(&helper),
            "the credential comes from apiKeyHelper",
        );
    }
    if let Some(login) = session.organisation_login() {
        let message = "the credential comes from a login to the organisation";
        return Conclusion::pass(&*session.subject, login, message);
    }
    if let Some(fetched) = variables.iter().find(|variable| mine(&variable.user)) {
        let message = format!("{} fetches {} at each login", fetched.evidence.source, fetched.name);
        return Conclusion::pass(&*session.subject, fetched.evidence.clone(), message);
    }
    if let Some(method) = session.administered("forceLoginMethod").filter(|method| method.value == "console")
    {
        let message = format!(
            "forceLoginMethod is {}: the login creates an API key, whose life is not shown here",
            method.value
        );
        return Conclusion::undetermined(&*session.subject, message);
    }
    // A login gives credentials that expire, whoever's organisation it is of; that is the next item's question.
    if let Some(method) = session.administered("forceLoginMethod").filter(|method| method.value == "claudeai")
    {
        return Conclusion::pass(
            &*session.subject,
            session.cite(&method),
            "the credential comes from a login",
        );
    }
    let message = "no helper, provider or login is configured, and no stored key was found: what people use is not shown";
    Conclusion::undetermined(&*session.subject, message)
}
