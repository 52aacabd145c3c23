//! Retention of journald (`journald.conf`) and of newsyslog (`newsyslog.conf`).

use super::simulate::matches;
use super::{Days, Kept};

fn kept(days: Days, reason: String) -> Kept {
    Kept { days, reason, risks: Vec::new() }
}

/// What journald keeps, from its main file and drop-ins in the order in which they apply; later files win key by key.
pub fn journald(texts: &[&str]) -> Kept {
    let (mut retention, mut max_use, mut storage) = (None, None, None);
    for text in texts {
        let mut in_journal = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                in_journal = line == "[Journal]";
                continue;
            }
            let Some((key, value)) =
                line.split_once('=').filter(|_| in_journal && !line.starts_with(['#', ';']))
            else {
                continue;
            };
            let value = value.trim();
            match key.trim() {
                "MaxRetentionSec" => retention = Some(value.to_owned()),
                "SystemMaxUse" => max_use = Some(value.to_owned()),
                "Storage" => storage = Some(value.to_owned()),
                _ => {}
            }
        }
    }
    match storage.as_deref() {
        Some("none") => return kept(Days::Exact(0), "Storage=none keeps nothing".into()),
        Some("volatile") => {
            return kept(Days::Indeterminate, "Storage=volatile: the journal is lost at each restart".into());
        }
        _ => {}
    }
    let size =
        max_use.map_or("journald's default limits on size".to_owned(), |s| format!("SystemMaxUse={s}"));
    match retention.as_deref().map(|r| (r, span_seconds(r))) {
        Some((text, Some(seconds))) if seconds > 0 => kept(
            Days::AtMost((seconds / 86_400).min(u64::from(u32::MAX)) as u32),
            format!("MaxRetentionSec={text} removes what is older, and {size} can remove it earlier"),
        ),
        Some((text, None)) => kept(Days::Indeterminate, format!("MaxRetentionSec={text} is not a time span")),
        _ => kept(Days::Indeterminate, format!("no MaxRetentionSec: {size} decide")),
    }
}

/// A systemd time span in seconds: `90day`, `3 month`, `1w 2d`, or a number of seconds.
fn span_seconds(text: &str) -> Option<u64> {
    let mut total = 0f64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match &rest[..letters] {
            "" | "s" | "sec" | "second" | "seconds" => 1.0,
            "ms" | "msec" => 0.001,
            "us" | "usec" => 0.000_001,
            "m" | "min" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hour" | "hours" => 3600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 604_800.0,
            "M" | "month" | "months" => 2_629_800.0,
            "y" | "year" | "years" => 31_557_600.0,
            _ => return None,
        };
        total += number * unit;
        rest = rest[letters..].trim_start();
    }
    Some(total as u64)
}

/// What a newsyslog configuration keeps of a log: `name [owner:group] mode count size when flags …`.
pub fn newsyslog(text: &str, log: &str) -> Kept {
    for (index, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let Some(name) = fields.first() else { continue };
        let globbed = fields.iter().skip(5).any(|f| f.contains('G'));
        if *name != log && !(globbed && matches(name, log)) {
            continue;
        }
        let skip = usize::from(fields.get(1).is_some_and(|f| f.contains(':')));
        let at = format!("line {}", index + 1);
        let (Some(count), Some(size), Some(when)) = (
            fields.get(2 + skip).and_then(|c| c.parse::<u32>().ok()),
            fields.get(3 + skip),
            fields.get(4 + skip),
        ) else {
            return kept(Days::Indeterminate, format!("{at}: the line cannot be read"));
        };
        let Some(hours) = interval_hours(when) else {
            return kept(Days::Indeterminate, format!("{at}: rotated by size ({size} kB) and not by time"));
        };
        let days = (u64::from(count) * hours / 24).min(u64::from(u32::MAX)) as u32;
        let reason = format!("{at}: {count} files, when {when}, size {size}");
        return kept(if *size == "*" { Days::Exact(days) } else { Days::AtMost(days) }, reason);
    }
    kept(Days::Indeterminate, "no line names this log: nothing rotates it".into())
}

/// Hours between rotations of a `when` field; `None` when time does not rotate.
fn interval_hours(when: &str) -> Option<u64> {
    if when == "*" {
        return None;
    }
    let clock = when.split_once(['@', '$']);
    let plain = clock.map_or(when, |(before, _)| before);
    if let Ok(hours) = plain.parse::<u64>() {
        return Some(hours).filter(|h| *h > 0);
    }
    let (_, rest) = clock?;
    if when.contains('$') {
        return match rest.bytes().next()? {
            b'D' => Some(24),
            b'W' => Some(7 * 24),
            b'M' => Some(28 * 24),
            _ => None,
        };
    }
    // `@[[[[[cc]yy]mm]dd][Thh[mm[ss]]]]`: what is left out says how often it comes round.
    let date = rest.split('T').next()?;
    match date.len() {
        0 => Some(24),
        2 => Some(28 * 24),
        4 => Some(365 * 24),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journald_spans() {
        let days = |text: &str| journald(&[text]).days;
        assert_eq!(days("[Journal]\nMaxRetentionSec=90day\n"), Days::AtMost(90));
        assert_eq!(days("[Journal]\nMaxRetentionSec=1w 2d\nSystemMaxUse=1G"), Days::AtMost(9));
        assert_eq!(days("[Journal]\n#MaxRetentionSec=90day"), Days::Indeterminate);
        assert_eq!(days("[Journal]\nMaxRetentionSec=0"), Days::Indeterminate);
        assert_eq!(days("MaxRetentionSec=90day"), Days::Indeterminate);
        assert_eq!(
            journald(&["[Journal]\nMaxRetentionSec=1d", "[Journal]\nMaxRetentionSec=7776000"]).days,
            Days::AtMost(90)
        );
        assert_eq!(days("[Journal]\nStorage=volatile\nMaxRetentionSec=90d"), Days::Indeterminate);
    }

    #[test]
    fn newsyslog_lines() {
        let text = "# comment\n/var/log/a.log root:wheel 640 90 * @T00 J\n/var/log/b.log 640 12 1000 $W0D0 J\n/var/log/c.log 640 5 1000 * J\n/var/log/cc/*.log 640 30 * 24 GJ\n";
        assert_eq!(newsyslog(text, "/var/log/a.log").days, Days::Exact(90));
        assert_eq!(newsyslog(text, "/var/log/b.log").days, Days::AtMost(84));
        assert_eq!(newsyslog(text, "/var/log/c.log").days, Days::Indeterminate);
        assert_eq!(newsyslog(text, "/var/log/cc/audit.log").days, Days::Exact(30));
        assert_eq!(newsyslog(text, "/var/log/d.log").days, Days::Indeterminate);
    }
}
