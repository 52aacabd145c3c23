//! Looks at 64 bytes of a block at once: where JSON's texts stop, where digits are, where a wanted literal may start.

use pulp::{Arch, NullaryFnOnce};

/// Bytes that are looked at together.
pub const WIDTH: usize = 64;
/// First bytes of a literal that are compared: it may start where all of them fit.
const FIRST: usize = 4;
/// Bytes that one look reads: a literal that starts in the last of the 64 reaches beyond them.
const READS: usize = WIDTH + FIRST - 1;
/// Literals are spread over this many groups; a table row has one bit for each of eight.
const GROUPS: usize = 16;

/// What 64 bytes hold: bit i tells of byte i.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Quotes, backslashes and control characters: what ends a run of plain text.
    pub stops: u64,
    pub digits: u64,
    pub at_signs: u64,
    pub line_ends: u64,
    /// Bytes that are no ASCII.
    pub wide: u64,
    /// Places where one of the literals may start; never too few, sometimes too many.
    pub literals: u64,
}

/// Which bytes can be the first, second, third and fourth of a literal, by their two halves: a set of groups for each value.
#[derive(Clone, Debug)]
pub struct Prefixes {
    /// Eight groups in a row; `rows[half][position][low or high half]`.
    rows: [[[[u8; 16]; 2]; FIRST]; GROUPS / 8],
}

/// What is done with each chunk.
pub trait Visit {
    /// `at` is the offset of the chunk's first byte.
    fn chunk(&mut self, at: usize, chunk: Chunk);
}

impl Prefixes {
    pub fn new<'l>(literals: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let mut literals: Vec<&[u8]> = literals.into_iter().filter(|l| !l.is_empty()).collect();
        literals.sort_unstable();
        literals.dedup_by_key(|l| &l[..l.len().min(FIRST)]);
        // Literals that share upper halves (capitals with capitals) let the fewest others through as a group.
        let half = |l: &[u8], at: usize| l.get(at).map(|b| (b >> 4, b & 15));
        literals.sort_by_key(|l| {
            let [first, second] = [half(l, 0), half(l, 1)];
            (first.map(|h| h.0), second.map(|h| h.0), first.map(|h| h.1))
        });
        let mut prefixes = Prefixes { rows: [[[[0; 16]; 2]; FIRST]; GROUPS / 8] };
        for (number, literal) in literals.iter().enumerate() {
            let group = number * GROUPS / literals.len();
            let bit = 1u8 << (group % 8);
            for (position, [low, high]) in prefixes.rows[group / 8].iter_mut().enumerate() {
                match literal.get(position) {
                    Some(&byte) => {
                        low[usize::from(byte & 15)] |= bit;
                        high[usize::from(byte >> 4)] |= bit;
                    }
                    None => low.iter_mut().chain(high).for_each(|row| *row |= bit),
                }
            }
        }
        prefixes
    }

    /// Shows the visitor all chunks of `bytes` in order; bits behind the end are not set.
    pub fn look(&self, bytes: &[u8], visitor: &mut impl Visit) {
        match Arch::new() {
            #[cfg(target_arch = "x86_64")]
            Arch::V4(simd) => {
                let look = wide::V4Look::new(simd, self);
                simd.vectorize(Pass { look, bytes, visitor });
            }
            #[cfg(target_arch = "x86_64")]
            Arch::V3(simd) => {
                let look = wide::V3Look::new(simd, self);
                simd.vectorize(Pass { look, bytes, visitor });
            }
            _ => Pass { look: PlainLook(self), bytes, visitor }.call(),
        }
    }
}

/// One way of looking; all give the same chunks.
trait Look {
    fn chunk(&self, bytes: &[u8; READS]) -> Chunk;
}

struct Pass<'p, L, V> {
    look: L,
    bytes: &'p [u8],
    visitor: &'p mut V,
}

impl<L: Look, V: Visit> NullaryFnOnce for Pass<'_, L, V> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut at = 0;
        while let Some(bytes) = self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
            self.visitor.chunk(at, self.look.chunk(bytes));
            at += WIDTH;
        }
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            let mut padded = [0; READS];
            padded[..rest.len()].copy_from_slice(rest);
            let there = if rest.len() < WIDTH { (1 << rest.len()) - 1 } else { u64::MAX };
            let chunk = self.look.chunk(&padded);
            self.visitor.chunk(
                at,
                Chunk {
                    stops: chunk.stops & there,
                    digits: chunk.digits & there,
                    at_signs: chunk.at_signs & there,
                    line_ends: chunk.line_ends & there,
                    wide: chunk.wide & there,
                    literals: chunk.literals & there,
                },
            );
            at += WIDTH;
        }
    }
}

/// Byte by byte: for processors without wide registers, and what the others are held to.
struct PlainLook<'p>(&'p Prefixes);

impl Look for PlainLook<'_> {
    fn chunk(&self, bytes: &[u8; READS]) -> Chunk {
        let mut chunk = Chunk::default();
        for (i, window) in bytes.windows(FIRST).enumerate() {
            let byte = window[0];
            let bit = |is: bool| u64::from(is) << i;
            chunk.stops |= bit(matches!(byte, b'"' | b'\\' | 0..0x20));
            chunk.digits |= bit(byte.is_ascii_digit());
            chunk.at_signs |= bit(byte == b'@');
            chunk.line_ends |= bit(byte == b'\n');
            chunk.wide |= bit(!byte.is_ascii());
            let fits = |rows: &[[[u8; 16]; 2]; FIRST]| {
                rows.iter().zip(window).fold(u8::MAX, |groups, ([low, high], &b)| {
                    groups & low[usize::from(b & 15)] & high[usize::from(b >> 4)]
                })
            };
            chunk.literals |= bit(self.0.rows.iter().any(|rows| fits(rows) != 0));
        }
        chunk
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{__m256i, __m512i};

    use pulp::{
        cast,
        x86::{V3, V4},
    };

    use super::{Chunk, FIRST, GROUPS, Look, Prefixes, READS, WIDTH};

    type Tables<T> = [[[T; 2]; FIRST]; GROUPS / 8];

    fn tables<T>(prefixes: &Prefixes, wide: impl Fn([u8; 16]) -> T) -> Tables<T> {
        prefixes.rows.map(|half| half.map(|position| position.map(&wide)))
    }

    /// The 64 bytes from `from` on.
    #[inline(always)]
    fn sixty_four(bytes: &[u8; READS], from: usize) -> [u8; WIDTH] {
        *bytes[from..].first_chunk().expect("a look reads as far as the last position")
    }

    pub struct V4Look {
        simd: V4,
        tables: Tables<__m512i>,
    }

    impl V4Look {
        pub fn new(simd: V4, prefixes: &Prefixes) -> Self {
            V4Look { simd, tables: tables(prefixes, |row| cast([row; 4])) }
        }
    }

    impl Look for V4Look {
        #[inline(always)]
        fn chunk(&self, bytes: &[u8; READS]) -> Chunk {
            let (f, bw) = (self.simd.avx512f, self.simd.avx512bw);
            let all = |byte: u8| -> __m512i { cast([byte; WIDTH]) };
            let here: __m512i = cast(sixty_four(bytes, 0));
            let is = |byte: u8| bw._mm512_cmpeq_epi8_mask(here, all(byte));
            let mut groups = [all(0xFF); GROUPS / 8];
            for position in 0..FIRST {
                let there: __m512i = cast(sixty_four(bytes, position));
                let low = f._mm512_and_si512(there, all(15));
                let high = f._mm512_and_si512(bw._mm512_srli_epi16::<4>(there), all(15));
                for (half, fits) in groups.iter_mut().enumerate() {
                    let [low_row, high_row] = self.tables[half][position];
                    let low = bw._mm512_shuffle_epi8(low_row, low);
                    let high = bw._mm512_shuffle_epi8(high_row, high);
                    *fits = f._mm512_and_si512(*fits, f._mm512_and_si512(low, high));
                }
            }
            let any = f._mm512_or_si512(groups[0], groups[1]);
            let from_zero = bw._mm512_sub_epi8(here, all(b'0'));
            Chunk {
                stops: is(b'"') | is(b'\\') | bw._mm512_cmplt_epu8_mask(here, all(0x20)),
                digits: bw._mm512_cmplt_epu8_mask(from_zero, all(10)),
                at_signs: is(b'@'),
                line_ends: is(b'\n'),
                wide: bw._mm512_movepi8_mask(here),
                literals: bw._mm512_test_epi8_mask(any, any),
            }
        }
    }

    pub struct V3Look {
        simd: V3,
        tables: Tables<__m256i>,
    }

    impl V3Look {
        pub fn new(simd: V3, prefixes: &Prefixes) -> Self {
            V3Look { simd, tables: tables(prefixes, |row| cast([row; 2])) }
        }

        /// Half a chunk.
        #[inline(always)]
        fn half(&self, bytes: &[u8; READS], from: usize) -> Chunk {
            let simd = self.simd.avx2;
            let all = |byte: u8| -> __m256i { cast([byte; 32]) };
            let load = |from: usize| -> __m256i {
                cast(*bytes[from..].first_chunk::<32>().expect("half of what a look reads"))
            };
            let here = load(from);
            let bits = |lanes: __m256i| u64::from(simd._mm256_movemask_epi8(lanes) as u32);
            let is = |byte: u8| simd._mm256_cmpeq_epi8(here, all(byte));
            // Unsigned "at most": the smaller of the two is the value itself.
            let at_most = |value: __m256i, limit: u8| {
                simd._mm256_cmpeq_epi8(simd._mm256_min_epu8(value, all(limit)), value)
            };
            let mut groups = [all(0xFF); GROUPS / 8];
            for position in 0..FIRST {
                let there = load(from + position);
                let low = simd._mm256_and_si256(there, all(15));
                let high = simd._mm256_and_si256(simd._mm256_srli_epi16::<4>(there), all(15));
                for (half, fits) in groups.iter_mut().enumerate() {
                    let [low_row, high_row] = self.tables[half][position];
                    let low = simd._mm256_shuffle_epi8(low_row, low);
                    let high = simd._mm256_shuffle_epi8(high_row, high);
                    *fits = simd._mm256_and_si256(*fits, simd._mm256_and_si256(low, high));
                }
            }
            let none = simd._mm256_cmpeq_epi8(simd._mm256_or_si256(groups[0], groups[1]), all(0));
            let quote_or_slash = simd._mm256_or_si256(is(b'"'), is(b'\\'));
            Chunk {
                stops: bits(simd._mm256_or_si256(quote_or_slash, at_most(here, 0x1F))),
                digits: bits(at_most(simd._mm256_sub_epi8(here, all(b'0')), 9)),
                at_signs: bits(is(b'@')),
                line_ends: bits(is(b'\n')),
                wide: bits(here),
                literals: bits(none) ^ 0xFFFF_FFFF,
            }
        }
    }

    impl Look for V3Look {
        #[inline(always)]
        fn chunk(&self, bytes: &[u8; READS]) -> Chunk {
            let (low, high) = (self.half(bytes, 0), self.half(bytes, 32));
            Chunk {
                stops: low.stops | high.stops << 32,
                digits: low.digits | high.digits << 32,
                at_signs: low.at_signs | high.at_signs << 32,
                line_ends: low.line_ends | high.line_ends << 32,
                wide: low.wide | high.wide << 32,
                literals: low.literals | high.literals << 32,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<(usize, Chunk)>);

    impl Visit for Seen {
        fn chunk(&mut self, at: usize, chunk: Chunk) {
            self.0.push((at, chunk));
        }
    }

    const LITERALS: [&[u8]; 9] =
        [b"AKIA", b"ghp_", b"password=", b"Bearer ", b"MRN", b"ab", b"-----BEGIN", b"patient", b"Street"];

    fn plain(prefixes: &Prefixes, bytes: &[u8]) -> Vec<(usize, Chunk)> {
        let mut seen = Seen::default();
        Pass { look: PlainLook(prefixes), bytes, visitor: &mut seen }.call();
        seen.0
    }

    fn text(len: usize, mut state: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < len {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match state >> 61 {
                0 => bytes.extend_from_slice(LITERALS[(state >> 33) as usize % LITERALS.len()]),
                1 => bytes.push((state >> 40) as u8),
                2 => bytes.extend_from_slice(b"\"\\\n\0\x1f 09/:@\x7f\x80\xff"),
                _ => bytes.push(b'a' + (state >> 40) as u8 % 26),
            }
        }
        bytes.truncate(len);
        bytes
    }

    #[test]
    fn every_way_of_looking_sees_the_same() {
        let prefixes = Prefixes::new(LITERALS);
        for len in (0..300).chain([4096, 5000]) {
            let bytes = text(len, len as u64);
            let expected = plain(&prefixes, &bytes);
            let mut best = Seen::default();
            prefixes.look(&bytes, &mut best);
            assert!(best.0 == expected, "length {len}");
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = pulp::x86::V3::try_new() {
                let mut seen = Seen::default();
                let look = wide::V3Look::new(simd, &prefixes);
                simd.vectorize(Pass { look, bytes: &bytes, visitor: &mut seen });
                assert!(seen.0 == expected, "length {len}, 32 bytes at once");
            }
        }
    }

    #[test]
    fn no_literal_is_missed_and_each_bit_is_what_it_says() {
        let prefixes = Prefixes::new(LITERALS);
        let bytes = text(5000, 7);
        let chunks = plain(&prefixes, &bytes);
        for (place, &byte) in bytes.iter().enumerate() {
            let chunk = chunks[place / WIDTH].1;
            let has = |mask: u64| mask >> (place % WIDTH) & 1 == 1;
            assert_eq!(has(chunk.stops), byte < 0x20 || byte == b'"' || byte == b'\\');
            assert_eq!(has(chunk.digits), byte.is_ascii_digit());
            assert_eq!(has(chunk.at_signs), byte == b'@');
            assert_eq!(has(chunk.line_ends), byte == b'\n');
            assert_eq!(has(chunk.wide), byte >= 0x80);
            if LITERALS.iter().any(|l| bytes[place..].starts_with(l)) {
                assert!(has(chunk.literals), "a literal at {place}");
            }
        }
    }
}
