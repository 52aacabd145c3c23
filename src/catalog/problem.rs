//! A mistake in the catalogue's files: where it is, what is wrong, and what to do.

use std::fmt;

/// One mistake. Loading reports all of them at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Below `controls/`.
    pub file: String,
    /// From 1; 0 where the mistake is that the file, or something in it, is missing.
    pub line: u64,
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    /// A mistake at a line of a file.
    pub fn new(file: &str, line: u64, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "controls/{}", self.file.escape_debug())?;
        if self.line > 0 {
            write!(out, ":{}", self.line)?;
        }
        write!(out, ": {}", self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(out, " ({})", self.hint) }
    }
}
