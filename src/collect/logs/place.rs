//! Where a record is: in the bytes at hand, and in its file.

use crate::model::activity::Place;

/// The bytes at hand of one source.
#[derive(Clone, Copy)]
pub struct Block<'b> {
    pub bytes: &'b [u8],
    /// Place of the first byte in the source.
    pub offset: u64,
    /// There is nothing behind.
    pub end: bool,
}

impl Block<'_> {
    /// Where a slice of the block starts.
    pub fn place_of(self, slice: &[u8]) -> usize {
        (slice.as_ptr() as usize).wrapping_sub(self.bytes.as_ptr() as usize).min(self.bytes.len())
    }
}

/// Where a record is.
#[derive(Clone, Copy)]
pub struct Here<'b> {
    pub block: Block<'b>,
    /// Line of the first byte of the block.
    pub block_line: u64,
    pub at: usize,
}

impl Here<'_> {
    pub fn offset(&self) -> u64 {
        self.block.offset + self.at as u64
    }

    /// Counted only when a place is kept, which is rare.
    pub fn line(&self) -> u64 {
        let before = &self.block.bytes[..self.at.min(self.block.bytes.len())];
        self.block_line + memchr::memchr_iter(b'\n', before).count() as u64
    }

    pub fn place(&self) -> Place {
        Place { line: self.line(), offset: self.offset() }
    }
}
