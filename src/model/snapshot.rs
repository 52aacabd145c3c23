//! A snapshot: everything one collection saw and everything it looked for and did not see.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Digest, Observation, Period, Role};

/// The wire name of the snapshot format.
const SCHEMA: &str = "workpaper/snapshot/v1";

/// What a collection was asked to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// How the root is named in reports: `/` for this host, otherwise the name of the folder that stood for it.
    pub root: String,
    /// Names of the repositories looked at, sorted.
    pub repositories: Vec<String>,
    /// Log files and folders named by the operator.
    pub logs: Vec<String>,
    pub period: Period,
    pub as_of: Timestamp,
}

/// Why a thing looked for was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// It is not there.
    Absent,
    /// Reading it failed.
    Unreadable,
    /// It is there and cannot be understood.
    Malformed,
    /// It is larger than the limit.
    TooLarge,
    /// The operating system refused.
    NotPermitted,
    /// It took longer than the limit.
    TimedOut,
    /// It is not an ordinary file: a pipe, a socket, a device, a loop of links.
    NotAFile,
    /// This run did not look: the reader or the probe was not asked for, or does not exist yet.
    NotCollected,
}

impl GapReason {
    /// The word used in every format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unreadable => "unreadable",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::NotPermitted => "not_permitted",
            Self::TimedOut => "timed_out",
            Self::NotAFile => "not_a_file",
            Self::NotCollected => "not_collected",
        }
    }
}

/// One thing looked for and not seen, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Where it was looked for: a path below the root, or the name of a source.
    pub source: String,
    pub reason: GapReason,
    pub detail: String,
    /// What the file would have been, where its collector knows: the checks of such files have an unknown more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sought: Option<Role>,
}

impl Gap {
    /// A gap for this source.
    pub fn new(source: impl Into<String>, reason: GapReason, detail: impl Into<String>) -> Self {
        Self { source: source.into(), reason, detail: detail.into(), sought: None }
    }

    /// The same, for a file whose role is known although it was not read.
    pub fn of_file(self, role: Role) -> Self {
        Self { sought: Some(role), ..self }
    }

    /// The sentence a reader sees.
    pub fn sentence(&self) -> String {
        format!("{}: {} ({})", self.source, self.detail, self.reason.word())
    }
}

/// All observations and gaps of one collection. Immutable once made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    schema: String,
    pub scope: Scope,
    /// Sorted by source, locator and digest.
    pub observations: Vec<Observation>,
    /// Sorted.
    pub gaps: Vec<Gap>,
}

impl Snapshot {
    /// Freezes what was seen, in an order that does not depend on how it was found.
    pub fn new(scope: Scope, mut observations: Vec<Observation>, mut gaps: Vec<Gap>) -> Self {
        observations.sort_by(|a, b| (&a.source, &a.locator, &a.id).cmp(&(&b.source, &b.locator, &b.id)));
        observations.dedup_by(|a, b| a.id == b.id);
        gaps.sort();
        gaps.dedup();
        Self { schema: SCHEMA.to_owned(), scope, observations, gaps }
    }

    /// Names the whole snapshot.
    pub fn digest(&self) -> Digest {
        Digest::of_value(self)
    }

    /// Reads a snapshot, and refuses one whose observations do not carry the digest of their content.
    pub fn parse(text: &str) -> Result<Self, String> {
        let snapshot: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if snapshot.schema != SCHEMA {
            return Err(format!("the schema is `{}`, not `{SCHEMA}`", snapshot.schema.escape_debug()));
        }
        match snapshot.observations.iter().find(|observation| !observation.is_intact()) {
            Some(changed) => {
                Err(format!("the observation of {} was changed after it was made", changed.source))
            }
            None => Ok(snapshot),
        }
    }
}
