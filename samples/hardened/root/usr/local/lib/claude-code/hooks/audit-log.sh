#!/bin/bash
# PreToolUse, PostToolUse, PostToolUseFailure, PermissionDenied, ConfigChange, SessionStart, SessionEnd: one JSON line
# a call. The text of commands, prompts and results never enters the log: digests and sizes do.
set -u
PATH=/usr/local/bin:/usr/bin:/bin
log=/var/log/claude-code/audit.log
fail() { printf 'audit log: %s\n' "$1" >&2; exit 2; }
command -v jq >/dev/null 2>&1 || fail "jq is missing"
payload=$(mktemp) || fail "no scratch space"
trap 'rm -f -- "$payload"' EXIT
head -c 16777216 >"$payload" || fail "the event could not be read"
digest=$(sha256sum <"$payload") || fail "the event could not be digested"
# The operating system says who it was; no variable that a user can set does.
line=$(jq -ce \
  --arg time "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" --arg user "$(id -un)" --arg uid "$(id -u)" \
  --arg host "$(uname -n)" --arg digest "${digest%% *}" '
  { time: $time, event: .hook_event_name, user: $user, uid: ($uid | tonumber), host: $host,
    session_id: .session_id, tool_use_id: .tool_use_id, tool: .tool_name, permission_mode: .permission_mode,
    outcome: ({PreToolUse: "requested", PostToolUse: "success", PostToolUseFailure: "failure",
               PermissionDenied: "denied"}[.hook_event_name] // "recorded"),
    file: (if (.tool_name // "") | test("^(Read|Write|Edit|NotebookEdit)$")
           then (.tool_input.file_path // .tool_input.notebook_path) else null end),
    duration_ms: .duration_ms, input_bytes: (.tool_input | tojson | length),
    output_bytes: (.tool_response | tojson | length), event_sha256: $digest }
  | with_entries(select(.value != null))' "$payload") || fail "the event is not JSON"
[[ -n $line ]] || fail "there was no event"
# One write of one line: the kernel keeps appended lines apart, the lock keeps long ones whole.
{ flock -w 5 9 && printf '%s\n' "$line" >&9; } 9>>"$log" || fail "the record could not be written"
exit 0
