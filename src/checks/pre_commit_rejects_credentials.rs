//! The pre-commit hook refuses commits that hold credentials.

use crate::{
    facts::Facts,
    model::{Conclusion, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_repository(|repository, evidence| {
        let subject = format!("repository {}", repository.name);
        let hook = repository.hooks.iter().find(|hook| hook.event == "pre-commit" && hook.in_force);
        let Some(hook) = hook else {
            let message = "git runs no pre-commit hook, so nothing refuses a commit";
            return Conclusion::fail(subject, vec![evidence], message);
        };
        match hook.text.as_deref().map(never_refuses) {
            Some(true) => {
                let message = format!("{} does nothing but end with success (exit 0): it refuses nothing", hook.path);
                Conclusion::fail(subject, vec![evidence.at(hook.path.clone())], message)
            }
            _ => {
                let message = format!("{} was not run, and only running it shows whether it refuses credentials", hook.path);
                Conclusion::undetermined(subject, message)
            }
        }
    })
}

/// Whether the script holds nothing but comments, `exit 0`, `true` and the like.
fn never_refuses(text: &str) -> bool {
    let mut statements =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    statements.peek().is_none()
        || statements.all(|line| {
            matches!(line, "exit 0" | "exit" | "true" | ":" | "cat" | "cat >/dev/null" | "set -e" | "set -eu" | "set -euo pipefail")
                || line.starts_with("echo ")
        })
}
