//! What Claude Code does with its settings, rules and hooks: a pure model, held to measurements of the real client.

pub mod advisories;
pub mod code_runners;
pub mod dead_rules;
pub mod environment;
pub mod flaws;
pub mod hooks;
pub mod mcp;
pub mod permissions;
pub mod settings;
pub mod shell;
pub mod simulate;
mod table;
pub mod version;
