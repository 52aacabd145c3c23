//! The log can still be written after it has been rotated.

use std::collections::BTreeMap;

use crate::{
    facts::{
        Facts, May, Principal, Sink,
        rotation::{Create, Section},
    },
    model::{Conclusion, Evidence, Findings, Judgement, Owner, OwnerBasis, RotationKind},
};

/// Whoever writes a log.
struct Writers {
    people: Vec<Principal>,
    /// A service of the system takes the records over and writes the file.
    service: bool,
}

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let rotation = facts.log_rotation();
    let mut conclusions = Vec::new();
    for log in facts.audit_logs() {
        let subject = format!("/{log}");
        if let Some((section, evidence)) = facts.rotated_by(&rotation, &log) {
            conclusions.push(after(facts, &log, section, evidence));
        } else if facts.rotation_files(RotationKind::Newsyslog).next().is_some()
            && facts.kept_for(&rotation, &log).is_some()
        {
            conclusions.push(Conclusion::undetermined(
                subject,
                "newsyslog rotates it; the owner of the file it makes was not recalculated",
            ));
        } else {
            conclusions.push(Conclusion::not_applicable(subject, "no rotation rule in force covers it"));
        }
    }
    Findings::of(conclusions, "no audit log is known")
}

/// The people whose hooks write this log; everybody, where no hook is known that does; the service, where the hooks
/// hand their records to one.
fn writers(facts: &Facts<'_>, log: &str) -> Writers {
    let mut people: BTreeMap<String, Principal> = BTreeMap::new();
    let mut service = false;
    for session in facts.sessions() {
        for sink in facts.record_sinks(session) {
            match (sink, session.user) {
                (Sink::File(path), Some(user)) if path == log && user.uid != Some(0) => {
                    people.insert(user.name.clone(), facts.principal(user));
                }
                (Sink::Service, _) => service = true,
                _ => {}
            }
        }
    }
    if people.is_empty() && !service {
        return Writers { people: facts.people(), service };
    }
    service &= people.is_empty();
    Writers { people: people.into_values().collect(), service }
}

fn after(facts: &Facts<'_>, log: &str, section: &Section, evidence: Evidence) -> Conclusion {
    let subject = format!("/{log}");
    let writers = writers(facts, log);
    let rules = &section.rules;
    let file = facts.file_at(log);
    if writers.people.is_empty() && !writers.service {
        return Conclusion::undetermined(subject, "nobody is known who writes it");
    }
    let folder = log.rsplit_once('/').map_or("", |(folder, _)| folder);
    let directory = facts.directories().find(|(source, ..)| *source == folder);
    let parents = file.map(|file| file.seen.parents.clone()).unwrap_or_default();
    let (owner, mode, how) = if rules.copy_truncate || rules.copy {
        match file {
            Some(file) => (file.seen.owner.clone(), file.seen.mode, "the file stays the same".to_owned()),
            None => {
                return Conclusion::undetermined(
                    subject,
                    "the file stays the same, and it is not there to look at",
                );
            }
        }
    } else if let Some(create) = &rules.create {
        match made(facts, create, file.map(|file| (&file.seen.owner, file.seen.mode))) {
            Ok((owner, mode)) => (owner, mode, format!("rotation makes it anew ({})", shown(create))),
            Err(Doubt::Wrong(why)) => return Conclusion::fail(subject, vec![evidence], why),
            Err(Doubt::Unknown(why)) => return Conclusion::undetermined(subject, why),
        }
    } else if writers.service {
        return Conclusion::pass(subject, evidence, "the service that writes it makes it anew");
    } else {
        let Some((_, seen, place)) = directory else {
            return Conclusion::undetermined(
                subject,
                "rotation makes no new file, and the folder was not seen",
            );
        };
        let refused = writers
            .people
            .iter()
            .find(|person| person.may_create_in(&seen.owner, seen.mode, &seen.parents) != May::Yes);
        return match refused {
            Some(person) => {
                let message =
                    format!("rotation makes no new file, and {} cannot make one in /{folder}", person.name);
                Conclusion::fail(subject, vec![evidence, place], message)
            }
            None if writers.people.len() == 1 => {
                Conclusion::pass(subject, evidence, "rotation makes no new file; its one writer can")
                    .citing([place])
            }
            None => Conclusion::undetermined(
                subject,
                "rotation makes no new file; the first writer owns the next one, and the others may be locked out",
            ),
        };
    };
    if writers.service {
        let by_root = owner.uid == Some(0)
            || ["syslog", "adm"]
                .iter()
                .any(|name| facts.uid_of(name).is_some() && owner.uid == facts.uid_of(name));
        if by_root && mode & 0o200 != 0 {
            return Conclusion::pass(subject, evidence, format!("{how}; a service of the system writes it"));
        }
        return Conclusion::undetermined(
            subject,
            format!("{how}; whether the service may write it is not known"),
        );
    }
    let (mut refused, mut unknown) = (Vec::new(), None);
    for person in &writers.people {
        match person.may_write(&owner, mode, &parents) {
            May::Yes => {}
            May::No => refused.push(person.name.as_str()),
            May::Unknown(why) => unknown = Some(why),
        }
    }
    let cited = file.map(|file| file.evidence());
    if !refused.is_empty() {
        let message = format!(
            "{how}: {} can no longer write to it, and records are lost without a word",
            refused.join(", ")
        );
        return Conclusion::fail(subject, vec![evidence], message).citing(cited);
    }
    match unknown {
        Some(why) => Conclusion::undetermined(subject, format!("{how}; {why}")),
        None => Conclusion::pass(subject, evidence, format!("{how}, and whoever writes it still can"))
            .citing(cited),
    }
}

enum Doubt {
    Wrong(String),
    Unknown(String),
}

/// Owner and mode of the new file: what the directive leaves out is taken from the file before.
fn made(facts: &Facts<'_>, create: &Create, before: Option<(&Owner, u32)>) -> Result<(Owner, u32), Doubt> {
    let not_seen =
        || Doubt::Unknown("the new file takes after the old one, which is not there to look at".to_owned());
    let mode = match (create.mode, before) {
        (Some(mode), _) => mode,
        (None, Some((_, mode))) => mode,
        (None, None) => return Err(not_seen()),
    };
    let number =
        |name: &str, found: Option<u32>, known: bool, what: &str| match found.or_else(|| name.parse().ok()) {
            Some(id) => Ok(Some(id)),
            None if known => {
                Err(Doubt::Wrong(format!("the {what} {name} does not exist, so logrotate drops the rule")))
            }
            None => Err(Doubt::Unknown(format!("the number of the {what} {name} is not known"))),
        };
    let uid = match &create.owner {
        Some(name) => number(name, facts.uid_of(name), facts.file_at("etc/passwd").is_some(), "user")?,
        None => before.ok_or_else(not_seen)?.0.uid,
    };
    let gid = match &create.group {
        Some(name) => match number(name, facts.gid_of(name), facts.groups_seen(), "group") {
            Ok(gid) => gid,
            Err(Doubt::Unknown(_)) => None,
            Err(wrong) => return Err(wrong),
        },
        None => before.ok_or_else(not_seen)?.0.gid,
    };
    let basis = match (create.owner.is_some() && create.group.is_some(), before) {
        (false, Some((owner, _))) => owner.basis,
        _ => OwnerBasis::Mtree,
    };
    Ok((Owner { uid, gid, basis }, mode))
}

fn shown(create: &Create) -> String {
    let mode = create.mode.map(|mode| format!("{mode:04o}"));
    let words: Vec<&str> =
        [mode.as_deref(), create.owner.as_deref(), create.group.as_deref()].into_iter().flatten().collect();
    format!("create {}", words.join(" ")).trim_end().to_owned()
}
