//! What a record says became of its call.

use super::event::{is_denial, text};
use super::fields::{Field, Fields};
use super::json::Raw;
use crate::model::CallEnd;

const WELL: [&[u8]; 5] = [b"success", b"succeeded", b"ok", b"completed", b"allowed"];
const NOT: [&[u8]; 7] = [b"failure", b"failed", b"error", b"denied", b"blocked", b"rejected", b"deny"];

/// How the call of a flat record ended. A record written before the call says nothing.
pub fn of(fields: &Fields<'_>) -> Option<CallEnd> {
    if text(fields, Field::Decision).is_some_and(is_denial) {
        return Some(CallEnd::Stopped);
    }
    let event = text(fields, Field::HookEvent).or_else(|| text(fields, Field::EventName));
    match event {
        Some(b"PreToolUse" | b"PermissionRequest") => return None,
        Some(b"PostToolUseFailure" | b"PermissionDenied") => return Some(CallEnd::Stopped),
        _ => {}
    }
    match (fields.get(Field::Success), fields.get(Field::IsError)) {
        (Raw::Bool(ok), _) => return said(ok),
        (Raw::Text(b"true", _), _) => return said(true),
        (Raw::Text(b"false", _), _) => return said(false),
        (_, Raw::Bool(failed)) => return said(!failed),
        _ => {}
    }
    let status = text(fields, Field::Status).unwrap_or_default();
    let is_one = |words: &[&[u8]]| words.iter().any(|word| status.eq_ignore_ascii_case(word));
    if is_one(&WELL) {
        said(true)
    } else if is_one(&NOT) {
        said(false)
    } else if event == Some(b"PostToolUse") {
        said(true)
    } else {
        None
    }
}

fn said(ok: bool) -> Option<CallEnd> {
    Some(if ok { CallEnd::Succeeded } else { CallEnd::Stopped })
}
