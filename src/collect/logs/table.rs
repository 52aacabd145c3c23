//! Rows of an organisation's audit-log export (client-contract 7.4): CSV with a header row.

use super::event::Event;
use super::json;
use super::when::Clock;
use crate::model::activity::Shape;

/// Positions of the columns that carry facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    time: usize,
    actor: Option<usize>,
    event: usize,
    info: Option<usize>,
    count: usize,
}

/// Takes rows apart; one for all rows of a table, because its making costs more than a row.
#[derive(Clone, Debug)]
struct Splitter {
    reader: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    fn new() -> Self {
        // A default reader has no table of states.
        Splitter { reader: csv_core::Reader::new(), text: Vec::new(), ends: Vec::new() }
    }

    /// Splits one row; returns the number of its fields.
    fn split(&mut self, row: &[u8]) -> usize {
        self.reader.reset();
        // No field is longer than the row, and no row has more fields than bytes and one.
        self.text.resize(self.text.len().max(row.len() + 1), 0);
        let (mut read, mut written, mut fields) = (0, 0, 0);
        loop {
            if fields == self.ends.len() {
                self.ends.resize(2 * fields + 16, 0);
            }
            // Nothing behind the row: it ends here, with or without a line end.
            let (result, taken, put, ended) =
                self.reader.read_record(&row[read..], &mut self.text[written..], &mut self.ends[fields..]);
            (read, written, fields) = (read + taken, written + put, fields + ended);
            match result {
                csv_core::ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                csv_core::ReadRecordResult::InputEmpty | csv_core::ReadRecordResult::OutputEndsFull => {}
                csv_core::ReadRecordResult::Record | csv_core::ReadRecordResult::End => return fields,
            }
        }
    }

    /// A field of the row that was split last.
    fn field(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..self.ends[number]).unwrap_or_default()
    }
}

/// An export whose header was read.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Columns,
    splitter: Splitter,
}

/// Recognises the header row of an export.
pub fn header(line: &[u8]) -> Option<Table> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if !line.contains(&b',') || memchr::memmem::find(line, b"created_at").is_none() {
        return None;
    }
    let mut splitter = Splitter::new();
    let count = splitter.split(line);
    let find = |names: &[&str]| {
        (0..count).find(|number| names.iter().any(|name| name.as_bytes() == splitter.field(*number)))
    };
    let columns = Columns {
        time: find(&["created_at"])?,
        event: find(&["event", "activity_type", "type"])?,
        actor: find(&["actor_info", "actor", "actor_email", "user"]),
        info: find(&["event_info"]),
        count,
    };
    Some(Table { columns, splitter })
}

/// The end of the row that starts at `at`: a line end outside quotes. `None` when it is not in the block.
pub fn row_end(block: &[u8], at: usize) -> Option<usize> {
    let mut quoted = false;
    for found in memchr::memchr2_iter(b'"', b'\n', &block[at..]) {
        match block[at + found] {
            b'"' => quoted = !quoted,
            _ if !quoted => return Some(at + found),
            _ => {}
        }
    }
    None
}

/// Reads a row and hands its event on; false when the row does not fit the header.
pub fn row(table: &mut Table, row: &[u8], clock: &mut Clock, seen: impl FnOnce(&Event<'_>)) -> bool {
    let Table { columns, splitter } = table;
    if splitter.split(row) != columns.count {
        return false;
    }
    let name = splitter.field(columns.event);
    let actor = columns.actor.map_or(&[][..], |column| splitter.field(column));
    let info = columns.info.map_or(&[][..], |column| splitter.field(column));
    let failed = memchr::memmem::find(info, b"\"success\":false").is_some() || name.ends_with(b"_failed");
    let signed_in = name.starts_with(b"user_signed_in") || name.starts_with(b"user_sign_in");
    let method = name.rsplit(|&b| b == b'_').next().unwrap_or(b"unknown");
    let event = Event {
        shape: Some(Shape::AuditExport),
        when: clock.read(splitter.field(columns.time)),
        user: Some(person(actor)).filter(|p| !p.is_empty()),
        name: Some(name),
        log_in: signed_in
            .then_some((!failed, if method == b"in" || method == b"failed" { b"unknown" } else { method })),
        ..Event::default()
    };
    seen(&event);
    true
}

/// The e-mail address, name or id out of an actor, which is text or a small JSON object.
fn person(actor: &[u8]) -> &[u8] {
    if actor.first() != Some(&b'{') {
        return actor;
    }
    let mut best: (u8, &[u8]) = (0, b"");
    let _ = json::members(actor, 0, |key, value| {
        let rank = match key {
            b"email" | b"email_address" => 3,
            b"name" => 2,
            b"uuid" | b"id" => 1,
            _ => 0,
        };
        if let Some(text) = value.text().filter(|_| rank > best.0) {
            best = (rank, text);
        }
    });
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_the_header() {
        let mut table = header(b"created_at,actor_info,event,event_info,entity_info,ip_address,device_id,user_agent,client_platform").expect("a header");
        let mut clock = Clock::default();
        let text: &[u8] = b"2026-07-01T10:00:00Z,\"{\"\"name\"\":\"\"Ann\"\",\"\"email\"\":\"\"ann@example.org\"\"}\",user_signed_in_sso,\"a\nb\",,,,,";
        assert_eq!(row_end(text, 0), None);
        let mut checked = false;
        assert!(row(&mut table, text, &mut clock, |event| {
            checked = true;
            assert_eq!(event.user, Some(&b"ann@example.org"[..]));
            assert_eq!(event.log_in, Some((true, &b"sso"[..])));
        }));
        assert!(checked);
        assert!(!row(&mut table, b"a,b", &mut clock, |_| panic!("too short a row")));
        assert!(header(b"a,b,c").is_none());
    }
}
