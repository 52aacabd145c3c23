//! Joins tool calls with what became of them, out of all records that name them, in bounded memory: a session file
//! writes the call in one line and its result in another, and a hook log writes one record before and one after.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::super::census::digest;
use super::super::credential_files;
use super::super::event::{self, COMMAND_LIMIT, Call, Event, is_shell};
use super::super::hazard::{DESTRUCTIVE, Judge};
use super::super::json;
use super::super::place::Here;
use crate::model::{CallEnd, CallOutcomes, CallPlace, Ended};

/// Calls held at once: records of one call lie near each other.
const HELD: usize = 100_000;
/// Calls worth a look that are held at once.
const MARKED: usize = 20_000;
/// Calls that are located.
const PLACES: usize = 20;

/// What the records say of a call so far: small, because every call has one while its records are near.
#[derive(Clone, Copy, Debug, Default)]
struct Known(u8);

impl Known {
    const SHELL: u8 = 1;
    const COMMAND: u8 = 2;
    const FILE: u8 = 4;
    const PATH: u8 = 8;
    /// Some record describes the call itself, not only its result.
    const CALL: u8 = 16;
    const SUCCEEDED: u8 = 32;
    const STOPPED: u8 = 64;

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    fn end(self) -> CallEnd {
        match (self.has(Self::SUCCEEDED), self.has(Self::STOPPED)) {
            (true, _) => CallEnd::Succeeded,
            (_, true) => CallEnd::Stopped,
            _ => CallEnd::Unknown,
        }
    }

    /// Takes in what a later record says; its end is the last word.
    fn then(self, next: Known) -> Known {
        let ends = Self::SUCCEEDED | Self::STOPPED;
        let kept = if next.0 & ends == 0 { self.0 } else { self.0 & !ends };
        Known(kept | next.0)
    }
}

fn ending(end: Option<CallEnd>) -> u8 {
    match end {
        Some(CallEnd::Succeeded) => Known::SUCCEEDED,
        Some(CallEnd::Stopped) => Known::STOPPED,
        Some(CallEnd::Unknown) | None => 0,
    }
}

/// A call that names a destructive command or a credential file.
#[derive(Clone, Copy, Debug)]
struct Marked {
    /// Indexes of what [`Outcomes::ended`] counts: classes of commands, classes of credential files.
    classes: [Option<&'static str>; 2],
    end: CallEnd,
    source: u64,
    line: u64,
}

/// What became of the calls of one stretch; `join` takes the stretch that follows.
#[derive(Clone, Debug)]
pub struct Outcomes {
    /// Calls by the digest of their id, in two generations: the older one is counted and let go when both are full.
    young: FxHashMap<u64, Known>,
    old: FxHashMap<u64, Known>,
    limit: usize,
    marked: FxHashMap<u64, Marked>,
    /// Calls without an id that are worth a look, the first of each end.
    alone: Vec<Marked>,
    /// Calls that were counted and let go, and those without an id.
    counted: CallOutcomes,
}

impl Outcomes {
    /// Holds at most `limit` calls; records of one call that lie further apart than half of them may count as two calls.
    pub fn new(limit: usize) -> Self {
        Outcomes {
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            limit: limit.clamp(2, HELD) / 2,
            marked: FxHashMap::default(),
            alone: Vec::new(),
            counted: CallOutcomes::default(),
        }
    }

    /// Counts a record that does not parse as written: what it says of calls is not joined.
    pub fn not_joined(&mut self) {
        self.counted.not_joined += 1;
    }

    /// Takes in what a record says of its calls.
    pub fn add(&mut self, event: &Event<'_>, here: Here<'_>, judge: &mut Judge) {
        if event.is_mended {
            return self.not_joined();
        }
        for call in event.call.iter().chain(&event.more_calls) {
            self.call(call, event, here, judge);
        }
        for (id, end) in &event.results {
            self.note(digest(id), Known(ending(Some(*end))));
        }
    }

    fn call(&mut self, call: &Call<'_>, event: &Event<'_>, here: Here<'_>, judge: &mut Judge) {
        let walked = walked(call);
        let call = walked.as_ref();
        let mut known = ending(event.end);
        let mut classes = [None; 2];
        if !event.is_decision {
            known |= Known::CALL;
        }
        if is_shell(call.tool) {
            known |= Known::SHELL;
            if let Some(command) = &call.command {
                known |= if call.command_is_cut { 0 } else { Known::COMMAND };
                classes[0] = judge.class(command).filter(|class| DESTRUCTIVE.contains(class));
                classes[1] = credential_files::in_command(&String::from_utf8_lossy(command));
            }
        }
        let is_file = reads_or_changes_file(call.tool);
        known |= if is_file { Known::FILE } else { 0 };
        if let Some(file) = call.file.filter(|file| !file.is_empty()) {
            known |= if is_file { Known::PATH } else { 0 };
            classes[1] = classes[1].or_else(|| credential_files::class(&plain(file)));
        }
        let known = Known(known);
        let marked = (classes != [None; 2]).then(|| Marked {
            classes,
            end: known.end(),
            source: 0,
            line: here.line(),
        });
        let Some(id) = call.id else {
            if !event.is_decision {
                self.count(known);
                marked.into_iter().for_each(|marked| self.mark_alone(marked));
            }
            return;
        };
        let id = digest(id);
        let known = self.note(id, known);
        if let Some(marked) = marked {
            self.mark(id, Marked { end: known.end(), ..marked });
        }
    }

    /// Takes in what is said of a call; returns what is known of it now.
    fn note(&mut self, id: u64, said: Known) -> Known {
        let before = self.old.remove(&id).or_else(|| self.young.get(&id).copied()).unwrap_or_default();
        let now = before.then(said);
        if ending(Some(now.end())) != 0
            && let Some(marked) = self.marked.get_mut(&id)
        {
            marked.end = now.end();
        }
        self.young.insert(id, now);
        if self.young.len() >= self.limit {
            let full = std::mem::take(&mut self.young);
            for known in std::mem::replace(&mut self.old, full).into_values() {
                self.count(known);
            }
        }
        now
    }

    /// Counts a call of which nothing more is expected.
    fn count(&mut self, known: Known) {
        if !known.has(Known::CALL) {
            return;
        }
        let counted = &mut self.counted;
        counted.shell += u64::from(known.has(Known::SHELL));
        counted.shell_with_command += u64::from(known.has(Known::SHELL) && known.has(Known::COMMAND));
        counted.file += u64::from(known.has(Known::FILE));
        counted.file_with_path += u64::from(known.has(Known::FILE) && known.has(Known::PATH));
    }

    fn mark(&mut self, id: u64, new: Marked) {
        if self.marked.len() >= MARKED && !self.marked.contains_key(&id) {
            return self.not_joined();
        }
        let marked = self.marked.entry(id).or_insert(new);
        for (mine, theirs) in marked.classes.iter_mut().zip(new.classes) {
            *mine = mine.or(theirs);
        }
        if new.end != CallEnd::Unknown {
            marked.end = new.end;
        }
    }

    fn mark_alone(&mut self, marked: Marked) {
        count_end(&mut self.counted, &marked);
        self.place_alone(marked);
    }

    fn place_alone(&mut self, marked: Marked) {
        if self.alone.iter().filter(|other| other.end == marked.end).count() < PLACES {
            self.alone.push(marked);
        }
    }

    /// Takes in the stretch that follows: in the same file behind `lines` lines, or as the next file, of that number.
    pub fn join(&mut self, next: Outcomes, lines: Option<u64>, source: u64) {
        let moved = |marked: Marked| Marked {
            line: marked.line + lines.unwrap_or(0),
            source: if lines.is_some() { marked.source } else { source },
            ..marked
        };
        for (id, known) in next.old.into_iter().chain(next.young) {
            let now = self.note(id, known);
            if let Some(marked) = next.marked.get(&id) {
                self.mark(id, Marked { end: now.end(), ..moved(*marked) });
            }
        }
        // Their calls were let go; what is known of their end is what they brought.
        for (id, marked) in next.marked {
            self.mark(id, moved(marked));
        }
        next.alone.into_iter().for_each(|marked| self.place_alone(moved(marked)));
        add(&mut self.counted, &next.counted);
    }

    /// The counts, and the first places; `named` names a file by its number.
    pub fn finish(mut self, named: &BTreeMap<u64, String>) -> CallOutcomes {
        for known in std::mem::take(&mut self.young).into_values() {
            self.count(known);
        }
        for known in std::mem::take(&mut self.old).into_values() {
            self.count(known);
        }
        let mut out = self.counted;
        for marked in self.marked.values() {
            count_end(&mut out, marked);
        }
        let mut places = BTreeSet::new();
        for marked in self.marked.values().chain(&self.alone) {
            let rank = match marked.end {
                CallEnd::Succeeded => 0,
                CallEnd::Unknown => 1,
                CallEnd::Stopped => 2,
            };
            places.extend(
                marked.classes.into_iter().flatten().map(|class| (rank, marked.source, marked.line, class)),
            );
            while places.len() > PLACES {
                places.pop_last();
            }
        }
        out.places = places
            .into_iter()
            .map(|(rank, source, line, class)| CallPlace {
                source: named.get(&source).cloned().unwrap_or_default(),
                line,
                class: class.to_owned(),
                ended: [CallEnd::Succeeded, CallEnd::Unknown, CallEnd::Stopped][rank],
            })
            .collect();
        out
    }

    /// Whether some call of it is located.
    pub fn has_places(&self) -> bool {
        !self.marked.is_empty() || !self.alone.is_empty()
    }
}

fn count_end(out: &mut CallOutcomes, marked: &Marked) {
    for (class, ended) in marked.classes.iter().zip([&mut out.destructive, &mut out.credential]) {
        let count = match marked.end {
            CallEnd::Succeeded => &mut ended.succeeded,
            CallEnd::Stopped => &mut ended.stopped,
            CallEnd::Unknown => &mut ended.unknown,
        };
        *count += u64::from(class.is_some());
    }
}

fn add(mine: &mut CallOutcomes, theirs: &CallOutcomes) {
    mine.shell += theirs.shell;
    mine.shell_with_command += theirs.shell_with_command;
    mine.file += theirs.file;
    mine.file_with_path += theirs.file_with_path;
    mine.not_joined += theirs.not_joined;
    let ended = |mine: &mut Ended, theirs: &Ended| {
        mine.succeeded += theirs.succeeded;
        mine.stopped += theirs.stopped;
        mine.unknown += theirs.unknown;
    };
    ended(&mut mine.destructive, &theirs.destructive);
    ended(&mut mine.credential, &theirs.credential);
}

fn reads_or_changes_file(tool: &[u8]) -> bool {
    event::changes_file(tool) || matches!(tool, b"Read" | b"NotebookRead")
}

/// The call with its input looked at.
fn walked<'c, 'a>(call: &'c Call<'a>) -> Cow<'c, Call<'a>> {
    let Some(input) = call.input else { return Cow::Borrowed(call) };
    let mut walked = call.clone();
    event::read_input(input, &mut walked);
    Cow::Owned(walked)
}

/// A path without its escapes.
fn plain(path: &[u8]) -> Cow<'_, str> {
    if !path.contains(&b'\\') {
        return String::from_utf8_lossy(path);
    }
    let mut text = Vec::new();
    json::unescape(path, COMMAND_LIMIT, &mut text);
    Cow::Owned(String::from_utf8_lossy(&text).into_owned())
}
