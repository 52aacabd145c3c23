//! Counts the facts of one stretch of one source; tallies of following stretches are joined without loss.

mod acts;
mod count;
mod days;
mod limits;
mod located;
mod metered;
mod order;
mod outcomes;
mod quality;
mod seen;
mod sessions;
mod usage;

use std::collections::BTreeMap;

pub use acts::Acts;
pub use days::{DayTally, Days, Slot};
pub use limits::{Limits, Rules};
pub use located::Located;
pub use metered::{Measure, MeteredTable, Point};
pub use order::Order;
pub use outcomes::Outcomes;
pub use quality::Quality;
pub use seen::Seen;
pub use sessions::Sessions;
pub use usage::UsageTable;

use count::Record;

use super::census::Census;
use super::event::Event;
use super::names::{Counts, Names, OTHERS};
use super::place::Here;
use super::scan::Hit;
use super::when::day_of;
use crate::model::activity::{RecordCounts, Shape};

/// The kinds of names, each with its own table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    User,
    Tool,
    Decision,
    Mode,
    Version,
    Outcome,
    Event,
    Type,
    Method,
    Path,
}
pub const KINDS: usize = 10;
/// The kinds that are counted by day: the first six.
pub const DAY_KINDS: usize = 6;

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// All counts of one stretch. `join` takes the stretch that follows.
#[derive(Clone, Debug)]
pub struct Tally {
    pub counts: RecordCounts,
    pub shapes: BTreeMap<Shape, u64>,
    pub refused_by_reason: BTreeMap<&'static str, u64>,
    pub order: Order,
    pub names: [Names; KINDS],
    /// By kind of name, for the kinds that are not counted by day.
    pub totals: [Counts; KINDS],
    pub days: Days,
    pub quality: Quality,
    pub sessions: Sessions,
    pub usage: UsageTable,
    pub metered: MeteredTable,
    pub acts: Acts,
    pub located: Located,
    /// What each record names, where kinds of record are to be compared.
    pub census: Option<Census>,
    /// What became of the calls, where they are followed.
    pub outcomes: Option<Outcomes>,
    last_shape: (Option<Shape>, u64),
    every_hit: bool,
}

impl Tally {
    pub fn new(limits: &Limits, patterns: usize) -> Self {
        let names = |kind: usize| {
            Names::new(match kind {
                k if k == Kind::User as usize => limits.users,
                k if k == Kind::Path as usize => limits.paths,
                _ => limits.names,
            })
        };
        Tally {
            counts: RecordCounts::default(),
            shapes: BTreeMap::new(),
            refused_by_reason: BTreeMap::new(),
            order: Order::default(),
            names: std::array::from_fn(names),
            totals: Default::default(),
            days: Days::new(limits.days, limits.day_names),
            quality: Quality::default(),
            sessions: Sessions::new(limits.sessions),
            usage: UsageTable::new(limits.usage_rows),
            metered: MeteredTable::new(limits.usage_rows),
            acts: Acts::new(patterns),
            located: Located::new(limits.located),
            census: (limits.calls > 0).then(|| Census::new(limits.calls)),
            outcomes: (limits.calls > 0).then(|| Outcomes::new(limits.calls)),
            last_shape: (None, 0),
            every_hit: limits.every_hit,
        }
    }

    /// Counts a record that could not be read. Patterns found in it count all the same.
    pub fn refuse(&mut self, here: Here<'_>, bytes: u64, reason: &'static str, hits: &[Hit]) {
        self.counts.there += 1;
        self.counts.refused += 1;
        *self.refused_by_reason.entry(reason).or_default() += 1;
        if let Some(outcomes) = &mut self.outcomes {
            outcomes.not_joined();
        }
        self.located.refusal(here, bytes, reason);
        let slot = self.days.known(self.order.tail.map(day_of));
        self.days.at(slot).refused += 1;
        self.hits_in_refused(here, hits);
    }

    /// Counts patterns that were found outside any record that could be read.
    pub fn hits_in_refused(&mut self, here: Here<'_>, hits: &[Hit]) {
        if !hits.is_empty() {
            let event = Event::default();
            let slot = self.days.slot(None);
            let record =
                Record { event: &event, here, user_text: None, user: OTHERS, mode: None, day: None, slot };
            self.count_hits(&record, hits);
        }
    }

    pub fn repaired(&mut self, here: Here<'_>) {
        self.counts.repaired += 1;
        self.located.repair(here);
    }

    /// Takes in the stretch that follows this one in the same file, or (with its own lines) the next file.
    pub fn join(&mut self, next: Tally, same_file: bool, source: u64) {
        let lines = same_file.then_some(self.counts.lines);
        self.counts.add(&next.counts);
        for (reason, n) in &next.refused_by_reason {
            *self.refused_by_reason.entry(reason).or_default() += n;
        }
        for (shape, n) in &next.shapes {
            *self.shapes.entry(*shape).or_default() += n;
        }
        if let Some((before, after)) = self.order.join(&next.order, lines, self.located.limit())
            && day_of(before) == day_of(after)
        {
            self.days.silent(day_of(before), after - before);
        }
        let maps: Vec<Vec<u32>> =
            self.names.iter_mut().zip(&next.names).map(|(mine, theirs)| mine.take_in(theirs)).collect();
        for (kind, counts) in next.totals.iter().enumerate() {
            self.totals[kind].add(counts, &maps[kind]);
        }
        self.days.join(&next.days, &maps);
        self.quality.join(&next.quality);
        let users = &maps[Kind::User as usize];
        self.acts.join(&next.acts, users);
        let user = |user: u32| users.get(user as usize).copied().unwrap_or(OTHERS);
        self.usage.join(&next.usage, user);
        self.metered.join(&next.metered, user);
        self.acts.mode_changes += self.sessions.join(&next.sessions, &maps[Kind::Mode as usize]);
        self.located.join(next.located, lines, source);
        if let (Some(mine), Some(theirs)) = (&mut self.census, next.census) {
            mine.join(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.outcomes, next.outcomes) {
            mine.join(theirs, lines, source);
        }
    }
}
