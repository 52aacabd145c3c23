//! What the client makes of a hook's exit code and output (client-contract 3.5, 3.6).

use serde_json::{Map, Value};

use crate::client::permissions::{Decision, Verdict};
use crate::client::settings::shape::HOOK_EVENTS;
use crate::client::version::{Behaviour, ClientVersion};

/// How a hook ended.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub event: &'a str,
    /// `None` where the program was killed or never started.
    pub exit: Option<i32>,
    pub stdout: &'a str,
    pub stderr: &'a str,
    pub timed_out: bool,
    /// The entry says `onFailure: block`.
    pub on_failure_block: bool,
    pub client: ClientVersion,
}

/// What a hook's answer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The call, prompt or stop does not go on.
    Deny { why: String },
    /// A person is asked.
    Ask { why: String },
    /// The permission prompt is skipped; deny and ask rules still hold.
    Allow { why: String },
    /// The normal flow goes on as if there were no hook.
    NoDecision { why: String },
}

impl Outcome {
    /// What it rests on.
    pub fn why(&self) -> &str {
        match self {
            Self::Deny { why } | Self::Ask { why } | Self::Allow { why } | Self::NoDecision { why } => why,
        }
    }
}

/// Events that exit code 2 stops.
const EXIT_2_BLOCKS: &[&str] = &[
    "PreToolUse",
    "UserPromptSubmit",
    "UserPromptExpansion",
    "Stop",
    "SubagentStop",
    "TaskCreated",
    "TaskCompleted",
    "TeammateIdle",
    "PostToolBatch",
    "PreCompact",
    "ConfigChange",
    "Elicitation",
    "ElicitationResult",
    "WorktreeCreate",
    "PreModelSwitch",
];

/// Events that the deprecated `decision: block` stops.
const DECISION_BLOCKS: &[&str] = &[
    "PreToolUse",
    "UserPromptSubmit",
    "UserPromptExpansion",
    "Stop",
    "SubagentStop",
    "TaskCreated",
    "PostToolBatch",
    "PreCompact",
    "ConfigChange",
];

/// Events on which `onFailure` is ignored.
const ON_FAILURE_IGNORED: &[&str] = &["Stop", "SubagentStop", "TaskCompleted", "TeammateIdle"];

enum Output {
    /// Plain text, or nothing.
    Text(&'static str),
    /// JSON of the wrong shape.
    Rejected(String),
    Json(Map<String, Value>),
}

/// Judges one answer.
pub fn judge_answer(answer: &Answer<'_>) -> Outcome {
    if answer.timed_out {
        return failed(answer, "it timed out: its output is dropped");
    }
    let output = read(answer);
    if answer.exit == Some(2) && EXIT_2_BLOCKS.contains(&answer.event) {
        if matches!(output, Output::Rejected(_)) && !answer.client.has(Behaviour::Exit2BeatsBadJson) {
            return failed(
                answer,
                "exit 2 with JSON of the wrong shape: an error that does not block in this version",
            );
        }
        return Outcome::Deny { why: "exit code 2 blocks".to_owned() };
    }
    match output {
        Output::Json(json) => decided(answer, &json),
        Output::Rejected(why) => failed(answer, &format!("its JSON is rejected: {why}")),
        Output::Text(what) if answer.exit == Some(0) => {
            Outcome::NoDecision { why: format!("exit 0 and {what}: no decision") }
        }
        Output::Text(_) => {
            let exit = answer.exit.map_or("no exit code".to_owned(), |c| format!("exit code {c}"));
            failed(answer, &format!("{exit} does not block: only 2 does"))
        }
    }
}

fn failed(answer: &Answer<'_>, why: &str) -> Outcome {
    let blocks = answer.on_failure_block
        && answer.client.has(Behaviour::OnFailureBlock)
        && !ON_FAILURE_IGNORED.contains(&answer.event)
        && answer.exit != Some(0);
    if blocks || (answer.event == "PreModelSwitch" && answer.timed_out) {
        return Outcome::Deny { why: format!("onFailure: block; {why}") };
    }
    Outcome::NoDecision { why: why.to_owned() }
}

fn read(answer: &Answer<'_>) -> Output {
    let text = answer.stdout.trim();
    if text.is_empty() {
        return Output::Text("no output");
    }
    if !text.starts_with('{') {
        return Output::Text("plain text");
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(json)) => match shape_fault(&json, answer.event) {
            Some(why) => Output::Rejected(why),
            None => Output::Json(json),
        },
        _ => Output::Text("text that is not valid JSON"),
    }
}

fn shape_fault(json: &Map<String, Value>, event: &str) -> Option<String> {
    for name in ["continue", "suppressOutput"] {
        if json.get(name).is_some_and(|v| !v.is_boolean()) {
            return Some(format!("`{name}` must be true or false"));
        }
    }
    for name in ["stopReason", "reason", "systemMessage"] {
        if json.get(name).is_some_and(|v| !v.is_string()) {
            return Some(format!("`{name}` must be a string"));
        }
    }
    match json.get("decision") {
        None => {}
        Some(Value::String(d)) if d == "approve" || d == "block" => {}
        Some(other) => {
            return Some(format!("`decision` must be approve or block, not {}", shorten(&other.to_string())));
        }
    }
    let specific = json.get("hookSpecificOutput")?;
    let Some(specific) = specific.as_object() else {
        return Some("`hookSpecificOutput` must be an object".to_owned());
    };
    match specific.get("hookEventName").and_then(Value::as_str) {
        None => return Some("`hookSpecificOutput.hookEventName` is missing".to_owned()),
        Some(name) if !HOOK_EVENTS.contains(&name) => {
            return Some(format!("no event is named {}", shorten(name)));
        }
        Some(name) if name != event => return Some(format!("it answers for {name}, the event is {event}")),
        Some(_) => {}
    }
    if event == "PreToolUse" {
        match specific.get("permissionDecision") {
            None => {}
            Some(Value::String(d)) if matches!(d.as_str(), "allow" | "deny" | "ask" | "defer") => {}
            Some(other) => {
                return Some(format!(
                    "`permissionDecision` must be allow, deny, ask or defer, not {}",
                    shorten(&other.to_string())
                ));
            }
        }
        if specific.get("permissionDecisionReason").is_some_and(|v| !v.is_string()) {
            return Some("`permissionDecisionReason` must be a string".to_owned());
        }
        if specific.get("updatedInput").is_some_and(|v| !v.is_object()) {
            return Some("`updatedInput` must be an object".to_owned());
        }
    }
    if specific.get("additionalContext").is_some_and(|v| !v.is_string()) {
        return Some("`additionalContext` must be a string".to_owned());
    }
    None
}

fn decided(answer: &Answer<'_>, json: &Map<String, Value>) -> Outcome {
    if json.get("continue") == Some(&Value::Bool(false)) {
        return Outcome::Deny { why: "`continue: false` stops the session".to_owned() };
    }
    let specific = json.get("hookSpecificOutput");
    if answer.event == "PreToolUse"
        && let Some(decision) = specific.and_then(|s| s.get("permissionDecision")).and_then(Value::as_str)
    {
        let why = format!("permissionDecision is {decision}");
        return match decision {
            "deny" => Outcome::Deny { why },
            "allow" => Outcome::Allow { why },
            _ => Outcome::Ask { why },
        };
    }
    if answer.event == "PermissionRequest"
        && let Some(behaviour) =
            specific.and_then(|s| s.get("decision")).and_then(|d| d.get("behavior")).and_then(Value::as_str)
    {
        let why = format!("decision.behavior is {behaviour}");
        return match behaviour {
            "deny" => Outcome::Deny { why },
            "allow" => Outcome::Allow { why },
            _ => Outcome::NoDecision { why },
        };
    }
    match json.get("decision").and_then(Value::as_str) {
        Some("block") if DECISION_BLOCKS.contains(&answer.event) => {
            Outcome::Deny { why: "the deprecated `decision: block`".to_owned() }
        }
        Some("block") => {
            Outcome::NoDecision { why: "`decision: block` on this event is feedback only".to_owned() }
        }
        Some("approve") if answer.event == "PreToolUse" => {
            Outcome::Allow { why: "the deprecated `decision: approve` skips the prompt".to_owned() }
        }
        _ => Outcome::NoDecision { why: "its JSON holds no decision for this event".to_owned() },
    }
}

/// What several hooks of one event do together: deny before ask before allow.
pub fn compose(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
    let rank = |o: &Outcome| match o {
        Outcome::Deny { .. } => 0,
        Outcome::Ask { .. } => 1,
        Outcome::Allow { .. } => 2,
        Outcome::NoDecision { .. } => 3,
    };
    outcomes
        .into_iter()
        .min_by_key(rank)
        .unwrap_or_else(|| Outcome::NoDecision { why: "no hook answered".to_owned() })
}

/// What a call comes to when hooks have answered: a hook's allow beats no deny rule and no ask rule.
pub fn with_hooks(decision: Decision, outcome: &Outcome) -> Decision {
    let (verdict, why) = match outcome {
        Outcome::Deny { why } => (Verdict::Deny, why),
        Outcome::Ask { why } if matches!(decision.decision, Verdict::Allow | Verdict::Ask) => {
            (Verdict::Ask, why)
        }
        Outcome::Allow { why } if decision.decision == Verdict::Ask && decision.by.is_none() => {
            (Verdict::Allow, why)
        }
        _ => return decision,
    };
    Decision { decision: verdict, by: None, why: format!("a hook: {why}") }
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
