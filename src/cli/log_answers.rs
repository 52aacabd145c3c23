//! The answers to the questions about logs: rows out of what was counted, with their denominators.

use workpaper::{
    collect::logs::Days,
    model::activity::{LogGap, LogSummary, Notable, NotableKind, Ranked, Shape},
};

use super::answer::Answer;

/// Gaps that an answer lists; the others are a number.
const GAPS: usize = 20;

/// What a reader must know of any answer: how many records it rests on, and what was not read.
pub(super) fn limits(summary: &LogSummary) -> Vec<String> {
    let records = &summary.records;
    let mut notes = vec![
        format!(
            "{} of {} records read in {} files ({} mended, {} refused)",
            records.read,
            records.there,
            summary.sources.len() as u64 + summary.sources_not_listed,
            records.repaired,
            records.refused,
        ),
        format!(
            "{} counted here; not counted: {} outside the days asked for, {} of other people, {} written twice",
            summary.activity.events,
            records.before_period + records.after_period,
            records.of_others,
            records.duplicates,
        ),
    ];
    if summary.activity.undated.events > 0 {
        notes.push(format!(
            "{} of the counted records have no readable time: they stand in no day, and --since lets them in",
            summary.activity.undated.events
        ));
    }
    notes.extend(not_read(&summary.gaps, summary.gaps_not_listed));
    notes
}

/// The gaps as notes.
pub(super) fn not_read(gaps: &[LogGap], not_listed: u64) -> Vec<String> {
    let listed = gaps.iter().take(GAPS).map(|gap| format!("not read: {}: {}", gap.path, gap.detail));
    let mut notes: Vec<String> = listed.collect();
    let more = gaps.len().saturating_sub(GAPS) as u64 + not_listed;
    if more > 0 {
        notes.push(format!("{more} more places were not read"));
    }
    notes
}

fn places<'s>(summary: &'s LogSummary, kinds: &'s [NotableKind]) -> impl Iterator<Item = Vec<String>> + 's {
    let wanted = move |notable: &&Notable| kinds.contains(&notable.kind);
    summary.activity.notable.iter().filter(wanted).map(|notable| {
        let source = usize::try_from(notable.source).ok().and_then(|index| summary.sources.get(index));
        vec![
            notable.at.map(|at| at.to_string()).unwrap_or_default(),
            notable.user.clone().unwrap_or_default(),
            notable.tool.clone().unwrap_or_default(),
            notable.class.clone(),
            format!("{}:{}", source.map_or("", |source| source.path.as_str()), notable.line),
        ]
    })
}

pub(super) fn denied(summary: &LogSummary) -> Answer {
    let activity = &summary.activity;
    let rows: Vec<_> = places(summary, &[NotableKind::Denied]).collect();
    let fields = &activity.fields;
    let mut notes = vec![format!(
        "{} denied calls, {} of them located; {} tool records, {} of them say what was decided",
        activity.denied,
        rows.len(),
        fields.tool_records,
        fields.with_decision
    )];
    if fields.with_decision == 0 {
        notes.push(
            "no record says what was decided: an empty list is no evidence that nothing was denied"
                .to_owned(),
        );
    }
    Answer { name: "denied", columns: &["time", "user", "tool", "class", "place"], rows, notes }
}

pub(super) fn modes(summary: &LogSummary) -> Answer {
    let activity = &summary.activity;
    let mut rows: Vec<_> = ranked(&activity.modes, "records in the mode");
    let events = places(summary, &[NotableKind::ModeChange, NotableKind::Bypass]);
    rows.extend(events.map(|row| vec![row[3].clone(), format!("{} {}", row[0], row[1]), row[4].clone()]));
    let sessions = &activity.sessions;
    let mut notes = vec![format!(
        "{} of {} sessions in bypassPermissions; {} mode changes in {} sessions",
        sessions.bypass, sessions.seen, activity.mode_changes, sessions.with_mode_change
    )];
    if activity.modes.total() == 0 {
        notes.push("no record names a mode: nothing can be said of how sessions ran".to_owned());
    }
    Answer { name: "modes", columns: &["mode", "what", "value"], rows, notes }
}

fn ranked(names: &Ranked, what: &str) -> Vec<Vec<String>> {
    names.top.iter().map(|name| vec![name.name.clone(), what.to_owned(), name.count.to_string()]).collect()
}

pub(super) fn activity(summary: &LogSummary) -> Answer {
    let people = summary.activity.by_user.iter();
    let rows = people
        .map(|(name, did)| {
            let counts = [
                did.events,
                did.active_days,
                did.denied,
                did.dangerous,
                did.file_changes,
                did.bypass_records,
                did.log_ins,
                did.failed_log_ins,
            ];
            std::iter::once(name.clone()).chain(counts.map(|count| count.to_string())).collect()
        })
        .collect();
    let columns = &[
        "user",
        "records",
        "days",
        "denied",
        "dangerous",
        "file_changes",
        "bypass_records",
        "logins",
        "failed_logins",
    ];
    let fields = &summary.activity.fields;
    let nobody = fields.unknown_user + fields.tool_records.saturating_sub(fields.with_user);
    let notes = vec![format!("{nobody} of {} tool records name no person", fields.tool_records)];
    Answer { name: "activity", columns, rows, notes }
}

pub(super) fn timeline(summary: &LogSummary, period: Option<Days>) -> Answer {
    let rows = summary.activity.days.iter().map(|(date, day)| {
        let top: Vec<String> =
            day.tools.top.iter().take(4).map(|tool| format!("{} {}", tool.name, tool.count)).collect();
        vec![
            date.to_string(),
            day.events.to_string(),
            day.denied.to_string(),
            day.dangerous.to_string(),
            top.join(", "),
        ]
    });
    Answer {
        name: "timeline",
        columns: &["day", "records", "denied", "dangerous", "tools"],
        rows: rows.collect(),
        notes: vec![silent_days(summary, period)],
    }
}

pub(super) fn coverage(summary: &LogSummary, period: Option<Days>) -> Answer {
    let mut rows = Vec::new();
    for source in &summary.sources {
        for (date, day) in &source.days {
            rows.push(vec![
                source.path.clone(),
                date.to_string(),
                day.events.to_string(),
                day.users_seen.to_string(),
                day.refused.to_string(),
                day.unknown_user.to_string(),
                day.longest_silence_minutes.to_string(),
            ]);
        }
    }
    let columns =
        &["file", "day", "records", "users", "parse_errors", "unknown_user", "longest_silence_minutes"];
    Answer { name: "coverage", columns, rows, notes: vec![silent_days(summary, period)] }
}

/// Days without a record: of the days asked for, else between the first and the last one that has some.
fn silent_days(summary: &LogSummary, period: Option<Days>) -> String {
    let days = &summary.activity.days;
    let seen = days.first_key_value().zip(days.last_key_value());
    let asked = period.map(|days| (days.start, days.end));
    let Some((first, last)) = asked.or(seen.map(|((first, _), (last, _))| (*first, *last))) else {
        return "no day has a record".to_owned();
    };
    let all = i64::from((last - first).get_days()) + 1;
    format!("{} of {all} days from {first} to {last} have no record", summary.activity.missing_days.count)
}

pub(super) fn files(summary: &LogSummary) -> Answer {
    let changes = &summary.activity.file_changes;
    let rows = ranked(&changes.by_path, "changes");
    let mut notes = vec![format!("{} changes; {} name no file", changes.count, changes.without_path)];
    if changes.by_path.others > 0 {
        notes.push(format!("{} changes are of files that are not listed", changes.by_path.others));
    }
    let has = |shape: Shape| summary.sources.iter().any(|source| source.shapes.contains_key(&shape));
    if has(Shape::FileChange) && has(Shape::ToolLog) {
        notes.push(
            "the log of tool calls and the log of file changes were both read: one change may stand in each"
                .to_owned(),
        );
    }
    Answer { name: "files", columns: &["file", "what", "count"], rows, notes }
}
