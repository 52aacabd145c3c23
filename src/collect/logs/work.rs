//! Shares the files among threads and joins their counts in a fixed order, so that the result never depends on timing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::ReadOptions;
use super::beginnings::Beginnings;
use super::frame::Framer;
use super::series::{self, Found};
use super::source::{READ, Source};
use super::summary::{Extras, Summing, day_number};
use super::tally::{Rules, Seen, Tally};
use crate::model::activity::{GapReason, LogGap, LogSummary, Mark};

/// Finished work that may wait to be joined.
const WAITING: usize = 6;
/// Memory that the decoder of one compressed file may take, in KiB.
pub const DECODER_KIB: u32 = 80 << 10;

/// A piece of work for one thread.
enum Unit {
    /// Files that are read one after the other, because they may repeat each other's messages.
    Files(Vec<usize>),
    /// One part of a plain file.
    Part { file: usize, start: u64, stop: u64, last: bool },
}

/// What became of one file or part.
struct Done {
    file: usize,
    tally: Tally,
    /// Offsets of the first record that was read and of what follows the last one.
    start: u64,
    end: u64,
    /// The nominal end of the part.
    stop: u64,
    is_part: bool,
    last: bool,
    extras: Extras,
}

pub fn read(paths: &[PathBuf], options: &ReadOptions<'_>) -> LogSummary {
    let mut gaps = Vec::new();
    let found = series::find(paths, DECODER_KIB, &mut gaps);
    let rules = Rules {
        scanner: options.patterns,
        classify: options.classify,
        limits: &options.limits,
        period: options.period.map(|p| (day_number(p.start), day_number(p.end))),
        as_of: options.as_of.map(|t| t.as_second()),
    };
    let units = plan(&found, part_bytes(options));
    let mut summing = Summing::new(&rules, options, gaps);
    let next = AtomicUsize::new(0);
    let ready: Mutex<(BTreeMap<usize, Vec<Done>>, usize)> = Mutex::new((BTreeMap::new(), 0));
    let turn = Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..options.threads.clamp(1, 64).min(units.len().max(1)) {
            scope.spawn(|| {
                let mut seen = Seen::new(options.limits.message_ids);
                let mut buffer = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(unit) = units.get(index) else { return };
                    {
                        let mut state = ready.lock().unwrap_or_else(PoisonError::into_inner);
                        while index > state.1 + WAITING {
                            state = turn.wait(state).unwrap_or_else(PoisonError::into_inner);
                        }
                    }
                    let done = work(unit, &found, &rules, options, &mut seen, &mut buffer);
                    ready.lock().unwrap_or_else(PoisonError::into_inner).0.insert(index, done);
                    turn.notify_all();
                }
            });
        }
        let mut open: Option<Done> = None;
        for index in 0..units.len() {
            let done = {
                let mut state = ready.lock().unwrap_or_else(PoisonError::into_inner);
                loop {
                    if let Some(done) = state.0.remove(&index) {
                        state.1 = index;
                        break done;
                    }
                    state = turn.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            };
            turn.notify_all();
            for done in done {
                let file = &found[done.file];
                if !done.is_part {
                    summing.source(file, done.tally, done.extras);
                    continue;
                }
                let joined = match open.take() {
                    None => done,
                    Some(mut before) => {
                        // The next part must start where the one before ended; else it is read again from there.
                        let done = if done.start == before.end {
                            done
                        } else {
                            let mut seen = Seen::new(options.limits.message_ids);
                            Done {
                                is_part: true,
                                ..part(
                                    file,
                                    done.file,
                                    Start::Known(before.end),
                                    done.stop,
                                    done.last,
                                    &rules,
                                    &mut seen,
                                    &mut Vec::new(),
                                )
                            }
                        };
                        before.tally.join(done.tally, true, 0);
                        before.extras.take_in(done.extras);
                        Done {
                            tally: before.tally,
                            extras: before.extras,
                            end: done.end,
                            last: done.last,
                            ..done
                        }
                    }
                };
                if joined.last {
                    let mut extras = joined.extras;
                    if options.digest {
                        extras.take_digests(digests(&file.source, options.probes));
                    }
                    summing.source(file, joined.tally, extras);
                } else {
                    open = Some(joined);
                }
            }
        }
    });
    summing.finish()
}

/// Size of the parts that a plain file is read in. The parts depend on the file alone, never on the threads.
fn part_bytes(options: &ReadOptions<'_>) -> u64 {
    options.limits.part_bytes.max(READ as u64)
}

fn plan(found: &[Found], part: u64) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut groups: BTreeMap<&Path, usize> = BTreeMap::new();
    for (index, file) in found.iter().enumerate() {
        if let Some(group) = &file.group {
            match groups.get(group.as_path()) {
                Some(&unit) => {
                    if let Some(Unit::Files(files)) = units.get_mut(unit) {
                        files.push(index);
                    }
                }
                None => {
                    groups.insert(group, units.len());
                    units.push(Unit::Files(vec![index]));
                }
            }
            continue;
        }
        let is_table =
            super::table::header(file.source.head.split(|&b| b == b'\n').next().unwrap_or_default())
                .is_some();
        if file.source.compression.is_some() || file.source.bytes <= part + part / 2 || is_table {
            units.push(Unit::Files(vec![index]));
            continue;
        }
        let parts = file.source.bytes.div_ceil(part);
        for n in 0..parts {
            let last = n + 1 == parts;
            units.push(Unit::Part {
                file: index,
                start: n * part,
                stop: if last { u64::MAX } else { (n + 1) * part },
                last,
            });
        }
    }
    units
}

fn work(
    unit: &Unit,
    found: &[Found],
    rules: &Rules<'_>,
    options: &ReadOptions<'_>,
    seen: &mut Seen,
    buffer: &mut Vec<u8>,
) -> Vec<Done> {
    match unit {
        Unit::Files(files) => {
            *seen = Seen::new(options.limits.message_ids);
            files
                .iter()
                .map(|&file| {
                    let mut done = whole(&found[file], file, rules, options, seen, buffer);
                    if options.digest {
                        done.extras.take_digests(digests(&found[file].source, options.probes));
                    }
                    done
                })
                .collect()
        }
        Unit::Part { file, start, stop, last } => {
            let start = if *start == 0 { Start::Known(0) } else { Start::Near(*start) };
            vec![Done {
                is_part: true,
                ..part(&found[*file], *file, start, *stop, *last, rules, seen, buffer)
            }]
        }
    }
}

/// Whose records these are, by their place: the owner of the home directory that holds `.claude`.
fn owner(path: &Path) -> Option<Vec<u8>> {
    let parts: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    let at = parts.iter().rposition(|p| p == ".claude")?;
    at.checked_sub(1).map(|i| parts[i].clone().into_bytes())
}

fn whole(
    found: &Found,
    file: usize,
    rules: &Rules<'_>,
    options: &ReadOptions<'_>,
    seen: &mut Seen,
    buffer: &mut Vec<u8>,
) -> Done {
    let source = &found.source;
    if source.compression.is_none() {
        return part(found, file, Start::Known(0), u64::MAX, true, rules, seen, buffer);
    }
    let mut extras = Extras::default();
    let mut framer = Framer::new(rules, owner(&source.path));
    let mut last_byte = None;
    let mut total = 0u64;
    let mut marks = options.digest.then(|| Beginnings::new(options.probes));
    match source.stream() {
        Err(error) => extras.gap(&source.path, GapReason::Damaged, error.to_string()),
        Ok(mut stream) => {
            let mut failed = None;
            run(&mut framer, buffer, 0, u64::MAX, seen, |out| {
                if total >= options.limits.expanded_bytes {
                    failed = Some((
                        GapReason::TooLarge,
                        format!("expands to more than {} bytes", options.limits.expanded_bytes),
                    ));
                    return 0;
                }
                match stream.read(out) {
                    Ok(n) => {
                        total += n as u64;
                        if let Some(marks) = &mut marks {
                            marks.update(&out[..n]);
                        }
                        last_byte = n.checked_sub(1).map(|i| out[i]).or(last_byte);
                        n
                    }
                    Err(error) => {
                        failed = Some((
                            GapReason::Damaged,
                            format!("the compressed data cannot be read behind {total} bytes: {error}"),
                        ));
                        0
                    }
                }
            });
            if let Some((reason, detail)) = failed {
                extras.gap(&source.path, reason, detail);
            }
        }
    }
    extras.bytes_read = total;
    extras.marks = marks.map_or_else(Vec::new, |marks| marks.finish().1);
    extras.after(source, seen);
    Done {
        file,
        tally: framer.finish(last_byte),
        start: 0,
        end: total,
        stop: u64::MAX,
        is_part: false,
        last: true,
        extras,
    }
}

#[derive(Clone, Copy)]
enum Start {
    Known(u64),
    /// The first record at or behind this offset, found by the look of its line.
    Near(u64),
}

#[allow(clippy::too_many_arguments)]
fn part(
    found: &Found,
    file: usize,
    start: Start,
    stop: u64,
    last: bool,
    rules: &Rules<'_>,
    seen: &mut Seen,
    buffer: &mut Vec<u8>,
) -> Done {
    let source = &found.source;
    let mut extras = Extras::default();
    let mut framer = Framer::new(rules, owner(&source.path));
    let mut begin = match start {
        Start::Known(at) | Start::Near(at) => at,
    };
    let mut end = begin;
    let mut last_byte = None;
    match source.reader() {
        Err(error) => extras.gap(&source.path, GapReason::Unreadable, error.to_string()),
        Ok(reader) => {
            if let Start::Near(at) = start {
                begin = find_start(|out, offset| reader.range(out, offset).unwrap_or(0), at, buffer);
            }
            if begin > 0 {
                framer.not_at_start();
            }
            let mut failed = None;
            let mut at = begin;
            end = run(&mut framer, buffer, begin, stop, seen, |out| match reader.range(out, at) {
                Ok(n) => {
                    at += n as u64;
                    last_byte = n.checked_sub(1).map(|i| out[i]).or(last_byte);
                    n
                }
                Err(error) => {
                    failed = Some(format!("behind {at} bytes: {error}"));
                    0
                }
            });
            if let Some(detail) = failed {
                extras.gap(&source.path, GapReason::Unreadable, detail);
            } else if last && at < source.bytes {
                extras.gap(
                    &source.path,
                    GapReason::Changed,
                    format!("ended at byte {at} of {}", source.bytes),
                );
            }
        }
    }
    extras.bytes_read = end.saturating_sub(begin);
    if last {
        extras.after(source, seen);
    }
    let tally = framer.finish(last_byte.filter(|_| last));
    Done { file, tally, start: begin, end, stop, is_part: false, last, extras }
}

/// Feeds blocks to the framer until the source ends or a record starts behind `stop`; returns where it stopped.
fn run(
    framer: &mut Framer<'_>,
    buffer: &mut Vec<u8>,
    begin: u64,
    stop: u64,
    seen: &mut Seen,
    mut fill: impl FnMut(&mut [u8]) -> usize,
) -> u64 {
    let mut filled = 0;
    let mut base = begin;
    let mut wanted = READ;
    loop {
        let target = filled + wanted;
        if buffer.len() < target {
            buffer.resize(target, 0);
        }
        let mut end = false;
        while filled < target {
            let until = (filled + READ).min(target);
            let n = fill(&mut buffer[filled..until]);
            filled += n;
            if n == 0 {
                end = true;
                break;
            }
        }
        let used = framer.block(&buffer[..filled], base, end, stop, seen);
        base += used as u64;
        if end || base >= stop {
            if buffer.len() > 16 * READ {
                *buffer = Vec::new();
            }
            return base;
        }
        buffer.copy_within(used..filled, 0);
        filled -= used;
        // A record longer than a read: look again only when twice as much is there.
        wanted = if filled > READ { filled.next_multiple_of(READ) } else { READ };
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

/// The digest of the file as it lies on the disk, and where it is not compressed those of its beginnings.
fn digests(source: &Source, probes: &BTreeSet<u64>) -> Option<(String, Vec<Mark>)> {
    let mut reader = source.reader().ok()?;
    let mut marks = Beginnings::new(probes);
    let mut buffer = vec![0u8; READ];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => marks.update(&buffer[..n]),
            Err(_) => return None,
        }
    }
    let (whole, marks) = marks.finish();
    Some((whole, if source.compression.is_none() { marks } else { Vec::new() }))
}

/// Gap with a path made of what the system gave.
pub fn gap_at(path: &Path, reason: GapReason, detail: String) -> LogGap {
    LogGap { path: path.display().to_string(), reason, detail }
}
