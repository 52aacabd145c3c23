//! What one line looks like, whatever record it may belong to.

use super::super::json;
use super::super::mend;
use super::super::when;

/// Offset of the line end at or after `at`; at the end of the source the end of the block counts as one.
pub fn end(block: &[u8], at: usize, end: bool) -> Option<usize> {
    if at >= block.len() {
        return end.then_some(block.len());
    }
    match memchr::memchr(b'\n', &block[at..]) {
        Some(n) => Some(at + n),
        None if end => Some(block.len()),
        None => None,
    }
}

pub fn trailing_blank(line: &[u8]) -> usize {
    line.len() - mend::trim_end(line).len()
}

/// Whether a record, a list's punctuation or the end of the source follows. `None`: not in the block.
pub fn next_starts(block: &[u8], at: usize, end: bool) -> Option<bool> {
    match block[at..].iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{' | b'[' | b']' | b',' | 0) => Some(true),
        Some(_) => Some(false),
        None => end.then_some(true),
    }
}

/// `[` is a list's bracket when an object, another list or a line end follows.
pub fn opens_list(block: &[u8], at: usize) -> bool {
    matches!(block.get(json::blank(block, at + 1)), Some(b'{' | b'[' | b']') | None)
}

/// The key of a line `"key": …`.
pub fn key(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"\"")?;
    let len =
        rest.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count();
    (len > 0 && rest.get(len) == Some(&b'"') && rest.get(json::blank(rest, len + 1)) == Some(&b':'))
        .then(|| &rest[..len])
}

/// Whether the line leaves a value open: it ends neither a pair nor a bracket.
pub fn leaves_value_open(line: &[u8]) -> bool {
    !line.is_empty() && !matches!(line[line.len() - 1], b',' | b'{' | b'}' | b'"' | b'[' | b']')
}

/// A line of a journal or of syslog: `<13>…`, `Nov 22 10:00:00 …`, `2026-11-22T10:00:00Z host …`.
pub fn is_journal_line(line: &[u8]) -> bool {
    const MONTHS: [&[u8]; 12] = [
        b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ", b"Nov ",
        b"Dec ",
    ];
    match line {
        [b'<', b'0'..=b'9', ..] => true,
        _ => {
            MONTHS.iter().any(|m| line.starts_with(m))
                && line
                    .get(4..15)
                    .is_some_and(|t| t.iter().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b':')))
                || line.get(..10).is_some_and(|d| when::date_day(d).is_some())
                    && line.get(10).is_some_and(|b| matches!(b, b'T' | b' '))
        }
    }
}
