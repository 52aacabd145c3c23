//! Finds the places in a block of records where a pattern of the catalogue occurs; it never keeps what it found.

use std::{ops::Range, sync::OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use super::lanes::{Chunk, Prefixes, Visit, WIDTH};
use super::marks::Marks;
use super::valid;
use crate::catalog::patterns::{Boundary, Class, Digits, Pattern, Validator};

/// Longest text around a literal that a pattern is tried on.
const REACH: usize = 2560;

/// One place: offset of the match in the block, and the index of the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub offset: usize,
    pub pattern: usize,
}

struct Prepared {
    id: String,
    class: Class,
    expression: Option<Expression>,
    before: usize,
    boundary: Boundary,
    validator: Option<Validator>,
}

/// A text that each match of a pattern holds.
struct Literal {
    text: Vec<u8>,
    /// Its first four bytes as one number, and which of the four it has: told apart without a comparison of texts.
    head: u32,
    mask: u32,
    owner: usize,
}

/// The patterns, ready to search.
pub struct Scanner {
    patterns: Vec<Prepared>,
    /// Every literal, in order.
    literals: Vec<Literal>,
    /// The literals that start with a byte.
    by_first: Vec<Range<usize>>,
    prefixes: Prefixes,
    ssn: Option<usize>,
    card: Option<usize>,
    phone: Option<usize>,
    email: Option<usize>,
}

impl Scanner {
    /// Prepares the patterns of the catalogue.
    pub fn new(patterns: &[Pattern]) -> Self {
        let mut texts: Vec<(&[u8], usize)> = patterns
            .iter()
            .enumerate()
            .flat_map(|(index, pattern)| pattern.literals.iter().map(move |l| (l.as_bytes(), index)))
            .filter(|(text, _)| !text.is_empty())
            .collect();
        texts.sort_unstable();
        texts.dedup();
        let by_first = (0..=u8::MAX)
            .map(|byte| {
                let start = texts.partition_point(|(text, _)| text[0] < byte);
                start..start + texts[start..].partition_point(|(text, _)| text[0] == byte)
            })
            .collect();
        let digits = |wanted| patterns.iter().rposition(|p| p.digits == Some(wanted));
        Scanner {
            patterns: patterns.iter().map(prepared).collect(),
            by_first,
            prefixes: Prefixes::new(texts.iter().map(|(text, _)| *text)),
            literals: texts.iter().map(|&(text, owner)| literal(text, owner)).collect(),
            ssn: digits(Digits::Ssn),
            card: digits(Digits::Card),
            phone: digits(Digits::Phone),
            email: patterns.iter().rposition(|p| p.at_sign),
        }
    }

    pub fn id(&self, pattern: usize) -> &str {
        &self.patterns[pattern].id
    }

    pub fn class(&self, pattern: usize) -> Class {
        self.patterns[pattern].class
    }

    /// Whether the pattern finds what people are named by in logs: e-mail addresses.
    pub fn names_a_person(&self, pattern: usize) -> bool {
        self.email == Some(pattern)
    }

    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Puts every place of every pattern in `block` into `hits`, in order of place. `block` ends at the end of a record.
    pub fn scan(&self, block: &[u8], hits: &mut Vec<Hit>) {
        self.look(block, 0, &mut Marks::default(), hits);
    }

    /// The same, for the places from `from` on; and marks what is read again when the block's records are walked.
    pub fn look(&self, block: &[u8], from: usize, marks: &mut Marks, hits: &mut Vec<Hit>) {
        hits.clear();
        marks.start(block.len());
        let mut pass = Pass { scanner: self, block, from, hits, marks, digits: 0, carry: false, base: 0 };
        self.prefixes.look(block, &mut pass);
        pass.layouts(0);
        hits.retain(|hit| hit.offset >= from);
        if hits.len() > 1 {
            hits.sort_unstable();
            hits.dedup();
        }
    }

    #[inline(never)]
    fn confirm(&self, block: &[u8], start: usize, owner: usize, hits: &mut Vec<Hit>) {
        let pattern = &self.patterns[owner];
        let Some(expression) = &pattern.expression else { return };
        let regex = expression.compiled();
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
}

/// The first four bytes as a number; zeros stand for what is not there.
fn head(text: &[u8]) -> u32 {
    match text.first_chunk() {
        Some(four) => u32::from_le_bytes(*four),
        None => text.iter().rev().fold(0, |head, &b| head << 8 | u32::from(b)),
    }
}

fn literal(text: &[u8], owner: usize) -> Literal {
    let mask = if text.len() < 4 { (1 << (8 * text.len())) - 1 } else { u32::MAX };
    Literal { text: text.to_vec(), head: head(text), mask, owner }
}

fn prepared(pattern: &Pattern) -> Prepared {
    let anchored = |text: &String| if pattern.before == 0 { format!(r"\A(?:{text})") } else { text.clone() };
    Prepared {
        id: pattern.id.clone(),
        class: pattern.class,
        expression: pattern
            .regex
            .as_ref()
            .map(|text| Expression { text: anchored(text), regex: OnceLock::new() }),
        before: pattern.before,
        boundary: pattern.boundary,
        validator: pattern.validator,
    }
}

/// A regular expression, compiled when one of its pattern's literals is first seen: most logs hold few of them.
struct Expression {
    text: String,
    regex: OnceLock<Regex>,
}

impl Expression {
    fn compiled(&self) -> &Regex {
        self.regex.get_or_init(|| {
            let built = RegexBuilder::new(&self.text).unicode(false).size_limit(1 << 20).build();
            built.expect("patterns are part of the program, and a test compiles each")
        })
    }
}

/// One pass over a block.
struct Pass<'p> {
    scanner: &'p Scanner,
    block: &'p [u8],
    from: usize,
    hits: &'p mut Vec<Hit>,
    marks: &'p mut Marks,
    /// The digits of the chunk before: a layout may go on in the next one.
    digits: u64,
    /// Whether a digit stands before them.
    carry: bool,
    /// Where they start.
    base: usize,
}

impl Visit for Pass<'_> {
    #[inline(always)]
    fn chunk(&mut self, at: usize, chunk: Chunk) {
        self.marks.add(&chunk);
        if self.digits != 0 {
            self.layouts(chunk.digits);
        }
        self.carry = self.digits >> 63 == 1;
        self.digits = chunk.digits;
        self.base = at;
        if (chunk.literals | chunk.at_signs) != 0 && at + WIDTH > self.from {
            self.candidates(at, chunk.literals, chunk.at_signs);
        }
    }
}

fn places(base: usize, mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (mask != 0).then(|| base + mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        place
    })
}

impl Pass<'_> {
    #[inline(never)]
    fn candidates(&mut self, base: usize, literals: u64, at_signs: u64) {
        for start in places(base, literals) {
            let rest = &self.block[start..];
            let range = self.scanner.by_first[usize::from(rest[0])].clone();
            let here = head(rest);
            for literal in &self.scanner.literals[range] {
                if here & literal.mask == literal.head && rest.starts_with(&literal.text) {
                    self.scanner.confirm(self.block, start, literal.owner, self.hits);
                }
            }
        }
        if let Some(pattern) = self.scanner.email {
            for sign in places(base, at_signs) {
                if let Some(offset) = valid::email_start(self.block, sign) {
                    self.hits.push(Hit { offset, pattern });
                }
            }
        }
    }

    /// Finds layouts of digits by shifting the mask of digits against itself; `next` is the mask behind it.
    #[inline(always)]
    fn layouts(&mut self, next: u64) {
        let digits = u128::from(self.digits) | u128::from(next) << WIDTH;
        // A layout starts where its digits start.
        let starts = self.digits & !(self.digits << 1 | u64::from(self.carry));
        let two = digits & digits >> 1;
        let three = two & digits >> 2;
        if three as u64 & starts == 0 {
            return;
        }
        let four = two & two >> 2;
        // ddd?dd?dddd and ddd?ddd?dddd
        let three_alone = three & !(digits >> 3);
        let ssn = three_alone & two >> 4 & !(digits >> 6) & four >> 7;
        let phone = three_alone & three >> 4 & !(digits >> 7) & four >> 8;
        let phone_wide = three_alone & !(digits >> 4) & three >> 5 & !(digits >> 8) & four >> 9;
        let groups = four & !(digits >> 4) & four >> 5 & !(digits >> 9) & four >> 10;
        let six = four & two >> 4;
        let amex = four & !(digits >> 4) & six >> 5 & !(digits >> 11) & four >> 12;
        // 13 to 16 digits in a row.
        let thirteen = four & four >> 4 & four >> 8 & digits >> 12 & !(four >> 13);
        let wanted = (ssn | phone | phone_wide | groups | amex | thirteen) as u64 & starts;
        if wanted != 0 {
            self.digit_candidates(wanted);
        }
    }

    #[inline(never)]
    fn digit_candidates(&mut self, wanted: u64) {
        for offset in places(self.base, wanted) {
            let found = [
                (self.scanner.ssn, valid::ssn(self.block, offset)),
                (self.scanner.card, valid::card(self.block, offset)),
                (self.scanner.phone, valid::phone(self.block, offset)),
            ];
            for (pattern, is_it) in found {
                if let (Some(pattern), true) = (pattern, is_it) {
                    self.hits.push(Hit { offset, pattern });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::patterns;

    fn scanner() -> (Scanner, Vec<Pattern>) {
        let patterns = patterns::built_in().expect("the built-in patterns load");
        (Scanner::new(&patterns), patterns)
    }

    fn found(scanner: &Scanner, text: &[u8]) -> Vec<String> {
        let mut hits = Vec::new();
        scanner.scan(text, &mut hits);
        hits.iter().map(|h| scanner.id(h.pattern).to_owned()).collect()
    }

    #[test]
    fn every_example_of_every_pattern_holds() {
        let (scanner, patterns) = scanner();
        for expression in scanner.patterns.iter().filter_map(|pattern| pattern.expression.as_ref()) {
            expression.compiled();
        }
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
}
