//! Hooks: which are in force, which match a call, and what their answers do.

use super::permissions::ToolCall;
use super::settings::Effective;

/// How many PreToolUse hooks in force match a call.
pub fn matching_in_force(_effective: &Effective, _call: &ToolCall) -> usize {
    0
}
