//! Turns the members of one record into the facts that are counted.

use std::borrow::Cow;

use super::fields::{Field, Fields};
use super::json::{self, Raw};
use super::when::{self, Clock, When};
use crate::model::CallEnd;
use crate::model::activity::{Shape, Tokens};

/// Longest command that is classified; the rest of a longer one is not looked at.
pub const COMMAND_LIMIT: usize = 16 * 1024;

/// One tool call of a record (a line of a session file may hold several).
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    pub tool: &'a [u8],
    /// Its tool-use id, where the record names one.
    pub id: Option<&'a [u8]>,
    pub command: Option<Cow<'a, [u8]>>,
    /// The writer or the reader cut the command: what followed is not known.
    pub command_is_cut: bool,
    pub file: Option<&'a [u8]>,
    /// An input object that was not walked, because no count of the record needs it.
    pub input: Option<&'a [u8]>,
    pub sandbox_off: bool,
}

/// The facts of one record, borrowed from it.
#[derive(Clone, Debug, Default)]
pub struct Event<'a> {
    pub shape: Option<Shape>,
    pub when: Option<When>,
    pub user: Option<&'a [u8]>,
    pub tool: Option<&'a [u8]>,
    pub call: Option<Call<'a>>,
    pub more_calls: Vec<Call<'a>>,
    pub decision: Option<&'a [u8]>,
    pub denied: bool,
    pub mode: Option<&'a [u8]>,
    /// A change that the record itself states (telemetry).
    pub mode_change: Option<(&'a [u8], &'a [u8])>,
    pub version: Option<&'a [u8]>,
    pub outcome: Option<&'a [u8]>,
    pub session: Option<&'a [u8]>,
    pub tool_use_id: Option<&'a [u8]>,
    /// Further calls of the same line.
    pub more_ids: Vec<&'a [u8]>,
    /// What the record says became of its call.
    pub end: Option<CallEnd>,
    /// Calls of other lines, and what became of them.
    pub results: Vec<(&'a [u8], CallEnd)>,
    /// The record asks or decides about a call that other records describe.
    pub is_decision: bool,
    /// The record was not valid as written.
    pub is_mended: bool,
    pub name: Option<&'a [u8]>,
    pub unknown_type: Option<&'a [u8]>,
    /// The record describes a tool call and is held to the completeness of its fields.
    pub is_tool_record: bool,
    pub is_file_change: bool,
    pub tokens: Option<Tokens>,
    pub log_in: Option<(bool, &'a [u8])>,
    pub hook_failed_open: bool,
    pub is_incident: bool,
    /// Names the message, where the same message may be written twice.
    pub message_id: Option<u64>,
    /// Names the request, whose tokens are repeated on every line of its answer.
    pub usage_id: Option<u64>,
}

impl Event<'_> {
    /// Whether the record tells one of the things that most records do not tell.
    #[inline(always)]
    pub fn is_rare(&self) -> bool {
        self.tokens.is_some()
            || self.log_in.is_some()
            || self.hook_failed_open
            || self.is_incident
            || self.mode_change.is_some()
            || self.unknown_type.is_some()
    }
}

/// Tools whose call changes a file.
pub fn changes_file(tool: &[u8]) -> bool {
    matches!(tool, b"Write" | b"Edit" | b"MultiEdit" | b"NotebookEdit")
}

/// Tools whose call is a shell command.
pub fn is_shell(tool: &[u8]) -> bool {
    matches!(tool, b"Bash" | b"PowerShell")
}

/// Words that sources use for "no": the guide's `deny`, the client's `reject`, and others in use.
pub fn is_denial(decision: &[u8]) -> bool {
    matches!(decision, b"deny" | b"denied" | b"block" | b"blocked" | b"reject" | b"rejected")
}

/// Users that are there and say nothing.
pub fn says_nothing(user: &[u8]) -> bool {
    matches!(
        user,
        b"" | b"unknown"
            | b"Unknown"
            | b"UNKNOWN"
            | b"null"
            | b"none"
            | b"None"
            | b"undefined"
            | b"-"
            | b"n/a"
            | b"N/A"
    )
}

pub fn text<'a>(fields: &Fields<'a>, field: Field) -> Option<&'a [u8]> {
    fields.get(field).text().filter(|t| !t.is_empty())
}

/// Reads a time out of text or number.
pub fn when_of(value: Raw<'_>, clock: &mut Clock) -> Option<When> {
    match value {
        Raw::Text(text, _) => clock.read(text),
        Raw::Number(_) => when::epoch(value.number()?),
        _ => None,
    }
}

fn text_of<'a>(raw: &'a [u8], escaped: bool) -> Cow<'a, [u8]> {
    let raw = &raw[..raw.len().min(COMMAND_LIMIT)];
    if !escaped {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::new();
    json::unescape(raw, COMMAND_LIMIT, &mut out);
    Cow::Owned(out)
}

fn set_command<'a>(raw: &'a [u8], escaped: bool, call: &mut Call<'a>) {
    call.command = Some(text_of(raw, escaped));
    call.command_is_cut = raw.len() > COMMAND_LIMIT;
}

/// Fills command, file and sandbox switch of a call out of its input object.
pub fn read_input<'a>(input: &'a [u8], call: &mut Call<'a>) {
    let _ = json::members(input, 0, |key, value| match key {
        b"command" => {
            if let Raw::Text(raw, escaped) = value {
                set_command(raw, escaped, call);
            }
        }
        b"file_path" | b"path" | b"notebook_path" => call.file = value.text().or(call.file),
        b"dangerouslyDisableSandbox" => call.sandbox_off = value == Raw::Bool(true),
        _ => {}
    });
}

/// A summary of the input as text: the guide's hook writes the input as JSON, cut after 200 characters.
fn read_summary<'a>(raw: &'a [u8], escaped: bool, call: &mut Call<'a>) {
    let key = br#"{"command":""#;
    let plain = text_of(raw, escaped);
    if plain.first() != Some(&b'{') {
        call.command = Some(plain);
        call.command_is_cut = true;
        return;
    }
    let Some(found) = memchr::memmem::find(&plain, &key[1..]) else { return };
    let start = found + key.len() - 1;
    let end = json::text_end(&plain, json::Unmarked, start).map(|(end, _)| end);
    call.command_is_cut = end.is_err();
    let end = end.unwrap_or(plain.len());
    let mut out = Vec::new();
    json::unescape(&plain[start..end], COMMAND_LIMIT, &mut out);
    call.command = Some(Cow::Owned(out));
}

/// The facts of a record that is one flat object: hook logs, file changes, incidents, telemetry flattened to one object.
pub fn flat<'a>(fields: &Fields<'a>, clock: &mut Clock) -> Event<'a> {
    let mut event = Event { when: when_of(fields.get(Field::Time), clock), ..Event::default() };
    if event.when.is_none() && fields.has(Field::JournalTime) {
        event.when = when_of(fields.get(Field::JournalTime), clock);
    }
    event.user = fields.get(Field::User).text();
    if event.user.is_none_or(<[u8]>::is_empty) && fields.has(Field::UserId) {
        event.user = fields.get(Field::UserId).text().or(event.user);
    }
    event.tool = text(fields, Field::Tool);
    event.mode = text(fields, Field::Mode);
    event.version = text(fields, Field::Version);
    event.session = text(fields, Field::Session);
    event.tool_use_id = text(fields, Field::ToolUseId);
    event.decision = text(fields, Field::Decision);
    event.denied = event.decision.is_some_and(is_denial);
    event.outcome = outcome(fields);
    let name = text(fields, Field::EventName).or_else(|| text(fields, Field::HookEvent));
    event.name = name;
    if let Some(name) = name {
        let short = name.strip_prefix(b"claude_code.").unwrap_or(name);
        if telemetry(short, fields, &mut event) {
            return event;
        }
    }
    if fields.has(Field::Incident) {
        event.shape = Some(Shape::Incident);
        event.is_incident = true;
        return event;
    }
    let action = text(fields, Field::Action);
    if action == Some(b"file_modified") {
        event.shape = Some(Shape::FileChange);
        event.is_file_change = true;
        event.call = Some(Call {
            tool: event.tool.unwrap_or_default(),
            id: event.tool_use_id,
            file: fields.get(Field::File).text(),
            ..Call::default()
        });
        return event;
    }
    if event.tool.is_none()
        && !fields.has(Field::HookEvent)
        && !fields.has(Field::Tool)
        && event.decision.is_none()
    {
        event.shape = Some(Shape::Other);
        return event;
    }
    event.shape = Some(Shape::ToolLog);
    if let Some(tool) = event.tool {
        event.is_tool_record = true;
        event.call = Some(call_of(tool, fields));
        // A call that is only asked for, or was denied, has changed nothing.
        event.is_file_change = changes_file(tool) && !event.denied && !before_the_call(event.name);
    }
    event
}

/// Events of hooks that run before a tool call is made.
fn before_the_call(name: Option<&[u8]>) -> bool {
    matches!(name, Some(b"PreToolUse" | b"PermissionRequest" | b"PostToolUseFailure"))
}

fn call_of<'a>(tool: &'a [u8], fields: &Fields<'a>) -> Call<'a> {
    let mut call = Call {
        tool,
        id: text(fields, Field::ToolUseId),
        file: fields.get(Field::File).text(),
        ..Call::default()
    };
    if let Raw::Text(raw, escaped) = fields.get(Field::Command) {
        set_command(raw, escaped, &mut call);
    }
    match fields.get(Field::Input) {
        // Only these tools' inputs hold a fact that is counted; the others are not walked a second time.
        Raw::Object(input) if is_shell(tool) || changes_file(tool) => read_input(input, &mut call),
        Raw::Object(input) => call.input = Some(input),
        Raw::Text(raw, escaped) if tool == b"Bash" => read_summary(raw, escaped, &mut call),
        _ => {}
    }
    if tool == b"Bash"
        && call.command.is_none()
        && let Raw::Text(raw, escaped) = fields.get(Field::InputSummary)
    {
        read_summary(raw, escaped, &mut call);
    }
    call.sandbox_off |= fields.get(Field::SandboxOff) == Raw::Bool(true);
    call
}

fn outcome<'a>(fields: &Fields<'a>) -> Option<&'a [u8]> {
    if let Some(status) = text(fields, Field::Status) {
        return Some(status);
    }
    let success: Option<bool> = match fields.get(Field::Success) {
        Raw::Bool(ok) => Some(ok),
        Raw::Text(b"true", _) => Some(true),
        Raw::Text(b"false", _) => Some(false),
        _ => match fields.get(Field::IsError) {
            Raw::Bool(failed) => Some(!failed),
            _ => match fields.get(Field::ExitCode) {
                Raw::Number(b"0") | Raw::Text(b"0", _) => Some(true),
                Raw::Number(_) => Some(false),
                Raw::Text(code, _) if !code.is_empty() => Some(false),
                _ => match fields.get(Field::Error) {
                    Raw::Text(error, _) if !error.is_empty() => Some(false),
                    _ => None,
                },
            },
        },
    };
    success.map(|ok| if ok { &b"success"[..] } else { b"failure" })
}

/// Facts of a `claude_code.*` event (client-contract 7.3); false when the name is not one of them.
fn telemetry<'a>(name: &[u8], fields: &Fields<'a>, event: &mut Event<'a>) -> bool {
    match name {
        b"tool_result" | b"tool_decision" => {
            event.is_tool_record = true;
            if let Some(tool) = event.tool {
                let call = call_of(tool, fields);
                // The decision precedes the result of the same call: the call itself is taken from the result.
                event.is_file_change =
                    name == b"tool_result" && changes_file(tool) && event.outcome != Some(b"failure");
                event.call = Some(if name == b"tool_result" {
                    call
                } else {
                    Call { tool, id: call.id, ..Call::default() }
                });
            }
            event.is_decision = name == b"tool_decision";
        }
        b"permission_mode_changed" => {
            let (from, to) = (text(fields, Field::FromMode), text(fields, Field::ToMode));
            event.mode_change = Some((from.unwrap_or_default(), to.unwrap_or_default()));
            event.mode = to;
        }
        b"auth" => {
            if fields.get(Field::Action).text() != Some(b"logout") {
                let ok = event.outcome == Some(b"success");
                event.log_in = Some((ok, text(fields, Field::Method).unwrap_or(b"unknown")));
            }
        }
        b"api_request" => event.tokens = Some(tokens(fields)),
        b"hook_execution_complete" => {
            event.hook_failed_open = fields.get(Field::NonBlocking).count().is_some_and(|n| n > 0);
        }
        b"user_prompt"
        | b"assistant_response"
        | b"api_error"
        | b"api_refusal"
        | b"api_request_body"
        | b"api_response_body"
        | b"mcp_server_connection"
        | b"internal_error"
        | b"plugin_installed"
        | b"plugin_loaded"
        | b"skill_activated"
        | b"at_mention"
        | b"api_retries_exhausted"
        | b"hook_registered"
        | b"hook_execution_start"
        | b"hook_plugin_metrics"
        | b"compaction"
        | b"subagent_completed"
        | b"feedback_survey"
        | b"retention_sweep" => {}
        _ => return false,
    }
    event.shape = Some(Shape::Telemetry);
    true
}

/// Tokens and cost of one request.
pub fn tokens(fields: &Fields<'_>) -> Tokens {
    let cost = match fields.get(Field::CostMicros).count() {
        Some(micros) => micros,
        None => fields
            .get(Field::Cost)
            .number()
            .map_or(0, |dollars| (dollars.clamp(0.0, 1e12) * 1e6).round() as u64),
    };
    let count = |field| fields.get(field).count().unwrap_or(0);
    Tokens {
        requests: 1,
        cost_micros: cost,
        input: count(Field::InTokens),
        output: count(Field::OutTokens),
        cache_read: count(Field::CacheRead),
        cache_creation: count(Field::CacheMade),
    }
}
