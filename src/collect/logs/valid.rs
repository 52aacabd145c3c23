//! The tests that a candidate must pass beyond its form: check digits, issued ranges, and what stands beside it.

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Nothing that belongs to the same word stands before `at`. The letter of an escape such as `\n` does not.
pub fn free_before(block: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|i| block.get(i)) else { return true };
    if !is_word(before) {
        return true;
    }
    if !matches!(before, b'n' | b't' | b'r' | b'b' | b'f') {
        return false;
    }
    let slashes = block[..at - 1].iter().rev().take_while(|&&b| b == b'\\').count();
    slashes % 2 == 1
}

/// Nothing that belongs to the same word stands at `at`.
pub fn free_after(block: &[u8], at: usize) -> bool {
    !block.get(at).copied().is_some_and(is_word)
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |n, b| n * 10 + u32::from(b.wrapping_sub(b'0')))
}

/// Digits that go on after a separator: the candidate is part of a longer number.
fn goes_on(block: &[u8], at: usize) -> bool {
    matches!(block.get(at), Some(b'-')) && block.get(at + 1).is_some_and(u8::is_ascii_digit)
}

fn comes_from(block: &[u8], at: usize) -> bool {
    at >= 2 && block[at - 1] == b'-' && block[at - 2].is_ascii_digit()
}

/// `ddd-dd-dddd` in the ranges that are issued (not 000, 666, 9xx; no group or serial of zeros).
pub fn ssn(block: &[u8], at: usize) -> bool {
    let Some(text) = block.get(at..at + 11) else { return false };
    if text[3] != b'-' || text[6] != b'-' {
        return false;
    }
    let groups = [&text[0..3], &text[4..6], &text[7..11]];
    if !groups.iter().all(|g| g.iter().all(u8::is_ascii_digit)) {
        return false;
    }
    let [area, group, serial] = groups.map(number);
    area != 0
        && area != 666
        && area < 900
        && group != 0
        && serial != 0
        && free_before(block, at)
        && free_after(block, at + 11)
        && !comes_from(block, at)
        && !goes_on(block, at + 11)
}

/// A payment card: 13 to 16 digits in a row or 4-4-4-4 or 4-6-5, a known first digit, and the Luhn check digit.
pub fn card(block: &[u8], at: usize) -> bool {
    let run = block[at..].iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let mut digits = [0u8; 16];
    let (len, end) = if run >= 13 {
        if run > 16 || run == 14 {
            return false;
        }
        digits[..run].copy_from_slice(&block[at..at + run]);
        (run, at + run)
    } else {
        let layout: &[usize] =
            match block.get(at + 5..at + 11).is_some_and(|g| g.iter().all(u8::is_ascii_digit)) {
                true => &[4, 6, 5],
                false => &[4, 4, 4, 4],
            };
        let mut len = 0;
        let mut here = at;
        let mut separator = None;
        for (i, &size) in layout.iter().enumerate() {
            if i > 0 {
                let found = block.get(here).copied();
                if !matches!(found, Some(b' ' | b'-')) || *separator.get_or_insert(found) != found {
                    return false;
                }
                here += 1;
            }
            let Some(group) = block.get(here..here + size).filter(|g| g.iter().all(u8::is_ascii_digit))
            else {
                return false;
            };
            digits[len..len + size].copy_from_slice(group);
            len += size;
            here += size;
        }
        (len, here)
    };
    let digits = &digits[..len];
    let issuer = match digits[0] {
        b'4' => len == 13 || len == 16,
        b'5' => len == 16 && (b'1'..=b'5').contains(&digits[1]),
        b'2' => len == 16 && (2221..=2720).contains(&number(&digits[..4])),
        b'3' => len == 15 && matches!(digits[1], b'4' | b'7'),
        b'6' => len == 16 && (digits.starts_with(b"6011") || digits[1] == b'5'),
        _ => false,
    };
    issuer
        && luhn(digits)
        && free_before(block, at)
        && free_after(block, end)
        && !comes_from(block, at)
        && !goes_on(block, end)
        && !(block.get(end) == Some(&b'.') && block.get(end + 1).is_some_and(u8::is_ascii_digit))
        && !(at > 0 && block[at - 1] == b'.')
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            if i % 2 == 0 {
                d
            } else if d > 4 {
                2 * d - 9
            } else {
                2 * d
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A North American number in groups; area and exchange start with 2 to 9, and the layout is one that people write.
pub fn phone(block: &[u8], at: usize) -> bool {
    let byte = |i: usize| block.get(at + i).copied().unwrap_or(0);
    let (second, separator) = match (byte(3), byte(4)) {
        (b')', b' ') => (5, b'-'),
        (b')', _) => (4, b'-'),
        (s @ (b'-' | b'.'), _) => (4, s),
        _ => return false,
    };
    let in_brackets = byte(3) == b')';
    if in_brackets != (at > 0 && block[at - 1] == b'(') {
        return false;
    }
    let digits = |from: usize, n: usize| (from..from + n).all(|i| byte(i).is_ascii_digit());
    if !digits(0, 3) || !digits(second, 3) || byte(second + 3) != separator || !digits(second + 4, 4) {
        return false;
    }
    let starts = |i: usize| (b'2'..=b'9').contains(&byte(i));
    let end = at + second + 8;
    starts(0)
        && starts(second)
        && (in_brackets || free_before(block, at))
        && free_after(block, end)
        && !comes_from(block, at)
        && !goes_on(block, end)
        && !(at > 0 && block[at - 1] == b'.')
        && !(block.get(end) == Some(&b'.') && block.get(end + 1).is_some_and(u8::is_ascii_digit))
}

/// Start of the e-mail address whose at sign is at `sign`, when it is one.
pub fn email_start(block: &[u8], sign: usize) -> Option<usize> {
    let is_local = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-');
    let local = block[..sign].iter().rev().take(65).take_while(|&&b| is_local(b)).count();
    let mut start = sign - local;
    // The letter of an escape is not part of the address.
    if start > 0 && block[start - 1] == b'\\' && local > 0 && matches!(block[start], b'n' | b't' | b'r') {
        start += 1;
    }
    if start == sign || local > 64 || !block[start].is_ascii_alphanumeric() {
        return None;
    }
    // The login of a URL (`https://user:word@host`) and of a repository (`git@host:path`) is no address.
    let local = &block[start..sign];
    let from = start.saturating_sub(80);
    let login = memchr::memmem::rfind(&block[from..start], b"//")
        .is_some_and(|at| block[from + at..start].iter().all(|&b| is_local(b) || matches!(b, b'/' | b':')));
    if login || local == b"git" {
        return None;
    }
    let domain = block[sign + 1..]
        .iter()
        .take(254)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        .count();
    let mut domain = &block[sign + 1..sign + 1 + domain];
    while let [rest @ .., b'.' | b'-'] = domain {
        domain = rest;
    }
    let dot = memchr::memrchr(b'.', domain)?;
    let (host, top) = (&domain[..dot], &domain[dot + 1..]);
    let sound = (2..=24).contains(&top.len())
        && top.iter().all(u8::is_ascii_alphabetic)
        && host.first().is_some_and(u8::is_ascii_alphanumeric)
        && !domain.windows(2).any(|w| w == b"..");
    sound.then_some(start)
}

/// The remainder check of an account number (ISO 13616), after its label.
pub fn iban(labelled: &[u8]) -> bool {
    let text: Vec<u8> = labelled[4..].iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    if !(15..=34).contains(&text.len()) {
        return false;
    }
    let rest = text[4..].iter().chain(&text[..4]).try_fold(0u32, |rest, &b| match b {
        b'0'..=b'9' => Some((rest * 10 + u32::from(b - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(b - b'A') + 10) % 97),
        _ => None,
    });
    rest == Some(1)
}
