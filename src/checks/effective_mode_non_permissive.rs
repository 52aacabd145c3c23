//! Each user's sessions start in a mode that asks.

use crate::{
    client::permissions::mode::start_mode,
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
    policy::Policy,
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| mode(session, facts.policy())), "no user was found to test")
}

fn mode(session: &Session<'_>, policy: &Policy) -> Conclusion {
    let start = start_mode(&session.effective);
    if let Some(doubt) = start.doubt {
        return Conclusion::undetermined(&*session.subject, doubt);
    }
    // A mode that its file may not choose on this client counts as unset.
    let chosen = session.effective.value("permissions.defaultMode");
    let Some(value) = chosen.filter(|value| start.chosen_by.as_deref() == Some(value.source)) else {
        return unset(session, policy);
    };
    let evidence = session.cite(&value);
    let mode = value.value.as_str().unwrap_or_default();
    if accepted(policy, mode) {
        Conclusion::pass(&*session.subject, evidence, format!("sessions start in mode `{mode}`"))
    } else {
        let message = format!("sessions start in mode `{mode}`, set by {}", session.shown(value.source));
        Conclusion::fail(&*session.subject, vec![evidence], message)
    }
}

/// What an unset mode means depends on the plan, and on whether auto mode is switched off (`client-contract` 2.4).
fn unset(session: &Session<'_>, policy: &Policy) -> Conclusion {
    for key in ["disableAutoMode", "permissions.disableAutoMode"] {
        if let Some(value) = session.effective.value(key).filter(|value| value.value == "disable") {
            let message = format!("no mode is set, and {key} makes the built-in start mode `default`");
            return Conclusion::pass(&*session.subject, session.cite(&value), message);
        }
    }
    for provider in ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"] {
        if let Some(value) =
            session.administered(&format!("env.{provider}")).filter(|value| value.value == "1")
        {
            let message = format!("no mode is set, and sessions through {provider} start in `default`");
            return Conclusion::pass(&*session.subject, session.cite(&value), message);
        }
    }
    let message = if policy.parameters.auto_mode_accepted {
        "no mode is set: on some plans sessions then start in `auto`, which the policy accepts only where it is chosen"
    } else {
        "no mode is set: on Pro, Max and Team plans sessions then start in `auto` (client 2.1.228 and later)"
    };
    Conclusion::fail(&*session.subject, session.sources(), message)
}

/// The policy's list; accepting edits is a decision of its own.
fn accepted(policy: &Policy, mode: &str) -> bool {
    let parameters = &policy.parameters;
    parameters.accepted_modes.contains(mode)
        || (mode == "acceptEdits" && parameters.accept_edits)
        || (mode == "auto" && parameters.auto_mode_accepted)
}
