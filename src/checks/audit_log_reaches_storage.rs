//! The log directory is an ordinary folder on storage that persists.

use crate::{
    facts::{Facts, Sink, audit_log},
    model::{Conclusion, DirectorySeen, Evidence, Findings, GapReason, Judgement},
};

/// Folders that are emptied at a restart, or that are no storage at all.
const VOLATILE: [&str; 7] = ["dev/", "tmp/", "run/", "var/run/", "proc/", "private/tmp/", "var/tmp/"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions: Vec<Conclusion> = facts
        .log_folders()
        .into_iter()
        .map(|(source, seen, evidence)| folder(facts, source, seen, evidence))
        .collect();
    // A link to a device or to nothing, such as one to /dev/null.
    for gap in facts.logs_linked_away() {
        conclusions.push(Conclusion::fail(&*gap.source, facts.looked_at(), gap.sentence()));
    }
    for session in facts.sessions() {
        for sink in facts.record_sinks(session) {
            let Sink::File(path) = sink else { continue };
            let (parent, _) = path.rsplit_once('/').unwrap_or_default();
            if VOLATILE.iter().any(|volatile| path.starts_with(volatile)) {
                let message =
                    format!("a hook writes its records to /{path}, which does not outlast a restart");
                conclusions.push(Conclusion::fail(parent, session.sources(), message));
            } else if !facts.directories().any(|(source, ..)| source == parent) {
                conclusions.push(match facts.gap_at(parent) {
                    Some(gap) if gap.reason == GapReason::Absent => {
                        let message =
                            format!("/{parent} is not there, and a hook writes its records to /{path}");
                        Conclusion::fail(parent, facts.looked_at(), message)
                    }
                    Some(gap) => Conclusion::undetermined(parent, gap.sentence()),
                    None => Conclusion::undetermined(
                        parent,
                        "a hook writes its records there and it was not looked at; name it with --logs",
                    ),
                });
            }
        }
    }
    if conclusions.is_empty() {
        conclusions.push(match facts.unseen_below(audit_log::FOLDER).next() {
            Some(gap) => Conclusion::undetermined(audit_log::FOLDER, gap.sentence()),
            None => {
                Conclusion::fail(audit_log::FOLDER, facts.looked_at(), "there is no folder for audit logs")
            }
        });
    }
    Findings::of(conclusions, "no folder of logs was found")
}

fn folder(facts: &Facts<'_>, source: &str, seen: &DirectorySeen, evidence: Evidence) -> Conclusion {
    let mut faults = Vec::new();
    let mode = seen.mode & 0o7777;
    if mode & 0o002 != 0 && !facts.is_windows() {
        faults.push(format!("everyone may write the folder (mode {mode:04o})"));
    }
    if let Some(target) = seen
        .link_target
        .as_deref()
        .filter(|to| VOLATILE.iter().any(|volatile| format!("{to}/").starts_with(volatile)))
    {
        faults.push(format!("it is a link to /{target}, which does not outlast a restart"));
    }
    match seen.file_system.as_deref() {
        Some(kind @ ("tmpfs" | "ramfs" | "devtmpfs")) => {
            faults.push(format!("it lies on {kind}: in memory, gone at a restart"))
        }
        Some("overlay") if faults.is_empty() => {
            let message =
                "it lies on the overlay of a container; whether that outlasts the container is not known";
            return Conclusion::undetermined(source, message);
        }
        _ => {}
    }
    let mut cited = vec![evidence.clone()];
    let inside = facts
        .log_files()
        .filter(|file| file.source.rsplit_once('/').is_some_and(|(parent, _)| parent == source));
    let mut files = 0;
    for file in inside {
        files += 1;
        if file.seen.mode & 0o002 != 0 && !facts.is_windows() {
            faults.push(format!("everyone may write {} (mode {:04o})", file.source, file.seen.mode & 0o7777));
            cited.push(file.evidence());
        }
        if let Some(target) = file
            .seen
            .link_target
            .as_deref()
            .filter(|to| VOLATILE.iter().any(|volatile| to.starts_with(volatile)))
        {
            faults.push(format!("{} is a link to /{target}", file.source));
            cited.push(file.evidence());
        }
    }
    if faults.is_empty() {
        Conclusion::pass(source, evidence, format!("an ordinary folder with {files} log files"))
    } else {
        Conclusion::fail(source, cited, faults.join("; "))
    }
}
