//! Shape faults of a settings file: what the client drops for them, as measured.

use serde_json::{Map, Value};

use super::keys::{self, Cost};
use super::nested;
use super::positions::{escape, unescape};
use crate::client::version::{ClientVersion, MEASURED};

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

/// Events that the measured client does not know.
const LATER_EVENTS: &[&str] = &["PreModelSwitch", "PostModelSwitch"];

/// One fault: the pointer of the value, the top-level key that it is under, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeFault {
    pub pointer: String,
    pub top_key: String,
    pub what: String,
    /// It costs the value at the pointer and nothing else, in files of every scope.
    pub value_only: bool,
    /// It was not measured whether the client minds: decisions that depend on it are undetermined.
    pub doubtful: bool,
}

/// Every shape fault of a settings object, for one version of the client. One fault drops a user, project or local file
/// whole; in a managed file it drops the top-level key that it is under.
pub fn faults(settings: &Map<String, Value>, managed: bool, client: ClientVersion) -> Vec<ShapeFault> {
    let mut out = Vec::new();
    for key in keys::all() {
        // `hooks` that is no object is passed over (measured).
        let Some(value) = lookup(settings, key.name).filter(|_| key.name != "hooks") else { continue };
        let Some(what) = key.fault(value, client) else { continue };
        if key.cost == Cost::Later && client <= MEASURED {
            continue;
        }
        let mut found = fault(&pointer_of(key.name), &what);
        found.value_only = key.cost == Cost::Value;
        found.doubtful = key.cost == Cost::Later;
        out.push(found);
    }
    nested::faults(settings, &mut out);
    for key in ["allowedMcpServers", "deniedMcpServers"] {
        mcp_list(settings.get(key), key, managed, &mut out);
    }
    hooks(settings.get("hooks"), client, &mut out);
    for found in &mut out {
        // Of these, a managed file keeps the elements that fit, and of the sandbox all but the credentials (measured).
        let element =
            ["/availableModels/", "/sandbox/credentials"].iter().any(|p| found.pointer.starts_with(p));
        found.value_only |= managed && element;
    }
    out.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    out.dedup_by(|later, earlier| later.pointer == earlier.pointer);
    out
}

pub(super) fn fault(pointer: &str, what: &str) -> ShapeFault {
    let top = pointer.split('/').nth(1).unwrap_or_default();
    ShapeFault {
        pointer: pointer.to_owned(),
        top_key: unescape(top),
        what: what.to_owned(),
        value_only: false,
        doubtful: false,
    }
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

/// Lists of MCP servers: what does not fit is passed over, and so is a list in a file that is not managed.
fn mcp_list(value: Option<&Value>, key: &str, managed: bool, out: &mut Vec<ShapeFault>) {
    for (i, item) in value.and_then(Value::as_array).into_iter().flatten().enumerate() {
        let ok = item.as_object().is_some_and(|o| {
            let named =
                ["serverName", "serverUrl", "serverCommand"].iter().filter(|k| o.contains_key(**k)).count();
            named == 1
                && o.get("serverName").is_none_or(|name| server_name(name, key))
                && o.get("serverUrl").is_none_or(Value::is_string)
                && o.get("serverCommand").is_none_or(|c| {
                    c.as_array().is_some_and(|a| !a.is_empty() && a.iter().all(Value::is_string))
                })
        });
        if !ok {
            let what =
                format!("an entry of {key} must have exactly one of serverName, serverUrl, serverCommand");
            out.push(ShapeFault { value_only: true, ..fault(&format!("/{key}/{i}"), &what) });
        }
    }
    let whole = pointer_of(key);
    if let Some(found) = out.iter_mut().find(|f| !managed && f.pointer == whole) {
        found.value_only = true;
    }
}

/// Allowed names are plain; a denied one may be anything that a name could equal.
fn server_name(name: &Value, key: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.as_str().is_some_and(|name| match key {
        "allowedMcpServers" => !name.is_empty() && name.chars().all(plain),
        _ => !name.is_empty() && name.trim() == name,
    })
}

fn hooks(value: Option<&Value>, client: ClientVersion, out: &mut Vec<ShapeFault>) {
    let Some(events) = value.and_then(Value::as_object) else { return };
    for (event, groups) in events {
        let later = LATER_EVENTS.contains(&event.as_str());
        if !HOOK_EVENTS.contains(&event.as_str()) || (later && client <= MEASURED) {
            continue;
        }
        let at = format!("/hooks/{}", escape(event));
        // Anything but a list is passed over, and costs no more than the event (measured).
        let Some(groups) = groups.as_array() else { continue };
        let first = out.len();
        for (g, group) in groups.iter().enumerate() {
            let at = format!("{at}/{g}");
            let Some(group) = group.as_object() else {
                out.push(fault(&at, "a matcher group must be an object"));
                continue;
            };
            if group.get("matcher").is_some_and(|m| !m.is_string()) {
                out.push(fault(&format!("{at}/matcher"), "a matcher must be a string"));
            }
            let Some(entries) = group.get("hooks").and_then(Value::as_array) else {
                out.push(fault(&at, "a matcher group needs a list `hooks` of handlers"));
                continue;
            };
            for (h, entry) in entries.iter().enumerate() {
                if let Some(what) = handler_fault(entry) {
                    out.push(fault(&format!("{at}/hooks/{h}"), &what));
                }
            }
        }
        if later {
            out[first..].iter_mut().for_each(|fault| fault.doubtful = true);
        }
    }
}

/// What is wrong with a handler.
fn handler_fault(entry: &Value) -> Option<String> {
    let says = |what: &str| Some(what.to_owned());
    let Some(entry) = entry.as_object() else { return says("a hook must be an object") };
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
        None => return says("a hook needs a `type`"),
    };
    for name in needed {
        if !entry.get(*name).is_some_and(Value::is_string) {
            return Some(format!("a hook of this type needs the string `{name}`"));
        }
    }
    match entry.get("timeout").map(Value::as_f64) {
        Some(None) => return says("timeout must be a number of seconds"),
        Some(Some(n)) if n <= 0.0 => return says("timeout must be above 0"),
        _ => {}
    }
    if entry.get("url").and_then(Value::as_str).is_some_and(|url| !is_url(url)) {
        return says("`url` must be a URL");
    }
    let wrong = |names: &[&str], fits: fn(&Value) -> bool| {
        names.iter().any(|n| entry.get(*n).is_some_and(|v| !fits(v)))
    };
    if wrong(&["if", "statusMessage", "model", "shell"], Value::is_string) {
        return says("`if`, `statusMessage`, `model` and `shell` must be strings");
    }
    if entry.get("shell").and_then(Value::as_str).is_some_and(|s| !matches!(s, "bash" | "powershell")) {
        return says("`shell` must be bash or powershell");
    }
    if wrong(&["headers"], |v| v.as_object().is_some_and(|o| o.values().all(Value::is_string))) {
        return says("`headers` must be an object of strings");
    }
    if wrong(&["input"], Value::is_object) {
        return says("`input` must be an object");
    }
    if wrong(&["async", "asyncRewake", "once", "continueOnBlock"], Value::is_boolean) {
        return says("`async`, `asyncRewake`, `once` and `continueOnBlock` must be true or false");
    }
    let strings: fn(&Value) -> bool = |v| v.as_array().is_some_and(|a| a.iter().all(Value::is_string));
    if wrong(&["args", "allowedEnvVars"], strings) {
        return says("`args` and `allowedEnvVars` must be lists of strings");
    }
    None
}

/// Whether a text begins with a scheme and goes on.
fn is_url(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
            && !rest.trim_matches('/').is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn count(value: Value) -> usize {
        faults(value.as_object().unwrap(), false, MEASURED).len()
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
