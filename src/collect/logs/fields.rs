//! The members of a record that carry audit facts, whatever each writer calls them.

use super::json::{self, Fault, Raw, Stops, Unmarked};
use super::names::same;

macro_rules! fields {
    ($($name:ident : $($key:literal)|* ,)*) => {
        /// One fact of a record; several keys of different writers mean the same fact.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Field { $($name,)* Unknown }

        /// The fact that a key of any writer means.
        pub fn named(key: &[u8]) -> Field {
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
    ResourceMetrics: "resourceMetrics",
    ResourceSpans: "resourceSpans",
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
            | 1 << Field::ResourceSpans as u8
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

    struct Random(u64);

    impl Random {
        fn below(&mut self, n: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % n
        }

        fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
            list[self.below(list.len())]
        }
    }

    const KEYS: &[&str] = &[
        "timestamp",
        "ts",
        "user",
        "tool",
        "tool_input",
        "decision",
        "status",
        "session_id",
        "x",
        "y.z",
        "",
        "message",
        "k\\u0065y",
        "a long name that no writer of these records would ever give to a member",
    ];
    const VALUES: &[&str] = &[
        "1",
        "-0.5e-3",
        "0",
        "12345678901234567890",
        "true",
        "false",
        "null",
        "\"\"",
        "\"plain\"",
        "[]",
        "{}",
        "\"a \\\"quoted\\\" word\"",
        "\"back\\\\\"",
        "\"\\\\\\\\\\\"\"",
        "\"\\u00e9 \u{e9} \\ud83d\\ude00\"",
        "\"a text that is longer than one look at sixty-four bytes, so that its end lies in the next one\"",
        "{\"command\":\"echo \\\"}\\\"\",\"n\":[1,{\"a\":[]}]}",
        "[\"]\", \"\\\\\", {\"b\":null}]",
        // Not JSON.
        "01",
        "tru",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "-",
        "1.",
        "[1,]",
        "{\"a\"}",
        "{\"a\":1,}",
        "\"open",
    ];

    /// A record of random members; nearly always valid at first, then often broken at one byte.
    fn record(random: &mut Random) -> Vec<u8> {
        let blank = ["", "", "", " ", "\n ", "\t"];
        let mut text = String::from("{");
        for n in 0..random.below(9) {
            let valid = if random.below(12) == 0 { VALUES.len() } else { 18 };
            let value = VALUES[random.below(valid)];
            let comma = if n > 0 { "," } else { "" };
            let [a, b, c] = [(); 3].map(|()| random.pick(&blank));
            text.push_str(&format!("{comma}{a}\"{}\"{b}:{c}{value}", random.pick(KEYS)));
        }
        text.push_str(random.pick(&["}", "}", "}\n", "} ", ""]));
        let mut bytes = text.into_bytes();
        if bytes.len() > 1 && random.below(3) == 0 {
            let at = 1 + random.below(bytes.len() - 1);
            bytes[at] = b"{}[]\",: \\019e\n\0"[random.below(15)];
        }
        bytes
    }

    fn assert_same_value(raw: Raw<'_>, value: &serde_json::Value) {
        use serde_json::Value;
        match (raw, value) {
            (Raw::Null, Value::Null) => {}
            (Raw::Bool(a), Value::Bool(b)) => assert_eq!(a, *b),
            (Raw::Text(raw, escaped), Value::String(text)) => {
                let mut out = Vec::new();
                json::unescape(raw, usize::MAX, &mut out);
                assert_eq!(out, text.as_bytes());
                assert_eq!(escaped, raw.contains(&b'\\'));
            }
            (Raw::Number(raw) | Raw::Object(raw) | Raw::Array(raw), value) => {
                assert_eq!(&serde_json::from_slice::<Value>(raw).expect("a whole value"), value);
            }
            (raw, value) => panic!("{raw:?} is not {value}"),
        }
    }

    /// The fast walk (marks, and the order of keys remembered) against the slow one, and both against a full parser.
    #[test]
    fn the_fast_walk_reads_what_a_full_parser_reads() {
        let mut random = Random(88_172_645_463_325_252);
        let mut order = KeyOrder::default();
        let (mut valid, mut broken) = (0, 0);
        for _ in 0..40_000 {
            let text = record(&mut random);
            let show = || String::from_utf8_lossy(&text).into_owned();
            let marks = super::super::marks::tests::of(&text, random.below(text.len() + 1));
            let (mut fast, mut slow) = (Fields::new(), Fields::new());
            let ours = order.walk(&text, &marks, 0, &mut fast);
            let plain = KeyOrder::default().walk(&text, Unmarked, 0, &mut slow);
            assert_eq!(ours, plain, "{}", show());
            let whole = ours.is_ok_and(|end| text[end..].iter().all(u8::is_ascii_whitespace));
            let strict = serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok();
            assert_eq!(whole, strict, "{}", show());
            if ours.is_err() {
                broken += 1;
                continue;
            }
            assert_eq!((fast.there, fast.members), (slow.there, slow.members), "{}", show());
            let Ok(full) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&text) else {
                continue;
            };
            valid += 1;
            let mut fields: Vec<u8> = full.keys().map(|k| named(k.as_bytes()) as u8).collect();
            fields.sort_unstable();
            if fields.windows(2).any(|w| w[0] == w[1] && w[0] != Field::Unknown as u8) {
                // Two keys of one meaning: the last one counts, and the parser does not keep their order.
                continue;
            }
            for (key, value) in &full {
                // A key with an escape is not known to be one.
                let field = named(key.as_bytes());
                if field != Field::Unknown {
                    assert_same_value(fast.values[field as usize], value);
                    assert!(fast.has(field) && fast.values[field as usize] == slow.values[field as usize]);
                }
            }
            let known = full.keys().filter(|k| named(k.as_bytes()) != Field::Unknown).count();
            assert_eq!(fast.there.count_ones() as usize, known, "{}", show());
        }
        assert!(valid > 10_000 && broken > 3000, "{valid} valid, {broken} broken");
    }
}
