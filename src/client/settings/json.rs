//! JSON as the client reads it: strict in its grammar, and lenient towards huge numbers, half characters and depth.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::positions::string_end;

/// Nesting below which nothing is kept: no setting stands so deep.
const KEPT_DEPTH: usize = 100;

/// Reads a settings text.
///
/// # Errors
/// Where the text breaks the grammar of JSON.
pub fn read(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        // This pass minds the grammar alone: neither the size of numbers, nor halves of characters, nor the depth.
        if serde_json::from_str::<IgnoredAny>(text).is_err() {
            return Err(error);
        }
        serde_json::from_str(&tamed(text)).map_err(|_| error)
    })
}

/// The same text with what the parser refuses and the client does not: numbers beyond the largest become the largest,
/// halves of characters the replacement character, and what stands too deep becomes null.
fn tamed(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut i, mut depth) = (0, 0usize);
    while i < bytes.len() {
        let end = match bytes[i] {
            b'"' => string_end(bytes, i),
            b'-' | b'0'..=b'9' => number_end(bytes, i),
            _ => i + 1,
        };
        match bytes[i] {
            b'{' | b'[' => {
                depth += 1;
                if depth == KEPT_DEPTH + 1 {
                    out.push_str("null");
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == KEPT_DEPTH {
                    i = end;
                    continue;
                }
            }
            _ => {}
        }
        if depth <= KEPT_DEPTH {
            let piece = &bytes[i..end];
            match bytes[i] {
                b'"' => push_string(piece, &mut out),
                b'-' | b'0'..=b'9' => push_number(piece, &mut out),
                _ => out.push_str(&String::from_utf8_lossy(piece)),
            }
        }
        i = end;
    }
    out
}

fn number_end(bytes: &[u8], start: usize) -> usize {
    let part = |b: &u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    start + bytes[start..].iter().take_while(|b| part(b)).count()
}

fn push_number(piece: &[u8], out: &mut String) {
    let text = String::from_utf8_lossy(piece);
    match text.parse::<f64>() {
        Ok(number) if number.is_infinite() => {
            out.push_str(if number > 0.0 { "1.7976931348623157e308" } else { "-1.7976931348623157e308" });
        }
        _ => out.push_str(&text),
    }
}

fn push_string(piece: &[u8], out: &mut String) {
    let unit = |at: usize| -> Option<u16> {
        let digits = piece.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut kept, mut i) = (0, 0);
    while i < piece.len() {
        if piece[i] != b'\\' {
            i += 1;
            continue;
        }
        i += match (unit(i), unit(i + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str(&String::from_utf8_lossy(&piece[kept..i]));
                out.push_str("\\ufffd");
                kept = i + 6;
                6
            }
            _ => 2,
        };
    }
    out.push_str(&String::from_utf8_lossy(&piece[kept.min(piece.len())..]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_client_reads_is_read() {
        let deep = format!("{{\"x\": {}{}, \"y\": \"ä\"}}", "[".repeat(400), "]".repeat(400));
        assert_eq!(read(&deep).unwrap()["y"], "ä");
        let odd =
            r#"{"x": 1e999, "n": -1e999, "s": "a\ud800b\\ud801", "e": "\ud83d\ude00", "y": [1, {"z": 2.5}]}"#;
        let value = read(odd).unwrap();
        assert_eq!(value["y"], json!([1, {"z": 2.5}]));
        assert_eq!((&value["s"], &value["e"]), (&json!("a\u{fffd}b\\ud801"), &json!("😀")));
        assert!(
            value["x"].as_f64().is_some_and(|n| n > 1e300) && value["n"].as_f64().is_some_and(|n| n < -1e300)
        );
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        for bad in
            ["{", "{\"a\": 1,}", "{\"a\": 1e999,}", "{\"a\": \"\t\"}", "{} x", "\"\\ud800", "{\"a\": 01e999}"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&format!("{}1", "[".repeat(400))).is_err());
    }
}
