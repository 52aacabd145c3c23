//! Recovers records that are not valid as written, and says of the others where they stand and why they were refused.

use super::super::event::{self, Event};
use super::super::fields::{Field, Fields, KeyOrder};
use super::super::json::{Fault, Unmarked};
use super::super::mend::{self, trim};
use super::super::place::Block;
use super::{Framer, Step, line};

/// A broken record of several lines is given up after this many.
const REGION_LINES: usize = 2000;
const REGION_BYTES: usize = 256 * 1024;
/// Starts of records looked for inside one broken line.
const GLUED: usize = 16;

/// Where a broken record of several lines ends.
enum Region {
    Ends(usize),
    /// Another record starts inside it.
    CutShort(usize),
    TooLong(usize),
    More,
}

impl Framer<'_> {
    /// A record that is not valid as written.
    #[inline(never)]
    pub(super) fn broken<'b>(
        &mut self,
        block: Block<'b>,
        at: usize,
        fault: Fault,
        fields: &mut Fields<'b>,
    ) -> Step {
        let bytes = block.bytes;
        let Some(line_end) = line::end(bytes, at, block.end) else { return self.more(block, at) };
        if let Fault::TooDeep(_) = fault {
            self.refuse(block, at, line_end, "too_deep");
            return Step::To(line_end);
        }
        let first = trim(&bytes[at..line_end]);
        if first == b"{" {
            return self.region(block, at, fields);
        }
        if let Some(start) = glued(bytes, at, line_end, fields) {
            self.refuse(block, at, start, "cut_short");
            return Step::To(start);
        }
        let goes_on = match fault {
            Fault::Syntax(place) => place > line_end,
            _ => true,
        };
        if goes_on {
            return self.region(block, at, fields);
        }
        let closed = first.strip_suffix(b",").unwrap_or(first);
        if closed.ends_with(b"}") {
            if !self.mended(block, at, line_end, closed, fields) {
                self.refuse(block, at, line_end, "malformed");
            }
            return Step::To(line_end);
        }
        // A value with a raw line end, or a record that was cut short: the next line tells.
        match bytes[line_end..].iter().position(|b| !b.is_ascii_whitespace() && *b != 0) {
            None if !block.end => self.more(block, at),
            Some(next) if bytes[line_end + next] != b'{' => self.region(block, at, fields),
            _ => {
                self.refuse(block, at, line_end, "cut_short");
                Step::To(line_end)
            }
        }
    }

    /// Counts the record of `text` when it can be mended.
    pub(super) fn mended<'b>(
        &mut self,
        block: Block<'b>,
        at: usize,
        end: usize,
        text: &'b [u8],
        fields: &mut Fields<'b>,
    ) -> bool {
        if !mend::mend(text, fields) {
            return false;
        }
        self.in_pieces = false;
        self.tally.repaired(self.here(block, at));
        if !self.marks.is_ascii(end) && std::str::from_utf8(text).is_err() {
            self.tally.counts.invalid_utf8 += 1;
        }
        let event = Event { is_mended: true, ..event::flat(fields, &mut self.clock) };
        self.count(block, at, end, &event);
        true
    }

    /// A broken record of several lines.
    fn region<'b>(&mut self, block: Block<'b>, at: usize, fields: &mut Fields<'b>) -> Step {
        match region_end(block, at, &self.last_key, fields) {
            Region::More => self.more(block, at),
            Region::Ends(to) => {
                let text = trim(&block.bytes[at..to]);
                let text = text.strip_suffix(b",").unwrap_or(text);
                if self.mended(block, at, to, text, fields) {
                    self.remember_last_key(text);
                } else {
                    self.refuse(block, at, to, "malformed");
                }
                Step::To(to)
            }
            Region::CutShort(to) => self.pieces(block, at, to, "cut_short"),
            Region::TooLong(to) => self.pieces(block, at, to, "no_end"),
        }
    }

    fn pieces(&mut self, block: Block<'_>, at: usize, to: usize, reason: &'static str) -> Step {
        self.refuse(block, at, to, reason);
        self.in_pieces = true;
        Step::To(to)
    }

    fn remember_last_key(&mut self, text: &[u8]) {
        let body = trim(text.strip_suffix(b"}").unwrap_or(text));
        let last = body.rsplit(|&b| b == b'\n').next().unwrap_or_default();
        if let Some(key) = line::key(trim(last))
            && self.last_key != key
        {
            self.last_key = key.to_vec();
        }
    }
}

/// Where a whole record starts inside the broken line and ends with it: the writer before was cut off.
fn glued<'b>(bytes: &'b [u8], at: usize, line_end: usize, fields: &mut Fields<'b>) -> Option<usize> {
    let line = &bytes[at + 1..line_end];
    memchr::memmem::find_iter(line, b"{\"").take(GLUED).map(|found| at + 1 + found).find(|&start| {
        let whole = KeyOrder::default().walk(&bytes[..line_end], Unmarked, start, fields);
        whole.is_ok_and(|e| trim(&bytes[e..line_end]).is_empty())
            && fields.has(Field::Time)
            && fields.members >= 3
    })
}

/// Whether the line is a whole record with a time: a record that starts there cannot be part of another.
fn is_whole<'b>(bytes: &'b [u8], pos: usize, stop: usize, fields: &mut Fields<'b>) -> bool {
    let start = pos + bytes[pos..stop].iter().position(|&b| b == b'{').unwrap_or(0);
    let whole = KeyOrder::default().walk(&bytes[..stop], Unmarked, start, fields);
    whole.is_ok_and(|e| matches!(trim(&bytes[e..stop]), b"" | b",")) && fields.has(Field::Time)
}

/// Finds the end of the broken record that starts at `at`, by its lines. `last_key` ends the records of this writer.
fn region_end<'b>(block: Block<'b>, at: usize, last_key: &[u8], fields: &mut Fields<'b>) -> Region {
    let bytes = block.bytes;
    let mut pos = at;
    let mut before: &[u8] = b"";
    let mut before_end = at;
    let mut first_key: Option<&[u8]> = None;
    let mut opening: &[u8] = b"";
    for index in 0..REGION_LINES {
        let Some(stop) = line::end(bytes, pos, block.end) else { return Region::More };
        let line = trim(&bytes[pos..stop]);
        if index == 0 {
            opening = line;
        } else if line.starts_with(b"{\"")
            && !(opening == b"{" && line::leaves_value_open(before))
            && is_whole(bytes, pos, stop, fields)
        {
            return Region::CutShort(pos);
        } else if line == b"}" || line == b"}," || line == b"}]" || opening != b"{" && line.ends_with(b"}") {
            let ends_by_key = line::key(before).is_some_and(|k| !last_key.is_empty() && k == last_key)
                && !before.ends_with(b",");
            match line::next_starts(bytes, stop, block.end) {
                None if !ends_by_key => return Region::More,
                Some(false) if !ends_by_key => {}
                _ => {
                    let list_end = usize::from(line == b"}]");
                    return Region::Ends(stop - list_end - line::trailing_blank(&bytes[pos..stop]));
                }
            }
        } else if line == b"{" {
            return Region::CutShort(pos);
        } else if let Some(key) = line::key(line) {
            match first_key {
                None => first_key = Some(key),
                Some(first) if first == key && before.ends_with(b"{") && before.len() > 1 => {
                    return Region::CutShort(before_end - 1);
                }
                _ => {}
            }
        }
        if stop + 1 - at > REGION_BYTES {
            return Region::TooLong(stop);
        }
        if stop >= bytes.len() {
            // The source ends inside the record.
            return Region::CutShort(bytes.len());
        }
        if !line.is_empty() {
            before = line;
            before_end = stop - line::trailing_blank(&bytes[pos..stop]);
        }
        pos = stop + 1;
    }
    Region::TooLong(pos)
}
