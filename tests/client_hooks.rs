//! Agreement of the hook contract with measurements of client 2.1.197: answers by exit code and output, several hooks
//! at once, matchers, `if`, answers in every mode, switches by scope. How they were measured: `tests/measured/README.md`.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workpaper::client::hooks::{self, Answer, Handler, Hook, Outcome, compose, judge_answer, with_hooks};
use workpaper::client::permissions::{NoFiles, ToolCall, decide};
use workpaper::client::settings::{Effective, Environment, ManagedOrigin, Os, Scope, SettingsSource};
use workpaper::client::version::MEASURED;

const MEASURED_HOOKS: &str = include_str!("measured/hooks.jsonl");

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Row {
    /// What one answer does.
    One { answer: Given, does: String },
    /// What two hooks do together.
    Several { answers: Vec<Given>, does: String },
    /// The tools for which a hook with this matcher ran, and those for which it did not.
    Matcher { matcher: String, runs: Vec<String>, not: Vec<String> },
    /// Every `if` that was tried with the calls that follow.
    Conditions { conditions: Vec<String> },
    /// The conditions whose hooks ran for a call.
    Condition { call: (String, Value), runs: Vec<String> },
    /// What calls come to in a mode where every hook answers so.
    Mode { permissions: Value, mode: String, hook: String, calls: Vec<(String, Value, String)> },
    /// Which scopes' hooks ran under these switches and flags.
    Switches {
        name: String,
        scopes: Map<String, Value>,
        runs: Vec<String>,
        args: Vec<String>,
        #[serde(default = "yes")]
        trusted: bool,
        #[serde(default)]
        env: Map<String, Value>,
    },
}

#[derive(Deserialize)]
struct Given {
    #[serde(default = "pre_tool_use")]
    event: String,
    exit: i32,
    stdout: String,
    #[serde(default)]
    stderr: String,
}

fn yes() -> bool {
    true
}

fn pre_tool_use() -> String {
    "PreToolUse".to_owned()
}

impl Given {
    fn outcome(&self) -> Outcome {
        judge_answer(&Answer {
            event: &self.event,
            exit: Some(self.exit),
            stdout: &self.stdout,
            stderr: &self.stderr,
            timed_out: false,
            on_failure_block: false,
            client: MEASURED,
        })
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Deny { .. } => "deny",
        Outcome::Ask { .. } => "ask",
        Outcome::Allow { .. } => "allow",
        Outcome::NoDecision { .. } => "none",
    }
}

fn effective(
    sources: Vec<(Scope, Option<ManagedOrigin>, Value)>,
    args: Vec<String>,
    trusted: bool,
) -> Effective {
    let source = |(scope, origin, value): (Scope, Option<ManagedOrigin>, Value)| SettingsSource {
        scope,
        origin,
        path: format!("/{}.json", scope.name()),
        text: value.to_string(),
    };
    let environment = Environment {
        home: "/c/home".to_owned(),
        start_dir: "/c/proj".to_owned(),
        git_root: None,
        trusted,
        flags: args,
        os: Os::Linux,
        client: MEASURED,
        sandbox_available: false,
    };
    Effective::load(sources.into_iter().map(source).collect(), environment)
}

fn command(hook: &Hook) -> String {
    match &hook.handler {
        Handler::Command { command, .. } => command.clone(),
        other => panic!("a command hook, not {other:?}"),
    }
}

fn with_hook(fields: &Value) -> Value {
    let mut hook = json!({"type": "command", "command": "x"});
    if let (Some(hook), Some(fields)) = (hook.as_object_mut(), fields.as_object()) {
        hook.extend(fields.clone());
    }
    json!({"PreToolUse": [{"hooks": [hook]}]})
}

/// What was compared, and every difference.
#[derive(Default)]
struct Compared {
    total: u32,
    unknown: u32,
    apart: Vec<String>,
}

impl Compared {
    fn one(&mut self, equal: Option<bool>, say: impl FnOnce() -> String) {
        self.total += 1;
        match equal {
            Some(true) => {}
            Some(false) => self.apart.push(say()),
            None => self.unknown += 1,
        }
    }

    /// `unknown`: percentage that may stay unknown.
    fn judge(self, what: &str, least: u32, most_unknown: u32) {
        let Self { total, unknown, apart } = self;
        println!(
            "{what}: {total} compared, {unknown} not known, {} apart\n{}",
            apart.len(),
            apart.join("\n")
        );
        assert!(total >= least, "{what}: only {total} were compared");
        assert!(apart.is_empty(), "{what}: {} of {total} apart\n{}", apart.len(), apart.join("\n"));
        assert!(unknown * 100 <= total * most_unknown, "{what}: {unknown} of {total} not known");
    }
}

fn rows() -> impl Iterator<Item = Row> {
    MEASURED_HOOKS.lines().map(|line| {
        let shown: String = line.chars().take(200).collect();
        serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {shown}"))
    })
}

#[test]
fn answers_do_what_was_measured() {
    let mut compared = Compared::default();
    for row in rows() {
        match row {
            Row::One { answer, does } => {
                let ours = answer.outcome();
                compared.one(Some(word(&ours) == does), || {
                    format!(
                        "{} exit {} {:?}: client {does}, model {ours:?}",
                        answer.event, answer.exit, answer.stdout
                    )
                });
            }
            Row::Several { answers, does } => {
                let ours = compose(answers.iter().map(Given::outcome));
                compared
                    .one(Some(word(&ours) == does), || format!("together: client {does}, model {ours:?}"));
            }
            _ => {}
        }
    }
    compared.judge("answers", 250, 0);
}

#[test]
fn matchers_choose_the_tools_that_were_measured() {
    let mut compared = Compared::default();
    for row in rows() {
        let Row::Matcher { matcher, runs, not } = row else { continue };
        let all = runs.iter().map(|t| (t, true)).chain(not.iter().map(|t| (t, false)));
        for (tool, ran) in all {
            let ours = hooks::matches(&matcher, tool, MEASURED);
            compared.one(ours.map(|o| o == ran), || format!("matcher {matcher:?}, tool {tool}: ran {ran}"));
        }
    }
    // Look-around is not evaluated.
    compared.judge("matchers", 500, 4);
}

#[test]
fn conditions_hold_for_the_calls_that_were_measured() {
    let (mut compared, mut all) = (Compared::default(), Vec::new());
    for row in rows() {
        match row {
            Row::Conditions { conditions } => {
                all = conditions
                    .into_iter()
                    .map(|rule| {
                        let settings = json!({"hooks": with_hook(&json!({"if": rule}))});
                        (rule, effective(vec![(Scope::User, None, settings)], vec![], true))
                    })
                    .collect();
            }
            Row::Condition { call: (tool, input), runs } => {
                let call = ToolCall { tool, input };
                for (rule, effective) in &all {
                    let ran = runs.contains(rule);
                    let hook = &effective.hooks()[0];
                    let ours = hooks::runs_for(effective, hook, "PreToolUse", &call);
                    compared.one(ours.map(|o| o == ran), || {
                        format!("if {rule:?}, {} {}: ran {ran}, model {ours:?}", call.tool, call.input)
                    });
                }
            }
            _ => {}
        }
    }
    compared.judge("conditions", 5_000, 3);
}

#[test]
fn answers_meet_rules_and_modes_as_measured() {
    let mut compared = Compared::default();
    for row in rows() {
        let Row::Mode { permissions, mode, hook, calls } = row else { continue };
        let outcome = match hook.as_str() {
            "allow" => Outcome::Allow { why: String::new() },
            "ask" => Outcome::Ask { why: String::new() },
            _ => Outcome::NoDecision { why: String::new() },
        };
        let args = vec!["--permission-mode".to_owned(), mode.clone()];
        let effective = effective(vec![(Scope::User, None, json!({"permissions": permissions}))], args, true);
        for (tool, input, real) in calls {
            let call = ToolCall { tool, input };
            let ours = with_hooks(decide(&effective, &call, &NoFiles), &outcome);
            compared.one(Some(ours.decision.name() == real), || {
                format!("{mode}, hook {hook}, {} {}: client {real}, model {ours:?}", call.tool, call.input)
            });
        }
    }
    compared.judge("answers in modes", 500, 0);
}

#[test]
fn switches_stop_the_hooks_that_were_measured() {
    let mut compared = Compared::default();
    for row in rows() {
        let Row::Switches { name, scopes, runs, args, trusted, env } = row else { continue };
        // The environment of the process is no setting, and a hook of a flag names no scope.
        if !env.is_empty() || name == "settings flag hook" {
            continue;
        }
        let places = [
            ("managed", Scope::Managed, None),
            ("dropin", Scope::Managed, Some(ManagedOrigin::DropIn)),
            ("user", Scope::User, None),
            ("project", Scope::Project, None),
            ("local", Scope::Local, None),
        ];
        let sources = places.map(|(key, scope, origin)| {
            let mut settings = scopes.get(key).cloned().unwrap_or_else(|| json!({}));
            settings["hooks"] = with_hook(&json!({"command": key}));
            (scope, origin, settings)
        });
        let effective = effective(sources.to_vec(), args, trusted);
        let ours: Vec<String> = {
            let in_force = effective.hooks().iter().filter(|hook| hook.in_force.is_ok());
            let mut names: Vec<String> = in_force.map(command).collect();
            names.sort();
            names
        };
        compared.one(Some(ours == runs), || format!("{name}: client {runs:?}, model {ours:?}"));
    }
    compared.judge("switches", 40, 0);
}
