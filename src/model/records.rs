//! How many records a reading met, and what became of each.

use serde::{Deserialize, Serialize};

/// How many records were there, and what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCounts {
    pub there: u64,
    /// Read in full, or mended; includes duplicates and records outside the period.
    pub read: u64,
    /// Part of `read`: not valid as written, but the record's fields could be recovered.
    pub repaired: u64,
    pub refused: u64,
    /// Part of `read`: the same message again (a resumed session), not counted as activity.
    pub duplicates: u64,
    pub before_period: u64,
    pub after_period: u64,
    /// Part of `read`: inside the period, and not of the one person who was asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub of_others: u64,
    /// Part of `read`: data points of metrics, which count what happened and are no event themselves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub metrics: u64,
    /// Part of `read`: no time could be read from it.
    pub undated: u64,
    /// Lines of other programs in a shared journal; not records of the client at all.
    pub foreign_lines: u64,
    pub lines: u64,
    pub nul_bytes: u64,
    pub invalid_utf8: u64,
}

pub(super) fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl RecordCounts {
    pub fn add(&mut self, other: &Self) {
        self.there += other.there;
        self.read += other.read;
        self.repaired += other.repaired;
        self.refused += other.refused;
        self.duplicates += other.duplicates;
        self.before_period += other.before_period;
        self.after_period += other.after_period;
        self.of_others += other.of_others;
        self.metrics += other.metrics;
        self.undated += other.undated;
        self.foreign_lines += other.foreign_lines;
        self.lines += other.lines;
        self.nul_bytes += other.nul_bytes;
        self.invalid_utf8 += other.invalid_utf8;
    }
}
