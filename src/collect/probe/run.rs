//! The runs of hooks with canaries: which are run, side by side, and what is kept of each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::plan::Planned;
use super::sandbox::{self, Done, Job};
use super::scratch::{with_scratch, wrote};
use super::stage::Stage;
use super::{Probing, records, stdin};
use crate::catalog::{Battery, Canary, Kind};
use crate::client::hooks;
use crate::collect::redact::redact;
use crate::collect::workers::in_order;
use crate::model::{Aim, CanaryRun, End, HookRun};

/// No probe waits longer than this, whatever time limit the hook has.
const LIMIT: Duration = Duration::from_secs(15);
/// The client's own time limit for a command, in seconds (client-contract 3.7).
const CLIENT_LIMIT: f64 = 600.0;
/// Characters kept of an input and of an output.
const INPUT_KEPT: usize = 600;
const OUTPUT_KEPT: usize = 16_000;

/// One hook on its stage.
pub struct Ready<'p> {
    pub planned: &'p Planned,
    pub stage: usize,
    pub project: String,
    /// A copy of the repository's files, where it is run in one.
    pub checkout: Option<PathBuf>,
}

/// One canary of one battery, for one hook.
#[derive(Clone, Copy)]
struct Unit<'b> {
    hook: usize,
    battery: &'b Battery,
    aim: Aim,
    canary: &'b Canary,
    number: usize,
}

/// First what decides, for every hook; then the whole of each battery that a hook answers differently to.
pub fn run_all<'b>(
    ready: &[Ready],
    stages: &[Stage],
    probing: &Probing<'b>,
) -> Vec<(usize, &'b Battery, Vec<CanaryRun>)> {
    let units = |wanted: &dyn Fn(usize, &Battery, Aim, &Canary) -> bool| -> Vec<Unit<'b>> {
        let mut units = Vec::new();
        for (hook, one) in ready.iter().enumerate() {
            for battery in probing.batteries {
                for (number, (aim, canary)) in battery.canaries().enumerate() {
                    if concerns(one.planned, battery, canary) && wanted(hook, battery, aim, canary) {
                        units.push(Unit { hook, battery, aim, canary, number });
                    }
                }
            }
        }
        units
    };
    let first = units(&|_, _, aim, canary| canary.baseline || aim == Aim::Fault || aim == Aim::Record);
    let answers = in_parallel(&first, ready, stages, probing.now);
    let mut found: BTreeMap<(usize, &str), (&Battery, Vec<(usize, CanaryRun)>)> = BTreeMap::new();
    for (unit, run) in first.iter().zip(answers) {
        let entry = found.entry((unit.hook, unit.battery.id.as_str())).or_insert((unit.battery, Vec::new()));
        entry.1.push((unit.number, run));
    }
    let tells_apart = |hook: usize, battery: &Battery| {
        let runs =
            found.get(&(hook, battery.id.as_str())).map(|(_, runs)| runs.as_slice()).unwrap_or_default();
        let answers = |aim: Aim| {
            runs.iter().filter(move |(_, run)| run.aim == aim).map(|(_, run)| (run.end, run.stdout.as_str()))
        };
        answers(Aim::Stop).any(|stopped| answers(Aim::Pass).all(|passed| passed != stopped))
    };
    let second = units(&|hook, battery, aim, canary| {
        let done = canary.baseline || aim == Aim::Fault || aim == Aim::Record;
        !done && tells_apart(hook, battery)
    });
    let answers = in_parallel(&second, ready, stages, probing.now);
    for (unit, run) in second.iter().zip(answers) {
        if let Some(entry) = found.get_mut(&(unit.hook, unit.battery.id.as_str())) {
            entry.1.push((unit.number, run));
        }
    }
    found
        .into_iter()
        .map(|((hook, _), (battery, mut runs))| {
            runs.sort_by_key(|(number, _)| *number);
            (hook, battery, runs.into_iter().map(|(_, run)| run).collect())
        })
        .collect()
}

/// Whether the client would give this canary to the hook.
fn concerns(one: &Planned, battery: &Battery, canary: &Canary) -> bool {
    let event = one.event.as_str();
    match battery.kind {
        Kind::Calls if event != "PreToolUse" => return false,
        Kind::Results if event == "PreToolUse" => return false,
        Kind::Results if canary.error.is_some() != (event == "PostToolUseFailure") => return false,
        Kind::Commits | Kind::Messages | Kind::Pushes => return false,
        _ => {}
    }
    let tool = if canary.tool.is_empty() { return true } else { canary.tool.as_str() };
    let client = crate::client::version::CONTRACT;
    one.matcher.as_deref().is_none_or(|matcher| hooks::matches(matcher, tool, client) != Some(false))
}

fn in_parallel(units: &[Unit], ready: &[Ready], stages: &[Stage], now: Timestamp) -> Vec<CanaryRun> {
    in_order(units.len(), stages.iter().all(Stage::side_by_side), |at| {
        let unit = &units[at];
        let one = &ready[unit.hook];
        run_unit(unit, one, &stages[one.stage], now)
    })
}

fn run_unit(unit: &Unit, one: &Ready, stage: &Stage, now: Timestamp) -> CanaryRun {
    let canary = unit.canary;
    let (bytes, input) = match stdin::broken(canary, &stage.person, &one.project) {
        Some(bytes) => (bytes, None),
        None => {
            let (bytes, input) =
                stdin::event(&one.planned.event, canary, unit.number, &stage.person, &one.project);
            (bytes, Some(input))
        }
    };
    let records = one.planned.event != "PreToolUse" || unit.aim == Aim::Record;
    let scratch = stage.beside(&format!("scratch-{}-{}-{}", unit.hook, unit.battery.id, unit.number));
    let (mut done, wrote) = if canary.at_once > 1 {
        at_once(canary.at_once, unit, one, stage, &scratch, now)
    } else {
        let known = String::from_utf8_lossy(&bytes).into_owned();
        let done =
            with_scratch(one, stage, &scratch, records, |binds| job(one, stage, canary, &bytes, binds));
        let wrote = if records { wrote(&scratch, stage, now, &known) } else { Vec::new() };
        (done, wrote)
    };
    if scratch.exists() {
        sandbox::remove(&scratch);
    }
    if done.end == End::TimedOut && one.planned.timeout.unwrap_or(CLIENT_LIMIT) > LIMIT.as_secs_f64() {
        done.end = End::ProbeLimit;
    }
    let known = String::from_utf8_lossy(&bytes);
    let keep =
        |text: &str| start(&redact(&stage.named(&records::plain(text, now, &known))).text, OUTPUT_KEPT);
    CanaryRun {
        canary: canary.id.clone(),
        aim: unit.aim,
        baseline: canary.baseline,
        tries: redact(&stage.named(&tries(canary, input.as_ref()))).text,
        tool: canary.tool.clone(),
        input: input
            .map(|input| start(&redact(&stage.named(&input.to_string())).text, INPUT_KEPT))
            .unwrap_or_default(),
        end: done.end,
        cut: done.cut || done.stdout.chars().count() > OUTPUT_KEPT,
        stdout: keep(&done.stdout),
        stderr: start(&keep(&done.stderr), 1_000),
        wrote,
    }
}

/// The canary in a reader's words.
fn tries(canary: &Canary, input: Option<&serde_json::Value>) -> String {
    input.map_or_else(|| format!("input that is no call: {}", canary.id), |input| canary.tries(input))
}

pub fn start(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

fn job(one: &Ready, stage: &Stage, canary: &Canary, stdin: &[u8], binds: &[(PathBuf, String, bool)]) -> Done {
    let mut environment = one.planned.environment.clone();
    environment.push(("CLAUDE_PROJECT_DIR".to_owned(), one.project.clone()));
    let limit =
        one.planned.timeout.filter(|seconds| seconds.is_finite() && *seconds > 0.0).unwrap_or(CLIENT_LIMIT);
    let none = BTreeMap::new();
    let job = Job {
        command: &one.planned.command,
        args: one.planned.args.as_deref(),
        stdin,
        environment: &environment,
        start_in: &one.project,
        binds,
        // A copy of a repository cannot be written to; a link is put there with it.
        links: if one.checkout.is_none() { &canary.links } else { &none },
        without: canary.without.as_deref(),
        deadline: LIMIT.min(Duration::from_secs_f64(limit.min(1_000.0))),
    };
    sandbox::run(stage, &job).unwrap_or_else(|error| Done {
        end: End::NotStarted,
        stdout: String::new(),
        stderr: format!("the sandbox was not started: {error}"),
        cut: false,
    })
}

/// Several runs that share their log folder, all started at the same moment.
fn at_once(
    count: usize,
    unit: &Unit,
    one: &Ready,
    stage: &Stage,
    scratch: &Path,
    now: Timestamp,
) -> (Done, Vec<crate::model::Written>) {
    let calls: Vec<Vec<u8>> = (0..count)
        .map(|number| {
            stdin::event(&one.planned.event, unit.canary, 9_000 + number, &stage.person, &one.project).0
        })
        .collect();
    let known: String = calls.iter().map(|call| String::from_utf8_lossy(call)).collect();
    let done = with_scratch(one, stage, scratch, true, |binds| {
        let all: Vec<Done> = thread::scope(|scope| {
            let running: Vec<_> =
                calls.iter().map(|call| scope.spawn(|| job(one, stage, unit.canary, call, binds))).collect();
            running.into_iter().filter_map(|run| run.join().ok()).collect()
        });
        // The worst of them stands for all.
        let clean = |done: &Done| done.end == End::Exit(0);
        let worst = all.iter().position(|done| !clean(done)).unwrap_or(0);
        all.into_iter().nth(worst).unwrap_or(Done {
            end: End::NotStarted,
            stdout: String::new(),
            stderr: String::new(),
            cut: false,
        })
    });
    let mut wrote = wrote(scratch, stage, now, &known);
    for file in &mut wrote {
        file.lines.sort();
    }
    (done, wrote)
}

pub fn observation(one: &Ready, stage: &Stage, battery: &Battery, runs: Vec<CanaryRun>) -> HookRun {
    let planned = one.planned;
    let mut command = planned.command.clone();
    for arg in planned.args.iter().flatten() {
        command.push(' ');
        command.push_str(arg);
    }
    HookRun {
        hook: planned.by.clone(),
        event: planned.event.clone(),
        command: redact(&command).text,
        battery: battery.id.clone(),
        user: planned.user.as_ref().filter(|_| planned.personal).map(|user| user.name.clone()),
        repository: planned.repository.clone(),
        isolation: stage.isolation,
        programs: stage.programs,
        settings_sha256: planned.settings_sha256.clone(),
        scripts: planned.scripts.clone(),
        runs,
    }
}
