//! Walks one JSON value strictly and without building it; members are handed out as borrowed slices.

/// Deepest nesting that is read; deeper values are a fault of the record, not of the reader.
pub const MAX_DEPTH: u32 = 120;

/// A JSON value that was checked and not built. Slices of objects and arrays include their brackets,
/// text excludes its quotes and keeps its escapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Raw<'a> {
    /// The member is not there.
    #[default]
    Absent,
    Null,
    Bool(bool),
    Number(&'a [u8]),
    /// Bytes between the quotes, and whether they hold an escape.
    Text(&'a [u8], bool),
    Object(&'a [u8]),
    Array(&'a [u8]),
}

impl<'a> Raw<'a> {
    /// The bytes of a text as written, escapes and all.
    pub fn text(self) -> Option<&'a [u8]> {
        match self {
            Raw::Text(bytes, _) => Some(bytes),
            _ => None,
        }
    }

    pub fn is_absent(self) -> bool {
        matches!(self, Raw::Absent)
    }

    pub fn object(self) -> Option<&'a [u8]> {
        match self {
            Raw::Object(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub fn array(self) -> Option<&'a [u8]> {
        match self {
            Raw::Array(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A number, also when it was written as text (the exporters do both).
    pub fn number(self) -> Option<f64> {
        let bytes = match self {
            Raw::Number(bytes) | Raw::Text(bytes, false) => bytes,
            _ => return None,
        };
        std::str::from_utf8(bytes).ok()?.parse::<f64>().ok().filter(|n| n.is_finite())
    }

    /// A whole number that is not negative, also when it was written as text.
    pub fn count(self) -> Option<u64> {
        let bytes = match self {
            Raw::Number(bytes) | Raw::Text(bytes, false) => bytes,
            _ => return None,
        };
        if bytes.is_empty() || bytes.len() > 19 {
            return None;
        }
        bytes.iter().try_fold(0u64, |n, &b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
    }
}

/// Why a value could not be walked, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The bytes ended inside the value.
    Incomplete,
    /// Not JSON at this offset.
    Syntax(usize),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep(usize),
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Marks the lowest byte of eight that ends a run of plain text: a quote, a backslash or a control character.
#[inline(always)]
fn text_stop(word: u64) -> u64 {
    let quote = word ^ (LOW * b'"' as u64);
    let slash = word ^ (LOW * b'\\' as u64);
    let zero = |w: u64| w.wrapping_sub(LOW) & !w;
    let control = word.wrapping_sub(LOW * 0x20) & !word;
    (zero(quote) | zero(slash) | control) & HIGH
}

/// Offset of the first quote, backslash or control character at or after `at`.
#[inline(always)]
pub fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    let mut short = 0;
    while let Some(eight) = bytes.get(at..at + 8) {
        let stop = text_stop(u64::from_le_bytes(eight.try_into().expect("the slice has eight bytes")));
        if stop != 0 {
            return at + (stop.trailing_zeros() / 8) as usize;
        }
        at += 8;
        short += 1;
        if short == 4 {
            at = long_plain(bytes, at);
        }
    }
    while let Some(&b) = bytes.get(at) {
        if b == b'"' || b == b'\\' || b < 0x20 {
            break;
        }
        at += 1;
    }
    at
}

/// Skips whole runs of 32 bytes of plain text; written so that the compiler can use vector registers.
#[inline(never)]
fn long_plain(bytes: &[u8], mut at: usize) -> usize {
    for run in bytes[at..].chunks_exact(32) {
        let stop = run
            .iter()
            .fold(0u8, |acc, &b| acc | ((b == b'"') as u8) | ((b == b'\\') as u8) | ((b < 0x20) as u8));
        if stop != 0 {
            break;
        }
        at += 32;
    }
    at
}

/// Finds where a run of plain text ends.
pub trait Stops: Copy {
    /// Offset of the first quote, backslash or control character at or after `at`; the end of `bytes` when there is none.
    fn plain_end(self, bytes: &[u8], at: usize) -> usize;
}

/// Looks for it byte by byte.
#[derive(Clone, Copy)]
pub struct Unmarked;

impl Stops for Unmarked {
    #[inline(always)]
    fn plain_end(self, bytes: &[u8], at: usize) -> usize {
        plain_end(bytes, at)
    }
}

/// End of a text whose opening quote is just before `at`: the offset of its closing quote, and whether it has escapes.
#[inline(always)]
pub fn text_end(bytes: &[u8], stops: impl Stops, at: usize) -> Result<(usize, bool), Fault> {
    let end = stops.plain_end(bytes, at);
    if bytes.get(end) == Some(&b'"') { Ok((end, false)) } else { escaped_end(bytes, stops, end) }
}

fn escaped_end(bytes: &[u8], stops: impl Stops, mut at: usize) -> Result<(usize, bool), Fault> {
    let mut escaped = false;
    loop {
        match bytes.get(at) {
            None => return Err(Fault::Incomplete),
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                match bytes.get(at + 1) {
                    None => return Err(Fault::Incomplete),
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                    Some(b'u') => {
                        let Some(hex) = bytes.get(at + 2..at + 6) else { return Err(Fault::Incomplete) };
                        if !hex.iter().all(u8::is_ascii_hexdigit) {
                            return Err(Fault::Syntax(at));
                        }
                        at += 6;
                    }
                    Some(_) => return Err(Fault::Syntax(at)),
                }
            }
            Some(_) => return Err(Fault::Syntax(at)),
        }
        at = stops.plain_end(bytes, at);
    }
}

#[inline(always)]
pub fn blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

fn number_end(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    let whole = at;
    at = digits(at);
    if at == whole {
        return Err(if at == bytes.len() { Fault::Incomplete } else { Fault::Syntax(at) });
    }
    if bytes[whole] == b'0' && at > whole + 1 {
        return Err(Fault::Syntax(whole));
    }
    for part in 0..2 {
        let here = at;
        match bytes.get(at) {
            Some(b'.') if part == 0 => at += 1,
            Some(b'e' | b'E') if part == 1 => {
                at += 1;
                if let Some(b'+' | b'-') = bytes.get(at) {
                    at += 1;
                }
            }
            _ => continue,
        }
        let first = at;
        at = digits(at);
        if at == first {
            return Err(if at == bytes.len() { Fault::Incomplete } else { Fault::Syntax(here) });
        }
    }
    Ok(at)
}

fn word<'a>(bytes: &[u8], at: usize, word: &[u8], value: Raw<'a>) -> Result<(Raw<'a>, usize), Fault> {
    let here = &bytes[at..];
    if here.starts_with(word) {
        Ok((value, at + word.len()))
    } else if here.len() < word.len() && word.starts_with(here) {
        Err(Fault::Incomplete)
    } else {
        Err(Fault::Syntax(at))
    }
}

/// Reads the value that starts at `at` and returns it with the offset after it.
#[inline(always)]
pub fn value<'a>(bytes: &'a [u8], stops: impl Stops, at: usize) -> Result<(Raw<'a>, usize), Fault> {
    match bytes.get(at) {
        None => Err(Fault::Incomplete),
        Some(b'"') => {
            let (end, escaped) = text_end(bytes, stops, at + 1)?;
            Ok((Raw::Text(&bytes[at + 1..end], escaped), end + 1))
        }
        Some(b'{') => {
            let end = nested_end(bytes, stops, at)?;
            Ok((Raw::Object(&bytes[at..end]), end))
        }
        Some(b'[') => {
            let end = nested_end(bytes, stops, at)?;
            Ok((Raw::Array(&bytes[at..end]), end))
        }
        Some(b't') => word(bytes, at, b"true", Raw::Bool(true)),
        Some(b'f') => word(bytes, at, b"false", Raw::Bool(false)),
        Some(b'n') => word(bytes, at, b"null", Raw::Null),
        Some(b'-' | b'0'..=b'9') => {
            let end = number_end(bytes, at)?;
            Ok((Raw::Number(&bytes[at..end]), end))
        }
        Some(_) => Err(Fault::Syntax(at)),
    }
}

/// End of the object or array that opens at `start`: strict, with a stack of bits instead of recursion.
fn nested_end(bytes: &[u8], stops: impl Stops, start: usize) -> Result<usize, Fault> {
    let mut stack: u128 = 0;
    let mut depth = 0u32;
    let mut at = start;
    loop {
        // A value starts at `at`.
        match bytes.get(at) {
            None => return Err(Fault::Incomplete),
            Some(&open @ (b'{' | b'[')) => {
                if depth == MAX_DEPTH {
                    return Err(Fault::TooDeep(at));
                }
                let is_object = open == b'{';
                stack = (stack << 1) | is_object as u128;
                depth += 1;
                at = blank(bytes, at + 1);
                match bytes.get(at) {
                    None => return Err(Fault::Incomplete),
                    Some(b'}') if is_object => {}
                    Some(b']') if !is_object => {}
                    Some(_) if is_object => {
                        at = key_end(bytes, stops, at)?;
                        continue;
                    }
                    Some(_) => continue,
                }
            }
            Some(b'"') => at = text_end(bytes, stops, at + 1)?.0 + 1,
            Some(b't') => at = word(bytes, at, b"true", Raw::Null)?.1,
            Some(b'f') => at = word(bytes, at, b"false", Raw::Null)?.1,
            Some(b'n') => at = word(bytes, at, b"null", Raw::Null)?.1,
            Some(b'-' | b'0'..=b'9') => at = number_end(bytes, at)?,
            Some(_) => return Err(Fault::Syntax(at)),
        }
        // A value has ended: what follows closes a level or starts the next value.
        loop {
            at = blank(bytes, at);
            let is_object = stack & 1 == 1;
            match bytes.get(at) {
                None => return Err(Fault::Incomplete),
                Some(b',') => {
                    at = blank(bytes, at + 1);
                    if is_object {
                        at = key_end(bytes, stops, at)?;
                    }
                    break;
                }
                Some(b'}') if is_object => {}
                Some(b']') if !is_object => {}
                Some(_) => return Err(Fault::Syntax(at)),
            }
            at += 1;
            stack >>= 1;
            depth -= 1;
            if depth == 0 {
                return Ok(at);
            }
        }
    }
}

/// Offset of the value after the key that starts at `at`.
#[inline(always)]
fn key_end(bytes: &[u8], stops: impl Stops, at: usize) -> Result<usize, Fault> {
    match bytes.get(at) {
        Some(b'"') => {}
        None => return Err(Fault::Incomplete),
        Some(_) => return Err(Fault::Syntax(at)),
    }
    let after = blank(bytes, text_end(bytes, stops, at + 1)?.0 + 1);
    match bytes.get(after) {
        Some(b':') => Ok(blank(bytes, after + 1)),
        None => Err(Fault::Incomplete),
        Some(_) => Err(Fault::Syntax(after)),
    }
}

/// Walks the members of the object that opens at `start`; returns the offset after its closing brace.
/// `seen` gets each key as written and its value. The whole object has been checked when this returns `Ok`.
pub fn members<'a>(
    bytes: &'a [u8],
    start: usize,
    mut seen: impl FnMut(&'a [u8], Raw<'a>),
) -> Result<usize, Fault> {
    let mut at = blank(bytes, start + 1);
    if bytes.get(at) == Some(&b'}') {
        return Ok(at + 1);
    }
    loop {
        let key_start = at + 1;
        let value_at = key_end(bytes, Unmarked, at)?;
        let key = &bytes[key_start..text_end(bytes, Unmarked, key_start)?.0];
        let (found, after) = value(bytes, Unmarked, value_at)?;
        seen(key, found);
        at = blank(bytes, after);
        match bytes.get(at) {
            Some(b',') => at = blank(bytes, at + 1),
            Some(b'}') => return Ok(at + 1),
            None => return Err(Fault::Incomplete),
            Some(_) => return Err(Fault::Syntax(at)),
        }
    }
}

/// Walks the elements of an array slice that was already checked (it came out of [`value`]).
pub fn elements<'a>(array: &'a [u8], mut seen: impl FnMut(Raw<'a>)) {
    let mut at = blank(array, 1);
    while at < array.len() && array[at] != b']' {
        let Ok((found, after)) = value(array, Unmarked, at) else { return };
        seen(found);
        at = blank(array, after);
        if array.get(at) == Some(&b',') {
            at = blank(array, at + 1);
        }
    }
}

/// Undoes the escapes of a text. Lone surrogates become U+FFFD; at most `limit` bytes are produced.
pub fn unescape(raw: &[u8], limit: usize, out: &mut Vec<u8>) {
    out.clear();
    let mut at = 0;
    while at < raw.len() && out.len() < limit {
        if raw[at] != b'\\' {
            out.push(raw[at]);
            at += 1;
            continue;
        }
        let plain = match raw.get(at + 1) {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'u') => {
                let (scalar, used) = unicode(raw, at);
                let mut room = [0u8; 4];
                out.extend_from_slice(scalar.encode_utf8(&mut room).as_bytes());
                at += used;
                continue;
            }
            Some(&other) => other,
            None => b'\\',
        };
        out.push(plain);
        at += 2;
    }
}

fn unicode(raw: &[u8], at: usize) -> (char, usize) {
    let unit = |at: usize| {
        let hex = std::str::from_utf8(raw.get(at..at + 4)?).ok()?;
        u32::from_str_radix(hex, 16).ok()
    };
    let Some(first) = unit(at + 2) else { return (char::REPLACEMENT_CHARACTER, 2) };
    if (0xD800..0xDC00).contains(&first)
        && raw.get(at + 6..at + 8) == Some(b"\\u")
        && let Some(second) = unit(at + 8).filter(|u| (0xDC00..0xE000).contains(u))
    {
        let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The strict judge that the walker must agree with.
    fn strict(text: &[u8]) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok() && std::str::from_utf8(text).is_ok()
    }

    #[test]
    fn agrees_with_a_full_parser_on_hand_made_cases() {
        for text in [
            r#"{}"#,
            r#"{"a":1}"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":1.}"#,
            r#"{"a":1e5,"b":-0.5E-3}"#,
            r#"{"a":[1,2,{"b":null}],"c":"x\u00e9\n"}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12g4"}"#,
            r#"{"a" 1}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[}"#,
            r#"{"a":{"b":1]}}"#,
            r#"{"a":tru}"#,
            r#"{"a":true}"#,
            r#"{,}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":"b"#,
            r#"{"a":[[[[]]]]}"#,
            "{\"a\":\"tab\there\"}",
            "{\"a\":\"01234567890123456789012345678901234567890123456789\u{1}x\"}",
            r#"{"a":+1}"#,
            r#"{"a":.5}"#,
            r#"{"a":{}, "b" : [ ] }"#,
            r#"{"a":1}}"#,
        ] {
            let bytes = text.as_bytes();
            let ours = members(bytes, 0, |_, _| {}) == Ok(bytes.len());
            assert_eq!(ours, strict(bytes), "{text}");
        }
    }

    #[test]
    fn agrees_with_a_full_parser_on_mutated_records() {
        let seed = br#"{"timestamp":"2026-07-01T10:00:00Z","n":-12.5e3,"list":[1,{"k":"v\"w"},null,true],"o":{"p":{"q":[]}},"s":"longer text with many words in it, and \u0041 escapes \\ and so on, to leave the short path"}"#;
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let alphabet = b"{}[]\",:\\0123456789.eE+-truefalsn \x01\n";
        let mut accepted = 0;
        for _ in 0..60_000 {
            let mut text = seed.to_vec();
            for _ in 0..1 + next() % 2 {
                let at = (next() % text.len() as u64) as usize;
                let byte = alphabet[(next() % alphabet.len() as u64) as usize];
                match next() % 3 {
                    0 => text[at] = byte,
                    1 => text.insert(at, byte),
                    _ => drop(text.remove(at)),
                }
            }
            if text.first() != Some(&b'{') {
                continue;
            }
            let end = members(&text, 0, |_, _| {});
            let ours = end.is_ok_and(|end| blank(&text, end) == text.len());
            assert_eq!(ours, strict(&text), "{}", String::from_utf8_lossy(&text));
            accepted += ours as u32;
        }
        assert!(accepted > 1000, "the mutator must leave some records whole: {accepted}");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
        assert!(matches!(members(deep.as_bytes(), 0, |_, _| {}), Err(Fault::TooDeep(_))));
    }

    #[test]
    fn escapes_are_undone() {
        let mut out = Vec::new();
        unescape(br#"a\"b\\c\nd\u00e9\ud83d\ude00\ud800x"#, 100, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "a\"b\\c\ndé😀\u{FFFD}x");
    }
}
