//! Where each value of a JSON text stands: line numbers by JSON pointer, and keys that are written twice.

use std::collections::{BTreeMap, BTreeSet};

/// Lines of the values of one JSON text.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    lines: BTreeMap<String, u32>,
    /// Pointer and line of every key that repeats an earlier key of its object.
    pub duplicates: Vec<(String, u32)>,
}

/// Deepest nesting whose lines are noted.
const MAX_DEPTH: usize = 100;

/// Deepest nesting that is read; deeper texts are refused before parsing.
const MAX_READ: usize = 1_000;

impl Positions {
    /// Line, counted from 1, of the value at the pointer (or of the nearest value above it).
    pub fn line(&self, pointer: &str) -> u32 {
        let mut at = pointer;
        loop {
            if let Some(line) = self.lines.get(at) {
                return *line;
            }
            match at.rfind('/') {
                Some(cut) => at = &at[..cut],
                None => return 1,
            }
        }
    }

    /// Scans a text that is already known to be valid JSON.
    pub fn scan(text: &str) -> Self {
        let mut out = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let bytes = text.as_bytes();
        let (mut i, mut line) = (0usize, 1u32);
        let mut key: Option<String> = None;
        while i < bytes.len() {
            match bytes[i] {
                b'\n' => line += 1,
                b' ' | b'\t' | b'\r' | b':' => {}
                b',' => {
                    if let Some(Open::Array { next, .. }) = open.last_mut() {
                        *next += 1;
                    }
                }
                b'{' | b'[' => {
                    let pointer = place(&open, key.take());
                    out.lines.insert(pointer.clone(), line);
                    open.push(if bytes[i] == b'{' {
                        Open::Object { pointer, seen: BTreeSet::new() }
                    } else {
                        Open::Array { pointer, next: 0 }
                    });
                    if open.len() > MAX_DEPTH {
                        return out;
                    }
                }
                b'}' | b']' => {
                    open.pop();
                }
                b'"' => {
                    let end = string_end(bytes, i);
                    let inside_object = matches!(open.last(), Some(Open::Object { .. }));
                    if inside_object && key.is_none() {
                        let name: String = serde_json::from_str(&text[i..end]).unwrap_or_default();
                        if let Some(Open::Object { pointer, seen }) = open.last_mut()
                            && !seen.insert(name.clone())
                        {
                            out.duplicates.push((format!("{pointer}/{}", escape(&name)), line));
                        }
                        key = Some(name);
                    } else {
                        out.lines.insert(place(&open, key.take()), line);
                    }
                    i = end;
                    continue;
                }
                _ => {
                    out.lines.insert(place(&open, key.take()), line);
                    while i < bytes.len() && !matches!(bytes[i], b',' | b'}' | b']' | b'\n') {
                        i += 1;
                    }
                    continue;
                }
            }
            i += 1;
        }
        out
    }
}

enum Open {
    Object { pointer: String, seen: BTreeSet<String> },
    Array { pointer: String, next: usize },
}

fn place(open: &[Open], key: Option<String>) -> String {
    match open.last() {
        None => String::new(),
        Some(Open::Object { pointer, .. }) => format!("{pointer}/{}", escape(&key.unwrap_or_default())),
        Some(Open::Array { pointer, next }) => format!("{pointer}/{next}"),
    }
}

/// Where the string that starts here ends, its closing quote included; the end of the text where nothing closes it.
pub(super) fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut i = start + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 2,
            b'"' => return i + 1,
            _ => i += 1,
        }
    }
    bytes.len()
}

/// Escapes one reference token of a JSON pointer (RFC 6901).
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// Whether brackets outside strings nest deeper than is read.
pub fn too_deep(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut depth, mut i) = (0usize, 0usize);
    while i < bytes.len() {
        match bytes[i] {
            b'"' => {
                i = string_end(bytes, i);
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_READ {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        i += 1;
    }
    false
}

/// The token that [`escape`] was given.
pub fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_duplicates() {
        let p = Positions::scan("{\n \"a\": {\"x/y\": [1,\n 2, \"s\"]},\n \"a\": true}");
        assert_eq!(p.line("/a/x~1y"), 2);
        assert_eq!(p.line("/a/x~1y/1"), 3);
        assert_eq!(p.line("/a/x~1y/2"), 3);
        assert_eq!(p.line("/a/missing"), 4);
        assert_eq!(p.duplicates, vec![("/a".to_owned(), 4)]);
        assert!(too_deep(&"[".repeat(1200)) && !too_deep("[\"[[[[\"]"));
    }
}
