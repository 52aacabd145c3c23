//! The tables of what was read from logs: coverage by source and day, and the populations that were read.

use jiff::{civil::Date, tz::TimeZone};

use super::Table;
use super::seen::host_id;
use super::tables::{joined, table};
use super::wording::UNKNOWN;
use super::{Month, PersonRow};
use crate::model::activity::{SourceSummary, UserActivity};
use crate::model::{ActivitySeen, Assessment, LogEvidence, LogKind, Observation, Seen, Snapshot};

/// Every place of records.
pub(super) fn places(snapshot: &Snapshot) -> impl Iterator<Item = (&Observation, &ActivitySeen)> {
    snapshot.observations.iter().filter_map(|observation| match &observation.seen {
        Seen::Activity(activity) => Some((observation, activity.as_ref())),
        _ => None,
    })
}

/// One row a source and day of the period that has records.
pub(super) fn log_coverage(snapshot: &Snapshot) -> Table {
    let host = host_id(snapshot);
    let mut rows = Vec::new();
    for (_, seen) in places(snapshot) {
        for source in &seen.summary.sources {
            for (date, day) in &source.days {
                let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
                rows.push(vec![
                    source.path.clone(),
                    host.clone(),
                    date.to_string(),
                    day.events.to_string(),
                    day.tools_seen.to_string(),
                    day.users_seen.to_string(),
                    time(day.first),
                    time(day.last),
                    day.refused.to_string(),
                    day.unknown_user.to_string(),
                    day.longest_silence_minutes.to_string(),
                    source.sha256.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
                ]);
            }
        }
    }
    table(
        "log_coverage",
        "source_id,host_id,date,events,tools_seen,users_seen,first_event,last_event,parse_errors,\
         unknown_user_count,gap_minutes_max,sha256",
        rows,
    )
}

/// One row a place of records: what was there, what is left inside the period, and what is known of completeness.
pub(super) fn populations(assessment: &Assessment, snapshot: &Snapshot) -> Table {
    let run = &assessment.run;
    let rows = places(snapshot).map(|(observation, seen)| {
        let (records, activity) = (&seen.summary.records, &seen.summary.activity);
        let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| UNKNOWN.to_owned(), |at| at.to_string());
        let session_calls: u64 = places(snapshot)
            .filter(|(_, other)| matches!(other.kind, LogKind::Transcripts { .. }))
            .map(|(_, other)| other.calls.shell + other.calls.file)
            .sum();
        let calls = seen.calls.shell + seen.calls.file;
        let tie_out = seen.kind == LogKind::Logs && session_calls > 0;
        vec![
            format!("population:{}", observation.id.short()),
            definition(seen),
            "record".to_owned(),
            joined(seen.summary.sources.iter().take(20).map(|source| source.path.as_str())),
            observation.source.clone(),
            "read every file of the place once, rotated and compressed members included".to_owned(),
            String::new(),
            "records dated inside the period; the same message counted once".to_owned(),
            run.period.start.to_string(),
            run.period.end.to_string(),
            run.as_of.to_string(),
            format!("{} {}", assessment.tool.name, assessment.tool.version),
            records.there.to_string(),
            activity.events.to_string(),
            time(activity.first),
            time(activity.last),
            activity.missing_days.count.to_string(),
            if tie_out { "session files: shell and file calls".to_owned() } else { UNKNOWN.to_owned() },
            if tie_out { session_calls.to_string() } else { UNKNOWN.to_owned() },
            if tie_out {
                (i128::from(calls) - i128::from(session_calls)).to_string()
            } else {
                UNKNOWN.to_owned()
            },
            UNKNOWN.to_owned(),
            completeness(seen),
            joined(
                seen.summary
                    .sources
                    .iter()
                    .take(20)
                    .map(|source| source.sha256.as_deref().unwrap_or(UNKNOWN)),
            ),
        ]
    });
    table(
        "populations",
        "population_id,definition,unit,source_system,source_locator,query_or_command,parameters,filters_applied,\
         period_start,period_end,extracted_at,extracted_by,rows_raw,rows_after_filters,first_item,last_item,\
         sequence_gaps,tie_out_source,tie_out_count,tie_out_difference,difference_explanation,\
         completeness_conclusion,sha256",
        rows.collect(),
    )
}

fn definition(seen: &ActivitySeen) -> String {
    match &seen.kind {
        LogKind::Logs => "records of tool calls and telemetry in the logs of the deployment".to_owned(),
        LogKind::FileChanges => "records of changed files".to_owned(),
        LogKind::Incidents => "records of incidents".to_owned(),
        LogKind::Transcripts { user } => format!("lines of the session files of {user}"),
    }
}

fn completeness(seen: &ActivitySeen) -> String {
    let (records, summary) = (&seen.summary.records, &seen.summary);
    let mut words = vec![format!("{} of {} records read", records.read, records.there)];
    if records.refused > 0 {
        words.push(format!("{} refused", records.refused));
    }
    if records.undated > 0 {
        words.push(format!("{} without a time", records.undated));
    }
    if !summary.gaps.is_empty() {
        words.push(format!("{} problems of reading", summary.gaps.len()));
    }
    words.push(format!("{} days of the period without a record", summary.activity.missing_days.count));
    words.join("; ")
}

/// Oldest and newest record of each series, with the days between them, for the retention table.
pub(super) fn observed(snapshot: &Snapshot) -> Vec<Vec<String>> {
    let unknown = || UNKNOWN.to_owned();
    let mut rows = Vec::new();
    for (_, seen) in places(snapshot) {
        let mut series: std::collections::BTreeMap<&str, Vec<&SourceSummary>> = Default::default();
        for source in &seen.summary.sources {
            series.entry(&source.series).or_default().push(source);
        }
        let class = match &seen.kind {
            LogKind::Logs => "audit log",
            LogKind::FileChanges => "file changes",
            LogKind::Incidents => "incidents",
            LogKind::Transcripts { .. } => "transcripts",
        };
        if matches!(seen.kind, LogKind::Transcripts { .. }) {
            // One row for all sessions of a person: a session is no series.
            series = std::iter::once(("", series.into_values().flatten().collect())).collect();
        }
        for (_, members) in series {
            let oldest = members.iter().filter_map(|source| source.first).min();
            let newest = members.iter().filter_map(|source| source.last).max();
            let days = oldest.zip(newest).map(|(first, last)| {
                let date = |at: jiff::Timestamp| at.to_zoned(TimeZone::UTC).date();
                (date(last) - date(first)).get_days() + 1
            });
            let location = members.first().map_or_else(String::new, |source| match &seen.kind {
                LogKind::Transcripts { .. } => {
                    format!("{} and {} more files", source.path, members.len() - 1)
                }
                _ => source.path.clone(),
            });
            let mut row = vec![class.to_owned(), location, unknown(), unknown()];
            row.push(oldest.map_or_else(unknown, |at| at.to_string()));
            row.push(newest.map_or_else(unknown, |at| at.to_string()));
            row.push(days.map_or_else(unknown, |days| days.to_string()));
            row.extend(std::iter::repeat_n(unknown(), 7));
            row.extend([String::new(), String::new()]);
            rows.push(row);
        }
    }
    rows
}

/// The days of the period up to the test, month by month, with what the organisation's logs hold of each.
pub(super) fn calendar(assessment: &Assessment, snapshot: &Snapshot) -> Vec<Month> {
    let mut counts: std::collections::BTreeMap<Date, u64> = Default::default();
    let mut known: std::collections::BTreeSet<Date> = Default::default();
    for (_, seen) in places(snapshot) {
        for (day, activity) in &seen.summary.activity.days {
            if matches!(seen.kind, LogKind::Transcripts { .. }) {
                known.insert(*day);
            } else {
                *counts.entry(*day).or_default() += activity.events;
            }
        }
    }
    let run = &assessment.run;
    let date = |at: jiff::Timestamp| at.to_zoned(TimeZone::UTC).date();
    let (mut day, end) = (date(run.period.start), date(run.period.end.min(run.as_of)));
    let mut months: Vec<Month> = Vec::new();
    while day < end && months.len() < 60 {
        let name = day.strftime("%Y-%m").to_string();
        if months.last().is_none_or(|month| month.name != name) {
            months.push(Month { name, days: Vec::new() });
        }
        let count = counts.get(&day).copied().unwrap_or(0);
        let weekend = matches!(day.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday);
        let (kind, words) = match count {
            0 if known.contains(&day) => ("missing", "no record, and session files show work".to_owned()),
            0 if weekend => ("free", "no record, a weekend".to_owned()),
            0 => ("silent", "no record".to_owned()),
            records => ("records", format!("{records} records")),
        };
        if let Some(month) = months.last_mut() {
            month.days.push((day.day().to_string(), kind.to_owned(), format!("{day}: {words}")));
        }
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    months
}

/// Everybody whom the records name, the most active first.
pub(super) fn people(snapshot: &Snapshot) -> Vec<PersonRow> {
    let mut people: std::collections::BTreeMap<&str, UserActivity> = Default::default();
    for (_, seen) in places(snapshot).filter(|(_, seen)| seen.kind == LogKind::Logs) {
        for (user, did) in &seen.summary.activity.by_user {
            let sum = people.entry(user).or_default();
            sum.events += did.events;
            sum.active_days = sum.active_days.max(did.active_days);
            sum.denied += did.denied;
            sum.dangerous += did.dangerous;
            sum.file_changes += did.file_changes;
        }
    }
    let mut rows: Vec<(&str, UserActivity)> = people.into_iter().collect();
    rows.sort_by(|a, b| b.1.events.cmp(&a.1.events).then_with(|| a.0.cmp(b.0)));
    let row = |(user, did): (&str, UserActivity)| PersonRow {
        user: user.to_owned(),
        records: did.events.to_string(),
        days: did.active_days.to_string(),
        denied: did.denied.to_string(),
        dangerous: did.dangerous.to_string(),
        file_changes: did.file_changes.to_string(),
    };
    rows.into_iter().map(row).collect()
}

/// One row a kind of record of tool calls: distinct calls, and how they tie out with the other kinds.
pub(super) fn call_populations(evidence: &LogEvidence, assessment: &Assessment) -> Vec<Vec<String>> {
    let run = &assessment.run;
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| UNKNOWN.to_owned(), |at| at.to_string());
    let kinds =
        evidence.reconciliation.iter().flat_map(|seen| seen.populations.iter().map(move |one| (seen, one)));
    kinds
        .map(|(seen, one)| {
            let words = one.kind.words();
            let tie = evidence.comparisons.iter().find(|tie| tie.left == words);
            let unexplained = tie.map(|tie| tie.left_unexplained + tie.right_unexplained);
            vec![
                format!("population:calls in {words}"),
                format!("distinct tool calls that the {words} name"),
                "tool call".to_owned(),
                words.to_owned(),
                "reconciliation.csv".to_owned(),
                "distinct tool-use ids of records of tool calls".to_owned(),
                if seen.one_in == 1 {
                    String::new()
                } else {
                    format!("one call in {} by digest", seen.one_in)
                },
                "records dated inside the period; records without an id are counted and not compared"
                    .to_owned(),
                run.period.start.to_string(),
                run.period.end.to_string(),
                run.as_of.to_string(),
                format!("{} {}", assessment.tool.name, assessment.tool.version),
                one.records.to_string(),
                one.calls.to_string(),
                time(one.first),
                time(one.last),
                UNKNOWN.to_owned(),
                tie.map_or_else(|| UNKNOWN.to_owned(), |tie| format!("calls in {}", tie.right)),
                tie.map_or_else(|| UNKNOWN.to_owned(), |tie| (tie.both + tie.right_only).to_string()),
                tie.map_or_else(
                    || UNKNOWN.to_owned(),
                    |tie| (i128::from(tie.left_only) - i128::from(tie.right_only)).to_string(),
                ),
                tie.map_or_else(
                    || UNKNOWN.to_owned(),
                    |tie| joined(tie.reasons.iter().map(|(why, count)| format!("{count} {why}"))),
                ),
                match unexplained {
                    None => "nothing to tie out with: completeness is not shown".to_owned(),
                    Some(0) => "no unexplained difference".to_owned(),
                    Some(count) => format!("{count} calls unexplained: the population is incomplete"),
                },
                String::new(),
            ]
        })
        .collect()
}
