//! Walks one JSON value strictly and without building it; members are handed out as borrowed slices.

mod text;

pub use text::{Stops, Unmarked, plain_end, text_end, unescape};

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
    #[inline(always)]
    pub fn text(self) -> Option<&'a [u8]> {
        match self {
            Raw::Text(bytes, _) => Some(bytes),
            _ => None,
        }
    }

    #[inline(always)]
    pub fn is_absent(self) -> bool {
        matches!(self, Raw::Absent)
    }

    #[inline(always)]
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
    Ok(key(bytes, stops, at)?.1)
}

/// Offsets of the closing quote of the key that starts at `at`, and of its value.
#[inline(always)]
pub fn key(bytes: &[u8], stops: impl Stops, at: usize) -> Result<(usize, usize), Fault> {
    match bytes.get(at) {
        Some(b'"') => {}
        None => return Err(Fault::Incomplete),
        Some(_) => return Err(Fault::Syntax(at)),
    }
    let end = text_end(bytes, stops, at + 1)?.0;
    let after = blank(bytes, end + 1);
    match bytes.get(after) {
        Some(b':') => Ok((end, blank(bytes, after + 1))),
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
        let (key, value_at) = key(bytes, Unmarked, at)?;
        let (found, after) = value(bytes, Unmarked, value_at)?;
        seen(&bytes[at + 1..key], found);
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

#[cfg(test)]
mod tests;
