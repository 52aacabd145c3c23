//! OTLP-JSON exports: one object holds many log records, each with its attributes as a list of pairs.

use super::ended;
use super::event::{self, Event};
use super::fields::{Field, Fields};
use super::json::{self, Raw};
use super::when::{self, Clock};
use crate::model::activity::Shape;

/// Calls `seen` for every log record inside a checked `resourceLogs` array; returns their number.
pub fn log_records<'a>(
    resource_logs: &'a [u8],
    clock: &mut Clock,
    mut seen: impl FnMut(&'a [u8], Event<'a>),
) -> u64 {
    let mut records = 0;
    let scopes: [&[u8]; 2] = [b"scopeLogs", b"instrumentationLibraryLogs"];
    each_entry(resource_logs, scopes, b"logRecords", |record, shared| {
        if let Some(record) = record.object() {
            records += 1;
            seen(record, one(record, shared, clock));
        }
    });
    records
}

/// Calls `seen` for every entry of every scope of a list of resources, with the attributes of its resource. A scope
/// and a list of entries are each known by their keys.
pub fn each_entry<'a>(
    resources: &'a [u8],
    scopes_at: [&[u8]; 2],
    entries_at: &[u8],
    mut seen: impl FnMut(Raw<'a>, Option<&'a [u8]>),
) {
    json::elements(resources, |resource| {
        let (mut about, mut scopes) = (None, None);
        each_member(resource, |key, value| match key {
            b"resource" => about = value.object(),
            key if scopes_at.contains(&key) => scopes = value.array(),
            _ => {}
        });
        let mut shared = None;
        if let Some(about) = about {
            let _ = json::members(about, 0, |key, value| {
                if key == b"attributes" {
                    shared = value.array();
                }
            });
        }
        let Some(scopes) = scopes else { return };
        json::elements(scopes, |scope| {
            each_member(scope, |key, value| {
                if key == entries_at
                    && let Some(list) = value.array()
                {
                    json::elements(list, |entry| seen(entry, shared));
                }
            });
        });
    });
}

pub fn each_member<'a>(value: Raw<'a>, seen: impl FnMut(&'a [u8], Raw<'a>)) {
    if let Some(object) = value.object() {
        let _ = json::members(object, 0, seen);
    }
}

fn one<'a>(record: &'a [u8], shared: Option<&'a [u8]>, clock: &mut Clock) -> Event<'a> {
    let mut fields = Fields::new();
    if let Some(shared) = shared {
        read_attributes(shared, &mut fields);
    }
    let (mut attributes, mut nanos, mut body, mut name) = (None, Raw::Absent, None, Raw::Absent);
    let _ = json::members(record, 0, |key, value| match key {
        b"attributes" => attributes = value.array(),
        b"timeUnixNano" => nanos = value,
        b"observedTimeUnixNano" if nanos.is_absent() => nanos = value,
        b"body" => body = value.object(),
        b"eventName" => name = value,
        _ => {}
    });
    if let Some(attributes) = attributes {
        read_attributes(attributes, &mut fields);
    }
    // The body carries the full name, `claude_code.tool_result`.
    let body_name = body.map(any_value).filter(|v| v.text().is_some_and(|t| t.starts_with(b"claude_code.")));
    if let Some(name) = body_name {
        fields.set(Field::EventName, name);
    } else if !fields.has(Field::EventName) {
        fields.set(Field::EventName, name);
    }
    let mut event = Event { end: ended::of(&fields), ..event::flat(&fields, clock) };
    if event.when.is_none() {
        event.when = nanos.number().and_then(when::epoch);
    }
    if event.shape != Some(Shape::Telemetry) {
        event.shape = Some(Shape::Other);
        event.is_tool_record = false;
    }
    event
}

pub fn read_attributes<'a>(list: &'a [u8], fields: &mut Fields<'a>) {
    json::elements(list, |pair| {
        let (mut name, mut value) = (None, Raw::Absent);
        each_member(pair, |key, found| match key {
            b"key" => name = found.text(),
            b"value" => value = found.object().map_or(found, any_value),
            _ => {}
        });
        if let Some(name) = name {
            fields.set_named(name, value);
        }
    });
}

/// `{"stringValue":"x"}`, `{"intValue":"1"}`, `{"doubleValue":1.5}`, `{"boolValue":true}`.
fn any_value(wrapped: &[u8]) -> Raw<'_> {
    let mut inner = Raw::Absent;
    let _ = json::members(wrapped, 0, |_, value| inner = value);
    inner
}
