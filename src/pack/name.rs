//! Names of files inside a pack: only such as mean the same file on every system and need no escape in any listing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest whole name, so that a pack also unpacks below long folders.
const MAX_NAME: usize = 180;

/// How deep folders may lie.
pub(super) const MAX_DEPTH: usize = 8;

/// Device names of Windows, which no file can have there.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "com", "lpt"];

/// A relative name, folders parted by `/`. Each part has letters, digits, `.`, `_` and `-`, begins with none of the
/// punctuation, and does not end in a dot: no traversal, no hidden file, no space, nothing that `sha256sum` escapes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackName(String);

impl PackName {
    /// Parses the name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        if text.len() <= MAX_NAME && parts.len() <= MAX_DEPTH && parts.iter().all(|part| is_plain(part)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{}` is no name of a file in a pack", shown(text)))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names share that are one file where case does not count.
    pub(super) fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The folders above the file, outermost first.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(at, _)| &self.0[..at])
    }
}

fn is_plain(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = DEVICES.contains(&stem.trim_end_matches(|c: char| c.is_ascii_digit()));
    part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        && part.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && !part.ends_with('.')
        && !device
}

/// A name from outside, fit to be printed.
pub(super) fn shown(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(200) {
        match c {
            '"' | '\'' => short.push(c),
            _ => short.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(200).is_some() {
        short.push('…');
    }
    short
}

impl TryFrom<String> for PackName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<PackName> for String {
    fn from(name: PackName) -> Self {
        name.0
    }
}

impl fmt::Display for PackName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::PackName;

    #[test]
    fn takes_plain_names_only() {
        for good in ["a", "report.html", "catalog/checks/a_b.yaml", "x-1.2.csv", "console.txt"] {
            assert!(PackName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "./a",
            ".hidden",
            "a b",
            "a\nb",
            "a\\b",
            "-rf",
            "a.",
            "C:x",
            "nul",
            "NUL.txt",
            "com1",
            "a/aux.c",
            "é",
            "a\u{202e}b",
            "a*",
            "a/b/c/d/e/f/g/h/i",
        ] {
            assert!(PackName::parse(bad).is_err(), "{bad:?}");
        }
        assert!(PackName::parse(&"a".repeat(181)).is_err());
    }
}
