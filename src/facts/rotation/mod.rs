//! What log rotation is configured to keep: logrotate, journald and newsyslog, read as pure text, and a simulation of it.

#[cfg(test)]
mod agreement;
mod journal;
mod logrotate;
mod simulate;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use journal::{journald, newsyslog};
pub use logrotate::{Create, Criterion, Cut, Fault, Rotation, Rules, Section, parse, state};
pub use simulate::{Runs, Simulation, Volume};

/// Texts of configuration files by their path; an `include` of a folder takes the files below it.
pub type Texts = BTreeMap<String, String>;

/// How many days of a log exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// This many whole days, whatever the volume.
    Exact(u32),
    /// This many or more: a rotation can be late and never early.
    AtLeast(u32),
    /// This many or fewer: a busy day shortens it, so no number of days is guaranteed.
    AtMost(u32),
    /// Nothing is ever removed.
    Unlimited,
    /// The volume alone decides, or the log is not rotated by this configuration.
    Indeterminate,
}

/// What a configuration keeps of one log, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub days: Days,
    /// In words, with the directive and its place.
    pub reason: String,
    /// Facts beside the number that put the log at risk, each in a sentence.
    pub risks: Vec<String>,
}

impl Kept {
    /// Whether at least `days` days are certain to exist.
    pub fn guarantees(&self, days: u32) -> bool {
        match self.days {
            Days::Exact(n) | Days::AtLeast(n) => n >= days,
            Days::Unlimited => true,
            Days::AtMost(_) | Days::Indeterminate => false,
        }
    }
}
