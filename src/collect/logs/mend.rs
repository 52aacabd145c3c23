//! Recovers the fields of a record that is not valid as written: unescaped quotes and line ends inside its values.

use super::fields::{self, Field, Fields};
use super::json::{self, Raw};

/// Keys of a tool's input, which a pasted input brings inside a value; they never end the value they stand in.
const INPUT_KEYS: &[&[u8]] =
    &[b"command", b"content", b"file_path", b"path", b"notebook_path", b"input", b"success", b"error"];

/// More pairs than this are not a record of these writers.
const PAIRS: usize = 64;

/// Reads the pairs of a broken record by the layout that its writer gave it: the separator after the first value
/// ends every other value, when a known key follows. Values are returned raw, without undoing escapes.
///
/// Returns the fields when at least a time and one other known field were found and the end was reached.
pub fn mend<'a>(record: &'a [u8], out: &mut Fields<'a>) -> bool {
    out.clear();
    let record = trim(record);
    let Some(body) = record.strip_prefix(b"{").and_then(|r| trim_end(r).strip_suffix(b"}")) else {
        return false;
    };
    let mut at = json::blank(body, 0);
    let mut separator: &[u8] = b"";
    let mut seen: Vec<&[u8]> = Vec::with_capacity(16);
    let mut known = 0;
    loop {
        let Some((key, value_at)) = key(body, at) else { return false };
        seen.push(key);
        if seen.len() > PAIRS {
            return false;
        }
        let (value, end) = match body.get(value_at) {
            Some(b'"') => {
                let start = value_at + 1;
                let Some(end) = text_value_end(body, start, separator, &seen) else { return false };
                (Raw::Text(&body[start..end], false), end + 1)
            }
            _ => match json::value(body, json::Unmarked, value_at) {
                Ok(found) => found,
                Err(_) => {
                    let end = memchr::memchr(b'\n', &body[value_at..]).map_or(body.len(), |n| value_at + n);
                    let mut text = trim_end(&body[value_at..end]);
                    text = text.strip_suffix(b",").unwrap_or(text);
                    (Raw::Text(text, false), value_at + text.len())
                }
            },
        };
        let field = fields::named(key);
        known += u32::from(field != Field::Unknown);
        out.set(field, value);
        let comma = json::blank(body, end);
        if comma >= body.len() {
            break;
        }
        if body[comma] != b',' {
            return false;
        }
        at = json::blank(body, comma + 1);
        if separator.is_empty() {
            separator = &body[end..at];
        }
    }
    out.has(Field::Time) && known >= 2
}

/// The key at `at` and the offset of its value.
fn key(body: &[u8], at: usize) -> Option<(&[u8], usize)> {
    if body.get(at) != Some(&b'"') {
        return None;
    }
    let name = &body[at + 1..];
    let len = name
        .iter()
        .take(65)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@'))
        .count();
    if len == 0 || len > 64 || name.get(len) != Some(&b'"') {
        return None;
    }
    let colon = json::blank(name, len + 1);
    (name.get(colon) == Some(&b':')).then(|| (&name[..len], at + 1 + json::blank(name, colon + 1)))
}

/// The quote that ends the value which starts at `start`: the separator and a key that was not there yet follow, or the end.
fn text_value_end(body: &[u8], start: usize, separator: &[u8], seen: &[&[u8]]) -> Option<usize> {
    let is_json = matches!(body.get(start), Some(b'{' | b'['));
    let mut fallback = None;
    for found in memchr::memchr_iter(b'"', &body[start..]) {
        let quote = start + found;
        let rest = &body[quote + 1..];
        if trim(rest).is_empty() {
            return fallback.filter(|_| is_json && !matches!(body[quote - 1], b'}' | b']')).or(Some(quote));
        }
        let next = if separator.is_empty() {
            // The first value of a record is its time, which holds no quote.
            json::blank(rest, 0) + 1
        } else if rest.starts_with(separator) {
            separator.len()
        } else {
            continue;
        };
        let next = json::blank(rest, next);
        let Some((name, _)) = key(rest, next) else { continue };
        if INPUT_KEYS.contains(&name)
            || seen.contains(&name)
            || is_json && fields::named(name) == Field::Unknown
        {
            continue;
        }
        if is_json && !matches!(body[quote - 1], b'}' | b']') {
            // A pasted input that was cut short has no closing brace: taken when nothing better follows.
            fallback.get_or_insert(quote);
            continue;
        }
        return Some(quote);
    }
    fallback
}

pub fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = text {
        text = rest;
    }
    text
}

pub fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = text {
        text = rest;
    }
    trim_end(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(record: &str) -> Option<Vec<(Field, String)>> {
        let mut fields = Fields::new();
        mend(record.as_bytes(), &mut fields).then(|| {
            [Field::Time, Field::User, Field::Tool, Field::InputSummary, Field::Status]
                .into_iter()
                .map(|f| (f, String::from_utf8_lossy(fields.get(f).text().unwrap_or(b"-")).into_owned()))
                .collect()
        })
    }

    fn record(summary: &str) -> String {
        format!(
            "{{\n\"timestamp\": \"2026-07-01T10:00:00Z\",\n\"user\": \"ann\",\n\"tool\": \"Bash\",\n\"input_summary\": \"{summary}\",\n\"output_length\":        5,\n\"status\": \"success\"\n}}"
        )
    }

    #[test]
    fn any_summary_is_recovered_as_it_was_written() {
        for summary in [
            r#"{"command":"echo \"hi\"","description":"d"}"#,
            r#"{"command":"cut after two hund"#,
            r#"{"command":"ends in a backslash\"#,
            r#"{"todos":[{"content":"x","status":"pending","activeForm":"y"}]}"#,
            "two\nlines, \"quoted\",\n and a brace }\n}\nmore",
            "",
            r#"", "#,
        ] {
            let fields = read(&record(summary)).unwrap_or_else(|| panic!("not mended: {summary}"));
            assert_eq!(fields[3].1, summary);
            assert_eq!(
                (fields[1].1.as_str(), fields[2].1.as_str(), fields[4].1.as_str()),
                ("ann", "Bash", "success")
            );
        }
    }

    #[test]
    fn one_line_records_are_recovered() {
        let fields = read(r#"{"timestamp": "2026-07-01T10:00:00Z", "user": "ann", "tool": "Bash", "input_summary": "{"command":"ls","x":"y"}", "status": "success"}"#).expect("mended");
        assert_eq!(fields[3].1, r#"{"command":"ls","x":"y"}"#);
        assert_eq!(fields[4].1, "success");
    }

    #[test]
    fn what_is_no_record_stays_refused() {
        for text in [
            "{}",
            "{\"a\":1}",
            "{ this is text }",
            "{\"timestamp\": \"2026\"}",
            "{\"timestamp\": \"x\", \"user\" \"y\"}",
            "{\"timestamp\": \"x\",\n\"user\": \"cut",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
