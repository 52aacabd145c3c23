//! Policy delivered by the server holds when it cannot be fetched.

use serde_json::json;

use crate::{
    client::settings::ManagedOrigin,
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(closed), "no user was found to test")
}

fn closed(session: &Session<'_>) -> Conclusion {
    let (in_force, _) = session.effective.managed();
    if in_force.iter().any(|source| source.origin() == ManagedOrigin::Server) {
        session.require_lock("forceRemoteSettingsRefresh", &json!(true))
    } else {
        Conclusion::not_applicable(&*session.subject, "the policy in force does not come from the server")
    }
}
