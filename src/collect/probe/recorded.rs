//! Runs of an earlier probe that stand for hooks which have not changed since.

use super::{COLLECTOR, Intake, plan::Planned};
use crate::model::{GitHookSeen, HookRun, Seen, Snapshot};

/// What an earlier probe ran, and what came of it.
pub struct Recorded {
    planned: Vec<Planned>,
    runs: Vec<HookRun>,
}

/// Variables that only the client and network programs read: a hook, which has no network, does not change with them.
const READ_BY_NO_HOOK: &[&str] = &["ANTHROPIC_", "AWS_", "CLAUDE_CODE_", "DISABLE_", "MCP_"];

impl Recorded {
    /// The runs of a probe, and the plan that it had.
    pub fn of(planned: Vec<Planned>, snapshot: &Snapshot) -> Self {
        let runs = snapshot.observations.iter().filter_map(|observation| match &observation.seen {
            Seen::HookRun(run) => Some((**run).clone()),
            _ => None,
        });
        Self { planned, runs: runs.collect() }
    }

    /// What a hook did that is this one in all that can change what it does: its place in the settings and the other
    /// settings of the file may be new. Nothing where no such hook was run.
    pub fn of_hook(&self, planned: &Planned) -> Option<Vec<HookRun>> {
        let known = self.planned.iter().find(|known| is_same(known, planned))?;
        let user = planned.user.as_ref().filter(|_| planned.personal).map(|user| user.name.as_str());
        let mine = self.runs.iter().filter(|run| {
            run.hook == known.by && run.user.as_deref() == user && run.repository == planned.repository
        });
        let runs: Vec<HookRun> = mine
            .map(|run| HookRun {
                hook: planned.by.clone(),
                settings_sha256: planned.settings_sha256.clone(),
                ..run.clone()
            })
            .collect();
        (!runs.is_empty()).then_some(runs)
    }

    /// What a repository's git hook did, if its bytes are the same and git finds it in the same place.
    pub fn of_git_hook(&self, repository: &str, hook: &GitHookSeen) -> Option<Vec<HookRun>> {
        let is_same = |run: &&HookRun| {
            run.repository.as_deref() == Some(repository)
                && run.event == hook.event
                && run.command == hook.path
                && run.scripts.iter().map(|(_, digest)| digest).eq(&hook.sha256)
        };
        let runs: Vec<HookRun> = self.runs.iter().filter(is_same).cloned().collect();
        (!runs.is_empty()).then_some(runs)
    }
}

/// Takes out of a plan the hooks that an earlier probe ran, and puts its runs down for them.
pub fn take(recorded: Option<&Recorded>, planned: &mut Vec<Planned>, intake: &mut Intake) {
    planned.retain(|one| match recorded.and_then(|recorded| recorded.of_hook(one)) {
        Some(runs) => {
            runs.into_iter().for_each(|run| see(run, intake));
            false
        }
        None => true,
    });
}

/// Puts down what a hook did, at its place in the settings.
pub fn see(run: HookRun, intake: &mut Intake) {
    let (source, pointer) = run.hook.split_once('#').unwrap_or((&run.hook, ""));
    let (source, locator) = (source.to_owned(), pointer.to_owned());
    intake.see(source, Some(locator), COLLECTOR, Seen::HookRun(Box::new(run)));
}

fn is_same(known: &Planned, now: &Planned) -> bool {
    let variables = |planned: &Planned| -> Vec<(String, String)> {
        let read = |name: &str| {
            !name.to_uppercase().ends_with("_PROXY")
                && !READ_BY_NO_HOOK.iter().any(|start| name.starts_with(start))
        };
        planned.environment.iter().filter(|(name, _)| read(name)).cloned().collect()
    };
    let what = |planned: &Planned| {
        (
            (
                planned.event.clone(),
                planned.command.clone(),
                planned.args.clone(),
                planned.scripts.clone(),
                planned.modes.clone(),
            ),
            (planned.matcher.clone(), planned.timeout.map(f64::to_bits), planned.personal),
            (planned.user.clone(), planned.repository.clone(), variables(planned)),
        )
    };
    // What names no script may run anything.
    !now.scripts.is_empty() && what(known) == what(now)
}
