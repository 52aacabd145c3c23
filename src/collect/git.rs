//! Facts of a git repository, read without running git and without obeying its configuration.
//!
//! HEAD, references, configuration and hooks are read as plain files, so includes are not followed and it does not
//! matter who owns the repository; only the object store and the index are given to libgit2, by path.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use super::host::Host;
use super::intake::{Intake, Missed, decode};
use super::redact::redact;
use super::repositories::Repository;
use super::repository::HOOK_NAMES;
use super::tree::{EntryKind, Links, Tree};
use crate::model::{Digest, GapReason, GitHookSeen, RepositorySeen, Seen};

const COLLECTOR: &str = "git";
/// Commits counted; where there are more the number is left open.
const COMMITS: usize = 20_000;
/// The object store is given up on after this time: it stands on something that does not answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// An index is opened up to this size, in bytes.
const INDEX_LIMIT: i64 = 256 * 1024 * 1024;

/// Hook managers and the files that configure them.
const MANAGERS: &[(&str, &[&str])] = &[
    ("husky", &[".husky"]),
    (
        "lefthook",
        &[
            "lefthook.yml",
            ".lefthook.yml",
            "lefthook.yaml",
            ".lefthook.yaml",
            "lefthook.toml",
            "lefthook.json",
            ".config/lefthook.yml",
        ],
    ),
    ("overcommit", &[".overcommit.yml"]),
    ("pre-commit", &[".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml"]),
    ("simple-git-hooks", &[".simple-git-hooks.json", ".simple-git-hooks.cjs", ".simple-git-hooks.js"]),
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
    let settings = configuration(&git, intake);
    let mut seen = RepositorySeen {
        name: repository.name.clone(),
        head: head.clone(),
        branch,
        commits: None,
        shallow: git.common.has("shallow"),
        hooks_path: settings.hooks_path.clone().map(|path| redact(&path).text),
        hooks: Vec::new(),
        managers: Vec::new(),
        local_settings_tracked: tracked(&git, &source, intake),
    };
    if let (Some(head), false) = (&head, seen.shallow) {
        seen.commits = commits(&git, head, &source, intake);
    }
    let effective = settings.hooks_path.or_else(|| personal_hooks_path(host, intake));
    hooks(repository, host, &git, effective.as_deref(), &mut seen, intake);
    managers(repository, &mut seen, intake);
    seen.hooks.sort_by(|a, b| (&a.event, &a.path).cmp(&(&b.event, &b.path)));
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

#[derive(Default)]
struct Configuration {
    hooks_path: Option<String>,
}

fn configuration(git: &GitFolders, intake: &mut Intake) -> Configuration {
    let mut found = Configuration::default();
    for (tree, name) in [(&git.common, "config"), (&git.own, "config.worktree")] {
        let Ok(file) = intake.open(tree, Path::new(name)) else { continue };
        let (text, _) = decode(&file.raw);
        if !setting(&text, "include", "path").is_empty() || text.to_ascii_lowercase().contains("[includeif") {
            intake.gap(
                &file.source,
                GapReason::NotCollected,
                "it includes other configuration, which was not followed; it could move the hooks",
            );
        }
        if let Some(path) = setting(&text, "core", "hookspath").pop() {
            found.hooks_path = Some(path);
        }
    }
    found
}

/// Where the git configuration of the system or of a person moves every repository's hooks.
fn personal_hooks_path(host: &Host, intake: &mut Intake) -> Option<String> {
    let mut files = vec![PathBuf::from("etc/gitconfig")];
    for user in &host.users {
        files.push(Path::new(&user.home).join(".config/git/config"));
        files.push(Path::new(&user.home).join(".gitconfig"));
    }
    let mut last = None;
    for path in files {
        let Ok(file) = intake.open(&host.tree, &path) else { continue };
        if let Some(found) = setting(&decode(&file.raw).0, "core", "hookspath").pop() {
            last = Some(match (found.strip_prefix("~/"), path.parent()) {
                (Some(rest), Some(home)) => format!("/{}/{rest}", home.display()),
                _ => found,
            });
        }
    }
    last
}

/// The values of a key in git's configuration syntax, in order.
fn setting(text: &str, section: &str, key: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        let mut line = line.trim();
        if let Some(rest) = line.strip_prefix('[') {
            let Some((name, after)) = rest.split_once(']') else { continue };
            inside = name.trim().eq_ignore_ascii_case(section);
            line = after.trim();
        }
        if !inside {
            continue;
        }
        if let Some((name, value)) = line.split_once('=')
            && name.trim().eq_ignore_ascii_case(key)
        {
            let value = value.trim();
            let plain = match value.strip_prefix('"') {
                Some(rest) => rest.split('"').next().unwrap_or_default(),
                None => value.split([';', '#']).next().unwrap_or_default().trim(),
            };
            found.push(plain.replace("\\\\", "\\"));
        }
    }
    found
}

fn hooks(
    repository: &Repository,
    host: &Host,
    git: &GitFolders,
    path: Option<&str>,
    seen: &mut RepositorySeen,
    intake: &mut Intake,
) {
    let default = Path::new("hooks");
    let Some(path) = path.filter(|path| !path.is_empty()) else {
        folder(&git.common, default, ".git/hooks", None, seen, intake);
        not_in_force_here(repository, seen, intake);
        return;
    };
    folder(
        &git.common,
        default,
        ".git/hooks",
        Some(&format!("core.hooksPath is {path}; git does not look here")),
        seen,
        intake,
    );
    let named = PathBuf::from(path);
    if named.is_absolute() {
        let below = named.strip_prefix("/").unwrap_or(&named);
        // A path inside the repository, written out in full.
        let inside = named
            .strip_prefix(&repository.path)
            .ok()
            .or_else(|| below.strip_prefix(repository.below_root.as_ref()?).ok());
        match inside {
            Some(inside) => folder(&repository.tree, inside, &inside.to_string_lossy(), None, seen, intake),
            None => folder(&host.tree, below, path, None, seen, intake),
        }
    } else if path.starts_with('~') {
        intake.gap(
            repository.tree.source(Path::new(".git/config")),
            GapReason::NotCollected,
            format!("core.hooksPath is {path}, a place in somebody's home; whose is not known"),
        );
    } else {
        folder(&repository.tree, &named, path.trim_end_matches('/'), None, seen, intake);
        if named == Path::new(".husky/_") {
            husky(repository, seen, intake);
        }
    }
    if !path.starts_with(".husky") {
        not_in_force_here(repository, seen, intake);
    }
}

/// The hooks in a folder that git uses, or why it does not.
fn folder(
    tree: &Tree,
    path: &Path,
    name: &str,
    why_not: Option<&str>,
    seen: &mut RepositorySeen,
    intake: &mut Intake,
) {
    let Some(listing) = intake.list(tree, path) else {
        if why_not.is_none() && name != ".git/hooks" {
            intake.gap(tree.source(path), GapReason::Absent, "core.hooksPath points here; no hook runs");
        }
        return;
    };
    for entry in listing.entries.iter().filter(|entry| entry.kind != EntryKind::Folder) {
        let file_name = entry.shown();
        let event = file_name.strip_suffix(".sample").unwrap_or(&file_name);
        if !HOOK_NAMES.contains(&event) {
            continue;
        }
        let sample = event.len() < file_name.len();
        let why =
            why_not.map(str::to_owned).or_else(|| sample.then(|| "the name ends in .sample".to_owned()));
        hook(tree, &path.join(&entry.name), event, format!("{name}/{file_name}"), why, true, seen, intake);
    }
}

/// Husky's own hooks, which its generated ones start with `sh`, whatever their mode.
fn husky(repository: &Repository, seen: &mut RepositorySeen, intake: &mut Intake) {
    let runs = repository.tree.has(".husky/_/h") || repository.tree.has(".husky/_/husky.sh");
    for event in HOOK_NAMES {
        let path = Path::new(".husky").join(event);
        if repository.tree.has(&path) {
            let started = runs && repository.tree.has(Path::new(".husky/_").join(event));
            let why = (!started).then(|| "husky's generated files are not in this clone".to_owned());
            hook(&repository.tree, &path, event, format!(".husky/{event}"), why, false, seen, intake);
        }
    }
}

/// Hooks that are committed in the usual folders, where git's configuration does not point to them.
fn not_in_force_here(repository: &Repository, seen: &mut RepositorySeen, intake: &mut Intake) {
    for folder in [".husky", ".githooks", "githooks", "hooks", ".hooks"] {
        if seen.hooks_path.as_deref().is_some_and(|path| path.trim_end_matches('/') == folder) {
            continue;
        }
        for event in HOOK_NAMES {
            let path = Path::new(folder).join(event);
            let shown = format!("{folder}/{event}");
            if repository.tree.has(&path) && seen.hooks.iter().all(|known| known.path != shown) {
                let why = "core.hooksPath does not point here in this clone";
                hook(&repository.tree, &path, event, shown, Some(why.to_owned()), true, seen, intake);
            }
        }
    }
}

#[allow(clippy::too_many_arguments)] // one row of facts
fn hook(
    tree: &Tree,
    path: &Path,
    event: &str,
    shown: String,
    why_not: Option<String>,
    mode_matters: bool,
    seen: &mut RepositorySeen,
    intake: &mut Intake,
) {
    let executable = tree
        .resolve(path)
        .is_ok_and(|place| place.is_file() && tree.mode(&place.path, &place.stat) & 0o111 != 0);
    let sample = why_not.as_deref().is_some_and(|why| why.contains(".sample"));
    let read = if sample { Err(Missed::Noted) } else { intake.open(tree, path) };
    if read.as_ref().err() == Some(&Missed::Absent) {
        intake.gap(tree.source(path), GapReason::Absent, "the link leads nowhere");
    }
    let unreadable = read.is_err() && !sample;
    let why_not = why_not.or_else(|| unreadable.then(|| "it cannot be read".to_owned())).or_else(|| {
        (mode_matters && !executable).then(|| "it is not executable; git passes over it".to_owned())
    });
    seen.hooks.push(GitHookSeen {
        event: event.to_owned(),
        path: redact(&shown).text,
        executable,
        in_force: why_not.is_none(),
        why_not: why_not.map(|why| redact(&why).text),
        sha256: read.as_ref().ok().map(|file| Digest::of_bytes(&file.raw)),
        text: read.ok().map(|file| redact(&decode(&file.raw).0).text),
    });
}

fn managers(repository: &Repository, seen: &mut RepositorySeen, intake: &mut Intake) {
    for (manager, files) in MANAGERS {
        let Some(file) = files.iter().find(|file| repository.tree.has(file)) else { continue };
        seen.managers.push((*manager).to_owned());
        if repository.tree.has_folder(file) {
            continue;
        }
        let why = format!("the configuration of {manager}; a hook of git has to start it");
        hook(
            &repository.tree,
            Path::new(file),
            "pre-commit",
            (*file).to_owned(),
            Some(why),
            false,
            seen,
            intake,
        );
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_settings_of_git() {
        let text = "[core]\n\tbare = false\n\tHooksPath = \"a b\" ; x\n[core \"x\"]\nhooksPath=no\n[Core] hookspath = .husky/_ # c\n";
        assert_eq!(setting(text, "core", "hookspath"), ["a b", ".husky/_"]);
    }
}
