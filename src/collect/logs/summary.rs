//! Turns tallies into the summary: names made printable, ranked and bounded; order fixed.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use jiff::{Timestamp, civil::Date};
use sha2::{Digest, Sha256};

use super::ReadOptions;
use super::extras::Extras;
use super::names::{Counts, OTHERS};
use super::series::Found;
use super::shown::{RANKED, SHOWN, Shown, fingerprint, hex};
use super::spent;
use super::tally::{DAY_KINDS, DayTally, Kind, Order, Outcomes, Rules, Tally};
use crate::model::CallOutcomes;
use crate::model::activity::*;

/// Gaps that are listed; all are counted.
const GAPS: usize = 1000;
const MISSING_DAYS: usize = 400;

pub fn day_number(date: Date) -> i32 {
    super::when::date_day(date.to_string().as_bytes()).map_or(0, |d| d as i32)
}

pub fn date(day: i32) -> Option<Date> {
    Date::new(1970, 1, 1).ok()?.checked_add(jiff::Span::new().days(i64::from(day))).ok()
}

fn time(seconds: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_second(seconds?).ok()
}

/// Collects the sources one by one.
pub struct Summing<'r> {
    rules: &'r Rules<'r>,
    options: &'r ReadOptions<'r>,
    total: Tally,
    sources: Vec<SourceSummary>,
    not_listed: u64,
    /// Paths of the files whose calls are located, by number.
    called: BTreeMap<u64, String>,
    gaps: Vec<LogGap>,
}

impl<'r> Summing<'r> {
    pub fn new(rules: &'r Rules<'r>, options: &'r ReadOptions<'r>, gaps: Vec<LogGap>) -> Self {
        Summing {
            rules,
            options,
            total: Tally::new(rules.limits, rules.scanner.len()),
            sources: Vec::new(),
            not_listed: 0,
            called: BTreeMap::new(),
            gaps,
        }
    }

    pub fn source(&mut self, found: &Found, mut tally: Tally, extras: Extras) {
        self.gaps.extend(extras.gaps);
        let number = self.sources.len() as u64 + self.not_listed;
        if tally.outcomes.as_ref().is_some_and(Outcomes::has_places) {
            self.called.insert(number, crate::collect::naming::shown(&found.source.path));
        }
        if self.sources.len() < self.options.limits.sources {
            let source = &found.source;
            let days =
                tally.days.dated().iter().filter_map(|(day, t)| Some((date(*day)?, source_day(t)))).collect();
            self.sources.push(SourceSummary {
                path: self.name_of(&source.path.to_string_lossy()),
                series: self.shown().printable(
                    found.member.series.file_name().unwrap_or_default().to_string_lossy().as_bytes(),
                    300,
                ),
                bytes: source.bytes,
                bytes_read: extras.bytes_read,
                compression: source.compression.map(|c| c.name().into()),
                head_sha256: hex(&Sha256::digest(&source.head)),
                sha256: extras.sha256,
                marks: extras.marks,
                records: tally.counts.clone(),
                shapes: tally.shapes.clone(),
                refused_by_reason: reasons(&tally),
                refusals: tally.located.refusals.clone(),
                repairs: tally.located.repairs.clone(),
                first: time(tally.order.first),
                last: time(tally.order.last),
                order: order(&tally.order),
                days,
                days_not_listed: tally.days.undated().events,
            });
        } else {
            self.not_listed += 1;
        }
        if let (Some(all), Some(of_file)) = (self.options.census, tally.census.take()) {
            all.lock().unwrap_or_else(PoisonError::into_inner).take_file(of_file, &found.source.path);
        }
        self.total.join(tally, false, number);
    }

    /// A file's name as a reader may see it; a search hides what it is for by itself.
    fn name_of(&self, path: &str) -> String {
        if self.options.limits.every_hit {
            return path.to_owned();
        }
        self.shown().printable(path.as_bytes(), 1000)
    }

    fn shown(&self) -> Shown<'_> {
        Shown { scanner: self.rules.scanner }
    }

    fn day(&self, day: &DayTally, most: usize) -> DayActivity {
        let rank = |kind: Kind| {
            self.shown().first_ranked(&day.names[kind as usize], &self.total.names[kind as usize], most)
        };
        DayActivity {
            events: day.events,
            unknown_user: day.unknown_user,
            missing_outcome: day.missing_outcome,
            denied: day.denied,
            dangerous: day.dangerous,
            file_changes: day.file_changes,
            hits: day.hits,
            users: rank(Kind::User),
            tools: rank(Kind::Tool),
            decisions: rank(Kind::Decision),
            modes: rank(Kind::Mode),
            versions: rank(Kind::Version),
            outcomes: rank(Kind::Outcome),
        }
    }

    pub fn finish(mut self) -> (LogSummary, CallOutcomes) {
        let calls = self.calls();
        let activity = self.activity();
        self.gaps.sort();
        let gaps_not_listed = self.gaps.len().saturating_sub(GAPS) as u64;
        self.gaps.truncate(GAPS);
        let gaps = std::mem::take(&mut self.gaps)
            .into_iter()
            .map(|g| LogGap {
                path: self.name_of(&g.path),
                detail: self.shown().printable(g.detail.as_bytes(), 1000),
                ..g
            })
            .collect();
        let summary = LogSummary {
            records: self.total.counts.clone(),
            activity,
            gaps,
            gaps_not_listed,
            sources: self.sources,
            sources_not_listed: self.not_listed,
        };
        (summary, calls)
    }

    fn calls(&mut self) -> CallOutcomes {
        let Some(outcomes) = self.total.outcomes.take() else { return CallOutcomes::default() };
        CallOutcomes {
            sessions: self.total.sessions.values().len() as u64,
            sessions_with_mode: self.total.sessions.with_mode(),
            ..outcomes.finish(&self.called)
        }
    }

    fn activity(&self) -> Activity {
        let total = &self.total;
        let most = total.days.names_in_a_row(self.rules.limits.day_rows, RANKED);
        let mut sums: [Counts; DAY_KINDS] = Default::default();
        let mut active_days: Vec<u64> = Vec::new();
        for day in total.days.all() {
            for (kind, sum) in sums.iter_mut().enumerate() {
                sum.add_same(&day.names[kind]);
            }
        }
        for (_, day) in total.days.dated() {
            for (number, _) in day.names[Kind::User as usize].0.iter().enumerate().filter(|(_, c)| **c > 0) {
                if number >= active_days.len() {
                    active_days.resize(number + 1, 0);
                }
                active_days[number] += 1;
            }
        }
        let rank = |kind: Kind| self.shown().ranked(&sums[kind as usize], &total.names[kind as usize]);
        let outcomes = rank(Kind::Outcome);
        let user_name = |number: u32| match number {
            OTHERS => "(none or others)".to_owned(),
            n => self.shown().printable(total.names[Kind::User as usize].name(n), SHOWN),
        };
        let constant = match outcomes.top.as_slice() {
            [only] if outcomes.others == 0 && total.quality.with_outcome > 1 => Some(only.name.clone()),
            _ => None,
        };
        Activity {
            first_record: time(total.order.first),
            last_record: time(total.order.last),
            first: time(total.order.first_in_period),
            last: time(total.order.last_in_period),
            events: total.days.all().map(|d| d.events).sum(),
            days: total
                .days
                .dated()
                .iter()
                .filter_map(|(d, t)| Some((date(*d)?, self.day(t, most))))
                .collect(),
            undated: self.day(total.days.undated(), most),
            other_days: total.days.beyond,
            missing_days: self.missing_days(),
            users: rank(Kind::User),
            tools: rank(Kind::Tool),
            decisions: rank(Kind::Decision),
            modes: rank(Kind::Mode),
            versions: rank(Kind::Version),
            outcomes,
            event_names: self
                .shown()
                .ranked(&total.totals[Kind::Event as usize], &total.names[Kind::Event as usize]),
            unknown_types: self
                .shown()
                .ranked(&total.totals[Kind::Type as usize], &total.names[Kind::Type as usize]),
            fields: FieldQuality {
                tool_records: total.quality.tool_records,
                with_time: total.quality.with_time,
                with_user: total.quality.with_user,
                unknown_user: total.quality.unknown_user,
                with_decision: total.quality.with_decision,
                with_mode: total.quality.with_mode,
                with_outcome: total.quality.with_outcome,
                with_session: total.quality.with_session,
                with_tool_use_id: total.quality.with_tool_use_id,
                constant_outcome: constant,
            },
            sessions: Sessions {
                seen: total.sessions.values().len() as u64,
                records_untracked: total.sessions.untracked,
                bypass: total.sessions.values().filter(|s| s.bypass).count() as u64,
                with_mode_change: total.sessions.values().filter(|s| s.changed).count() as u64,
            },
            by_user: self.by_user(&sums[Kind::User as usize], &active_days, &user_name),
            usage: spent::usage(&total.usage, &user_name),
            usage_not_listed: total.usage.beyond.clone(),
            metered: spent::metered(&total.metered, self.rules.period, &user_name),
            metered_not_listed: total.metered.beyond,
            denied: total.acts.denied,
            dangerous: total.acts.dangerous.iter().map(|(class, n)| ((*class).to_owned(), *n)).collect(),
            file_changes: FileChanges {
                count: total.acts.file_changes,
                without_path: total.acts.changes_without_path,
                by_user: self.shown().ranked(&total.acts.changes_by_user, &total.names[Kind::User as usize]),
                by_path: self
                    .shown()
                    .ranked(&total.totals[Kind::Path as usize], &total.names[Kind::Path as usize]),
            },
            log_ins: LogIns {
                succeeded: total.acts.log_ins.0,
                failed: total.acts.log_ins.1,
                by_method: self
                    .shown()
                    .ranked(&total.totals[Kind::Method as usize], &total.names[Kind::Method as usize]),
            },
            mode_changes: total.acts.mode_changes,
            hooks_failed_open: total.acts.hooks_failed_open,
            sandbox_disabled: total.acts.sandbox_disabled,
            incidents: total.acts.incidents,
            hits: self.hits(),
            notable: self.notable(),
        }
    }

    fn hits(&self) -> BTreeMap<String, HitCount> {
        let scanner = self.rules.scanner;
        let users = &self.total.names[Kind::User as usize];
        self.total
            .acts
            .hits
            .iter()
            .enumerate()
            .filter(|(_, (n, _))| *n > 0)
            .map(|(pattern, (records, by_user))| {
                let count = HitCount {
                    class: scanner.class(pattern).name().into(),
                    records: *records,
                    by_user: self.shown().ranked(by_user, users),
                };
                (scanner.id(pattern).to_owned(), count)
            })
            .collect()
    }

    fn notable(&self) -> Vec<Notable> {
        let path = |source: u64| self.sources.get(source as usize).map_or("", |s| s.path.as_str());
        let found = self.total.located.noted.values().flatten();
        found
            .map(|noted| {
                let class = match noted.kind {
                    NotableKind::Hit => noted
                        .class
                        .parse()
                        .map_or(String::new(), |p: usize| self.rules.scanner.id(p).to_owned()),
                    _ => self.shown().printable(noted.class.as_bytes(), SHOWN),
                };
                Notable {
                    kind: noted.kind,
                    source: noted.source,
                    line: noted.line,
                    offset: noted.offset,
                    at: time(noted.at),
                    user: noted.user.as_ref().map(|u| self.shown().printable(u, SHOWN)),
                    tool: noted.tool.as_ref().map(|t| self.shown().printable(t, SHOWN)),
                    fingerprint: fingerprint(path(noted.source), noted.offset, &class),
                    class,
                }
            })
            .collect()
    }

    fn by_user(
        &self,
        events: &Counts,
        active_days: &[u64],
        name: &dyn Fn(u32) -> String,
    ) -> BTreeMap<String, UserActivity> {
        let mut users: BTreeMap<String, UserActivity> = BTreeMap::new();
        for number in 0..events.0.len().max(self.total.acts.users.len()) {
            let tally = self.total.acts.users.get(number).cloned().unwrap_or_default();
            let count = events.get(number as u32);
            if count == 0 && tally.is_empty() {
                continue;
            }
            let row = users.entry(name(number as u32)).or_default();
            row.events += count;
            row.active_days = row.active_days.max(active_days.get(number).copied().unwrap_or(0));
            row.denied += tally.denied;
            row.dangerous += tally.dangerous;
            row.file_changes += tally.file_changes;
            row.bypass_records += tally.bypass;
            row.log_ins += tally.log_ins;
            row.failed_log_ins += tally.failed_log_ins;
            row.hits += tally.hits;
        }
        users
    }

    /// Days without a record: of the period when there is one, else between the first and the last record.
    fn missing_days(&self) -> MissingDays {
        let mut days: Vec<i32> = self.total.days.dated().iter().map(|(d, _)| *d).collect();
        days.sort_unstable();
        let (first, last) = match (self.rules.period, days.first(), days.last()) {
            (Some(period), _, _) => period,
            (None, Some(&first), Some(&last)) => (first, last),
            _ => return MissingDays::default(),
        };
        let mut missing = MissingDays::default();
        let mut expected = first;
        for day in days.into_iter().filter(|d| (first..=last).contains(d)).chain([last + 1]) {
            missing.count += (day - expected).max(0) as u64;
            let room = MISSING_DAYS.saturating_sub(missing.days.len());
            missing.days.extend((expected..day).take(room).filter_map(date));
            expected = day + 1;
        }
        missing
    }
}

fn source_day(day: &DayTally) -> SourceDay {
    SourceDay {
        events: day.events,
        users_seen: day.names[Kind::User as usize].distinct(),
        tools_seen: day.names[Kind::Tool as usize].distinct(),
        unknown_user: day.unknown_user,
        first: time(day.first),
        last: time(day.last),
        longest_silence_minutes: (day.silence / 60).max(0) as u64,
        refused: day.refused,
    }
}

fn order(order: &Order) -> TimeOrder {
    TimeOrder {
        backward: order.backward,
        largest_backward_seconds: order.largest_backward.max(0) as u64,
        first_backward: order.first_backward.clone(),
        in_future: order.in_future,
        irregular: order.irregular,
        without_offset: order.without_offset,
    }
}

fn reasons(tally: &Tally) -> BTreeMap<String, u64> {
    tally.refused_by_reason.iter().map(|(reason, n)| ((*reason).to_owned(), *n)).collect()
}
