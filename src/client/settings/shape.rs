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

/// Events that the measured client does not know.
const LATER_EVENTS: &[&str] = &["PreModelSwitch", "PostModelSwitch"];

/// One fault: the pointer of the value, the top-level key it costs, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeFault {
    pub pointer: String,
    pub top_key: String,
    pub what: String,
    /// It was not measured whether the client minds: decisions that depend on it are undetermined.
    pub doubtful: bool,
}

/// Keys of which it is not known whether an invalid value costs the file. Values within `env` do not (measured).
const DOUBTFUL: &[&str] = &[
    "$schema",
    "askUserQuestionTimeout",
    "bashOutputMaxChars",
    "browserExternalPageTools",
    "crossSessionInbound",
    "dialogExpiry",
    "diffTool",
    "editorMode",
    "effortLevel",
    "env",
    "extraKnownMarketplaces",
    "keybindingFlavor",
    "parentSettingsBehavior",
    "preferredNotifChannel",
    "teammateMode",
    "tui",
    "viewMode",
    "voice",
    "workflowSizeGuideline",
    "worktree",
];

/// Lists that must hold strings.
const STRING_LISTS: &[&str] = &[
    "permissions.additionalDirectories",
    "enabledMcpjsonServers",
    "disabledMcpjsonServers",
    "availableModels",
    "companyAnnouncements",
    "claudeMdExcludes",
    "allowedHttpHookUrls",
    "httpHookAllowedEnvVars",
    "sandbox.excludedCommands",
    "sandbox.network.allowedDomains",
    "sandbox.network.deniedDomains",
    "sandbox.network.allowUnixSockets",
    "sandbox.network.allowMachLookup",
    "sandbox.filesystem.allowRead",
    "sandbox.filesystem.allowWrite",
    "sandbox.filesystem.denyRead",
    "sandbox.filesystem.denyWrite",
];

/// Every shape fault of a settings object. One fault drops a user, project or local file whole;
/// in a managed file it drops the top-level key it is under.
pub fn faults(settings: &Map<String, Value>) -> Vec<ShapeFault> {
    let mut out = Vec::new();
    for key in keys::all() {
        let (top, pointer) = (key.name.split('.').next().unwrap_or(key.name), pointer_of(key.name));
        // `hooks` that is no object is passed over (measured).
        let Some(value) = lookup(settings, key.name).filter(|_| key.name != "hooks") else { continue };
        if let Some(what) = key.fault(value) {
            let doubtful =
                DOUBTFUL.contains(&top) || (key.name == "permissions.defaultMode" && value == "delegate");
            out.push(ShapeFault { pointer, top_key: top.to_owned(), what, doubtful });
        }
    }
    for key in ["allowedMcpServers", "deniedMcpServers"] {
        mcp_list(settings.get(key), key, &mut out);
    }
    for key in STRING_LISTS {
        strings(lookup(settings, key), key, &mut out);
    }
    for key in ["strictKnownMarketplaces", "blockedMarketplaces"] {
        for (i, item) in settings.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
            if !item.is_object() {
                out.push(fault(&format!("/{key}/{i}"), key, &format!("{key} must hold objects")));
            }
        }
    }
    for key in ["statusLine", "fileSuggestion", "subagentStatusLine"] {
        let incomplete = |o: &Map<String, Value>| {
            ["type", "command"].iter().any(|n| !o.get(*n).is_some_and(Value::is_string))
        };
        if settings.get(key).and_then(Value::as_object).is_some_and(incomplete) {
            out.push(fault(&format!("/{key}"), key, &format!("{key} needs the strings type and command")));
        }
    }
    for (name, value) in settings.get("enabledPlugins").and_then(Value::as_object).into_iter().flatten() {
        if !value.is_boolean() && !value.is_array() {
            let at = format!("/enabledPlugins/{}", escape(name));
            let doubtful = true;
            let what = "a plugin must be true, false or a list".to_owned();
            out.push(ShapeFault { pointer: at, top_key: "enabledPlugins".to_owned(), what, doubtful });
        }
    }
    hooks(settings.get("hooks"), &mut out);
    out.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    out.dedup();
    out
}

fn fault(pointer: &str, top: &str, what: &str) -> ShapeFault {
    ShapeFault {
        pointer: pointer.to_owned(),
        top_key: top.to_owned(),
        what: what.to_owned(),
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

fn strings(value: Option<&Value>, key: &str, out: &mut Vec<ShapeFault>) {
    let top = key.split('.').next().unwrap_or(key);
    for (i, item) in value.and_then(Value::as_array).into_iter().flatten().enumerate() {
        if !item.is_string() {
            out.push(fault(&format!("{}/{i}", pointer_of(key)), top, &format!("{key} must hold strings")));
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
        // Anything but a list is passed over, and costs no more than the event (measured).
        let Some(groups) = groups.as_array() else { continue };
        let first = out.len();
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
                if let Some((what, doubtful)) = handler_fault(entry) {
                    let pointer = format!("{at}/hooks/{h}");
                    out.push(ShapeFault { pointer, top_key: "hooks".to_owned(), what, doubtful });
                }
            }
        }
        // Versions that do not know the event pass over it.
        if LATER_EVENTS.contains(&event.as_str()) {
            out[first..].iter_mut().for_each(|fault| fault.doubtful = true);
        }
    }
}

/// What is wrong with a handler, and whether that is in doubt.
fn handler_fault(entry: &Value) -> Option<(String, bool)> {
    let sure = |what: &str| Some((what.to_owned(), false));
    let Some(entry) = entry.as_object() else { return sure("a hook must be an object") };
    let needed: &[&str] = match entry.get("type").and_then(Value::as_str) {
        Some("command") => &["command"],
        Some("prompt" | "agent") => &["prompt"],
        Some("http") => &["url"],
        Some("mcp_tool") => &["server", "tool"],
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            return sure(&format!(
                "unknown hook type `{other}`: use command, http, mcp_tool, prompt or agent"
            ));
        }
        None => return sure("a hook needs a `type`"),
    };
    for name in needed {
        if !entry.get(*name).is_some_and(Value::is_string) {
            return sure(&format!("a hook of this type needs the string `{name}`"));
        }
    }
    match entry.get("timeout").map(Value::as_f64) {
        Some(None) => return sure("timeout must be a number of seconds"),
        Some(Some(n)) if n <= 0.0 => return sure("timeout must be above 0"),
        _ => {}
    }
    if let Some(url) = entry.get("url").and_then(Value::as_str)
        && !url.contains("://")
    {
        return sure("`url` must be a URL");
    }
    let wrong = |names: &[&str], fits: fn(&Value) -> bool| {
        names.iter().any(|n| entry.get(*n).is_some_and(|v| !fits(v)))
    };
    if wrong(&["if", "statusMessage", "model", "shell"], Value::is_string) {
        return Some(("`if`, `statusMessage`, `model` and `shell` must be strings".to_owned(), false));
    }
    if entry.get("shell").and_then(Value::as_str).is_some_and(|s| !matches!(s, "bash" | "powershell")) {
        return sure("`shell` must be bash or powershell");
    }
    if wrong(&["headers"], |v| v.as_object().is_some_and(|o| o.values().all(Value::is_string))) {
        return sure("`headers` must be an object of strings");
    }
    if wrong(&["async", "asyncRewake", "once"], Value::is_boolean) {
        return Some(("`async`, `asyncRewake` and `once` must be true or false".to_owned(), false));
    }
    if wrong(&["args"], |v| v.as_array().is_some_and(|a| a.iter().all(Value::is_string))) {
        return sure("`args` must be a list of strings");
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
