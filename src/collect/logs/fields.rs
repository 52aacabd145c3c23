//! The members of a record that carry audit facts, whatever each writer calls them.

use super::json::{self, Fault, Raw, Stops, Unmarked};
use super::names::same;

macro_rules! fields {
    ($($name:ident : $($key:literal)|* ,)*) => {
        /// One fact of a record; several keys of different writers mean the same fact.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Field { $($name,)* Unknown }

        fn named(key: &[u8]) -> Field {
            match std::str::from_utf8(key) {
                $($(Ok($key) => Field::$name,)*)*
                _ => Field::Unknown,
            }
        }
    };
}

fields! {
    Time: "timestamp" | "ts" | "time" | "@timestamp" | "event.timestamp" | "logged_at" | "created_at" | "datetime",
    JournalTime: "__REALTIME_TIMESTAMP" | "_SOURCE_REALTIME_TIMESTAMP",
    User: "user" | "username" | "user_name" | "user.email" | "actor" | "enduser.id",
    UserId: "user.id" | "user_id" | "user.account_uuid" | "user.account_id",
    Tool: "tool" | "tool_name" | "toolName",
    Decision: "decision" | "permission_decision" | "permissionDecision" | "decision_type",
    Mode: "permission_mode" | "permissionMode",
    FromMode: "from_mode",
    ToMode: "to_mode",
    Version: "version" | "app.version" | "claude_version" | "cli_version",
    Status: "status" | "outcome",
    Success: "success",
    IsError: "is_error",
    Error: "error",
    ExitCode: "exit_code" | "exitCode",
    Session: "session_id" | "sessionId" | "session.id",
    ToolUseId: "tool_use_id" | "toolUseId" | "toolUseID",
    Input: "tool_input" | "input" | "tool_parameters",
    InputSummary: "input_summary",
    Command: "command" | "bash_command",
    File: "file" | "file_path" | "filePath" | "path" | "notebook_path",
    HookEvent: "hook_event_name" | "hook_event" | "hook",
    EventName: "event.name" | "event" | "event_name",
    Type: "type",
    Subtype: "subtype",
    Action: "action",
    Incident: "incident_id",
    Cost: "cost_usd" | "costUSD",
    CostMicros: "cost_usd_micros",
    InTokens: "input_tokens",
    OutTokens: "output_tokens",
    CacheRead: "cache_read_tokens" | "cache_read_input_tokens",
    CacheMade: "cache_creation_tokens" | "cache_creation_input_tokens",
    Method: "auth_method",
    NonBlocking: "num_non_blocking_error",
    Uuid: "uuid",
    RequestId: "requestId",
    Message: "message",
    DenialKind: "toolDenialKind",
    Attachment: "attachment",
    Sidechain: "isSidechain",
    Display: "display",
    Project: "project",
    Agent: "agent",
    Content: "content",
    ResourceLogs: "resourceLogs",
    ResourceMetrics: "resourceMetrics" | "resourceSpans",
    Body: "body",
    JournalMessage: "MESSAGE",
    ModeLine: "mode",
    SandboxOff: "dangerouslyDisableSandbox",
    OutputLength: "output_length",
    Actions: "actions_taken",
}

const COUNT: usize = Field::Unknown as usize;

/// The recognised members of one record. Cleared, not rebuilt, between records.
pub struct Fields<'a> {
    values: [Raw<'a>; COUNT],
    there: u64,
    /// Members of any name.
    pub members: u32,
}

const _: () = assert!(COUNT <= 64, "the set of fields that are there is kept in 64 bits");

impl<'a> Fields<'a> {
    pub fn new() -> Self {
        Fields { values: [Raw::Absent; COUNT], there: 0, members: 0 }
    }

    #[inline(always)]
    pub fn clear(&mut self) {
        self.there = 0;
        self.members = 0;
    }

    #[inline(always)]
    pub fn get(&self, field: Field) -> Raw<'a> {
        if self.has(field) { self.values[field as usize] } else { Raw::Absent }
    }

    #[inline(always)]
    pub fn has(&self, field: Field) -> bool {
        self.there & (1 << field as u8) != 0
    }

    /// Whether the object holds records, or a system's own log entry.
    #[inline(always)]
    pub fn is_envelope(&self) -> bool {
        const MEMBERS: u64 = 1 << Field::ResourceLogs as u8
            | 1 << Field::ResourceMetrics as u8
            | 1 << Field::JournalMessage as u8;
        self.there & MEMBERS != 0
    }

    /// Keeps the last value of a key that is written twice, as every JSON reader does.
    #[inline(always)]
    pub fn set(&mut self, field: Field, value: Raw<'a>) {
        self.members += 1;
        if field != Field::Unknown {
            self.values[field as usize] = value;
            self.there |= 1 << field as u8;
        }
    }

    pub fn set_named(&mut self, key: &[u8], value: Raw<'a>) {
        // A telemetry name may carry the product's prefix.
        self.set(named(key), value);
    }
}

/// Whether a key is one that some writer of such records uses.
pub fn is_known(key: &[u8]) -> bool {
    named(key) != Field::Unknown
}

/// Remembers the order of keys of the last record: the next record of the same writer has the same.
#[derive(Default)]
pub struct KeyOrder {
    /// Text `"key":` (with one blank where the writer puts it) and its field.
    known: Vec<(Vec<u8>, Field)>,
}

/// More keys than this are looked up one by one.
const KEYS_KEPT: usize = 64;

impl KeyOrder {
    /// Walks the object that opens at `start` into `out`; returns the offset after its closing brace.
    #[inline]
    pub fn walk<'a>(
        &mut self,
        bytes: &'a [u8],
        stops: impl Stops,
        start: usize,
        out: &mut Fields<'a>,
    ) -> Result<usize, Fault> {
        out.clear();
        let mut at = json::blank(bytes, start + 1);
        if bytes.get(at) == Some(&b'}') {
            return Ok(at + 1);
        }
        let mut index = 0;
        loop {
            let (field, value_at) = match self.known.get(index) {
                Some((text, field))
                    if bytes.get(at..at + text.len()).is_some_and(|here| same(here, text)) =>
                {
                    (*field, json::blank(bytes, at + text.len()))
                }
                _ => self.learn(bytes, at, index)?,
            };
            index += 1;
            let (value, after) = json::value(bytes, stops, value_at)?;
            out.set(field, value);
            at = after;
            if bytes.get(at) == Some(&b',') && bytes.get(at + 1) == Some(&b'"') {
                at += 1;
                continue;
            }
            at = json::blank(bytes, at);
            match bytes.get(at) {
                Some(b',') => at = json::blank(bytes, at + 1),
                Some(b'}') => return Ok(at + 1),
                None => return Err(Fault::Incomplete),
                Some(_) => return Err(Fault::Syntax(at)),
            }
        }
    }

    #[inline(never)]
    fn learn(&mut self, bytes: &[u8], at: usize, index: usize) -> Result<(Field, usize), Fault> {
        match bytes.get(at) {
            Some(b'"') => {}
            None => return Err(Fault::Incomplete),
            Some(_) => return Err(Fault::Syntax(at)),
        }
        let (end, escaped) = json::text_end(bytes, Unmarked, at + 1)?;
        let colon = json::blank(bytes, end + 1);
        match bytes.get(colon) {
            Some(b':') => {}
            None => return Err(Fault::Incomplete),
            Some(_) => return Err(Fault::Syntax(colon)),
        }
        let value_at = json::blank(bytes, colon + 1);
        let field = if escaped { Field::Unknown } else { named(&bytes[at + 1..end]) };
        // Only `"key":value` and `"key": value` are remembered: the blank must not hold a line end.
        let plain = colon == end + 1 && (value_at == colon + 1 || bytes[colon + 1..value_at] == *b" ");
        if plain && index < KEYS_KEPT && value_at - at < 100 {
            let entry = (bytes[at..value_at].to_vec(), field);
            if index < self.known.len() {
                self.known[index] = entry;
            } else if index == self.known.len() {
                self.known.push(entry);
            }
        }
        Ok((field, value_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_order_changes_do_not_change_what_is_read() {
        let mut order = KeyOrder::default();
        let mut fields = Fields::new();
        let records: [&[u8]; 5] = [
            br#"{"timestamp":"t","user":"u","tool":"Bash"}"#,
            br#"{"user":"u","timestamp":"t","tool":"Bash"}"#,
            br#"{ "tool" : "Bash", "x":{"user":"no"}, "user": "u","timestamp":"t" }"#,
            b"{\n  \"timestamp\": \"t\",\n  \"user\": \"u\",\n  \"tool\": \"Bash\"\n}",
            br#"{"timestamp":"t","user":"u","tool":"Bash"}"#,
        ];
        for record in records {
            assert_eq!(order.walk(record, Unmarked, 0, &mut fields), Ok(record.len()));
            assert_eq!(fields.get(Field::Time).text(), Some(&b"t"[..]));
            assert_eq!(fields.get(Field::User).text(), Some(&b"u"[..]));
            assert_eq!(fields.get(Field::Tool).text(), Some(&b"Bash"[..]));
            assert!(fields.get(Field::Mode).is_absent());
        }
    }

    #[test]
    fn agrees_with_the_plain_walk_on_mutated_records() {
        let seed = br#"{"timestamp":"2026-07-01T10:00:00Z","user":"ann","tool":"Bash","tool_input":{"command":"ls"},"n":12}"#;
        let mut order = KeyOrder::default();
        let mut state = 88_172_645_463_325_252u64;
        for _ in 0..30_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut text = seed.to_vec();
            let at = 1 + (state % (text.len() as u64 - 1)) as usize;
            text[at] = b"{}[]\",: \\019e"[(state >> 32) as usize % 13];
            let mut fields = Fields::new();
            let ours = order.walk(&text, Unmarked, 0, &mut fields);
            let plain = json::members(&text, 0, |_, _| {});
            assert_eq!(ours.is_ok(), plain.is_ok(), "{}", String::from_utf8_lossy(&text));
            if ours.is_ok() {
                assert_eq!(ours, plain);
            }
        }
    }
}
