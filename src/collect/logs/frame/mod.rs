//! Cuts a stream of bytes into records, of every layout in any mix, and has each one read and counted.

mod broken;
mod line;
mod record;
mod text;

use super::fields::{Fields, KeyOrder};
use super::hazard::Judge;
use super::json::{self, Fault};
use super::marks::Marks;
use super::place::{Block, Here};
use super::scan::Hit;
use super::table::Table;
use super::tally::{Rules, Seen, Tally};
use super::when::Clock;

/// Bytes kept before and behind what was scanned of a record that is too long: what a pattern is judged by.
const PATTERN_REACH: usize = 256;

/// What to do with the bytes at hand.
enum Step {
    /// Dealt with up to this offset.
    To(usize),
    /// The record goes on behind the end of the block.
    More,
}

/// Reads blocks of one source in order. The caller keeps what was not consumed and puts more bytes behind it.
pub struct Framer<'r> {
    rules: &'r Rules<'r>,
    seen: &'r mut Seen,
    judge: Judge,
    tally: Tally,
    order: KeyOrder,
    clock: Clock,
    marks: Marks,
    /// Places of patterns in the block at hand that no record has claimed yet.
    hits: Vec<Hit>,
    fresh: Vec<Hit>,
    /// Up to here the block was scanned for patterns.
    scanned: usize,
    line: u64,
    table: Option<Table>,
    at_start: bool,
    /// Inside a record that is too long: everything up to the line end is passed over.
    passing: bool,
    passed_hits: Vec<bool>,
    /// The lines before were pieces of a broken record that was already counted.
    in_pieces: bool,
    /// The last key of the last record that was mended: the next one of the same writer ends with it too.
    last_key: Vec<u8>,
    user: Option<Vec<u8>>,
}

impl<'r> Framer<'r> {
    /// `user` is whose records these are, for sources whose records do not say it.
    pub fn new(rules: &'r Rules<'r>, user: Option<Vec<u8>>, seen: &'r mut Seen) -> Self {
        let mut tally = Tally::new(rules.limits, rules.scanner.len());
        tally.located.owner.clone_from(&user);
        Framer {
            rules,
            seen,
            judge: Judge::new(rules.classify),
            tally,
            order: KeyOrder::default(),
            clock: Clock::default(),
            marks: Marks::default(),
            hits: Vec::new(),
            fresh: Vec::new(),
            scanned: 0,
            line: 1,
            table: None,
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

    /// What its records are counted by.
    pub fn rules(&self) -> &'r Rules<'r> {
        self.rules
    }

    /// Inside a record that is too long, whose end has not come yet.
    pub fn is_passing(&self) -> bool {
        self.passing
    }

    /// Reads the records that start in the block before `stop`; returns how many bytes are done with.
    pub fn block(&mut self, block: Block<'_>, stop: u64) -> usize {
        let bytes = block.bytes;
        self.look(block);
        let mut fields = Fields::new();
        let mut at = 0;
        while at < bytes.len() && (block.offset + (at as u64) < stop || self.passing) {
            match self.step(block, at, &mut fields) {
                Step::To(next) => at = next,
                Step::More => break,
            }
        }
        if !self.passing {
            at = json::blank(bytes, at);
        }
        let lines = self.marks.lines_before(bytes, at);
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

    #[inline(always)]
    fn step<'b>(&mut self, block: Block<'b>, at: usize, fields: &mut Fields<'b>) -> Step {
        let bytes = block.bytes;
        if self.passing {
            return self.pass(block, at);
        }
        match bytes[at] {
            b'{' => {
                self.at_start = false;
                self.object(block, at, fields)
            }
            b' ' | b'\t' | b'\r' | b'\n' => Step::To(json::blank(bytes, at)),
            0 => self.nul(bytes, at),
            b']' | b',' if self.table.is_none() => Step::To(at + 1),
            b'[' if self.table.is_none() && line::opens_list(bytes, at) => Step::To(at + 1),
            _ => self.text(block, at, fields),
        }
    }

    /// Looks at the whole lines: for patterns in those that were not scanned yet, and for the marks of all.
    fn look(&mut self, block: Block<'_>) {
        let bytes = block.bytes;
        let to = if block.end { bytes.len() } else { memchr::memrchr(b'\n', bytes).map_or(0, |n| n + 1) };
        if self.passing || to <= self.scanned {
            self.marks.start(0);
            return;
        }
        self.rules.scanner.look(&bytes[..to], self.scanned, &mut self.marks, &mut self.fresh);
        self.hits.append(&mut self.fresh);
        self.scanned = to;
    }

    fn here<'b>(&self, block: Block<'b>, at: usize) -> Here<'b> {
        Here { block, block_line: self.line, at }
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

    /// Takes the unclaimed places before `end`.
    fn claim(&mut self, end: usize) -> Vec<Hit> {
        let n = self.hits_before(end);
        self.hits.drain(..n).collect()
    }

    #[inline(always)]
    fn object<'b>(&mut self, block: Block<'b>, at: usize, fields: &mut Fields<'b>) -> Step {
        match self.order.walk(block.bytes, &self.marks, at, fields) {
            Ok(after) => {
                self.in_pieces = false;
                self.record(block, at, after, fields);
                Step::To(json::blank(block.bytes, after))
            }
            Err(Fault::Incomplete) if !block.end => self.more(block, at),
            Err(fault) => self.broken(block, at, fault, fields),
        }
    }

    /// Asks for more bytes, unless the record is already longer than is kept.
    fn more(&mut self, block: Block<'_>, at: usize) -> Step {
        if block.bytes.len() - at < self.rules.limits.record_bytes {
            return Step::More;
        }
        self.passing = true;
        self.passed_hits = vec![false; self.rules.scanner.len()];
        self.refuse(block, at, at, "too_long");
        Step::To(at)
    }

    /// Passes over the rest of a record that is too long; its patterns are still looked for.
    fn pass(&mut self, block: Block<'_>, at: usize) -> Step {
        let bytes = block.bytes;
        let line_end = memchr::memchr(b'\n', &bytes[at..]).map(|n| at + n);
        let ends = line_end.is_some() || block.end;
        let to = line_end.unwrap_or(bytes.len());
        // What starts near the end of the block is looked at when what follows is there too.
        let sure = if ends { to } else { to.saturating_sub(PATTERN_REACH).max(at) };
        if sure > self.scanned {
            let from = self.scanned.max(at);
            self.rules.scanner.look(&bytes[..to], from, &mut self.marks, &mut self.fresh);
            self.hits.extend(self.fresh.drain(..).filter(|h| h.offset < sure));
            self.scanned = sure;
        }
        let mut new = self.claim(sure);
        new.retain(|h| !std::mem::replace(&mut self.passed_hits[h.pattern], true));
        self.tally.hits_in_refused(self.here(block, at), &new);
        if ends {
            self.passing = false;
            // The records behind it were not looked at yet.
            self.look(block);
            return Step::To(to);
        }
        let done = sure.saturating_sub(PATTERN_REACH);
        if done > at { Step::To(done) } else { Step::More }
    }

    fn nul(&mut self, bytes: &[u8], at: usize) -> Step {
        let run = bytes[at..].iter().take_while(|&&b| b == 0).count();
        self.tally.counts.nul_bytes += run as u64;
        Step::To(at + run)
    }

    fn refuse(&mut self, block: Block<'_>, at: usize, end: usize, reason: &'static str) {
        let hits = self.claim(end);
        self.tally.refuse(self.here(block, at), (end - at) as u64, reason, &hits);
    }

    /// Counts a line that carries no record of a tool, as a system's own log has many.
    fn foreign(&mut self, block: Block<'_>, at: usize, end: usize) {
        self.tally.counts.foreign_lines += 1;
        let hits = self.claim(end);
        if self.rules.limits.every_hit {
            self.tally.hits_in_refused(self.here(block, at), &hits);
        }
    }
}
