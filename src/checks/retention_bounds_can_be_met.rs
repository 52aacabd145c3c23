//! No class of record must be kept longer than it may be kept, or a decision settles it.

use crate::{
    facts::{Bounds, Facts},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let bounds = facts.retention_bounds();
    let both = bounds.iter().filter(|bounds| bounds.floor.is_some() && bounds.ceiling.is_some());
    let conclusions: Vec<Conclusion> = both.map(|bounds| settled(facts, bounds)).collect();
    if conclusions.is_empty() {
        let message = "no class of record has both a shortest and a longest period";
        return Findings::one(Conclusion::not_applicable("retention", message));
    }
    Findings::of(conclusions, "no class of record has a period")
}

fn settled(facts: &Facts<'_>, bounds: &Bounds) -> Conclusion {
    let subject = format!("retention of {}", bounds.class.word());
    let mut evidence = bounds.evidence.clone();
    evidence.extend(facts.looked_at());
    let Some((floor, ceiling)) = bounds.crossed() else {
        let (Some(floor), Some(ceiling)) = (&bounds.floor, &bounds.ceiling) else {
            return Conclusion::not_applicable(subject, "one bound alone cannot conflict");
        };
        let message = format!(
            "at least {} days ({}), at most {} ({})",
            floor.days, floor.source, ceiling.days, ceiling.source
        );
        return match evidence.split_first() {
            Some((first, rest)) => {
                Conclusion::pass(subject, first.clone(), message).citing(rest.iter().cloned())
            }
            None => Conclusion::undetermined(subject, message),
        };
    };
    let crossed = format!(
        "at least {} days are asked for ({}), and at most {} are allowed ({})",
        floor.days, floor.source, ceiling.days, ceiling.source
    );
    match &bounds.decision {
        Some(decision) if facts.is_decided(bounds) => {
            let message = format!(
                "{crossed}; decision {} of {} settles {} days until its review on {}, by {}",
                decision.id, decision.decided_by, decision.period_days, decision.review_at, decision.legal_basis
            );
            match evidence.split_first() {
                Some((first, rest)) => {
                    Conclusion::pass(subject, first.clone(), message).citing(rest.iter().cloned())
                }
                None => Conclusion::undetermined(subject, message),
            }
        }
        Some(decision) => {
            let message = format!("{crossed}; decision {} was due for review on {}", decision.id, decision.review_at);
            Conclusion::fail(subject, evidence, message)
        }
        None => Conclusion::undetermined(
            subject,
            format!(
                "{crossed}: the two cannot both be met, and no retention decision names class, period, legal basis, \
                 safeguards, owner and review date"
            ),
        )
        .citing(evidence),
    }
}
