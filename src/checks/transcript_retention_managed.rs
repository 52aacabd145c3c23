//! Managed settings fix how long transcripts are kept.

use crate::{
    facts::{Facts, Session, shortened},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(fixed), "no user was found to test")
}

fn fixed(session: &Session<'_>) -> Conclusion {
    let key = "cleanupPeriodDays";
    if let Some(value) = session.administered(key) {
        let evidence = session.cite(&value);
        return match value.value.as_u64() {
            Some(days) if days >= 1 => Conclusion::pass(
                &*session.subject,
                evidence,
                format!("transcripts are kept {days} days, by managed settings"),
            ),
            _ => {
                let message = format!(
                    "{key} is {}, which the client refuses: whole days, at least 1",
                    shortened(value.value)
                );
                Conclusion::fail(&*session.subject, vec![evidence], message)
            }
        };
    }
    match session.effective.value(key) {
        Some(value) => {
            let message = format!(
                "{key} is {} in {}, where the user can change it",
                shortened(value.value),
                session.shown(value.source)
            );
            Conclusion::fail(&*session.subject, vec![session.cite(&value)], message)
        }
        None => {
            let message = format!(
                "{key} is not set: transcripts are deleted after the built-in 30 days, by nobody's decision"
            );
            Conclusion::fail(&*session.subject, session.sources(), message)
        }
    }
}
