//! Lines of session files and of `history.jsonl` (client-contract 8): read leniently, because their form is internal.

use std::hash::Hasher;

use super::event::{self, Call, Event};
use super::fields::{Field, Fields};
use super::json::{self, Raw};
use super::when::Clock;
use crate::model::CallEnd;
use crate::model::activity::Shape;

/// Line types of session files that are known; others are read, counted and named.
const KNOWN_TYPES: &[&[u8]] = &[
    b"user",
    b"assistant",
    b"attachment",
    b"system",
    b"permission-mode",
    b"mode",
    b"ai-title",
    b"custom-title",
    b"agent-name",
    b"last-prompt",
    b"pr-link",
    b"worktree-state",
    b"cost-state",
    b"summary",
    b"file-history-snapshot",
    b"file-history-delta",
    b"queue-operation",
    b"progress",
    b"result",
    b"agent-setting",
];

/// Whether the record is a line of a session file: it names a session and a type, or it is one of its lines without a session.
pub fn is_line(fields: &Fields<'_>) -> bool {
    let Some(kind) = fields.get(Field::Type).text() else { return false };
    if fields.has(Field::HookEvent) {
        return false;
    }
    (fields.has(Field::Session) || fields.has(Field::Agent) || KNOWN_TYPES.contains(&kind))
        && (KNOWN_TYPES.contains(&kind) || fields.has(Field::Session))
}

pub fn is_history(fields: &Fields<'_>) -> bool {
    fields.has(Field::Display) && fields.has(Field::Time)
}

pub fn history<'a>(fields: &Fields<'a>, clock: &mut Clock) -> Event<'a> {
    Event {
        shape: Some(Shape::History),
        when: event::when_of(fields.get(Field::Time), clock),
        session: fields.get(Field::Session).text(),
        name: Some(b"prompt"),
        ..Event::default()
    }
}

/// Hashes an identity of a record; two different ids collide with a chance of about 2⁻⁶⁴.
pub fn identity(parts: &[&[u8]]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    for part in parts {
        hasher.write(part);
        hasher.write_u8(0xFF);
    }
    hasher.finish()
}

pub fn line<'a>(fields: &Fields<'a>, clock: &mut Clock) -> Event<'a> {
    let kind = fields.get(Field::Type).text().unwrap_or_default();
    let mut event = Event {
        shape: Some(Shape::Transcript),
        when: event::when_of(fields.get(Field::Time), clock),
        session: fields.get(Field::Session).text(),
        version: fields.get(Field::Version).text(),
        mode: fields.get(Field::Mode).text(),
        name: Some(kind),
        ..Event::default()
    };
    if let Some(uuid) = fields.get(Field::Uuid).text() {
        event.message_id = Some(identity(&[b"uuid", uuid]));
    }
    if !KNOWN_TYPES.contains(&kind) {
        event.unknown_type = Some(kind);
    }
    if fields.get(Field::DenialKind).text().is_some() {
        event.denied = true;
        event.decision = Some(b"deny");
    }
    if let Some(decision) = fields.get(Field::Decision).object() {
        let _ = json::members(decision, 0, |key, value| {
            if key == b"decision" {
                event.decision = value.text();
                event.denied |= value.text().is_some_and(event::is_denial);
            }
        });
    }
    if let Some(attachment) = fields.get(Field::Attachment).object() {
        let _ = json::members(attachment, 0, |key, value| {
            event.hook_failed_open |= key == b"type" && value.text() == Some(b"hook_non_blocking_error");
        });
    }
    let mut content = fields.get(Field::Content);
    let mut message_id = None;
    let mut usage = None;
    if let Some(message) = fields.get(Field::Message).object() {
        let _ = json::members(message, 0, |key, value| match key {
            b"id" => message_id = value.text(),
            b"usage" => usage = value.object(),
            b"content" => content = value,
            _ => {}
        });
    }
    if let Some(usage) = usage {
        read_usage(usage, &mut event);
        let request = fields.get(Field::RequestId).text().unwrap_or_default();
        event.usage_id = message_id.map(|id| identity(&[b"usage", id, request]));
    } else if kind == b"assistant" && fields.has(Field::InTokens) {
        event.tokens = Some(event::tokens(fields));
    }
    if let Some(list) = content.array() {
        json::elements(list, |block| read_block(block, &mut event));
    }
    event
}

fn read_usage(usage: &[u8], event: &mut Event<'_>) {
    let mut fields = Fields::new();
    let _ = json::members(usage, 0, |key, value| fields.set_named(key, value));
    event.tokens = Some(event::tokens(&fields));
}

fn read_block<'a>(block: Raw<'a>, event: &mut Event<'a>) {
    let Some(block) = block.object() else { return };
    let (mut kind, mut name, mut input, mut failed, mut status) = (None, None, None, None, None);
    let (mut id, mut answers) = (None, None);
    let _ = json::members(block, 0, |key, value| match key {
        b"type" => kind = value.text(),
        b"name" => name = value.text(),
        b"input" => input = value.object(),
        b"is_error" => failed = Some(value == Raw::Bool(true)),
        b"result" => status = value.object(),
        b"id" => id = value.text(),
        b"tool_use_id" => answers = value.text(),
        _ => {}
    });
    match kind {
        Some(b"tool_use") => {
            let id = id.filter(|id| !id.is_empty());
            let mut call = Call { tool: name.unwrap_or(b"unnamed"), id, ..Call::default() };
            if let Some(input) = input {
                event::read_input(input, &mut call);
            }
            names_call(id, event);
            if let Some(status) = status {
                let _ = json::members(status, 0, |key, value| {
                    if key == b"status" {
                        event.outcome = value.text();
                    }
                });
            }
            if event.call.is_none() { event.call = Some(call) } else { event.more_calls.push(call) }
        }
        Some(b"tool_result") => {
            names_call(answers, event);
            let failed = failed == Some(true);
            event.outcome = Some(if failed { b"failure" } else { b"success" });
            let end = if failed { CallEnd::Stopped } else { CallEnd::Succeeded };
            event.results.extend(answers.map(|id| (id, end)));
        }
        _ => {}
    }
}

fn names_call<'a>(id: Option<&'a [u8]>, event: &mut Event<'a>) {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return };
    if event.tool_use_id.is_none() { event.tool_use_id = Some(id) } else { event.more_ids.push(id) }
}
