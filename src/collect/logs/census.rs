//! Which calls and sessions each kind of record names, in bounded memory: what comparing them needs.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::event::Event;
use super::source::Source;
use crate::model::RecordKind;
use crate::model::activity::Shape;

/// Sessions held at once.
const SESSIONS: usize = 100_000;
/// Hours in which a kind of record was written: more than two years.
const HOURS: usize = 20_000;
/// Bytes of a record in which its id is looked for again.
const WINDOW: usize = 256 * 1024;
/// Bytes of a compressed file that are read to find a record again.
const REREAD: u64 = 1 << 30;
/// A longer id is not shown.
const ID: usize = 80;

/// Identities are digests of 64 bits under a strong hash: two of a million calls collide with a chance below 10⁻⁷,
/// and nobody can choose an id so that it stands for another.
#[derive(Clone, Debug)]
pub struct Census {
    calls: FxHashMap<u64, Sighting>,
    sessions: FxHashMap<u64, u8>,
    kinds: [KindCount; 3],
    sources: Vec<PathBuf>,
    limit: usize,
    /// A call is held where its digest has no bit of this mask: the same calls in every kind of record.
    mask: u64,
    sessions_not_held: u64,
}

/// One call, out of all records that name it.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// Seconds since 1970 of its first record; 0 where none has a time.
    pub at: u32,
    seen: u8,
    ended: u8,
    pub denied: bool,
    pub session: u64,
    source: u32,
    pub offset: u64,
    user: u32,
}

/// What one kind of record names.
#[derive(Clone, Debug, Default)]
pub struct KindCount {
    pub records: u64,
    pub without_id: u64,
    pub first: Option<u32>,
    pub last: Option<u32>,
    pub hours: BTreeSet<u32>,
}

impl Sighting {
    pub fn is_in(&self, kind: RecordKind) -> bool {
        self.seen & bit(kind) != 0
    }

    /// A record of this kind says how the call ended.
    pub fn ended_in(&self, kind: RecordKind) -> bool {
        self.ended & bit(kind) != 0
    }

    /// Whether the person is one of those whose digests are given.
    pub fn is_of(&self, people: &BTreeSet<u32>) -> bool {
        people.contains(&self.user)
    }
}

fn bit(kind: RecordKind) -> u8 {
    1 << kind as u8
}

/// Names an id under a strong hash: nobody can choose two ids that are one.
pub fn digest(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text);
    hasher.finish()
}

/// Names a person in a sighting.
pub fn person(name: &str) -> u32 {
    digest(name.as_bytes()) as u32
}

/// The kind of record, where it describes a tool call.
fn kind_of(event: &Event<'_>) -> Option<RecordKind> {
    match event.shape? {
        Shape::ToolLog if event.is_tool_record => Some(RecordKind::HookLog),
        Shape::Telemetry if event.is_tool_record => Some(RecordKind::Telemetry),
        Shape::Transcript => Some(RecordKind::Transcripts),
        _ => None,
    }
}

impl Census {
    /// Holds at most `limit` calls; beyond that every second one is let go, and again, the same in every kind.
    pub fn new(limit: usize) -> Self {
        Census {
            calls: FxHashMap::default(),
            sessions: FxHashMap::default(),
            kinds: Default::default(),
            sources: Vec::new(),
            limit: limit.max(2),
            mask: 0,
            sessions_not_held: 0,
        }
    }

    /// Notes what one record names; `offset` is the record's place in its file.
    pub fn add(&mut self, event: &Event<'_>, user: Option<&[u8]>, offset: u64) {
        let Some(kind) = kind_of(event) else { return };
        let ids = event.tool_use_id.iter().chain(&event.more_ids);
        let named = match kind {
            RecordKind::Transcripts => u64::from(event.call.is_some()) + event.more_calls.len() as u64,
            _ => 1,
        };
        if named == 0 && event.tool_use_id.is_none() {
            return;
        }
        let count = &mut self.kinds[kind as usize];
        count.records += named;
        let at = event.when.and_then(|when| u32::try_from(when.seconds).ok()).unwrap_or(0);
        if at > 0 {
            count.first = Some(count.first.map_or(at, |first| first.min(at)));
            count.last = count.last.max(Some(at));
            if count.hours.len() < HOURS {
                count.hours.insert(at / 3600);
            }
        }
        if event.tool_use_id.is_none() {
            count.without_id += named;
        }
        let session = event.session.map_or(0, digest);
        if session != 0 {
            self.note_session(session, bit(kind));
        }
        for id in ids {
            let sighting = Sighting {
                at,
                seen: bit(kind),
                ended: if event.outcome.is_some() { bit(kind) } else { 0 },
                denied: event.denied,
                session,
                source: 0,
                offset,
                user: user.map_or(0, |user| digest(user) as u32),
            };
            self.note(digest(id), sighting);
        }
    }

    fn note_session(&mut self, session: u64, bits: u8) {
        if self.sessions.len() < SESSIONS || self.sessions.contains_key(&session) {
            *self.sessions.entry(session).or_default() |= bits;
        } else {
            self.sessions_not_held += 1;
        }
    }

    fn note(&mut self, id: u64, new: Sighting) {
        if id & self.mask != 0 {
            return;
        }
        let call = self.calls.entry(id).or_insert(new);
        call.seen |= new.seen;
        call.ended |= new.ended;
        call.denied |= new.denied;
        if new.at > 0 && (call.at == 0 || new.at < call.at) {
            call.at = new.at;
        }
        while self.calls.len() > self.limit {
            self.mask = self.mask << 1 | 1;
            let mask = self.mask;
            self.calls.retain(|id, _| id & mask == 0);
        }
    }

    /// Takes in what the following stretch of the same file names.
    pub fn join(&mut self, next: Census) {
        self.take(next, None);
    }

    /// Takes in what one whole file names.
    pub fn take_file(&mut self, file: Census, path: &Path) {
        if file.kinds.iter().all(|kind| kind.records == 0) && file.calls.is_empty() {
            return;
        }
        let number = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.push(path.to_owned());
        self.take(file, Some(number));
    }

    fn take(&mut self, next: Census, source: Option<u32>) {
        if next.mask > self.mask {
            self.mask = next.mask;
            let mask = self.mask;
            self.calls.retain(|id, _| id & mask == 0);
        }
        for (id, mut sighting) in next.calls {
            if let Some(source) = source {
                sighting.source = source;
            }
            self.note(id, sighting);
        }
        for (session, bits) in next.sessions {
            self.note_session(session, bits);
        }
        self.sessions_not_held += next.sessions_not_held;
        for (mine, theirs) in self.kinds.iter_mut().zip(next.kinds) {
            mine.records += theirs.records;
            mine.without_id += theirs.without_id;
            mine.first = match (mine.first, theirs.first) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            mine.last = mine.last.max(theirs.last);
            mine.hours.extend(theirs.hours);
        }
    }

    pub fn kind(&self, kind: RecordKind) -> &KindCount {
        &self.kinds[kind as usize]
    }

    /// Every call that is held, in no order.
    pub fn calls(&self) -> impl Iterator<Item = (u64, &Sighting)> {
        self.calls.iter().map(|(id, sighting)| (*id, sighting))
    }

    /// Distinct sessions that a kind of record names.
    pub fn sessions(&self, kind: RecordKind) -> u64 {
        self.sessions.values().filter(|bits| **bits & bit(kind) != 0).count() as u64
    }

    pub fn knows_session(&self, session: u64, kind: RecordKind) -> bool {
        self.sessions.get(&session).is_some_and(|bits| bits & bit(kind) != 0)
    }

    /// Whether a record of any kind lies in the hour of this second, or in the one before or after.
    pub fn is_near(&self, second: i64) -> bool {
        let Ok(hour) = u32::try_from(second.div_euclid(3600)) else { return false };
        let hours = hour.saturating_sub(1)..=hour.saturating_add(1);
        self.kinds.iter().any(|kind| kind.hours.range(hours.clone()).next().is_some())
    }

    pub fn sessions_not_held(&self) -> u64 {
        self.sessions_not_held
    }

    /// One call in so many is held.
    pub fn one_in(&self) -> u64 {
        self.mask + 1
    }

    /// The file that the sighting is of.
    pub fn source(&self, sighting: &Sighting) -> Option<&Path> {
        self.sources.get(usize::try_from(sighting.source).ok()?).map(PathBuf::as_path)
    }

    /// The id as it is written, found again in its record; for the few that are shown.
    pub fn written(&self, id: u64, sighting: &Sighting) -> Option<String> {
        let source = Source::open(self.source(sighting)?, super::work::DECODER_KIB).ok()?;
        let mut window = Vec::new();
        if source.compression.is_some() {
            let mut stream = source.stream().ok()?.take(REREAD);
            let skipped =
                std::io::copy(&mut stream.by_ref().take(sighting.offset), &mut std::io::sink()).ok()?;
            if skipped < sighting.offset {
                return None;
            }
            stream.take(WINDOW as u64).read_to_end(&mut window).ok()?;
        } else {
            window.resize(WINDOW, 0);
            let read = source.reader().ok()?.range(&mut window, sighting.offset).ok()?;
            window.truncate(read);
        }
        let text = window.split(|byte| *byte == b'"').find(|text| digest(text) == id)?;
        let shown = std::str::from_utf8(text).ok()?;
        (shown.len() <= ID && shown.bytes().all(|byte| byte.is_ascii_graphic())).then(|| shown.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(ids: std::ops::Range<u32>, limit: usize) -> Census {
        let mut census = Census::new(limit);
        for number in ids {
            let id = format!("toolu_{number}");
            let event = Event {
                shape: Some(Shape::ToolLog),
                is_tool_record: true,
                tool_use_id: Some(id.as_bytes()),
                session: Some(b"s"),
                ..Event::default()
            };
            census.add(&event, Some(b"dev"), u64::from(number));
        }
        census
    }

    #[test]
    fn beyond_the_limit_the_same_calls_are_held_in_every_part() {
        let whole = seen(0..1000, 100);
        let mut parts = seen(0..300, 100);
        parts.join(seen(300..1000, 100));
        assert!(whole.calls.len() <= 100 && whole.one_in() >= 16, "{}", whole.one_in());
        let ids = |census: &Census| census.calls.keys().copied().collect::<BTreeSet<u64>>();
        assert_eq!((ids(&whole), whole.one_in()), (ids(&parts), parts.one_in()));
        assert_eq!(whole.kind(RecordKind::HookLog).records, 1000);
    }

    #[test]
    fn one_call_of_many_records_is_one() {
        let mut census = seen(0..5, 100);
        census.join(seen(0..5, 100));
        assert_eq!((census.calls().count(), census.kind(RecordKind::HookLog).records), (5, 10));
        assert_eq!(census.sessions(RecordKind::HookLog), 1);
        assert!(!census.is_near(0), "these records have no time");
    }
}
