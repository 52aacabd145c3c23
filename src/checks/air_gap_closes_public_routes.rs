//! A declared air gap closes the client's public routes.

use serde_json::json;

use crate::{
    facts::{Facts, Lock, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let declared = facts.written(&["network.blockPublicInternet", "auth.vpcEndpoint"]);
    if declared.is_empty() {
        return Findings::one(Conclusion::not_applicable("deployment", "no air gap is written down"));
    }
    Findings::of(facts.each_user(closed), "no user was found to test")
}

fn closed(session: &Session<'_>) -> Conclusion {
    let mut open = Vec::new();
    let mut evidence = Vec::new();
    let provider = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"]
        .iter()
        .find_map(|name| session.administered(&format!("env.{name}")));
    match provider {
        Some(value) => evidence.push(session.cite(&value)),
        None => open.push("no managed provider variable, so the client calls the public API".to_owned()),
    }
    match session.administered("env.CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC") {
        Some(value) => evidence.push(session.cite(&value)),
        None => open.push("non-essential traffic is not switched off".to_owned()),
    }
    for (key, wanted) in [("sandbox.enabled", true), ("sandbox.network.allowManagedDomainsOnly", true)] {
        match session.lock(key, &json!(wanted)) {
            Lock::Held(seen) => evidence.push(seen),
            _ => open.push(format!("managed settings do not fix {key} at {wanted}")),
        }
    }
    match (open.is_empty(), evidence.first().cloned()) {
        (true, Some(first)) => {
            let message = "the settings that close the client's public routes are managed";
            Conclusion::pass(&*session.subject, first, message).citing(evidence.into_iter().skip(1))
        }
        _ => {
            let evidence = if evidence.is_empty() { session.sources() } else { evidence };
            Conclusion::fail(&*session.subject, evidence, open.join("; "))
        }
    }
}
