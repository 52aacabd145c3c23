//! What is known about one file beside its records.

use std::path::Path;

use super::source::Source;
use super::tally::Seen;
use crate::model::activity::{GapReason, LogGap, Mark};

/// What is known about a file beside its records.
#[derive(Default)]
pub struct Extras {
    pub gaps: Vec<LogGap>,
    pub bytes_read: u64,
    pub sha256: Option<String>,
    pub marks: Vec<Mark>,
}

impl Extras {
    pub fn gap(&mut self, path: &Path, reason: GapReason, detail: String) {
        self.gaps.push(LogGap { path: path.display().to_string(), reason, detail });
    }

    pub fn take_in(&mut self, next: Extras) {
        self.gaps.extend(next.gaps);
        self.bytes_read += next.bytes_read;
    }

    /// Keeps the digest of the file, and those of its beginnings where they are of its content.
    pub fn take_digests(&mut self, digests: Option<(String, Vec<Mark>)>) {
        let Some((whole, marks)) = digests else { return };
        self.sha256 = Some(whole);
        if !marks.is_empty() {
            self.marks = marks;
        }
    }

    /// Looks at the file again after it was read.
    pub fn after(&mut self, source: &Source, seen: &mut Seen) {
        if let Some(change) = source.change() {
            self.gap(&source.path, GapReason::Changed, change);
        }
        if std::mem::take(&mut seen.forgot) {
            self.gap(&source.path, GapReason::TooLarge, "more messages than can be told apart at once: a message repeated very late may be counted twice".into());
        }
    }
}
