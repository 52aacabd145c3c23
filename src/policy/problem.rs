//! One mistake in a policy file: where it stands and what to do about it.

use std::fmt;

/// A mistake, with its place and a hint. A file's mistakes are reported all at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub file: String,
    /// From 1; 0 where the mistake is in the file as a whole.
    pub line: u64,
    pub message: String,
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The file may hold anything, and this is printed on terminals.
        let clean = |text: &str| -> String {
            text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
        };
        write!(out, "{}", clean(&self.file))?;
        if self.line > 0 {
            write!(out, ":{}", self.line)?;
        }
        write!(out, ": {}", clean(&self.message))?;
        match &self.hint {
            Some(hint) => write!(out, " ({})", clean(hint)),
            None => Ok(()),
        }
    }
}
