//! People cannot delete or rewrite the log that records them.

use crate::{
    facts::{Changeable, Facts, File, May, OffHost, Principal},
    model::{Conclusion, Evidence, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let people = facts.people();
    let conclusions = facts.log_files().map(|file| protected(facts, file, &people));
    let unseen = facts.unseen_as(|role| matches!(role, Role::Log));
    Findings::of(conclusions.chain(unseen).collect(), "no audit log was found")
}

fn protected(facts: &Facts<'_>, file: &File<'_>, people: &[Principal]) -> Conclusion {
    if facts.is_windows() {
        let message = "access lists of a Windows file are not in this copy; export them with icacls";
        return Conclusion::undetermined(file.source, message);
    }
    let (owner, mode, parents) = (&file.seen.owner, file.seen.mode, &file.seen.parents);
    if mode & 0o002 != 0 {
        return Conclusion::fail(
            file.source,
            vec![file.evidence()],
            format!("everyone may rewrite it (mode {:04o})", mode & 0o7777),
        );
    }
    if people.is_empty() {
        // With nobody to test, only a file that root alone can touch is protected from everybody.
        return match file.changeable() {
            Changeable::ByAdministrators => {
                Conclusion::pass(file.source, file.evidence(), "only root can rewrite or delete it")
            }
            Changeable::ByOthers(how) | Changeable::Unknown(how) => {
                Conclusion::undetermined(file.source, format!("no user of the host is known; {how}"))
            }
        };
    }
    let (mut rewriting, mut appending, mut unknown) = (Vec::new(), Vec::new(), None);
    for person in people {
        if person.owns(owner) {
            rewriting.push(format!("it belongs to {}, who can rewrite it", person.name));
            continue;
        }
        match person.may_replace(owner, parents) {
            May::Yes => rewriting.push(format!("{} can delete it, by a folder above it", person.name)),
            May::Unknown(why) => unknown = Some(why),
            May::No => {}
        }
        match person.may_write(owner, mode, parents) {
            May::Yes => appending.push(person.name.as_str()),
            May::Unknown(why) => unknown = Some(why),
            May::No => {}
        }
    }
    if !rewriting.is_empty() {
        return Conclusion::fail(file.source, vec![file.evidence()], rewriting.join("; "));
    }
    if let Some(why) = unknown {
        return Conclusion::undetermined(file.source, why);
    }
    if appending.is_empty() {
        let message = format!("none of {} people can rewrite or delete it", people.len());
        return Conclusion::pass(file.source, file.evidence(), message);
    }
    // A mode cannot tell appending from rewriting; a copy that is made elsewhere record by record can.
    let who = appending.join(", ");
    match copied(facts, file) {
        Some((how, evidence)) => {
            let message = format!(
                "{who} can write to it by its group, and {how} as they are made, out of reach of a rewrite"
            );
            Conclusion::pass(file.source, file.evidence(), message).citing(evidence)
        }
        None => {
            let message = format!("{who} can rewrite it by its group, and no copy is made elsewhere");
            Conclusion::fail(file.source, vec![file.evidence()], message)
        }
    }
}

fn copied(facts: &Facts<'_>, file: &File<'_>) -> Option<(String, Vec<Evidence>)> {
    if let OffHost::To { what, evidence } = facts.carried_on(Some(file.source)) {
        return Some((what, evidence));
    }
    let users = facts.sessions().iter().filter(|session| session.repository.is_none());
    let mut copies = users.map(|session| match facts.sent_by_client(session) {
        OffHost::To { what, evidence } => Some((what, evidence)),
        _ => None,
    });
    let first = copies.next()??;
    copies.all(|copy| copy.is_some()).then_some(first)
}
