//! The times of records in the order of their file: first and last, steps backward, odd and future times.

use super::super::place::Here;
use super::super::when::When;
use super::{Rules, earlier};
use crate::model::activity::Place;

#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Earliest and latest time of any record that was read.
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub first_in_period: Option<i64>,
    pub last_in_period: Option<i64>,
    /// Times of the first and the last record in file order.
    head: Option<(i64, Place)>,
    pub tail: Option<i64>,
    pub backward: u64,
    pub largest_backward: i64,
    pub first_backward: Vec<Place>,
    pub in_future: u64,
    pub irregular: u64,
    pub without_offset: u64,
}

impl Order {
    /// Counts the time of a record; returns that of the record before it.
    #[inline(always)]
    pub fn count(&mut self, when: When, here: Here<'_>, rules: &Rules<'_>) -> Option<i64> {
        let seconds = when.seconds;
        self.first = earlier(self.first, Some(seconds));
        self.last = self.last.max(Some(seconds));
        match self.tail {
            Some(before) if seconds < before => {
                self.step_back(before - seconds, here.place(), rules.limits.located);
            }
            Some(_) => {}
            None => self.head = Some((seconds, here.place())),
        }
        self.in_future += u64::from(rules.as_of.is_some_and(|as_of| seconds > as_of));
        self.irregular += u64::from(when.irregular);
        self.without_offset += u64::from(when.without_offset);
        self.tail.replace(seconds)
    }

    #[inline(always)]
    pub fn count_in_period(&mut self, when: When) {
        self.first_in_period = earlier(self.first_in_period, Some(when.seconds));
        self.last_in_period = self.last_in_period.max(Some(when.seconds));
    }

    fn step_back(&mut self, seconds: i64, place: Place, located: usize) {
        self.backward += 1;
        self.largest_backward = self.largest_backward.max(seconds);
        if self.first_backward.len() < located {
            self.first_backward.push(place);
        }
    }

    /// Takes in the stretch that follows. In the same file, `lines` lie before it, and the time between the two
    /// stretches counts: returned are the last time before and the first one after, when they are in order.
    pub fn join(&mut self, next: &Order, lines: Option<u64>, located: usize) -> Option<(i64, i64)> {
        let moved = |place: &Place| Place { line: place.line + lines.unwrap_or(0), offset: place.offset };
        let mut between = None;
        if lines.is_some()
            && let (Some(before), Some((after, place))) = (self.tail, &next.head)
        {
            if *after < before {
                self.step_back(before - after, moved(place), located);
            } else {
                between = Some((before, *after));
            }
        }
        let room = located.saturating_sub(self.first_backward.len());
        self.first_backward.extend(next.first_backward.iter().take(room).map(moved));
        self.backward += next.backward;
        self.largest_backward = self.largest_backward.max(next.largest_backward);
        self.first = earlier(self.first, next.first);
        self.last = self.last.max(next.last);
        self.first_in_period = earlier(self.first_in_period, next.first_in_period);
        self.last_in_period = self.last_in_period.max(next.last_in_period);
        if self.head.is_none() {
            self.head = next.head.as_ref().map(|(time, place)| (*time, moved(place)));
        }
        self.tail = next.tail.or(self.tail);
        self.in_future += next.in_future;
        self.irregular += next.irregular;
        self.without_offset += next.without_offset;
        between
    }
}
