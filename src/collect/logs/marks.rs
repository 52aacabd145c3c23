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
        if at < self.len { self.line_ends - lines(&block[at..self.len]) } else { self.line_ends + lines(&block[self.len..at]) }
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
