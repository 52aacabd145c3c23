//! No managed source is silently overruled by another.

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(shadowed), "no user was found to test")
}

fn shadowed(session: &Session<'_>) -> Conclusion {
    let (in_force, shadowed) = session.effective.managed();
    let lost: Vec<_> = shadowed.iter().filter(|source| source.shadowed()).collect();
    if !lost.is_empty() {
        let winners: Vec<String> = in_force.iter().map(|source| session.shown(&source.source.path)).collect();
        let losers: Vec<String> = lost.iter().map(|source| session.shown(&source.source.path)).collect();
        let message = format!(
            "{} counts for nothing: {} is a stronger managed source, and sources do not merge",
            losers.join(", "),
            winners.join(", ")
        );
        let evidence = lost.iter().map(|source| session.cite_at(&source.source.path, "")).collect();
        return Conclusion::fail(&*session.subject, evidence, message);
    }
    match in_force.first() {
        Some(source) => {
            let message = format!("{} managed files of one source count", in_force.len());
            Conclusion::pass(&*session.subject, session.cite_at(&source.source.path, ""), message)
        }
        None => Conclusion::not_applicable(&*session.subject, "no managed source counts"),
    }
}
