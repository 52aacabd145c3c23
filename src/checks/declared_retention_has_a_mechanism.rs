//! Every declared retention period has a mechanism that keeps to it.

use serde_json::Value;

use crate::{
    facts::{Facts, Written, audit_log, rotation::Rotation, shortened, whole_days},
    model::{Conclusion, Findings, Judgement},
};

/// One rotation more or less is still the period.
const TOLERANCE: u32 = 7;

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let rotation = facts.log_rotation();
    let mut conclusions = Vec::new();
    for block in facts.written(&["dataRetention"]) {
        match block.value.as_object() {
            Some(classes) => conclusions
                .extend(classes.iter().map(|(class, period)| kept(facts, &rotation, &block, class, period))),
            None => {
                let message =
                    format!("dataRetention is {}, which names no class of record", shortened(block.value));
                conclusions.push(Conclusion::fail("dataRetention", vec![block.evidence()], message));
            }
        }
    }
    for block in facts.written(&["zeroDataRetention"]).into_iter().filter(|block| block.value != false) {
        let message = "zeroDataRetention is no setting of the client: nothing on this host makes it true";
        conclusions.push(Conclusion::fail("zeroDataRetention", vec![block.evidence()], message));
    }
    if conclusions.is_empty() {
        conclusions
            .push(Conclusion::not_applicable("deployment", "no settings file declares a retention period"));
    }
    Findings::of(conclusions, "no period")
}

fn kept(
    facts: &Facts<'_>,
    rotation: &Rotation,
    block: &Written<'_>,
    class: &str,
    period: &Value,
) -> Conclusion {
    let subject = format!("dataRetention {class}");
    let place = block.evidence();
    let Some(days) = whole_days(period) else {
        let message = format!("{class} is {}, which is no period", shortened(period));
        return Conclusion::fail(subject, vec![place], message);
    };
    let name = class.to_lowercase();
    if name.contains("session") || name.contains("transcript") {
        return sessions(facts, block, class, days);
    }
    let logs: Vec<String> = if name.contains("audit") {
        let logs: Vec<String> =
            facts.audit_logs().into_iter().filter(|log| !log.contains("file-change")).collect();
        if logs.is_empty() && facts.hands_to_system_log() {
            let message = format!(
                "{class}: records go to the system log, and which file keeps them was not recognised"
            );
            return Conclusion::undetermined(subject, message);
        }
        if logs.is_empty() { vec![format!("{}/audit.log", audit_log::FOLDER)] } else { logs }
    } else if name.contains("file") {
        vec![format!("{}/file-changes.log", audit_log::FOLDER)]
    } else {
        let message = format!("{class}: nothing that was looked at on this host keeps or ends it");
        return Conclusion::undetermined(subject, message);
    };
    let mut evidence = vec![place];
    for log in logs {
        let Some(kept) = facts.kept_for(rotation, &log) else {
            return Conclusion::fail(
                subject,
                evidence,
                format!("{class} are declared for {days} days, and nothing rotates /{log}"),
            );
        };
        evidence.extend(kept.evidence);
        let least = kept.least.is_some_and(|least| least >= days);
        let most = kept.most.is_some_and(|most| most <= days.saturating_add(TOLERANCE));
        if !least || !most {
            let message = format!(
                "{class} are declared for {days} days, and /{log} is kept otherwise ({})",
                kept.reason
            );
            return Conclusion::fail(subject, evidence, message);
        }
    }
    let first = evidence.remove(0);
    Conclusion::pass(subject, first, format!("rotation keeps {class} {days} days")).citing(evidence)
}

/// The client ends the storage of transcripts by cleanupPeriodDays alone.
fn sessions(facts: &Facts<'_>, block: &Written<'_>, class: &str, days: u32) -> Conclusion {
    let subject = format!("dataRetention {class}");
    let mut evidence = vec![block.evidence()];
    for session in facts.sessions().iter().filter(|session| session.repository.is_none()) {
        let found = session.effective.value("cleanupPeriodDays");
        match &found {
            Some(value) if value.value.as_u64() == Some(u64::from(days)) => {
                evidence.push(session.cite(value))
            }
            Some(value) => {
                evidence.push(session.cite(value));
                let message = format!(
                    "{class} are declared for {days} days, and cleanupPeriodDays is {}",
                    shortened(value.value)
                );
                return Conclusion::fail(subject, evidence, message);
            }
            // The client's own default.
            None if days == 30 => evidence.extend(session.sources()),
            None => {
                let message = format!(
                    "{class} are declared for {days} days, and cleanupPeriodDays is not set: the client keeps 30"
                );
                return Conclusion::fail(subject, evidence, message);
            }
        }
    }
    if evidence.len() == 1 {
        return Conclusion::undetermined(subject, "no user was found to test");
    }
    let first = evidence.remove(0);
    Conclusion::pass(subject, first, format!("cleanupPeriodDays ends {class} after {days} days"))
        .citing(evidence)
}
