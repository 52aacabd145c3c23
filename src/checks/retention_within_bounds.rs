//! What is configured keeps each class of record as long as it must be kept, and no longer than it may.

use crate::{
    facts::{Bounds, Facts, KeptFor, Met},
    model::{Conclusion, Evidence, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    // Without its users, the session files of nobody are looked at.
    facts.host()?;
    let mut conclusions = Vec::new();
    // A shortest period alone is the rotation's own check.
    for bounds in facts.retention_bounds().iter().filter(|bounds| bounds.ceiling.is_some()) {
        for (location, kept) in facts.kept_places(bounds.class) {
            conclusions.push(within(facts, bounds, &location, kept.as_ref()));
        }
    }
    if conclusions.is_empty() {
        let message = "no longest period is set for a class of record that this host keeps";
        conclusions.push(Conclusion::not_applicable("retention", message));
    }
    Findings::of(conclusions, "no class of record has a period")
}

fn within(facts: &Facts<'_>, bounds: &Bounds, location: &str, kept: Option<&KeptFor>) -> Conclusion {
    let subject = format!("{} in {location}", bounds.class.word());
    if facts.is_windows() && kept.is_none() {
        return Conclusion::undetermined(subject, "what ends logs on a Windows host is not in this copy");
    }
    if let (Some(why), None) = (facts.rotation_unseen(), kept) {
        return Conclusion::undetermined(subject, why);
    }
    let met = bounds.judge(kept, facts.is_decided(bounds));
    let asked = [("at least", &bounds.floor), ("at most", &bounds.ceiling)]
        .into_iter()
        .filter_map(|(word, bound)| {
            bound.as_ref().map(|bound| format!("{word} {} days ({})", bound.days, bound.source))
        })
        .collect::<Vec<_>>()
        .join(", ");
    let configured = kept.map_or("nothing in force ends it", |kept| kept.reason.as_str());
    let evidence: Vec<Evidence> = kept.map(|kept| kept.evidence.clone()).unwrap_or_default();
    let cited = || if evidence.is_empty() { facts.looked_at() } else { evidence.clone() };
    let message = format!("{configured}; {asked}");
    match (met, cited().split_first()) {
        (Met::Met | Met::Decided, Some((first, rest))) => {
            Conclusion::pass(subject, first.clone(), message).citing(rest.iter().cloned())
        }
        (Met::TooShort, _) => {
            Conclusion::fail(subject, cited(), format!("will not cover the window: {message}"))
        }
        (Met::TooLong, _) | (Met::Unknown, Some(_)) => {
            Conclusion::fail(subject, cited(), format!("is not ended in time: {message}"))
        }
        (Met::Conflict, _) => {
            Conclusion::undetermined(subject, format!("the bounds cannot both be met: {message}"))
        }
        (Met::Met | Met::Decided | Met::Unknown, None) => Conclusion::undetermined(subject, message),
    }
}
