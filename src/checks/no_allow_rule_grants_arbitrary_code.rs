//! No allow rule, alone or with another, runs arbitrary code without asking.

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Evidence, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(limited), "no user was found to test")
}

fn limited(session: &Session<'_>) -> Conclusion {
    let grants = session.arbitrary_code();
    if !grants.found.is_empty() {
        let reasons: Vec<String> = grants
            .found
            .iter()
            .map(|grant| match &grant.edits {
                None => format!("{} runs any code unasked, such as {}", grant.rule, grant.command),
                Some(file) => format!(
                    "{} runs {}, and files such as {file} are edited unasked",
                    grant.rule, grant.command
                ),
            })
            .collect();
        let evidence: Vec<Evidence> = grants.found.iter().map(|grant| grant.evidence.clone()).collect();
        return Conclusion::fail(&*session.subject, evidence, reasons.join("; "));
    }
    if !grants.unknown.is_empty() {
        let message = format!("what the client does is not known for {}", grants.unknown.join(" · "));
        return Conclusion::undetermined(&*session.subject, message);
    }
    let mut sources = session.sources().into_iter();
    match sources.next() {
        Some(first) => {
            let message = format!(
                "{} allow rules for commands, none of which runs code of the agent's choice",
                grants.tested
            );
            Conclusion::pass(&*session.subject, first, message).citing(sources)
        }
        None => Conclusion::undetermined(&*session.subject, "nothing was looked at"),
    }
}
