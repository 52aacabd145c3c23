//! Log rotation and retention: logrotate with its includes and state, journald, newsyslog.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::commands::programs;
use super::host::Host;
use super::intake::{Intake, Keep, Missed, decode};
use super::naming::below_root;
use super::tree::EntryKind;
use crate::model::{GapReason, Role, RotationKind};

const COLLECTOR: &str = "rotation";
const FILES: usize = 1_000;
/// Programs below these come with the operating system.
const SYSTEM: &[&str] = &["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/lib/", "/dev/"];

/// Reads everything that configures retention of logs.
pub fn collect(host: &Host, intake: &mut Intake) {
    logrotate(host, intake);
    for path in ["var/lib/logrotate/status", "var/lib/logrotate/logrotate.status", "var/lib/logrotate.status"]
    {
        take(host, Path::new(path), RotationKind::LogrotateState, intake);
    }
    take(host, Path::new("etc/systemd/journald.conf"), RotationKind::Journald, intake);
    for folder in ["etc/systemd/journald.conf.d", "usr/lib/systemd/journald.conf.d"] {
        for path in files_of(host, folder, intake) {
            take(host, &path, RotationKind::Journald, intake);
        }
    }
    take(host, Path::new("etc/newsyslog.conf"), RotationKind::Newsyslog, intake);
    for path in files_of(host, "etc/newsyslog.d", intake) {
        take(host, &path, RotationKind::Newsyslog, intake);
    }
}

fn take(host: &Host, path: &Path, kind: RotationKind, intake: &mut Intake) {
    let _ = intake.take(&host.tree, path, Role::Rotation { kind }, COLLECTOR);
}

/// The main file, what it includes, and the usual folder even where nothing includes it.
fn logrotate(host: &Host, intake: &mut Intake) {
    let mut pending = vec![PathBuf::from("etc/logrotate.conf")];
    pending.extend(files_of(host, "etc/logrotate.d", intake));
    let mut seen = BTreeSet::new();
    while let Some(path) = pending.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        if seen.len() > FILES {
            let role = Role::Rotation { kind: RotationKind::Logrotate };
            let detail = format!("more than {FILES} rotation files; the rest was not read");
            intake.gap_of(host.tree.source(&path), role, GapReason::TooLarge, detail);
            return;
        }
        let role = Role::Rotation { kind: RotationKind::Logrotate };
        let Ok(file) = intake.open_as(&host.tree, &path, &role) else { continue };
        intake.keep(&file, role, Keep::Whole, None, COLLECTOR);
        let (text, _) = decode(&file.raw);
        for included in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("include"))
            .filter(|rest| rest.starts_with([' ', '\t']))
        {
            let included = below_root(included.trim().trim_matches('"'));
            if included.is_empty() || included.split('/').any(|part| part == "..") {
                continue;
            }
            if host.tree.has_folder(included) {
                pending.extend(files_of(host, included, intake));
            } else {
                pending.push(PathBuf::from(included));
            }
        }
        if text.contains("claude") {
            scripts(host, &file.source, &text, intake);
        }
    }
}

/// Programs that a rotation of the client's logs starts: missing ones are a gap that names them.
fn scripts(host: &Host, source: &str, text: &str, intake: &mut Intake) {
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        match line.trim() {
            "postrotate" | "prerotate" | "firstaction" | "lastaction" | "preremove" => inside = true,
            "endscript" => inside = false,
            command if inside => {
                let started = programs(command);
                let named = started
                    .iter()
                    .filter(|program| program.word.starts_with('/'))
                    .map(|program| program.word.as_str());
                for word in named.filter(|word| !SYSTEM.iter().any(|folder| word.starts_with(folder))) {
                    let path = Path::new(below_root(word));
                    let named_by = vec![format!("{source}#L{}", number + 1)];
                    if intake.take(&host.tree, path, Role::Script { named_by }, COLLECTOR)
                        == Err(Missed::Absent)
                    {
                        let detail = format!("{source} line {} starts it and it is not there", number + 1);
                        intake.gap(host.tree.source(path), GapReason::Absent, detail);
                    }
                }
            }
            _ => {}
        }
    }
}

fn files_of(host: &Host, folder: &str, intake: &mut Intake) -> Vec<PathBuf> {
    let entries =
        intake.list(&host.tree, Path::new(folder)).map(|listing| listing.entries).unwrap_or_default();
    entries
        .iter()
        .filter(|entry| entry.kind != EntryKind::Folder)
        .take(FILES + 1)
        .map(|entry| Path::new(folder).join(&entry.name))
        .collect()
}
