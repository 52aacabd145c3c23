//! What was done on each day.

use rustc_hash::FxHashMap;

use super::super::names::Counts;
use super::super::when::{When, day_of};
use super::{DAY_KINDS, earlier};

#[derive(Clone, Debug, Default)]
pub struct DayTally {
    pub events: u64,
    pub unknown_user: u64,
    pub missing_outcome: u64,
    pub denied: u64,
    pub dangerous: u64,
    pub file_changes: u64,
    pub hits: u64,
    pub refused: u64,
    /// Counts by user, tool, decision, mode, version and outcome.
    pub names: [Counts; DAY_KINDS],
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// Longest time in seconds without a record.
    pub silence: i64,
}

impl DayTally {
    /// Counts a record's time; `before` is the time of the record before it in the file.
    #[inline(always)]
    pub fn count_time(&mut self, when: When, before: Option<i64>) {
        self.first = earlier(self.first, Some(when.seconds));
        self.last = self.last.max(Some(when.seconds));
        if let Some(before) = before.filter(|&b| day_of(b) == when.day()) {
            self.silence = self.silence.max(when.seconds - before);
        }
    }

    /// `maps` gives the numbers of the other's names here, `room` the places for new ones.
    pub fn join(&mut self, theirs: &DayTally, maps: &[Vec<u32>], room: &mut usize) {
        self.events += theirs.events;
        self.unknown_user += theirs.unknown_user;
        self.missing_outcome += theirs.missing_outcome;
        self.denied += theirs.denied;
        self.dangerous += theirs.dangerous;
        self.file_changes += theirs.file_changes;
        self.hits += theirs.hits;
        self.refused += theirs.refused;
        for (kind, counts) in theirs.names.iter().enumerate() {
            self.names[kind].add_within(counts, &maps[kind], room);
        }
        self.first = earlier(self.first, theirs.first);
        self.last = self.last.max(theirs.last);
        self.silence = self.silence.max(theirs.silence);
    }
}

/// Where the records of one day are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

/// Records without a time, and those of days that found no room.
const UNDATED: Slot = Slot(0);

/// The tallies of a bounded number of days.
#[derive(Clone, Debug)]
pub struct Days {
    /// The first is that of records without a time.
    list: Vec<(i32, DayTally)>,
    index: FxHashMap<i32, Slot>,
    last: (i32, Slot),
    limit: usize,
    /// Counts by name and day that may still be added; beyond, a name counts among the others of its day.
    room: usize,
    /// Dated records whose day found no room.
    pub beyond: u64,
}

impl Days {
    pub fn new(limit: usize, room: usize) -> Self {
        Days {
            list: vec![(i32::MIN, DayTally::default())],
            index: FxHashMap::default(),
            last: (i32::MIN, UNDATED),
            limit,
            room,
            beyond: 0,
        }
    }

    /// Where a record of the day (or without one) is counted.
    #[inline(always)]
    pub fn slot(&mut self, day: Option<i32>) -> Slot {
        match day {
            Some(day) if day == self.last.0 => self.last.1,
            Some(day) => self.other_day(day).unwrap_or_else(|| {
                self.beyond += 1;
                UNDATED
            }),
            None => UNDATED,
        }
    }

    #[inline(never)]
    fn other_day(&mut self, day: i32) -> Option<Slot> {
        let slot = match self.index.get(&day) {
            Some(&slot) => slot,
            None if self.index.len() >= self.limit => return None,
            None => {
                self.list.push((day, DayTally::default()));
                let slot = Slot(self.list.len() - 1);
                self.index.insert(day, slot);
                slot
            }
        };
        self.last = (day, slot);
        Some(slot)
    }

    /// Where the day is counted when it was counted before.
    pub fn known(&self, day: Option<i32>) -> Slot {
        day.and_then(|d| self.index.get(&d).copied()).unwrap_or(UNDATED)
    }

    /// A time in seconds without a record on a day that was counted before.
    pub fn silent(&mut self, day: i32, seconds: i64) {
        if let Some(&slot) = self.index.get(&day) {
            let day = self.at(slot);
            day.silence = day.silence.max(seconds);
        }
    }

    #[inline(always)]
    pub fn at(&mut self, slot: Slot) -> &mut DayTally {
        &mut self.list[slot.0].1
    }

    /// The tally of a day, and the room for new names in it.
    #[inline(always)]
    pub fn at_with_room(&mut self, slot: Slot) -> (&mut DayTally, &mut usize) {
        (&mut self.list[slot.0].1, &mut self.room)
    }

    pub fn dated(&self) -> &[(i32, DayTally)] {
        &self.list[1..]
    }

    pub fn undated(&self) -> &DayTally {
        &self.list[0].1
    }

    pub fn all(&self) -> impl Iterator<Item = &DayTally> {
        self.list.iter().map(|(_, day)| day)
    }

    /// How many names, at most `most`, a row of a day may list for all rows together to list at most `limit`.
    pub fn names_in_a_row(&self, limit: u64, most: usize) -> usize {
        let rows: Vec<u64> = self.all().flat_map(|day| &day.names).map(Counts::distinct).collect();
        let fits = |most: usize| rows.iter().map(|names| (*names).min(most as u64)).sum::<u64>() <= limit;
        (1..=most).rev().find(|most| fits(*most)).unwrap_or(1)
    }

    pub fn join(&mut self, next: &Days, maps: &[Vec<u32>]) {
        for (day, theirs) in next.dated() {
            let slot = self.other_day(*day).unwrap_or_else(|| {
                self.beyond += theirs.events;
                UNDATED
            });
            let (day, room) = self.at_with_room(slot);
            day.join(theirs, maps, room);
        }
        let (undated, room) = self.at_with_room(UNDATED);
        undated.join(next.undated(), maps, room);
        self.beyond += next.beyond;
    }
}
