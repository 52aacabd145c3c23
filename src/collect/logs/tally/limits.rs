//! The bounds of what is kept, and the rules that a record is counted by.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::super::hazard::Classifier;
use super::super::scan::Scanner;

/// Bounds on what is kept. Counts stay exact beyond them; names and places are then given as a sum.
#[derive(Clone, Debug)]
pub struct Limits {
    pub users: usize,
    pub names: usize,
    pub paths: usize,
    pub days: usize,
    /// Counts by name and day that are held.
    pub day_names: usize,
    /// Names listed in the rows of all days together; beyond, each row lists its most frequent ones.
    pub day_rows: u64,
    pub sessions: usize,
    /// Places kept for each kind of finding and for refusals.
    pub located: usize,
    /// Rows of cost and tokens (user and day).
    pub usage_rows: usize,
    /// A longer record is refused, so that memory stays bounded.
    pub record_bytes: usize,
    /// Bytes that one compressed file may expand to.
    pub expanded_bytes: u64,
    /// Files with an entry of their own in the summary.
    pub sources: usize,
    /// Large plain files are read in parts of this size.
    pub part_bytes: u64,
    /// Identities kept at once to find the same message again.
    pub message_ids: usize,
    /// Calls held for comparing kinds of record; 0 where nothing is compared.
    pub calls: usize,
    /// A search leaves nothing out: patterns count in repeated messages, in copies of files, in lines of other programs
    /// and as a person's own name, and the names of files are given as they are.
    pub every_hit: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            users: 1500,
            names: 400,
            paths: 2000,
            days: 800,
            day_names: 250_000,
            day_rows: 150_000,
            sessions: 100_000,
            located: 100,
            usage_rows: 25_000,
            record_bytes: 6 << 20,
            expanded_bytes: 64 << 30,
            sources: 10_000,
            part_bytes: 16 << 20,
            message_ids: 200_000,
            calls: 0,
            every_hit: false,
        }
    }
}

/// What a tally needs to know to judge a record.
pub struct Rules<'r> {
    pub scanner: &'r Scanner,
    pub classify: Classifier,
    pub limits: &'r Limits,
    /// First and last day of the period, as days since 1970.
    pub period: Option<(i32, i32)>,
    /// Seconds since 1970 of the assessment: later records are in the future.
    pub as_of: Option<i64>,
    /// The one place for a long record, which a thread holds while it reads one: two would take twice the memory, and one
    /// that grew anew for each record would leave holes behind.
    pub long_record: Mutex<Vec<u8>>,
    /// Whose records alone are activity.
    pub person: Option<&'r [u8]>,
    /// Lengths that files had at an earlier reading; nothing where no digest is taken.
    pub probes: Option<&'r BTreeSet<u64>>,
}
