//! Names as people may see them: printable, bounded, ranked, and without a secret.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::names::{Counts, Names, OTHERS};
use super::scan::Scanner;
use crate::model::activity::{NameCount, Ranked};

/// Longest name that is shown.
pub const SHOWN: usize = 120;
/// Names in a ranking of the whole period.
pub const RANKED: usize = 1000;

/// Shows what a log's writer wrote.
#[derive(Clone, Copy)]
pub struct Shown<'s> {
    pub scanner: &'s Scanner,
}

impl Shown<'_> {
    /// Text for people: no control characters, no characters that turn the reading direction, nothing that a
    /// pattern finds but the e-mail address by which a source names its user, bounded.
    pub fn printable(&self, bytes: &[u8], limit: usize) -> String {
        let mut hits = Vec::new();
        self.scanner.scan(bytes, &mut hits);
        if let Some(hit) = hits.iter().find(|h| !self.scanner.names_a_person(h.pattern)) {
            return format!("[{} withheld]", self.scanner.id(hit.pattern));
        }
        let text = String::from_utf8_lossy(bytes);
        if bytes.len() <= limit && bytes.iter().all(|b| matches!(b, b' '..=b'~')) {
            return text.into_owned();
        }
        let mut shown: String =
            text.chars().take(limit).map(|c| if is_unsafe(c) { '\u{FFFD}' } else { c }).collect();
        if text.chars().nth(limit).is_some() {
            shown.push('…');
        }
        shown
    }

    pub fn ranked(&self, counts: &Counts, names: &Names) -> Ranked {
        self.first_ranked(counts, names, RANKED)
    }

    /// The `most` most frequent names; the rest as one number.
    pub fn first_ranked(&self, counts: &Counts, names: &Names, most: usize) -> Ranked {
        let mut others = counts.get(OTHERS);
        let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
        for (number, &count) in counts.0.iter().enumerate().skip(1).filter(|(_, c)| **c > 0) {
            // Two names may look the same once they are made printable.
            *by_name.entry(self.printable(names.name(number as u32), SHOWN)).or_default() += u64::from(count);
        }
        let mut top: Vec<NameCount> =
            by_name.into_iter().map(|(name, count)| NameCount { name, count }).collect();
        top.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        others += top.iter().skip(most).map(|n| n.count).sum::<u64>();
        top.truncate(most);
        top.shrink_to_fit();
        Ranked { top, others }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Names a finding by its place and class and not by its content.
pub fn fingerprint(source: &str, offset: u64, class: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(source.as_bytes());
    hash.update([0]);
    hash.update(offset.to_le_bytes());
    hash.update(class.as_bytes());
    short(&hash.finalize())
}

/// Sixteen hex digits of a digest: the first eight bytes that are not written in decimal digits alone, because these
/// could be taken for the number of a payment card.
pub fn short(digest: &[u8]) -> String {
    let mut names = digest.chunks_exact(8).map(hex);
    names.find(|name| name.bytes().any(|b| b.is_ascii_alphabetic())).unwrap_or_default()
}

/// Characters that can act on a terminal or mislead a reader: controls, and those that turn or hide text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_digest_is_no_payment_card() {
        let card = [0x41, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11];
        assert_eq!(short(&[[0xA0; 8], card].concat()), "a0a0a0a0a0a0a0a0");
        assert_eq!(short(&[card, [0xA0; 8]].concat()), "a0a0a0a0a0a0a0a0");
    }
}
