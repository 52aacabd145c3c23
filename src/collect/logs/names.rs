//! A bounded table that gives each name a small number; names beyond the bound share one number.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// The number of all names that found no room.
pub const OTHERS: u32 = 0;
/// Longer names are cut.
pub const NAME_LIMIT: usize = 160;

/// Whether two short texts are equal, by words of eight bytes: a call to the system's comparison costs more than that.
#[inline(always)]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let word =
        |text: &[u8], at: usize| text.get(at..at + 8).and_then(|w| w.try_into().ok()).map(u64::from_le_bytes);
    let len = a.len();
    match len {
        0..8 => a.iter().zip(b).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0,
        8..=16 => word(a, 0) == word(b, 0) && word(a, len - 8) == word(b, len - 8),
        17..=32 => {
            word(a, 0) == word(b, 0)
                && word(a, 8) == word(b, 8)
                && word(a, len - 16) == word(b, len - 16)
                && word(a, len - 8) == word(b, len - 8)
        }
        _ => a == b,
    }
}

#[derive(Clone, Debug)]
pub struct Names {
    numbers: FxHashMap<Arc<[u8]>, u32>,
    list: Vec<Arc<[u8]>>,
    /// The last name asked for.
    last: u32,
    /// Names asked for before, by their quick hash: hash and number.
    recent: Vec<(u64, u32)>,
    limit: usize,
}

/// Names that are found without a search of the table.
const RECENT: usize = 256;

/// Mixes the words of a short text; what it finds is compared in full.
#[inline(always)]
fn quick_hash(text: &[u8]) -> u64 {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let len = text.len();
    let word = |at: usize| -> u64 {
        text.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |w| u64::from_le_bytes(*w))
    };
    let half = |at: usize| -> u64 {
        text.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |w| u32::from_le_bytes(*w).into())
    };
    let (head, tail) = match len {
        8.. => (word(0), word(len - 8)),
        4..8 => (half(0), half(len - 4)),
        _ => (text.iter().fold(0, |n, &b| n << 8 | u64::from(b)), 0),
    };
    let middle = if len > 16 { word(len / 2 - 4) } else { 0 };
    let mixed = (head ^ len as u64).wrapping_mul(MIX) ^ tail.rotate_left(23) ^ middle.rotate_left(41);
    mixed.wrapping_mul(MIX)
}

impl Names {
    pub fn new(limit: usize) -> Self {
        Names {
            numbers: FxHashMap::default(),
            list: vec![Arc::from(&b"(others)"[..])],
            last: OTHERS,
            recent: Vec::new(),
            limit,
        }
    }

    /// The number of a name; a name that was asked for lately is answered without a search.
    #[inline(always)]
    pub fn number(&mut self, name: &[u8]) -> u32 {
        if self.last != OTHERS && same(&self.list[self.last as usize], name) {
            return self.last;
        }
        let hash = quick_hash(name);
        let slot = (hash >> 56) as usize % RECENT;
        if let Some(&(known, number)) = self.recent.get(slot)
            && known == hash
            && number != OTHERS
            && same(&self.list[number as usize], name)
        {
            self.last = number;
            return number;
        }
        self.search(name, hash, slot)
    }

    #[inline(never)]
    fn search(&mut self, name: &[u8], hash: u64, slot: usize) -> u32 {
        let number = self.look_up(name);
        self.last = number;
        self.recent.resize(RECENT, (0, OTHERS));
        self.recent[slot] = (hash, number);
        number
    }

    fn look_up(&mut self, name: &[u8]) -> u32 {
        let name = &name[..name.len().min(NAME_LIMIT)];
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        if self.list.len() > self.limit {
            return OTHERS;
        }
        let number = self.list.len() as u32;
        let name: Arc<[u8]> = Arc::from(name);
        self.list.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    pub fn name(&self, number: u32) -> &[u8] {
        self.list.get(number as usize).map_or(&[], |n| n)
    }

    /// Numbers of another table's names in this one, by the other's number.
    pub fn take_in(&mut self, other: &Names) -> Vec<u32> {
        let mut map = vec![OTHERS];
        map.extend(other.list[1..].iter().map(|name| self.look_up(name)));
        map
    }
}

/// Counts by number of a name; grows as numbers come up.
#[derive(Clone, Debug, Default)]
pub struct Counts(pub Vec<u32>);

impl Counts {
    #[inline(always)]
    pub fn up(&mut self, number: u32) {
        match self.0.get_mut(number as usize) {
            Some(count) => *count = count.saturating_add(1),
            None => self.grow(number),
        }
    }

    #[inline(never)]
    fn grow(&mut self, number: u32) {
        self.0.resize(number as usize + 1, 0);
        self.0[number as usize] = 1;
    }

    /// Counts a number, or the others where it would need more new places than `room` has.
    #[inline(always)]
    pub fn up_within(&mut self, number: u32, room: &mut usize) {
        match self.0.get_mut(number as usize) {
            Some(count) => *count = count.saturating_add(1),
            None => self.grow_within(number, 1, room),
        }
    }

    #[inline(never)]
    fn grow_within(&mut self, number: u32, count: u32, room: &mut usize) {
        let needs = (number as usize + 1).saturating_sub(self.0.len());
        let number = if needs <= *room {
            *room -= needs;
            number
        } else {
            OTHERS
        };
        if self.0.len() <= number as usize {
            self.0.resize(number as usize + 1, 0);
        }
        let here = &mut self.0[number as usize];
        *here = here.saturating_add(count);
    }

    /// Adds counts as [`Self::up_within`] would, one by one.
    pub fn add_within(&mut self, other: &Counts, map: &[u32], room: &mut usize) {
        for (number, &count) in other.0.iter().enumerate().filter(|(_, c)| **c != 0) {
            self.grow_within(map.get(number).copied().unwrap_or(OTHERS), count, room);
        }
    }

    pub fn add(&mut self, other: &Counts, map: &[u32]) {
        for (number, &count) in other.0.iter().enumerate().filter(|(_, c)| **c != 0) {
            let to = map.get(number).copied().unwrap_or(OTHERS) as usize;
            if to >= self.0.len() {
                self.0.resize(to + 1, 0);
            }
            self.0[to] = self.0[to].saturating_add(count);
        }
    }

    /// Adds counts that are numbered by the same table.
    pub fn add_same(&mut self, other: &Counts) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    pub fn distinct(&self) -> u64 {
        self.0.iter().filter(|c| **c != 0).count() as u64
    }

    pub fn get(&self, number: u32) -> u64 {
        self.0.get(number as usize).copied().unwrap_or(0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_compared_in_full() {
        for len in 0..70 {
            let text: Vec<u8> = (0..len).collect();
            assert!(same(&text, &text.clone()));
            for at in 0..text.len() {
                let mut other = text.clone();
                other[at] ^= 0x40;
                assert!(!same(&text, &other), "length {len}, byte {at}");
            }
            assert!(!same(&text, &[text.as_slice(), b"x"].concat()));
        }
    }

    #[test]
    fn names_beyond_the_bound_share_one_number() {
        let mut names = Names::new(2);
        assert_eq!(
            [names.number(b"a"), names.number(b"b"), names.number(b"c"), names.number(b"a")],
            [1, 2, OTHERS, 1]
        );
    }

    #[test]
    fn a_name_keeps_its_number_whatever_was_asked_between() {
        let mut names = Names::new(5000);
        let name = |n: usize| format!("{}{}", "long-".repeat(n % 40), n).into_bytes();
        let numbers: Vec<u32> = (0..3000).map(|n| names.number(&name(n))).collect();
        for round in 0..3 {
            for n in (0..3000).filter(|n| n % (round + 1) == 0) {
                assert_eq!(names.number(&name(n)), numbers[n]);
                assert_eq!(names.name(numbers[n]), &name(n)[..name(n).len().min(NAME_LIMIT)]);
            }
        }
    }
}
