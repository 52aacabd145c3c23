//! What the client makes of a hook's exit code and output (client-contract 3.5, 3.6).

use serde_json::{Map, Value};

use super::answer_shape;

use crate::client::permissions::{Decision, Footing, Verdict};
use crate::client::settings::json;
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

/// Events that `continue: false` stops: behind the others the session ends, and what the event tells of has happened
/// (measured: the call of a `PreToolUse` hook is still made).
const CONTINUE_STOPS: &[&str] = &["UserPromptSubmit", "UserPromptExpansion"];

/// Events on which `onFailure` is ignored.
const ON_FAILURE_IGNORED: &[&str] = &["Stop", "SubagentStop", "TaskCompleted", "TeammateIdle"];

enum Output {
    /// Plain text, or nothing.
    Text(&'static str),
    /// The hook goes on by itself, and the client does not wait for it.
    Background,
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
    if matches!(output, Output::Background) {
        return Outcome::NoDecision {
            why: "`async: true` sends the hook to the background: its exit code and the rest of its answer count for nothing"
                .to_owned(),
        };
    }
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
        Output::Text(_) | Output::Background => {
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
    // What JavaScript takes for a blank.
    let blank = |c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}';
    let text = answer.stdout.trim_matches(blank);
    if text.is_empty() {
        return Output::Text("no output");
    }
    if !text.starts_with('{') {
        return Output::Text("plain text");
    }
    match json::read(text) {
        Ok(Value::Object(json)) if in_background(&json) => Output::Background,
        Ok(Value::Object(json)) => match answer_shape::fault(&json, answer.event) {
            Some(why) => Output::Rejected(why),
            None => Output::Json(json),
        },
        _ => Output::Text("text that is not valid JSON"),
    }
}

/// Whether the answer is the one by which a hook says that it goes on alone.
fn in_background(json: &Map<String, Value>) -> bool {
    json.get("async") == Some(&Value::Bool(true)) && json.get("asyncTimeout").is_none_or(Value::is_number)
}

fn decided(answer: &Answer<'_>, json: &Map<String, Value>) -> Outcome {
    let specific = json.get("hookSpecificOutput");
    let said = |name: &str| specific.and_then(|s| s.get(name));
    let old = json.get("decision").and_then(Value::as_str);
    if old == Some("block") && DECISION_BLOCKS.contains(&answer.event) {
        return Outcome::Deny { why: "the deprecated `decision: block`".to_owned() };
    }
    if json.get("continue") == Some(&Value::Bool(false)) && CONTINUE_STOPS.contains(&answer.event) {
        return Outcome::Deny { why: "`continue: false` stops the session".to_owned() };
    }
    if answer.event == "PreToolUse"
        && let Some(decision) = said("permissionDecision").and_then(Value::as_str)
    {
        let why = format!("permissionDecision is {decision}");
        return match decision {
            "deny" => Outcome::Deny { why },
            "allow" => Outcome::Allow { why },
            "ask" => Outcome::Ask { why },
            _ => Outcome::NoDecision { why: format!("{why}: interactive sessions pass over it") },
        };
    }
    if answer.event == "PermissionRequest"
        && let Some(behaviour) = said("decision").and_then(|d| d.get("behavior")).and_then(Value::as_str)
    {
        let why = format!("decision.behavior is {behaviour}");
        return if behaviour == "deny" { Outcome::Deny { why } } else { Outcome::Allow { why } };
    }
    match old {
        Some("block") => {
            Outcome::NoDecision { why: "`decision: block` on this event is feedback only".to_owned() }
        }
        Some("approve") if answer.event == "PreToolUse" => {
            Outcome::Allow { why: "the deprecated `decision: approve` skips the prompt".to_owned() }
        }
        _ if json.get("continue") == Some(&Value::Bool(false)) => Outcome::NoDecision {
            why: "`continue: false` ends the session after the call, which is not stopped".to_owned(),
        },
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

/// What a call comes to when hooks have answered: no answer opens what rules and built-in checks hold.
pub fn with_hooks(decision: Decision, outcome: &Outcome) -> Decision {
    let held_by_mode = decision.footing == Footing::Mode;
    let (verdict, why) = match (outcome, decision.decision) {
        (Outcome::Deny { why }, _) => (Verdict::Deny, why),
        (Outcome::Ask { why }, Verdict::Ask) => (Verdict::Ask, why),
        (Outcome::Ask { why }, Verdict::Allow) if decision.footing != Footing::PassedOver => {
            (Verdict::Ask, why)
        }
        (Outcome::Ask { why }, Verdict::Deny) if held_by_mode => (Verdict::Ask, why),
        (Outcome::Allow { why }, Verdict::Ask | Verdict::Deny) if held_by_mode => (Verdict::Allow, why),
        _ => return decision,
    };
    Decision { decision: verdict, by: None, why: format!("a hook: {why}"), footing: Footing::Fixed }
}
