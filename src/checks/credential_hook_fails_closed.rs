//! The credential hook blocks when it breaks.

use crate::{
    client::version::Behaviour,
    facts::{Facts, Purpose, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| closed(facts, session)), "no user was found to test")
}

fn closed(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let hooks = facts.hooks_in_force(session, Purpose::CredentialGuard);
    let Some(first) = hooks.first() else {
        return facts.no_guard(session, "no hook in force guards credential files");
    };
    if let Some(hook) = hooks.iter().find(|hook| hook.hook.background) {
        let message = "the hook is async: the client does not wait for it";
        return Conclusion::fail(&*session.subject, vec![hook.evidence.clone()], message);
    }
    if let Some(hook) = hooks.iter().find(|hook| !hook.hook.blocks_on_failure) {
        let message = "the hook has no onFailure: \"block\": a crash, a time-out or a missing program lets the call through";
        return Conclusion::fail(&*session.subject, vec![hook.evidence.clone()], message);
    }
    if facts.host().is_ok_and(|(host, _)| host.client_versions.is_empty()) {
        // The key is of 2.1.295; what is installed here is not known, what is required may be.
        return Conclusion::pass(&*session.subject, first.evidence.clone(), "onFailure is \"block\" (clients from 2.1.295 on)");
    }
    if session.effective.environment.client.has(Behaviour::OnFailureBlock) {
        Conclusion::pass(&*session.subject, first.evidence.clone(), "onFailure is \"block\", which the installed client knows")
    } else {
        let message = format!(
            "onFailure is \"block\", which the installed client {} does not know: it came with 2.1.295",
            session.effective.environment.client
        );
        Conclusion::fail(&*session.subject, vec![first.evidence.clone()], message)
    }
}
