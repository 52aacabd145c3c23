//! The landings on one branch in one period as a whole: filters, counts, and how sure the list is.

use serde::{Deserialize, Serialize};

use super::{Change, ObjectName, TimeAnomaly};
use crate::model::Period;

/// One filter and what it left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterStep {
    pub name: String,
    pub rows_before: u64,
    pub rows_after: u64,
}

/// A landing, in the period or not, whose times are odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnomalousLanding {
    pub commit: ObjectName,
    pub anomaly: TimeAnomaly,
    pub in_period: bool,
    /// Outside the period by its own claim, but it landed between two that are inside: perhaps moved out of sight.
    pub between_period_landings: bool,
}

/// What may make the repository's history less, or other, than what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryState {
    /// Commits at which a shallow clone was cut.
    pub shallow: Vec<ObjectName>,
    /// A partial clone: objects may be missing by design.
    pub partial: bool,
    /// Lines of `info/grafts`, which rewrite parents for git itself. They are not followed here.
    pub grafts: u64,
    /// Objects with a replacement in `refs/replace/`. The replacements are not followed here.
    pub replaced: Vec<ObjectName>,
    /// Object stores outside the repository that it borrows from.
    pub alternates: Vec<String>,
}

impl HistoryState {
    /// Whether the history is as it was written, as far as the repository itself can tell.
    pub fn is_plain(&self) -> bool {
        self.shallow.is_empty() && !self.partial && self.grafts == 0 && self.replaced.is_empty()
    }
}

/// A second count of the same rows by other means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TieOut {
    pub source: String,
    /// None where the second count could not be made.
    pub count: Option<u64>,
    pub explanation: String,
}

/// The landings on one branch in one period, with everything an auditor needs to count them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    pub repository: String,
    /// The full name of the reference, `refs/remotes/origin/main`.
    pub branch: String,
    pub tip: ObjectName,
    pub period: Period,
    /// The git command that lists the same commits.
    pub query: String,
    /// Landings from the tip to the root, whatever their time.
    pub rows_raw: u64,
    pub rows_after_filters: u64,
    pub filters: Vec<FilterStep>,
    pub tie_out: TieOut,
    pub history: HistoryState,
    /// Landings whose time cannot be read: in no period.
    pub undated: Vec<ObjectName>,
    pub anomalies: Vec<AnomalousLanding>,
    /// Why the list may be incomplete; empty where nothing speaks against it.
    pub incomplete: Vec<String>,
    /// What was looked for in single changes and not seen.
    pub gaps: Vec<ChangeGap>,
    /// In the order of the branch, newest first.
    pub changes: Vec<Change>,
}

/// One thing about a change that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeGap {
    pub commit: ObjectName,
    pub reason: String,
}
