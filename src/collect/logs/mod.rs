//! Reads logs of every shape in one pass over each file, in bounded memory, and counts what they say was done.

mod beginnings;
mod census;
mod credential_files;
mod ended;
mod event;
mod extras;
mod fields;
mod frame;
pub mod hazard;
mod json;
mod lanes;
mod marks;
mod mend;
mod metrics;
mod names;
mod otlp;
mod part;
mod place;
pub mod scan;
pub mod search;
mod series;
mod shown;
mod source;
mod spent;
mod summary;
mod table;
mod tally;
mod transcript;
mod valid;
mod when;
mod work;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use jiff::{Timestamp, civil::Date};

pub use census::{Census, Sighting, person};
pub use hazard::Classifier;
pub use scan::Scanner;
pub use shown::short;
pub use tally::Limits;

use crate::model::CallOutcomes;
use crate::model::activity::LogSummary;

/// First and last day, both inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub start: Date,
    pub end: Date,
}

/// How to read.
pub struct ReadOptions<'o> {
    /// Records outside are counted as such and are not activity. `None`: everything is inside.
    pub period: Option<Days>,
    /// Only this person's records are activity; those of others are counted as such.
    pub person: Option<&'o str>,
    /// Records later than this are in the future.
    pub as_of: Option<Timestamp>,
    pub limits: Limits,
    pub patterns: &'o Scanner,
    /// Names the class of a dangerous command; [`hazard::classify`] is the built-in one.
    pub classify: Classifier,
    /// Threads that read; the result does not depend on it.
    pub threads: usize,
    /// Also compute the SHA-256 of each file as it lies on the disk (one more pass over it).
    pub digest: bool,
    /// With `digest`: lengths that files had at an earlier reading, whose beginnings are digested too.
    pub probes: &'o BTreeSet<u64>,
    /// Takes what each record names, where kinds of record are to be compared (`limits.calls` is then not 0).
    pub census: Option<&'o Mutex<Census>>,
}

static NO_PROBES: BTreeSet<u64> = BTreeSet::new();

impl<'o> ReadOptions<'o> {
    pub fn new(patterns: &'o Scanner) -> Self {
        ReadOptions {
            period: None,
            person: None,
            as_of: None,
            limits: Limits::default(),
            patterns,
            classify: hazard::classify,
            threads: 2,
            digest: false,
            probes: &NO_PROBES,
            census: None,
        }
    }
}

/// Reads every log under `paths` (files, or folders that are searched) and counts what they say.
///
/// Never fails and never waits: what could not be read is a gap of the summary.
pub fn read(paths: &[PathBuf], options: &ReadOptions<'_>) -> LogSummary {
    work::read(paths, options).0
}

/// The same, and in the same pass what became of the calls that the records name (where `limits.calls` is not 0).
pub fn read_with_calls(paths: &[PathBuf], options: &ReadOptions<'_>) -> (LogSummary, CallOutcomes) {
    work::read(paths, options)
}

#[cfg(test)]
mod tests;
