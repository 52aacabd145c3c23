//! The credential hook blocks when it breaks.

use crate::{
    client::version::Behaviour,
    facts::{Facts, Purpose, RegisteredHook, Session},
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
    // What is written counts here: whether the client knows the key is the next question.
    let written = |hook: &RegisteredHook<'_>| {
        let source =
            session.effective.sources().iter().find(|source| source.source.path == hook.hook.source)?;
        let entry = serde_json::Value::Object(source.written.clone());
        Some(entry.pointer(&hook.hook.pointer)?.get("onFailure")? == "block")
    };
    if let Some(hook) = hooks.iter().find(|hook| written(hook) != Some(true)) {
        let message = "the hook has no onFailure: \"block\": a crash, a time-out or a missing program lets the call through";
        return Conclusion::fail(&*session.subject, vec![hook.evidence.clone()], message);
    }
    let key = "onFailure is \"block\", which clients know from 2.1.295 on";
    if facts.host().is_ok_and(|(host, _)| host.client_versions.is_empty()) {
        let message = format!("{key}; no installed client was found, so its version is not known");
        return Conclusion::undetermined(&*session.subject, message);
    }
    let client = session.effective.environment.client;
    if client.has(Behaviour::OnFailureBlock) {
        Conclusion::pass(&*session.subject, first.evidence.clone(), format!("{key}; {client} is installed"))
    } else {
        let message = format!("{key}; {client} is installed and ignores it");
        Conclusion::fail(&*session.subject, vec![first.evidence.clone()], message)
    }
}
