//! No workflow, script or alias starts the client with permissions skipped.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions: Vec<Conclusion> = facts
        .launch_flags()
        .map(|(flag, evidence)| {
            let message = format!("line {} starts the client with {}", flag.line, flag.flag);
            Conclusion::fail(evidence.source.clone(), vec![evidence], message)
        })
        .collect();
    let launchers: Vec<_> = facts.files_as(|role| matches!(role, Role::Launcher { .. })).collect();
    conclusions
        .extend(facts.unseen_as(|role| matches!(role, Role::Launcher { .. } | Role::Environment { .. })));
    if conclusions.is_empty() {
        let (host, seen) = facts.host()?;
        let message = format!(
            "{} launcher files of {} repositories and the start-up files of {} users: none skips permissions",
            launchers.len(),
            facts.repository_names().len(),
            host.users.len()
        );
        let cited = launchers.iter().map(|file| file.evidence());
        conclusions.push(Conclusion::pass("deployment", seen, message).citing(cited));
    }
    Findings::of(conclusions, "nothing was looked through")
}
