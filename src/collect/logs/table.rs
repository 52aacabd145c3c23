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

fn split(row: &[u8]) -> Option<csv::ByteRecord> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).ok()?.then_some(record)
}

/// Recognises the header row of an export.
pub fn header(line: &[u8]) -> Option<Columns> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if !line.contains(&b',') || memchr::memmem::find(line, b"created_at").is_none() {
        return None;
    }
    let record = split(line)?;
    let find = |names: &[&str]| record.iter().position(|field| names.iter().any(|n| n.as_bytes() == field));
    Some(Columns {
        time: find(&["created_at"])?,
        event: find(&["event", "activity_type", "type"])?,
        actor: find(&["actor_info", "actor", "actor_email", "user"]),
        info: find(&["event_info"]),
        count: record.len(),
    })
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
pub fn row(columns: &Columns, row: &[u8], clock: &mut Clock, seen: impl FnOnce(&Event<'_>)) -> bool {
    let Some(record) = split(row).filter(|r| r.len() == columns.count) else { return false };
    let name = record.get(columns.event).unwrap_or_default();
    let actor = columns.actor.and_then(|c| record.get(c)).unwrap_or_default();
    let info = columns.info.and_then(|c| record.get(c)).unwrap_or_default();
    let failed = memchr::memmem::find(info, b"\"success\":false").is_some() || name.ends_with(b"_failed");
    let signed_in = name.starts_with(b"user_signed_in") || name.starts_with(b"user_sign_in");
    let method = name.rsplit(|&b| b == b'_').next().unwrap_or(b"unknown");
    let event = Event {
        shape: Some(Shape::AuditExport),
        when: clock.read(record.get(columns.time).unwrap_or_default()),
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
        let columns = header(b"created_at,actor_info,event,event_info,entity_info,ip_address,device_id,user_agent,client_platform").expect("a header");
        let mut clock = Clock::default();
        let text: &[u8] = b"2026-07-01T10:00:00Z,\"{\"\"name\"\":\"\"Ann\"\",\"\"email\"\":\"\"ann@example.org\"\"}\",user_signed_in_sso,\"a\nb\",,,,,";
        assert_eq!(row_end(text, 0), None);
        let mut checked = false;
        assert!(row(&columns, text, &mut clock, |event| {
            checked = true;
            assert_eq!(event.user, Some(&b"ann@example.org"[..]));
            assert_eq!(event.log_in, Some((true, &b"sso"[..])));
        }));
        assert!(checked);
        assert!(!row(&columns, b"a,b", &mut clock, |_| panic!("too short a row")));
        assert_eq!(header(b"a,b,c"), None);
    }
}
