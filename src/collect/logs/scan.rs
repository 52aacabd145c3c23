//! Finds the places in a block of records where a pattern of the catalogue occurs; it never keeps what it found.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use memchr::memchr;
use regex::bytes::{Regex, RegexBuilder};
use thiserror::Error;

use super::valid;
use crate::catalog::patterns::{Boundary, Class, Digits, Pattern, Validator};

/// Longest text around a literal that a pattern is tried on.
const REACH: usize = 2560;
/// The vector search takes this many literals.
const LITERALS_A_SEARCH: usize = 60;

/// One place: offset of the match in the block, and the index of the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub offset: usize,
    pub pattern: usize,
}

#[derive(Debug, Error)]
pub enum ScanError {
    #[error("pattern {id}: {source}")]
    Regex {
        id: String,
        #[source]
        source: Box<regex::Error>,
    },
}

struct Compiled {
    id: String,
    class: Class,
    regex: Option<Regex>,
    before: usize,
    boundary: Boundary,
    validator: Option<Validator>,
}

/// The patterns, ready to search.
pub struct Scanner {
    patterns: Vec<Compiled>,
    searches: Vec<Search>,
    ssn: Option<usize>,
    card: Option<usize>,
    phone: Option<usize>,
    email: Option<usize>,
}

struct Search {
    literals: Vec<Vec<u8>>,
    /// For each literal the patterns that may start with it at the same place.
    owners: Vec<Vec<usize>>,
    /// `None` where the machine has no vector search: the slower automaton is used.
    packed: Option<Searcher>,
    plain: aho_corasick::AhoCorasick,
}

impl Scanner {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The first regular expression that does not compile.
    pub fn new(patterns: &[Pattern]) -> Result<Self, ScanError> {
        let mut scanner = Scanner {
            patterns: Vec::new(),
            searches: Vec::new(),
            ssn: None,
            card: None,
            phone: None,
            email: None,
        };
        let mut literals: Vec<(Vec<u8>, usize)> = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            let regex = match &pattern.regex {
                None => None,
                Some(text) => {
                    let anchored = if pattern.before == 0 { format!(r"\A(?:{text})") } else { text.clone() };
                    let built = RegexBuilder::new(&anchored).unicode(false).size_limit(1 << 20).build();
                    Some(built.map_err(|source| ScanError::Regex {
                        id: pattern.id.clone(),
                        source: Box::new(source),
                    })?)
                }
            };
            literals.extend(pattern.literals.iter().map(|l| (l.as_bytes().to_vec(), index)));
            match pattern.digits {
                Some(Digits::Ssn) => scanner.ssn = Some(index),
                Some(Digits::Card) => scanner.card = Some(index),
                Some(Digits::Phone) => scanner.phone = Some(index),
                None => {}
            }
            if pattern.at_sign {
                scanner.email = Some(index);
            }
            scanner.patterns.push(Compiled {
                id: pattern.id.clone(),
                class: pattern.class,
                regex,
                before: pattern.before,
                boundary: pattern.boundary,
                validator: pattern.validator,
            });
        }
        // A literal that starts with another literal is found by the shorter one; both owners are then tried.
        let all = literals.clone();
        literals.retain(|(l, _)| !all.iter().any(|(other, _)| other.len() < l.len() && l.starts_with(other)));
        literals.sort();
        literals.dedup_by(|a, b| a.0 == b.0);
        for group in literals.chunks(LITERALS_A_SEARCH) {
            let texts: Vec<Vec<u8>> = group.iter().map(|(l, _)| l.clone()).collect();
            let owners = texts
                .iter()
                .map(|text| {
                    let mut owners: Vec<usize> =
                        all.iter().filter(|(l, _)| l.starts_with(text)).map(|&(_, owner)| owner).collect();
                    owners.sort_unstable();
                    owners.dedup();
                    owners
                })
                .collect();
            let packed = Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(&texts).build();
            let plain = aho_corasick::AhoCorasick::new(&texts).expect("a few short literals always build");
            scanner.searches.push(Search { literals: texts, owners, packed, plain });
        }
        Ok(scanner)
    }

    pub fn id(&self, pattern: usize) -> &str {
        &self.patterns[pattern].id
    }

    pub fn class(&self, pattern: usize) -> Class {
        self.patterns[pattern].class
    }

    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Puts every place of every pattern in `block` into `hits`, in order of place. `block` ends at the end of a record.
    pub fn scan(&self, block: &[u8], hits: &mut Vec<Hit>) {
        hits.clear();
        for search in &self.searches {
            let mut at = 0;
            while let Some((literal, start)) = search.next(block, at) {
                for &owner in &search.owners[literal] {
                    self.confirm(block, start, owner, hits);
                }
                at = start + 1;
            }
        }
        if let Some(pattern) = self.email {
            let mut at = 0;
            while let Some(found) = memchr(b'@', &block[at..]) {
                let sign = at + found;
                if let Some(start) = valid::email_start(block, sign) {
                    hits.push(Hit { offset: start, pattern });
                }
                at = sign + 1;
            }
        }
        if self.ssn.is_some() || self.card.is_some() || self.phone.is_some() {
            self.scan_digits(block, hits);
        }
        if hits.len() > 1 {
            hits.sort_unstable();
            hits.dedup();
        }
    }

    #[inline(never)]
    fn confirm(&self, block: &[u8], start: usize, owner: usize, hits: &mut Vec<Hit>) {
        let pattern = &self.patterns[owner];
        let Some(regex) = &pattern.regex else { return };
        let mut from = start.saturating_sub(pattern.before);
        if from < start {
            from += memchr::memrchr(b'\n', &block[from..start]).map_or(0, |n| n + 1);
        }
        let window = &block[from..block.len().min(start + REACH)];
        let Some(found) = regex.find(window) else { return };
        let (begin, end) = (from + found.start(), from + found.end());
        if begin > start {
            return;
        }
        let left = matches!(pattern.boundary, Boundary::Left | Boundary::Both);
        let right = matches!(pattern.boundary, Boundary::Right | Boundary::Both);
        if left && !valid::free_before(block, begin) || right && !valid::free_after(block, end) {
            return;
        }
        if pattern.validator == Some(Validator::Iban) && !valid::iban(&block[begin..end]) {
            return;
        }
        hits.push(Hit { offset: begin, pattern: owner });
    }

    /// Looks at 64 bytes at a time as a mask of digits; layouts are found by shifting the mask against itself.
    fn scan_digits(&self, block: &[u8], hits: &mut Vec<Hit>) {
        let mut chunks = block.chunks(64);
        let Some(first) = chunks.next() else { return };
        let mut mask = digit_mask(first);
        let mut base = 0;
        loop {
            let next = chunks.next();
            let after = next.map_or(0, digit_mask);
            // Where five digits of any layout can start: most chunks of text end here.
            if mask != 0 {
                let wide = u128::from(mask) | u128::from(after) << 64;
                self.layouts(block, base, wide, hits);
            }
            if next.is_none() {
                return;
            }
            mask = after;
            base += 64;
        }
    }

    #[inline(always)]
    fn layouts(&self, block: &[u8], base: usize, digits: u128, hits: &mut Vec<Hit>) {
        let two = digits & digits >> 1;
        let three = two & digits >> 2;
        let four = two & two >> 2;
        if four == 0 {
            return;
        }
        let low = u128::from(u64::MAX);
        // ddd?dd?dddd and ddd?ddd?dddd
        let three_alone = three & !(digits >> 3);
        let ssn = three_alone & two >> 4 & !(digits >> 6) & four >> 7;
        let phone = three_alone & three >> 4 & !(digits >> 7) & four >> 8;
        let phone_wide = three_alone & !(digits >> 4) & three >> 5 & !(digits >> 8) & four >> 9;
        let groups = four & !(digits >> 4) & four >> 5 & !(digits >> 9) & four >> 10;
        let six = four & two >> 4;
        let amex = four & !(digits >> 4) & six >> 5 & !(digits >> 11) & four >> 12;
        let eight = four & four >> 4;
        let thirteen = eight & four >> 8 & digits >> 12;
        let wanted = (ssn | phone | phone_wide | groups | amex | thirteen) & low;
        if wanted != 0 {
            self.digit_candidates(block, base, wanted, hits);
        }
    }

    #[inline(never)]
    fn digit_candidates(&self, block: &[u8], base: usize, mut wanted: u128, hits: &mut Vec<Hit>) {
        while wanted != 0 {
            let start = base + wanted.trailing_zeros() as usize;
            wanted &= wanted - 1;
            // A layout starts where its digits start.
            if start > 0 && block[start - 1].is_ascii_digit() {
                continue;
            }
            let found = [
                (self.ssn, valid::ssn(block, start)),
                (self.card, valid::card(block, start)),
                (self.phone, valid::phone(block, start)),
            ];
            for (pattern, is_it) in found {
                if let (Some(pattern), true) = (pattern, is_it) {
                    hits.push(Hit { offset: start, pattern });
                }
            }
        }
    }
}

impl Search {
    #[inline(always)]
    fn next(&self, block: &[u8], at: usize) -> Option<(usize, usize)> {
        let rest = block.len() - at;
        match &self.packed {
            Some(packed) if rest >= packed.minimum_len() => {
                let found = packed.find_in(block, aho_corasick::Span { start: at, end: block.len() })?;
                Some((found.pattern().as_usize(), found.start()))
            }
            _ => {
                let found = self.plain.find(aho_corasick::Input::new(block).span(at..block.len()))?;
                debug_assert!(found.pattern().as_usize() < self.literals.len());
                Some((found.pattern().as_usize(), found.start()))
            }
        }
    }
}

/// Bit i is set when byte i is a digit.
#[inline(always)]
fn digit_mask(chunk: &[u8]) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut mask = 0u64;
    if let Ok(full) = <&[u8; 64]>::try_from(chunk) {
        for (i, eight) in full.chunks_exact(8).enumerate() {
            let word = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
            let seven = word & !HIGH;
            // High bit: at least '0', and not above '9', and the byte is below 0x80.
            let at_least = seven + LOW * (0x80 - b'0' as u64);
            let above = seven + LOW * (0x7F - b'9' as u64);
            let is_digit = at_least & !above & !word & HIGH;
            let packed = (is_digit >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            mask |= packed << (8 * i);
        }
    } else {
        for (i, b) in chunk.iter().enumerate() {
            mask |= u64::from(b.is_ascii_digit()) << i;
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::patterns;

    fn scanner() -> (Scanner, Vec<Pattern>) {
        let patterns = patterns::built_in().expect("the built-in patterns load");
        (Scanner::new(&patterns).expect("they compile"), patterns)
    }

    fn found(scanner: &Scanner, text: &[u8]) -> Vec<String> {
        let mut hits = Vec::new();
        scanner.scan(text, &mut hits);
        hits.iter().map(|h| scanner.id(h.pattern).to_owned()).collect()
    }

    #[test]
    fn every_example_of_every_pattern_holds() {
        let (scanner, patterns) = scanner();
        let mut wrong = Vec::new();
        for pattern in &patterns {
            for pad in [0, 1, 7, 31, 63, 64, 100] {
                let around =
                    |text: &str| format!("{}|{text}|{}", "-".repeat(pad), " ".repeat(70)).into_bytes();
                for text in &pattern.valid {
                    if !found(&scanner, &around(text)).contains(&pattern.id)
                        || !found(&scanner, text.as_bytes()).contains(&pattern.id)
                    {
                        wrong.push(format!("{} is not found in {text:?} (pad {pad})", pattern.id));
                    }
                }
                for text in &pattern.invalid {
                    if found(&scanner, &around(text)).contains(&pattern.id)
                        || found(&scanner, text.as_bytes()).contains(&pattern.id)
                    {
                        wrong.push(format!("{} is found in {text:?} (pad {pad})", pattern.id));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_match_at_any_offset_is_found_once() {
        let (scanner, _) = scanner();
        let mut block = Vec::new();
        let mut expected = 0;
        for i in 0..500 {
            block.extend(std::iter::repeat_n(b'x', i % 71));
            block.extend_from_slice(b" 219-09-9998 ,AKIAIOSFODNN7EXAMPLE; 4111111111111111 ");
            expected += 3;
        }
        assert_eq!(found(&scanner, &block).len(), expected);
    }

    #[test]
    fn the_digit_mask_is_exact() {
        let all: Vec<u8> = (0..=255).collect();
        for chunk in all.chunks(64) {
            let expected =
                chunk.iter().enumerate().fold(0u64, |m, (i, b)| m | u64::from(b.is_ascii_digit()) << i);
            assert_eq!(digit_mask(chunk), expected);
        }
    }
}
