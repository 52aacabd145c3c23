//! Shares the files among threads and joins their counts in a fixed order, so that the result never depends on timing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::ReadOptions;
use super::part::{Done, Reading, Start, Stretch, digests};
use super::series::{self, Found};
use super::source::READ;
use super::summary::{Summing, day_number};
use super::table;
use super::tally::Rules;
use crate::model::CallOutcomes;
use crate::model::activity::LogSummary;

/// Finished work that may wait to be joined.
const WAITING: usize = 2;
/// Memory that the decoder of one compressed file may take, in KiB.
pub const DECODER_KIB: u32 = 80 << 10;

/// A piece of work for one thread.
enum Unit {
    /// Files that are read one after the other, because they may repeat each other's messages.
    Files(Vec<usize>),
    /// One part of a plain file.
    Part(usize, Stretch),
}

pub fn read(paths: &[PathBuf], options: &ReadOptions<'_>) -> (LogSummary, CallOutcomes) {
    let mut gaps = Vec::new();
    let found = series::find(paths, DECODER_KIB, options.limits.every_hit, &mut gaps);
    let rules = Rules {
        scanner: options.patterns,
        classify: options.classify,
        limits: &options.limits,
        period: options.period.map(|p| (day_number(p.start), day_number(p.end))),
        as_of: options.as_of.map(|t| t.as_second()),
        long_record: Mutex::default(),
        person: options.person.map(str::as_bytes),
        probes: options.digest.then_some(options.probes),
    };
    // The parts depend on the file alone, never on the threads.
    let units = plan(&found, options.limits.part_bytes.max(READ as u64));
    let mut joining = Joining {
        found: &found,
        options,
        rules: &rules,
        open: None,
        summing: Summing::new(&rules, options, gaps),
    };
    let queue = Queue::new(&units);
    std::thread::scope(|scope| {
        for _ in 0..options.threads.clamp(1, 64).min(units.len().max(1)) {
            scope.spawn(|| {
                let mut reading = Reading::new(&rules);
                while let Some((index, unit)) = queue.take() {
                    queue.put(index, work(unit, &found, options, &mut reading));
                }
            });
        }
        for index in 0..units.len() {
            for done in queue.wait_for(index) {
                joining.add(done);
            }
        }
    });
    joining.summing.finish()
}

/// Work that is taken in order by several threads and handed back in order to one.
struct Queue<'u> {
    units: &'u [Unit],
    next: AtomicUsize,
    /// What is finished, and the index of what was handed back last.
    ready: Mutex<(BTreeMap<usize, Vec<Done>>, usize)>,
    turn: Condvar,
}

impl<'u> Queue<'u> {
    fn new(units: &'u [Unit]) -> Self {
        Queue { units, next: AtomicUsize::new(0), ready: Mutex::default(), turn: Condvar::new() }
    }

    /// The next piece of work; waits while too much finished work waits to be joined.
    fn take(&self) -> Option<(usize, &'u Unit)> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let unit = self.units.get(index)?;
        let mut state = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        while index > state.1 + WAITING {
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Some((index, unit))
    }

    fn put(&self, index: usize, done: Vec<Done>) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).0.insert(index, done);
        self.turn.notify_all();
    }

    fn wait_for(&self, index: usize) -> Vec<Done> {
        let mut state = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(done) = state.0.remove(&index) {
                state.1 = index;
                self.turn.notify_all();
                return done;
            }
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Joins what was read, in order: parts to files, files to the whole.
struct Joining<'j> {
    found: &'j [Found],
    options: &'j ReadOptions<'j>,
    rules: &'j Rules<'j>,
    /// The file whose last part has not come yet.
    open: Option<Done>,
    summing: Summing<'j>,
}

impl Joining<'_> {
    fn add(&mut self, done: Done) {
        let file = &self.found[done.file];
        if !done.is_part {
            return self.summing.source(file, done.tally, done.extras);
        }
        let mut joined = match self.open.take() {
            None => done,
            Some(before) => self.behind(before, done),
        };
        if joined.last {
            if self.options.digest {
                joined.extras.take_digests(digests(&file.source, self.options.probes));
            }
            self.summing.source(file, joined.tally, joined.extras);
        } else {
            self.open = Some(joined);
        }
    }

    /// Joins a part to what was read before it. It must start where that ended; else it is read again from there.
    fn behind(&self, mut before: Done, mut done: Done) -> Done {
        if done.start != before.end {
            let stretch = Stretch { start: Start::Known(before.end), stop: done.stop, last: done.last };
            done = Reading::new(self.rules).part(&self.found[done.file], done.file, stretch);
        }
        before.tally.join(done.tally, true, 0);
        before.extras.take_in(done.extras);
        Done { tally: before.tally, extras: before.extras, end: done.end, last: done.last, ..before }
    }
}

fn plan(found: &[Found], part: u64) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut groups: BTreeMap<&Path, usize> = BTreeMap::new();
    for (index, file) in found.iter().enumerate() {
        if let Some(group) = &file.group {
            let unit = *groups.entry(group).or_insert_with(|| {
                units.push(Unit::Files(Vec::new()));
                units.len() - 1
            });
            if let Some(Unit::Files(files)) = units.get_mut(unit) {
                files.push(index);
            }
        } else if is_one_stretch(file, part) {
            units.push(Unit::Files(vec![index]));
        } else {
            units.extend(parts(file.source.bytes, part).map(|stretch| Unit::Part(index, stretch)));
        }
    }
    units
}

/// Whether a file is read from its start to its end: a stream, a table with its header, or a small file.
fn is_one_stretch(file: &Found, part: u64) -> bool {
    let first_line = file.source.head.split(|&b| b == b'\n').next().unwrap_or_default();
    file.source.compression.is_some()
        || file.source.bytes <= part + part / 2
        || table::header(first_line).is_some()
}

fn parts(bytes: u64, part: u64) -> impl Iterator<Item = Stretch> {
    let count = bytes.div_ceil(part);
    (0..count).map(move |n| {
        let last = n + 1 == count;
        Stretch {
            start: if n == 0 { Start::Known(0) } else { Start::Near(n * part) },
            stop: if last { u64::MAX } else { (n + 1) * part },
            last,
        }
    })
}

fn work(unit: &Unit, found: &[Found], options: &ReadOptions<'_>, reading: &mut Reading<'_>) -> Vec<Done> {
    match unit {
        Unit::Files(files) => {
            reading.forget();
            files
                .iter()
                .map(|&file| {
                    let mut done = reading.whole(&found[file], file);
                    if options.digest {
                        done.extras.take_digests(digests(&found[file].source, options.probes));
                    }
                    done
                })
                .collect()
        }
        Unit::Part(file, stretch) => {
            reading.forget();
            vec![reading.part(&found[*file], *file, *stretch)]
        }
    }
}
