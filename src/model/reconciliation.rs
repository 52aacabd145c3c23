//! How the records of tool calls agree with each other: in one and not in the other, both, per day, with reasons.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// Every kind of record of the same calls, compared by tool-use id, session and time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reconciliation {
    pub populations: Vec<CallPopulation>,
    pub pairs: Vec<Pair>,
    /// Commits in which an agent took part, against the records; nothing where no repository was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<CommitTie>,
    /// One call in so many was compared, chosen by the digest of its id; 1 where every call was.
    pub one_in: u64,
    /// Records whose session was beyond the number that is held.
    pub sessions_not_held: u64,
}

/// Who wrote the record of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// The organisation's hook.
    HookLog,
    /// The client's telemetry export.
    Telemetry,
    /// The client's session files.
    Transcripts,
}

impl RecordKind {
    pub const ALL: [Self; 3] = [Self::HookLog, Self::Telemetry, Self::Transcripts];

    /// The words of every format.
    pub const fn words(self) -> &'static str {
        match self {
            Self::HookLog => "hook log",
            Self::Telemetry => "telemetry",
            Self::Transcripts => "session files",
        }
    }
}

/// What one kind of record names inside the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallPopulation {
    pub kind: RecordKind,
    /// Records of tool calls; several may describe one call.
    pub records: u64,
    /// Part of `records`: no tool-use id, so they can be compared by day only.
    pub without_id: u64,
    /// Distinct ids that were compared.
    pub calls: u64,
    pub sessions: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
}

/// Two kinds of record, call by call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub left: RecordKind,
    pub right: RecordKind,
    /// By the day (UTC) of the call's first record.
    pub days: BTreeMap<Date, Tie>,
    /// Calls whose records have no time.
    pub undated: Tie,
    /// The earliest calls that one side lacks, without those of a harmless reason.
    pub examples: Vec<Unmatched>,
}

/// One day of a pair: distinct calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tie {
    pub both: u64,
    pub left_only: BTreeMap<Lack, u64>,
    pub right_only: BTreeMap<Lack, u64>,
}

impl Tie {
    /// Adds the counts of another day.
    pub fn add(&mut self, other: &Self) {
        self.both += other.both;
        for (mine, theirs) in
            [(&mut self.left_only, &other.left_only), (&mut self.right_only, &other.right_only)]
        {
            for (lack, count) in theirs {
                *mine.entry(*lack).or_default() += count;
            }
        }
    }
}

/// What is known of a call that the other side does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// At the edge of the period or of the collection: its other record may lie beyond.
    AtEdge,
    /// It was denied, and a record after the call is never made.
    Denied,
    /// It never ended as far as its own records say.
    NoResult,
    /// The person has no home on the examined host.
    OtherPerson,
    /// Older than the oldest record of the other side.
    BeforeFirst,
    /// Newer than the newest record of the other side.
    AfterLast,
    /// The other side does not know the session at all.
    WholeSession,
    /// The other side has records of the same session, before and after.
    Missing,
}

impl Lack {
    /// The words of every format.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AtEdge => "at the edge of the period or of the collection",
            Self::Denied => "denied before it ran",
            Self::NoResult => "no result was recorded",
            Self::OtherPerson => "of a person without a home on this host",
            Self::BeforeFirst => "older than the oldest record there",
            Self::AfterLast => "newer than the newest record there",
            Self::WholeSession => "its whole session is not there",
            Self::Missing => "its session is there and the call is not",
        }
    }

    /// Whether the reason alone accounts for the difference, whichever side lacks the call.
    pub const fn is_harmless(self) -> bool {
        matches!(self, Self::AtEdge | Self::Denied | Self::NoResult)
    }
}

/// One call that one side lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmatched {
    /// The tool-use id as recorded; nothing where it could not be read again.
    pub id: Option<String>,
    pub missing_in: RecordKind,
    pub lack: Lack,
    pub at: Option<Timestamp>,
    /// Where the other side names it.
    pub source: String,
    /// Byte offset of the record, in the decompressed file.
    pub offset: u64,
}

/// Commits of the period whose message names an agent, against the records of tool calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitTie {
    /// Commits looked at.
    pub commits: u64,
    /// Part of `commits`: an agent is named in the message. Absence proves nothing.
    pub by_agent: u64,
    /// Part of `by_agent`: a record of a tool call lies within an hour.
    pub near_a_record: u64,
    /// The first of the others: repository, commit and time.
    pub examples: Vec<String>,
    /// Repositories whose history could not be walked.
    pub not_walked: Vec<String>,
}
