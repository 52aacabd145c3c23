//! Cost and tokens by user and day, in bounded memory.

use rustc_hash::FxHashMap;

use crate::model::activity::Tokens;

/// A day (days since 1970) and a user's number.
type Row = (Option<i32>, u32);

#[derive(Clone, Debug, Default)]
pub struct UsageTable {
    rows: FxHashMap<Row, Tokens>,
    limit: usize,
    /// What found no row.
    pub beyond: Tokens,
}

impl UsageTable {
    pub fn new(limit: usize) -> Self {
        UsageTable { limit, ..UsageTable::default() }
    }

    pub fn rows(&self) -> impl Iterator<Item = (&Row, &Tokens)> {
        self.rows.iter()
    }

    pub fn add(&mut self, row: Row, tokens: &Tokens) {
        if self.rows.len() < self.limit || self.rows.contains_key(&row) {
            self.rows.entry(row).or_default().add(tokens);
        } else {
            self.beyond.add(tokens);
        }
    }

    /// `user` gives the number of the other's user here.
    pub fn join(&mut self, next: &UsageTable, user: impl Fn(u32) -> u32) {
        // In order, so that the bound cuts the same rows in every run.
        let mut rows: Vec<_> = next.rows.iter().collect();
        rows.sort_unstable_by_key(|(row, _)| **row);
        for (&(day, number), tokens) in rows {
            self.add((day, user(number)), tokens);
        }
        self.beyond.add(&next.beyond);
    }
}
