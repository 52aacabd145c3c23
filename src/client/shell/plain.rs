//! The short way for commands of plain words, which need no grammar.

use super::{Nesting, Part, Word};

/// Words that begin something other than a simple command.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "function",
    "select", "in", "time", "coproc", "export", "declare", "local", "readonly", "typeset", "unset",
];

/// Reads a command of unquoted plain words; `None` where it holds anything else.
pub fn read(command: &str) -> Option<Part> {
    let text = command.trim_matches(' ');
    let plain = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b' ' | b'_' | b'.' | b'/' | b'-' | b':' | b',' | b'@' | b'+' | b'%')
    };
    if !text.bytes().all(plain) {
        return None;
    }
    let words: Vec<Word> = text
        .split(' ')
        .filter(|w| !w.is_empty())
        .map(|w| Word { raw: w.to_owned(), value: w.to_owned(), glob: false, dynamic: false })
        .collect();
    if RESERVED.contains(&words.first()?.value.as_str()) {
        return None;
    }
    Some(Part {
        text: text.to_owned(),
        assignments: Vec::new(),
        words,
        redirects: Vec::new(),
        nesting: Nesting::Top,
    })
}
