//! Facts of a git repository, read without running git and without obeying its configuration.
//!
//! HEAD, references, configuration and hooks are read as plain files, so it does not matter who owns the repository; only
//! the object store and the index are given to libgit2, by path.

mod config;
mod hooks;
mod managers;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use self::config::Places;
use self::hooks::Around;
use super::host::Host;
use super::intake::{Intake, decode};
use super::redact::redact;
use super::repositories::Repository;
use super::tree::{EntryKind, Links, Tree};
use crate::model::{GapReason, RepositorySeen, Seen, UserHome};

const COLLECTOR: &str = "git";
/// Commits counted; where there are more the number is left open.
const COMMITS: usize = 20_000;
/// The object store is given up on after this time: it stands on something that does not answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// An index is opened up to this size, in bytes.
const INDEX_LIMIT: i64 = 256 * 1024 * 1024;

/// The names under which git starts a hook on the client side (githooks(5)), sorted.
const HOOK_NAMES: &[&str] = &[
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
];

/// The folders that git keeps a repository in.
struct GitFolders {
    /// `HEAD` and the index stand here.
    own: Tree,
    /// References, objects, configuration and hooks; the same folder except in a linked work tree.
    common: Tree,
    own_path: PathBuf,
    common_path: PathBuf,
}

/// Looks at the repository's git facts.
pub fn look(repository: &Repository, host: &Host, intake: &mut Intake) {
    let source = format!("repo:{}", repository.name);
    let Some(git) = folders(repository, intake) else { return };
    let (head, branch) = head(&git, intake);
    let mut seen = RepositorySeen {
        name: repository.name.clone(),
        head: head.clone(),
        branch,
        commits: None,
        shallow: git.common.has("shallow"),
        hooks_path: None,
        hooks: Vec::new(),
        hooks_unclear: Vec::new(),
        managers: Vec::new(),
        managers_unclear: Vec::new(),
        local_settings_tracked: tracked(&git, &source, intake),
    };
    if let (Some(head), false) = (&head, seen.shallow) {
        seen.commits = commits(&git, head, &source, intake);
    }
    look_at_hooks(repository, host, &git, &mut seen, intake);
    intake.see(source, None, COLLECTOR, Seen::Repository(Box::new(seen)));
}

fn folders(repository: &Repository, intake: &mut Intake) -> Option<GitFolders> {
    let tree = &repository.tree;
    let dot = Path::new(".git");
    let own_path = match tree.resolve(dot) {
        Ok(place) if place.is_folder() => repository.path.join(&place.path),
        Ok(_) => {
            // A linked work tree or a submodule: a file that names the folder.
            let file = intake.open_within(tree, dot, 4096).ok()?;
            let (text, _) = decode(&file.raw);
            let Some(named) = text.trim().strip_prefix("gitdir:") else {
                intake.gap(&file.source, GapReason::Malformed, "a folder, or `gitdir: PATH`, was expected");
                return None;
            };
            repository.path.join(named.trim())
        }
        Err(refusal) => {
            let bare = tree.has("HEAD") && tree.has("objects");
            if !bare {
                let detail = if refusal.reason == GapReason::Absent {
                    "this is no git repository".to_owned()
                } else {
                    refusal.detail
                };
                intake.gap(tree.source(dot), refusal.reason, detail);
                return None;
            }
            repository.path.clone()
        }
    };
    let open = |path: &Path, intake: &mut Intake| {
        let opened = Tree::open(
            path,
            format!("repo:{}/.git/", repository.name),
            Links::StayInside,
            tree.owners.clone(),
            format!("{}.git/", tree.base),
        );
        opened
            .map_err(|refusal| {
                intake.gap(
                    tree.source(dot),
                    refusal.reason,
                    format!("git's folder cannot be opened: {}", refusal.detail),
                )
            })
            .ok()
    };
    let own = open(&own_path, intake)?;
    let common_path = match intake.open_within(&own, Path::new("commondir"), 4096) {
        Ok(file) => own_path.join(decode(&file.raw).0.trim()),
        Err(_) => own_path.clone(),
    };
    let common = open(&common_path, intake)?;
    Some(GitFolders { own, common, own_path, common_path })
}

/// The commit and the branch that HEAD names.
fn head(git: &GitFolders, intake: &mut Intake) -> (Option<String>, Option<String>) {
    let Ok(file) = intake.open_within(&git.own, Path::new("HEAD"), 4096) else {
        intake.gap(git.own.source(Path::new("HEAD")), GapReason::Unreadable, "HEAD cannot be read");
        return (None, None);
    };
    let text = decode(&file.raw).0.trim().to_owned();
    let Some(reference) = text.strip_prefix("ref:").map(str::trim) else {
        return (is_commit(&text).then_some(text), None);
    };
    let branch = reference.strip_prefix("refs/heads/").unwrap_or(reference).to_owned();
    let plain =
        reference.starts_with("refs/") && !reference.split('/').any(|part| part == ".." || part.is_empty());
    let loose = if plain { intake.open_within(&git.common, Path::new(reference), 4096).ok() } else { None };
    let commit = loose.map(|file| decode(&file.raw).0.trim().to_owned()).or_else(|| {
        let packed = intake.open_within(&git.common, Path::new("packed-refs"), 64 * 1024 * 1024).ok()?;
        let (text, _) = decode(&packed.raw);
        text.lines().find_map(|line| {
            line.split_once(' ').filter(|(_, name)| *name == reference).map(|(commit, _)| commit.to_owned())
        })
    });
    (commit.filter(|commit| is_commit(commit)), Some(redact(&branch).text))
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whose git would run hooks here: the one in whose home the clone stands, or whose it is; else everybody of the host.
/// Git refuses clones of other owners unless it is told otherwise.
fn people<'h>(repository: &Repository, host: &'h Host) -> Vec<&'h UserHome> {
    let below = repository.below_root.as_deref();
    let at_home = below.and_then(|below| host.users.iter().find(|user| below.starts_with(&user.home)));
    let owner = || {
        let uid = repository.tree.root_stat().ok().filter(|_| host.here)?.st_uid;
        host.users.iter().find(|user| user.uid == Some(uid))
    };
    match at_home.or_else(owner) {
        Some(one) => vec![one],
        None => host.users.iter().collect(),
    }
}

/// The hooks in force, with those that are only there and those that a manager's configuration asks for.
fn look_at_hooks(
    repository: &Repository,
    host: &Host,
    git: &GitFolders,
    seen: &mut RepositorySeen,
    intake: &mut Intake,
) {
    let places = Places { repository, host, git };
    let managed = managers::look(&repository.tree, intake);
    let around = Around { places: &places, managed: &managed };
    let people = people(repository, host);
    let everyone: Vec<Option<&UserHome>> =
        if people.is_empty() { vec![None] } else { people.into_iter().map(Some).collect() };
    let mut each = Vec::new();
    for person in everyone {
        // What is wrong with a file that all share is said once.
        let mut own = Intake::new();
        let to = if each.is_empty() { &mut *intake } else { &mut own };
        let configured = config::read(&places, person, seen.branch.as_deref(), to);
        if each.is_empty() {
            seen.hooks_path = configured.hooks_path.as_deref().map(|path| redact(path).text);
        }
        let name = person.map_or_else(String::new, |person| person.name.clone());
        each.push((name, hooks::find(&around, &configured, person, to)));
    }
    let together = hooks::together(each);
    (seen.hooks, seen.hooks_unclear) = (together.hooks, together.unclear);
    for one in &managed {
        seen.managers.push(one.manager.to_owned());
        let rows = hooks::configured(repository, one, intake);
        seen.hooks.extend(rows);
        seen.managers_unclear.extend(one.unclear.as_ref().map(|why| format!("{}: {why}", one.manager)));
    }
    seen.hooks.sort_by(|a, b| (&a.event, &a.path).cmp(&(&b.event, &b.path)));
}

/// The folder that git looks in for hooks where nothing moves it, as a tree and a path of it.
pub(super) fn default_hooks(repository: &Repository) -> Option<(Tree, &'static Path)> {
    Some((folders(repository, &mut Intake::new())?.common, Path::new("hooks")))
}

/// Whether `.claude/settings.local.json` is tracked.
fn tracked(git: &GitFolders, source: &str, intake: &mut Intake) -> bool {
    let Ok(place) = git.own.resolve(Path::new("index")) else { return false };
    if !place.is_file() || place.stat.st_size > INDEX_LIMIT {
        intake.gap(
            format!("{source}/.git/index"),
            GapReason::TooLarge,
            "the index is no ordinary file, or too large",
        );
        return false;
    }
    match git2::Index::open(&git.own_path.join("index")) {
        Ok(index) => index.get_path(Path::new(".claude/settings.local.json"), 0).is_some(),
        Err(error) => {
            intake.gap(format!("{source}/.git/index"), GapReason::Malformed, error.message().to_owned());
            false
        }
    }
}

/// Commits reachable from HEAD. libgit2 gets the object store alone: no configuration of the repository is read.
fn commits(git: &GitFolders, head: &str, source: &str, intake: &mut Intake) -> Option<u64> {
    let odd = |folder: &str| {
        let Ok(place) = git.common.resolve(Path::new(folder)) else { return false };
        git.common
            .list(&place)
            .is_ok_and(|listing| listing.entries.iter().any(|entry| entry.kind == EntryKind::Other))
    };
    if odd("objects/pack") || git.common.has("objects/info/alternates") {
        let detail =
            "the object store borrows from elsewhere or holds what is no file; commits were not counted";
        intake.gap(format!("{source}/.git/objects"), GapReason::NotCollected, detail);
        return None;
    }
    let (objects, head) = (git.common_path.join("objects"), head.to_owned());
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody listens any more when patience has run out.
        let _ = send.send(count(&objects, &head));
    });
    match receive.recv_timeout(PATIENCE) {
        Ok(Ok(count)) if count <= COMMITS => return Some(count as u64),
        Ok(Ok(_)) => intake.gap(
            source,
            GapReason::NotCollected,
            format!("more than {COMMITS} commits; they were not counted"),
        ),
        Ok(Err(problem)) => intake.gap(format!("{source}/.git/objects"), GapReason::Malformed, problem),
        Err(_) => intake.gap(
            format!("{source}/.git/objects"),
            GapReason::TimedOut,
            "the object store did not answer",
        ),
    }
    None
}

fn count(objects: &Path, head: &str) -> Result<usize, String> {
    let walk = || -> Result<usize, git2::Error> {
        let store = git2::Odb::new()?;
        store.add_disk_alternate(&objects.to_string_lossy())?;
        let repository = git2::Repository::from_odb(store)?;
        let mut walk = repository.revwalk()?;
        walk.push(git2::Oid::from_str(head)?)?;
        let mut count = 0;
        for commit in walk.take(COMMITS + 1) {
            commit?;
            count += 1;
        }
        Ok(count)
    };
    walk().map_err(|error| error.message().to_owned())
}
