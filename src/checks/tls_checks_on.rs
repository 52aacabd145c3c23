//! Nothing switches off certificate checks.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

const NAME: &str = "NODE_TLS_REJECT_UNAUTHORIZED";

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions = Vec::new();
    for found in facts.written(&["env.NODE_TLS_REJECT_UNAUTHORIZED"]) {
        // Node.js compares the text with "0"; a number becomes that text.
        if found.value == "0" || found.value == 0 {
            let message = format!("{NAME} is 0: certificates are not checked");
            conclusions.push(Conclusion::fail(found.file.source, vec![found.evidence()], message));
        }
    }
    for file in facts.files_as(|role| matches!(role, Role::Environment { .. } | Role::Launcher { .. })) {
        for (number, line) in file.text().lines().enumerate() {
            if switches_off(line) {
                let message = format!("{NAME} is 0: certificates are not checked");
                conclusions.push(Conclusion::fail(file.source, vec![file.line(number + 1)], message));
            }
        }
    }
    conclusions.extend(facts.settings_not_understood());
    conclusions
        .extend(facts.unseen_as(|role| matches!(role, Role::Environment { .. } | Role::Launcher { .. })));
    if conclusions.is_empty() {
        let (_, seen) = facts.host()?;
        let settings =
            facts.files_as(|role| matches!(role, Role::Settings { .. })).map(|file| file.evidence());
        let message = format!("no settings, environment or launcher file sets {NAME} to 0");
        conclusions.push(Conclusion::pass("deployment", seen, message).citing(settings));
    }
    Findings::of(conclusions, "nothing was looked through")
}

fn switches_off(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default();
    code.split(NAME).skip(1).any(|rest| {
        let rest = rest.trim_start();
        let Some(value) = rest.strip_prefix(['=', ':']) else { return false };
        let value = value.trim_start().trim_start_matches(['"', '\'']);
        value.starts_with('0') && !value[1..].starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}
