//! The git hooks of one repository: those that git would run there, and those that are only configured.

use serde::{Deserialize, Serialize};

use super::Digest;

/// What installs or runs hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookManager {
    /// A plain script.
    Plain,
    Husky,
    Lefthook,
    PreCommit,
    Overcommit,
    SimpleGitHooks,
}

/// Why a hook file, though there, is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookFault {
    /// Git skips a hook without the executable bit and only prints a hint.
    NotExecutable,
    /// `core.hooksPath` leads elsewhere.
    Shadowed,
    /// A link to nothing, or no regular file.
    NotAFile,
    Unreadable,
    /// The script hands over to another one that is not there.
    DelegateMissing,
    /// No `#!` line: git runs it only where the system does.
    NoInterpreter,
}

/// The content of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// As seen from the repository; absolute where it lies outside.
    pub path: String,
    pub bytes: u64,
    /// Of the whole file, up to the read limit.
    pub digest: Digest,
    /// The beginning, where it is text.
    pub text: Option<String>,
    pub truncated: bool,
}

/// One hook file under a name that git knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitHook {
    /// `pre-commit`, `commit-msg`, `pre-push`, …
    pub name: String,
    pub path: String,
    pub manager: HookManager,
    pub in_force: bool,
    pub faults: Vec<HookFault>,
    /// The file that git starts, then what it hands over to. Only of executable files: what cannot run is not read.
    pub scripts: Vec<Script>,
}

/// A hook manager whose configuration lies in the work tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedHooks {
    pub manager: HookManager,
    pub config: Vec<String>,
    /// Names of hooks in force that this manager runs. Empty: configured, not installed.
    pub installed: Vec<String>,
    /// Hook names that the configuration asks for, as far as it says so in plain words.
    pub configured: Vec<String>,
}

/// The hooks of one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HooksInForce {
    /// The folder that git looks in.
    pub folder: String,
    /// The file whose `core.hooksPath` decides, and the value; none where the default folder holds.
    pub hooks_path: Option<(String, String)>,
    /// Sorted by name, in force first.
    pub hooks: Vec<GitHook>,
    pub managers: Vec<ManagedHooks>,
    /// Commands that newer gits take from `hook.<name>.command` in the configuration.
    pub config_commands: Vec<String>,
    /// Why the answer may be another on the host: included files, configuration that was not given.
    pub uncertain: Vec<String>,
}

impl HooksInForce {
    /// The hook of this name that git would run.
    pub fn running(&self, name: &str) -> Option<&GitHook> {
        self.hooks.iter().find(|hook| hook.in_force && hook.name == name)
    }
}
