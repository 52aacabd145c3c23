//! Commands cannot reach the network except through a managed allowlist.

use serde_json::json;

use crate::{
    client::{permissions::Effect, settings::Scope},
    facts::{Facts, Lock, Session},
    model::{Conclusion, Findings, Judgement},
};

/// The sandbox keys that together close the network for commands (`client-contract` 4.1).
const KEYS: [(&str, bool); 4] = [
    ("sandbox.enabled", true),
    ("sandbox.failIfUnavailable", true),
    ("sandbox.allowUnsandboxedCommands", false),
    ("sandbox.network.allowManagedDomainsOnly", true),
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(restricted), "no user was found to test")
}

fn restricted(session: &Session<'_>) -> Conclusion {
    let mut missing = Vec::new();
    let mut evidence = Vec::new();
    for (key, wanted) in KEYS {
        match session.lock(key, &json!(wanted)) {
            Lock::Held(seen) => evidence.push(seen),
            Lock::Other { evidence: seen, value } => {
                missing.push(format!("{key} is {value}"));
                evidence.push(seen);
            }
            Lock::Changeable { evidence: seen, by } => {
                missing.push(format!("{key} can be changed by {by}"));
                evidence.push(seen);
            }
            Lock::Absent => missing.push(format!("{key} is not set")),
        }
    }
    for key in ["sandbox.network.allowAllUnixSockets", "sandbox.enableWeakerNetworkIsolation"] {
        if let Some(value) = session.effective.value(key).filter(|value| value.value == true) {
            missing.push(format!("{key} is true"));
            evidence.push(session.cite(&value));
        }
    }
    for excluded in session.effective.list("sandbox.excludedCommands") {
        missing.push(format!("{} runs outside the sandbox", excluded.value));
        evidence.push(session.cite(&excluded));
    }
    for domain in session.effective.list("sandbox.network.allowedDomains") {
        let counts = domain.scope == Scope::Managed;
        if counts && domain.value.as_str().is_some_and(|name| matches!(name, "*" | "*.com" | "*.*")) {
            missing.push(format!("the allowlist holds {}", domain.value));
            evidence.push(session.cite(&domain));
        }
    }
    // Without a sandbox the client's own web tools can still be closed, and the network's own rules do the rest.
    let denied = |tool| session.effective.rules().whole_tool(Effect::Deny, tool).is_some();
    let no_sandbox = session.effective.value("sandbox.enabled").is_none();
    if no_sandbox && denied("WebFetch") && denied("WebSearch") {
        let message = "the web tools are denied and there is no sandbox: what commands reach is for the firewall to show";
        return Conclusion::undetermined(&*session.subject, message);
    }
    match (missing.is_empty(), evidence.first().cloned()) {
        (true, Some(first)) => {
            let message = "commands run in the sandbox, which lets through managed domains alone";
            Conclusion::pass(&*session.subject, first, message).citing(evidence.into_iter().skip(1))
        }
        _ => {
            let evidence = if evidence.is_empty() { session.sources() } else { evidence };
            Conclusion::fail(&*session.subject, evidence, missing.join("; "))
        }
    }
}
