//! No user or repository file sends the client's traffic to another endpoint.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions = Vec::new();
    let keys = [
        "env.ANTHROPIC_BASE_URL",
        "env.ANTHROPIC_BEDROCK_BASE_URL",
        "env.ANTHROPIC_VERTEX_BASE_URL",
        "env.CLAUDE_CODE_API_BASE_URL",
    ];
    for found in facts.written(&keys) {
        let name = found.key.trim_start_matches("env.");
        let address = found.value.as_str().unwrap_or_default();
        if is_anthropic(address) {
            continue;
        }
        match &found.file.seen.role {
            Role::Settings { scope: SettingsScope::Managed { .. } } if address.starts_with("https://") => {}
            Role::Settings { scope: SettingsScope::Managed { .. } } => {
                let message = format!("managed settings set {name} to an address without TLS");
                conclusions.push(Conclusion::fail(found.file.source, vec![found.evidence()], message));
            }
            _ => {
                let message = format!("{name} sends prompts and results to another endpoint");
                conclusions.push(Conclusion::fail(found.file.source, vec![found.evidence()], message));
            }
        }
    }
    for file in facts.files_as(|role| matches!(role, Role::Environment { .. })) {
        for (number, line) in file.text().lines().enumerate() {
            let code = line.trim_start().trim_start_matches("export ").trim_start();
            if let Some(address) = code.strip_prefix("ANTHROPIC_BASE_URL=")
                && !is_anthropic(address.trim_matches(['"', '\'']))
            {
                let message = "ANTHROPIC_BASE_URL sends prompts and results to another endpoint";
                conclusions.push(Conclusion::fail(file.source, vec![file.line(number + 1)], message));
            }
        }
    }
    conclusions.extend(facts.settings_not_understood());
    conclusions.extend(facts.unseen_as(|role| matches!(role, Role::Environment { .. })));
    if conclusions.is_empty() {
        let (_, seen) = facts.host()?;
        let settings =
            facts.files_as(|role| matches!(role, Role::Settings { .. })).map(|file| file.evidence());
        let message = "no user, repository or environment file redirects the client's traffic";
        conclusions.push(Conclusion::pass("deployment", seen, message).citing(settings));
    }
    Findings::of(conclusions, "nothing was looked through")
}

fn is_anthropic(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    rest.split(['/', ':', '?', '#']).next() == Some("api.anthropic.com") && !rest.contains('@')
}
