//! Each repository named: its settings, MCP servers and agents, and one walk for files that start the client.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::host::Host;
use super::intake::{Intake, decode};
use super::mtree::Owners;
use super::naming::{shown, shown_name};
use super::tree::{Links, Refusal, Tree};
use super::{Request, agents, git, launchers, places, settings};
use crate::model::{GapReason, Role, SettingsScope};

const COLLECTOR: &str = "repositories";
/// Entries looked at in one repository.
const ENTRIES: usize = 1_000_000;
/// Launchers read in one repository.
const LAUNCHERS: usize = 5_000;
/// Folders that hold other people's files or git's own.
const SKIPPED: &[&str] = &[".git", "node_modules", ".venv", "__pycache__", ".tox"];

/// One repository under examination.
pub struct Repository {
    pub name: String,
    /// The place in the list that was asked for.
    pub number: usize,
    pub tree: Tree,
    /// On this machine.
    pub path: PathBuf,
    /// Below the host's root, where it stands there.
    pub below_root: Option<PathBuf>,
}

/// The repositories named: those that could be opened, and the names of the others, each of which is a gap.
pub struct Named {
    pub open: Vec<Repository>,
    pub closed: Vec<String>,
}

/// Opens the repositories named.
pub fn open(request: &Request, host: &Host, intake: &mut Intake) -> Named {
    let mut names = BTreeSet::new();
    let mut named = Named { open: Vec::new(), closed: Vec::new() };
    for (number, given) in request.repositories.iter().enumerate() {
        let (path, opened) = match real_path(request, host, given) {
            Ok((path, _)) if named.open.iter().any(|known| known.path == path) => continue,
            Ok((path, below_root)) => (path, Ok(below_root)),
            Err(refusal) => (given.clone(), Err(refusal)),
        };
        let stem = path.file_name().map_or_else(|| "repository".to_owned(), shown_name);
        let name = (1..)
            .map(|n| if n == 1 { stem.clone() } else { format!("{stem}~{n}") })
            .find(|name| names.insert(name.clone()))
            .unwrap_or(stem);
        let tree = opened.and_then(|below_root| {
            let (owners, base) = match &below_root {
                Some(below) => (host.tree.owners.clone(), format!("{}/", shown(below))),
                None => (Owners::FileSystem, String::new()),
            };
            let tree = Tree::open(&path, format!("repo:{name}/"), Links::StayInside, owners, base)?;
            Ok((tree, below_root))
        });
        match tree {
            Ok((tree, below_root)) => named.open.push(Repository { name, number, tree, path, below_root }),
            Err(refusal) => {
                let detail = format!("the repository cannot be opened: {}", refusal.detail);
                intake.gap(format!("repo:{name}"), refusal.reason, detail);
                named.closed.push(name);
            }
        }
    }
    named
}

/// Where a repository really stands on this machine, and below the host's root where it stands there.
fn real_path(request: &Request, host: &Host, given: &Path) -> Result<(PathBuf, Option<PathBuf>), Refusal> {
    let from_root = !host.here && !given.is_dir();
    let inside = || request.root.join(given.strip_prefix("/").unwrap_or(given));
    let path = if from_root { inside() } else { given.to_owned() };
    let real = path.canonicalize().map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::PermissionDenied => GapReason::NotPermitted,
            _ => GapReason::Unreadable,
        };
        Refusal { reason, detail: error.to_string() }
    })?;
    let root = request.root.canonicalize().ok();
    let below_root = root.and_then(|root| real.strip_prefix(root).map(Path::to_owned).ok());
    if below_root.is_none() && (from_root || path.strip_prefix(&request.root).is_ok()) {
        let detail = "a link leads out of the host's root to this machine; it was not followed".to_owned();
        return Err(Refusal { reason: GapReason::NotAFile, detail });
    }
    Ok((real, below_root))
}

/// Reads one repository.
pub fn collect(repository: &Repository, host: &Host, intake: &mut Intake) {
    let (tree, name) = (&repository.tree, &repository.name);
    let project = SettingsScope::Project { repository: name.clone() };
    let local = SettingsScope::Local { repository: name.clone() };
    let _ =
        intake.take(tree, Path::new(".claude/settings.json"), Role::Settings { scope: project }, COLLECTOR);
    let _ = intake.take(
        tree,
        Path::new(".claude/settings.local.json"),
        Role::Settings { scope: local },
        COLLECTOR,
    );
    let _ =
        intake.take(tree, Path::new(".mcp.json"), Role::ProjectMcp { repository: name.clone() }, COLLECTOR);
    settings::unread(tree, Path::new(""), places::UNREAD_OF_A_REPOSITORY, intake);
    agents::definitions(tree, Path::new(".claude"), Some(name), None, intake);
    walk(repository, intake);
    git::look(repository, host, intake);
}

/// One walk over all names; only files that start programs are opened. Links are not followed, ignore files are not
/// obeyed: what git ignores can start the client all the same.
fn walk(repository: &Repository, intake: &mut Intake) {
    let walker = WalkBuilder::new(&repository.path)
        .standard_filters(false)
        .hidden(false)
        .follow_links(false)
        .filter_entry(|entry| {
            let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            !(folder && entry.depth() > 0 && SKIPPED.iter().any(|skipped| entry.file_name() == *skipped))
        })
        .build();
    let whole = format!("repo:{}", repository.name);
    let launcher = Role::Launcher { repository: Some(repository.name.clone()) };
    let mut candidates = Vec::new();
    let mut nested = Vec::new();
    for (number, entry) in walker.enumerate() {
        if number == ENTRIES {
            let detail = format!(
                "more than {ENTRIES} files; the rest was not searched for files that start the client"
            );
            intake.gap_of(whole.clone(), launcher.clone(), GapReason::TooLarge, detail);
            break;
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let reason = match error.io_error().map(std::io::Error::kind) {
                    Some(std::io::ErrorKind::PermissionDenied) => GapReason::NotPermitted,
                    _ => GapReason::Unreadable,
                };
                let text = error.to_string().replace(&shown(&repository.path), "");
                let detail = format!("a folder was not searched: {text}");
                intake.gap_of(whole.clone(), launcher.clone(), reason, detail);
                continue;
            }
        };
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            continue;
        }
        let Ok(below) = entry.path().strip_prefix(&repository.path) else { continue };
        if launchers::is_launcher(below) {
            candidates.push(below.to_owned());
        }
        if is_nested_settings(below) {
            nested.push(shown(below));
        }
    }
    nested.sort();
    if let Some(first) = nested.first() {
        let detail = format!(
            "{} settings files below the top, {first} the first: a session started in such a folder reads them; \
             name the folder with --repo to have them judged",
            nested.len()
        );
        let scope = SettingsScope::Project { repository: repository.name.clone() };
        intake.gap_of(whole.clone(), Role::Settings { scope }, GapReason::NotCollected, detail);
    }
    candidates.sort();
    if candidates.len() > LAUNCHERS {
        let detail = format!("{} files may start the client; {LAUNCHERS} were read", candidates.len());
        intake.gap_of(whole.clone(), launcher.clone(), GapReason::TooLarge, detail);
        candidates.truncate(LAUNCHERS);
    }
    for path in candidates {
        match intake.open_as(&repository.tree, &path, &launcher) {
            Ok(file) => launchers::of_repository(&file, &decode(&file.raw).0, &repository.name, intake),
            Err(super::intake::Missed::Absent) => {
                intake.gap(repository.tree.source(&path), GapReason::Absent, "the link leads nowhere");
            }
            Err(super::intake::Missed::Noted) => {}
        }
    }
}

/// Settings of a folder further down, which only a session started there reads.
fn is_nested_settings(path: &Path) -> bool {
    let settings = path.ends_with(".claude/settings.json") || path.ends_with(".claude/settings.local.json");
    settings && path.components().count() > 2 || path.ends_with(".mcp.json") && path.components().count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_nested_settings_from_those_at_the_top() {
        for path in ["a/.claude/settings.json", "a/b/.claude/settings.local.json", "a/.mcp.json"] {
            assert!(is_nested_settings(Path::new(path)), "{path}");
        }
        for path in [".claude/settings.json", ".claude/settings.local.json", ".mcp.json", "a/settings.json"] {
            assert!(!is_nested_settings(Path::new(path)), "{path}");
        }
    }
}
