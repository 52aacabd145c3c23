//! What metrics count by user and day, in bounded memory, whether each data point is a step or a running total.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::model::activity::Tokens;

/// A day (days since 1970) and a user's number.
type Row = (Option<i32>, u32);

/// What a metric of the client counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    Input,
    Output,
    CacheRead,
    CacheCreation,
    /// Millionths of a dollar.
    Cost,
    Sessions,
}

/// One data point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Nothing for the metrics that are not counted by user and day.
    pub measure: Option<Measure>,
    pub amount: u64,
    /// Names the series of a running total; a step has none.
    pub series: Option<u64>,
}

/// The amounts of one user and day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub tokens: Tokens,
    pub sessions: u64,
}

impl Amounts {
    fn add(&mut self, measure: Measure, amount: u64) {
        let sum = match measure {
            Measure::Input => &mut self.tokens.input,
            Measure::Output => &mut self.tokens.output,
            Measure::CacheRead => &mut self.tokens.cache_read,
            Measure::CacheCreation => &mut self.tokens.cache_creation,
            Measure::Cost => &mut self.tokens.cost_micros,
            Measure::Sessions => &mut self.sessions,
        };
        *sum = sum.saturating_add(amount);
    }
}

#[derive(Clone, Debug, Default)]
pub struct MeteredTable {
    /// Sums of steps.
    steps: FxHashMap<(Row, Measure), u64>,
    /// The highest total that a series reached on a day.
    totals: FxHashMap<(u64, Row, Measure), u64>,
    limit: usize,
    /// Points that found no row.
    pub beyond: u64,
}

impl MeteredTable {
    pub fn new(limit: usize) -> Self {
        MeteredTable { limit, ..MeteredTable::default() }
    }

    pub fn add(&mut self, row: Row, point: Point) {
        let Some(measure) = point.measure else { return };
        let room = self.steps.len() + self.totals.len() < self.limit;
        match point.series {
            None if room || self.steps.contains_key(&(row, measure)) => {
                let sum = self.steps.entry((row, measure)).or_default();
                *sum = sum.saturating_add(point.amount);
            }
            Some(series) if room || self.totals.contains_key(&(series, row, measure)) => {
                let highest = self.totals.entry((series, row, measure)).or_default();
                *highest = point.amount.max(*highest);
            }
            _ => self.beyond += 1,
        }
    }

    /// `user` gives the number of the other's user here.
    pub fn join(&mut self, next: &MeteredTable, user: impl Fn(u32) -> u32) {
        // In order, so that the bound cuts the same rows in every run.
        let mut steps: Vec<_> = next.steps.iter().collect();
        steps.sort_unstable();
        for (&((day, number), measure), &amount) in steps {
            self.add((day, user(number)), Point { measure: Some(measure), amount, series: None });
        }
        let mut totals: Vec<_> = next.totals.iter().collect();
        totals.sort_unstable();
        for (&(series, (day, number), measure), &amount) in totals {
            self.add((day, user(number)), Point { measure: Some(measure), amount, series: Some(series) });
        }
        self.beyond += next.beyond;
    }

    /// The amounts by day and user, of the days of `period`. Of a running total, what it rose by since the day before.
    pub fn rows(&self, period: Option<(i32, i32)>) -> BTreeMap<Row, Amounts> {
        let mut rows: BTreeMap<Row, Amounts> = BTreeMap::new();
        for (&(row, measure), &amount) in &self.steps {
            rows.entry(row).or_default().add(measure, amount);
        }
        let mut totals: Vec<_> = self
            .totals
            .iter()
            .map(|(&(series, (day, user), of), &total)| (series, user, of, day, total))
            .collect();
        totals.sort_unstable();
        let mut before = None;
        for (series, user, measure, day, total) in totals {
            let known =
                before.filter(|(same, _)| *same == (series, user, measure)).map_or(0, |(_, total)| total);
            rows.entry((day, user)).or_default().add(measure, total.saturating_sub(known));
            before = Some(((series, user, measure), total.max(known)));
        }
        rows.retain(|(day, _), _| {
            day.zip(period).is_none_or(|(day, (start, end))| (start..=end).contains(&day))
        });
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(amount: u64, series: Option<u64>) -> Point {
        Point { measure: Some(Measure::Input), amount, series }
    }

    fn input(table: &MeteredTable, row: Row) -> u64 {
        table.rows(None).get(&row).map_or(0, |amounts| amounts.tokens.input)
    }

    #[test]
    fn steps_are_summed_and_totals_are_told_apart_by_day() {
        let (mut first, mut second) = (MeteredTable::new(100), MeteredTable::new(100));
        first.add((Some(1), 1), point(5, None));
        first.add((Some(1), 1), point(7, None));
        // A total of 10 at the end of day 1 and of 25 at the end of day 2, its points in two files and out of order.
        second.add((Some(2), 1), point(25, Some(9)));
        first.add((Some(1), 1), point(10, Some(9)));
        first.add((Some(2), 1), point(20, Some(9)));
        // Another process begins from nothing.
        second.add((Some(2), 1), point(3, Some(8)));
        first.join(&second, |user| user);
        assert_eq!((input(&first, (Some(1), 1)), input(&first, (Some(2), 1))), (22, 18));
    }

    #[test]
    fn rows_are_bounded_and_what_finds_none_is_counted() {
        let mut table = MeteredTable::new(2);
        for day in 0..5 {
            table.add((Some(day), 1), point(1, None));
            table.add((Some(0), 1), point(1, None));
        }
        assert_eq!((table.beyond, input(&table, (Some(0), 1))), (3, 6));
    }
}
