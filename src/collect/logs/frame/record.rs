//! Has a whole record read as what it is, and counted.

use super::super::event::{self, Event};
use super::super::fields::{Field, Fields, KeyOrder};
use super::super::json::{self, Unmarked};
use super::super::mend::{self, trim};
use super::super::place::Block;
use super::super::{ended, metrics, otlp, transcript};
use super::Framer;
use crate::model::activity::Shape;

impl Framer<'_> {
    /// Counts one object that could be walked.
    #[inline(always)]
    pub(super) fn record<'b>(&mut self, block: Block<'b>, at: usize, end: usize, fields: &Fields<'b>) {
        if !self.marks.is_ascii(end) && std::str::from_utf8(&block.bytes[at..end]).is_err() {
            self.tally.counts.invalid_utf8 += 1;
        }
        if fields.is_envelope() {
            return self.envelope(block, at, end, fields);
        }
        let event = if transcript::is_line(fields) {
            transcript::line(fields, &mut self.clock)
        } else if transcript::is_history(fields) {
            transcript::history(fields, &mut self.clock)
        } else {
            self.flat(fields)
        };
        self.count(block, at, end, &event);
    }

    /// The facts of a flat object; how its call ended only where calls are followed.
    #[inline(always)]
    fn flat<'b>(&mut self, fields: &Fields<'b>) -> Event<'b> {
        let mut event = event::flat(fields, &mut self.clock);
        if self.tally.outcomes.is_some() {
            event.end = ended::of(fields);
        }
        event
    }

    #[inline(always)]
    pub(super) fn count(&mut self, block: Block<'_>, at: usize, end: usize, event: &Event<'_>) {
        let n = self.hits_before(end);
        let here = self.here(block, at);
        // Only sources that never name a user are given one by their place.
        let user = match event.shape {
            Some(Shape::Transcript | Shape::History) => self.user.as_deref(),
            _ => None,
        };
        self.tally.add(event, here, &self.hits[..n], self.rules, &mut self.judge, self.seen, user);
        if n > 0 {
            self.hits.drain(..n);
        }
    }

    /// An object that holds records: an export of telemetry, or a journal's own envelope.
    #[inline(never)]
    fn envelope<'b>(&mut self, block: Block<'b>, at: usize, end: usize, fields: &Fields<'b>) {
        let list = |field| fields.get(field).array();
        let counted = list(Field::ResourceLogs).is_some_and(|logs| self.export(block, end, logs))
            | list(Field::ResourceMetrics).is_some_and(|metrics| self.metrics(block, end, metrics));
        if counted {
            let rest = self.claim(end);
            return self.tally.hits_in_refused(self.here(block, at), &rest);
        }
        if let json::Raw::Text(raw, _) = fields.get(Field::JournalMessage) {
            let mut message = Vec::new();
            json::unescape(raw, self.rules.limits.record_bytes, &mut message);
            if message.first() == Some(&b'{') {
                return self.journal(block, at, end, &message, fields);
            }
            return self.foreign(block, at, end);
        }
        let event = Event { shape: Some(Shape::Other), ..Event::default() };
        self.count(block, at, end, &event);
    }

    /// Counts the records of a telemetry export; false when there are none.
    fn export<'b>(&mut self, block: Block<'b>, end: usize, list: &'b [u8]) -> bool {
        let mut clock = std::mem::take(&mut self.clock);
        let records = otlp::log_records(list, &mut clock, |record, event| {
            let start = block.place_of(record);
            self.count(block, start, (start + record.len()).min(end), &event);
        });
        self.clock = clock;
        records > 0
    }

    /// The same of an export of metrics.
    fn metrics<'b>(&mut self, block: Block<'b>, end: usize, list: &'b [u8]) -> bool {
        let points = metrics::points(list, |bytes, point, event| {
            let start = block.place_of(bytes);
            let n = self.hits_before((start + bytes.len()).min(end));
            let here = self.here(block, start);
            self.tally.add_point(point, &event, here, &self.hits[..n], self.rules);
            self.hits.drain(..n);
        });
        points > 0
    }

    fn journal(&mut self, block: Block<'_>, at: usize, end: usize, message: &[u8], outer: &Fields<'_>) {
        let mut inner = Fields::new();
        let whole = KeyOrder::default()
            .walk(message, Unmarked, 0, &mut inner)
            .is_ok_and(|e| trim(&message[e..]).is_empty());
        let mended = !whole && mend::mend(message, &mut inner);
        if !whole && !mended {
            return self.refuse(block, at, end, "malformed");
        }
        let mut event = self.flat(&inner);
        if event.when.is_none() {
            event.when = event::when_of(outer.get(Field::JournalTime), &mut self.clock);
        }
        event.is_mended = mended;
        if mended {
            self.tally.repaired(self.here(block, at));
        }
        self.count(block, at, end, &event);
    }
}
