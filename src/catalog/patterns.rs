//! The patterns of secrets, patient data and personal data: read from `controls/patterns/`, checked against their own examples' form.

use std::collections::BTreeSet;

use serde::Deserialize;
use thiserror::Error;

/// The pattern files that are built in.
const BUILT_IN: &[(&str, &str)] = &[
    ("controls/patterns/secrets.yaml", include_str!("../../controls/patterns/secrets.yaml")),
    ("controls/patterns/phi.yaml", include_str!("../../controls/patterns/phi.yaml")),
    ("controls/patterns/pii.yaml", include_str!("../../controls/patterns/pii.yaml")),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Secret,
    Phi,
    Pii,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Class::Secret => "secret",
            Class::Phi => "phi",
            Class::Pii => "pii",
        }
    }
}

/// Where a match must stand apart from the letters, digits and underscores beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Boundary {
    #[default]
    None,
    Left,
    Right,
    Both,
}

/// Layouts of digits that have no literal to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Digits {
    /// `ddd-dd-dddd`
    Ssn,
    /// 13 to 16 digits, alone or in the groups printed on cards.
    Card,
    /// A North American number in groups.
    Phone,
}

/// A test that a match must pass beyond its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Validator {
    Luhn,
    Ssn,
    Email,
    Phone,
    Iban,
}

/// One pattern. It is found by a required literal, by a layout of digits, or by an at sign.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    pub id: String,
    pub title: String,
    /// Each match holds one of these, as written; they are what the fast search looks for.
    #[serde(default)]
    pub literals: Vec<String>,
    /// How many bytes before the literal a match may begin.
    #[serde(default)]
    pub before: usize,
    #[serde(default)]
    pub regex: Option<String>,
    #[serde(default)]
    pub digits: Option<Digits>,
    #[serde(default)]
    pub at_sign: bool,
    #[serde(default)]
    pub boundary: Boundary,
    #[serde(default)]
    pub validator: Option<Validator>,
    /// Texts in which the pattern must be found, and texts in which it must not.
    pub valid: Vec<String>,
    pub invalid: Vec<String>,
    #[serde(skip, default = "any_class")]
    pub class: Class,
}

fn any_class() -> Class {
    Class::Pii
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternFile {
    class: Class,
    patterns: Vec<Pattern>,
}

/// A fault of a pattern file: which file, which pattern, what is wrong.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PatternError {
    #[error("{file}: {message}")]
    File { file: String, message: String },
    #[error("{file}: pattern {id}: {message}")]
    Pattern { file: String, id: String, message: String },
}

/// Reads the built-in patterns.
///
/// # Errors
/// All faults of all files at once. The built-in files are tested, so this fails only after a bad edit.
pub fn built_in() -> Result<Vec<Pattern>, Vec<PatternError>> {
    load(BUILT_IN.iter().copied())
}

/// Reads pattern files given as (name, text).
///
/// # Errors
/// All faults of all files at once.
pub fn load<'t>(
    files: impl IntoIterator<Item = (&'t str, &'t str)>,
) -> Result<Vec<Pattern>, Vec<PatternError>> {
    let mut patterns = Vec::new();
    let mut errors = Vec::new();
    let mut ids = BTreeSet::new();
    for (file, text) in files {
        let parsed: PatternFile = match serde_saphyr::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                errors.push(PatternError::File { file: file.into(), message: error.to_string() });
                continue;
            }
        };
        for mut pattern in parsed.patterns {
            pattern.class = parsed.class;
            let mut fault = |message: String| {
                errors.push(PatternError::Pattern { file: file.into(), id: pattern.id.clone(), message });
            };
            if !ids.insert(pattern.id.clone()) {
                fault("this id is there twice".into());
            }
            if let Some(message) = malformed(&pattern) {
                fault(message);
            }
            patterns.push(pattern);
        }
    }
    if errors.is_empty() { Ok(patterns) } else { Err(errors) }
}

fn malformed(pattern: &Pattern) -> Option<String> {
    if pattern.id.is_empty()
        || !pattern.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    {
        return Some("an id is made of a-z, 0-9 and _".into());
    }
    let ways = usize::from(!pattern.literals.is_empty())
        + usize::from(pattern.digits.is_some())
        + usize::from(pattern.at_sign);
    if ways != 1 {
        return Some("needs exactly one of literals, digits and at_sign".into());
    }
    if pattern.literals.is_empty() == pattern.regex.is_some() {
        return Some("literals need a regex, and a regex needs literals".into());
    }
    if let Some(short) = pattern.literals.iter().find(|l| l.len() < 3) {
        return Some(format!("literal {short:?} is shorter than 3 bytes and would make the search slow"));
    }
    if pattern.digits.is_some() && pattern.validator.is_none() {
        return Some("a layout of digits needs a validator".into());
    }
    if pattern.before > 256 {
        return Some("before is more than 256".into());
    }
    if pattern.valid.is_empty() || pattern.invalid.is_empty() {
        return Some("needs at least one valid and one invalid example".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_patterns_load() {
        assert!(built_in().expect("they load").len() > 20);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let text = "class: pii\npatterns:\n  - {id: A, title: t, literals: [abc], regex: a, valid: [a], invalid: [b]}\n  - {id: b, title: t, literals: [ab], regex: a, valid: [a], invalid: [b]}\n  - {id: b, title: t, valid: [a], invalid: [b]}\n";
        let errors = load([("x.yaml", text), ("y.yaml", "class: nothing\npatterns: []\n")]).unwrap_err();
        assert_eq!(errors.len(), 5, "{errors:?}");
    }
}
