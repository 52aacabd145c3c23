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
