//! What an earlier reading saw of the logs is there unchanged, or was rotated away after its time.

use crate::{
    facts::{Facts, day_of},
    model::{Conclusion, Continued, Evidence, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let Some((seen, evidence)) = facts.continuity() else {
        let message = "no earlier reading is known; digests of the logs were taken for the next one";
        return Findings::one(Conclusion::not_applicable("audit logs", message));
    };
    let judged: Vec<Conclusion> =
        seen.files.iter().map(|file| continued(facts, seen.earlier, file, &evidence)).collect();
    if judged.is_empty() {
        let message = format!("the reading as of {} knew no log", seen.earlier);
        return Findings::one(Conclusion::not_applicable("audit logs", message));
    }
    Findings::of(judged, "no log was known")
}

fn continued(
    facts: &Facts<'_>,
    earlier: jiff::Timestamp,
    file: &Continued,
    evidence: &Evidence,
) -> Conclusion {
    let message = format!("{} (read as of {earlier})", file.sentence());
    let subject = file.path();
    match file {
        Continued::Unchanged { .. } | Continued::Rotated { .. } => {
            Conclusion::pass(subject, evidence.clone(), message)
        }
        Continued::Changed { .. } | Continued::Truncated { .. } => {
            Conclusion::fail(subject, vec![evidence.clone()], message)
        }
        Continued::Gone { bytes: 0, .. } => {
            Conclusion::not_applicable(subject, format!("{subject} was empty at the earlier reading"))
        }
        Continued::Gone { last: Some(last), .. } => {
            let wanted = i64::from(facts.policy().parameters.retention_days);
            let age = i64::from((day_of(facts.as_of()) - day_of(*last)).get_days());
            if age >= wanted {
                let message = format!("{message}, {age} days after its newest record");
                Conclusion::not_applicable(subject, message)
            } else {
                let message =
                    format!("{message}, {age} days after its newest record; {wanted} are asked for");
                Conclusion::fail(subject, vec![evidence.clone()], message)
            }
        }
        Continued::Gone { last: None, .. } => Conclusion::undetermined(subject, message),
    }
}
