//! Managed settings restrict login to the organisation or its cloud provider.

use crate::{
    facts::{Facts, PROVIDERS, Session, names_organisations, shortened},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| restricted(facts, session)), "no user was found to test")
}

fn restricted(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    for provider in PROVIDERS {
        let value = session.administered(&format!("env.{provider}"));
        if let Some(value) = value.filter(|value| value.value == "1" || value.value == "true") {
            let message = format!("managed settings send the client to its provider ({provider})");
            return Conclusion::pass(&*session.subject, session.cite(&value), message);
        }
    }
    let method = session.administered("forceLoginMethod");
    let organisation = session.administered("forceLoginOrgUUID");
    match (method, organisation) {
        (Some(method), _) if method.value == "gateway" => Conclusion::pass(
            &*session.subject,
            session.cite(&method),
            "managed settings require the gateway's login",
        ),
        (Some(method), Some(organisation)) => {
            let cited = vec![session.cite(&method), session.cite(&organisation)];
            if method.value != "claudeai" {
                let message = format!(
                    "forceLoginMethod is {}: the organisation is checked for `claudeai` logins alone",
                    shortened(method.value)
                );
                return Conclusion::fail(&*session.subject, cited, message);
            }
            if !names_organisations(organisation.value) {
                let message = format!(
                    "forceLoginOrgUUID is {}, which is no UUID: the client then lets nobody log in",
                    shortened(organisation.value)
                );
                return Conclusion::fail(&*session.subject, cited, message);
            }
            let message = "managed settings restrict claude.ai logins to the organisation";
            Conclusion::pass(&*session.subject, session.cite(&method), message).citing(cited)
        }
        (Some(method), None) => {
            let message =
                "forceLoginMethod without forceLoginOrgUUID: an account of any organisation can log in";
            Conclusion::fail(&*session.subject, vec![session.cite(&method)], message)
        }
        (None, Some(organisation)) => {
            let message = "forceLoginOrgUUID without forceLoginMethod: other ways to log in stay open";
            Conclusion::fail(&*session.subject, vec![session.cite(&organisation)], message)
        }
        (None, None) => elsewhere(facts, session),
    }
}

/// In a user's or repository's file the keys merely pre-select.
fn elsewhere(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    for key in ["forceLoginMethod", "forceLoginOrgUUID"] {
        if let Some(value) = session.effective.value(key) {
            let message =
                format!("{key} stands in {}, where it restricts nobody", session.shown(value.source));
            return Conclusion::fail(&*session.subject, vec![session.cite(&value)], message);
        }
    }
    if let Some(guide) = facts.written(&["auth"]).first() {
        let message = format!(
            "managed settings neither force a login method nor choose a provider; auth in {} is no key of the client",
            guide.file.source
        );
        return Conclusion::fail(&*session.subject, vec![guide.evidence()], message);
    }
    let message = "managed settings neither force a login method nor choose a provider";
    Conclusion::fail(&*session.subject, session.sources(), message)
}
