//! Reads logrotate configurations the way logrotate 3.21 does: globals, sections, includes, and what it drops on an error.

mod directive;
mod reader;
mod value;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use super::Texts;

/// When a log is rotated. The last such directive that was read counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    Hourly,
    Daily,
    /// On a weekday (0 is Sunday), or every seven days (7).
    Weekly(u8),
    /// At the first run of a month. No release takes a day of the month: `monthly 31` drops its section.
    Monthly,
    Yearly,
    Size(u64),
}

/// `create MODE OWNER GROUP`; what is absent is taken from the file before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Create {
    pub mode: Option<u32>,
    pub owner: Option<String>,
    pub group: Option<String>,
}

/// The directives in force for one section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub criterion: Criterion,
    /// `None` is `rotate -1`: no number of files is a reason to remove one.
    pub rotate: Option<u32>,
    pub min_size: u64,
    pub max_size: Option<u64>,
    pub min_age: u32,
    pub max_age: Option<u32>,
    pub date_ext: bool,
    pub compress: bool,
    pub delay_compress: bool,
    pub if_empty: bool,
    pub missing_ok: bool,
    pub ignore_duplicates: bool,
    pub copy_truncate: bool,
    pub copy: bool,
    /// `None`: `nocreate`, or never asked for.
    pub create: Option<Create>,
    /// The last that `create` named: a later `create` without a value takes it up again.
    pub created: Create,
    pub su: Option<(String, String)>,
    pub old_dir: Option<String>,
    /// A missing folder for old logs is made.
    pub make_old_dir: bool,
    pub shared_scripts: bool,
    pub mail: Option<String>,
    /// Every user and group that `create` and `su` name: where the host does not know one, the section is dropped.
    pub users: BTreeSet<String>,
    pub groups: BTreeSet<String>,
    /// Scripts by directive: `postrotate` and the others.
    pub scripts: BTreeMap<String, String>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            criterion: Criterion::Size(1 << 20),
            rotate: Some(0),
            min_size: 0,
            max_size: None,
            min_age: 0,
            max_age: None,
            date_ext: false,
            compress: false,
            delay_compress: false,
            if_empty: true,
            missing_ok: false,
            ignore_duplicates: false,
            copy_truncate: false,
            copy: false,
            create: None,
            created: Create::default(),
            su: None,
            old_dir: None,
            make_old_dir: false,
            shared_scripts: false,
            mail: None,
            users: BTreeSet::new(),
            groups: BTreeSet::new(),
            scripts: BTreeMap::new(),
        }
    }
}

/// One `patterns { directives }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub file: String,
    pub line: u32,
    /// Globs, without quotes.
    pub patterns: Vec<String>,
    pub rules: Rules,
}

/// Something logrotate complains about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    pub line: u32,
    pub message: String,
    /// The section, or the rest of the file, is not in force because of it.
    pub drops: bool,
}

/// A configuration with its includes, in the order in which logrotate meets the sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    pub sections: Vec<Section>,
    pub faults: Vec<Fault>,
    /// The number of the section that has each log: of the logs that are there, and of names that are no globs.
    pub assigned: BTreeMap<String, usize>,
    pub cuts: Vec<Cut>,
}

/// A glob that ended at a log that an earlier section has: what it would name behind that falls to nobody, unless the
/// earlier section says `ignoreduplicates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub file: String,
    pub line: u32,
    pub pattern: String,
    pub log: String,
}

/// Reads the file `root` of `texts`, with its includes; `logs` are there for its globs to find.
pub fn parse(root: &str, texts: &Texts, logs: &BTreeSet<String>) -> Rotation {
    reader::read(root, texts, logs)
}

pub(super) fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// Reads a state file: the log and the day (`YYYY-MM-DD`) of its last rotation.
pub fn state(text: &str) -> BTreeMap<String, jiff::civil::Date> {
    text.lines()
        .filter_map(|line| {
            let (path, time) = line.strip_prefix('"')?.rsplit_once("\" ")?;
            let mut parts = time.split(['-', ':', ' ']).map(str::parse::<i16>);
            let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
            let date =
                jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
            Some((path.replace("\\\"", "\""), date))
        })
        .collect()
}
