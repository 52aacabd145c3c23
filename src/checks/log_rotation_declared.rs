//! A rotation rule for the audit log is written down.

use crate::{
    facts::{
        Facts,
        rotation::{Runs, Simulation, Texts, newsyslog, parse},
    },
    model::{Conclusion, Findings, Judgement, RotationKind},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let logs = facts.audit_logs();
    let named = logs.iter().map(|log| format!("/{log}")).collect();
    // What is written counts here, whether or not the main file includes it.
    for file in facts.rotation_files(RotationKind::Logrotate) {
        let text = Texts::from([(file.source.to_owned(), file.text().to_owned())]);
        let rotation = parse(file.source, &text, &named);
        let simulation = Simulation { rotation: &rotation, runs: Runs::Unknown };
        for log in &logs {
            if let Some(section) = simulation.section(&format!("/{log}")) {
                let message = format!("{} rotates /{log}", file.source);
                return Findings::one(Conclusion::pass("deployment", file.line(section.line), message));
            }
        }
    }
    for file in facts.rotation_files(RotationKind::Newsyslog) {
        if let Some(log) =
            logs.iter().find(|log| !newsyslog(file.text(), &format!("/{log}")).reason.starts_with("no line"))
        {
            return Findings::one(Conclusion::pass(
                "deployment",
                file.evidence(),
                format!("{} rotates /{log}", file.source),
            ));
        }
    }
    if let Some(why) = facts.rotation_unseen() {
        return Findings::one(Conclusion::undetermined("deployment", why));
    }
    let looked: Vec<_> = facts.rotation_files(RotationKind::Logrotate).map(|file| file.evidence()).collect();
    let paths: Vec<String> = logs.iter().map(|log| format!("/{log}")).collect();
    let message = format!("no rotation rule names {}", paths.join(" or "));
    Findings::one(Conclusion::fail(
        "deployment",
        if looked.is_empty() { facts.looked_at() } else { looked },
        message,
    ))
}
