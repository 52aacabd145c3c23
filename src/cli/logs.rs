//! `workpaper logs`: the questions that the guide's evidence commands meant to ask, answered from the records.

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::json;
use workpaper::{
    catalog::patterns,
    collect::logs::{self, Days, ReadOptions, Scanner},
    model::activity::{LogSummary, Notable, NotableKind, Ranked, Shape},
    render,
    report::Table,
};

use super::{
    exit::{self, Exit, Failure},
    log_lint,
};

/// Ask the logs: what was denied, in which modes, by whom, on which days; and what the guide's commands would find
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The question
    #[arg(value_enum)]
    question: Question,
    /// Log files or folders [default: /var/log/claude-code]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// First day, such as 2026-07-01
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Last day
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// Only this person, where the question is about people
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Table)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Question {
    /// Denied calls, located
    Denied,
    /// Permission modes, their changes and bypass sessions
    Modes,
    /// Records by person
    Activity,
    /// Records by day
    Timeline,
    /// Records by file and day, with parse errors
    Coverage,
    /// Changed files
    Files,
    /// Cost and tokens by person and day
    Cost,
    /// What each of the guide's own evidence commands would return on these logs
    Lint,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shown {
    Table,
    Csv,
    Json,
}

/// An answer: rows under columns, and what must be said beside them.
pub(super) struct Answer {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Vec<String>>,
    /// Denominators and limits.
    pub(super) notes: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let paths =
        if args.paths.is_empty() { vec![PathBuf::from("/var/log/claude-code")] } else { args.paths.clone() };
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        return Err(
            Failure::world(format!("{} is not there", missing.display())).hint("name a log file or folder")
        );
    }
    let answer = match args.question {
        Question::Lint => log_lint::lint(&paths)?,
        question => {
            let summary = read(args, &paths)?;
            let mut answer = asked(question, args.user.as_deref(), &summary);
            answer.notes.extend(limits(&summary));
            answer
        }
    };
    exit::print(&match args.format {
        Shown::Table => as_table(&answer),
        Shown::Csv => as_csv(&answer),
        Shown::Json => as_json(&answer),
    })?;
    Ok(Exit::OPEN)
}

fn read(args: &Args, paths: &[PathBuf]) -> Result<LogSummary, Failure> {
    let patterns = patterns::built_in().map_err(|_| Failure::usage("the built-in patterns do not load"))?;
    let scanner = Scanner::new(&patterns);
    let mut options = ReadOptions::new(&scanner);
    options.as_of = Some(Timestamp::now());
    if args.since.is_some() || args.until.is_some() {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let start = args.since.unwrap_or(jiff::civil::date(1970, 1, 1));
        let end = args.until.unwrap_or(today);
        if end < start {
            return Err(Failure::usage("--until is before --since"));
        }
        options.period = Some(Days { start, end });
    }
    Ok(logs::read(paths, &options))
}

fn asked(question: Question, user: Option<&str>, summary: &LogSummary) -> Answer {
    match question {
        Question::Denied => denied(user, summary),
        Question::Modes => modes(summary),
        Question::Activity => activity(user, summary),
        Question::Timeline => timeline(user, summary),
        Question::Coverage | Question::Lint => coverage(summary),
        Question::Files => files(user, summary),
        Question::Cost => cost(user, summary),
    }
}

/// What a reader must know of any answer: how many records it rests on, and what was not read.
fn limits(summary: &LogSummary) -> Vec<String> {
    let records = &summary.records;
    let mut notes = vec![format!(
        "{} of {} records read in {} files ({} mended, {} refused, {} outside the days asked for)",
        records.read,
        records.there,
        summary.sources.len() as u64 + summary.sources_not_listed,
        records.repaired,
        records.refused,
        records.before_period + records.after_period
    )];
    let gaps = summary.gaps.iter().map(|gap| format!("not read: {}: {}", gap.path, gap.detail));
    notes.extend(gaps.take(10));
    notes
}

fn places<'s>(
    summary: &'s LogSummary,
    kinds: &'s [NotableKind],
    user: Option<&'s str>,
) -> impl Iterator<Item = Vec<String>> + 's {
    let wanted = move |notable: &&Notable| {
        kinds.contains(&notable.kind) && user.is_none_or(|user| notable.user.as_deref() == Some(user))
    };
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

fn denied(user: Option<&str>, summary: &LogSummary) -> Answer {
    let activity = &summary.activity;
    let rows: Vec<_> = places(summary, &[NotableKind::Denied], user).collect();
    let fields = &activity.fields;
    let mut notes = vec![format!(
        "{} denied of {} tool records; {} located",
        activity.denied,
        fields.tool_records,
        rows.len()
    )];
    if fields.with_decision == 0 {
        notes.push(
            "no record says what was decided: an empty list is no evidence that nothing was denied"
                .to_owned(),
        );
    }
    Answer { name: "denied", columns: &["time", "user", "tool", "class", "place"], rows, notes }
}

fn modes(summary: &LogSummary) -> Answer {
    let activity = &summary.activity;
    let mut rows: Vec<_> = ranked(&activity.modes, "records in the mode");
    let events = places(summary, &[NotableKind::ModeChange, NotableKind::Bypass], None);
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

fn activity(user: Option<&str>, summary: &LogSummary) -> Answer {
    let people = summary.activity.by_user.iter().filter(|(name, _)| user.is_none_or(|user| *name == user));
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

fn timeline(user: Option<&str>, summary: &LogSummary) -> Answer {
    let days = summary.activity.days.iter();
    let rows = days
        .filter(|(_, day)| user.is_none_or(|user| day.users.get(user) > 0))
        .map(|(date, day)| {
            let events = user.map_or(day.events, |user| day.users.get(user));
            let top: Vec<String> =
                day.tools.top.iter().take(4).map(|tool| format!("{} {}", tool.name, tool.count)).collect();
            vec![
                date.to_string(),
                events.to_string(),
                day.denied.to_string(),
                day.dangerous.to_string(),
                top.join(", "),
            ]
        })
        .collect();
    let notes = vec![silent_days(summary)];
    Answer { name: "timeline", columns: &["day", "records", "denied", "dangerous", "tools"], rows, notes }
}

fn coverage(summary: &LogSummary) -> Answer {
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
    Answer { name: "coverage", columns, rows, notes: vec![silent_days(summary)] }
}

/// Days without a record between the first and the last one that has some.
fn silent_days(summary: &LogSummary) -> String {
    let days = &summary.activity.days;
    let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value()) else {
        return "no day has a record".to_owned();
    };
    let all = i64::from((*last - *first).get_days()) + 1;
    format!("{} of {all} days from {first} to {last} have no record", all - days.len() as i64)
}

fn files(user: Option<&str>, summary: &LogSummary) -> Answer {
    let changes = &summary.activity.file_changes;
    let (rows, columns): (_, &'static [&'static str]) = match user {
        Some(user) => (
            vec![vec![user.to_owned(), "changes".to_owned(), changes.by_user.get(user).to_string()]],
            &["user", "what", "count"],
        ),
        None => (ranked(&changes.by_path, "changes"), &["file", "what", "count"]),
    };
    let mut notes = vec![format!("{} changes; {} name no file", changes.count, changes.without_path)];
    let has = |shape: Shape| summary.sources.iter().any(|source| source.shapes.contains_key(&shape));
    if has(Shape::FileChange) && has(Shape::ToolLog) {
        notes.push(
            "the log of tool calls and the log of file changes were both read: one change may stand in each"
                .to_owned(),
        );
    }
    Answer { name: "files", columns, rows, notes }
}

fn cost(user: Option<&str>, summary: &LogSummary) -> Answer {
    let usage = summary.activity.usage.iter().filter(|row| user.is_none_or(|user| row.user == user));
    let rows: Vec<Vec<String>> = usage
        .map(|row| {
            let tokens = &row.tokens;
            vec![
                row.day.map_or_else(String::new, |day| day.to_string()),
                row.user.clone(),
                tokens.requests.to_string(),
                format!("{}.{:06}", tokens.cost_micros / 1_000_000, tokens.cost_micros % 1_000_000),
                tokens.input.to_string(),
                tokens.output.to_string(),
                (tokens.cache_read + tokens.cache_creation).to_string(),
            ]
        })
        .collect();
    let mut notes = Vec::new();
    if rows.is_empty() {
        notes.push(
            "no record carries cost or tokens: telemetry (claude_code.api_request) or session files do"
                .to_owned(),
        );
    }
    let columns = &["day", "user", "requests", "cost_usd", "input_tokens", "output_tokens", "cache_tokens"];
    Answer { name: "cost", columns, rows, notes }
}

fn as_table(answer: &Answer) -> String {
    if answer.name == "lint" {
        return as_paragraphs(answer);
    }
    let shown: Vec<Vec<String>> =
        answer.rows.iter().map(|row| row.iter().map(|cell| render::plain(cell)).collect()).collect();
    let mut widths: Vec<usize> = answer.columns.iter().map(|column| column.len()).collect();
    for row in &shown {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count()).min(60);
        }
    }
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut row = String::new();
        for (cell, width) in cells.zip(&widths) {
            row.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(row.trim_end());
        text.push('\n');
    };
    line(&mut answer.columns.iter().copied());
    for row in &shown {
        line(&mut row.iter().map(String::as_str));
    }
    for note in &answer.notes {
        text.push_str(&format!("# {}\n", render::plain(note)));
    }
    text
}

/// One paragraph a row, for cells that are sentences.
fn as_paragraphs(answer: &Answer) -> String {
    let mut text = String::new();
    for row in &answer.rows {
        for (column, cell) in answer.columns.iter().zip(row) {
            text.push_str(&format!("{column:<17} {}\n", render::plain(cell)));
        }
        text.push('\n');
    }
    for note in &answer.notes {
        text.push_str(&format!("# {}\n", render::plain(note)));
    }
    text
}

fn as_csv(answer: &Answer) -> String {
    let columns = answer.columns.iter().map(|column| (*column).to_owned()).collect();
    let table = Table { name: answer.name.to_owned(), columns, rows: answer.rows.clone() };
    String::from_utf8_lossy(&render::csv::one(&table)).into_owned()
}

fn as_json(answer: &Answer) -> String {
    let rows: Vec<_> = answer
        .rows
        .iter()
        .map(|row| {
            answer
                .columns
                .iter()
                .zip(row)
                .map(|(column, cell)| ((*column).to_owned(), json!(cell)))
                .collect::<serde_json::Map<_, _>>()
        })
        .collect();
    let value = json!({ "schema": "workpaper/logs/v1", "question": answer.name, "rows": rows, "notes": answer.notes });
    format!("{value:#}\n")
}
