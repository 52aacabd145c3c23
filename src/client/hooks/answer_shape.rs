//! The shape that a hook's JSON must have, by event: what does not fit is rejected whole (measured on 2.1.197).

use serde_json::{Map, Value};

use crate::client::settings::shape::HOOK_EVENTS;

/// What a member must be where it is given; null fits none of them.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Switch,
    Object,
    Texts,
    OneOf(&'static [&'static str]),
}

impl Form {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Switch => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Texts => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            Self::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        }
    }

    fn says(self) -> String {
        match self {
            Self::Text => "a string".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Object => "an object".to_owned(),
            Self::Texts => "a list of strings".to_owned(),
            Self::OneOf(words) => words.join(" or "),
        }
    }
}

type Members = &'static [(&'static str, Form)];

/// Members of every answer.
const COMMON: Members = &[
    ("continue", Form::Switch),
    ("suppressOutput", Form::Switch),
    ("stopReason", Form::Text),
    ("reason", Form::Text),
    ("systemMessage", Form::Text),
    ("terminalSequence", Form::Text),
    ("decision", Form::OneOf(&["approve", "block"])),
];

const CONTEXT: (&str, Form) = ("additionalContext", Form::Text);
const ACTION: (&str, Form) = ("action", Form::OneOf(&["accept", "decline", "cancel"]));

/// Members of `hookSpecificOutput`; `None` for an event that takes no such object.
fn specific(event: &str) -> Option<Members> {
    Some(match event {
        "PreToolUse" => &[
            ("permissionDecision", Form::OneOf(&["allow", "deny", "ask", "defer"])),
            ("permissionDecisionReason", Form::Text),
            ("updatedInput", Form::Object),
            CONTEXT,
        ],
        "UserPromptSubmit" => {
            &[CONTEXT, ("sessionTitle", Form::Text), ("suppressOriginalPrompt", Form::Switch)]
        }
        "SessionStart" => &[
            CONTEXT,
            ("initialUserMessage", Form::Text),
            ("sessionTitle", Form::Text),
            ("watchPaths", Form::Texts),
            ("reloadSkills", Form::Switch),
        ],
        "UserPromptExpansion"
        | "Setup"
        | "SubagentStart"
        | "PostToolUse"
        | "PostToolUseFailure"
        | "PostToolBatch"
        | "Stop"
        | "SubagentStop"
        | "Notification" => &[CONTEXT],
        "PermissionDenied" => &[("retry", Form::Switch)],
        "PermissionRequest" => &[("decision", Form::Object)],
        "Elicitation" | "ElicitationResult" => &[ACTION, ("content", Form::Object)],
        "CwdChanged" | "FileChanged" => &[("watchPaths", Form::Texts)],
        "WorktreeCreate" => &[("worktreePath", Form::Text)],
        "MessageDisplay" => &[("displayContent", Form::Text)],
        _ => return None,
    })
}

/// Members without which the object of an event does not fit.
fn needed(event: &str) -> &'static [&'static str] {
    match event {
        "PermissionRequest" => &["decision"],
        "WorktreeCreate" => &["worktreePath"],
        _ => &[],
    }
}

/// What is wrong with an answer to an event; `None` where the client takes it.
pub(super) fn fault(json: &Map<String, Value>, event: &str) -> Option<String> {
    misfit(json, COMMON, "").or_else(|| specific_fault(json.get("hookSpecificOutput")?, event))
}

fn specific_fault(given: &Value, event: &str) -> Option<String> {
    let Some(object) = given.as_object() else {
        return Some("`hookSpecificOutput` must be an object".to_owned());
    };
    match object.get("hookEventName").and_then(Value::as_str) {
        None => return Some("`hookSpecificOutput.hookEventName` is missing".to_owned()),
        Some(name) if !HOOK_EVENTS.contains(&name) => {
            return Some(format!("no event is named {}", shorten(name)));
        }
        Some(name) if name != event => return Some(format!("it answers for {name}, the event is {event}")),
        Some(_) => {}
    }
    let Some(members) = specific(event) else {
        return Some(format!("{event} takes no `hookSpecificOutput`"));
    };
    if let Some(name) = needed(event).iter().find(|name| !object.contains_key(**name)) {
        return Some(format!("`hookSpecificOutput.{name}` is missing"));
    }
    misfit(object, members, "hookSpecificOutput.").or_else(|| match event {
        "PermissionRequest" => request_fault(object.get("decision")?.as_object()?),
        _ => None,
    })
}

/// What is wrong with the decision of a `PermissionRequest` hook.
fn request_fault(decision: &Map<String, Value>) -> Option<String> {
    let at = "hookSpecificOutput.decision.";
    let members: Members = match decision.get("behavior").and_then(Value::as_str) {
        Some("allow") => &[("updatedInput", Form::Object)],
        Some("deny") => &[("message", Form::Text), ("interrupt", Form::Switch)],
        _ => return Some(format!("`{at}behavior` must be allow or deny")),
    };
    misfit(decision, members, at)
}

fn misfit(object: &Map<String, Value>, members: Members, at: &str) -> Option<String> {
    members.iter().find_map(|(name, form)| {
        let value = object.get(*name).filter(|value| !form.fits(value))?;
        Some(format!("`{at}{name}` must be {}, not {}", form.says(), shorten(&value.to_string())))
    })
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
