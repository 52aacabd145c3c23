//! Runs git's own hooks: real commits and pushes in a scratch clone inside the sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::copier::Copier;
use super::person::Person;
use super::run::start;
use super::sandbox::{self, Done, Job};
use super::stage::Stage;
use super::{COLLECTOR, Probing, records, stdin};
use crate::catalog::{Battery, Canary, Kind};
use crate::collect::git;
use crate::collect::host::Host;
use crate::collect::intake::Intake;
use crate::collect::naming::shown;
use crate::collect::redact::redact;
use crate::collect::repositories::Repository;
use crate::collect::workers::in_order;
use crate::model::{Aim, CanaryRun, End, GapReason, GitHookSeen, HookRun, Isolation, RepositorySeen, Seen};

/// Git hooks that are run, and what with.
const EVENTS: &[(&str, Kind)] =
    &[("pre-commit", Kind::Commits), ("commit-msg", Kind::Messages), ("pre-push", Kind::Pushes)];
/// Ends a run in which git itself, and not the hook, is why nothing happened.
const NOT_THE_HOOK: i32 = 97;
const LIMIT: Duration = Duration::from_secs(30);

/// A scratch clone outside the sandbox's scratch: only its files enter, read-only, and are copied inside.
/// `$1` the event, `$2` core.hooksPath or nothing, `$3` the message or branch, `$4` the folder with those files.
const SCRIPT: &str = r#"
fail() { echo "workpaper: $1" >&2; exit 97; }
command -v git >/dev/null 2>&1 || fail "there is no git in the sandbox"
export GIT_AUTHOR_NAME=Probe GIT_AUTHOR_EMAIL=probe@example.org GIT_COMMITTER_NAME=Probe GIT_COMMITTER_EMAIL=probe@example.org
export GIT_TERMINAL_PROMPT=0 GIT_EDITOR=:
remote=${TMPDIR:-/tmp}/remote
cp -a "$4/base/." . 2>/dev/null
git init -q . >/dev/null 2>&1 || fail "git init"
git symbolic-ref HEAD refs/heads/work
rm -rf .git/hooks; mkdir .git/hooks; cp -a "$4/git-hooks/." .git/hooks/ 2>/dev/null
quiet() { git -c core.hooksPath=/dev/null "$@"; }
stage() { [ ! -s "$1" ] || GIT_LITERAL_PATHSPECS=1 quiet add -f -A --pathspec-from-file="$1" --pathspec-file-nul || fail "git add"; }
cp -a "$4/before/." . 2>/dev/null; chmod -R u+w . 2>/dev/null
stage "$4/before.list"
quiet commit -q --allow-empty -m start >/dev/null 2>&1 || fail "git commit"
xargs -0 rm -f -- <"$4/before.list"
cp -a "$4/after/." . 2>/dev/null; chmod -R u+w . 2>/dev/null
stage "$4/all.list"
hooks=${2:-.git/hooks}
case $2 in
  /*)
    # A folder of the host: only the hook that is asked about is started there.
    [ -e "$2/$1" ] || fail "the hook is not in the sandbox"
    export WORKPAPER_HOOK="$2/$1"
    hooks=${TMPDIR:-/tmp}/hooks; mkdir -p "$hooks"
    printf '#!/bin/sh\nexec "$WORKPAPER_HOOK" "$@"\n' >"$hooks/$1"; chmod 755 "$hooks/$1"
    git config core.hooksPath "$hooks"
    ;;
  ?*) git config core.hooksPath "$2" ;;
esac
for other in pre-commit commit-msg prepare-commit-msg post-commit pre-push post-checkout reference-transaction; do
  [ "$other" = "$1" ] || rm -f "$hooks/$other" 2>/dev/null
done
case $1 in
  pre-push)
    git init -q --bare "$remote" >/dev/null 2>&1 && git remote add origin "$remote" || fail "git remote"
    quiet push -q origin HEAD:refs/heads/main >/dev/null 2>&1 || fail "git push of what was there"
    quiet commit -q --allow-empty -m "SHOP-12 Change it" >/dev/null 2>&1 || fail "git commit"
    git push -q origin "HEAD:refs/heads/$3"; code=$?
    [ $code = 0 ] || quiet push -q origin "HEAD:refs/heads/$3" || fail "git push"
    ;;
  *)
    git commit -q --allow-empty --allow-empty-message -m "$3"; code=$?
    [ $code = 0 ] || quiet commit -q --allow-empty --allow-empty-message -m "$3" || fail "git commit"
    ;;
esac
[ $code = 0 ] && exit 0
exit 1
"#;

/// Runs the hooks in force of every repository, where the operator asked for it.
pub fn collect(
    probing: &Probing,
    isolation: &Result<Isolation, String>,
    host: &Host,
    root: &Path,
    repositories: &[Repository],
    progress: &dyn Fn(&str),
    intake: &mut Intake,
) {
    let seen: Vec<RepositorySeen> = intake
        .observations
        .iter()
        .filter_map(|observation| match &observation.seen {
            Seen::Repository(repository) => Some((**repository).clone()),
            _ => None,
        })
        .collect();
    let outside: BTreeSet<PathBuf> = seen
        .iter()
        .flat_map(|repository| &repository.hooks)
        .filter(|hook| hook.in_force)
        .filter_map(|hook| Some(PathBuf::from(hook.path.strip_prefix('/')?)))
        .collect();
    let mut stage: Option<Result<Stage, String>> = None;
    for seen in seen {
        let Some(repository) = repositories.iter().find(|found| found.name == seen.name) else { continue };
        for (event, kind) in EVENTS {
            let Some(hook) = seen.hooks.iter().find(|hook| hook.event == *event && hook.in_force) else {
                continue;
            };
            let source = source_of(repository, hook);
            if !probing.repositories {
                let detail = "the hook comes from a repository and was not run; --probe-repositories runs it";
                intake.gap(&source, GapReason::NotCollected, detail);
                continue;
            }
            if let Some(runs) = probing.recorded.and_then(|recorded| recorded.of_git_hook(&seen.name, hook)) {
                for run in runs {
                    intake.see(
                        source.clone(),
                        Some(run.battery.clone()),
                        COLLECTOR,
                        Seen::HookRun(Box::new(run)),
                    );
                }
                continue;
            }
            let ready = stage.get_or_insert_with(|| prepare(isolation, probing.helper, host, root, &outside));
            match ready {
                Err(why) => intake.gap(
                    &source,
                    GapReason::NotCollected,
                    format!("no isolation, so the hook was not run: {why}"),
                ),
                Ok(stage) => {
                    progress(&format!("running {event} of {}", seen.name));
                    for battery in probing.batteries.iter().filter(|battery| battery.kind == *kind) {
                        match run_battery(probing, stage, repository, &seen, hook, battery) {
                            Ok(run) => {
                                intake.see(
                                    source.clone(),
                                    Some(battery.id.clone()),
                                    COLLECTOR,
                                    Seen::HookRun(Box::new(run)),
                                );
                            }
                            Err(error) => {
                                let detail = format!("the scratch clone could not be made: {error}");
                                intake.gap(&source, GapReason::NotCollected, detail);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn source_of(repository: &Repository, hook: &GitHookSeen) -> String {
    if hook.path.starts_with('/') {
        hook.path.trim_start_matches('/').to_owned()
    } else {
        format!("repo:{}/{}", repository.name, hook.path)
    }
}

fn prepare(
    isolation: &Result<Isolation, String>,
    helper: &Path,
    host: &Host,
    root: &Path,
    outside: &BTreeSet<PathBuf>,
) -> Result<Stage, String> {
    let isolation = isolation.clone()?;
    // Who keeps hooks in the home is the one whose hooks they are.
    let keeper = host.users.iter().find(|user| outside.iter().any(|hook| hook.starts_with(&user.home)));
    let ordinary = host.users.iter().find(|user| user.uid != Some(0) && user.name != "root");
    Stage::prepare(host, root, Person::of(keeper.or(ordinary), host), outside, isolation, helper)
        .map_err(|error| error.to_string())
}

fn run_battery(
    probing: &Probing,
    stage: &Stage,
    repository: &Repository,
    seen: &RepositorySeen,
    hook: &GitHookSeen,
    battery: &Battery,
) -> io::Result<HookRun> {
    let folder = stage.beside("clones").join(&repository.name);
    let (base, git_hooks) = (folder.join("base"), folder.join("git-hooks"));
    if !base.exists() {
        let mut copier = Copier::new(&repository.tree, None);
        copier.folder(Path::new(""), &base, 0, &|path: &Path| {
            [".git", "node_modules", "target", ".venv"].iter().any(|name| path.ends_with(name))
        })?;
        fs::create_dir_all(&git_hooks)?;
        if let Some((common, hooks)) = git::default_hooks(repository) {
            Copier::new(&common, None).either(hooks, &git_hooks)?;
        }
    }
    let home = &stage.person.home;
    let start_in = format!("{home}/{}", repository.name);
    let units: Vec<(Aim, &Canary)> = battery.canaries().collect();
    let hooks_path = hooks_path(stage, repository, seen, hook);
    let runs = in_order(units.len(), stage.side_by_side(), |at| {
        let (aim, canary) = units[at];
        let made = lay_out(&folder.join(format!("{}-{at}", battery.id)), canary);
        let text = if canary.text.is_empty() { "SHOP-12 Change it" } else { &canary.text };
        let done = made.and_then(|made| {
            let (files, binds) = enter(stage, &start_in, &base, &git_hooks, made)?;
            let args = ["-c", SCRIPT, "workpaper", &hook.event, &hooks_path, text, &files].map(str::to_owned);
            let job = Job {
                command: "/bin/sh",
                args: Some(&args),
                stdin: b"",
                environment: &[],
                start_in: &start_in,
                binds: &binds,
                links: &BTreeMap::new(),
                without: None,
                deadline: LIMIT,
            };
            sandbox::run(stage, &job)
        });
        finished(stage, aim, canary, done, probing)
    });
    Ok(HookRun {
        hook: source_of(repository, hook),
        event: hook.event.clone(),
        command: hook.path.clone(),
        battery: battery.id.clone(),
        user: None,
        repository: Some(repository.name.clone()),
        isolation: stage.isolation,
        programs: stage.programs,
        settings_sha256: None,
        scripts: hook.sha256.iter().map(|digest| (source_of(repository, hook), digest.clone())).collect(),
        runs,
    })
}

/// Where git has to look for the hook in the clone; empty for its own folder.
fn hooks_path(stage: &Stage, repository: &Repository, seen: &RepositorySeen, hook: &GitHookSeen) -> String {
    let folder = Path::new(&hook.path).parent().map(shown).unwrap_or_default();
    if let Some(below) = folder.strip_prefix('/') {
        // At some levels a scratch folder stands for the home.
        let inside = Path::new(below).strip_prefix(stage.home_below_root()).ok();
        return inside
            .map_or_else(|| folder.clone(), |inside| format!("{}/{}", stage.person.home, shown(inside)));
    }
    if folder == ".git/hooks" {
        return String::new();
    }
    let Some(path) = seen.hooks_path.as_deref() else { return folder };
    // A path inside the repository, written out in full, stands elsewhere in the clone.
    let path = Path::new(path);
    match path.strip_prefix(&repository.path) {
        Ok(inside) => shown(inside),
        Err(_) if path.is_absolute() || path.starts_with("~") => folder,
        Err(_) => shown(path),
    }
}

/// Where a run finds the clone's files and the canary's: the folder, and what is bound for it.
fn enter(
    stage: &Stage,
    start_in: &str,
    base: &Path,
    git_hooks: &Path,
    made: PathBuf,
) -> io::Result<(String, Vec<(PathBuf, String, bool)>)> {
    let parts = [("base", base.to_owned()), ("git-hooks", git_hooks.to_owned())];
    let of_canary = ["before", "after", "before.list", "all.list"].map(|name| (name, made.join(name)));
    if stage.isolation == Isolation::Bubblewrap {
        let canary = parts.into_iter().chain(of_canary);
        let canary = canary.map(|(name, from)| (from, format!("/run/canary/{name}"), false));
        let home = super::scratch::parts(&stage.home).into_iter();
        let home =
            home.map(|(from, inside)| (from, format!("{}/{}", stage.person.home, inside.display()), false));
        return Ok(("/run/canary".to_owned(), canary.chain(home).collect()));
    }
    for (name, from) in &parts {
        std::os::unix::fs::symlink(from, made.join(name))?;
    }
    let world = super::confined::fresh(stage, start_in)?;
    let read = parts.into_iter().map(|(_, from)| (from, String::new(), false));
    let binds = read.chain([(made.clone(), String::new(), false), (world, String::new(), true)]).collect();
    Ok((shown(&made), binds))
}

fn finished(
    stage: &Stage,
    aim: Aim,
    canary: &Canary,
    done: io::Result<Done>,
    probing: &Probing,
) -> CanaryRun {
    let mut done = done.unwrap_or_else(|error| Done {
        end: End::NotStarted,
        stdout: String::new(),
        stderr: error.to_string(),
        cut: false,
    });
    done.end = match done.end {
        End::Exit(NOT_THE_HOOK) => End::NotStarted,
        // Git waits for its hooks for ever.
        End::TimedOut => End::ProbeLimit,
        other => other,
    };
    let keep = |text: &str| start(&redact(&stage.named(&records::plain(text, probing.now, ""))).text, 1_000);
    let names: Vec<&str> = canary.files.keys().chain(canary.before.keys()).map(String::as_str).collect();
    let tries = if names.is_empty() {
        format!("`{}`", canary.text)
    } else {
        format!("{} ({})", canary.id, names.join(", "))
    };
    CanaryRun {
        canary: canary.id.clone(),
        aim,
        baseline: canary.baseline,
        tries: redact(&tries).text,
        tool: String::new(),
        input: String::new(),
        end: done.end,
        stdout: keep(&done.stdout),
        stderr: keep(&done.stderr),
        cut: done.cut,
        wrote: Vec::new(),
    }
}

/// The canary's files, before and after, and lists of their names.
fn lay_out(folder: &Path, canary: &Canary) -> io::Result<PathBuf> {
    let mut all = BTreeSet::new();
    let mut first = Vec::new();
    for (name, files) in [("before", &canary.before), ("after", &canary.files)] {
        let top = folder.join(name);
        fs::create_dir_all(&top)?;
        for (path, text) in files {
            let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
            if !plain {
                return Err(io::Error::other(format!("{path} is no path below the repository")));
            }
            let to = top.join(path);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&to, stdin::put_in(text, "", ""))?;
            all.insert(path.clone());
            if name == "before" {
                first.extend_from_slice(std::ffi::OsStr::new(path).as_bytes());
                first.push(0);
            }
        }
    }
    fs::write(folder.join("before.list"), first)?;
    fs::write(
        folder.join("all.list"),
        all.into_iter().flat_map(|path| [path.into_bytes(), vec![0]].concat()).collect::<Vec<u8>>(),
    )?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    Ok(folder.to_owned())
}
