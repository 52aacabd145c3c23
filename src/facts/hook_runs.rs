//! What hooks did when they were run, read by the client's answer contract.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Facts, RegisteredHook, Session};
use crate::{
    client::hooks::{self, Answer, Handler, Outcome, compose, judge_answer},
    client::permissions::ToolCall,
    model::{Aim, CanaryRun, Conclusion, End, Evidence, HookRun, Isolation, Programs, Seen},
};

/// What all hooks of a session together did to one canary.
pub struct Trial<'f> {
    pub run: &'f CanaryRun,
    pub outcome: Outcome,
    /// Why each hook did not stop the call, each reason once.
    pub whys: Vec<String>,
    /// The commands of the hooks that stopped the call.
    pub stoppers: Vec<String>,
    /// What each hook printed.
    pub answers: Vec<&'f str>,
    /// Whether any single hook answered that no question is needed.
    pub approved: bool,
    /// Why it is not known, where no hook stopped the call and one could not be judged.
    pub unsure: Option<String>,
    /// The runs that this rests on.
    pub evidence: Vec<Evidence>,
}

impl Trial<'_> {
    /// Whether the call was stopped.
    pub fn stopped(&self) -> bool {
        matches!(self.outcome, Outcome::Deny { .. })
    }
}

/// The trials of one battery in one session.
pub struct Trials<'f> {
    pub trials: Vec<Trial<'f>>,
    pub isolation: Isolation,
    pub programs: Programs,
}

impl<'f> Trials<'f> {
    /// Those with an aim, baseline only or all.
    pub fn of(&self, aim: Aim, baseline: bool) -> impl Iterator<Item = &Trial<'f>> {
        self.trials.iter().filter(move |trial| trial.run.aim == aim && (trial.run.baseline || !baseline))
    }

    /// `12 of 27`, over those with the aim.
    pub fn stopped(&self, aim: Aim, baseline: bool) -> (usize, usize) {
        (self.of(aim, baseline).filter(|trial| trial.stopped()).count(), self.of(aim, baseline).count())
    }

    /// Every run that was used, once.
    pub fn evidence(&self) -> Vec<Evidence> {
        let all: BTreeSet<Evidence> =
            self.trials.iter().flat_map(|trial| trial.evidence.iter().cloned()).collect();
        all.into_iter().collect()
    }

    /// `isolated by …, with …'s programs`.
    pub fn how(&self) -> String {
        let whose = match self.programs {
            Programs::OfTheHost => "the host's own programs",
            Programs::OfThisMachine => "the shell and tools of the machine that ran the probe",
        };
        format!("run in {} with {whose}", self.isolation.words())
    }
}

/// The first few of a list, and how many more.
pub fn some(items: &[String]) -> String {
    const SHOWN: usize = 4;
    let more = items.len().saturating_sub(SHOWN);
    let shown = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}

impl Trials<'_> {
    /// The verdict of a guard that had to answer every baseline call in a way that counts: `answered` says which do.
    /// `did` completes "… 5 of 6 calls".
    pub fn judged(&self, subject: &str, did: &str, answered: impl Fn(&Trial<'_>) -> bool) -> Conclusion {
        let wanted: Vec<&Trial> = self.of(Aim::Stop, true).collect();
        let open: Vec<&Trial> = wanted.iter().copied().filter(|trial| !answered(trial)).collect();
        let sure: Vec<String> =
            open.iter().filter(|trial| trial.unsure.is_none()).map(|trial| shown(trial)).collect();
        let approved: Vec<String> =
            self.trials.iter().filter(|trial| trial.approved && !trial.stopped()).map(shown).collect();
        let mut faults = Vec::new();
        if !sure.is_empty() {
            faults.push(format!(
                "{did} {} of {} calls; not: {}",
                wanted.len() - open.len(),
                wanted.len(),
                some(&sure)
            ));
        }
        if !approved.is_empty() {
            faults.push(format!(
                "answered approve or allow, which skips the question, for {} calls",
                approved.len()
            ));
        }
        if !faults.is_empty() {
            return Conclusion::fail(
                subject,
                self.evidence(),
                format!("{}; {}", faults.join("; "), self.how()),
            );
        }
        if let Some(why) = open.iter().find_map(|trial| trial.unsure.as_deref()) {
            return Conclusion::undetermined(
                subject,
                format!("it is not known whether the hooks {did} every call: {why}"),
            );
        }
        let mut evidence = self.evidence().into_iter();
        let (Some(first), false) = (evidence.next(), wanted.is_empty()) else {
            return Conclusion::undetermined(subject, "the hooks were tried with no call that decides this");
        };
        let all = self.of(Aim::Stop, false).filter(|trial| answered(trial)).count();
        let harmless = self.of(Aim::Pass, false).filter(|trial| answered(trial)).count();
        let message = format!(
            "{did} {} of {} calls of the baseline, {all} of {} in all forms tried, and {harmless} of {} harmless ones; {}",
            wanted.len(),
            wanted.len(),
            self.of(Aim::Stop, false).count(),
            self.of(Aim::Pass, false).count(),
            self.how()
        );
        Conclusion::pass(subject, first, message).citing(evidence)
    }
}

/// What one trial shows, in words.
pub fn shown(trial: &Trial<'_>) -> String {
    format!("{} ({})", trial.run.tries, trial.whys.join("; "))
}

impl Facts<'_> {
    /// Every run of hooks, with its evidence.
    pub fn hook_runs<'f>(&'f self) -> impl Iterator<Item = (&'f HookRun, Evidence)> + 'f {
        self.each_seen(|seen| match seen {
            Seen::HookRun(run) => Some(&**run),
            _ => None,
        })
    }

    /// The run of a session's hook with a battery, if it was run.
    pub fn run_of<'f>(
        &'f self,
        session: &Session<'_>,
        hook: &RegisteredHook<'_>,
        battery: &str,
    ) -> Option<(&'f HookRun, Evidence)> {
        let by = format!("{}#{}", session.shown(&hook.hook.source), hook.hook.pointer);
        let user = session.user.map(|user| user.name.as_str());
        self.hook_runs().find(|(run, _)| {
            run.hook == by
                && run.battery == battery
                && run.user.as_deref().is_none_or(|name| user == Some(name))
                && run.repository.as_deref().is_none_or(|name| session.repository == Some(name))
        })
    }

    /// What a repository's git hook did with a battery, if it was run: what it refused, and what of the harmless it let
    /// through. Each list holds what went otherwise.
    pub fn git_trials<'f>(&'f self, repository: &str, event: &str, battery: &str) -> Option<GitTrials<'f>> {
        let (run, evidence) = self.hook_runs().find(|(run, _)| {
            run.repository.as_deref() == Some(repository) && run.event == event && run.battery == battery
        })?;
        let (mut let_in, mut refused, mut unsure) = (Vec::new(), Vec::new(), Vec::new());
        let mut harmless = run.runs.iter().filter(|one| one.aim == Aim::Pass);
        let refuses_all =
            run.isolation != Isolation::Bubblewrap && harmless.all(|one| one.end != End::Exit(0));
        for one in &run.runs {
            match (one.aim, one.end) {
                _ if refuses_all => unsure.push(one),
                (_, End::NotStarted | End::ProbeLimit | End::Signal(_) | End::TimedOut) => unsure.push(one),
                (Aim::Stop, End::Exit(0)) => let_in.push(one),
                (Aim::Pass, End::Exit(code)) if code != 0 => refused.push(one),
                _ => {}
            }
        }
        Some(GitTrials { run, evidence, let_in, refused, unsure })
    }

    /// What the session's hooks of an event together did to a battery; nothing where none of them was run with it.
    pub fn trials<'f>(&'f self, session: &Session<'_>, event: &str, battery: &str) -> Option<Trials<'f>> {
        let hooks: Vec<RegisteredHook<'f>> = self
            .hooks(session)
            .into_iter()
            .filter(|hook| hook.hook.event == event && hook.hook.in_force.is_ok())
            .collect();
        let runs: Vec<_> = hooks.iter().map(|hook| self.run_of(session, hook, battery)).collect();
        let (first, _) = runs.iter().flatten().next()?;
        let mut canaries: BTreeMap<&str, (usize, &CanaryRun)> = BTreeMap::new();
        for (run, _) in runs.iter().flatten() {
            for (number, canary) in run.runs.iter().enumerate() {
                let place = canaries.entry(&canary.canary).or_insert((number, canary));
                place.0 = place.0.max(number);
            }
        }
        let mut order: Vec<_> = canaries.into_values().collect();
        order.sort_by(|a, b| (a.0, &a.1.canary).cmp(&(b.0, &b.1.canary)));
        let mut trials = Vec::new();
        for (_, canary) in order {
            let call = ToolCall {
                tool: canary.tool.clone(),
                input: serde_json::from_str(&canary.input).unwrap_or(Value::Null),
            };
            let (mut outcomes, mut unsure, mut evidence, mut answers) =
                (Vec::new(), None, Vec::new(), Vec::new());
            let mut stoppers = Vec::new();
            for (hook, run) in hooks.iter().zip(&runs) {
                // A hook that is not waited for decides nothing.
                if hook.hook.background {
                    continue;
                }
                let covers = if canary.tool.is_empty() {
                    Some(true)
                } else {
                    hooks::runs_for(&session.effective, &hook.hook, event, &call)
                };
                if covers == Some(false) {
                    continue;
                }
                let one =
                    run.as_ref().and_then(|(run, _)| run.runs.iter().find(|one| one.canary == canary.canary));
                let (Some(one), Some((_, cited)), Some(true)) = (one, run, covers) else {
                    // Only what decides a verdict is run with every hook.
                    if canary.baseline || !matches!(hook.hook.handler, Handler::Command { .. }) {
                        unsure = Some(format!("the hook at {} was not run with it", hook.hook.pointer));
                    }
                    continue;
                };
                let Some((run, _)) = run else { continue };
                match outcome(one, run, hook, session) {
                    Ok(outcome) => {
                        if matches!(outcome, Outcome::Deny { .. }) {
                            stoppers.push(hook.command().to_owned());
                        }
                        outcomes.push(outcome);
                    }
                    Err(why) => unsure = Some(why),
                }
                answers.push(one.stdout.as_str());
                evidence.push(cited.clone());
            }
            let approved = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Allow { .. }));
            let whys: BTreeSet<&str> = outcomes.iter().map(Outcome::why).collect();
            let whys = if whys.is_empty() {
                vec!["no hook covers it".to_owned()]
            } else {
                whys.into_iter().map(str::to_owned).collect()
            };
            let outcome = compose(outcomes);
            if matches!(outcome, Outcome::Deny { .. }) {
                unsure = None;
            }
            trials.push(Trial { run: canary, outcome, whys, stoppers, answers, approved, unsure, evidence });
        }
        Some(Trials { trials, isolation: first.isolation, programs: first.programs })
    }
}

/// What the client makes of one run; an error where the probe does not show it.
pub(super) fn outcome(
    one: &CanaryRun,
    run: &HookRun,
    hook: &RegisteredHook<'_>,
    session: &Session<'_>,
) -> Result<Outcome, String> {
    let answer = answered(one, run, hook, session)?;
    if run.isolation == Isolation::Bubblewrap {
        return Ok(answer);
    }
    match owed_to_isolation(one, run, hook, session) {
        Some(why) => Err(format!("run in {}, where {why}", run.isolation.words())),
        None => Ok(answer),
    }
}

/// Places that are others, or out of reach, where a hook is run on the machine's own file system with a scratch home.
const PLACES: &[&str] = &[
    "/var/",
    "/tmp",
    "/run/",
    "/home/",
    "/root/",
    "/srv/",
    "/mnt/",
    "/dev/shm",
    "/dev/log",
    "logger ",
    "systemd-cat",
];
/// What programs say when they may not do something.
const NOT_ALLOWED: &[&str] = &[
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "PermissionError",
    "EACCES",
    "EPERM",
];

/// Why an answer may come from the missing mount namespace, and not from what the hook would say in a session.
fn owed_to_isolation(
    one: &CanaryRun,
    run: &HookRun,
    hook: &RegisteredHook<'_>,
    session: &Session<'_>,
) -> Option<String> {
    if let Some(words) = NOT_ALLOWED.iter().find(|words| one.stderr.contains(**words)) {
        return Some(format!("something was out of the hook's reach: {words}"));
    }
    if matches!(one.end, End::Signal(_)) {
        return Some("the hook was ended by a signal".to_owned());
    }
    if hook.is_opaque() {
        return Some("it is not known what a program without text reads and writes".to_owned());
    }
    let text = hook.text();
    if let Some(place) = PLACES.iter().find(|place| text.contains(**place)) {
        return Some(format!("the hook's text names {} and cannot be given its own", place.trim()));
    }
    let mut harmless = run.runs.iter().filter(|one| one.aim == Aim::Pass).peekable();
    harmless.peek()?;
    harmless
        .all(|one| matches!(answered(one, run, hook, session), Ok(Outcome::Deny { .. })))
        .then(|| "the hook stops every harmless call too".to_owned())
}

fn answered(
    one: &CanaryRun,
    run: &HookRun,
    hook: &RegisteredHook<'_>,
    session: &Session<'_>,
) -> Result<Outcome, String> {
    let (exit, timed_out) = match one.end {
        End::Exit(code) => (Some(code), false),
        End::Signal(_) => (None, false),
        End::TimedOut => (None, true),
        End::ProbeLimit => return Err("the hook took longer than the probe waits".to_owned()),
        End::NotStarted => return Err(format!("the sandbox did not start the hook: {}", one.stderr.trim())),
    };
    if one.cut && exit != Some(2) {
        return Err("the hook printed more than is kept".to_owned());
    }
    Ok(judge_answer(&Answer {
        event: &run.event,
        exit,
        stdout: &one.stdout,
        stderr: &one.stderr,
        timed_out,
        on_failure_block: hook.hook.blocks_on_failure,
        client: session.effective.environment.client,
    }))
}

/// What a git hook did with one battery.
pub struct GitTrials<'f> {
    pub run: &'f HookRun,
    pub evidence: Evidence,
    /// Had to be refused, and was not.
    pub let_in: Vec<&'f CanaryRun>,
    /// Harmless, and refused.
    pub refused: Vec<&'f CanaryRun>,
    /// Could not be judged.
    pub unsure: Vec<&'f CanaryRun>,
}

impl GitTrials<'_> {
    /// How many runs have this aim, in the baseline or in all.
    pub fn count(&self, aim: Aim, baseline: bool) -> usize {
        self.run.runs.iter().filter(|one| one.aim == aim && (one.baseline || !baseline)).count()
    }
}
