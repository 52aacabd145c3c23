//! What one place of logs says was done in the period, as an observation: counts and places, never content.

use serde::{Deserialize, Serialize};

use super::activity::LogSummary;

/// Everything read at one place: a log folder, a file named by the operator, or one user's session files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivitySeen {
    pub kind: LogKind,
    /// The smallest unit that the operator or the deployment put there: files given to the reader.
    pub files: u64,
    pub summary: LogSummary,
    pub calls: CallOutcomes,
}

/// What kind of record is kept at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum LogKind {
    /// Logs of tool calls and telemetry that the organisation writes.
    Logs,
    /// The log of changed files (`file-changes.log`).
    FileChanges,
    /// The register of incidents (`incidents.log`).
    Incidents,
    /// Session files that the client itself writes into a user's home (client-contract 8).
    Transcripts { user: String },
}

/// Tool calls joined with what became of them, by tool-use id, over records that parse as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallOutcomes {
    /// Shell calls, each counted once however many records describe it, where these lie within 50,000 calls.
    pub shell: u64,
    /// Part of `shell`: the record holds the command.
    pub shell_with_command: u64,
    /// Part of `shell_with_command`: commands of a class that destroys data or opens permissions.
    pub destructive: Ended,
    /// Calls of tools that read or change a file.
    pub file: u64,
    /// Part of `file`: the record names the file.
    pub file_with_path: u64,
    /// Calls that name a credential file, shell commands included.
    pub credential: Ended,
    /// Sessions that were followed: a floor where `LogSummary` says that records were of sessions beyond the bound.
    pub sessions: u64,
    /// Part of `sessions`: at least one record names the permission mode.
    pub sessions_with_mode: u64,
    /// Records that do not parse as written, and calls worth a look beyond the bound: they were not joined.
    pub not_joined: u64,
    /// The first calls of the classes above, located.
    pub places: Vec<CallPlace>,
}

/// How calls ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    pub succeeded: u64,
    /// Denied, or failed.
    pub stopped: u64,
    /// No record says.
    pub unknown: u64,
}

impl Ended {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.succeeded + self.stopped + self.unknown
    }
}

/// One call worth a reader's look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallPlace {
    pub source: String,
    /// From 1.
    pub line: u64,
    /// Class of the command, or of the credential file.
    pub class: String,
    pub ended: CallEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    Succeeded,
    Stopped,
    Unknown,
}
