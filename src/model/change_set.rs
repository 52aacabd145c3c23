//! What one repository's history says of a period: as it was collected, and with everything decided of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    change::{ClaimedTime, ControlKind, ObjectName, Person, Population},
    forge::{ForgeExport, ForgeTieOut},
    history::HistoryScan,
};

/// One repository's history in the period, as the snapshot keeps it: nothing of it is decided yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistorySeen {
    /// The name in the scope.
    pub repository: String,
    /// At most [`MAX_CHANGES`] changes; `rows_after_filters` counts all of them.
    pub population: Population,
    /// The pull requests of the forge, where an export was given.
    pub forge: Option<ForgeExport>,
    /// The first landing of the branch; nothing where the walk did not come so far.
    pub origin: Option<ObjectName>,
    /// What an earlier run saw of the branch, where one is remembered.
    pub earlier: Option<EarlierTip>,
    /// Whether signatures were verified against keys that the organisation listed.
    pub signatures_verified: bool,
    /// Why signatures stay unverified.
    pub signatures_unverified: Vec<String>,
    /// Nothing where no scan was made; the gap says why.
    pub secrets: Option<HistoryScan>,
    /// The settings files of the branch as they stood when the period began, and every later version, by path and time.
    pub settings: Vec<SettingsVersion>,
    /// Versions beyond the limit, which were counted and not kept.
    pub settings_left_out: u64,
}

/// The most changes that one snapshot keeps of one repository.
pub const MAX_CHANGES: usize = 20_000;

/// The tip of a branch when an earlier run looked at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierTip {
    pub tip: ObjectName,
    pub as_of: Timestamp,
    /// Whether that run saw a history with the same first commit; another one is another repository, or one that was
    /// rewritten from the start.
    pub same_origin: bool,
    /// Whether the branch still holds that commit; nothing where the commit is no longer in the clone at all.
    pub kept: Option<bool>,
}

/// A settings file of the branch from one landing on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsVersion {
    pub path: String,
    pub kind: ControlKind,
    /// From 0, in the order of the branch: the place of the version in the history of its path.
    pub number: u64,
    /// The landing that brought it; for the first version the last landing before the period.
    pub commit: ObjectName,
    pub author: Person,
    /// When it came to hold, by the committer's word; nothing where it stood already when the period began.
    pub since: Option<ClaimedTime>,
    /// Nothing where the landing removed the file, or the version could not be read.
    pub blob: Option<ObjectName>,
    /// Redacted; nothing where the file is not there, is no text, or is too large.
    pub text: Option<String>,
    /// Why there is no text although there is a file.
    pub unread: Option<String>,
}

/// What a later run needs to know of a branch, to find out whether its history was rewritten.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchTip {
    pub repository: String,
    pub branch: String,
    pub tip: ObjectName,
    pub origin: Option<ObjectName>,
    pub as_of: Timestamp,
}

/// A file that changes of the period touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTouched {
    pub path: String,
    /// Landings of the period that touched it.
    pub changes: u64,
    pub first: ClaimedTime,
    pub last: ClaimedTime,
    pub last_commit: ObjectName,
    pub last_author: Person,
    /// Whether the last of them left a file there.
    pub present: bool,
}

/// One population with everything that is decided of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSet {
    pub population: Population,
    /// None where no forge export was given.
    pub forge: Option<ForgeTieOut>,
    /// Where an earlier tip was given: whether it is still part of the branch.
    pub earlier_tip_kept: Option<bool>,
    /// Why signatures stay unverified.
    pub signatures_unverified: Vec<String>,
}

impl ChangeSet {
    /// What speaks against the completeness of the list; empty where nothing does.
    pub fn against_completeness(&self) -> Vec<String> {
        let of = &self.population;
        let mut against = of.incomplete.clone();
        if of.tie_out.count.is_none() {
            against.push(format!("there is no second count: {}", of.tie_out.explanation));
        }
        let kept = of.changes.len() as u64;
        if kept < of.rows_after_filters {
            against.push(format!("{kept} of {} changes were kept", of.rows_after_filters));
        }
        if self.earlier_tip_kept == Some(false) {
            against.push(
                "the tip of the earlier run is no longer part of the branch: history was rewritten"
                    .to_owned(),
            );
        }
        if let Some(forge) = &self.forge
            && !forge.not_landed.is_empty()
        {
            against.push(format!(
                "{} merged pull requests of the export are not among the landings",
                forge.not_landed.len()
            ));
        }
        against
    }
}
