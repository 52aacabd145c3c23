//! Only managed permission rules count, and managed settings hold deny rules.

use serde_json::json;

use crate::{
    client::settings::Scope,
    facts::{Facts, Lock, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(locked), "no user was found to test")
}

fn locked(session: &Session<'_>) -> Conclusion {
    let key = "allowManagedPermissionRulesOnly";
    if !matches!(session.lock(key, &json!(true)), Lock::Held(_)) {
        return session.require_lock(key, &json!(true));
    }
    let deny: Vec<_> = session
        .effective
        .list("permissions.deny")
        .into_iter()
        .filter(|rule| rule.scope == Scope::Managed)
        .collect();
    match deny.first() {
        Some(first) => {
            let message = format!("only managed rules count, {} deny rules among them", deny.len());
            Conclusion::pass(&*session.subject, session.cite(first), message)
        }
        None => {
            let message = "the lock is set and managed settings deny nothing: deny rules of users and repositories are off too";
            Conclusion::fail(&*session.subject, session.sources(), message)
        }
    }
}
