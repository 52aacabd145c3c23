//! Hooks: which are in force, which match a call, and what their answers do.

mod answer;
mod answer_shape;
mod condition;
mod expression;
mod matcher;
mod plugins;
pub mod script_faults;
mod switches;

use serde_json::{Map, Value};

pub use answer::{Answer, Outcome, compose, judge_answer, with_hooks};
pub use matcher::matches;
pub use plugins::{Plugin, hooks_of as hooks_of_plugin};
pub use switches::NO_HOOKS;

use super::permissions::ToolCall;
use super::settings::positions::{Positions, escape};
use super::settings::shape::HOOK_EVENTS;
use super::settings::{Effective, LoadedSource, Scope};
use super::version::Behaviour;
use switches::{Owner, switched_on};

/// Events whose matcher is a tool name, and on which `if` works.
pub const TOOL_EVENTS: &[&str] =
    &["PreToolUse", "PermissionRequest", "PermissionDenied", "PostToolUse", "PostToolUseFailure"];

/// Tools by canonical name, for finding matchers and rules that name none of them.
pub const TOOLS: &[&str] = &[
    "Agent",
    "Artifact",
    "AskUserQuestion",
    "Bash",
    "BashOutput",
    "Cd",
    "CronCreate",
    "CronDelete",
    "CronList",
    "Edit",
    "EndConversation",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitPlanMode",
    "ExitWorktree",
    "Glob",
    "Grep",
    "KillShell",
    "LS",
    "LSP",
    "ListMcpResourcesTool",
    "Monitor",
    "MultiEdit",
    "NotebookEdit",
    "NotebookRead",
    "PowerShell",
    "PushNotification",
    "Read",
    "ReadMcpResourceTool",
    "RemoteTrigger",
    "ScheduleWakeup",
    "SendMessage",
    "ShareOnboardingGuide",
    "Skill",
    "SlashCommand",
    "StructuredOutput",
    "Task",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskOutput",
    "TaskStop",
    "TaskUpdate",
    "TeamCreate",
    "TeamDelete",
    "TodoRead",
    "TodoWrite",
    "ToolSearch",
    "WaitForMcpServers",
    "WebFetch",
    "WebSearch",
    "Workflow",
    "Write",
];

/// Fields that the client reads of a matcher group.
pub const GROUP_FIELDS: &[&str] = &["matcher", "hooks"];

/// Fields that the client reads of an entry, over all types.
pub const HANDLER_FIELDS: &[&str] = &[
    "type",
    "command",
    "args",
    "if",
    "timeout",
    "statusMessage",
    "once",
    "async",
    "asyncRewake",
    "shell",
    "url",
    "headers",
    "allowedEnvVars",
    "server",
    "tool",
    "input",
    "prompt",
    "model",
    "continueOnBlock",
    "onFailure",
];

/// What a hook runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handler {
    /// A shell command line, or a program with arguments where `args` is given.
    Command {
        command: String,
        args: Option<Vec<String>>,
    },
    Http {
        url: String,
    },
    McpTool {
        server: String,
        tool: String,
    },
    Prompt,
    Agent,
    /// Something the client does not accept.
    Unknown,
}

/// One configured hook.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook {
    pub event: String,
    pub matcher: Option<String>,
    pub handler: Handler,
    /// One permission rule; the hook runs only for calls that it covers.
    pub condition: Option<String>,
    /// Seconds; `None` takes the client's default.
    pub timeout: Option<f64>,
    /// The client does not wait for the answer.
    pub background: bool,
    /// `onFailure` is `block`.
    pub blocks_on_failure: bool,
    pub scope: Scope,
    pub source: String,
    pub pointer: String,
    pub line: u32,
    /// Why the hook does not run, where it does not.
    pub in_force: Result<(), String>,
    /// Interactive sessions run it only after the folder is trusted; non-interactive ones at once.
    pub waits_for_trust: bool,
}

/// All hooks of all sources, strongest source first, also those that never run.
pub fn list(effective: &Effective) -> Vec<Hook> {
    let mut out = Vec::new();
    for source in effective.sources() {
        let Some(events) = source.written.get("hooks").and_then(Value::as_object) else { continue };
        let written = Written {
            scope: source.scope(),
            path: &source.source.path,
            positions: &source.positions,
            at: "/hooks",
        };
        let first = out.len();
        read(effective, &written, events, &mut out);
        for hook in &mut out[first..] {
            hook.in_force = in_force(effective, source, hook);
        }
    }
    out
}

/// Where hooks are written down.
struct Written<'a> {
    scope: Scope,
    path: &'a str,
    positions: &'a Positions,
    /// The pointer of the object that holds the events.
    at: &'a str,
}

/// Every hook of an object of events; whether each is in force is not yet said.
fn read(effective: &Effective, written: &Written, events: &Map<String, Value>, out: &mut Vec<Hook>) {
    for (event, groups) in events {
        for (g, group) in groups.as_array().into_iter().flatten().enumerate() {
            let at = format!("{}/{}/{g}", written.at, escape(event));
            match group.get("hooks").and_then(Value::as_array) {
                Some(entries) => {
                    for (h, entry) in entries.iter().enumerate() {
                        out.push(one(effective, written, event, group, entry, format!("{at}/hooks/{h}")));
                    }
                }
                // The flat shape: the client drops the file for it, and a reader should still see the hook.
                None => out.push(one(effective, written, event, group, group, at)),
            }
        }
    }
}

fn one(
    effective: &Effective,
    written: &Written,
    event: &str,
    group: &Value,
    entry: &Value,
    pointer: String,
) -> Hook {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let handler = match (text("type").as_deref(), text("command"), text("url")) {
        (Some("command"), Some(command), _) => {
            let args = entry.get("args").and_then(Value::as_array);
            let args = args.map(|a| a.iter().filter_map(Value::as_str).map(str::to_owned).collect());
            Handler::Command { command, args }
        }
        (Some("http"), _, Some(url)) => Handler::Http { url },
        (Some("mcp_tool"), ..) => Handler::McpTool {
            server: text("server").unwrap_or_default(),
            tool: text("tool").unwrap_or_default(),
        },
        (Some("prompt"), ..) => Handler::Prompt,
        (Some("agent"), ..) => Handler::Agent,
        _ => Handler::Unknown,
    };
    let on = |name: &str| entry.get(name) == Some(&Value::Bool(true));
    Hook {
        event: event.to_owned(),
        matcher: group.get("matcher").and_then(Value::as_str).map(str::to_owned),
        handler,
        condition: text("if"),
        timeout: entry.get("timeout").and_then(Value::as_f64),
        background: on("async"),
        blocks_on_failure: text("onFailure").as_deref() == Some("block")
            && effective.environment.client.has(Behaviour::OnFailureBlock),
        scope: written.scope,
        source: written.path.to_owned(),
        line: written.positions.line(&pointer),
        pointer,
        in_force: Ok(()),
        waits_for_trust: !effective.environment.trusted,
    }
}

fn in_force(effective: &Effective, source: &LoadedSource, hook: &Hook) -> Result<(), String> {
    if source.shadowed() {
        return Err("a stronger managed source shadows the file".to_owned());
    }
    if !source.in_force() {
        return Err("the client drops the whole file for a fault in it".to_owned());
    }
    if !source.settings.contains_key("hooks") {
        return Err("the client drops the key hooks of the managed file for a fault in it".to_owned());
    }
    usable(effective, hook)?;
    let owner = if hook.scope == Scope::Managed { Owner::Administrator } else { Owner::Other };
    switched_on(effective, owner)
}

/// Whether the client can run it as it is written.
fn usable(effective: &Effective, hook: &Hook) -> Result<(), String> {
    if !HOOK_EVENTS.contains(&hook.event.as_str()) {
        return Err(format!("the client knows no event {}", hook.event));
    }
    if hook.handler == Handler::Unknown {
        return Err("the handler is not one that the client knows".to_owned());
    }
    let tool_event = TOOL_EVENTS.contains(&hook.event.as_str());
    if hook.condition.is_some() && !tool_event {
        return Err("a hook with `if` never runs on an event that is not about a tool".to_owned());
    }
    if tool_event && let Some(matcher) = &hook.matcher {
        matcher::never(matcher, effective.environment.client).map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// Whether a hook would run for a call: `None` where that is not certain.
pub fn runs_for(effective: &Effective, hook: &Hook, event: &str, call: &ToolCall) -> Option<bool> {
    if hook.in_force.is_err() || hook.event != event {
        return Some(false);
    }
    let matched = match &hook.matcher {
        None => Some(true),
        Some(matcher) => matches(matcher, &call.tool, effective.environment.client),
    };
    match (matched, &hook.condition) {
        (Some(true), Some(rule)) => condition::holds(effective, rule, call),
        (matched, _) => matched,
    }
}

/// How many PreToolUse hooks in force match a call and may decide it.
pub fn matching_in_force(effective: &Effective, call: &ToolCall) -> usize {
    let may_decide =
        |hook: &&Hook| !hook.background && runs_for(effective, hook, "PreToolUse", call) != Some(false);
    effective.hooks().iter().filter(may_decide).count()
}

#[cfg(test)]
mod tests;
