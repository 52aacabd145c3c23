//! `workpaper simulate` with a deployment: what rules, hooks and boundaries of that host make of a call, for each user.

use std::io::Write as _;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workpaper::{
    catalog::{Battery, Canary, Kind},
    facts::Facts,
    model::Stand,
};

use super::{deployment::Deployment, exit::Failure, progress::Progress};

/// Most calls of one run: with --probe each of them is given to each hook.
const MOST: usize = 2_000;
/// The battery that the calls are run as.
const BATTERY: &str = "simulated";

/// Where the settings come from.
#[derive(Debug, clap::Args)]
pub(super) struct Here {
    /// Answer for every user of this host's file system instead of given settings; / is this host.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["managed", "user", "project", "local", "client", "home", "cwd", "untrusted", "session_args"])]
    pub root: Option<PathBuf>,
    /// With --root: also in this git repository. May be repeated.
    #[arg(long, value_name = "DIR", requires = "root")]
    pub repo: Vec<PathBuf>,
    /// With --root: run the hooks that cover the call, in a sandbox.
    #[arg(long, requires = "root")]
    pub probe: bool,
    /// With --probe: also run hooks that come from a repository.
    #[arg(long, requires = "probe")]
    pub probe_repositories: bool,
}

/// One call: the settings are those of the deployment, so a line that brings its own is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    #[serde(default)]
    name: Value,
    tool: String,
    #[serde(default)]
    input: Map<String, Value>,
}

/// Answers calls, one a line of JSON, each for every user alone and in every repository.
///
/// # Errors
/// A deployment that cannot be read, a line that is no call, an answer that cannot be written.
pub(super) fn answer(
    here: Here,
    lines: impl Iterator<Item = std::io::Result<String>>,
) -> Result<(), Failure> {
    let calls = read(lines)?;
    let Some(root) = here.root else { return Err(Failure::usage("no --root was given")) };
    let deployment = Deployment::at(root, here.repo, here.probe_repositories);
    let battery = battery(&calls);
    let policy = deployment.policy()?;
    let progress = Progress::start();
    let snapshot = if here.probe {
        deployment.probe_with(std::slice::from_ref(&battery), &policy, &progress)?
    } else {
        deployment.collect(&policy, &progress)?
    };
    drop(progress);
    let batteries = [battery];
    let facts = Facts::of(&snapshot, &policy).trying(&batteries);
    if facts.sessions().is_empty() {
        return Err(Failure::world("no host was recognised there, so there is no session to answer for"));
    }
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    for (at, call) in calls.iter().enumerate() {
        for answer in answers(&facts, &batteries[0], at, &call.name) {
            writeln!(output, "{answer}").map_err(Failure::world)?;
        }
    }
    output.flush().map_err(Failure::world)
}

fn read(lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Vec<Call>, Failure> {
    let mut calls = Vec::new();
    for (number, line) in (1..).zip(lines) {
        let line = line.map_err(Failure::world)?;
        if line.trim().is_empty() {
            continue;
        }
        let call: Call = serde_json::from_str(&line).map_err(|error| {
            Failure::usage(format!("line {number}: {error}"))
                .hint("with --root a line holds name, tool and input; the settings are those of the host")
        })?;
        if calls.len() == MOST {
            return Err(Failure::usage(format!("more than {MOST} calls")).hint("give them in several runs"));
        }
        calls.push(call);
    }
    Ok(calls)
}

fn battery(calls: &[Call]) -> Battery {
    let canary = |(at, call): (usize, &Call)| Canary {
        id: id(at),
        baseline: true,
        tool: call.tool.clone(),
        input: call.input.clone(),
        ..Canary::default()
    };
    Battery {
        id: BATTERY.to_owned(),
        title: "Calls that were asked about".to_owned(),
        kind: Kind::Calls,
        stop: calls.iter().enumerate().map(canary).collect(),
        pass: Vec::new(),
        record: Vec::new(),
        fault: Vec::new(),
    }
}

fn id(at: usize) -> String {
    format!("call-{at}")
}

/// One answer a session.
fn answers(facts: &Facts<'_>, battery: &Battery, at: usize, name: &Value) -> Vec<Value> {
    let one = Battery { stop: vec![battery.stop[at].clone()], ..battery.clone() };
    let answer = |session| -> Option<Value> {
        let layered = facts.layered(session, &one, true).into_iter().next()?;
        let decision = layered.decision();
        let rows = layered.rows(BATTERY);
        let first = rows.first()?;
        let mut out = json!({
            "name": name, "session": session.subject, "decision": decision.decision.name(), "why": decision.why,
            "layers": {"rules": first.rules, "hooks": first.hooks, "sandbox": first.sandbox, "files": first.files},
            "answer": rows.iter().map(|row| row.answer).max(),
            "modes": rows.iter().map(|row| json!({"modes": row.modes, "answer": row.answer, "why": row.why})).collect::<Vec<_>>(),
        });
        if let Some(rule) = &decision.by {
            out["by"] = json!({
                "scope": rule.scope.name(), "rule": rule.rule, "source": session.shown(&rule.source),
                "pointer": rule.pointer, "line": rule.line,
            });
        }
        if first.hooks.stand == Stand::NotKnown {
            out["hooks_not_run"] = json!(layered.hooks_in_force());
        }
        Some(out)
    };
    facts.sessions().iter().filter_map(answer).collect()
}
