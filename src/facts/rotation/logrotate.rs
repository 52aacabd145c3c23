//! Reads logrotate configurations the way logrotate 3.21 does: globals, sections, includes, and what it drops on an error.

use std::collections::BTreeMap;

use super::Texts;

/// When a log is rotated. The last such directive that was read counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    Hourly,
    Daily,
    /// On a weekday (0 is Sunday), or every seven days (7).
    Weekly(u8),
    /// On a day of the month.
    Monthly(u8),
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
    pub su: Option<(String, String)>,
    pub old_dir: Option<String>,
    pub shared_scripts: bool,
    pub mail: Option<String>,
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
            su: None,
            old_dir: None,
            shared_scripts: false,
            mail: None,
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
}

/// Deepest include in an include.
const INCLUDES: usize = 10;
/// Endings of files that an included folder's files must not have.
const TABOO: &[&str] = &[
    ",v",
    ".cfsaved",
    ".disabled",
    ".dpkg-bak",
    ".dpkg-del",
    ".dpkg-dist",
    ".dpkg-new",
    ".dpkg-old",
    ".rhn-cfg-tmp-",
    ".rpmnew",
    ".rpmorig",
    ".rpmsave",
    ".swp",
    ".ucf-dist",
    ".ucf-new",
    ".ucf-old",
    "~",
];
/// Directives that take no value, or whose value has no bearing on what is kept.
const WITHOUT_BEARING: &[&str] = &[
    "nodateext",
    "dateyesterday",
    "nodateyesterday",
    "datehourago",
    "dateformat",
    "compresscmd",
    "uncompresscmd",
    "compressoptions",
    "compressext",
    "shred",
    "noshred",
    "shredcycles",
    "mailfirst",
    "maillast",
    "extension",
    "addextension",
    "errors",
    "allowhardlink",
    "noallowhardlink",
    "createolddir",
    "nocreateolddir",
    "start",
    "renamecopy",
    "norenamecopy",
];
const SCRIPTS: &[&str] = &["postrotate", "prerotate", "firstaction", "lastaction", "preremove"];

/// Reads the file `root` of `texts`, with its includes.
pub fn parse(root: &str, texts: &Texts) -> Rotation {
    let mut parser =
        Parser { texts, out: Rotation::default(), taboo: TABOO.iter().map(|t| (*t).to_owned()).collect() };
    let mut globals = Rules::default();
    match texts.get(root) {
        Some(text) => parser.file(root, text, &mut globals, 0),
        None => parser.fault(root, 0, "the file is not there", true),
    }
    parser.out
}

struct Parser<'t> {
    texts: &'t Texts,
    out: Rotation,
    taboo: Vec<String>,
}

impl Parser<'_> {
    fn fault(&mut self, file: &str, line: u32, message: impl Into<String>, drops: bool) {
        self.out.faults.push(Fault { file: file.into(), line, message: message.into(), drops });
    }

    fn file(&mut self, name: &str, text: &str, globals: &mut Rules, depth: usize) {
        let lines: Vec<&str> = text.lines().collect();
        let mut section: Option<(Section, bool)> = None;
        let mut at = 0;
        let mut pending: Option<&str> = None;
        while at < lines.len() {
            let number = at as u32 + 1;
            let line = pending.take().unwrap_or(lines[at]).trim();
            at += 1;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(rest) = line.strip_prefix('}') {
                match section.take() {
                    Some((done, sound)) => self.close(done, sound, number),
                    None => return self.fault(name, number, "unexpected } (missing previous '{')", true),
                }
                let rest = rest.trim();
                if !rest.is_empty() {
                    at -= 1;
                    pending = Some(rest);
                }
                continue;
            }
            if line.starts_with(['/', '"', '\'', '~', '*']) && !line.starts_with("*/") {
                if section.is_some() {
                    self.fault(name, number, format!("a log's name inside a section: {line}"), true);
                    return;
                }
                // Names go on over lines until the brace.
                let mut names = String::new();
                let mut rest = line;
                let after = loop {
                    if let Some((before, after)) = rest.split_once('{') {
                        names.push_str(before);
                        break Some(after);
                    }
                    if rest.contains('}') {
                        return self.fault(name, at as u32, "unexpected } (missing previous '{')", true);
                    }
                    names.push_str(rest);
                    names.push(' ');
                    if at >= lines.len() {
                        break None;
                    }
                    rest = lines[at];
                    at += 1;
                };
                let Some(after) = after else {
                    return self.fault(name, at as u32, "missing '{' after log files definition", true);
                };
                let Some(patterns) = words(&names) else {
                    return self.fault(name, number, "a quote is not closed", true);
                };
                section = Some((
                    Section { file: name.into(), line: number, patterns, rules: globals.clone() },
                    true,
                ));
                if !after.trim().is_empty() {
                    at -= 1;
                    pending = Some(after);
                }
                continue;
            }
            let key: String = line.chars().take_while(char::is_ascii_alphabetic).collect();
            let rest = &line[key.len()..];
            if key.is_empty() || !(rest.is_empty() || rest.starts_with([' ', '\t', '='])) {
                self.fault(name, number, format!("keyword '{key}' not properly separated"), true);
                match &mut section {
                    Some((_, sound)) => *sound = false,
                    None => return,
                }
                continue;
            }
            let value = rest.trim_start_matches([' ', '\t']).trim_start_matches('=').trim();
            if SCRIPTS.contains(&key.as_str()) {
                let mut body = String::new();
                let mut closed = false;
                while at < lines.len() {
                    let line = lines[at];
                    at += 1;
                    if line.trim() == "endscript" {
                        closed = true;
                        break;
                    }
                    body.push_str(line.trim());
                    body.push('\n');
                }
                if !closed {
                    self.fault(name, number, format!("{key} without endscript"), true);
                    return;
                }
                match &mut section {
                    Some((s, _)) => drop(s.rules.scripts.insert(key, body)),
                    None => drop(globals.scripts.insert(key, body)),
                }
                continue;
            }
            if key == "include" && section.is_none() {
                self.include(name, number, value, globals, depth);
                continue;
            }
            let (rules, in_section) = match &mut section {
                Some((s, _)) => (&mut s.rules, true),
                None => (&mut *globals, false),
            };
            match directive(rules, &key, value, &mut self.taboo) {
                Ok(()) => {}
                Err(Wrong::Unknown) => {
                    self.fault(name, number, format!("unknown option '{key}' -- ignoring line"), false)
                }
                Err(Wrong::Value(message)) => {
                    self.fault(name, number, message, true);
                    match &mut section {
                        Some((_, sound)) => *sound = false,
                        None if !in_section => return,
                        None => {}
                    }
                }
            }
        }
        if let Some((done, sound)) = section {
            // A section that is not closed at the end of the file is in force all the same.
            self.close(done, sound, lines.len() as u32);
        }
    }

    fn close(&mut self, section: Section, sound: bool, line: u32) {
        if !sound {
            return;
        }
        // A log that an earlier section names in the same words is an error that drops the later section.
        let twice = section
            .patterns
            .iter()
            .find(|p| !has_wildcard(p) && self.out.sections.iter().any(|s| s.patterns.contains(p)));
        if let Some(pattern) = twice
            && !section.rules.ignore_duplicates
        {
            let message = format!("duplicate log entry for {pattern}");
            return self.fault(&section.file.clone(), line, message, true);
        }
        self.out.sections.push(section);
    }

    fn include(&mut self, from: &str, line: u32, target: &str, globals: &mut Rules, depth: usize) {
        if depth >= INCLUDES {
            return self.fault(from, line, "includes lie too deep", true);
        }
        let target = words(target).and_then(|w| w.into_iter().next()).unwrap_or_default();
        let folder = format!("{}/", target.trim_end_matches('/'));
        let names: Vec<String> = if self.texts.contains_key(&target) {
            vec![target]
        } else {
            let taboo = self.taboo.clone();
            self.texts
                .keys()
                .filter(|k| k.strip_prefix(&folder).is_some_and(|f| !f.contains('/') && !f.starts_with('.')))
                .filter(|k| !taboo.iter().any(|t| k.ends_with(t.as_str())))
                .cloned()
                .collect()
        };
        if names.is_empty() {
            return self.fault(from, line, format!("cannot read the include {folder}"), false);
        }
        for name in names {
            let Some(text) = self.texts.get(&name) else { continue };
            // An included file's globals hold inside it only.
            let mut inner = globals.clone();
            self.file(&name, &text.clone(), &mut inner, depth + 1);
        }
    }
}

pub(super) fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

enum Wrong {
    Unknown,
    Value(String),
}

fn directive(rules: &mut Rules, key: &str, value: &str, taboo: &mut Vec<String>) -> Result<(), Wrong> {
    let number = |value: &str| {
        value.parse::<u32>().map_err(|_| Wrong::Value(format!("bad number '{value}' for {key}")))
    };
    match key {
        "hourly" => rules.criterion = Criterion::Hourly,
        "daily" => rules.criterion = Criterion::Daily,
        "weekly" => {
            let day = if value.is_empty() { 0 } else { number(value)? };
            rules.criterion = Criterion::Weekly(
                u8::try_from(day)
                    .ok()
                    .filter(|d| *d <= 7)
                    .ok_or_else(|| Wrong::Value(format!("bad weekday '{value}'")))?,
            );
        }
        "monthly" => {
            let day = if value.is_empty() { 1 } else { number(value)? };
            rules.criterion = Criterion::Monthly(
                u8::try_from(day)
                    .ok()
                    .filter(|d| *d <= 31)
                    .ok_or_else(|| Wrong::Value(format!("bad day '{value}'")))?,
            );
        }
        "yearly" => rules.criterion = Criterion::Yearly,
        "size" => rules.criterion = Criterion::Size(size(value)?),
        "minsize" => rules.min_size = size(value)?,
        "maxsize" => rules.max_size = Some(size(value)?),
        "rotate" => {
            rules.rotate = match value.parse::<i64>() {
                Ok(-1) => None,
                Ok(n) if (0..=i64::from(i32::MAX)).contains(&n) => Some(n as u32),
                _ => return Err(Wrong::Value(format!("bad rotation count '{value}'"))),
            };
        }
        "maxage" => rules.max_age = Some(number(value)?).filter(|n| *n > 0),
        "minage" => rules.min_age = number(value)?,
        "dateext" => rules.date_ext = true,
        "compress" => rules.compress = true,
        "nocompress" => rules.compress = false,
        "delaycompress" => rules.delay_compress = true,
        "nodelaycompress" => rules.delay_compress = false,
        "ifempty" => rules.if_empty = true,
        "notifempty" => rules.if_empty = false,
        "missingok" => rules.missing_ok = true,
        "nomissingok" => rules.missing_ok = false,
        "ignoreduplicates" => rules.ignore_duplicates = true,
        "copytruncate" => rules.copy_truncate = true,
        "nocopytruncate" => rules.copy_truncate = false,
        "copy" => rules.copy = true,
        "nocopy" => rules.copy = false,
        "create" => rules.create = Some(create(value)?),
        "nocreate" => rules.create = None,
        "sharedscripts" => rules.shared_scripts = true,
        "nosharedscripts" => rules.shared_scripts = false,
        "mail" => rules.mail = Some(value.to_owned()),
        "nomail" => rules.mail = None,
        "olddir" => rules.old_dir = Some(words(value).and_then(|w| w.into_iter().next()).unwrap_or_default()),
        "noolddir" => rules.old_dir = None,
        "su" => {
            let parts = words(value).unwrap_or_default();
            match parts.as_slice() {
                [user, group] => rules.su = Some((user.clone(), group.clone())),
                [] => rules.su = None,
                _ => return Err(Wrong::Value("extra arguments for su".into())),
            }
        }
        "tabooext" => {
            let (keep, list) = match value.strip_prefix('+') {
                Some(list) => (true, list),
                None => (false, value),
            };
            if !keep {
                taboo.clear();
            }
            taboo.extend(list.split([',', ' ', '\t']).filter(|t| !t.is_empty()).map(str::to_owned));
        }
        "taboopat" | "include" => {}
        known if WITHOUT_BEARING.contains(&known) => {}
        _ => return Err(Wrong::Unknown),
    }
    Ok(())
}

fn size(value: &str) -> Result<u64, Wrong> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let scale = match unit.trim() {
        "" => 1u64,
        "k" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        other => return Err(Wrong::Value(format!("unknown unit '{other}'"))),
    };
    let number: u64 = number.parse().map_err(|_| Wrong::Value(format!("bad size '{value}'")))?;
    number.checked_mul(scale).ok_or_else(|| Wrong::Value(format!("size '{value}' is too large")))
}

fn create(value: &str) -> Result<Create, Wrong> {
    let mut parts = words(value).unwrap_or_default().into_iter().peekable();
    let mut create = Create::default();
    let is_mode = |t: &String| t.len() >= 3 && t.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if parts.peek().is_some_and(is_mode) {
        create.mode = parts.next().and_then(|t| u32::from_str_radix(&t, 8).ok());
    }
    create.owner = parts.next();
    create.group = parts.next();
    if parts.next().is_some() {
        return Err(Wrong::Value("extra arguments for create".into()));
    }
    Ok(create)
}

/// Splits like a shell: quotes and backslashes. `None` when a quote is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut word = String::new();
    let (mut quote, mut has_word) = (None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                has_word = true;
            }
            (_, '\\') => {
                word.extend(chars.next());
                has_word = true;
            }
            (None, c) if c.is_whitespace() => {
                if std::mem::take(&mut has_word) {
                    out.push(std::mem::take(&mut word));
                }
            }
            (_, c) => {
                word.push(c);
                has_word = true;
            }
        }
    }
    if has_word {
        out.push(word);
    }
    quote.is_none().then_some(out)
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
