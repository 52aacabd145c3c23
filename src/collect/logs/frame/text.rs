//! Lines that start no JSON object: a table's rows, a system log's lines that carry a record, and what is no record.

use super::super::fields::Fields;
use super::super::mend::trim;
use super::super::place::Block;
use super::super::table::{self, Table};
use super::{Framer, Step, line};

impl Framer<'_> {
    #[inline(never)]
    pub(super) fn text<'b>(&mut self, block: Block<'b>, at: usize, fields: &mut Fields<'b>) -> Step {
        if let Some(mut table) = self.table.take() {
            let step = self.table_row(&mut table, block, at);
            self.table = Some(table);
            return step;
        }
        let Some(stop) = line::end(block.bytes, at, block.end) else { return self.more(block, at) };
        let line = &block.bytes[at..stop];
        if std::mem::take(&mut self.at_start)
            && let Some(step) = self.first_line(line, stop)
        {
            return step;
        }
        if line::is_journal_line(line) {
            self.system_log_line(block, at, stop, fields);
        } else if matches!(line[0], b'"' | b'}') {
            // Pieces of a record whose start is lost: one refusal for all of them.
            if !std::mem::replace(&mut self.in_pieces, true) {
                self.refuse(block, at, stop, "pieces");
            }
        } else if !self.in_pieces {
            self.refuse(block, at, stop, "not_a_record");
        }
        Step::To(stop)
    }

    /// A table's header, or a byte order mark before the first record.
    fn first_line(&mut self, line: &[u8], stop: usize) -> Option<Step> {
        if let Some(table) = table::header(trim(line)) {
            self.table = Some(table);
            let n = self.hits_before(stop);
            self.hits.drain(..n);
            return Some(Step::To(stop));
        }
        line.strip_prefix(b"\xEF\xBB\xBF").map(|rest| Step::To(stop - rest.len()))
    }

    /// A line of syslog or of a journal's text form, which may carry a record behind its own header.
    fn system_log_line<'b>(&mut self, block: Block<'b>, at: usize, stop: usize, fields: &mut Fields<'b>) {
        let bytes = block.bytes;
        let Some(brace) = memchr::memmem::find(&bytes[at..stop], b"{\"") else {
            return self.foreign(block, at, stop);
        };
        let start = at + brace;
        self.in_pieces = false;
        let whole = self.order.walk(&bytes[..stop], &self.marks, start, fields);
        if whole.is_ok_and(|e| trim(&bytes[e..stop]).is_empty()) {
            self.record(block, start, stop, fields);
        } else if !self.mended(block, start, stop, trim(&bytes[start..stop]), fields) {
            self.refuse(block, at, stop, "malformed");
        }
    }

    fn table_row(&mut self, table: &mut Table, block: Block<'_>, at: usize) -> Step {
        let stop = match table::row_end(block.bytes, at) {
            Some(stop) => stop,
            None if block.end => block.bytes.len(),
            None => return self.more(block, at),
        };
        let mut clock = std::mem::take(&mut self.clock);
        let fits = table::row(table, &block.bytes[at..stop], &mut clock, |event| {
            self.count(block, at, stop, event);
        });
        self.clock = clock;
        if !fits {
            self.refuse(block, at, stop, "malformed");
        }
        Step::To(stop)
    }
}
