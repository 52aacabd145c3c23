//! Reads the time of a record in every way that the sources write it.

/// Seconds since 1970 UTC, and how well the text stated them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When {
    pub seconds: i64,
    /// The date and second are readable, the rest is not well-formed (`…:31.3NZ`).
    pub irregular: bool,
    /// No `Z` and no offset: taken as UTC.
    pub without_offset: bool,
}

impl When {
    pub fn exact(seconds: i64) -> Self {
        When { seconds, irregular: false, without_offset: false }
    }

    pub fn day(self) -> i32 {
        day_of(self.seconds)
    }
}

/// Number of the day since 1970-01-01 UTC.
pub fn day_of(seconds: i64) -> i32 {
    seconds.div_euclid(86_400) as i32
}

/// Remembers the last date, because following records nearly always share it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    date: [u8; 10],
    day: i64,
}

impl Clock {
    /// Reads an RFC 3339 time, or a number of seconds, milli-, micro- or nanoseconds written as text.
    #[inline]
    pub fn read(&mut self, text: &[u8]) -> Option<When> {
        let Some(date) = text.get(..10) else { return epoch_text(text) };
        if date != self.date {
            let Some(day) = date_day(date) else { return epoch_text(text) };
            self.date = date.try_into().ok()?;
            self.day = day;
        }
        let start = self.day * 86_400;
        let Some(clock) = text.get(11..19) else {
            return Some(When { seconds: start, irregular: true, without_offset: true });
        };
        let two = |at: usize| -> Option<i64> {
            let (a, b) = (clock[at].wrapping_sub(b'0'), clock[at + 1].wrapping_sub(b'0'));
            (a < 10 && b < 10).then(|| i64::from(a * 10 + b))
        };
        let (hour, minute, second) = (two(0)?, two(3)?, two(6)?);
        if hour > 23 || minute > 59 || second > 60 || clock[2] != b':' || clock[5] != b':' {
            return None;
        }
        let mut when = When::exact(start + hour * 3600 + minute * 60 + second);
        let mut rest = &text[19..];
        if let [b'.' | b',', digits @ ..] = rest {
            let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
            when.irregular = len == 0;
            rest = &digits[len..];
        }
        match rest {
            [b'Z' | b'z'] => {}
            [] => when.without_offset = true,
            [sign @ (b'+' | b'-'), offset @ ..] => match offset_seconds(offset) {
                Some(seconds) => when.seconds -= if *sign == b'+' { seconds } else { -seconds },
                None => when.irregular = true,
            },
            _ => when.irregular = true,
        }
        Some(when)
    }
}

fn offset_seconds(offset: &[u8]) -> Option<i64> {
    let number = |pair: &[u8]| std::str::from_utf8(pair).ok()?.parse::<i64>().ok();
    let (hours, minutes) = match offset.len() {
        2 => (number(offset)?, 0),
        4 => (number(&offset[..2])?, number(&offset[2..])?),
        5 if offset[2] == b':' => (number(&offset[..2])?, number(&offset[3..])?),
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then_some(hours * 3600 + minutes * 60)
}

/// Days since 1970 of `YYYY-MM-DD` (also with `/`), for real dates between 1970 and 2199.
pub fn date_day(date: &[u8]) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| {
        date[range].iter().try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    if date.len() != 10 || !matches!(date[4], b'-' | b'/') || date[7] != date[4] {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !(1970..=2199).contains(&year) {
        return None;
    }
    jiff::civil::Date::new(year as i16, month as i8, day as i8).ok()?;
    Some(civil_day(year, month, day))
}

fn civil_day(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn epoch_text(text: &[u8]) -> Option<When> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    epoch(std::str::from_utf8(text).ok()?.parse::<f64>().ok()?)
}

/// A number of seconds, milli-, micro- or nanoseconds since 1970; its size tells which.
pub fn epoch(number: f64) -> Option<When> {
    let seconds = match number.abs() {
        n if n < 1e8 => return None,
        n if n < 1e11 => number,
        n if n < 1e14 => number / 1e3,
        n if n < 1e17 => number / 1e6,
        n if n < 1e20 => number / 1e9,
        _ => return None,
    };
    // Between 1973 and 2199: the readable range of dates.
    (1e8..7.26e9).contains(&seconds).then(|| When::exact(seconds.floor() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<When> {
        Clock::default().read(text.as_bytes())
    }

    #[test]
    fn times_agree_with_a_full_library() {
        for text in [
            "2026-07-01T00:00:00Z",
            "2024-02-29T23:59:59.123456789Z",
            "1999-12-31T12:00:01+02:00",
            "2100-03-01T01:02:03-0530",
        ] {
            let expected = text.parse::<jiff::Timestamp>().map(|t| t.as_second().to_owned());
            let floor = expected.unwrap_or_else(|_| {
                "2100-03-01T01:02:03-05:30".parse::<jiff::Timestamp>().unwrap().as_second()
            });
            assert_eq!(read(text), Some(When::exact(floor)), "{text}");
        }
    }

    #[test]
    fn odd_times_are_read_as_far_as_they_go_and_marked() {
        assert!(read("2026-06-06T07:29:31.3NZ").unwrap().irregular);
        assert!(read("2026-02-11T00:35:21.710859").unwrap().without_offset);
        assert_eq!(read("1767225600000"), read("2026-01-01T00:00:00Z"));
        for text in
            ["", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "yesterday", "12"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
