//! What one look at a block leaves behind for those who walk its records: where texts can end, and how many lines there are.

use super::json::{self, Stops};
use super::lanes::{Chunk, WIDTH};

/// The marks of one block, from its first byte on.
#[derive(Debug, Default)]
pub struct Marks {
    /// Quotes, backslashes and control characters, a bit a byte.
    stops: Vec<u64>,
    /// Bytes that were looked at.
    len: usize,
    line_ends: u64,
    wide: u64,
}

impl Marks {
    /// Forgets the block before; `len` bytes will be looked at.
    pub fn start(&mut self, len: usize) {
        self.stops.clear();
        self.stops.reserve(len.div_ceil(WIDTH));
        *self = Marks { stops: std::mem::take(&mut self.stops), len, ..Marks::default() };
    }

    #[inline(always)]
    pub fn add(&mut self, chunk: &Chunk) {
        self.stops.push(chunk.stops);
        self.line_ends += u64::from(chunk.line_ends.count_ones());
        self.wide |= chunk.wide;
    }

    /// Whether everything before `end` is known to be ASCII.
    pub fn is_ascii(&self, end: usize) -> bool {
        self.wide == 0 && end <= self.len
    }

    /// Line ends before `at`.
    pub fn lines_before(&self, block: &[u8], at: usize) -> u64 {
        let lines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count() as u64;
        if at < self.len {
            self.line_ends - lines(&block[at..self.len])
        } else {
            self.line_ends + lines(&block[self.len..at])
        }
    }
}

impl Stops for &Marks {
    #[inline(always)]
    fn plain_end(self, bytes: &[u8], at: usize) -> usize {
        let mut word = at / WIDTH;
        if let Some(stops) = self.stops.get(word) {
            let here = stops >> (at % WIDTH);
            if here != 0 {
                return at + here.trailing_zeros() as usize;
            }
            word += 1;
            while let Some(&stops) = self.stops.get(word) {
                if stops != 0 {
                    return word * WIDTH + stops.trailing_zeros() as usize;
                }
                word += 1;
            }
        }
        json::plain_end(bytes, at.max(self.len))
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::json::Unmarked;
    use super::super::lanes::{Prefixes, Visit};
    use super::*;

    impl Visit for Marks {
        fn chunk(&mut self, _: usize, chunk: Chunk) {
            self.add(&chunk);
        }
    }

    /// The marks of the first `len` bytes.
    pub fn of(bytes: &[u8], len: usize) -> Marks {
        let mut marks = Marks::default();
        marks.start(len);
        Prefixes::new([]).look(&bytes[..len], &mut marks);
        marks
    }

    #[test]
    fn marks_say_what_a_search_says_behind_their_end_too() {
        let mut bytes = b"{\"a\":\"b\\n\"}\n".repeat(40);
        bytes.extend_from_slice(&[b'x'; 200]);
        bytes.extend_from_slice("\u{e9}\"\n\n".as_bytes());
        for len in [0, 1, 63, 64, 65, 300, bytes.len() - 3, bytes.len()] {
            let marks = of(&bytes, len);
            for at in 0..=bytes.len() {
                assert_eq!((&marks).plain_end(&bytes, at), Unmarked.plain_end(&bytes, at), "{len}: {at}");
                let lines = bytes[..at].iter().filter(|&&b| b == b'\n').count() as u64;
                assert_eq!(marks.lines_before(&bytes, at), lines, "{len}: {at}");
                assert_eq!(marks.is_ascii(at), at <= len && bytes[..len].is_ascii());
            }
        }
    }
}
