//! `workpaper logs cost`: cost and tokens by person and day, as events tell them and as metrics count them, held together.

use std::collections::BTreeMap;

use jiff::civil::Date;
use workpaper::model::activity::{LogSummary, Metered, Tokens, Usage};

use super::answer::Answer;

const COLUMNS: &[&str] = &[
    "day",
    "user",
    "requests",
    "cost_usd",
    "input_tokens",
    "output_tokens",
    "cache_tokens",
    "metrics_cost_usd",
    "metrics_tokens",
    "metrics_sessions",
    "held_together",
];

/// What one person's day has in events and in metrics.
type Day<'s> = (Option<&'s Usage>, Option<&'s Metered>);

pub(super) fn cost(summary: &LogSummary) -> Answer {
    let activity = &summary.activity;
    let mut days: BTreeMap<(Option<Date>, &str), Day<'_>> = BTreeMap::new();
    for row in &activity.usage {
        days.entry((row.day, &row.user)).or_default().0 = Some(row);
    }
    for row in &activity.metered {
        days.entry((row.day, &row.user)).or_default().1 = Some(row);
    }
    let rows = days.iter().map(|((day, user), found)| row(*day, user, found)).collect();
    let mut notes = Vec::new();
    if days.is_empty() {
        notes.push(
            "no record carries cost or tokens: telemetry (claude_code.api_request, claude_code.cost.usage) or session files do"
                .to_owned(),
        );
    }
    if !activity.metered.is_empty() {
        notes.push(reconciled(days.values()));
    }
    let beyond = &activity.usage_not_listed;
    if beyond.requests > 0 {
        notes.push(format!("{} requests more are of people and days that are not listed", beyond.requests));
    }
    if activity.metered_not_listed > 0 {
        notes.push(format!(
            "{} data points of metrics are of people and days that are not listed",
            activity.metered_not_listed
        ));
    }
    Answer { name: "cost", columns: COLUMNS, rows, notes }
}

fn row(day: Option<Date>, user: &str, found: &Day<'_>) -> Vec<String> {
    let mut row = vec![day.map_or_else(String::new, |day| day.to_string()), user.to_owned()];
    row.extend(match found.0 {
        Some(Usage { tokens, .. }) => [
            tokens.requests.to_string(),
            dollars(tokens.cost_micros),
            tokens.input.to_string(),
            tokens.output.to_string(),
            (tokens.cache_read + tokens.cache_creation).to_string(),
        ],
        None => Default::default(),
    });
    row.extend(match found.1 {
        Some(Metered { tokens, sessions, .. }) => {
            [dollars(tokens.cost_micros), all(tokens).to_string(), sessions.to_string()]
        }
        None => Default::default(),
    });
    row.push(held(found).to_owned());
    row
}

fn dollars(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

fn all(tokens: &Tokens) -> u64 {
    [tokens.output, tokens.cache_read, tokens.cache_creation]
        .iter()
        .fold(tokens.input, |sum, n| sum.saturating_add(*n))
}

/// Whether events and metrics say the same of a day. A millionth of a dollar may be lost in each request's rounding.
fn held(found: &Day<'_>) -> &'static str {
    match found {
        (Some(events), Some(metrics)) => {
            let (told, counted) = (&events.tokens, &metrics.tokens);
            let cost = told.cost_micros.abs_diff(counted.cost_micros) <= told.requests;
            if cost && all(told) == all(counted) { "agree" } else { "differ" }
        }
        (Some(_), None) => "events only",
        _ => "metrics only",
    }
}

fn reconciled<'d>(days: impl Iterator<Item = &'d Day<'d>>) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for day in days {
        *counts.entry(held(day)).or_default() += 1;
    }
    let of = |what: &str| counts.get(what).copied().unwrap_or(0);
    format!(
        "events and metrics, by person and day: {} agree, {} differ, {} in events only, {} in metrics only",
        of("agree"),
        of("differ"),
        of("events only"),
        of("metrics only"),
    )
}
