//! The credential hook stops reads of credential files and approves nothing else.

use crate::{
    facts::{Facts, Purpose, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| blocked(facts, session)), "no user was found to test")
}

fn blocked(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let hooks = facts.hooks_in_force(session, Purpose::CredentialGuard);
    if hooks.is_empty() {
        return facts.no_guard(session, "no hook that the client runs guards credential files");
    }
    // One guard that works is enough; one that approves undoes the questions of every call.
    if let Some(hook) = hooks.iter().find(|hook| hook.approves()) {
        let blocks = hook.never_blocks().map(|why| format!("{why}; ")).unwrap_or_default();
        let message = format!("{blocks}it answers {{\"decision\": \"approve\"}} or allow for every other call, which then skips the question");
        return Conclusion::fail(&*session.subject, vec![hook.evidence.clone()], message);
    }
    let broken: Vec<_> =
        hooks.iter().filter_map(|hook| Some((hook, hook.cannot_run().or_else(|| hook.never_blocks())?))).collect();
    if broken.len() == hooks.len() {
        let reasons: Vec<&str> = broken.iter().map(|(_, why)| why.as_str()).collect();
        let evidence = broken.iter().map(|(hook, _)| hook.evidence.clone()).collect();
        return Conclusion::fail(&*session.subject, evidence, reasons.join("; "));
    }
    let message = "nothing is wrong with the hook on paper; it was not run, and only running it shows what it stops";
    Conclusion::undetermined(&*session.subject, message)
}
