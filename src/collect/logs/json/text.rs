//! Texts of JSON: where they end, and what their escapes stand for.

use super::Fault;

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
