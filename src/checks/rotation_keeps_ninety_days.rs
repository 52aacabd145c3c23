//! Rotation keeps at least ninety days of every audit log.

use crate::{
    facts::{Facts, KeptFor},
    model::{Conclusion, Findings, Judgement, Role},
};

const JOURNAL: &str = "the system journal";

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let wanted = facts.policy().parameters.retention_days;
    let rotation = facts.log_rotation();
    // Where the organisation declares another period for the log of changed files, that log is not held to this one.
    let own_period = !facts.written(&["dataRetention.fileLogs"]).is_empty();
    // Without its users, the hooks of nobody are looked at.
    facts.host()?;
    // Without a log that is there, only the hooks say where the records go.
    let doubt = match facts.log_files().next() {
        None => facts.sessions().iter().find_map(|session| session.doubt()),
        Some(_) => None,
    };
    let unseen = facts.rotation_unseen().or(doubt);
    let logs = facts.audit_logs().into_iter().filter(|log| !(own_period && log.contains("file-change")));
    let conclusions = logs.map(|log| {
        let subject = format!("/{log}");
        if let Some(why) = &unseen {
            return Conclusion::undetermined(subject, why.clone());
        }
        if facts.is_windows() {
            return Conclusion::undetermined(
                subject,
                "what keeps and ends logs on a Windows host is not in this copy",
            );
        }
        let Some(kept) = facts.kept_for(&rotation, &log) else {
            let faults: Vec<String> = rotation
                .faults
                .iter()
                .filter(|fault| fault.drops)
                .map(|fault| {
                    format!("; {} line {} is not in force: {}", fault.file, fault.line, fault.message)
                })
                .collect();
            let message = format!("no rotation rule in force covers it{}", faults.concat());
            return Conclusion::fail(subject, facts.looked_at(), message);
        };
        judged(subject, kept, wanted)
    });
    let journal = facts.kept_by_journal().map(|kept| match kept.evidence.is_empty() {
        true => Conclusion::undetermined(
            JOURNAL,
            "hooks hand their records to the system log; no file of rsyslog was recognised for them, and nothing configures how long the journal keeps them",
        ),
        false => judged(JOURNAL.to_owned(), kept, wanted),
    });
    let mut conclusions: Vec<Conclusion> = conclusions.chain(journal).collect();
    if facts.log_files().next().is_none() {
        conclusions.extend(facts.unseen_as(|role| matches!(role, Role::Script { .. })));
    }
    Findings::of(conclusions, "no audit log is known")
}

fn judged(subject: String, kept: KeptFor, wanted: u32) -> Conclusion {
    match (kept.least, kept.evidence.split_first()) {
        (Some(days), Some((first, rest))) if days >= wanted => {
            let days = if days == u32::MAX { "every day".to_owned() } else { format!("{days} days") };
            let message = format!("keeps {days}, {wanted} are wanted ({})", kept.reason);
            Conclusion::pass(subject, first.clone(), message).citing(rest.iter().cloned())
        }
        (Some(days), _) => Conclusion::fail(
            subject,
            kept.evidence,
            format!("keeps {days} days, {wanted} are wanted ({})", kept.reason),
        ),
        (None, _) => Conclusion::fail(
            subject,
            kept.evidence,
            format!("no number of days is certain ({})", kept.reason),
        ),
    }
}
