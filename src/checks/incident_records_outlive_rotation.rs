//! Incident records are not rotated away with the daily logs.

use crate::{
    facts::{Facts, audit_log, rotation::newsyslog},
    model::{Conclusion, Findings, Judgement, RotationKind},
};

/// The register below the log folder.
const REGISTER: &str = "incidents.log";

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    if let Some(why) = facts.rotation_unseen() {
        return Findings::one(Conclusion::undetermined("incident register", why));
    }
    let folder = audit_log::FOLDER;
    let rotation = facts.log_rotation();
    if let Some((section, evidence)) = facts.rotated_by(&rotation, &format!("{folder}/{REGISTER}")) {
        // A rule that names the register is a decision about it; a pattern that happens to cover it is none.
        let named = section
            .patterns
            .iter()
            .any(|pattern| pattern.ends_with(&format!("/{REGISTER}")) && !pattern.contains('*'));
        let alone = section.patterns.len() == 1;
        if named && alone {
            let message = format!("{REGISTER} has a rotation rule of its own");
            return Findings::one(Conclusion::pass("incident register", evidence, message));
        }
        let message = format!("the rotation of {} also takes {REGISTER} away", section.patterns.join(" "));
        return Findings::one(Conclusion::fail("incident register", vec![evidence], message));
    }
    for file in facts.rotation_files(RotationKind::Newsyslog) {
        let names = |line: &str| {
            line.split_whitespace().next().is_some_and(|path| path.ends_with(&format!("/{REGISTER}")))
        };
        if let Some(line) = file.text().lines().position(names) {
            let message = format!("{REGISTER} has a rotation line of its own");
            return Findings::one(Conclusion::pass("incident register", file.line(line + 1), message));
        }
        if !newsyslog(file.text(), &format!("/{folder}/{REGISTER}")).reason.starts_with("no line") {
            let message = format!("a pattern of {} also takes {REGISTER} away", file.source);
            return Findings::one(Conclusion::fail("incident register", vec![file.evidence()], message));
        }
    }
    let covers = |text: &str| text.contains(folder);
    let file = facts
        .rotation_files(RotationKind::Logrotate)
        .chain(facts.rotation_files(RotationKind::Newsyslog))
        .find(|file| covers(file.text()));
    Findings::one(match file {
        Some(file) => {
            let message = format!("no rule of {} rotates {REGISTER}", file.source);
            Conclusion::pass("incident register", file.evidence(), message)
        }
        None => Conclusion::not_applicable("incident register", "no rotation rule covers the log folder"),
    })
}
