//! Tells the first sight of a message from a repetition, in bounded memory.

use rustc_hash::FxHashSet;

/// Messages that were seen before, in bounded memory: two generations, the older one is dropped when both are full.
pub struct Seen {
    young: FxHashSet<u64>,
    old: FxHashSet<u64>,
    limit: usize,
    /// Identities were dropped: a message repeated very late may have been counted twice.
    pub forgot: bool,
}

impl Seen {
    pub fn new(limit: usize) -> Self {
        Seen { young: Default::default(), old: Default::default(), limit: limit.max(2) / 2, forgot: false }
    }

    /// True when the identity is new.
    pub fn first_time(&mut self, id: u64) -> bool {
        if self.old.contains(&id) || !self.young.insert(id) {
            return false;
        }
        if self.young.len() >= self.limit {
            self.forgot |= !self.old.is_empty();
            self.old = std::mem::take(&mut self.young);
        }
        true
    }
}
