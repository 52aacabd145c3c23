//! Permission decisions: rules, modes and built-in checks, in the order in which the client applies them.

mod bash;
mod commands;
mod files;
pub mod glob;
pub mod mode;
pub mod path;
mod readonly;
pub mod rule;
mod ruleset;
mod unsound;
mod web;

use serde_json::Value;

pub use mode::{Mode, StartMode};
pub use path::{Files, NoFiles};
pub use ruleset::{ActiveRule, Effect, RuleRef, RuleSet, path_matches};

use super::settings::Effective;
use super::version::Behaviour;
use rule::RuleKind;

/// A tool call as the client receives it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    pub tool: String,
    pub input: Value,
}

/// What the client does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Allow,
    Ask,
    Deny,
    /// The model of the client does not know.
    Undetermined,
}

impl Verdict {
    /// The word used in answers.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::Ask => "ask",
            Verdict::Deny => "deny",
            Verdict::Undetermined => "undetermined",
        }
    }
}

/// A decision with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub decision: Verdict,
    /// The deciding rule, where a rule decided.
    pub by: Option<RuleRef>,
    pub why: String,
    pub footing: Footing,
}

/// What a decision rests on, as far as the answer of a hook can move it (measured on 2.1.197).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footing {
    /// Rules and built-in checks: a hook may tighten it, and its allow opens nothing.
    Fixed,
    /// Only the prompt or the mode is in the way: a hook's allow opens it, and its ask asks even where the mode denies.
    Mode,
    /// Bypass mode passed over a protected path: a hook's ask is passed over with it.
    PassedOver,
}

impl Decision {
    fn new(decision: Verdict, by: Option<RuleRef>, why: impl Into<String>) -> Self {
        Self { decision, by, why: why.into(), footing: Footing::Fixed }
    }

    fn on(self, footing: Footing) -> Self {
        Self { footing, ..self }
    }
}

/// What the checks of one tool say before modes are looked at.
#[derive(Debug, Clone)]
enum Check {
    Deny(RuleRef, String),
    AskRule(RuleRef),
    /// Asks even in bypass mode.
    Critical(String),
    /// Asks even where the whole tool is allowed.
    Safety(String),
    Ask(String),
    Allow(Option<RuleRef>, String),
    /// Nothing decides.
    Pass(String),
    Unknown(String),
}

/// What the client would do with a call in the mode in which the session starts, hooks left aside.
pub fn decide(effective: &Effective, call: &ToolCall, files: &dyn Files) -> Decision {
    decide_with(effective, call, files, &mode::start_mode)
}

/// The same in a mode that the user has chosen.
pub fn decide_in(effective: &Effective, call: &ToolCall, files: &dyn Files, mode: Mode) -> Decision {
    decide_with(effective, call, files, &|_| StartMode { mode, chosen_by: None, doubt: None })
}

fn decide_with(
    effective: &Effective,
    call: &ToolCall,
    files: &dyn Files,
    start: &dyn Fn(&Effective) -> StartMode,
) -> Decision {
    let decision = decide_as(effective, call, files, start);
    match effective.otherwise().map(|other| decide_as(other, call, files, start)) {
        Some(other) if other.decision != decision.decision => {
            let (a, b) = (decision.decision.name(), other.decision.name());
            let why = format!("{a} if a doubtful fault costs its settings file, {b} if not");
            Decision::new(Verdict::Undetermined, None, why)
        }
        _ => decision,
    }
}

fn decide_as(
    effective: &Effective,
    call: &ToolCall,
    files: &dyn Files,
    start: &dyn Fn(&Effective) -> StartMode,
) -> Decision {
    if let Some(doubt) = effective.managed_doubt() {
        return Decision::new(Verdict::Undetermined, None, doubt);
    }
    let rules = effective.rules();
    if let Some(doubt) = effective.flag_doubt() {
        return Decision::new(Verdict::Undetermined, None, doubt);
    }
    if effective.flags().bare && !matches!(call.tool.as_str(), "Bash" | "Read" | "Edit") {
        return Decision::new(Verdict::Undetermined, None, "which tools --bare offers was not measured");
    }
    if !effective.flags().offers(rule::canonical(&call.tool)) {
        return Decision::new(Verdict::Deny, None, "--tools does not list the tool");
    }
    let tool = rule::canonical(&call.tool);
    if let Some(rule) = rules.whole_tool(Effect::Deny, tool) {
        return Decision::new(
            Verdict::Deny,
            Some(rule.at.clone()),
            format!("a rule denies every call of {tool}"),
        );
    }
    if let Some(rule) = by_parameter(effective, Effect::Deny, call) {
        return Decision::new(Verdict::Deny, Some(rule), "a deny rule matches an input parameter");
    }
    let start = start(effective);
    let check = check_tool(effective, tool, call, files, start.mode);
    let whole_ask = rules.whole_tool(Effect::Ask, tool).map(|r| r.at.clone());
    let ask = whole_ask.or_else(|| by_parameter(effective, Effect::Ask, call));
    let check = match (check, ask) {
        (check @ Check::Deny(..), _) => check,
        // Of a skill it is only unknown whether it asks.
        (check @ Check::Unknown(_), _) if tool != "Skill" => check,
        (_, Some(rule)) => Check::AskRule(rule),
        (check, None) => check,
    };
    let decision = combine(effective, tool, check, &start);
    match &start.doubt {
        Some(doubt) if decision.decision != Verdict::Deny => {
            Decision::new(Verdict::Undetermined, None, doubt.clone())
        }
        _ => decision,
    }
}

fn combine(effective: &Effective, tool: &str, check: Check, start: &StartMode) -> Decision {
    let mode = start.mode;
    let ask = |by: Option<RuleRef>, why: String| match mode {
        Mode::DontAsk => {
            Decision::new(Verdict::Deny, by, format!("dontAsk mode denies what needs a prompt: {why}"))
        }
        _ => Decision::new(Verdict::Ask, by, why),
    };
    let editing = matches!(tool, "Write" | "Edit" | "MultiEdit" | "NotebookEdit");
    let whole = effective.rules().whole_tool(Effect::Allow, tool);
    let (allowed_by, why) = match check {
        Check::Deny(rule, why) => return Decision::new(Verdict::Deny, Some(rule), why),
        Check::Unknown(why) => return Decision::new(Verdict::Undetermined, None, why),
        Check::AskRule(rule) => return ask(Some(rule), "an ask rule matches".to_owned()),
        Check::Critical(why) => return ask(None, why),
        Check::Safety(why) => {
            let bypassed = mode == Mode::BypassPermissions
                && effective.environment.client.has(Behaviour::BypassIgnoresProtectedPaths);
            if !bypassed {
                return ask(None, why);
            }
            return Decision::new(Verdict::Allow, None, BYPASSED).on(Footing::PassedOver);
        }
        Check::Allow(rule, why) => {
            if mode == Mode::Plan && editing {
                return Decision::new(Verdict::Deny, None, PLAN).on(Footing::Mode);
            }
            return Decision::new(Verdict::Allow, rule, why);
        }
        Check::Ask(why) | Check::Pass(why) => (whole, why),
    };
    if mode == Mode::BypassPermissions {
        return Decision::new(Verdict::Allow, None, BYPASSED);
    }
    if let Some(rule) = allowed_by {
        if mode == Mode::Auto && matches!(tool, "Bash" | "PowerShell" | "Agent") {
            return Decision::new(
                Verdict::Undetermined,
                None,
                "auto mode suspends rules this broad and asks a classifier",
            );
        }
        if mode == Mode::Plan && editing {
            return Decision::new(Verdict::Deny, None, PLAN).on(Footing::Mode);
        }
        return Decision::new(
            Verdict::Allow,
            Some(rule.at.clone()),
            format!("a rule allows every call of {tool}"),
        );
    }
    if tool == "Bash" && effective.environment.sandbox_available && effective.flag("sandbox.enabled") {
        let auto = effective
            .value("sandbox.autoAllowBashIfSandboxed")
            .is_none_or(|v| v.value != &Value::Bool(false));
        if auto && effective.list("sandbox.excludedCommands").is_empty() {
            return Decision::new(Verdict::Allow, None, "sandboxed commands run without a prompt");
        }
        if auto {
            let why = "whether the command is among those that run outside the sandbox is not modelled";
            return Decision::new(Verdict::Undetermined, None, why);
        }
    }
    match mode {
        Mode::Plan if editing => Decision::new(Verdict::Deny, None, PLAN).on(Footing::Mode),
        Mode::Auto => {
            Decision::new(Verdict::Undetermined, None, format!("auto mode asks a classifier: {why}"))
        }
        _ => ask(None, why).on(Footing::Mode),
    }
}

const BYPASSED: &str = "bypassPermissions mode prompts for nothing here";
const PLAN: &str = "plan mode does not edit files, whatever a rule allows";

fn by_parameter(effective: &Effective, effect: Effect, call: &ToolCall) -> Option<RuleRef> {
    let found = effective.rules().list(effect).iter().find(|rule| {
        let RuleKind::Param { name, value } = &rule.parsed.kind else { return false };
        let given = match call.input.get(name) {
            Some(Value::String(s)) => s.clone(),
            Some(v @ (Value::Bool(_) | Value::Number(_))) => v.to_string(),
            _ => return false,
        };
        rule.parsed.names(&call.tool) && glob::Glob::new(value).matches(&given)
    })?;
    Some(found.at.clone())
}

fn check_tool(effective: &Effective, tool: &str, call: &ToolCall, files: &dyn Files, mode: Mode) -> Check {
    let text = |name: &str| call.input.get(name).and_then(Value::as_str);
    let missing = |name: &str| Check::Unknown(format!("the call has no string `{name}`"));
    match tool {
        "Bash" => match text("command") {
            Some(command) => bash::check(effective, command, files, mode),
            None => missing("command"),
        },
        "Read" => {
            text("file_path").map_or_else(|| missing("file_path"), |p| files::read(effective, p, files))
        }
        "Glob" | "Grep" | "LS" => files::read(effective, text("path").unwrap_or("."), files),
        "Write" | "Edit" | "MultiEdit" => text("file_path")
            .map_or_else(|| missing("file_path"), |p| files::edit(effective, tool, p, files, mode)),
        "NotebookEdit" => text("notebook_path")
            .map_or_else(|| missing("notebook_path"), |p| files::edit(effective, tool, p, files, mode)),
        "WebFetch" => text("url").map_or_else(|| missing("url"), |url| web::fetch(effective, url)),
        "Agent" => specifier(effective, tool, text("subagent_type").unwrap_or_default())
            .unwrap_or_else(|| Check::Allow(None, "starting a subagent needs no prompt".to_owned())),
        "Skill" => skill(effective, text("skill").unwrap_or_default()),
        "WebSearch" => Check::Pass("no rule allows web searches".to_owned()),
        "TodoWrite" | "TaskCreate" | "TaskGet" | "TaskList" | "TaskUpdate" | "TaskOutput" | "TaskStop"
        | "BashOutput" | "KillShell" | "ToolSearch" => Check::Allow(None, format!("{tool} needs no prompt")),
        "ExitPlanMode" | "AskUserQuestion" => Check::Critical(format!("{tool} needs a person")),
        _ if tool.starts_with("mcp__") => Check::Pass("no rule allows this MCP tool".to_owned()),
        _ => Check::Unknown(format!(
            "the model does not know the tool {}",
            tool.chars().take(60).collect::<String>()
        )),
    }
}

/// Rules for a subagent by name.
fn specifier(effective: &Effective, tool: &str, name: &str) -> Option<Check> {
    named(effective, tool, name, |given, name| glob::Glob::command(given).matches(name))
}

/// Rules for a skill by name: `Skill(name *)` and `Skill(name:*)` cover every name that begins so.
fn skill(effective: &Effective, name: &str) -> Check {
    let covers = |given: &str, name: &str| {
        let given = given.strip_prefix('/').unwrap_or(given);
        let prefix = given.strip_suffix(":*").or_else(|| given.strip_suffix(" *"));
        given == name || prefix.is_some_and(|prefix| name.starts_with(prefix))
    };
    let name = name.strip_prefix('/').unwrap_or(name);
    let unruled = || match effective.rules().whole_tool(Effect::Allow, "Skill") {
        Some(rule) => Check::Allow(Some(rule.at.clone()), "a rule allows every skill".to_owned()),
        None => {
            Check::Unknown(format!("whether {name} needs a prompt depends on what the skill itself asks for"))
        }
    };
    named(effective, "Skill", name, covers).unwrap_or_else(unruled)
}

/// The first rule of a tool whose specifier covers a name.
fn named(
    effective: &Effective,
    tool: &str,
    name: &str,
    covers: impl Fn(&str, &str) -> bool,
) -> Option<Check> {
    for effect in [Effect::Deny, Effect::Ask, Effect::Allow] {
        let found = effective.rules().list(effect).iter().find(|r| match &r.parsed.kind {
            RuleKind::Specifier(s) => r.parsed.names(tool) && covers(s, name),
            _ => false,
        });
        if let Some(rule) = found {
            let at = rule.at.clone();
            return Some(match effect {
                Effect::Deny => Check::Deny(at, format!("a deny rule names {name}")),
                Effect::Ask => Check::AskRule(at),
                Effect::Allow => Check::Allow(Some(at), format!("an allow rule names {name}")),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests;
