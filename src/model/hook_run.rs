//! What a hook did when it was really run: one hook, one battery of test inputs.

use serde::{Deserialize, Serialize};

use super::Digest;

/// The session that every probe says it is: fixed, so that results can be compared.
pub const PROBE_SESSION: &str = "0c0ffee0-0000-4000-8000-00000000cafe";

/// One hook, run with one battery of test inputs (canaries).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookRun {
    /// `SOURCE#POINTER` of the settings entry, or the path of a git hook below `repo:NAME/`.
    pub hook: String,
    pub event: String,
    /// The command as it was given to the shell, redacted.
    pub command: String,
    pub battery: String,
    /// Whose session this was run as; nothing where the result holds for every user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// In which repository; nothing where the result holds for every folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    pub isolation: Isolation,
    pub programs: Programs,
    /// Of the settings file's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_sha256: Option<Digest>,
    /// Scripts that the command names: source and digest of their bytes, sorted.
    pub scripts: Vec<(String, Digest)>,
    /// In the order of the battery.
    pub runs: Vec<CanaryRun>,
}

/// What kept a run from touching anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// Namespaces: own file system, network, processes and users.
    Bubblewrap,
    /// Kernel rules on this machine's own file system: nothing is written outside of a scratch folder, which stands
    /// for the home, and no other root can be shown.
    LandlockSeccomp,
    /// Nothing; the operator allowed it.
    None,
}

impl Isolation {
    /// What keeps a hook in, strongest first.
    pub const SANDBOXED: &[Self] = &[Self::Bubblewrap, Self::LandlockSeccomp];
    /// The same, and no isolation where the machine offers none: only where the operator asked for it.
    pub const OPERATORS_CHOICE: &[Self] = &[Self::Bubblewrap, Self::LandlockSeccomp, Self::None];

    /// The words that reports use.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Bubblewrap => "bubblewrap",
            Self::LandlockSeccomp => "landlock and seccomp",
            Self::None => "no isolation (the operator's choice)",
        }
    }
}

/// Whose interpreters and tools (shell, jq, grep) the hook ran with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Programs {
    /// Those of the host under examination.
    OfTheHost,
    /// The copy of the host brought none: those of the machine that ran the probe.
    OfThisMachine,
}

/// What a canary asks of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// The call must be stopped.
    Stop,
    /// A harmless neighbour: stopping it is over-blocking.
    Pass,
    /// The call must leave one record.
    Record,
    /// Broken input or a missing program: shows whether the hook fails open or closed.
    Fault,
}

/// One run with one canary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CanaryRun {
    pub canary: String,
    pub aim: Aim,
    /// Whether the verdict of an item depends on it; the others are reported as n of N.
    #[serde(default, skip_serializing_if = "is_false")]
    pub baseline: bool,
    /// What the canary tries, in words: `Read /home/dev/work/.env`.
    pub tries: String,
    /// The tool of the call; empty for faults and git hooks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tool: String,
    /// The tool's input as JSON, redacted; the start of it where it is long.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub input: String,
    pub end: End,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
    /// Whether there was more output than is kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
    /// What was written below the log folders, file by file, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrote: Vec<Written>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Exit(i32),
    /// Killed by this signal from inside.
    Signal(i32),
    /// The hook's own time limit passed, as it would in the client.
    TimedOut,
    /// The probe's time limit passed before the hook's own did: what the client would see is not known.
    ProbeLimit,
    /// The sandbox did not start it.
    NotStarted,
}

/// What a run added to one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Below the root.
    pub file: String,
    /// The added lines, times and chance values replaced: `<time>` for RFC 3339 with a zone and near the moment of the
    /// run, `<time without zone>`, `<other time>`, `<number of now>`, `<chance>`.
    pub lines: Vec<String>,
    /// Whether there were more lines, or longer ones, than are kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
    /// Lines that are one whole JSON object each, before they were cut.
    pub whole: usize,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
