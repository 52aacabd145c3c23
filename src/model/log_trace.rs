//! What one reading knew of a log's bytes, and what a later reading finds of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::activity::Mark;
use super::{LogKind, Observation, Seen};

/// One log file as a reading found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogTrace {
    pub path: String,
    /// The time of its newest record.
    pub last: Option<Timestamp>,
    /// Digests of beginnings of its content (after decompression), by length; the last is of all of it.
    pub marks: Vec<Mark>,
}

impl LogTrace {
    /// The length of the content.
    pub fn bytes(&self) -> u64 {
        self.marks.last().map_or(0, |mark| mark.bytes)
    }

    /// The digest of the first `bytes` bytes, where it was taken.
    pub fn beginning(&self, bytes: u64) -> Option<&str> {
        self.marks.iter().find(|mark| mark.bytes == bytes).map(|mark| mark.sha256.as_str())
    }
}

/// What a collection knows of the logs that the organisation writes.
pub fn traces(observations: &[Observation]) -> Vec<LogTrace> {
    let mut found = Vec::new();
    for observation in observations {
        let Seen::Activity(seen) = &observation.seen else { continue };
        if matches!(seen.kind, LogKind::Transcripts { .. }) {
            continue;
        }
        let sources = seen.summary.sources.iter().filter(|source| !source.marks.is_empty());
        found.extend(sources.map(|source| LogTrace {
            path: source.path.clone(),
            last: source.last,
            marks: source.marks.clone(),
        }));
    }
    found
}

/// The logs that an earlier reading knew, found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Continuity {
    /// The moment of the earlier reading.
    pub earlier: Timestamp,
    pub files: Vec<Continued>,
}

/// What became of one log file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "became")]
pub enum Continued {
    /// Its first `bytes` bytes, all that it had, are as they were.
    Unchanged { path: String, bytes: u64 },
    /// They stand, unchanged, in another file now.
    Rotated { path: String, bytes: u64, to: String },
    /// They begin alike up to `alike` and differ before `differs`.
    Changed { path: String, bytes: u64, alike: u64, differs: u64 },
    /// The file begins alike and is shorter now.
    Truncated { path: String, bytes: u64, now: u64 },
    /// No file begins as it did: rotated away and deleted, or written anew.
    Gone { path: String, bytes: u64, last: Option<Timestamp> },
}

impl Continued {
    /// The path at the earlier reading.
    pub fn path(&self) -> &str {
        match self {
            Self::Unchanged { path, .. }
            | Self::Rotated { path, .. }
            | Self::Changed { path, .. }
            | Self::Truncated { path, .. }
            | Self::Gone { path, .. } => path,
        }
    }

    /// What became of it, in a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Unchanged { path, bytes } => format!("{path}: its first {bytes} bytes are unchanged"),
            Self::Rotated { path, bytes, to } => {
                format!(
                    "{path}: its {bytes} bytes stand unchanged at the start of {to}, recognised by digest"
                )
            }
            Self::Changed { path, bytes, alike, differs } => format!(
                "{path}: of its {bytes} bytes the first {alike} are unchanged, and a byte before {differs} was changed"
            ),
            Self::Truncated { path, bytes, now } => {
                format!("{path}: it had {bytes} bytes and was cut to {now}")
            }
            Self::Gone { path, bytes, last } => {
                let newest = last.map_or_else(String::new, |last| format!(", the newest record of {last},"));
                format!("{path}: its {bytes} bytes{newest} are in no file any more")
            }
        }
    }
}

impl LogTrace {
    /// What became of this file among those of a later reading. The later reading took digests at this length.
    pub fn found_in(&self, now: &[LogTrace]) -> Continued {
        let (path, bytes) = (self.path.clone(), self.bytes());
        let whole = self.beginning(bytes);
        let same = |later: &&LogTrace| whole.is_some() && later.beginning(bytes) == whole;
        if now.iter().filter(|later| later.path == path).any(|later| same(&later)) {
            return Continued::Unchanged { path, bytes };
        }
        if let Some(later) = now.iter().find(same) {
            return Continued::Rotated { path, bytes, to: later.path.clone() };
        }
        // The file that begins alike for longest is what this one became.
        let alike = |later: &LogTrace| {
            let mut marks = self.marks.iter().filter(|mark| mark.bytes > 0).rev();
            marks.find(|mark| later.beginning(mark.bytes) == Some(&mark.sha256)).map_or(0, |mark| mark.bytes)
        };
        let nearest = now.iter().map(|later| (alike(later), later)).filter(|(alike, _)| *alike > 0);
        if let Some((alike, later)) = nearest.max_by_key(|(alike, later)| (*alike, later.path == path)) {
            let next = self.marks.iter().map(|mark| mark.bytes).find(|mark| *mark > alike);
            let differs = next.filter(|next| *next <= later.bytes()).unwrap_or(bytes);
            return if later.bytes() < bytes {
                Continued::Truncated { path, bytes, now: later.bytes() }
            } else {
                Continued::Changed { path, bytes, alike, differs }
            };
        }
        // Without a common beginning nothing but a place in time ties two contents; a file that got shorter under
        // its name, with no rotated one beside it that holds the rest, was cut or written anew.
        Continued::Gone { path, bytes, last: self.last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(path: &str, marks: &[(u64, &str)]) -> LogTrace {
        let marks = marks
            .iter()
            .map(|(bytes, digest)| Mark { bytes: *bytes, sha256: (*digest).to_owned() })
            .collect();
        LogTrace { path: path.to_owned(), last: None, marks }
    }

    #[test]
    fn what_became_of_a_log_is_told_by_its_digests() {
        let before = trace("audit.log", &[(4096, "a"), (65_536, "b"), (70_000, "c")]);
        let became = |now: &[LogTrace]| before.found_in(now).sentence();
        let grown = trace("audit.log", &[(4096, "a"), (65_536, "b"), (70_000, "c"), (90_000, "d")]);
        assert!(became(&[grown]).contains("unchanged"));
        let rotated = trace("audit.log.1", &[(4096, "a"), (70_000, "c"), (80_000, "e")]);
        assert!(became(&[trace("audit.log", &[(50, "z")]), rotated]).contains("start of audit.log.1"));
        let edited = trace("audit.log", &[(4096, "a"), (65_536, "x"), (70_000, "y"), (90_000, "z")]);
        assert!(became(&[edited]).contains("the first 4096 are unchanged, and a byte before 65536"));
        let cut = trace("audit.log", &[(4096, "a"), (65_536, "b")]);
        assert!(became(&[cut]).contains("cut to 65536"));
        assert!(became(&[trace("audit.log", &[(50, "z")])]).contains("in no file any more"));
        assert!(became(&[]).contains("in no file any more"));
    }
}
