//! What a hook wrote, made the same in every run: times and chance values become words that say what they were.

use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use regex::{Captures, Regex};
use serde_json::Value;

use crate::collect::intake::decode;
use crate::collect::mtree::Owners;
use crate::collect::naming::shown;
use crate::collect::redact::redact;
use crate::collect::tree::{EntryKind, Links, Tree};
use crate::model::Written;

/// A written file is read up to this size, in bytes.
const FILE: u64 = 8 * 1024 * 1024;
/// Files and lines kept of one run, and characters of one line.
const FILES: usize = 20;
const LINES: usize = 40;
const CHARS: usize = 2_000;
/// Folders deeper than this were not made by a logger.
const DEPTH: usize = 8;
/// A record's time may differ from the run's by this much, in seconds.
const NEAR: i64 = 3_600;

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?")
        .expect("a fixed expression")
});
static CHANCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"tmp\.[A-Za-z0-9]{6,12}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
        .expect("a fixed expression")
});

/// Replaces times and chance values in text; what `known` holds was given to the hook and stays.
pub fn plain(text: &str, now: Timestamp, known: &str) -> String {
    let text = TIME.replace_all(text, |found: &Captures| {
        let whole = &found[0];
        if known.contains(whole) {
            whole.to_owned()
        } else {
            named(whole, found.get(3).is_some(), now).to_owned()
        }
    });
    CHANCE
        .replace_all(&text, |found: &Captures| {
            if known.contains(&found[0]) { found[0].to_owned() } else { "<chance>".to_owned() }
        })
        .into_owned()
}

fn named(time: &str, zone: bool, now: Timestamp) -> &'static str {
    if !zone {
        return "<time without zone>";
    }
    match time.parse::<Timestamp>() {
        // `2026-01-01 10:00Z` is a time, and not RFC 3339.
        Ok(at) if time.len() >= 20 && (at.as_second() - now.as_second()).abs() <= NEAR => "<time>",
        _ => "<other time>",
    }
}

/// One line as it is kept.
fn line(text: &str, now: Timestamp, known: &str) -> (String, bool) {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) if value.is_object() => {
            tidy(&mut value, now, known, 0);
            (value.to_string(), true)
        }
        _ => (plain(text, now, known), false),
    }
}

fn tidy(value: &mut Value, now: Timestamp, known: &str, depth: usize) {
    // serde_json itself reads no deeper than 128.
    if depth > 130 {
        return;
    }
    match value {
        Value::String(text) => *text = plain(text, now, known),
        Value::Number(number) => {
            let near = |second: f64| (second - now.as_second() as f64).abs() <= NEAR as f64;
            let at = number.as_f64().unwrap_or(0.0);
            if [1.0, 1e3, 1e6, 1e9].iter().any(|unit| near(at / unit)) {
                *value = Value::String("<number of now>".to_owned());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, now, known, depth + 1)),
        Value::Object(keys) => keys.iter_mut().for_each(|(_, item)| tidy(item, now, known, depth + 1)),
        _ => {}
    }
}

/// Reads what stands below a scratch folder that was empty before. Nothing that a hook left there is followed.
pub fn written(folder: &Path, shown_as: &str, now: Timestamp, known: &str) -> Vec<Written> {
    let Ok(tree) = Tree::open(folder, String::new(), Links::StayInside, Owners::Unknown, String::new())
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut waiting = vec![(std::path::PathBuf::new(), 0)];
    while let Some((path, depth)) = waiting.pop() {
        let Ok(listing) = tree.resolve(&path).and_then(|place| tree.list(&place)) else { continue };
        for entry in listing.entries.into_iter().take(1_000) {
            let inner = path.join(&entry.name);
            match entry.kind {
                EntryKind::Folder if depth < DEPTH => waiting.push((inner, depth + 1)),
                EntryKind::File if found.len() < FILES => {
                    let file = format!("{shown_as}/{}", shown(&inner));
                    match tree.resolve(&inner).and_then(|place| tree.read(&place, FILE)) {
                        Ok(raw) if raw.is_empty() => {}
                        Ok(raw) => found.push(lines(file, &decode(&raw).0, now, known)),
                        Err(_) => found.push(Written { file, lines: Vec::new(), cut: true, whole: 0 }),
                    }
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn lines(file: String, text: &str, now: Timestamp, known: &str) -> Written {
    let (mut kept, mut cut, mut whole) = (Vec::new(), false, 0);
    for text in
        text.split('\n').map(|line| line.trim_end_matches('\r')).filter(|line| !line.trim().is_empty())
    {
        let (mut text, json) = line(text, now, known);
        whole += usize::from(json);
        if kept.len() == LINES {
            cut = true;
            continue;
        }
        text = redact(&text).text;
        if text.chars().count() > CHARS {
            text = text.chars().take(CHARS).collect();
            cut = true;
        }
        kept.push(text);
    }
    Written { file: redact(&file).text, lines: kept, cut, whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_times_instead_of_keeping_them() {
        let now: Timestamp = "2026-10-01T09:00:00Z".parse().expect("a time");
        let of = |text: &str| line(text, now, "11111111-2222-4333-8444-555555555555").0;
        assert_eq!(
            of(r#"{"t":"2026-10-01T09:00:01.123Z","n":1790845200}"#),
            r#"{"t":"<time>","n":"<number of now>"}"#
        );
        assert_eq!(of(r#"{"t":"2026-10-01T09:00:01"}"#), r#"{"t":"<time without zone>"}"#);
        assert_eq!(of(r#"{"t":"2020-10-01T09:00:01Z"}"#), r#"{"t":"<other time>"}"#);
        assert_eq!(
            of(r#"{"s":"11111111-2222-4333-8444-555555555555"}"#),
            r#"{"s":"11111111-2222-4333-8444-555555555555"}"#
        );
        assert_eq!(of("at /tmp/tmp.aB3dE6gH9j"), "at /tmp/<chance>");
    }
}
