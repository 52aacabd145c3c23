//! Reads tables of a policy file field by field, and collects every mistake instead of stopping at the first.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use jiff::civil::Date;

use super::{
    Problem,
    yaml::{Node, Value},
};

/// The longest text of one field.
const MAX_TEXT: usize = 4_000;

/// One reading of one file, and the mistakes found so far.
pub(super) struct Reading {
    file: String,
    problems: RefCell<Vec<Problem>>,
}

impl Reading {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), problems: RefCell::new(Vec::new()) }
    }

    /// Notes a mistake.
    pub(super) fn problem(&self, line: u64, message: impl Into<String>, hint: Option<String>) {
        let (file, message) = (self.file.clone(), message.into());
        self.problems.borrow_mut().push(Problem { file, line, message, hint });
    }

    /// All mistakes, by line.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort();
        problems.dedup();
        problems
    }

    /// Opens a table. Anything else is a mistake, and reads as an empty table.
    pub(super) fn table<'a>(&'a self, node: &'a Node, place: &str) -> Table<'a> {
        let mut rows = BTreeMap::new();
        match &node.value {
            Value::Table(table) => {
                for (key, line, value) in table {
                    rows.insert(key.as_str(), (*line, value));
                }
            }
            Value::Null => {}
            other => self.problem(node.line, format!("`{place}` is {}, not a table", other.kind()), None),
        }
        Table { reading: self, place: place.to_owned(), line: node.line, rows, asked: RefCell::default() }
    }
}

/// A table that knows which of its keys were asked for.
pub(super) struct Table<'a> {
    reading: &'a Reading,
    place: String,
    pub(super) line: u64,
    rows: BTreeMap<&'a str, (u64, &'a Node)>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Table<'a> {
    /// The value of a key, and the line of the key. An empty value counts as absent.
    fn get(&self, key: &'static str) -> Option<(u64, &'a Node)> {
        self.asked.borrow_mut().insert(key);
        self.rows.get(key).copied().filter(|(_, node)| !matches!(node.value, Value::Null))
    }

    /// The line of a key, or of the table where the key is absent.
    pub(super) fn line_of(&self, key: &str) -> u64 {
        self.rows.get(key).map_or(self.line, |(line, _)| *line)
    }

    /// Notes a mistake in a field.
    pub(super) fn wrong(&self, key: &str, message: impl AsRef<str>, hint: Option<&str>) {
        let message = format!("`{}` {}", self.path(key), message.as_ref());
        self.reading.problem(self.line_of(key), message, hint.map(str::to_owned));
    }

    fn path(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// Text of a field.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        let (_, node) = self.get(key)?;
        self.plain(key, node)
    }

    fn plain(&self, key: &'static str, node: &Node) -> Option<String> {
        let wrong = |message: String, hint: Option<&str>| {
            let message = format!("`{}` {message}", self.path(key));
            self.reading.problem(node.line, message, hint.map(str::to_owned));
        };
        match &node.value {
            Value::Text(text) if text.trim().is_empty() => wrong("is empty".to_owned(), None),
            Value::Text(text) if text.len() > MAX_TEXT => {
                wrong(format!("is longer than {MAX_TEXT} bytes"), None);
            }
            Value::Text(text) if text.chars().any(|c| c.is_control() && c != '\n') => {
                wrong("holds control characters".to_owned(), None);
            }
            Value::Text(text) => return Some(text.trim().to_owned()),
            Value::Boolean(_) | Value::Integer(_) | Value::Number => {
                wrong(format!("is {}, not text", node.value.kind()), Some("put it in quotes"));
            }
            other => wrong(format!("is {}, not text", other.kind()), None),
        }
        None
    }

    /// Text that must be there.
    pub(super) fn required(&self, key: &'static str) -> Option<String> {
        self.presence(key);
        self.text(key)
    }

    fn presence(&self, key: &'static str) {
        if self.get(key).is_none() {
            let message = match self.place.as_str() {
                "" => format!("`{key}` is missing"),
                place => format!("`{place}` lacks `{key}`"),
            };
            self.reading.problem(self.line, message, None);
        }
    }

    /// Text that a parser accepts.
    pub(super) fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(key)?;
        parse(&text).map_err(|why| self.wrong(key, format!("is wrong: {why}"), None)).ok()
    }

    /// A date, `2026-07-01`.
    pub(super) fn date(&self, key: &'static str) -> Option<Date> {
        let text = self.text(key)?;
        // The parser alone also accepts instants, whose time would be dropped in silence.
        let date = (text.len() == 10).then(|| text.parse().ok()).flatten();
        if date.is_none() {
            self.wrong(
                key,
                format!("is `{}`, which is no date", text.escape_debug()),
                Some("write 2026-07-01"),
            );
        }
        date
    }

    /// A date that must be there.
    pub(super) fn required_date(&self, key: &'static str) -> Option<Date> {
        self.presence(key);
        self.date(key)
    }

    /// A whole number within bounds.
    pub(super) fn integer(&self, key: &'static str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let (_, node) = self.get(key)?;
        match node.value {
            Value::Integer(number) if bounds.contains(&number) => Some(number),
            Value::Integer(number) => {
                self.wrong(key, format!("is {number}, not {} to {}", bounds.start(), bounds.end()), None);
                None
            }
            ref other => {
                self.wrong(key, format!("is {}, not a whole number", other.kind()), None);
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self, key: &'static str) -> Option<bool> {
        let (_, node) = self.get(key)?;
        if let Value::Boolean(value) = node.value {
            return Some(value);
        }
        self.wrong(key, format!("is {}, not true or false", node.value.kind()), None);
        None
    }

    /// One of a closed set of words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        self.one_of(self.line_of(key), &self.path(key), &text, words)
    }

    /// One of a closed set of words, which must be there.
    pub(super) fn required_choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.presence(key);
        self.choice(key, words)
    }

    fn one_of<T: Copy>(&self, line: u64, place: &str, text: &str, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("`{place}` is `{}`, which is not known", text.escape_debug());
            self.reading.problem(line, message, Some(suggestion(text, &known)));
        }
        found
    }

    /// The items of a list, each with its line; nothing where the key is absent.
    fn items(&self, key: &'static str) -> Option<&'a [Node]> {
        let (_, node) = self.get(key)?;
        if let Value::List(list) = &node.value {
            return Some(list);
        }
        let hint = Some("write a list: [a, b]");
        self.wrong(key, format!("is {}, not a list", node.value.kind()), hint);
        None
    }

    /// A list of texts, each with its line.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<(u64, String)>> {
        let items = self.items(key)?;
        Some(items.iter().filter_map(|item| Some((item.line, self.plain(key, item)?))).collect())
    }

    /// A list of words out of a closed set.
    pub(super) fn choices<T: Copy + Ord>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Option<BTreeSet<T>> {
        let place = self.path(key);
        let texts = self.texts(key)?;
        Some(texts.iter().filter_map(|(line, text)| self.one_of(*line, &place, text, words)).collect())
    }

    /// A list of tables.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let items = self.items(key).unwrap_or_default();
        let place = self.path(key);
        let reading = self.reading;
        items.iter().enumerate().map(|(n, item)| reading.table(item, &format!("{place}[{n}]"))).collect()
    }

    /// A table inside this one, where it is there.
    pub(super) fn optional_table(&self, key: &'static str) -> Option<Table<'a>> {
        let place = self.path(key);
        self.get(key).map(|(_, node)| self.reading.table(node, &place))
    }

    /// A table inside this one; an empty one where it is absent.
    pub(super) fn table(&self, key: &'static str) -> Table<'a> {
        let place = self.path(key);
        match self.get(key) {
            Some((_, node)) => self.reading.table(node, &place),
            None => Table {
                reading: self.reading,
                place,
                line: self.line,
                rows: BTreeMap::new(),
                asked: RefCell::default(),
            },
        }
    }

    /// Notes a mistake on a line of this file.
    pub(super) fn problem(&self, line: u64, message: impl Into<String>, hint: Option<String>) {
        self.reading.problem(line, message, hint);
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        let known: Vec<&str> = asked.iter().copied().collect();
        for (key, (line, _)) in &self.rows {
            if !asked.contains(key) {
                let message = format!("`{}` is not a known key", self.path(key).escape_debug());
                self.reading.problem(*line, message, Some(suggestion(key, &known)));
            }
        }
    }
}

/// `did you mean X?` where one word is near, else the list of all.
pub(super) fn suggestion(text: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|word| (distance(text, word), *word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min();
    match near {
        Some((_, word)) => format!("did you mean `{word}`?"),
        None => {
            let shown: Vec<&str> = known.iter().copied().take(24).collect();
            let more = if known.len() > shown.len() { ", …" } else { "" };
            format!("known: {}{more}", shown.join(", "))
        }
    }
}

/// Edits between two short words; far apart where one is longer than any key.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(81).collect(), b.chars().take(81).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
