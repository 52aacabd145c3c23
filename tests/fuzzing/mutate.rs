//! Changes inputs at random, by bytes and by the marks of the formats, the same for the same seed.

/// xorshift64*: enough to mutate, the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % n.max(1) as u64) as usize
    }

    fn pick<'t, T: ?Sized>(&mut self, list: &[&'t T]) -> &'t T {
        list[self.below(list.len())]
    }
}

/// Longer inputs are cut: size alone finds little and costs much.
const LONGEST: usize = 24 * 1024;

/// Bytes that mean something in one of the formats.
const MARKS: &[u8] = b"{}[]\",:\\\n\r\t\0 #='*?/0-9.Zz\xff\xc3\xed\xa0\x1b";

/// Makes a new input out of one of `corpus` and pieces of the others and of `words`.
pub fn mutate(random: &mut Random, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = corpus[random.below(corpus.len())].clone();
    for _ in 0..1 + random.below(12) {
        change(random, &mut input, corpus, words);
    }
    input.truncate(LONGEST);
    input
}

fn change(random: &mut Random, input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
    let len = input.len();
    let at = random.below(len + 1);
    let short = random.below(24).min(len - at);
    match random.below(12) {
        0 if at < len => input[at] = MARKS[random.below(MARKS.len())],
        1 if at < len => input[at] ^= 1 << random.below(8),
        2 => input.insert(at, MARKS[random.below(MARKS.len())]),
        3 => drop(input.drain(at..at + short)),
        4 => input.truncate(at.max(len / 2)),
        5 => put(input, at, random.pick(words).as_bytes()),
        // A word in place of another.
        6 => {
            let end = at + input[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            let word = random.pick(words).as_bytes().to_vec();
            input.splice(at..end, word);
        }
        // A piece of the same input again.
        7 => {
            let to = (at + random.below(400)).min(len);
            let piece = input[at..to].to_vec();
            put(input, random.below(len + 1), &piece);
        }
        // A piece of another input.
        8 => {
            let other = &corpus[random.below(corpus.len())];
            let from = random.below(other.len() + 1);
            let piece = other[from..(from + random.below(400)).min(other.len())].to_vec();
            put(input, at, &piece);
        }
        // Lines change places, or go.
        9 | 10 => {
            let mut lines: Vec<&[u8]> = input.split_inclusive(|&b| b == b'\n').collect();
            let (a, b) = (random.below(lines.len()), random.below(lines.len()));
            match lines.len() {
                0 => {}
                _ if random.below(2) == 0 => lines.swap(a, b),
                _ => drop(lines.remove(a)),
            }
            *input = lines.concat();
        }
        // The same byte many times: depth, or length.
        _ => {
            let byte = MARKS[random.below(MARKS.len())];
            let many = vec![byte; 1 << random.below(13)];
            put(input, at, &many);
        }
    }
}

fn put(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}
