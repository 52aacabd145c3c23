//! No setting removes the client's mark from its commits.

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(kept), "no user was found to test")
}

fn kept(session: &Session<'_>) -> Conclusion {
    if let Some(value) = session.effective.value("attribution.commit").filter(|value| value.value == "") {
        let message =
            format!("attribution.commit is empty in {}: commits carry no mark", session.shown(value.source));
        return Conclusion::fail(&*session.subject, vec![session.cite(&value)], message);
    }
    if let Some(value) = session.effective.value("includeCoAuthoredBy").filter(|value| value.value == false) {
        let message =
            format!("includeCoAuthoredBy is false in {}: commits carry no mark", session.shown(value.source));
        return Conclusion::fail(&*session.subject, vec![session.cite(&value)], message);
    }
    let mut sources = session.sources().into_iter();
    match sources.next() {
        Some(first) => {
            Conclusion::pass(&*session.subject, first, "no source removes the mark").citing(sources)
        }
        None => Conclusion::undetermined(&*session.subject, "nothing was looked at"),
    }
}
