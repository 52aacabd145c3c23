//! Where the client's settings stand on each system, as data (`client-contract` 1.1 and 1.4), and the places that the
//! guide or an old version names and the client does not read.

use crate::model::{ManagedOrigin, Os};

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// `managed-settings.json`.
    Settings(ManagedOrigin),
    /// `managed-settings.d/`.
    DropIns,
    ManagedMcp,
    ManagedMemory,
    /// A preference list of the domain `com.anthropic.claudecode`.
    Preferences,
    /// Settings that the client does not read, and why.
    Unread(&'static str),
}

/// One place of a system.
#[derive(Clone, Copy, Debug)]
pub struct StandardPlace {
    /// Below the root.
    pub path: &'static str,
    pub stands: Stands,
}

const fn at(path: &'static str, stands: Stands) -> StandardPlace {
    StandardPlace { path, stands }
}

const WRONG_NAME: &str =
    "the client reads managed-settings.json and managed-settings.d/ in this folder, never settings.json";
const LEGACY: &str = "the client stopped reading C:\\ProgramData\\ClaudeCode with 2.1.75; the place is C:\\Program Files\\ClaudeCode";

const LINUX: &[StandardPlace] = &[
    at("etc/claude-code/managed-settings.json", Stands::Settings(ManagedOrigin::File)),
    at("etc/claude-code/managed-settings.d", Stands::DropIns),
    at("etc/claude-code/managed-mcp.json", Stands::ManagedMcp),
    at("etc/claude-code/CLAUDE.md", Stands::ManagedMemory),
    at("etc/claude-code/settings.json", Stands::Unread(WRONG_NAME)),
];

const MACOS: &[StandardPlace] = &[
    at("Library/Application Support/ClaudeCode/managed-settings.json", Stands::Settings(ManagedOrigin::File)),
    at("Library/Application Support/ClaudeCode/managed-settings.d", Stands::DropIns),
    at("Library/Application Support/ClaudeCode/managed-mcp.json", Stands::ManagedMcp),
    at("Library/Application Support/ClaudeCode/CLAUDE.md", Stands::ManagedMemory),
    at("Library/Application Support/ClaudeCode/settings.json", Stands::Unread(WRONG_NAME)),
    at("Library/Managed Preferences/com.anthropic.claudecode.plist", Stands::Preferences),
    at(
        "Library/Preferences/com.anthropic.claudecode.plist",
        Stands::Unread(
            "an ordinary preference, not a managed one: the client reads Library/Managed Preferences",
        ),
    ),
    at(
        "etc/claude-code/managed-settings.json",
        Stands::Unread(
            "this is the Linux place; on macOS the client reads /Library/Application Support/ClaudeCode",
        ),
    ),
];

const WINDOWS: &[StandardPlace] = &[
    at("Program Files/ClaudeCode/managed-settings.json", Stands::Settings(ManagedOrigin::File)),
    at("Program Files/ClaudeCode/managed-settings.d", Stands::DropIns),
    at("Program Files/ClaudeCode/managed-mcp.json", Stands::ManagedMcp),
    at("Program Files/ClaudeCode/CLAUDE.md", Stands::ManagedMemory),
    at("Program Files/ClaudeCode/settings.json", Stands::Unread(WRONG_NAME)),
    at("ProgramData/ClaudeCode/managed-settings.json", Stands::Unread(LEGACY)),
    at("ProgramData/ClaudeCode/settings.json", Stands::Unread(LEGACY)),
];

/// A file that looks like the client's and that it does not read.
#[derive(Clone, Copy, Debug)]
pub struct UnreadPlace {
    /// Below a person's configuration folder, a repository, or the managed folder.
    pub path: &'static str,
    pub why: &'static str,
    /// What works in its place.
    pub instead: &'static str,
}

const fn unread(path: &'static str, why: &'static str, instead: &'static str) -> UnreadPlace {
    UnreadPlace { path, why, instead }
}

const NOT_JSON: &str = "the client reads settings.json alone: no YAML, no TOML, no comments";
const AS_JSON: &str = "The same keys as strict JSON in settings.json, or in managed-settings.json.";
const NOT_MANAGED: &str = "managed settings count in the system's own folder only";
const MANAGED: &str = "managed-settings.json in /etc/claude-code, /Library/Application Support/ClaudeCode or C:\\Program Files\\ClaudeCode.";
const NO_HOOK_FILE: &str = "the client reads hooks from settings files; a hooks.json counts in plugins only";
const HOOKS: &str = "The key hooks of managed-settings.json.";
const NO_RULE_FILE: &str = "the client reads rules from the key permissions of settings files only";
const RULES: &str = "permissions.allow, ask and deny in managed-settings.json.";
const NO_SERVER_FILE: &str = "the client reads no servers from this name";
const SERVERS: &str = ".mcp.json at the top of the repository, or managed-mcp.json for all.";

/// Files in a person's configuration folder.
pub const UNREAD_OF_A_PERSON: &[UnreadPlace] = &[
    unread("managed-settings.json", NOT_MANAGED, MANAGED),
    unread("settings.jsonc", NOT_JSON, AS_JSON),
    unread("settings.toml", NOT_JSON, AS_JSON),
    unread("settings.yaml", NOT_JSON, AS_JSON),
    unread("settings.yml", NOT_JSON, AS_JSON),
    unread("hooks.json", NO_HOOK_FILE, HOOKS),
    unread("permissions.json", NO_RULE_FILE, RULES),
    unread("mcp.json", NO_SERVER_FILE, "The key mcpServers of ~/.claude.json, or managed-mcp.json for all."),
];

/// Files in a repository.
pub const UNREAD_OF_A_REPOSITORY: &[UnreadPlace] = &[
    unread(
        ".claudeignore",
        "the client knows no such file: what it lists is read like everything else",
        "Read(...) rules in permissions.deny of managed settings.",
    ),
    unread(".claude/managed-settings.json", NOT_MANAGED, MANAGED),
    unread(".claude/settings.jsonc", NOT_JSON, AS_JSON),
    unread(".claude/settings.toml", NOT_JSON, AS_JSON),
    unread(".claude/settings.yaml", NOT_JSON, AS_JSON),
    unread(".claude/settings.yml", NOT_JSON, AS_JSON),
    unread(".claude/hooks.json", NO_HOOK_FILE, HOOKS),
    unread(".claude/hooks/hooks.json", NO_HOOK_FILE, HOOKS),
    unread(".claude/permissions.json", NO_RULE_FILE, RULES),
    unread(".claude/mcp.json", NO_SERVER_FILE, SERVERS),
    unread(".claude/.mcp.json", NO_SERVER_FILE, SERVERS),
    unread(
        ".claude.json",
        "the client reads ~/.claude.json of the person only",
        "settings.json in .claude, and .mcp.json.",
    ),
];

/// Files in the folder of the managed files.
pub const UNREAD_OF_THE_MANAGED_FOLDER: &[UnreadPlace] = &[
    unread("managed-settings.jsonc", NOT_JSON, AS_JSON),
    unread("managed-settings.toml", NOT_JSON, AS_JSON),
    unread("managed-settings.yaml", NOT_JSON, AS_JSON),
    unread("managed-settings.yml", NOT_JSON, AS_JSON),
    unread("policy.json", NOT_MANAGED, "managed-settings.json in this folder."),
    unread("hooks.json", NO_HOOK_FILE, HOOKS),
    unread("permissions.json", NO_RULE_FILE, RULES),
    unread("mcp.json", NO_SERVER_FILE, "managed-mcp.json in this folder."),
    unread(".mcp.json", NO_SERVER_FILE, "managed-mcp.json in this folder."),
];

/// The places of a system.
pub const fn of(os: Os) -> &'static [StandardPlace] {
    match os {
        Os::Linux => LINUX,
        Os::MacOs => MACOS,
        Os::Windows => WINDOWS,
    }
}

/// The folder that the client's managed files stand in.
pub const fn managed_folder(os: Os) -> &'static str {
    match os {
        Os::Linux => "etc/claude-code",
        Os::MacOs => "Library/Application Support/ClaudeCode",
        Os::Windows => "Program Files/ClaudeCode",
    }
}
