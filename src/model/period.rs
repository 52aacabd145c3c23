//! The period under examination: half-open, in UTC.

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// `[start, end)`: an instant at `end` is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Period {
    /// Reads `2026-Q3`, `2026-07`, `2026` or `START..END`, where each end is a date (`2026-07-01`, midnight UTC) or
    /// an RFC 3339 instant.
    pub fn parse(text: &str) -> Result<Self, String> {
        let problem = || {
            format!(
                "`{}` is not a period; write 2026-Q3, 2026-07, 2026 or 2026-07-01..2026-10-01",
                text.escape_debug()
            )
        };
        let period = if let Some((start, end)) = text.split_once("..") {
            Self { start: instant(start).ok_or_else(problem)?, end: instant(end).ok_or_else(problem)? }
        } else {
            let (first, months) = named(text).ok_or_else(problem)?;
            let start = midnight(first).ok_or_else(problem)?;
            let after = first.checked_add(jiff::Span::new().months(months)).map_err(|_| problem())?;
            Self { start, end: midnight(after).ok_or_else(problem)? }
        };
        if period.start < period.end {
            Ok(period)
        } else {
            Err(format!("the period `{}` ends before it starts", text.escape_debug()))
        }
    }

    /// The last full calendar quarter before `as_of`: what a quarterly run examines when nobody says otherwise.
    pub fn last_quarter(as_of: Timestamp) -> Self {
        let date = as_of.to_zoned(TimeZone::UTC).date();
        let first_of_quarter = civil::date(date.year(), (date.month() - 1) / 3 * 3 + 1, 1);
        let before = first_of_quarter.saturating_sub(jiff::Span::new().months(3));
        let at = |day| midnight(day).unwrap_or(as_of);
        Self { start: at(before), end: at(first_of_quarter) }
    }

    /// Whole days between start and end, rounded up.
    pub fn days(&self) -> i64 {
        let seconds = self.end.as_second() - self.start.as_second();
        seconds.div_euclid(86_400) + i64::from(seconds.rem_euclid(86_400) != 0)
    }

    /// Whether the instant lies inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

fn midnight(date: civil::Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    match text.parse::<civil::Date>() {
        Ok(date) if text.len() == 10 => midnight(date),
        _ => text.parse().ok(),
    }
}

/// The first day and the number of months of a named year, quarter or month.
fn named(text: &str) -> Option<(civil::Date, i32)> {
    let (year, rest) = text.split_at_checked(4)?;
    let year: i16 = year.parse().ok()?;
    let (month, months) = match rest {
        "" => (1, 12),
        "-Q1" => (1, 3),
        "-Q2" => (4, 3),
        "-Q3" => (7, 3),
        "-Q4" => (10, 3),
        _ => (rest.strip_prefix('-').filter(|month| month.len() == 2)?.parse().ok()?, 1),
    };
    Some((civil::Date::new(year, month, 1).ok()?, months))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let period = Period::parse(text).expect(text);
        format!("{}..{} {}", period.start, period.end, period.days())
    }

    #[test]
    fn reads_every_spelling() {
        assert_eq!(shown("2026-Q3"), "2026-07-01T00:00:00Z..2026-10-01T00:00:00Z 92");
        assert_eq!(shown("2026-Q4"), "2026-10-01T00:00:00Z..2027-01-01T00:00:00Z 92");
        assert_eq!(shown("2028-02"), "2028-02-01T00:00:00Z..2028-03-01T00:00:00Z 29");
        assert_eq!(shown("2026-01-01..2026-01-02T12:00:00Z"), "2026-01-01T00:00:00Z..2026-01-02T12:00:00Z 2");
    }

    #[test]
    fn refuses_what_is_no_period() {
        for bad in ["", "2026-Q5", "2026-13", "26-Q1", "2026-01-02..2026-01-01", "a..b", "2026-1", "９９99"]
        {
            assert!(Period::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_default_is_the_last_full_quarter() {
        let period = Period::last_quarter("2026-01-15T10:00:00Z".parse().expect("a time"));
        assert_eq!(period, Period::parse("2025-Q4").expect("a quarter"));
    }
}
