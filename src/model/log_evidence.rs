//! What a reader is shown of logs: retention against its bounds, conflicts, comparisons of records, and what is lost next.
//! Plain rows, computed from a snapshot under a policy.

use jiff::civil::Date;

use super::{Continuity, Reconciliation};

/// Everything about logs that needs the policy or several observations to be said.
#[derive(Clone, Debug, Default)]
pub struct LogEvidence {
    pub retention: Vec<RetentionRow>,
    pub conflicts: Vec<ConflictRow>,
    pub comparisons: Vec<Comparison>,
    pub reconciliation: Option<Reconciliation>,
    pub continuity: Option<Continuity>,
    /// The next evidence to be deleted, soonest first.
    pub losses: Vec<Loss>,
    /// Hosts that the policy lists and that were not examined here.
    pub hosts_missing: Vec<String>,
    /// What retention means for the periods asked of it, in the fixed words.
    pub retention_words: Vec<String>,
}

/// One class of record at one place: what is configured, what is there, and what is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionRow {
    pub class: String,
    pub location: String,
    pub declared_days: Option<u32>,
    /// Days that are certain; nothing where no number is.
    pub configured_least: Option<u32>,
    pub configured_most: Option<u32>,
    /// Why so many, in words.
    pub configured_by: String,
    pub floor: Option<Bound>,
    pub ceiling: Option<Bound>,
    /// `met`, `too_short`, `too_long`, `conflict`, `decided` or `unknown`.
    pub result: String,
    pub decision: Option<String>,
}

/// A number of days, and who asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub days: u32,
    pub source: String,
}

/// A class of record whose floor lies above its ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictRow {
    pub class: String,
    pub floor: Bound,
    pub ceiling: Bound,
    pub decision: Option<Decided>,
    /// `open`, `decided` or `expired`.
    pub status: String,
}

/// Who settled a conflict, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub id: String,
    pub by: String,
    pub legal_basis: String,
    pub review_at: Date,
}

/// Two kinds of record of the same calls, over the whole period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    pub left: String,
    pub right: String,
    pub both: u64,
    /// In the left one alone, and how many of these nothing explains.
    pub left_only: u64,
    pub left_unexplained: u64,
    pub right_only: u64,
    pub right_unexplained: u64,
    /// How the differences are explained: reason and count.
    pub reasons: Vec<(String, u64)>,
    /// Unexplained calls, by id and place.
    pub examples: Vec<String>,
}

/// Evidence that a mechanism deletes next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// The first day on which it can be gone; today where it is due already.
    pub on: Date,
    pub what: String,
    pub by: String,
}
