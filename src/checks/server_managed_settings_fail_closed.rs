//! Policy delivered by the server holds when it cannot be fetched.

use serde_json::json;

use crate::{
    client::settings::ManagedOrigin,
    facts::{Facts, Session},
    model::{Conclusion, Evidence, Findings, Judgement, Role},
};

/// Variables that choose another provider: with one of them set the client never asks the server.
const PROVIDERS: [&str; 5] = [
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| closed(facts, session)), "no user was found to test")
}

fn closed(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let (in_force, _) = session.effective.managed();
    if !in_force.iter().any(|source| source.origin() == ManagedOrigin::Server) {
        return Conclusion::not_applicable(
            &*session.subject,
            "the policy in force does not come from the server",
        );
    }
    if let Some((what, evidence)) = skips(facts, session) {
        let message =
            format!("{what}: with it the client does not ask the server, and its policy does not hold");
        return Conclusion::fail(&*session.subject, vec![evidence], message);
    }
    if let Some(unseen) = facts.unseen_as(|role| logs_in_with(session, role)).into_iter().next() {
        let message = format!("a login file could skip the server: {}", unseen.message);
        return Conclusion::undetermined(&*session.subject, message);
    }
    session.require_lock("forceRemoteSettingsRefresh", &json!(true))
}

/// Whether a file of this role sets variables for the session's user.
fn logs_in_with(session: &Session<'_>, role: &Role) -> bool {
    match role {
        Role::Environment { user: None } => true,
        Role::Environment { user: Some(name) } => session.user.is_some_and(|user| user.name == *name),
        _ => false,
    }
}

/// What makes the client skip the server: settings in force, or a login file of the host or of the user.
fn skips(facts: &Facts<'_>, session: &Session<'_>) -> Option<(String, Evidence)> {
    for name in PROVIDERS {
        if let Some(value) = session.effective.value(&format!("env.{name}"))
            && is_on(&value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned))
        {
            return Some((format!("{name} is set in {}", session.shown(value.source)), session.cite(&value)));
        }
    }
    if let Some(value) = session.effective.value("env.ANTHROPIC_BASE_URL")
        && !value.value.as_str().is_some_and(is_default_url)
    {
        return Some((
            format!("ANTHROPIC_BASE_URL is set in {}", session.shown(value.source)),
            session.cite(&value),
        ));
    }
    if let Some(value) = session.effective.value("apiKeyHelper") {
        return Some((
            format!("apiKeyHelper is set in {}", session.shown(value.source)),
            session.cite(&value),
        ));
    }
    for file in facts.files_as(|role| logs_in_with(session, role)) {
        for (number, line) in file.text().lines().enumerate() {
            let Some((name, value)) = assignment(line) else { continue };
            let skips = PROVIDERS.contains(&name) && is_on(value)
                || name == "ANTHROPIC_BASE_URL" && !is_default_url(value);
            if skips {
                return Some((format!("{name} is set in {}", file.source), file.line(number + 1)));
            }
        }
    }
    None
}

/// The name and value that a login file's line sets.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = ["export ", "set -gx ", "set -x ", "setenv "]
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .unwrap_or(line);
    let (name, value) = line.trim_start().split_once(['=', ' '])?;
    Some((name.trim(), value.trim().trim_matches(['"', '\''])))
}

fn is_on(value: &str) -> bool {
    !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off")
}

fn is_default_url(address: &str) -> bool {
    address.trim_end_matches('/') == "https://api.anthropic.com"
}
