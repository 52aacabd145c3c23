//! No setting approves a repository's MCP servers unseen.

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(approved), "no user was found to test")
}

fn approved(session: &Session<'_>) -> Conclusion {
    let key = "enableAllProjectMcpServers";
    match session.effective.value(key) {
        Some(value) if value.value == true => {
            let message = format!("{key} is true in {}", session.shown(value.source));
            Conclusion::fail(&*session.subject, vec![session.cite(&value)], message)
        }
        Some(value) => {
            Conclusion::pass(&*session.subject, session.cite(&value), format!("{key} is not true"))
        }
        None => {
            let mut sources = session.sources().into_iter();
            let first = sources.next();
            first.map_or_else(
                || Conclusion::undetermined(&*session.subject, "nothing was looked at"),
                |first| {
                    Conclusion::pass(&*session.subject, first, format!("no source sets {key}"))
                        .citing(sources)
                },
            )
        }
    }
}
