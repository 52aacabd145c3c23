//! Facts of log folders and log files; their content is for the log readers.

use std::fs;
use std::path::{Path, PathBuf};

use super::host::{Host, keep_facts};
use super::intake::{Intake, Missed, decode};
use super::naming::shown;
use super::tree::{EntryKind, Links, Tree};
use crate::model::{GapReason, Os, Role};

const COLLECTOR: &str = "logs";
/// Log files whose facts are kept in one folder.
const FILES: usize = 2_000;

const FOLDERS: &[(Os, &[&str])] = &[
    (Os::Linux, &["var/log/claude-code"]),
    (Os::MacOs, &["var/log/claude-code", "private/var/log/claude-code", "Library/Logs/ClaudeCode"]),
    (Os::Windows, &["ProgramData/ClaudeCode/Logs", "ProgramData/ClaudeCode/logs", "var/log/claude-code"]),
];

/// Looks at the guide's log folder and at what the operator names.
pub fn collect(host: &Host, root: &Path, named: &[PathBuf], intake: &mut Intake) {
    let standard = FOLDERS.iter().find(|(os, _)| *os == host.os).map_or(&[][..], |(_, folders)| folders);
    let mut any = false;
    for folder in standard {
        any |= look(&host.tree, Path::new(folder), host.here, intake) != Err(Missed::Absent);
    }
    if let (false, Some(first)) = (any, standard.first()) {
        intake.gap(*first, GapReason::Absent, "the folder of the audit logs is not there");
    }
    for path in named {
        let (below, inside) = below(path, root, host);
        let known = inside && standard.iter().any(|folder| below == Path::new(folder));
        if known && any {
            continue;
        }
        let looked =
            if inside { look(&host.tree, &below, host.here, intake) } else { elsewhere(path, intake) };
        if looked == Err(Missed::Absent) {
            intake.gap(shown(path), GapReason::Absent, "named with --logs and not there");
        }
    }
}

/// A path that the operator names: below the root where it lies there, else on this machine.
pub fn below(path: &Path, root: &Path, host: &Host) -> (PathBuf, bool) {
    if host.here {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        return (whole.strip_prefix("/").map(Path::to_owned).unwrap_or(whole), true);
    }
    if let Ok(below) = path.strip_prefix(root) {
        return (below.to_owned(), true);
    }
    let (Ok(real), Ok(real_root)) = (path.canonicalize(), root.canonicalize()) else {
        // Not on this machine: a path of the examined host.
        let below = path.strip_prefix("/").unwrap_or(path);
        return (below.to_owned(), host.tree.has(below));
    };
    match real.strip_prefix(&real_root) {
        Ok(below) => (below.to_owned(), true),
        Err(_) => (path.to_owned(), false),
    }
}

/// Looks at a folder or file of this machine that is not below the root.
fn elsewhere(path: &Path, intake: &mut Intake) -> Result<(), Missed> {
    let whole = std::path::absolute(path).map_err(|_| Missed::Absent)?;
    let (folder, name) = match (whole.parent(), whole.file_name()) {
        (Some(folder), Some(name)) => (folder, PathBuf::from(name)),
        _ => return Err(Missed::Absent),
    };
    let prefix = format!("{}/", shown(folder).trim_matches('/'));
    match Tree::open(folder, prefix, Links::InsideHost, super::mtree::Owners::FileSystem, String::new()) {
        Ok(tree) => look(&tree, &name, true, intake),
        Err(refusal) if refusal.reason == GapReason::Absent => Err(Missed::Absent),
        Err(refusal) => {
            intake.gap(shown(path), refusal.reason, refusal.detail);
            Err(Missed::Noted)
        }
    }
}

fn look(tree: &Tree, path: &Path, here: bool, intake: &mut Intake) -> Result<(), Missed> {
    let is_folder = tree.resolve(path).map_or(true, |place| place.is_folder());
    if !is_folder {
        return keep_facts(tree, path, Role::Log, COLLECTOR, intake);
    }
    let file_system = match tree.resolve(path).ok() {
        Some(place) if here => {
            fs::read_to_string("/proc/mounts").ok().and_then(|mounts| file_system(&mounts, &place.path))
        }
        Some(place) => mounted_at_start(tree, &place.path, intake),
        None => None,
    };
    intake.folder(tree, path, file_system, COLLECTOR)?;
    let Some(listing) = intake.list(tree, path) else { return Err(Missed::Noted) };
    let mut files = 0;
    for entry in listing.entries.iter().filter(|entry| entry.kind != EntryKind::Folder) {
        files += 1;
        let file = path.join(&entry.name);
        if files > FILES {
            let detail = format!("more than {FILES} log files; this and later ones were not looked at");
            intake.gap_of(tree.source(&file), Role::Log, GapReason::TooLarge, detail);
            break;
        }
        let incident = entry.shown().starts_with("incident");
        if incident && entry.shown().ends_with(".log") {
            let _ = intake.take(tree, &file, Role::Incident, COLLECTOR);
        }
        let role = if incident && !entry.shown().ends_with(".log") { Role::Incident } else { Role::Log };
        if keep_facts(tree, &file, role, COLLECTOR, intake) == Err(Missed::Absent) {
            intake.gap(tree.source(&file), GapReason::Absent, "the link leads nowhere");
        }
    }
    Ok(())
}

/// What a copied host mounts at its start over a path, where its table says so; a missing table says nothing.
fn mounted_at_start(tree: &Tree, path: &Path, intake: &mut Intake) -> Option<String> {
    let table = intake.open(tree, Path::new("etc/fstab")).ok()?;
    file_system(&decode(&table.raw).0, path)
}

/// The kind of file system that holds a path, from a mount table.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let path = Path::new("/").join(path);
    mounts
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let (_, point, kind) = (fields.next()?, fields.next()?.replace("\\040", " "), fields.next()?);
            path.starts_with(&point).then(|| (point.len(), kind.to_owned()))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_holds_a_path() {
        let table = "# /dev/x /var/log ext4\nUUID=1 / ext4 defaults 0 1\ntmpfs\t/var/log tmpfs defaults\n/dev/b /var/lib xfs\n";
        assert_eq!(file_system(table, Path::new("var/log/claude-code")).as_deref(), Some("tmpfs"));
        assert_eq!(file_system(table, Path::new("var/logs")).as_deref(), Some("ext4"));
        assert_eq!(file_system("", Path::new("var/log")), None);
    }
}
