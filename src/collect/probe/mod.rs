//! Runs hooks with test inputs in a sandbox. Results are observations; what they mean is decided elsewhere.

mod bubblewrap;
mod confine;
mod confined;
mod copier;
mod git_hooks;
mod person;
mod plan;
mod recorded;
mod records;
mod run;
mod sandbox;
mod scratch;
mod stage;
mod stdin;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::host::Host;
use super::intake::Intake;
use super::repositories::Repository;
use crate::catalog::Battery;
use crate::model::{GapReason, Isolation, Scope, Snapshot};
pub use confine::{Confinement, confine};
pub use confined::COMMAND as CONFINE;
use copier::Copier;
use person::Person;
pub use plan::Planned;
pub use recorded::Recorded;
use run::{Ready, observation, run_all};
pub use sandbox::NOT_CONFINED;
use stage::Stage;

const COLLECTOR: &str = "probe";

/// How hooks are to be run.
pub struct Probing<'a> {
    pub batteries: &'a [Battery],
    /// Also run hooks that come from a repository.
    pub repositories: bool,
    /// The moment of the run: what a record's time is held against.
    pub now: Timestamp,
    /// What may keep a hook from touching anything, strongest first: the first that this machine offers is used.
    pub levels: &'a [Isolation],
    /// This program: it confines itself before it becomes a hook's shell, where bubblewrap is missing.
    pub helper: &'a Path,
    /// Runs that stand for hooks which have not changed since; those are not run again.
    pub recorded: Option<&'a Recorded>,
}

/// What would be run, and what would not.
pub fn planned(intake: &Intake, scope: Scope, repositories: bool) -> (Vec<Planned>, Vec<crate::model::Gap>) {
    let (observations, gaps) = intake.so_far();
    plan::plan(&Snapshot::new(scope, observations, gaps), repositories)
}

/// Runs every planned hook, and the git hooks of every repository.
pub fn collect(
    probing: &Probing,
    scope: Scope,
    host: &Host,
    root: &Path,
    repositories: &[Repository],
    progress: &dyn Fn(&str),
    intake: &mut Intake,
) {
    if host.os != crate::model::Os::Linux {
        let detail = format!(
            "no isolation: hooks of a {:?} host run in no sandbox of this program; try them on such a host with the calls of \
             `workpaper probe --plan` and keep what they answered",
            host.os
        );
        intake.gap("probe", GapReason::NotCollected, detail);
        return;
    }
    let (mut planned, gaps) = planned(intake, scope, probing.repositories);
    for gap in gaps {
        intake.gap(gap.source, gap.reason, gap.detail);
    }
    recorded::take(probing.recorded, &mut planned, intake);
    let isolation = isolation(probing, host);
    match &isolation {
        Ok(isolation) => {
            run_planned(probing, *isolation, &planned, host, root, repositories, progress, intake)
        }
        Err(why) => {
            for one in &planned {
                let detail = format!("no isolation, so the hook was not run: {why}");
                intake.gap(&one.by, GapReason::NotCollected, detail);
            }
        }
    }
    git_hooks::collect(probing, &isolation, host, root, repositories, progress, intake);
}

/// What keeps the hooks in, or why nothing does.
fn isolation(probing: &Probing, host: &Host) -> Result<Isolation, String> {
    let ordinary = host.users.iter().find(|user| user.uid != Some(0) && user.name != "root");
    sandbox::offered(probing.levels, host.here, &Person::of(ordinary, host), probing.helper)
}

fn run_planned(
    probing: &Probing,
    isolation: Isolation,
    planned: &[Planned],
    host: &Host,
    root: &Path,
    repositories: &[Repository],
    progress: &dyn Fn(&str),
    intake: &mut Intake,
) {
    let mut stages: Vec<Stage> = Vec::new();
    let mut ready = Vec::new();
    for one in planned {
        let person = Person::of(one.user.as_ref(), host);
        let at = match stages.iter().position(|stage| stage.of == person) {
            Some(at) => at,
            None => {
                let scripts = planned.iter().flat_map(|one| one.script_paths.iter().cloned()).collect();
                match Stage::prepare(host, root, person, &scripts, isolation, probing.helper) {
                    Ok(stage) => {
                        for path in &stage.left_out {
                            intake.gap(
                                path,
                                GapReason::TooLarge,
                                "it was not brought into the sandbox of the probes",
                            );
                        }
                        stages.push(stage);
                        stages.len() - 1
                    }
                    Err(error) => {
                        intake.gap(
                            &one.by,
                            GapReason::NotCollected,
                            format!("no isolation: the sandbox could not be prepared: {error}"),
                        );
                        continue;
                    }
                }
            }
        };
        match checkout(one, &stages[at], repositories, probing.batteries) {
            Ok(checkout) => {
                let home = &stages[at].person.home;
                let project = one
                    .repository
                    .as_ref()
                    .map_or_else(|| format!("{home}/work"), |name| format!("{home}/{name}"));
                ready.push(Ready { planned: one, stage: at, project, checkout });
            }
            Err(error) => intake.gap(
                &one.by,
                GapReason::NotCollected,
                format!("its repository could not be copied: {error}"),
            ),
        }
    }
    if ready.is_empty() {
        return;
    }
    progress(&format!("running {} hooks", ready.len()));
    for (hook, battery, runs) in run_all(&ready, &stages, probing) {
        let found = observation(&ready[hook], &stages[ready[hook].stage], battery, runs);
        recorded::see(found, intake);
    }
}

fn checkout(
    one: &Planned,
    stage: &Stage,
    repositories: &[Repository],
    batteries: &[Battery],
) -> std::io::Result<Option<PathBuf>> {
    let Some(name) = &one.repository else { return Ok(None) };
    let Some(repository) = repositories.iter().find(|found| found.name == *name) else { return Ok(None) };
    let to = stage.beside("checkouts").join(name);
    if !to.exists() {
        Copier::new(&repository.tree, None).folder(Path::new(""), &to, 0, &|path: &Path| {
            path.ends_with(".git") || path.ends_with("node_modules")
        })?;
        put_links(batteries, &to)?;
    }
    Ok(Some(to))
}

/// The links of every canary, where the repository has nothing of that name.
fn put_links(batteries: &[Battery], project: &Path) -> std::io::Result<()> {
    for (name, target) in batteries.iter().flat_map(Battery::canaries).flat_map(|(_, canary)| &canary.links) {
        let at = project.join(name);
        if std::fs::symlink_metadata(&at).is_err() {
            std::os::unix::fs::symlink(target, at)?;
        }
    }
    Ok(())
}
