//! The permission modes of each session, in bounded memory.

use rustc_hash::FxHashMap;

/// A mode's number among the names of modes; 0 is none.
type Mode = u16;

#[derive(Clone, Copy, Debug, Default)]
pub struct Session {
    first_mode: Mode,
    last_mode: Mode,
    pub changed: bool,
    pub bypass: bool,
}

/// What a record changed in its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The number of the mode before, when it was another.
    pub from: Option<u32>,
    /// The session is seen in bypass mode for the first time.
    pub to_bypass: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Sessions {
    by_id: FxHashMap<u64, Session>,
    limit: usize,
    /// Records of sessions that found no room.
    pub untracked: u64,
}

fn narrow(mode: u32) -> Mode {
    mode.min(u32::from(Mode::MAX)) as Mode
}

impl Sessions {
    pub fn new(limit: usize) -> Self {
        Sessions { limit, ..Sessions::default() }
    }

    pub fn values(&self) -> impl ExactSizeIterator<Item = &Session> {
        self.by_id.values()
    }

    /// Sessions that name their mode at least once.
    pub fn with_mode(&self) -> u64 {
        self.values().filter(|session| session.first_mode != 0).count() as u64
    }

    fn entry(&mut self, id: u64) -> Option<&mut Session> {
        if self.by_id.len() >= self.limit && !self.by_id.contains_key(&id) {
            self.untracked += 1;
            return None;
        }
        Some(self.by_id.entry(id).or_default())
    }

    /// Counts a record of a session; `mode` is the number of its mode.
    #[inline(always)]
    pub fn count(&mut self, id: u64, mode: Option<u32>, is_bypass: bool) -> Change {
        let Some(session) = self.entry(id) else { return Change::default() };
        let Some(mode) = mode.map(narrow) else { return Change::default() };
        let before = std::mem::replace(&mut session.last_mode, mode);
        if session.first_mode == 0 {
            session.first_mode = mode;
        }
        let changed = before != 0 && before != mode;
        session.changed |= changed;
        let to_bypass = is_bypass && !session.bypass;
        session.bypass |= to_bypass;
        Change { from: changed.then_some(u32::from(before)), to_bypass }
    }

    /// Takes in the sessions of the stretch that follows; returns the changes of mode between the two stretches.
    pub fn join(&mut self, next: &Sessions, modes: &[u32]) -> u64 {
        let mode = |number: Mode| narrow(modes.get(usize::from(number)).copied().unwrap_or(0));
        self.untracked += next.untracked;
        let mut changes = 0;
        // In order of identity, so that the bound cuts the same sessions in every run.
        let mut theirs: Vec<(u64, Session)> = next.by_id.iter().map(|(id, s)| (*id, *s)).collect();
        theirs.sort_unstable_by_key(|(id, _)| *id);
        for (id, theirs) in theirs {
            let Some(mine) = self.entry(id) else { continue };
            let first = mode(theirs.first_mode);
            if mine.last_mode != 0 && theirs.first_mode != 0 && mine.last_mode != first {
                changes += 1;
                mine.changed = true;
            }
            if mine.first_mode == 0 {
                mine.first_mode = first;
            }
            if theirs.last_mode != 0 {
                mine.last_mode = mode(theirs.last_mode);
            }
            mine.changed |= theirs.changed;
            mine.bypass |= theirs.bypass;
        }
        changes
    }
}
