//! Every program that the rotation starts exists and can run.

use std::collections::BTreeSet;

use crate::{
    facts::{Facts, File},
    model::{Conclusion, FileFault, Findings, GapReason, Judgement, Role, RotationKind},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let rotation = facts.log_rotation();
    let of_the_logs: BTreeSet<String> = facts
        .audit_logs()
        .iter()
        .filter_map(|log| facts.rotated_by(&rotation, log))
        .map(|(section, _)| section.file.trim_start_matches('/').to_owned())
        .collect();
    let mut conclusions = Vec::new();
    for rules in
        facts.rotation_files(RotationKind::Logrotate).filter(|file| of_the_logs.contains(file.source))
    {
        let prefix = format!("{}#L", rules.source);
        for script in facts.files() {
            let Role::Script { named_by } = &script.seen.role else { continue };
            let Some(line) = named_by.iter().find_map(|by| by.strip_prefix(&prefix)?.parse::<usize>().ok())
            else {
                continue;
            };
            let command = rules.text().lines().nth(line - 1).unwrap_or_default();
            conclusions.push(match fault(script, command) {
                Some(fault) => {
                    Conclusion::fail(script.source, vec![script.evidence(), rules.line(line)], fault)
                }
                None => Conclusion::pass(script.source, script.evidence(), "it is there and can run")
                    .citing([rules.line(line)]),
            });
        }
        let started = format!("{} line ", rules.source);
        for gap in facts
            .gaps()
            .iter()
            .filter(|gap| gap.detail.starts_with(&started) && gap.reason == GapReason::Absent)
        {
            let message = format!("{}: {}", gap.source, gap.detail);
            conclusions.push(Conclusion::fail(&*gap.source, vec![rules.evidence()], message));
        }
    }
    if conclusions.is_empty() {
        let message = "the rotation of the audit logs starts no program besides the system's own";
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    Findings::of(conclusions, "no program")
}

fn fault(script: &File<'_>, command: &str) -> Option<String> {
    // A shell that is given the file needs no right to execute it.
    let given = ["sh ", "bash ", "python3 ", "python ", "perl "].iter().any(|shell| command.contains(shell));
    if script.seen.mode & 0o111 == 0 && !given {
        return Some(format!("{} is not executable (mode {:04o})", script.source, script.seen.mode & 0o7777));
    }
    if script.seen.faults.contains(&FileFault::CarriageReturns) {
        return Some(format!("{} has Windows line ends: its interpreter is not found", script.source));
    }
    (script.seen.bytes == 0).then(|| format!("{} is empty", script.source))
}
