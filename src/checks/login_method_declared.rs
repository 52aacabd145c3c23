//! An identity method is written down with its required fields, in the client's words or the guide's.

use serde_json::Value;

use crate::{
    facts::{Facts, Written},
    model::{Conclusion, Findings, Judgement},
};

const PROVIDERS: [&str; 5] = [
    "env.CLAUDE_CODE_USE_BEDROCK",
    "env.CLAUDE_CODE_USE_VERTEX",
    "env.CLAUDE_CODE_USE_FOUNDRY",
    "env.CLAUDE_CODE_USE_MANTLE",
    "env.CLAUDE_CODE_USE_ANTHROPIC_AWS",
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let methods = facts.written(&["forceLoginMethod", "forceLoginOrgUUID", "auth.method"]);
    let mut incomplete = None;
    for method in &methods {
        match lacks(facts, method) {
            None => return Findings::one(pass(method)),
            Some(lacking) => {
                let message = format!("{} is written down without {lacking}", method.key);
                incomplete.get_or_insert((message, method.evidence()));
            }
        }
    }
    let providers = facts.written(&PROVIDERS);
    if let Some(provider) = providers.iter().find(|found| *found.value == "1" || *found.value == "true") {
        return Findings::one(pass(provider));
    }
    let unread = facts.settings_not_understood();
    Findings::one(match incomplete {
        Some((message, evidence)) => Conclusion::fail("deployment", vec![evidence], message),
        None if !unread.is_empty() => return Findings::of(unread, "no settings file"),
        None => {
            let message = "no settings file names a login method or provider";
            Conclusion::fail("deployment", facts.looked_at(), message)
        }
    })
}

fn pass(found: &Written<'_>) -> Conclusion {
    let message = format!("{} is written down in {}", found.key, found.file.source);
    Conclusion::pass("deployment", found.evidence(), message)
}

/// The field that the method needs and its own file does not hold.
fn lacks(facts: &Facts<'_>, method: &Written<'_>) -> Option<&'static str> {
    let holds = |keys: &[&'static str]| {
        facts.written(keys).iter().any(|other| {
            other.file.source == method.file.source
                && match other.value {
                    Value::String(text) => !text.trim().is_empty(),
                    Value::Array(items) => !items.is_empty(),
                    _ => false,
                }
        })
    };
    let organisation = ["forceLoginOrgUUID", "auth.organizationId", "auth.forceLoginOrgUUID"];
    match (method.key, method.value.as_str()) {
        ("forceLoginOrgUUID", _) => (!holds(&["forceLoginMethod"])).then_some("forceLoginMethod"),
        (_, Some("gateway")) => None,
        (_, Some("bedrock")) => (!holds(&["auth.region"])).then_some("a region"),
        (_, Some("vertexAI" | "vertex")) => (!holds(&["auth.projectId"])).then_some("a project"),
        (_, Some(_)) => (!holds(&organisation)).then_some("an organisation"),
        (_, None) => Some("a value that is text"),
    }
}
