//! Cuts a stream of bytes into records, of every layout in any mix, and has each one read and counted.

use super::event::{self, Event};
use super::fields::{Field, Fields, KeyOrder};
use super::json::{self, Fault};
use super::mend::{self, trim};
use super::scan::Hit;
use super::table::{self, Columns};
use super::tally::{Here, Rules, Seen, Tally};
use super::when::Clock;
use super::{otlp, transcript};
use crate::model::activity::Shape;

/// A broken record of several lines is given up after this many.
const REGION_LINES: usize = 2000;
const REGION_BYTES: usize = 256 * 1024;
/// Starts of records looked for inside one broken line.
const GLUED: usize = 16;

/// What to do with the bytes at hand.
enum Step {
    /// Dealt with up to this offset.
    To(usize),
    /// The record goes on behind the end of the block.
    More,
}

/// Where a broken record of several lines ends.
enum Region {
    Ends(usize),
    /// Another record starts inside it.
    CutShort(usize),
    TooLong(usize),
    More,
}

/// Reads blocks of one source in order. The caller keeps what was not consumed and puts more bytes behind it.
pub struct Framer<'r> {
    rules: &'r Rules<'r>,
    pub tally: Tally,
    order: KeyOrder,
    clock: Clock,
    /// Places of patterns in the block at hand that no record has claimed yet.
    hits: Vec<Hit>,
    fresh: Vec<Hit>,
    /// Up to here the block was scanned for patterns.
    scanned: usize,
    ascii: bool,
    line: u64,
    columns: Option<Columns>,
    at_start: bool,
    /// Inside a record that is too long: everything up to the line end is passed over.
    passing: bool,
    passed_hits: Vec<bool>,
    /// The lines before were pieces of a broken record that was already counted.
    in_pieces: bool,
    last_key: Vec<u8>,
    user: Option<Vec<u8>>,
}

impl<'r> Framer<'r> {
    /// `user` is whose records these are, for sources whose records do not say it.
    pub fn new(rules: &'r Rules<'r>, user: Option<Vec<u8>>) -> Self {
        Framer {
            rules,
            tally: Tally::new(rules.limits, rules.scanner.len()),
            order: KeyOrder::default(),
            clock: Clock::default(),
            hits: Vec::new(),
            fresh: Vec::new(),
            scanned: 0,
            ascii: true,
            line: 1,
            columns: None,
            at_start: true,
            passing: false,
            passed_hits: Vec::new(),
            in_pieces: false,
            last_key: Vec::new(),
            user,
        }
    }

    /// The first block is not the start of the file: it holds no header.
    pub fn not_at_start(&mut self) {
        self.at_start = false;
    }

    /// Reads the records that start in `block` before `stop`; returns how many bytes are done with.
    ///
    /// `offset` is the place of the block in the source. At `end` there is nothing behind the block.
    pub fn block(&mut self, block: &[u8], offset: u64, end: bool, stop: u64, seen: &mut Seen) -> usize {
        self.scan_new(block, end);
        let mut fields = Fields::new();
        let mut at = 0;
        while at < block.len() && (offset + (at as u64) < stop || self.passing) {
            let step = if self.passing {
                self.pass(block, offset, end, at)
            } else {
                match block[at] {
                    b' ' | b'\t' | b'\r' | b'\n' => Step::To(json::blank(block, at)),
                    b'{' => {
                        self.at_start = false;
                        self.object(block, offset, end, at, &mut fields, seen)
                    }
                    0 => self.nul(block, at),
                    b']' | b',' if self.columns.is_none() => Step::To(at + 1),
                    b'[' if self.columns.is_none() && opens_list(block, at) => Step::To(at + 1),
                    _ => self.text(block, offset, end, at, &mut fields, seen),
                }
            };
            match step {
                Step::To(next) => at = next,
                Step::More => break,
            }
        }
        if !self.passing {
            at = json::blank(block, at);
        }
        let lines = memchr::memchr_iter(b'\n', &block[..at]).count() as u64;
        self.line += lines;
        self.tally.counts.lines += lines;
        self.scanned = self.scanned.saturating_sub(at);
        self.hits.retain(|h| h.offset >= at);
        for hit in &mut self.hits {
            hit.offset -= at;
        }
        at
    }

    /// Call when the source has ended; a last line without a line end is a line too.
    pub fn finish(mut self, last_byte: Option<u8>) -> Tally {
        if last_byte.is_some_and(|b| b != b'\n') {
            self.tally.counts.lines += 1;
        }
        self.tally.close();
        self.tally
    }

    /// Scans the whole lines that were not scanned yet.
    fn scan_new(&mut self, block: &[u8], end: bool) {
        let to = if end { block.len() } else { memchr::memrchr(b'\n', block).map_or(0, |n| n + 1) };
        if self.passing || to <= self.scanned {
            return;
        }
        let new = &block[self.scanned..to];
        self.ascii = new.is_ascii() && (self.ascii || self.scanned == 0);
        self.rules.scanner.scan(new, &mut self.fresh);
        self.hits.extend(self.fresh.iter().map(|h| Hit { offset: h.offset + self.scanned, ..*h }));
        self.scanned = to;
    }

    fn here<'b>(&self, block: &'b [u8], offset: u64, at: usize) -> Here<'b> {
        Here { block, block_offset: offset, block_line: self.line, at }
    }

    /// How many of the unclaimed places are before `end`.
    #[inline(always)]
    fn hits_before(&self, end: usize) -> usize {
        if self.hits.first().is_none_or(|h| h.offset >= end) {
            0
        } else {
            self.hits.partition_point(|h| h.offset < end)
        }
    }

    #[inline(always)]
    fn object<'b>(
        &mut self,
        block: &'b [u8],
        offset: u64,
        end: bool,
        at: usize,
        fields: &mut Fields<'b>,
        seen: &mut Seen,
    ) -> Step {
        match self.order.walk(block, at, fields) {
            Ok(after) => {
                self.in_pieces = false;
                self.record(block, offset, at, after, fields, seen);
                Step::To(json::blank(block, after))
            }
            Err(Fault::Incomplete) if !end => self.more(block, offset, at),
            Err(fault) => self.broken(block, offset, end, at, fault, fields, seen),
        }
    }

    /// Asks for more bytes, unless the record is already longer than is kept.
    fn more(&mut self, block: &[u8], offset: u64, at: usize) -> Step {
        if block.len() - at < self.rules.limits.record_bytes {
            return Step::More;
        }
        self.passing = true;
        self.passed_hits = vec![false; self.rules.scanner.len()];
        self.refuse(block, offset, at, at, "too_long");
        Step::To(at)
    }

    /// Passes over the rest of a record that is too long; its patterns are still looked for.
    fn pass(&mut self, block: &[u8], offset: u64, end: bool, at: usize) -> Step {
        let line_end = memchr::memchr(b'\n', &block[at..]).map(|n| at + n);
        let to = line_end.unwrap_or(block.len());
        if to > self.scanned {
            let from = self.scanned.max(at);
            self.rules.scanner.scan(&block[from..to], &mut self.fresh);
            self.hits.extend(self.fresh.iter().map(|h| Hit { offset: h.offset + from, ..*h }));
        }
        let n = self.hits_before(to);
        let mut new: Vec<Hit> = self.hits.drain(..n).collect();
        new.retain(|h| !std::mem::replace(&mut self.passed_hits[h.pattern], true));
        self.tally.hits_in_refused(self.here(block, offset, at), &new);
        self.scanned = to;
        if line_end.is_some() || end {
            self.passing = false;
            return Step::To(to);
        }
        // A pattern may lie across the end of the block: keep its tail for the next look.
        let keep = 256.min(to - at);
        self.scanned = to - keep;
        if to - keep > at { Step::To(to - keep) } else { Step::More }
    }

    fn nul(&mut self, block: &[u8], at: usize) -> Step {
        let run = block[at..].iter().take_while(|&&b| b == 0).count();
        self.tally.counts.nul_bytes += run as u64;
        Step::To(at + run)
    }

    fn refuse(&mut self, block: &[u8], offset: u64, at: usize, end: usize, reason: &'static str) {
        let n = self.hits_before(end);
        let hits: Vec<Hit> = self.hits.drain(..n).collect();
        self.tally.refuse(self.here(block, offset, at), (end - at) as u64, reason, &hits);
    }

    /// Counts one object that could be walked.
    #[inline(always)]
    fn record<'b>(
        &mut self,
        block: &'b [u8],
        offset: u64,
        at: usize,
        end: usize,
        fields: &Fields<'b>,
        seen: &mut Seen,
    ) {
        if !self.ascii && std::str::from_utf8(&block[at..end]).is_err() {
            self.tally.counts.invalid_utf8 += 1;
        }
        if fields.has(Field::ResourceLogs)
            || fields.has(Field::JournalMessage)
            || fields.has(Field::ResourceMetrics)
        {
            return self.wrapped(block, offset, at, end, fields, seen);
        }
        let event = if transcript::is_line(fields) {
            transcript::line(fields, &mut self.clock)
        } else if transcript::is_history(fields) {
            transcript::history(fields, &mut self.clock)
        } else {
            event::flat(fields, &mut self.clock)
        };
        self.count(block, offset, at, end, &event, seen);
    }

    #[inline(always)]
    fn count(
        &mut self,
        block: &[u8],
        offset: u64,
        at: usize,
        end: usize,
        event: &Event<'_>,
        seen: &mut Seen,
    ) {
        let n = self.hits_before(end);
        let here = Here { block, block_offset: offset, block_line: self.line, at };
        // Only sources that never name a user are given one by their place.
        let user = match event.shape {
            Some(Shape::Transcript | Shape::History) => self.user.as_deref(),
            _ => None,
        };
        self.tally.add(event, here, &self.hits[..n], self.rules, seen, user);
        if n > 0 {
            self.hits.drain(..n);
        }
    }

    /// An object that holds records: an export of telemetry, or a journal's own envelope.
    #[inline(never)]
    fn wrapped<'b>(
        &mut self,
        block: &'b [u8],
        offset: u64,
        at: usize,
        end: usize,
        fields: &Fields<'b>,
        seen: &mut Seen,
    ) {
        if let Some(list) = fields.get(Field::ResourceLogs).array() {
            let mut clock = std::mem::take(&mut self.clock);
            let records = otlp::log_records(list, &mut clock, |record, event| {
                // The record is a slice of the block: its end says which places are its own.
                let start = (record.as_ptr() as usize).wrapping_sub(block.as_ptr() as usize).min(block.len());
                self.count(block, offset, start, (start + record.len()).min(end), &event, seen);
            });
            self.clock = clock;
            if records > 0 {
                let n = self.hits_before(end);
                let rest: Vec<Hit> = self.hits.drain(..n).collect();
                self.tally.hits_in_refused(self.here(block, offset, at), &rest);
                return;
            }
        }
        if let json::Raw::Text(raw, _) = fields.get(Field::JournalMessage) {
            let mut message = Vec::new();
            json::unescape(raw, self.rules.limits.record_bytes, &mut message);
            if message.first() == Some(&b'{') {
                return self.journal(block, offset, at, end, &message, fields, seen);
            }
            self.tally.counts.foreign_lines += 1;
            let n = self.hits_before(end);
            self.hits.drain(..n);
            return;
        }
        let event = Event { shape: Some(Shape::Other), ..Event::default() };
        self.count(block, offset, at, end, &event, seen);
    }

    fn journal(
        &mut self,
        block: &[u8],
        offset: u64,
        at: usize,
        end: usize,
        message: &[u8],
        outer: &Fields<'_>,
        seen: &mut Seen,
    ) {
        let mut inner = Fields::new();
        let whole =
            KeyOrder::default().walk(message, 0, &mut inner).is_ok_and(|e| trim(&message[e..]).is_empty());
        let mended = !whole && mend::mend(message, &mut inner);
        if !whole && !mended {
            return self.refuse(block, offset, at, end, "malformed");
        }
        let mut event = event::flat(&inner, &mut self.clock);
        if event.when.is_none() {
            event.when = event::when_of(outer.get(Field::JournalTime), &mut self.clock);
        }
        if mended {
            let here = self.here(block, offset, at);
            self.tally.repaired(here);
        }
        self.count(block, offset, at, end, &event, seen);
    }

    /// A record that is not valid as written.
    #[inline(never)]
    fn broken<'b>(
        &mut self,
        block: &'b [u8],
        offset: u64,
        end: bool,
        at: usize,
        fault: Fault,
        fields: &mut Fields<'b>,
        seen: &mut Seen,
    ) -> Step {
        let Some(line_end) = line_end(block, at, end) else { return self.more(block, offset, at) };
        if let Fault::TooDeep(_) = fault {
            self.refuse(block, offset, at, line_end, "too_deep");
            return Step::To(line_end);
        }
        let first = trim(&block[at..line_end]);
        let goes_on = match fault {
            Fault::Syntax(place) => place > line_end,
            _ => true,
        };
        if first == b"{" {
            return self.region(block, offset, end, at, fields, seen);
        }
        if let Some(start) = self.glued(block, at, line_end, fields) {
            self.refuse(block, offset, at, start, "cut_short");
            return Step::To(start);
        }
        if goes_on {
            return self.region(block, offset, end, at, fields, seen);
        }
        let closed = first.strip_suffix(b",").unwrap_or(first);
        if closed.ends_with(b"}") {
            if self.mended(block, offset, at, line_end, closed, fields, seen) {
                return Step::To(line_end);
            }
            // Two records on one line, the second sound: the first is refused alone.
            self.refuse(block, offset, at, line_end, "malformed");
            return Step::To(line_end);
        }
        // A value with a raw line end, or a record that was cut short: the next line tells.
        match block[line_end..].iter().position(|b| !b.is_ascii_whitespace() && *b != 0) {
            None if !end => self.more(block, offset, at),
            Some(next) if block[line_end + next] != b'{' => self.region(block, offset, end, at, fields, seen),
            _ => {
                self.refuse(block, offset, at, line_end, "cut_short");
                Step::To(line_end)
            }
        }
    }

    /// A whole record that starts inside the broken line and ends with it: the writer before was cut off.
    fn glued<'b>(
        &mut self,
        block: &'b [u8],
        at: usize,
        line_end: usize,
        fields: &mut Fields<'b>,
    ) -> Option<usize> {
        let line = &block[at + 1..line_end];
        for found in memchr::memmem::find_iter(line, b"{\"").take(GLUED) {
            let start = at + 1 + found;
            let whole = KeyOrder::default().walk(&block[..line_end], start, fields);
            if whole.is_ok_and(|e| trim(&block[e..line_end]).is_empty())
                && fields.has(Field::Time)
                && fields.members >= 3
            {
                return Some(start);
            }
        }
        None
    }

    fn mended<'b>(
        &mut self,
        block: &'b [u8],
        offset: u64,
        at: usize,
        end: usize,
        text: &'b [u8],
        fields: &mut Fields<'b>,
        seen: &mut Seen,
    ) -> bool {
        if !mend::mend(text, fields) {
            return false;
        }
        self.in_pieces = false;
        let here = self.here(block, offset, at);
        self.tally.repaired(here);
        if !self.ascii && std::str::from_utf8(text).is_err() {
            self.tally.counts.invalid_utf8 += 1;
        }
        let event = event::flat(fields, &mut self.clock);
        self.count(block, offset, at, end, &event, seen);
        true
    }

    fn region<'b>(
        &mut self,
        block: &'b [u8],
        offset: u64,
        end: bool,
        at: usize,
        fields: &mut Fields<'b>,
        seen: &mut Seen,
    ) -> Step {
        match self.region_end(block, end, at, fields) {
            Region::More => self.more(block, offset, at),
            Region::Ends(to) => {
                let text = trim(&block[at..to]);
                let text = text.strip_suffix(b",").unwrap_or(text);
                if self.mended(block, offset, at, to, text, fields, seen) {
                    self.remember_last_key(text);
                } else {
                    self.refuse(block, offset, at, to, "malformed");
                }
                Step::To(to)
            }
            Region::CutShort(to) => {
                self.refuse(block, offset, at, to, "cut_short");
                self.in_pieces = true;
                Step::To(to)
            }
            Region::TooLong(to) => {
                self.refuse(block, offset, at, to, "no_end");
                self.in_pieces = true;
                Step::To(to)
            }
        }
    }

    /// Whether the line is a whole record with a time: a record that starts there cannot be part of another.
    fn is_whole<'b>(&self, block: &'b [u8], pos: usize, stop: usize, fields: &mut Fields<'b>) -> bool {
        let start = pos + block[pos..stop].iter().position(|&b| b == b'{').unwrap_or(0);
        let whole = KeyOrder::default().walk(&block[..stop], start, fields);
        whole.is_ok_and(|e| matches!(trim(&block[e..stop]), b"" | b",")) && fields.has(Field::Time)
    }

    fn remember_last_key(&mut self, text: &[u8]) {
        let last =
            trim(text.strip_suffix(b"}").unwrap_or(text)).rsplit(|&b| b == b'\n').next().unwrap_or_default();
        if let Some(key) = line_key(trim(last))
            && self.last_key != key
        {
            self.last_key = key.to_vec();
        }
    }

    fn region_end<'b>(&mut self, block: &'b [u8], end: bool, at: usize, fields: &mut Fields<'b>) -> Region {
        let mut pos = at;
        let mut before: &[u8] = b"";
        let mut before_end = at;
        let mut first_key: Option<&[u8]> = None;
        let mut opening: &[u8] = b"";
        for index in 0..REGION_LINES {
            let Some(stop) = line_end(block, pos, end) else { return Region::More };
            let line = trim(&block[pos..stop]);
            if index == 0 {
                opening = line;
            } else if line.starts_with(b"{\"")
                && !(opening == b"{" && in_value(before))
                && self.is_whole(block, pos, stop, fields)
            {
                return Region::CutShort(pos);
            } else if line == b"}"
                || line == b"},"
                || line == b"}]"
                || opening != b"{" && line.ends_with(b"}")
            {
                let ends_by_key = line_key(before)
                    .is_some_and(|k| !self.last_key.is_empty() && k == self.last_key)
                    && !before.ends_with(b",");
                match next_starts(block, stop, end) {
                    None if !ends_by_key => return Region::More,
                    Some(false) if !ends_by_key => {}
                    _ => {
                        let list_end = usize::from(line == b"}]");
                        return Region::Ends(stop - list_end - (stop - pos - trim_len(&block[pos..stop])));
                    }
                }
            } else if line == b"{" {
                return Region::CutShort(pos);
            } else if let Some(key) = line_key(line) {
                match first_key {
                    None => first_key = Some(key),
                    Some(first) if first == key && before.ends_with(b"{") && before.len() > 1 => {
                        return Region::CutShort(before_end - 1);
                    }
                    _ => {}
                }
            }
            if stop + 1 - at > REGION_BYTES {
                return Region::TooLong(stop);
            }
            if stop >= block.len() {
                // The source ends inside the record.
                return Region::CutShort(block.len());
            }
            if !line.is_empty() {
                before = line;
                before_end = pos + (stop - pos) - trailing_blank(&block[pos..stop]);
            }
            pos = stop + 1;
        }
        Region::TooLong(pos)
    }

    /// A line that starts no JSON object.
    #[inline(never)]
    fn text<'b>(
        &mut self,
        block: &'b [u8],
        offset: u64,
        end: bool,
        at: usize,
        fields: &mut Fields<'b>,
        seen: &mut Seen,
    ) -> Step {
        if let Some(columns) = self.columns.take() {
            let step = self.table_row(&columns, block, offset, end, at, seen);
            self.columns = Some(columns);
            return step;
        }
        let Some(stop) = line_end(block, at, end) else { return self.more(block, offset, at) };
        let line = &block[at..stop];
        if std::mem::take(&mut self.at_start) {
            if let Some(columns) = table::header(trim(line)) {
                self.columns = Some(columns);
                let n = self.hits_before(stop);
                self.hits.drain(..n);
                return Step::To(stop);
            }
            if let Some(rest) = line.strip_prefix(b"\xEF\xBB\xBF") {
                // A byte order mark before the first record.
                return Step::To(stop - rest.len());
            }
        }
        if is_journal_line(line) {
            let Some(brace) = memchr::memmem::find(line, b"{\"") else {
                self.tally.counts.foreign_lines += 1;
                let n = self.hits_before(stop);
                self.hits.drain(..n);
                return Step::To(stop);
            };
            let start = at + brace;
            self.in_pieces = false;
            if self.order.walk(&block[..stop], start, fields).is_ok_and(|e| trim(&block[e..stop]).is_empty())
            {
                self.record(block, offset, start, stop, fields, seen);
            } else if !self.mended(block, offset, start, stop, trim(&block[start..stop]), fields, seen) {
                self.refuse(block, offset, at, stop, "malformed");
            }
            return Step::To(stop);
        }
        if matches!(line[0], b'"' | b'}') {
            // Pieces of a record whose start is lost: one refusal for all of them.
            if !std::mem::replace(&mut self.in_pieces, true) {
                self.refuse(block, offset, at, stop, "pieces");
            }
            return Step::To(stop);
        }
        if self.in_pieces {
            return Step::To(stop);
        }
        self.refuse(block, offset, at, stop, "not_a_record");
        Step::To(stop)
    }

    fn table_row(
        &mut self,
        columns: &Columns,
        block: &[u8],
        offset: u64,
        end: bool,
        at: usize,
        seen: &mut Seen,
    ) -> Step {
        let stop = match table::row_end(block, at) {
            Some(stop) => stop,
            None if end => block.len(),
            None => return self.more(block, offset, at),
        };
        let mut clock = std::mem::take(&mut self.clock);
        let fits = table::row(columns, &block[at..stop], &mut clock, |event| {
            self.count(block, offset, at, stop, event, seen);
        });
        self.clock = clock;
        if !fits {
            self.refuse(block, offset, at, stop, "malformed");
        }
        Step::To(stop)
    }
}

/// Offset of the line end at or after `at`; at the end of the source the end of the block counts as one.
fn line_end(block: &[u8], at: usize, end: bool) -> Option<usize> {
    if at >= block.len() {
        return end.then_some(block.len());
    }
    match memchr::memchr(b'\n', &block[at..]) {
        Some(n) => Some(at + n),
        None if end => Some(block.len()),
        None => None,
    }
}

fn trailing_blank(line: &[u8]) -> usize {
    line.len() - mend::trim_end(line).len()
}

fn trim_len(line: &[u8]) -> usize {
    mend::trim_end(line).len()
}

/// Whether a record, a list's punctuation or the end of the source follows. `None`: not in the block.
fn next_starts(block: &[u8], at: usize, end: bool) -> Option<bool> {
    match block[at..].iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{' | b'[' | b']' | b',' | 0) => Some(true),
        Some(_) => Some(false),
        None => end.then_some(true),
    }
}

/// `[` is a list's bracket when an object, another list or a line end follows.
fn opens_list(block: &[u8], at: usize) -> bool {
    matches!(block.get(json::blank(block, at + 1)), Some(b'{' | b'[' | b']') | None)
}

/// The key of a line `"key": …`.
fn line_key(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"\"")?;
    let len =
        rest.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count();
    (len > 0 && rest.get(len) == Some(&b'"') && rest.get(json::blank(rest, len + 1)) == Some(&b':'))
        .then(|| &rest[..len])
}

/// Whether the line leaves a value open: it ends neither a pair nor a bracket.
fn in_value(line: &[u8]) -> bool {
    !line.is_empty() && !matches!(line[line.len() - 1], b',' | b'{' | b'}' | b'"' | b'[' | b']')
}

/// A line of a journal or of syslog: `<13>…`, `Nov 22 10:00:00 …`, `2026-11-22T10:00:00Z host …`.
fn is_journal_line(line: &[u8]) -> bool {
    const MONTHS: [&[u8]; 12] = [
        b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ", b"Nov ",
        b"Dec ",
    ];
    match line {
        [b'<', b'0'..=b'9', ..] => true,
        _ => {
            MONTHS.iter().any(|m| line.starts_with(m))
                && line
                    .get(4..15)
                    .is_some_and(|t| t.iter().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b':')))
                || line.get(..10).is_some_and(|d| super::when::date_day(d).is_some())
                    && line.get(10).is_some_and(|b| matches!(b, b'T' | b' '))
        }
    }
}
