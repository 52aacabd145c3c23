//! What stops a call of a battery in a session, layer by layer: rules, hooks, the sandbox, the rights on the file; and
//! where none of them does, what each permission mode makes of it.

use serde_json::Value;

use super::{Facts, Session, Trial, Trials, boundary::Sandbox};
use crate::{
    catalog::{Battery, Canary, Reach, put_in},
    client::{
        hooks::{self, Outcome, with_hooks},
        permissions::{Decision, Mode, NoFiles, RuleRef, ToolCall, Verdict, decide, decide_in, mode, path},
    },
    model::{Aim, Evidence, Layer, LayeredCall, Stand},
};

/// One call of a battery in one session.
pub struct Layered<'s, 'f> {
    session: &'s Session<'f>,
    pub canary: &'s Canary,
    pub aim: Aim,
    /// What the call tries, in words.
    pub tries: String,
    pub rules: Layer,
    pub hooks: Layer,
    pub sandbox: Layer,
    pub files: Layer,
    /// The rule that decides in every mode, where one does.
    pub rule: Option<Evidence>,
    /// What the rules and the hook runs rest on.
    pub evidence: Vec<Evidence>,
    call: ToolCall,
    /// What the hooks answered, as far as they did.
    outcome: Outcome,
    unlocked: Decision,
}

/// What one permission mode makes of a call that no layer stops.
struct InMode {
    mode: Mode,
    stand: Stand,
    without_hooks: Stand,
    why: String,
}

impl Facts<'_> {
    /// The battery with this id, where the catalogue holds one.
    pub fn battery(&self, id: &str) -> Option<&Battery> {
        self.batteries().iter().find(|battery| battery.id == id)
    }

    /// The calls of a battery in a session, each with its layers: those of the baseline, or all.
    pub fn layered<'s, 'f>(
        &'s self,
        session: &'s Session<'f>,
        battery: &'s Battery,
        baseline: bool,
    ) -> Vec<Layered<'s, 'f>> {
        let trials = self.trials(session, "PreToolUse", &battery.id);
        let sandbox = Sandbox::of(session);
        let wanted = battery.canaries().filter(|(_, canary)| canary.baseline || !baseline);
        wanted.map(|(aim, canary)| self.one(&sandbox, session, aim, canary, trials.as_ref())).collect()
    }

    /// Every call of every battery that is about calls, as every user would make it: the rows of a table.
    pub fn layered_calls(&self) -> Vec<LayeredCall> {
        let mut rows = Vec::new();
        for battery in self.batteries().iter().filter(|battery| battery.is_of_calls()) {
            for session in self.sessions() {
                let calls = self.layered(session, battery, false);
                rows.extend(calls.iter().flat_map(|call| call.rows(&battery.id)));
            }
        }
        rows
    }

    fn one<'s, 'f>(
        &'s self,
        sandbox: &Sandbox<'_, '_>,
        session: &'s Session<'f>,
        aim: Aim,
        canary: &'s Canary,
        trials: Option<&Trials<'_>>,
    ) -> Layered<'s, 'f> {
        let place = &session.effective.environment;
        let input = canary.input_in(&place.start_dir, &place.home);
        let tries = canary.tries(&input);
        let call = ToolCall { tool: canary.tool.clone(), input };
        // What holds in the mode that asks least holds in every mode.
        let unlocked = decide_in(&session.effective, &call, &NoFiles, Mode::BypassPermissions);
        let trial = trials.and_then(|all| all.trials.iter().find(|trial| trial.run.canary == canary.id));
        let outcome = trial.map_or_else(no_decision, |trial| trial.outcome.clone());
        let rule = unlocked.by.as_ref().map(|by| session.cite_at(&by.source, &by.pointer));
        let mut evidence: Vec<Evidence> = rule.iter().cloned().collect();
        evidence.extend(trial.into_iter().flat_map(|trial| trial.evidence.iter().cloned()));
        Layered {
            rules: by_rules(session, &unlocked),
            hooks: by_hooks(session, trial, &call),
            sandbox: sandbox.answer(&canary.tool, canary.reaches.as_ref()),
            files: self.rights_on(session, read_file(session, canary, &call).as_deref()),
            session,
            canary,
            aim,
            tries,
            rule,
            evidence,
            call,
            outcome,
            unlocked,
        }
    }
}

fn no_decision() -> Outcome {
    Outcome::NoDecision { why: "no hook was run with it".to_owned() }
}

/// The file that a call would read, where it names one.
fn read_file(session: &Session<'_>, canary: &Canary, call: &ToolCall) -> Option<String> {
    let place = &session.effective.environment;
    let named = match &canary.reaches {
        Some(Reach::Reads(file)) => put_in(file, &place.start_dir, &place.home),
        Some(_) => return None,
        None if call.tool == "Read" => call.input.get("file_path").and_then(Value::as_str)?.to_owned(),
        None => return None,
    };
    Some(path::absolute(&named, &place.start_dir, &place.home))
}

fn by_rules(session: &Session<'_>, unlocked: &Decision) -> Layer {
    let named = |rule: &RuleRef| {
        let line = if rule.line > 0 { format!(":{}", rule.line) } else { String::new() };
        format!("{} in {}{line} ({})", rule.rule, session.shown(&rule.source), rule.scope.name())
    };
    match (unlocked.decision, &unlocked.by) {
        (Verdict::Deny, Some(rule)) => Layer::new(Stand::Stops, named(rule)),
        (Verdict::Ask, Some(rule)) => Layer::new(Stand::Asks, named(rule)),
        (Verdict::Allow, Some(rule)) => Layer::new(Stand::Open, format!("allowed by {}", named(rule))),
        (Verdict::Ask, None) => Layer::new(Stand::Asks, unlocked.why.clone()),
        (Verdict::Allow, None) => Layer::new(Stand::Open, "no rule denies it"),
        (Verdict::Deny | Verdict::Undetermined, _) => Layer::new(Stand::NotKnown, unlocked.why.clone()),
    }
}

fn by_hooks(session: &Session<'_>, trial: Option<&Trial<'_>>, call: &ToolCall) -> Layer {
    let Some(trial) = trial else {
        return match hooks::matching_in_force(&session.effective, call) {
            0 => Layer::new(Stand::Open, "no hook covers it"),
            1 => Layer::new(Stand::NotKnown, "1 hook covers it and was not run with it"),
            more => Layer::new(Stand::NotKnown, format!("{more} hooks cover it and were not run with it")),
        };
    };
    let whys = || trial.whys.join("; ");
    match (&trial.outcome, &trial.unsure) {
        (Outcome::Deny { .. }, _) => Layer::new(Stand::Stops, trial.stoppers.join("; ")),
        (_, Some(why)) => Layer::new(Stand::NotKnown, why.clone()),
        (Outcome::Ask { .. }, None) => Layer::new(Stand::Asks, whys()),
        (Outcome::Allow { .. } | Outcome::NoDecision { .. }, None) => Layer::new(Stand::Open, whys()),
    }
}

impl Layered<'_, '_> {
    fn layers(&self) -> [(&'static str, &Layer); 4] {
        [
            ("a rule", &self.rules),
            ("a hook", &self.hooks),
            ("the sandbox", &self.sandbox),
            ("the rights on the file", &self.files),
        ]
    }

    /// Whether some layer stops the call for certain, in whatever mode.
    pub fn stopped(&self) -> bool {
        self.layers().iter().any(|(_, layer)| layer.stand == Stand::Stops)
    }

    /// Whether it is a hook that stops the call, and no other layer does.
    pub fn by_hook_alone(&self) -> bool {
        let stopping = self.layers().into_iter().filter(|(_, layer)| layer.stand == Stand::Stops);
        stopping.map(|(name, _)| name).eq(["a hook"])
    }

    /// What the client does with the call in the mode in which the session starts, hooks included as far as they ran.
    pub fn decision(&self) -> Decision {
        with_hooks(decide(&self.session.effective, &self.call, &NoFiles), &self.outcome)
    }

    /// How many hooks in force may decide the call.
    pub fn hooks_in_force(&self) -> usize {
        hooks::matching_in_force(&self.session.effective, &self.call)
    }

    /// All layers and modes together: the worst of the modes that the user can choose.
    pub fn answer(&self) -> Stand {
        if let Some(stand) = self.settled(true) {
            return stand;
        }
        // Most calls that nothing stops are open in the mode that asks least; the others need not be looked at then.
        self.modes()
            .map(|one| one.stand)
            .find(|stand| *stand == Stand::Open)
            .unwrap_or_else(|| self.modes().map(|one| one.stand).max().unwrap_or(Stand::NotKnown))
    }

    /// Why the answer is what it is.
    pub fn why(&self) -> String {
        if let Some(stand) = self.settled(true) {
            return self.ground(stand);
        }
        let worst = self.answer();
        let (same, others): (Vec<InMode>, Vec<InMode>) = self.modes().partition(|one| one.stand == worst);
        let names: Vec<&str> = same.iter().map(|one| one.mode.name()).collect();
        let modes = if others.is_empty() { "every mode".to_owned() } else { names.join(", ") };
        let why = same.first().map_or("", |one| one.why.as_str());
        format!("{} in {modes}: {why}", worst.words())
    }

    /// The answer that no mode changes, where there is one.
    fn settled(&self, with_hooks: bool) -> Option<Stand> {
        let counted = self.layers().into_iter().filter(|(name, _)| with_hooks || *name != "a hook");
        let stands: Vec<Stand> = counted.map(|(_, layer)| layer.stand).collect();
        [Stand::Stops, Stand::NotKnown].into_iter().find(|stand| stands.contains(stand))
    }

    fn ground(&self, stand: Stand) -> String {
        let layers = self.layers().into_iter().filter(|(_, layer)| layer.stand == stand);
        let said: Vec<String> = layers.map(|(name, layer)| format!("{name}: {}", layer.why)).collect();
        format!("{} by {}", stand.words(), said.join("; ")).replace("not known by", "not known:")
    }

    /// What each mode that the user can choose makes of the call, the one that asks least first.
    fn modes(&self) -> impl Iterator<Item = InMode> {
        let least = |mode: &Mode| *mode == Mode::BypassPermissions;
        let all: Vec<Mode> = mode::reachable(&self.session.effective).collect();
        let (first, rest): (Vec<Mode>, Vec<Mode>) = all.into_iter().partition(least);
        first.into_iter().chain(rest).map(|mode| self.in_mode(mode))
    }

    fn in_mode(&self, mode: Mode) -> InMode {
        let effective = &self.session.effective;
        let alone = match mode {
            Mode::BypassPermissions => self.unlocked.clone(),
            mode => decide_in(effective, &self.call, &NoFiles, mode),
        };
        let alone = if self.runs_unasked(&alone) {
            Decision {
                decision: Verdict::Allow,
                why: "sandboxed commands run without a question".into(),
                ..alone
            }
        } else {
            alone
        };
        let together = with_hooks(alone.clone(), &self.outcome);
        InMode {
            mode,
            stand: stand_of(together.decision),
            without_hooks: stand_of(alone.decision),
            why: together.why,
        }
    }

    /// Whether the question is left out because the command runs in the sandbox, where that starts.
    fn runs_unasked(&self, alone: &Decision) -> bool {
        let effective = &self.session.effective;
        let auto = effective.value("sandbox.autoAllowBashIfSandboxed");
        self.call.tool == "Bash"
            && alone.decision == Verdict::Ask
            && alone.by.is_none()
            && self.rules.stand != Stand::Asks
            && effective.flag("sandbox.enabled")
            && auto.is_none_or(|value| value.value != &Value::Bool(false))
    }

    /// The rows of the table: one, or one for each answer that the modes lead to.
    pub fn rows(&self, battery: &str) -> Vec<LayeredCall> {
        let row = |modes: Vec<&'static str>, every_mode, answer, without_hooks, why| LayeredCall {
            battery: battery.to_owned(),
            canary: self.canary.id.clone(),
            aim: self.aim,
            baseline: self.canary.baseline,
            tries: self.tries.clone(),
            subject: self.session.subject.clone(),
            user: self.session.user.map(|user| user.name.clone()).unwrap_or_default(),
            repository: self.session.repository.unwrap_or_default().to_owned(),
            modes,
            every_mode,
            rules: self.rules.clone(),
            hooks: self.hooks.clone(),
            sandbox: self.sandbox.clone(),
            files: self.files.clone(),
            answer,
            without_hooks,
            why,
        };
        let doubt = self.session.doubt();
        let settled = if doubt.is_some() { Some(Stand::NotKnown) } else { self.settled(true) };
        let without = if doubt.is_some() { settled } else { self.settled(false) };
        if let Some(stand) = settled {
            let all = mode::reachable(&self.session.effective).map(Mode::name).collect();
            let worst = || self.modes().map(|one| one.without_hooks).max().unwrap_or(Stand::NotKnown);
            let why = doubt.unwrap_or_else(|| self.ground(stand));
            return vec![row(all, true, stand, without.unwrap_or_else(worst), why)];
        }
        let modes: Vec<InMode> = self.modes().collect();
        let names = |modes: &[&InMode]| modes.iter().map(|one| one.mode.name()).collect::<Vec<_>>();
        let mut rows = Vec::new();
        for stand in [Stand::Open, Stand::Asks, Stand::NotKnown, Stand::Stops] {
            let same: Vec<&InMode> = modes.iter().filter(|one| one.stand == stand).collect();
            let Some(first) = same.first() else { continue };
            let worst = same.iter().map(|one| one.without_hooks).max().unwrap_or(stand);
            let every = same.len() == modes.len();
            rows.push(row(names(&same), every, stand, without.unwrap_or(worst), first.why.clone()));
        }
        rows
    }
}

fn stand_of(decision: Verdict) -> Stand {
    match decision {
        Verdict::Deny => Stand::Stops,
        Verdict::Ask => Stand::Asks,
        Verdict::Allow => Stand::Open,
        Verdict::Undetermined => Stand::NotKnown,
    }
}
