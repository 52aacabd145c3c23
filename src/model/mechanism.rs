//! The client's mechanisms of enforcement: what a control rests on, and a flawed release breaks.

use serde::{Deserialize, Serialize};

/// One mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// Deny rules for shell commands.
    CommandRules,
    /// Deny rules for files.
    FileRules,
    AskRules,
    /// The question before a call that no rule allows.
    Questions,
    /// The keys that lock modes off.
    ModeLocks,
    Hooks,
    Sandbox,
    /// The allow and deny lists for MCP servers.
    McpLists,
    ManagedSettings,
    /// `requiredMinimumVersion`.
    MinimumVersion,
    /// The question before a folder's own programs run.
    Trust,
    /// The keys that restrict login.
    Login,
    Telemetry,
    Proxy,
}

impl Mechanism {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::CommandRules,
        Self::FileRules,
        Self::AskRules,
        Self::Questions,
        Self::ModeLocks,
        Self::Hooks,
        Self::Sandbox,
        Self::McpLists,
        Self::ManagedSettings,
        Self::MinimumVersion,
        Self::Trust,
        Self::Login,
        Self::Telemetry,
        Self::Proxy,
    ];

    /// The name in data.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CommandRules => "command_rules",
            Self::FileRules => "file_rules",
            Self::AskRules => "ask_rules",
            Self::Questions => "questions",
            Self::ModeLocks => "mode_locks",
            Self::Hooks => "hooks",
            Self::Sandbox => "sandbox",
            Self::McpLists => "mcp_lists",
            Self::ManagedSettings => "managed_settings",
            Self::MinimumVersion => "minimum_version",
            Self::Trust => "trust",
            Self::Login => "login",
            Self::Telemetry => "telemetry",
            Self::Proxy => "proxy",
        }
    }

    /// The name in sentences.
    pub const fn words(self) -> &'static str {
        match self {
            Self::CommandRules => "deny rules for commands",
            Self::FileRules => "deny rules for files",
            Self::AskRules => "ask rules",
            Self::Questions => "questions before calls",
            Self::ModeLocks => "locks on modes",
            Self::Hooks => "hooks",
            Self::Sandbox => "the sandbox",
            Self::McpLists => "lists of MCP servers",
            Self::ManagedSettings => "managed settings",
            Self::MinimumVersion => "the required minimum version",
            Self::Trust => "the question of trust",
            Self::Login => "login restrictions",
            Self::Telemetry => "telemetry",
            Self::Proxy => "the proxy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_data_is_the_one_that_is_read() {
        for mechanism in Mechanism::ALL {
            let read: Mechanism = serde_json::from_value(mechanism.word().into()).expect("a known name");
            assert_eq!(read, mechanism);
        }
    }
}
