//! Shape faults of a settings file: what the client drops for them, as measured.

use serde_json::{Map, Value};

use super::keys;
use super::positions::escape;

/// Hook events the client knows (client-contract 3.3, hook-events).
pub const HOOK_EVENTS: &[&str] = &[
    "SessionStart",
    "Setup",
    "UserPromptSubmit",
    "UserPromptExpansion",
    "PreToolUse",
    "PermissionRequest",
    "PermissionDenied",
    "PostToolUse",
    "PostToolUseFailure",
    "PostToolBatch",
    "Notification",
    "MessageDisplay",
    "SubagentStart",
    "SubagentStop",
    "TaskCreated",
    "TaskCompleted",
    "Stop",
    "StopFailure",
    "TeammateIdle",
    "InstructionsLoaded",
    "ConfigChange",
    "CwdChanged",
    "DirectoryAdded",
    "FileChanged",
    "WorktreeCreate",
    "WorktreeRemove",
    "PreCompact",
    "PostCompact",
    "SessionEnd",
    "Elicitation",
    "ElicitationResult",
    "PreModelSwitch",
    "PostModelSwitch",
];

/// One fault: the pointer of the value, the top-level key it costs, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeFault {
    pub pointer: String,
    pub top_key: String,
    pub what: String,
}

/// Keys whose invalid values the client forgives: it reads them as unset or coerces them.
const FORGIVEN: &[&str] = &["env", "effortLevel", "$schema"];

/// Every shape fault of a settings object. One fault drops a user, project or local file whole;
/// in a managed file it drops the top-level key it is under.
pub fn faults(settings: &Map<String, Value>) -> Vec<ShapeFault> {
    let mut out = Vec::new();
    for key in keys::all() {
        let (top, pointer) = (key.name.split('.').next().unwrap_or(key.name), pointer_of(key.name));
        if FORGIVEN.contains(&top) {
            continue;
        }
        let Some(value) = lookup(settings, key.name) else { continue };
        if let Some(what) = key.fault(value) {
            out.push(ShapeFault { pointer, top_key: top.to_owned(), what });
        }
    }
    if let Some(value) = settings.get("env")
        && !value.is_object()
    {
        out.push(fault("/env", "env", "env must be an object"));
    }
    for key in ["allowedMcpServers", "deniedMcpServers"] {
        mcp_list(settings.get(key), key, &mut out);
    }
    for key in ["enabledMcpjsonServers", "disabledMcpjsonServers", "availableModels", "companyAnnouncements"]
    {
        strings(settings.get(key), key, &mut out);
    }
    hooks(settings.get("hooks"), &mut out);
    out.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    out.dedup();
    out
}

fn fault(pointer: &str, top: &str, what: &str) -> ShapeFault {
    ShapeFault { pointer: pointer.to_owned(), top_key: top.to_owned(), what: what.to_owned() }
}

/// The JSON pointer of a dotted key.
pub fn pointer_of(dotted: &str) -> String {
    dotted.split('.').fold(String::new(), |acc, part| acc + "/" + &escape(part))
}

/// Looks a dotted key up in an object; `None` where a parent is not an object.
pub fn lookup<'a>(settings: &'a Map<String, Value>, dotted: &str) -> Option<&'a Value> {
    let mut parts = dotted.split('.');
    let mut value = settings.get(parts.next()?)?;
    for part in parts {
        value = value.as_object()?.get(part)?;
    }
    Some(value)
}

fn strings(value: Option<&Value>, key: &str, out: &mut Vec<ShapeFault>) {
    for (i, item) in value.and_then(Value::as_array).into_iter().flatten().enumerate() {
        if !item.is_string() {
            out.push(fault(&format!("/{key}/{i}"), key, &format!("{key} must hold strings")));
        }
    }
}

fn mcp_list(value: Option<&Value>, key: &str, out: &mut Vec<ShapeFault>) {
    for (i, item) in value.and_then(Value::as_array).into_iter().flatten().enumerate() {
        let ok = item.as_object().is_some_and(|o| {
            let named =
                ["serverName", "serverUrl", "serverCommand"].iter().filter(|k| o.contains_key(**k)).count();
            named == 1
                && o.get("serverName").is_none_or(Value::is_string)
                && o.get("serverUrl").is_none_or(Value::is_string)
                && o.get("serverCommand").is_none_or(|c| {
                    c.as_array().is_some_and(|a| !a.is_empty() && a.iter().all(Value::is_string))
                })
        });
        if !ok {
            let what =
                format!("an entry of {key} must have exactly one of serverName, serverUrl, serverCommand");
            out.push(fault(&format!("/{key}/{i}"), key, &what));
        }
    }
}

fn hooks(value: Option<&Value>, out: &mut Vec<ShapeFault>) {
    let Some(events) = value.and_then(Value::as_object) else { return };
    for (event, groups) in events {
        if !HOOK_EVENTS.contains(&event.as_str()) {
            continue;
        }
        let at = format!("/hooks/{}", escape(event));
        let Some(groups) = groups.as_array() else {
            out.push(fault(&at, "hooks", "an event must hold a list of matcher groups"));
            continue;
        };
        for (g, group) in groups.iter().enumerate() {
            let at = format!("{at}/{g}");
            let Some(group) = group.as_object() else {
                out.push(fault(&at, "hooks", "a matcher group must be an object"));
                continue;
            };
            if group.get("matcher").is_some_and(|m| !m.is_string()) {
                out.push(fault(&format!("{at}/matcher"), "hooks", "a matcher must be a string"));
            }
            let Some(entries) = group.get("hooks").and_then(Value::as_array) else {
                out.push(fault(&at, "hooks", "a matcher group needs a list `hooks` of handlers"));
                continue;
            };
            for (h, entry) in entries.iter().enumerate() {
                if let Some(what) = handler_fault(entry) {
                    out.push(fault(&format!("{at}/hooks/{h}"), "hooks", &what));
                }
            }
        }
    }
}

fn handler_fault(entry: &Value) -> Option<String> {
    let Some(entry) = entry.as_object() else { return Some("a hook must be an object".to_owned()) };
    let needed: &[&str] = match entry.get("type").and_then(Value::as_str) {
        Some("command") => &["command"],
        Some("prompt" | "agent") => &["prompt"],
        Some("http") => &["url"],
        Some("mcp_tool") => &["server", "tool"],
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            return Some(format!(
                "unknown hook type `{other}`: use command, http, mcp_tool, prompt or agent"
            ));
        }
        None => return Some("a hook needs a `type`".to_owned()),
    };
    for name in needed {
        if !entry.get(*name).is_some_and(Value::is_string) {
            return Some(format!("a hook of this type needs the string `{name}`"));
        }
    }
    if entry.get("timeout").is_some_and(|t| !t.as_f64().is_some_and(|n| n > 0.0)) {
        return Some("timeout must be a number of seconds above 0".to_owned());
    }
    for name in ["if", "statusMessage", "model", "shell"] {
        if entry.get(name).is_some_and(|v| !v.is_string()) {
            return Some(format!("`{name}` must be a string"));
        }
    }
    for name in ["async", "asyncRewake", "once"] {
        if entry.get(name).is_some_and(|v| !v.is_boolean()) {
            return Some(format!("`{name}` must be true or false"));
        }
    }
    if entry.get("args").is_some_and(|v| !v.as_array().is_some_and(|a| a.iter().all(Value::is_string))) {
        return Some("`args` must be a list of strings".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn count(value: Value) -> usize {
        faults(value.as_object().unwrap()).len()
    }

    #[test]
    fn measured_faults() {
        assert_eq!(count(json!({"env": {"A": {}}})), 0);
        assert_eq!(count(json!({"hooks": {"PreTool": [{"x": 1}]}})), 0);
        assert_eq!(count(json!({"dataRetention": {"auditLogs": "90 days"}})), 0);
        for bad in [
            json!({"model": 5}),
            json!({"cleanupPeriodDays": 0}),
            json!({"permissions": []}),
            json!({"permissions": {"allow": null}}),
            json!({"permissions": {"deny": "Bash(touch *)"}}),
            json!({"permissions": {"defaultMode": "yolo"}}),
            json!({"sandbox": {"enabled": "yes"}}),
            json!({"hooks": {"PreToolUse": [{"matcher": "*", "type": "command", "command": "x"}]}}),
            json!({"hooks": {"PreToolUse": [{"hooks": [{"type": "shell", "command": "x"}]}]}}),
            json!({"hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": "x", "timeout": "5"}]}]}}),
            json!({"hooks": {"PreToolUse": [{"matcher": ["Bash"], "hooks": []}]}}),
        ] {
            assert_eq!(count(bad.clone()), 1, "{bad}");
        }
    }
}
