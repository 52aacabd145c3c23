//! Answers for one log what its configuration keeps, and plays the rotation through day by day.

use jiff::civil::{Date, Weekday};

use super::logrotate::{Criterion, Cut, Rotation, Rules, Section, has_wildcard};
use super::{Days, Kept};

/// How often logrotate itself is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    Hourly,
    Daily,
    /// No timer and no cron entry was found.
    Never,
    Unknown,
}

/// Bytes that a log grows by on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume(pub u64);

/// A configuration and how often it is applied.
#[derive(Clone, Debug)]
pub struct Simulation<'r> {
    pub rotation: &'r Rotation,
    pub runs: Runs,
}

impl<'r> Simulation<'r> {
    /// The section in force for a log: the first one that names it, unless its glob ended before that.
    pub fn section(&self, log: &str) -> Option<&'r Section> {
        if let Some(number) = self.rotation.assigned.get(log) {
            return self.rotation.sections.get(*number);
        }
        if self.rotation.cuts.iter().any(|cut| matches(&cut.pattern, log)) {
            return None;
        }
        self.sections(log).next()
    }

    fn sections<'s>(&'s self, log: &'s str) -> impl Iterator<Item = &'r Section> + 's {
        self.rotation.sections.iter().filter(move |s| s.patterns.iter().any(|p| matches(p, log)))
    }

    /// Why no section is in force for a log.
    pub fn unassigned(&self, log: &str) -> String {
        match self.rotation.cuts.iter().find(|cut| matches(&cut.pattern, log)) {
            Some(Cut { file, line, pattern, log }) => format!(
                "{file}:{line}: {pattern} ends at {log}, which an earlier section has: what it would name behind that is not rotated"
            ),
            None => "no section of the rotation configuration names this log: nothing rotates it and nothing removes it".to_owned(),
        }
    }

    /// What is kept of a log, as configured. `writer` is the user who must be able to append to it.
    pub fn days_kept(&self, log: &str, writer: Option<&str>) -> Kept {
        let Some(section) = self.section(log) else {
            return Kept {
                days: Days::Indeterminate,
                reason: self.unassigned(log),
                risks: self
                    .rotation
                    .faults
                    .iter()
                    .filter(|f| f.drops)
                    .map(|f| {
                        format!("{}:{}: {}: what it stands in is not in force", f.file, f.line, f.message)
                    })
                    .collect(),
            };
        };
        let (days, why) = match self.runs {
            Runs::Never => {
                (Days::Indeterminate, "nothing starts logrotate, so nothing is rotated or removed".to_owned())
            }
            runs => kept_by(&section.rules, runs),
        };
        Kept {
            days,
            reason: format!("{}:{}: {why}", section.file, section.line),
            risks: self.risks(section, log, writer),
        }
    }

    fn risks(&self, section: &Section, log: &str, writer: Option<&str>) -> Vec<String> {
        let rules = &section.rules;
        let mut risks = Vec::new();
        if let (Some(create), Some(writer), false) =
            (&rules.create, writer, rules.copy_truncate || rules.copy)
        {
            let owner = create.owner.as_deref();
            let mode = create.mode;
            let by_owner = owner.is_none_or(|o| o == writer) && mode.is_none_or(|m| m & 0o200 != 0);
            let by_others = mode.is_some_and(|m| m & 0o002 != 0);
            let by_group = mode.is_some_and(|m| m & 0o020 != 0);
            if !by_owner && !by_others && writer != "root" {
                let mode = mode.map_or("as before".to_owned(), |m| format!("{m:04o}"));
                let owner = owner.unwrap_or("as before");
                risks.push(if by_group {
                    format!("after a rotation the log belongs to {owner} with mode {mode}: {writer} can write to it only as a member of its group")
                } else {
                    format!("after the first rotation the log belongs to {owner} with mode {mode}: {writer} can no longer write to it, and records are lost without a word")
                });
            }
        }
        if rules.create.is_none() && !rules.copy_truncate && !rules.copy {
            risks.push("no new log is made after a rotation: the next writer makes it, with that writer's owner and mode".into());
        }
        if rules.copy_truncate {
            risks.push("copytruncate loses what is written between the copy and the cut".into());
        }
        if rules.criterion == Criterion::Hourly && self.runs != Runs::Hourly {
            risks.push(
                "hourly needs logrotate to be started every hour, and its usual timer starts it once a day"
                    .into(),
            );
        }
        let others: Vec<String> =
            self.sections(log).skip(1).map(|s| format!("{}:{}", s.file, s.line)).collect();
        if !others.is_empty() {
            risks.push(format!(
                "another section names the same log ({}): logrotate uses the first, and the later one's names end there",
                others.join(", ")
            ));
        }
        if section
            .patterns
            .iter()
            .any(|p| has_wildcard(p) && matches(p, log) && matches(p, &format!("{log}.1")))
        {
            risks.push("the glob also matches rotated files, which are then rotated again".into());
        }
        for program in programs(rules) {
            risks.push(format!("a script starts {program}: whether it exists and works is to be checked"));
        }
        for fault in self.rotation.faults.iter().filter(|f| f.file == section.file) {
            risks.push(format!("{}:{}: {}", fault.file, fault.line, fault.message));
        }
        risks
    }

    /// Plays the rotation from `start` (the first day with records) to the morning of `asked`, with this much a day, and
    /// returns the oldest day of which any record is left. `None` when no section names the log or nothing is left.
    pub fn oldest_left(&self, log: &str, start: Date, asked: Date, volume: Volume) -> Option<Date> {
        let rules = &self.section(log)?.rules;
        let step = if rules.criterion == Criterion::Hourly && self.runs == Runs::Hourly { 24 } else { 1 };
        // Each file: first day in it, and the day it was rotated.
        let mut files: std::collections::VecDeque<(Date, Date)> = Default::default();
        let mut current: Option<Date> = None;
        let mut bytes = 0u64;
        let mut last = start;
        let mut day = start;
        while day < asked {
            for part in 0..step {
                current = current.or(Some(day));
                bytes = bytes.saturating_add(volume.0 / step);
                let now = if part + 1 == step { day.tomorrow().ok()? } else { day };
                if self.runs == Runs::Never
                    || (now == day && step == 1)
                    || !due(rules, last, now, bytes, step > 1)
                {
                    continue;
                }
                if bytes == 0 && !rules.if_empty {
                    continue;
                }
                last = now;
                if let Some(first) = current.take().filter(|_| bytes > 0) {
                    files.push_back((first, now));
                }
                bytes = 0;
                if let Some(count) = rules.rotate {
                    while files.len() > count as usize {
                        files.pop_front();
                    }
                }
                if let Some(age) = rules.max_age {
                    while files
                        .front()
                        .is_some_and(|(_, rotated)| days_between(*rotated, now) > i64::from(age))
                    {
                        files.pop_front();
                    }
                }
            }
            day = day.tomorrow().ok()?;
        }
        files.front().map(|(first, _)| *first).or(current.filter(|_| bytes > 0))
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

fn due(rules: &Rules, last: Date, now: Date, bytes: u64, hourly: bool) -> bool {
    let by_time = match rules.criterion {
        Criterion::Hourly => hourly || now > last,
        Criterion::Daily => now > last,
        Criterion::Weekly(7) => days_between(last, now) >= 7,
        Criterion::Weekly(day) => days_between(last, now) >= 7 || now > last && weekday(now.weekday()) == day,
        Criterion::Monthly => {
            let newer = (now.year(), now.month()) > (last.year(), last.month());
            now > last && (newer || days_between(last, now) >= 31)
        }
        Criterion::Yearly => now.year() != last.year(),
        Criterion::Size(limit) => bytes >= limit,
    };
    if rules.max_size.is_some_and(|max| bytes > max) {
        return true;
    }
    by_time && bytes >= rules.min_size
}

fn weekday(day: Weekday) -> u8 {
    day.to_sunday_zero_offset().unsigned_abs()
}

/// The days that rules keep whatever the volume.
fn kept_by(rules: &Rules, runs: Runs) -> (Days, String) {
    let limit = rules.max_age;
    let (each, name) = match rules.criterion {
        Criterion::Size(bytes) => {
            let why = format!(
                "rotated by size ({bytes} bytes) and not by time: {} files can be one busy day",
                count_text(rules.rotate)
            );
            return match (rules.rotate, limit) {
                (None, Some(age)) => {
                    (Days::AtMost(age), format!("{why}; maxage {age} removes what is older"))
                }
                (None, None) => (Days::Unlimited, "rotate -1 without maxage removes nothing".into()),
                _ => (Days::Indeterminate, why),
            };
        }
        Criterion::Hourly => (1, "hourly"),
        Criterion::Daily => (1, "daily"),
        Criterion::Weekly(_) => (7, "weekly"),
        Criterion::Monthly => (28, "monthly"),
        Criterion::Yearly => (365, "yearly"),
    };
    let Some(count) = rules.rotate else {
        return match limit {
            Some(age) => (Days::Exact(age), format!("{name}, rotate -1, maxage {age}")),
            None => (Days::Unlimited, format!("{name}, rotate -1 without maxage removes nothing")),
        };
    };
    let mut why = format!("{name}, rotate {count}");
    let mut days = match (rules.criterion, runs) {
        (Criterion::Hourly, Runs::Hourly) => Days::Exact(count / 24),
        (Criterion::Hourly, Runs::Daily) => Days::Exact(count),
        (Criterion::Hourly, _) => {
            why.push_str(&format!(" ({} days when logrotate is started every hour)", count / 24));
            Days::AtMost(count)
        }
        (Criterion::Monthly | Criterion::Yearly, _) => Days::AtLeast(count.saturating_mul(each)),
        _ => Days::Exact(count.saturating_mul(each)),
    };
    if let Some(max) = rules.max_size {
        why.push_str(&format!(", maxsize {max} rotates earlier"));
        days = match days {
            Days::Exact(n) | Days::AtLeast(n) => Days::AtMost(n),
            other => other,
        };
    } else if rules.min_size > 0 {
        why.push_str(&format!(", minsize {} rotates later", rules.min_size));
        days = match days {
            Days::Exact(n) => Days::AtLeast(n),
            other => other,
        };
    }
    if let Some(age) = limit {
        why.push_str(&format!(", maxage {age}"));
        days = match days {
            Days::Exact(n) => Days::Exact(n.min(age)),
            Days::AtLeast(n) => {
                if n >= age {
                    Days::Exact(age)
                } else {
                    Days::AtLeast(n)
                }
            }
            Days::AtMost(n) => Days::AtMost(n.min(age)),
            other => other,
        };
    }
    (days, why)
}

fn count_text(count: Option<u32>) -> String {
    count.map_or("all".into(), |n| n.to_string())
}

/// Programs named by an absolute path that a section's scripts start.
pub(super) fn programs(rules: &Rules) -> Vec<String> {
    let mut found = Vec::new();
    for script in rules.scripts.values() {
        for line in script.lines().filter(|l| !l.starts_with('#')) {
            for word in line.split([' ', '\t', ';', '|', '&', '(', ')', '`', '"', '\'']) {
                let is_path = word.starts_with('/')
                    && word.len() > 1
                    && !word.starts_with("/dev/")
                    && !word.contains(['*', '$', '>', '<']);
                if is_path && !found.iter().any(|f| f == word) {
                    found.push(word.to_owned());
                }
            }
        }
    }
    found
}

/// Shell globs over paths: `*` and `?` do not match a slash, nor a dot at the start of a name.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    patterns.len() == parts.len()
        && patterns.iter().zip(&parts).all(|(p, n)| {
            !(n.starts_with('.') && p.starts_with(['*', '?', '[']))
                && part_matches(p.as_bytes(), n.as_bytes())
        })
}

/// One name, without recursion: on a mismatch the last star takes one byte more.
fn part_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(b'?') => Some(p + 1),
            Some(b'[') => class_end(pattern, p, name[n]),
            Some(b'\\') if pattern.get(p + 1) == Some(&name[n]) => Some(p + 2),
            Some(&b) if b == name[n] => Some(p + 1),
            _ => None,
        };
        match (step, star) {
            (Some(next), _) => (p, n) = (next, n + 1),
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                (p, n) = (at + 1, from + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|&b| b == b'*')
}

/// The offset behind a class that holds `byte`.
fn class_end(pattern: &[u8], start: usize, byte: u8) -> Option<usize> {
    let mut at = start + 1;
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let (first, mut found) = (at, false);
    loop {
        let &c = pattern.get(at)?;
        if c == b']' && at > first {
            return (found != negated).then_some(at + 1);
        }
        if pattern.get(at + 1) == Some(&b'-') && pattern.get(at + 2).is_some_and(|&e| e != b']') {
            found |= (c..=pattern[at + 2]).contains(&byte);
            at += 3;
        } else {
            found |= c == byte;
            at += 1;
        }
    }
}
