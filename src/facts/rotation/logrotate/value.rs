//! Values of directives as the C library reads them: numbers of any base, sizes, words, permission bits.

/// A number as `strtoul(text, &end, 0)` reads it: `0x` is hexadecimal, a leading `0` octal. With what follows it.
fn number(text: &str) -> (i128, &str) {
    let trimmed = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (base, digits) = match hex.filter(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit())) {
        Some(rest) => (16, rest),
        None if digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    let mut value: i128 = 0;
    let mut at = 0;
    while let Some(digit) = digits.as_bytes().get(at).and_then(|b| char::from(*b).to_digit(base)) {
        value = (value * i128::from(base) + i128::from(digit)).min(i128::from(u64::MAX) + 1);
        at += 1;
    }
    if at == 0 {
        // Nothing was read: the end is where the text began.
        return (0, text);
    }
    (if negative { -value } else { value }, &digits[at..])
}

/// A count, cut to the 32 bits that logrotate keeps of it; `None` where something follows.
pub fn signed(text: &str) -> Option<i32> {
    let (value, rest) = number(text);
    rest.is_empty().then(|| value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i32)
}

/// The same of a number without a sign, which wraps.
pub fn unsigned(text: &str) -> Option<i32> {
    let (value, rest) = number(text);
    rest.is_empty().then(|| wrapped(value) as i32)
}

fn wrapped(value: i128) -> u64 {
    if value.unsigned_abs() > u128::from(u64::MAX) { u64::MAX } else { value as u64 }
}

/// A size with its unit: `k`, `K`, `M` or `G`.
pub fn size(text: &str) -> Result<u64, String> {
    let (digits, scale) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1u64 << 10),
        Some(b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'G') => (&text[..text.len() - 1], 1 << 30),
        Some(last) if !last.is_ascii_digit() => return Err(format!("unknown unit in '{text}'")),
        _ => (text, 1),
    };
    let (value, rest) = number(digits);
    let bytes = wrapped(value).wrapping_mul(scale);
    if !rest.is_empty() || i64::try_from(bytes).is_err() {
        return Err(format!("bad size '{text}'"));
    }
    Ok(bytes)
}

/// The weekday of `weekly`, 0 to 7; nothing where the value is empty.
pub fn weekday(text: &str) -> Result<Option<u8>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let trimmed = text.trim_start();
    let digits = trimmed.strip_prefix('+').unwrap_or(trimmed);
    let read = digits.parse::<u8>().ok().filter(|day| *day <= 7 && !digits.starts_with('+'));
    read.map(Some).ok_or_else(|| format!("bad weekday '{trimmed}'"))
}

/// `MODE OWNER GROUP` of `create`, or `OWNER GROUP`.
pub fn ownership(text: &str) -> Result<(Option<u32>, Option<String>, Option<String>), String> {
    let trimmed = text.trim();
    let digits = trimmed.bytes().take_while(|b| (b'0'..=b'7').contains(b)).count();
    let mode = u32::from_str_radix(&trimmed[..digits], 8).ok();
    let mut words = trimmed[digits..].split_ascii_whitespace().map(str::to_owned);
    let named = (mode.map(|mode| mode & 0o7777), words.next(), words.next());
    match words.next() {
        None => Ok(named),
        Some(_) => Err("extra arguments".to_owned()),
    }
}

/// Splits names like a shell: quotes and backslashes. `None` when a backslash ends the text.
pub fn words(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(q), '\\') => {
                let next = chars.next()?;
                if next != q {
                    word.push('\\');
                }
                word.push(next);
            }
            (None, '\\') => word.push(chars.next()?),
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_ascii_whitespace() => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            (_, c) => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_c_library() {
        assert_eq!(
            (signed("010"), signed("0x10"), signed("-1"), signed("")),
            (Some(8), Some(16), Some(-1), Some(0))
        );
        assert_eq!((signed("90 days"), signed("z"), signed("99999999999999999999")), (None, None, Some(-1)));
        assert_eq!((size("10K"), size("k"), size("0x10")), (Ok(10 << 10), Ok(0), Ok(16)));
        assert!(size("10 k").is_err() && size("5x").is_err() && size("-1").is_err());
        assert_eq!((weekday(" 3"), weekday("")), (Ok(Some(3)), Ok(None)));
        assert!(weekday(" 8").is_err() && weekday(" 3x").is_err());
    }

    #[test]
    fn names_are_split_like_a_shells() {
        let split = |text: &str| words(text).unwrap_or_default();
        assert_eq!(split(r#""/a b" '/c'\ d /e"#), ["/a b", "/c d", "/e"]);
        assert_eq!(split(r#""/a\"b\c" "" "/open"#), [r#"/a"b\c"#, "/open"]);
        assert_eq!(words("/a\\"), None);
    }

    #[test]
    fn a_mode_may_be_left_out() {
        let named = |text: &str| ownership(text).expect("read");
        assert_eq!(named("0640 root adm"), (Some(0o640), Some("root".into()), Some("adm".into())));
        assert_eq!(named("root"), (None, Some("root".into()), None));
        assert_eq!(named("64x"), (Some(0o64), Some("x".into()), None));
        assert!(ownership("0640 a b c").is_err());
    }
}
