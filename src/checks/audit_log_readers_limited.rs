//! The audit log is readable by a named group, not by everyone.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions = facts.log_files().map(|file| {
        if facts.is_windows() {
            let message = "access lists of a Windows file are not in this copy; export them with icacls";
            return Conclusion::undetermined(file.source, message);
        }
        // Who cannot pass a folder above the file cannot read it.
        let closed = file.seen.parents.iter().find(|parent| parent.mode & 0o001 == 0);
        let mode = file.seen.mode & 0o7777;
        match closed {
            _ if mode & 0o004 == 0 => Conclusion::pass(
                file.source,
                file.evidence(),
                format!("its mode {mode:04o} lets owner and group read alone"),
            ),
            Some(folder) => {
                let message = format!(
                    "others cannot pass the folder {} (mode {:04o})",
                    folder.path,
                    folder.mode & 0o7777
                );
                Conclusion::pass(file.source, file.evidence(), message)
            }
            None => Conclusion::fail(
                file.source,
                vec![file.evidence()],
                format!("everyone may read it (mode {mode:04o})"),
            ),
        }
    });
    Findings::of(conclusions.collect(), "no audit log was found")
}
