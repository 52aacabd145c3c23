//! The proxy exceptions name single hosts or internal domains.

use crate::{
    facts::{Facts, Session, shortened},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(narrow), "no user was found to test")
}

fn narrow(session: &Session<'_>) -> Conclusion {
    let set = ["no_proxy", "NO_PROXY"]
        .iter()
        .find_map(|name| Some((*name, session.effective.value(&format!("env.{name}"))?)));
    let Some((name, value)) = set else {
        return Conclusion::not_applicable(
            &*session.subject,
            "no settings source makes an exception from the proxy",
        );
    };
    let evidence = session.cite(&value);
    let Some(list) = value.value.as_str() else {
        let message = format!("{name} is {}, not text", shortened(value.value));
        return Conclusion::fail(&*session.subject, vec![evidence], message);
    };
    let wide: Vec<&str> = list.split([',', ' ']).map(str::trim).filter(|entry| is_wide(entry)).collect();
    if wide.is_empty() {
        Conclusion::pass(
            &*session.subject,
            evidence,
            format!("{name} names single hosts and internal domains"),
        )
    } else {
        let message = format!("{name} excepts {}", wide.join(", "));
        Conclusion::fail(&*session.subject, vec![evidence], message)
    }
}

/// Everything, a whole top-level domain, the whole address space, or a form that the client does not document.
fn is_wide(entry: &str) -> bool {
    let domain = entry.trim_start_matches('.');
    entry.contains('*')
        || matches!(entry, "0.0.0.0/0" | "::/0")
        || matches!(domain, "com" | "net" | "org" | "io" | "dev" | "ai" | "cloud" | "app")
}
