//! Hooks that approve in a person's place without having looked at the call.

use super::hooks::code;
use super::{Facts, RegisteredHook, Session};
use crate::client::hooks;

impl Facts<'_> {
    /// A hook in force that approves calls which change or send something, whatever they are.
    pub fn approver<'f>(&'f self, session: &Session<'_>) -> Option<RegisteredHook<'f>> {
        let client = session.effective.environment.client;
        self.hooks(session).into_iter().find(|hook| {
            let matcher = hook.hook.matcher.as_deref().unwrap_or_default();
            matches!(hook.hook.event.as_str(), "PreToolUse" | "PermissionRequest")
                && hook.hook.in_force.is_ok()
                && hook.hook.condition.is_none()
                && ["Bash", "Write", "Edit", "WebFetch"]
                    .iter()
                    .any(|tool| hooks::matches(matcher, tool, client) == Some(true))
                && hook.approves_unseen()
        })
    }
}

impl RegisteredHook<'_> {
    /// Whether the hook approves without having looked at the call.
    fn approves_unseen(&self) -> bool {
        let reads = |line: &str| {
            ["cat", "jq", "read", "stdin", "input", "head"]
                .iter()
                .any(|word| line.to_lowercase().contains(word))
        };
        let text = self.text();
        self.approves() && !self.is_opaque() && !code(&text).any(reads)
    }
}
