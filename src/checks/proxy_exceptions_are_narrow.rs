//! The proxy exceptions name single hosts or internal domains.

use crate::{
    facts::{Facts, Session, shortened},
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions = facts.each_session(narrow);
    // What a login file excepts is excepted for every session of a terminal.
    let exceptions = |name: &str| name.eq_ignore_ascii_case("NO_PROXY") || name == "GLOBAL_AGENT_NO_PROXY";
    for variable in facts.login_names().into_iter().filter(|variable| exceptions(&variable.name)) {
        let wide: Vec<&str> = wide(&variable.value);
        if !wide.is_empty() {
            let message = format!("{} excepts {}", variable.name, wide.join(", "));
            conclusions.push(Conclusion::fail(variable.source, vec![variable.evidence], message));
        }
    }
    conclusions.extend(facts.unseen_as(|role| matches!(role, Role::Environment { .. })));
    Findings::of(conclusions, "no user was found to test")
}

fn wide(list: &str) -> Vec<&str> {
    list.split([',', ' ']).map(str::trim).filter(|entry| is_wide(entry)).collect()
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
    let wide = wide(list);
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
