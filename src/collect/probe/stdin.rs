//! What the client writes to a hook's standard input, event by event (client-contract 3.4).

use serde_json::{Map, Value, json};

use super::person::Person;
use crate::catalog::Canary;
use crate::model::PROBE_SESSION as SESSION;

/// Stands in for a long result.
const BIG: usize = 1 << 20;

/// The event as the client sends it, with the tool's input as it was put in.
pub fn event(
    event: &str,
    canary: &Canary,
    number: usize,
    person: &Person,
    project: &str,
) -> (Vec<u8>, Value) {
    let filled = |value: &Value| fill(value, project, &person.home, 0);
    let input = Value::Object(canary.input.iter().map(|(key, value)| (key.clone(), filled(value))).collect());
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

/// Puts the folders of the session into a canary's text.
pub fn put_in(text: &str, project: &str, home: &str) -> String {
    text.replace("{project}", project).replace("{home}", home).replace("{-}", "")
}

fn fill(value: &Value, project: &str, home: &str, depth: usize) -> Value {
    match value {
        Value::String(text) if text == "{big}" => json!("line of a long result\n".repeat(BIG / 22)),
        Value::String(text) => json!(put_in(text, project, home)),
        Value::Array(items) if depth < 50 => {
            items.iter().map(|item| fill(item, project, home, depth + 1)).collect()
        }
        Value::Object(keys) if depth < 50 => Value::Object(
            keys.iter().map(|(key, item)| (key.clone(), fill(item, project, home, depth + 1))).collect(),
        ),
        other => other.clone(),
    }
}
