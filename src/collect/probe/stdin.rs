//! What the client writes to a hook's standard input, event by event (client-contract 3.4).

use serde_json::{Map, Value, json};

use super::person::Person;
pub use crate::catalog::put_in;
use crate::catalog::{Canary, filled as fill};
use crate::model::PROBE_SESSION as SESSION;

/// The event as the client sends it, with the tool's input as it was put in.
pub fn event(
    event: &str,
    canary: &Canary,
    number: usize,
    person: &Person,
    project: &str,
) -> (Vec<u8>, Value) {
    let filled = |value: &Value| fill(value, project, &person.home, 0);
    let input = canary.input_in(project, &person.home);
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| drop(body.insert(key.to_owned(), value));
    put("session_id", json!(SESSION));
    put("transcript_path", json!(format!("{}/.claude/projects/work/{SESSION}.jsonl", person.home)));
    put("cwd", json!(project));
    put("prompt_id", json!("0c0ffee0-0000-4000-8000-0000000000aa"));
    put("permission_mode", json!("default"));
    put("hook_event_name", json!(event));
    put("tool_name", json!(canary.tool));
    put("tool_input", input.clone());
    match event {
        "PostToolUse" => {
            put("tool_response", canary.response.as_ref().map_or_else(|| json!({"success": true}), filled));
            put("duration_ms", json!(12));
        }
        "PostToolUseFailure" => {
            put("error", json!(canary.error.as_deref().unwrap_or("the call failed")));
            put("is_interrupt", json!(false));
            put("duration_ms", json!(12));
        }
        _ => {}
    }
    if event != "PermissionRequest" {
        put("tool_use_id", json!(format!("toolu_probe{number:04}")));
    }
    (Value::Object(body).to_string().into_bytes(), input)
}

/// Broken input, padded where the canary says how long it is.
pub fn broken(canary: &Canary, person: &Person, project: &str) -> Option<Vec<u8>> {
    let text = put_in(canary.stdin.as_deref()?, project, &person.home);
    let mut bytes = text.into_bytes();
    if canary.bytes > bytes.len() {
        bytes.resize(canary.bytes, b'a');
        bytes.extend_from_slice(b"\"}}");
    }
    Some(bytes)
}
