//! Digests of the beginnings of a content, taken while it passes once: a later reading shows with them what changed.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::model::activity::Mark;

/// The first beginnings, in bytes; then one every [`STRIDE`].
const FIRST: [u64; 5] = [256, 1 << 10, 4 << 10, 64 << 10, 1 << 20];
const STRIDE: u64 = 16 << 20;
/// Marks on the grid; beyond that every second one is let go and the grid doubles.
const MARKS: usize = 256;

/// The running digest of one content.
pub struct Beginnings {
    hash: Sha256,
    at: u64,
    stride: u64,
    /// Lengths of earlier readings that are still ahead, the nearest last.
    probes: Vec<u64>,
    grid: Vec<Mark>,
    probed: Vec<Mark>,
}

impl Beginnings {
    /// Marks the grid, and the given lengths beside it.
    pub fn new(probes: &BTreeSet<u64>) -> Self {
        let probes = probes.iter().rev().copied().filter(|bytes| *bytes > 0).collect();
        Beginnings {
            hash: Sha256::new(),
            at: 0,
            stride: STRIDE,
            probes,
            grid: Vec::new(),
            probed: Vec::new(),
        }
    }

    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let next = self.next_stop();
            let take = usize::try_from(next - self.at).unwrap_or(usize::MAX).min(bytes.len());
            self.hash.update(&bytes[..take]);
            self.at += take as u64;
            bytes = &bytes[take..];
            if self.at == next {
                self.stop();
            }
        }
    }

    fn next_on_grid(&self) -> u64 {
        let first = FIRST.into_iter().find(|stop| *stop > self.at);
        first.unwrap_or_else(|| (self.at / self.stride + 1) * self.stride)
    }

    fn next_stop(&self) -> u64 {
        let grid = self.next_on_grid();
        self.probes.last().map_or(grid, |probe| grid.min(*probe))
    }

    fn stop(&mut self) {
        let mark = Mark { bytes: self.at, sha256: hex(self.hash.clone()) };
        if self.probes.last() == Some(&self.at) {
            self.probes.pop();
            self.probed.push(mark.clone());
        }
        if FIRST.contains(&self.at) || self.at.is_multiple_of(self.stride) {
            self.grid.push(mark);
        }
        if self.grid.len() > MARKS {
            self.stride *= 2;
            let stride = self.stride;
            self.grid.retain(|mark| FIRST.contains(&mark.bytes) || mark.bytes.is_multiple_of(stride));
        }
    }

    /// The digest of the whole, and all marks by length; the last is the whole.
    pub fn finish(self) -> (String, Vec<Mark>) {
        let whole = hex(self.hash);
        let mut marks = self.grid;
        marks.extend(self.probed);
        marks.push(Mark { bytes: self.at, sha256: whole.clone() });
        marks.sort_by_key(|mark| mark.bytes);
        marks.dedup();
        (whole, marks)
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_is_the_digest_of_a_beginning() {
        let content: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let mut marks = Beginnings::new(&BTreeSet::from([10, 70_000, 4096, 900_000]));
        for piece in content.chunks(777) {
            marks.update(piece);
        }
        let (whole, marks) = marks.finish();
        let lengths: Vec<u64> = marks.iter().map(|mark| mark.bytes).collect();
        assert_eq!(lengths, [10, 256, 1024, 4096, 65_536, 70_000, 200_000]);
        for mark in &marks {
            let beginning = &content[..usize::try_from(mark.bytes).expect("it is short")];
            assert_eq!(mark.sha256, hex(Sha256::new_with_prefix(beginning)));
        }
        assert_eq!(marks.last().map(|mark| &mark.sha256), Some(&whole));
    }

    #[test]
    fn the_marks_of_a_huge_content_are_bounded() {
        let mut marks = Beginnings::new(&BTreeSet::new());
        for _ in 0..MARKS * 3 {
            // As if so many bytes had passed.
            marks.at = marks.next_on_grid();
            marks.stop();
        }
        assert!(marks.grid.len() <= MARKS && marks.stride > STRIDE);
    }
}
