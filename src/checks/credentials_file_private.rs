//! The client's credential file is readable by its owner alone.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Os, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, _) = facts.host()?;
    let conclusions: Vec<Conclusion> = facts
        .files_as(|role| matches!(role, Role::Credentials { .. }))
        .map(|file| {
            if host.os == Os::Windows {
                return Conclusion::undetermined(
                    file.source,
                    "access lists of a Windows file are not in this copy",
                );
            }
            let mode = file.seen.mode & 0o777;
            if mode & 0o077 == 0 {
                Conclusion::pass(
                    file.source,
                    file.evidence(),
                    format!("mode {mode:04o}: the owner alone can read it"),
                )
            } else {
                let message =
                    format!("mode {mode:04o}: others than the owner can read or change the credentials");
                Conclusion::fail(file.source, vec![file.evidence()], message)
            }
        })
        .collect();
    if conclusions.is_empty() {
        let message = "no credential file of the client is on the host";
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    Findings::of(conclusions, "no credential file")
}
