//! What the logs of a period say was done: counts, places and gaps, and never the content of a record.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

pub use super::records::RecordCounts;
pub use super::usage::{Metered, Tokens, Usage};

/// Everything one reading of a set of logs found.
///
/// The invariant of the whole type: `records.there == records.read + records.refused`, in total and per source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSummary {
    /// One entry a file, in the order in which the records were taken: series together, oldest first.
    pub sources: Vec<SourceSummary>,
    /// Files that were read and counted but have no entry of their own, because there were too many.
    pub sources_not_listed: u64,
    pub records: RecordCounts,
    pub activity: Activity,
    /// What was looked for and not seen, or not seen fully.
    pub gaps: Vec<LogGap>,
    pub gaps_not_listed: u64,
}

/// The layout of a record, as it was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A hook's record of a tool call, as JSON.
    ToolLog,
    /// The record of one changed file (`file-changes.log`).
    FileChange,
    /// The record of an incident (`incidents.log`).
    Incident,
    /// A line of a session file under `projects/`.
    Transcript,
    /// A line of `history.jsonl`.
    History,
    /// A `claude_code.*` event out of a telemetry export.
    Telemetry,
    /// One data point out of a telemetry export of metrics.
    Metric,
    /// A row of an organisation's audit-log export.
    AuditExport,
    /// A JSON object that is none of these.
    Other,
}

/// One file (or one member of a rotated series).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSummary {
    /// Path as given, made printable.
    pub path: String,
    /// Name of the series it belongs to (`audit.log` for `audit.log.3.gz`).
    pub series: String,
    /// Bytes on disk when it was opened.
    pub bytes: u64,
    /// Bytes after decompression that were looked at.
    pub bytes_read: u64,
    pub compression: Option<String>,
    /// SHA-256 of the first bytes (at most 4 KiB) after decompression; names the content when the name rotates.
    pub head_sha256: String,
    /// SHA-256 of the file as it lies on the disk, when it was asked for.
    pub sha256: Option<String>,
    /// Digests of beginnings of the content, by length, the whole content last: what a later reading compares with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    pub records: RecordCounts,
    pub shapes: BTreeMap<Shape, u64>,
    pub refused_by_reason: BTreeMap<String, u64>,
    /// The first refusals, located; all are counted above.
    pub refusals: Vec<Refusal>,
    /// The first mended records, located.
    pub repairs: Vec<Place>,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub order: TimeOrder,
    pub days: BTreeMap<Date, SourceDay>,
    /// Records without a time, and days beyond the number that is kept.
    pub days_not_listed: u64,
}

/// One source on one day: a row of the log coverage table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDay {
    pub events: u64,
    pub users_seen: u64,
    pub tools_seen: u64,
    pub unknown_user: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Longest silence between two following records of the day, in minutes.
    pub longest_silence_minutes: u64,
    /// Refused records whose neighbours before were of this day.
    pub refused: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Line number, from 1, in the decompressed file.
    pub line: u64,
    /// Byte offset in the decompressed file.
    pub offset: u64,
}

/// The digest of the first bytes of a content; `head -c BYTES | sha256sum` gives the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    pub line: u64,
    pub offset: u64,
    pub bytes: u64,
    pub reason: String,
}

/// Something that was not seen, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogGap {
    pub path: String,
    pub reason: GapReason,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    Absent,
    Unreadable,
    /// A FIFO, device, socket or a link to one.
    NotAFile,
    /// The compressed data is broken or cut short.
    Damaged,
    /// A bound of the reader was reached.
    TooLarge,
    /// The file grew, shrank or was replaced while it was read.
    Changed,
    /// The same content under another name; read once.
    SameContent,
    /// A format that is recognised and not read.
    NotSupported,
}

/// Whether times rise through a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeOrder {
    /// Records older than the one before them.
    pub backward: u64,
    pub largest_backward_seconds: u64,
    pub first_backward: Vec<Place>,
    /// Records later than the time of the assessment.
    pub in_future: u64,
    /// Times with a readable date and second, but not well-formed.
    pub irregular: u64,
    /// Times without an offset; they were taken as UTC.
    pub without_offset: u64,
}

/// The names of one kind and how often each occurs: the most frequent, and the rest as one number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    /// Most frequent first, then by name.
    pub top: Vec<NameCount>,
    /// Occurrences of all names that are not in `top`.
    pub others: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameCount {
    pub name: String,
    pub count: u64,
}

impl Ranked {
    pub fn get(&self, name: &str) -> u64 {
        self.top.iter().find(|n| n.name == name).map_or(0, |n| n.count)
    }

    pub fn total(&self) -> u64 {
        self.top.iter().map(|n| n.count).sum::<u64>() + self.others
    }
}

/// What was done, over all sources, inside the period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// Of all records that were read, also outside the period.
    pub first_record: Option<Timestamp>,
    pub last_record: Option<Timestamp>,
    /// Inside the period.
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub events: u64,
    pub days: BTreeMap<Date, DayActivity>,
    /// Records without a readable time.
    pub undated: DayActivity,
    /// Records of days beyond the number of days that is kept.
    pub other_days: u64,
    /// Days without a record, between the first and the last day, or in the period when one was given.
    pub missing_days: MissingDays,
    pub users: Ranked,
    pub tools: Ranked,
    pub decisions: Ranked,
    pub modes: Ranked,
    pub versions: Ranked,
    pub outcomes: Ranked,
    pub event_names: Ranked,
    /// Line types of session files that the reader does not know.
    pub unknown_types: Ranked,
    pub fields: FieldQuality,
    pub sessions: Sessions,
    pub by_user: BTreeMap<String, UserActivity>,
    /// Cost and tokens per user and day.
    pub usage: Vec<Usage>,
    pub usage_not_listed: Tokens,
    /// The same as the client's metrics count it, with the sessions that began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metered: Vec<Metered>,
    /// Data points whose amounts found no row.
    #[serde(default, skip_serializing_if = "super::records::is_zero")]
    pub metered_not_listed: u64,
    pub denied: u64,
    pub dangerous: BTreeMap<String, u64>,
    pub file_changes: FileChanges,
    pub log_ins: LogIns,
    pub mode_changes: u64,
    /// Hooks that ended with an error the client does not act on: controls that failed open.
    pub hooks_failed_open: u64,
    /// Tool calls that asked for the sandbox to be off.
    pub sandbox_disabled: u64,
    pub incidents: u64,
    pub hits: BTreeMap<String, HitCount>,
    /// The first of each kind, with place, time, user and class, and no content.
    pub notable: Vec<Notable>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayActivity {
    pub events: u64,
    pub unknown_user: u64,
    pub missing_outcome: u64,
    pub denied: u64,
    pub dangerous: u64,
    pub file_changes: u64,
    pub hits: u64,
    pub users: Ranked,
    pub tools: Ranked,
    pub decisions: Ranked,
    pub modes: Ranked,
    pub versions: Ranked,
    pub outcomes: Ranked,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingDays {
    pub count: u64,
    /// The first of them.
    pub days: Vec<Date>,
}

/// How complete the fields of the records are; n of `tool_records`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldQuality {
    /// Records that describe a tool call: the denominator of the counts below.
    pub tool_records: u64,
    pub with_time: u64,
    pub with_user: u64,
    /// The user is there and says nothing: empty, `unknown`, `null`.
    pub unknown_user: u64,
    pub with_decision: u64,
    pub with_mode: u64,
    pub with_outcome: u64,
    pub with_session: u64,
    pub with_tool_use_id: u64,
    /// Set when every record that has an outcome has this same one: failures were never logged.
    pub constant_outcome: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    pub seen: u64,
    /// Records of sessions beyond the number that is kept apart; when not 0, the other counts are floors.
    pub records_untracked: u64,
    /// Sessions with at least one record in `bypassPermissions`.
    pub bypass: u64,
    /// Sessions in which the mode changed at least once.
    pub with_mode_change: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserActivity {
    pub events: u64,
    pub active_days: u64,
    pub denied: u64,
    pub dangerous: u64,
    pub file_changes: u64,
    pub bypass_records: u64,
    pub log_ins: u64,
    pub failed_log_ins: u64,
    pub hits: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileChanges {
    pub count: u64,
    /// Changes whose record names no file.
    pub without_path: u64,
    pub by_user: Ranked,
    pub by_path: Ranked,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogIns {
    pub succeeded: u64,
    pub failed: u64,
    pub by_method: Ranked,
}

/// Records in which one pattern occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HitCount {
    /// `secret`, `phi` or `pii`.
    pub class: String,
    pub records: u64,
    /// The same, by user.
    pub by_user: Ranked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotableKind {
    Denied,
    Bypass,
    ModeChange,
    Dangerous,
    FailedLogIn,
    HookFailedOpen,
    SandboxDisabled,
    Incident,
    Hit,
}

/// One event worth a reader's look: where it is and what class it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notable {
    pub kind: NotableKind,
    /// Index into `LogSummary::sources`.
    pub source: u64,
    pub line: u64,
    pub offset: u64,
    pub at: Option<Timestamp>,
    pub user: Option<String>,
    pub tool: Option<String>,
    /// Class of the command, id of the pattern, or the modes of a change.
    pub class: String,
    /// 16 hex digits of the SHA-256 of source, offset and class, the first that hold a letter: names the finding without
    /// its content, and is no number that a pattern finds.
    pub fingerprint: String,
}
