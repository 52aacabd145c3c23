//! Reads one file, or one part of a large one, from its first record to its last.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};

use super::beginnings::Beginnings;
use super::extras::Extras;
use super::frame::Framer;
use super::place::Block;
use super::series::Found;
use super::source::{READ, Source};
use super::tally::{Rules, Seen, Tally};
use crate::model::activity::{GapReason, Mark};

/// Bytes at hand beyond which a record is long.
const LONG: usize = 16 * READ;

/// What became of one file or part.
pub struct Done {
    /// Index of the file.
    pub file: usize,
    pub tally: Tally,
    /// Offsets of the first record that was read and of what follows the last one.
    pub start: u64,
    pub end: u64,
    /// The nominal end of the part.
    pub stop: u64,
    pub is_part: bool,
    /// Nothing of the file follows.
    pub last: bool,
    pub extras: Extras,
}

#[derive(Clone, Copy)]
pub enum Start {
    Known(u64),
    /// The first record at or behind this offset, found by the look of its line.
    Near(u64),
}

/// A stretch of a plain file: the records that start before `stop`.
#[derive(Clone, Copy)]
pub struct Stretch {
    pub start: Start,
    pub stop: u64,
    pub last: bool,
}

impl Stretch {
    pub const WHOLE: Stretch = Stretch { start: Start::Known(0), stop: u64::MAX, last: true };
}

/// What one thread reads with.
pub struct Reading<'r> {
    pub rules: &'r Rules<'r>,
    pub seen: Seen,
    pub buffer: Vec<u8>,
}

/// Remembers what a source gave last, and why it gave no more.
struct Feed {
    given: u64,
    last_byte: Option<u8>,
    failed: Option<io::Error>,
}

impl Feed {
    fn new() -> Self {
        Feed { given: 0, last_byte: None, failed: None }
    }

    /// Bytes that were read into `out`; none after a failure.
    fn take(&mut self, out: &[u8], read: io::Result<usize>) -> usize {
        match read {
            Ok(n) => {
                self.given += n as u64;
                self.last_byte = n.checked_sub(1).map(|i| out[i]).or(self.last_byte);
                n
            }
            Err(error) => {
                self.failed = Some(error);
                0
            }
        }
    }
}

impl<'r> Reading<'r> {
    pub fn new(rules: &'r Rules<'r>) -> Self {
        Reading { rules, seen: Seen::new(rules.limits.message_ids), buffer: Vec::new() }
    }

    /// Forgets the messages that were seen: what follows cannot repeat them.
    pub fn forget(&mut self) {
        self.seen = Seen::new(self.rules.limits.message_ids);
    }

    /// Reads a whole file.
    pub fn whole(&mut self, found: &Found, file: usize) -> Done {
        if found.source.compression.is_none() {
            return Done { is_part: false, ..self.part(found, file, Stretch::WHOLE) };
        }
        self.compressed(found, file)
    }

    fn compressed(&mut self, found: &Found, file: usize) -> Done {
        let source = &found.source;
        let limit = self.rules.limits.expanded_bytes;
        let mut extras = Extras::default();
        let mut framer = Framer::new(self.rules, owner(&source.path), &mut self.seen);
        let mut feed = Feed::new();
        let mut beginnings = self.rules.probes.map(Beginnings::new);
        match source.stream() {
            Err(error) => extras.gap(&source.path, GapReason::Damaged, error.to_string()),
            Ok(mut stream) => {
                run(&mut framer, &mut self.buffer, 0, u64::MAX, |out| {
                    let read = if feed.given < limit { stream.read(out) } else { Ok(0) };
                    let taken = feed.take(out, read);
                    if let Some(beginnings) = &mut beginnings {
                        beginnings.update(&out[..taken]);
                    }
                    taken
                });
            }
        }
        if let Some(error) = &feed.failed {
            let detail = format!("the compressed data cannot be read behind {} bytes: {error}", feed.given);
            extras.gap(&source.path, GapReason::Damaged, detail);
        } else if feed.given >= limit {
            extras.gap(&source.path, GapReason::TooLarge, format!("expands to more than {limit} bytes"));
        }
        let tally = framer.finish(feed.last_byte);
        extras.bytes_read = feed.given;
        extras.marks = beginnings.map_or_else(Vec::new, |beginnings| beginnings.finish().1);
        extras.after(source, &mut self.seen);
        Done { file, tally, start: 0, end: feed.given, stop: u64::MAX, is_part: false, last: true, extras }
    }

    /// Reads a stretch of a plain file.
    pub fn part(&mut self, found: &Found, file: usize, stretch: Stretch) -> Done {
        let source = &found.source;
        let Stretch { stop, last, .. } = stretch;
        let mut extras = Extras::default();
        let mut framer = Framer::new(self.rules, owner(&source.path), &mut self.seen);
        let mut begin = match stretch.start {
            Start::Known(at) | Start::Near(at) => at,
        };
        let mut end = begin;
        let mut feed = Feed::new();
        match source.reader() {
            Err(error) => extras.gap(&source.path, GapReason::Unreadable, error.to_string()),
            Ok(reader) => {
                if let Start::Near(at) = stretch.start {
                    begin = find_start(
                        |out, offset| reader.range(out, offset).unwrap_or(0),
                        at,
                        &mut self.buffer,
                    );
                }
                if begin > 0 {
                    framer.not_at_start();
                }
                end = run(&mut framer, &mut self.buffer, begin, stop, |out| {
                    let read = reader.range(out, begin + feed.given);
                    feed.take(out, read)
                });
                let at = begin + feed.given;
                if last && feed.given == 0 {
                    // The part before read to the end of the file; how its last line ends is asked for here.
                    let mut byte = [0];
                    let read = reader.range(&mut byte, begin.saturating_sub(1)).unwrap_or(0);
                    feed.last_byte = (read == 1).then_some(byte[0]);
                }
                if let Some(error) = &feed.failed {
                    extras.gap(&source.path, GapReason::Unreadable, format!("behind {at} bytes: {error}"));
                } else if last && at < source.bytes {
                    let detail = format!("ended at byte {at} of {}", source.bytes);
                    extras.gap(&source.path, GapReason::Changed, detail);
                }
            }
        }
        extras.bytes_read = end.saturating_sub(begin);
        let tally = framer.finish(feed.last_byte.filter(|_| last));
        if last {
            extras.after(source, &mut self.seen);
        }
        Done { file, tally, start: begin, end, stop, is_part: true, last, extras }
    }
}

/// Whose records these are, by their place: the owner of the home directory that holds `.claude`.
fn owner(path: &Path) -> Option<Vec<u8>> {
    let parts: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    let at = parts.iter().rposition(|p| p == ".claude")?;
    at.checked_sub(1).map(|i| parts[i].clone().into_bytes())
}

/// Feeds blocks to the framer until the source ends or a record starts behind `stop`; returns where it stopped.
fn run(
    framer: &mut Framer<'_>,
    buffer: &mut Vec<u8>,
    begin: u64,
    stop: u64,
    mut fill: impl FnMut(&mut [u8]) -> usize,
) -> u64 {
    let rules = framer.rules();
    let mut filled = 0;
    let mut base = begin;
    let mut wanted = READ;
    let mut long: Option<MutexGuard<'_, Vec<u8>>> = None;
    loop {
        let target = filled + wanted;
        if target > LONG && long.is_none() {
            let mut room = rules.long_record.lock().unwrap_or_else(PoisonError::into_inner);
            let most = rules.limits.record_bytes.next_multiple_of(READ) + 2 * READ;
            if room.len() < most.max(target) {
                *room = vec![0; most.max(target)];
            }
            room[..filled].copy_from_slice(&buffer[..filled]);
            long = Some(room);
        }
        let bytes: &mut Vec<u8> = long.as_deref_mut().unwrap_or(buffer);
        if bytes.len() < target {
            bytes.resize(target, 0);
        }
        let mut end = false;
        while filled < target {
            let until = (filled + READ).min(target);
            let n = fill(&mut bytes[filled..until]);
            filled += n;
            if n == 0 {
                end = true;
                break;
            }
        }
        let used = framer.block(Block { bytes: &bytes[..filled], offset: base, end }, stop);
        base += used as u64;
        // A record that is passed over is passed over to its end, wherever that is.
        if end || base >= stop && !framer.is_passing() {
            return base;
        }
        bytes.copy_within(used..filled, 0);
        filled -= used;
        if filled <= READ
            && let Some(room) = long.take()
        {
            buffer[..filled].copy_from_slice(&room[..filled]);
        }
        // A record longer than a read: look again only when twice as much is there, or as much as a record may have.
        wanted = if filled > READ {
            filled.min(rules.limits.record_bytes.saturating_sub(filled)).next_multiple_of(READ).max(READ)
        } else {
            READ
        };
    }
}

/// The first record at or behind `near`: behind a line end, the first line that looks like a record's start.
fn find_start(mut fill: impl FnMut(&mut [u8], u64) -> usize, near: u64, buffer: &mut Vec<u8>) -> u64 {
    buffer.resize(buffer.len().max(4 * READ), 0);
    let from = near - 1;
    let mut filled = 0;
    while filled < 4 * READ {
        let n = fill(&mut buffer[filled..4 * READ], from + filled as u64);
        if n == 0 {
            break;
        }
        filled += n;
    }
    let bytes = &buffer[..filled];
    for end in memchr::memchr_iter(b'\n', bytes) {
        let line = end + 1 + bytes[end + 1..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        match bytes.get(line) {
            Some(b'"' | b'}' | b']' | b',') | None => {}
            Some(_) => return from + line as u64,
        }
    }
    near
}

/// The digest of a file as it lies on the disk, and where it is not compressed those of its beginnings.
pub fn digests(source: &Source, probes: &BTreeSet<u64>) -> Option<(String, Vec<Mark>)> {
    let mut reader = source.reader().ok()?;
    let mut beginnings = Beginnings::new(probes);
    let mut buffer = vec![0u8; READ];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => beginnings.update(&buffer[..n]),
            Err(_) => return None,
        }
    }
    let (whole, marks) = beginnings.finish();
    Some((whole, if source.compression.is_none() { marks } else { Vec::new() }))
}
