//! The written deny list names rm, mkfs, dd and chmod 777.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

const NAMES: [&str; 4] = ["rm", "mkfs", "dd", "chmod 777"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let lists = facts.written(&["permissions.deny"]);
    let rules: Vec<(&str, _)> = lists
        .iter()
        .flat_map(|list| {
            let items = list.value.as_array().into_iter().flatten();
            items.filter_map(|rule| Some((rule.as_str()?, list.evidence())))
        })
        .collect();
    let named = |name: &&str| rules.iter().find(|(rule, _)| names(rule, name));
    let missing: Vec<&str> = NAMES.iter().filter(|name| named(name).is_none()).copied().collect();
    let evidence: Vec<_> = NAMES.iter().filter_map(named).map(|(_, evidence)| evidence.clone()).collect();
    Findings::one(match (missing.is_empty(), evidence.first().cloned()) {
        (true, Some(first)) => {
            let message = format!("the deny lists name {}", NAMES.join(", "));
            Conclusion::pass("deployment", first, message).citing(evidence.into_iter().skip(1))
        }
        _ => {
            let evidence = if evidence.is_empty() { facts.looked_at() } else { evidence };
            let message = format!("no deny list names {}", missing.join(", "));
            Conclusion::fail("deployment", evidence, message)
        }
    })
}

/// Whether a rule is for the whole shell or its text begins with the command.
fn names(rule: &str, name: &str) -> bool {
    if matches!(rule, "Bash" | "Bash(*)" | "*") {
        return true;
    }
    let Some(text) = rule.strip_prefix("Bash(").and_then(|rest| rest.strip_suffix(')')) else { return false };
    if let Some(mode) = name.strip_prefix("chmod ") {
        return text.trim_start_matches('*').trim_start().starts_with("chmod")
            && (text.contains(mode) || text == "chmod *" || text == "chmod:*");
    }
    let text = text.trim_start_matches('*').trim_start();
    text.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}
