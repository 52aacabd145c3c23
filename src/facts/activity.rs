//! What the records of the period say: each place of records with its completeness, never a claim beyond it.

use std::{collections::BTreeSet, path::Path};

use jiff::{
    Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::Facts;
use crate::model::{
    ActivitySeen, CallEnd, CallPlace, Evidence, Gap, GapReason, LogKind, Seen,
    activity::{Activity, Place, Refusal, Shape, SourceSummary},
};

/// The records of one place.
pub struct Records<'a> {
    pub source: &'a str,
    /// `logs in var/log/claude-code`, `session files of user dev`.
    pub subject: String,
    pub seen: &'a ActivitySeen,
    pub evidence: Evidence,
    /// Why the records of this place are not all known.
    pub blind: Option<&'a Gap>,
}

impl<'a> Records<'a> {
    pub fn activity(&self) -> &'a Activity {
        &self.seen.summary.activity
    }

    /// Files with records of tool calls, and files whose records nobody could read.
    pub fn tool_sources(&self) -> impl Iterator<Item = &'a SourceSummary> {
        let logs = self.seen.kind == LogKind::Logs;
        self.seen.summary.sources.iter().filter(move |source| {
            let tool =
                source.shapes.contains_key(&Shape::ToolLog) || source.shapes.contains_key(&Shape::Telemetry);
            tool || logs
                && source.shapes.keys().all(|shape| matches!(shape, Shape::Other | Shape::Metric))
                && source.records.refused > 0
        })
    }

    /// Cites a line of one file of this place.
    pub fn at(&self, path: &str, line: u64) -> Evidence {
        Evidence { source: path.to_owned(), locator: Some(format!("L{line}")), ..self.evidence.clone() }
    }

    /// Cites the first records that were refused or had to be mended.
    pub fn faulty(&self) -> Vec<Evidence> {
        let mut cited = Vec::new();
        for source in self.tool_sources() {
            cited.extend(
                source.refusals.iter().take(2).map(|Refusal { line, .. }| self.at(&source.path, *line)),
            );
            cited
                .extend(source.repairs.iter().take(2).map(|Place { line, .. }| self.at(&source.path, *line)));
        }
        cited.truncate(6);
        if cited.is_empty() { vec![self.evidence.clone()] } else { cited }
    }

    /// Cites calls that ended so.
    pub fn calls(&self, wanted: impl Fn(&CallPlace) -> bool, end: CallEnd) -> Vec<Evidence> {
        let places = self.seen.calls.places.iter().filter(|place| place.ended == end && wanted(place));
        let cited: Vec<_> = places.take(6).map(|place| self.at(&place.source, place.line)).collect();
        if cited.is_empty() { vec![self.evidence.clone()] } else { cited }
    }

    /// Days of the period with at least one record.
    pub fn days(&self) -> BTreeSet<Date> {
        self.activity().days.iter().filter(|(_, day)| day.events > 0).map(|(date, _)| *date).collect()
    }
}

impl<'a> Facts<'a> {
    /// Every place of records that was read.
    pub fn records(&self) -> Vec<Records<'a>> {
        let mut found = Vec::new();
        for observation in &self.snapshot.observations {
            let Seen::Activity(seen) = &observation.seen else { continue };
            let source = observation.source.as_str();
            let subject = match &seen.kind {
                LogKind::Logs => format!("logs in {source}"),
                LogKind::FileChanges | LogKind::Incidents => source.to_owned(),
                LogKind::Transcripts { user } => format!("session files of user {user}"),
            };
            let below = format!("{source}/");
            let blind = self.gaps().iter().find(|gap| {
                let here = gap.source == source || gap.source.starts_with(&below);
                here && gap.reason != GapReason::Absent && !is_other_register(&gap.source)
            });
            let evidence = Evidence::of(observation);
            found.push(Records { source, subject, seen, evidence, blind });
        }
        found
    }

    /// Logs that the organisation writes.
    pub fn logs(&self) -> Vec<Records<'a>> {
        self.records().into_iter().filter(|records| records.seen.kind == LogKind::Logs).collect()
    }

    /// The gap where no record of any kind was read.
    pub fn no_records(&self, what: &str) -> Gap {
        let folder = self
            .gaps()
            .iter()
            .find(|gap| gap.source.contains("log/claude-code") || gap.source.contains("Logs"));
        let detail = match folder {
            Some(gap) => format!("{what}: {}", gap.sentence()),
            None => format!(
                "{what}: no log of the deployment and no log named with --logs holds one in the period"
            ),
        };
        Gap::new("records of the period", GapReason::Absent, detail)
    }

    /// The last moment that records of the period can be expected for.
    pub fn horizon(&self) -> Timestamp {
        self.as_of().min(self.period().end)
    }

    /// Session files that are there and were not read: what they would have shown of activity is unknown.
    pub fn sessions_unseen(&self) -> Option<String> {
        let folders: Vec<String> = match self.host() {
            Ok((host, _)) => host.users.iter().map(|user| format!("{}/projects", user.config_dir)).collect(),
            Err(_) => return None,
        };
        let gap = self.gaps().iter().find(|gap| {
            gap.reason != GapReason::Absent
                && folders.iter().any(|folder| Path::new(&gap.source).starts_with(folder))
        })?;
        Some(format!("session files could not be read: {}", gap.sentence()))
    }

    /// Days on which session files show tool calls: evidence of activity that no log made.
    pub fn days_with_sessions(&self) -> BTreeSet<Date> {
        let mut days = BTreeSet::new();
        for records in self.records() {
            if matches!(records.seen.kind, LogKind::Transcripts { .. }) {
                let worked = records.activity().days.iter().filter(|(_, day)| day.tools.total() > 0);
                days.extend(worked.map(|(date, _)| *date));
            }
        }
        days
    }
}

fn is_other_register(source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or_default();
    name.starts_with("incident") || name.ends_with(".lock")
}

/// The day of an instant, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// Monday to Friday of the days from `first` to `last`, both inside.
pub fn weekdays(first: Date, last: Date) -> Vec<Date> {
    let mut days = Vec::new();
    let mut day = first;
    // A period is bounded to years; the bound guards against a record dated centuries away.
    while day <= last && days.len() < 4_000 {
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            days.push(day);
        }
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    days
}

/// The first few days of a list, in words.
pub fn named_days(days: &[Date]) -> String {
    let mut text: Vec<String> = days.iter().take(4).map(Date::to_string).collect();
    if days.len() > 4 {
        text.push(format!("and {} more", days.len() - 4));
    }
    text.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn weekends_are_no_working_days() {
        assert_eq!(
            weekdays(date(2026, 7, 3), date(2026, 7, 7)),
            [date(2026, 7, 3), date(2026, 7, 6), date(2026, 7, 7)]
        );
        assert!(weekdays(date(2026, 7, 4), date(2026, 7, 5)).is_empty());
    }
}
