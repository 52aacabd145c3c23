//! Secrets that a commit of the period brought into the history. The secret itself is nowhere in these values.

use serde::{Deserialize, Serialize};

use super::{
    Digest, Period,
    change::{ClaimedTime, ObjectName},
};

/// One place in one blob that matched a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretInHistory {
    /// The earliest commit of the period, by its own claim, that added this blob.
    pub commit: ObjectName,
    pub committer_time: ClaimedTime,
    pub path: String,
    pub class: String,
    pub blob: ObjectName,
    /// In bytes, from 0.
    pub offset: u64,
    /// From 1.
    pub line: u64,
    /// Of class, path, blob and offset: the same finding in every run.
    pub fingerprint: Digest,
    /// The file as it was before had no such match; otherwise the commit only carried it along.
    pub new_in_commit: bool,
    /// The blob still lies in the tree of a tip that was examined.
    pub at_tip: bool,
}

impl SecretInHistory {
    /// The name of a finding.
    pub fn name(class: &str, path: &str, blob: &ObjectName, offset: u64) -> Digest {
        Digest::of_parts(&[
            class.as_bytes(),
            b"\0",
            path.as_bytes(),
            b"\0",
            blob.as_str().as_bytes(),
            b"\0",
            offset.to_string().as_bytes(),
        ])
    }
}

/// One thing of the history that was not examined, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryGap {
    pub commit: ObjectName,
    pub path: String,
    pub reason: String,
}

/// What a scan of the history covered and found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryScan {
    pub repository: String,
    /// Reference names and what they point to, sorted by name.
    pub tips: Vec<(String, ObjectName)>,
    pub period: Period,
    /// Commits reachable from the tips.
    pub commits_walked: u64,
    pub commits_in_period: u64,
    /// Distinct blobs that the commits of the period added.
    pub blobs_added: u64,
    pub blobs_scanned: u64,
    pub bytes_scanned: u64,
    /// Of the scanned: with a zero byte near the beginning.
    pub binary_blobs: u64,
    /// Pointers to content that is kept outside of git; that content was not seen.
    pub lfs_pointers: u64,
    /// Commits of other repositories; those were not followed.
    pub submodules: u64,
    pub hits: Vec<SecretInHistory>,
    /// Hits beyond the limit that were counted but not kept.
    pub hits_dropped: u64,
    pub gaps: Vec<HistoryGap>,
    /// Why the scan may have missed something; empty where nothing speaks against it.
    pub incomplete: Vec<String>,
}

/// Whether somebody accepted a finding: with whose word, why and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Acceptance {
    Open,
    Accepted {
        by: String,
        reason: String,
        expires: jiff::civil::Date,
    },
    /// An entry of the allow-list is about it and does not hold any more, or not yet.
    Expired {
        by: String,
        reason: String,
        expires: jiff::civil::Date,
    },
}

/// A finding with what the policy says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedSecret {
    pub found: SecretInHistory,
    pub acceptance: Acceptance,
}

/// A scan whose findings are judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedScan {
    /// With no findings of its own: they are all in `secrets`.
    pub scan: HistoryScan,
    pub secrets: Vec<JudgedSecret>,
}
