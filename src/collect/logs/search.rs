//! The forensic search: where texts stand, in which records of whom and when, and never the texts themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, civil::Date};
use thiserror::Error;

use super::scan::Scanner;
use super::shown::Shown;
use super::{Days, ReadOptions};
use crate::catalog::patterns::{self, Boundary, Class, Pattern};
use crate::model::activity::{LogGap, NotableKind};

/// A shorter text stands everywhere.
pub const SHORTEST: usize = 4;
/// A longer text, escaped twice, would be longer than what the scanner looks at behind a literal's start.
pub const LONGEST: usize = 600;
/// Longest name that is shown.
const NAME: usize = 1000;
/// Depth to which folders are searched.
const DEPTH: usize = 24;
/// Places that are listed; all are counted.
const PLACES: usize = 100_000;
/// Files with an entry of their own.
const FILES: usize = 1_000_000;

/// Why a search cannot be made.
#[derive(Debug, Error)]
pub enum SearchError {
    #[error("text {0} has fewer than {SHORTEST} bytes: it would be found everywhere")]
    TooShort(usize),
    #[error("text {0} has more than {LONGEST} bytes")]
    TooLong(usize),
    #[error("text {0} holds a control character: each text is one line")]
    NotALine(usize),
    #[error("no pattern of the catalogue is called {0}")]
    Unknown(String),
    #[error("nothing is searched for")]
    Nothing,
    #[error("the built-in patterns do not load")]
    BuiltIn,
}

/// What is searched for. It names each text by its number, so that no output can hold one.
pub struct Sought {
    scanner: Scanner,
    /// Hides the secrets that the catalogue knows in names that are shown.
    known: Scanner,
    ids: Vec<String>,
    /// Each form of each text, and what stands for it where a name holds it.
    forms: Vec<(String, String)>,
}

impl Sought {
    /// Prepares a search for texts, taken as they are, and for patterns of the catalogue by their ids.
    ///
    /// # Errors
    /// A text that cannot be searched for, or an id that no pattern has.
    pub fn new(texts: &[String], known: &[String]) -> Result<Self, SearchError> {
        let built_in = patterns::built_in().map_err(|_| SearchError::BuiltIn)?;
        let mut wanted = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            wanted.push(literally(index + 1, text)?);
        }
        for id in known {
            let found = built_in.iter().find(|pattern| pattern.id == *id);
            wanted.push(found.cloned().ok_or_else(|| SearchError::Unknown(id.clone()))?);
        }
        if wanted.is_empty() {
            return Err(SearchError::Nothing);
        }
        let ids = wanted.iter().map(|pattern| pattern.id.clone()).collect();
        let forms = wanted[..texts.len()].iter().flat_map(|pattern| {
            pattern.literals.iter().map(|form| (form.clone(), format!("[{}]", pattern.id)))
        });
        let forms = forms.collect();
        Ok(Sought { scanner: Scanner::new(&wanted), known: Scanner::new(&built_in), ids, forms })
    }

    /// What each thing searched for is called.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// A name as it may be shown: without the texts, and without a secret that the catalogue knows.
    pub fn shown(&self, name: &str) -> String {
        let masked = self.forms.iter().fold(name.to_owned(), |name, (form, id)| name.replace(form, id));
        let known = Shown { scanner: &self.known }.printable(masked.as_bytes(), NAME);
        Shown { scanner: &self.scanner }.printable(known.as_bytes(), NAME)
    }
}

/// A text in every form that a log of JSON may hold it in: as it is, and escaped once or twice.
fn literally(number: usize, text: &str) -> Result<Pattern, SearchError> {
    if text.len() < SHORTEST {
        return Err(SearchError::TooShort(number));
    }
    if text.len() > LONGEST {
        return Err(SearchError::TooLong(number));
    }
    if text.chars().any(char::is_control) {
        return Err(SearchError::NotALine(number));
    }
    let once = escaped(text, false);
    let ascii = escaped(text, true);
    let forms: BTreeSet<String> =
        [text.to_owned(), escaped(&once, false), escaped(&ascii, true), once, ascii].into();
    let alternatives: Vec<String> = forms.iter().map(|form| regex::escape(form)).collect();
    Ok(Pattern {
        id: format!("text_{number}"),
        title: "A text that was searched for".to_owned(),
        literals: forms.into_iter().collect(),
        before: 0,
        regex: Some(alternatives.join("|")),
        digits: None,
        at_sign: false,
        boundary: Boundary::None,
        validator: None,
        valid: Vec::new(),
        invalid: Vec::new(),
        class: Class::Secret,
    })
}

/// As the inside of a JSON text; `ascii` writes every other character by its number, as some writers do.
fn escaped(text: &str, ascii: bool) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if ascii && !c.is_ascii() => {
                let mut units = [0; 2];
                out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            c => out.push(c),
        }
    }
    out
}

/// One record that holds what was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub what: String,
    pub path: String,
    pub line: u64,
    pub offset: u64,
    pub at: Option<Timestamp>,
    pub user: Option<String>,
    pub tool: Option<String>,
    /// Names the place and what was found there, without its content.
    pub fingerprint: String,
}

/// A file with at least one occurrence that is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub path: String,
    pub records: u64,
    /// The files themselves; several where their names are no text and look alike.
    pub files: Vec<PathBuf>,
}

/// What a search found, and how far it looked.
#[derive(Clone, Debug)]
pub struct SearchResult {
    pub files: u64,
    pub bytes: u64,
    pub records: u64,
    /// Pieces of text that are no record; they were searched all the same.
    pub not_records: u64,
    /// Dated records outside the days asked for.
    pub outside: u64,
    /// Records by what they hold: `(what, records)`.
    pub found: BTreeMap<String, u64>,
    pub occurrences: Vec<Occurrence>,
    pub holders: Vec<Holder>,
    /// Records by day; those without a time under `None`.
    pub days: BTreeMap<Option<Date>, u64>,
    /// Records by the person that they name.
    pub people: BTreeMap<Option<String>, u64>,
    pub gaps: Vec<LogGap>,
    pub gaps_not_listed: u64,
}

impl SearchResult {
    pub fn total(&self) -> u64 {
        self.found.values().sum()
    }
}

/// Searches every file below `paths`, whatever it is called; dated records only within `period`.
pub fn search(
    paths: &[PathBuf],
    sought: &Sought,
    period: Option<Days>,
    as_of: Option<Timestamp>,
) -> SearchResult {
    let mut gaps = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        every_file(path, 0, &mut files, &mut gaps);
    }
    files.sort();
    files.dedup();
    let mut options = ReadOptions::new(&sought.scanner);
    options.period = period;
    options.as_of = as_of;
    options.limits.located = PLACES;
    options.limits.sources = FILES;
    options.limits.every_hit = true;
    let summary = super::read(&files, &options);
    gaps.extend(summary.gaps);
    let by_name = by_text(&files);
    let mut holders: BTreeMap<u64, Holder> = BTreeMap::new();
    let mut occurrences = Vec::new();
    let mut days: BTreeMap<Option<Date>, u64> = BTreeMap::new();
    let mut people: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for hit in summary.activity.notable.into_iter().filter(|notable| notable.kind == NotableKind::Hit) {
        let source = usize::try_from(hit.source).ok().and_then(|index| summary.sources.get(index));
        let name = source.map_or("", |source| source.path.as_str());
        let path = sought.shown(name);
        let holder = holders.entry(hit.source).or_insert_with(|| Holder {
            path: path.clone(),
            records: 0,
            files: by_name.get(name).cloned().unwrap_or_default(),
        });
        holder.records += 1;
        let user = hit.user.as_deref().map(|user| sought.shown(user));
        let day = hit.at.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date());
        *days.entry(day).or_default() += 1;
        *people.entry(user.clone()).or_default() += 1;
        occurrences.push(Occurrence {
            what: hit.class,
            path,
            line: hit.line,
            offset: hit.offset,
            at: hit.at,
            user,
            tool: hit.tool.as_deref().map(|tool| sought.shown(tool)),
            fingerprint: hit.fingerprint,
        });
    }
    let mut found: BTreeMap<String, u64> = sought.ids.iter().map(|id| (id.clone(), 0)).collect();
    for (id, count) in &summary.activity.hits {
        found.insert(id.clone(), count.records);
    }
    for gap in &mut gaps {
        gap.path = sought.shown(&gap.path);
        gap.detail = sought.shown(&gap.detail);
    }
    SearchResult {
        files: summary.sources.len() as u64 + summary.sources_not_listed,
        bytes: summary.sources.iter().map(|source| source.bytes_read).sum(),
        records: summary.records.read,
        not_records: summary.records.refused + summary.records.foreign_lines,
        outside: summary.records.before_period + summary.records.after_period,
        found,
        occurrences,
        holders: holders.into_values().collect(),
        days,
        people,
        gaps,
        gaps_not_listed: summary.gaps_not_listed,
    }
}

/// The files by their names as text.
fn by_text(files: &[PathBuf]) -> BTreeMap<String, Vec<PathBuf>> {
    let mut by_name: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        by_name.entry(file.to_string_lossy().into_owned()).or_default().push(file.clone());
    }
    by_name
}

/// Every file below a path. A link is not followed where it was not named: what it leads to has a place of its own.
fn every_file(path: &Path, depth: usize, files: &mut Vec<PathBuf>, gaps: &mut Vec<LogGap>) {
    use crate::model::activity::GapReason;
    let mut gap = |reason, detail: String| {
        gaps.push(LogGap { path: path.display().to_string(), reason, detail });
    };
    let seen = if depth == 0 { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) };
    match seen {
        Err(error) => return gap(GapReason::Unreadable, error.to_string()),
        Ok(seen) if seen.is_symlink() => {
            return gap(GapReason::NotAFile, "a symbolic link: it was not followed".to_owned());
        }
        Ok(seen) if !seen.is_dir() => return files.push(path.to_owned()),
        Ok(_) => {}
    }
    if depth >= DEPTH {
        return gap(GapReason::TooLarge, format!("folders deeper than {DEPTH} are not searched"));
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return gap(GapReason::Unreadable, error.to_string()),
    };
    for entry in entries {
        match entry {
            Ok(entry) => every_file(&entry.path(), depth + 1, files, gaps),
            Err(error) => {
                let path = path.display().to_string();
                gaps.push(LogGap { path, reason: GapReason::Unreadable, detail: error.to_string() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_every_form_that_json_gives_it() {
        let text = "pass\"wört\\x";
        let sought = Sought::new(&[text.to_owned()], &[]).expect("a search");
        let once = serde_json::to_string(text).expect("JSON");
        let twice = serde_json::to_string(&once).expect("JSON");
        for form in [text, &once, &twice, r#"pass\"w\u00f6rt\\x"#] {
            let mut hits = Vec::new();
            sought.scanner.scan(format!("before {form} behind").as_bytes(), &mut hits);
            assert_eq!(hits.len(), 1, "{form}");
        }
        // The longest texts, in their longest forms: all of it is compared.
        for unit in ["\"", "\\", "ö", "😀", ".*("] {
            let longest = unit.repeat(LONGEST / unit.len());
            let sought = Sought::new(std::slice::from_ref(&longest), &[]).expect("a search");
            for form in [longest.clone(), escaped(&escaped(&longest, true), true)] {
                let mut hits = Vec::new();
                sought.scanner.scan(form.as_bytes(), &mut hits);
                assert!(!hits.is_empty(), "{unit}");
            }
        }
        assert_eq!(sought.shown("a pass\"wört\\x b"), "a [text_1] b");
    }

    #[test]
    fn what_cannot_be_searched_for_is_said_by_its_number() {
        let of = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            Sought::new(&texts, &[]).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(of(&["long enough", "abc"]).starts_with("text 2 has fewer"));
        assert!(of(&["a\tb-and-c"]).contains("control"));
        assert!(of(&[&"x".repeat(601)]).contains("more than"));
        assert!(of(&[]).contains("nothing"));
        assert!(Sought::new(&[], &["no_such".to_owned()]).is_err());
    }
}
