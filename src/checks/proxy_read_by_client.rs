//! Managed settings give the client a proxy that it can use.

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

/// In the order in which the client asks.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(usable), "no user was found to test")
}

fn usable(session: &Session<'_>) -> Conclusion {
    let set =
        VARIABLES.iter().find_map(|name| Some((name, session.effective.value(&format!("env.{name}"))?)));
    let Some((name, value)) = set else { return without(session) };
    let evidence = session.cite(&value);
    // A user's https_proxy comes before a managed HTTPS_PROXY.
    if session.administered(&format!("env.{name}")).is_none() {
        let message = format!(
            "{name} decides and is set in {}, which no administrator holds",
            session.shown(value.source)
        );
        return Conclusion::fail(&*session.subject, vec![evidence], message);
    }
    match value.value.as_str().map(fault) {
        Some(None) => Conclusion::pass(&*session.subject, evidence, format!("managed settings set {name}")),
        Some(Some(fault)) => {
            let scheme =
                value.value.as_str().and_then(|text| text.trim().split_once("://")).map(|(scheme, _)| scheme);
            let scheme = scheme.map_or_else(String::new, |scheme| format!(" ({scheme})"));
            Conclusion::fail(&*session.subject, vec![evidence], format!("{name}{scheme} {fault}"))
        }
        None => Conclusion::fail(&*session.subject, vec![evidence], format!("{name} is not text")),
    }
}

fn without(session: &Session<'_>) -> Conclusion {
    let message = "managed settings set no proxy variable that the client reads (HTTPS_PROXY or HTTP_PROXY)";
    // Variables of a library that the client does not use.
    let unread = ["GLOBAL_AGENT_HTTPS_PROXY", "GLOBAL_AGENT_HTTP_PROXY", "ALL_PROXY", "all_proxy"]
        .iter()
        .find_map(|name| Some((name, session.effective.value(&format!("env.{name}"))?)));
    if let Some((name, value)) = unread {
        let message = format!("{name} is set, which the client does not read; {message}");
        return Conclusion::fail(&*session.subject, vec![session.cite(&value)], message);
    }
    Conclusion::fail(&*session.subject, session.sources(), message)
}

/// What keeps the client from using the address, or makes it unfit to stand in a file.
fn fault(address: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = address.trim().split_once("://") else {
        return Some("has no http:// or https://");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if scheme.to_ascii_lowercase().starts_with("socks") {
        return Some("is a SOCKS address, which the client does not support");
    }
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Some("is neither http nor https");
    }
    if host.contains('@') {
        return Some("holds credentials, readable by everyone who can read the settings");
    }
    (host.is_empty() || host.starts_with(':') || host.contains(char::is_whitespace))
        .then_some("names no host")
}
