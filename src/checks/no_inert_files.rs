//! No file that looks like a control of the client is one that it does not read.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (_, host) = facts.host()?;
    let mut conclusions: Vec<Conclusion> = facts
        .files_as(|role| matches!(role, Role::Unread { .. }))
        .filter_map(|file| match &file.seen.role {
            Role::Unread { why, instead } => {
                Some(Conclusion::fail(file.source, vec![file.evidence()], why.as_str()).fix(instead.as_str()))
            }
            _ => None,
        })
        .collect();
    conclusions.extend(facts.unseen_as(|role| matches!(role, Role::Unread { .. })));
    if conclusions.is_empty() {
        let message = format!(
            "the managed folder, the folders of {} sessions and {} repositories hold none of the files that look like the client's and are not read",
            facts.sessions().len(),
            facts.repository_names().len()
        );
        conclusions.push(Conclusion::pass("deployment", host, message));
    }
    Findings::of(conclusions, "nothing was looked at")
}
