//! The people whose hooks write the log can append to it.

use crate::{
    facts::{Facts, May, Session, Sink},
    model::{Conclusion, Evidence, Findings, GapReason, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| appendable(facts, session)), "no user was found to test")
}

fn appendable(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let sinks = facts.record_sinks(session);
    let paths: Vec<&str> = sinks
        .iter()
        .filter_map(|sink| if let Sink::File(path) = sink { Some(path.as_str()) } else { None })
        .collect();
    if paths.is_empty() {
        let message = if sinks.is_empty() {
            "no hook that the client runs writes a log of its own"
        } else {
            "the hook hands its records to a service"
        };
        return Conclusion::not_applicable(&*session.subject, message);
    }
    let Some(user) = session.user else {
        return Conclusion::undetermined(&*session.subject, "no user of the host is known");
    };
    if facts.is_windows() {
        let message = "access lists of a Windows file are not in this copy; export them with icacls";
        return Conclusion::undetermined(&*session.subject, message);
    }
    let person = facts.principal(user);
    let (mut evidence, mut refused, mut unknown): (Vec<Evidence>, Vec<String>, Vec<String>) =
        Default::default();
    for path in paths {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let answer = if let Some(file) = facts.file_at(path) {
            evidence.push(file.evidence());
            person.may_write(&file.seen.owner, file.seen.mode, &file.seen.parents)
        } else if let Some(gap) = facts.gap_at(path).filter(|gap| gap.reason != GapReason::Absent) {
            May::Unknown(gap.sentence())
        } else if let Some((_, seen, place)) = facts.directories().find(|(source, ..)| *source == folder) {
            evidence.push(place);
            person.may_create_in(&seen.owner, seen.mode, &seen.parents)
        } else if facts.gap_at(folder).is_some() {
            refused.push(format!("/{folder} is not there for {} to write", person.name));
            continue;
        } else {
            May::Unknown(format!("the folder /{folder} was not looked at; name it with --logs"))
        };
        match answer {
            May::Yes => {}
            May::No => refused.push(format!(
                "{} can neither append to /{path} nor create it: the records are lost",
                person.name
            )),
            May::Unknown(why) => unknown.push(why),
        }
    }
    if !refused.is_empty() {
        let evidence = if evidence.is_empty() { facts.looked_at() } else { evidence };
        return Conclusion::fail(&*session.subject, evidence, refused.join("; "));
    }
    match (unknown.is_empty(), evidence.split_first()) {
        (true, Some((first, rest))) => {
            let message = format!("{} can append to the log", person.name);
            Conclusion::pass(&*session.subject, first.clone(), message).citing(rest.iter().cloned())
        }
        _ => Conclusion::undetermined(&*session.subject, unknown.join("; ")),
    }
}
