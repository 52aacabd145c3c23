//! Cost and tokens of a summary by user and day: as events tell them, and as metrics count them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::summary::date;
use super::tally::{MeteredTable, UsageTable};
use crate::model::activity::{Metered, Tokens, Usage};

/// `name` gives the user of a number; users that are shown alike are one.
pub fn usage(table: &UsageTable, name: &dyn Fn(u32) -> String) -> Vec<Usage> {
    let mut rows: BTreeMap<(Option<Date>, String), Tokens> = BTreeMap::new();
    for (&(day, user), tokens) in table.rows() {
        rows.entry((day.and_then(date), name(user))).or_default().add(tokens);
    }
    rows.into_iter().map(|((day, user), tokens)| Usage { day, user, tokens }).collect()
}

pub fn metered(
    table: &MeteredTable,
    period: Option<(i32, i32)>,
    name: &dyn Fn(u32) -> String,
) -> Vec<Metered> {
    let mut rows: BTreeMap<(Option<Date>, String), (Tokens, u64)> = BTreeMap::new();
    for ((day, user), amounts) in table.rows(period) {
        let (tokens, sessions) = rows.entry((day.and_then(date), name(user))).or_default();
        tokens.add(&amounts.tokens);
        *sessions += amounts.sessions;
    }
    let rows = rows.into_iter();
    rows.map(|((day, user), (tokens, sessions))| Metered { day, user, tokens, sessions }).collect()
}
