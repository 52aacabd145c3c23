//! Joins tool calls with what became of them: a session file writes the call in one line and its result in another,
//! and a hook log writes one record before and one after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::logs::hazard;
use crate::model::{CallEnd, CallOutcomes, CallPlace, Period};

/// A longer line is not parsed here, in bytes.
const LINE: u64 = 4 << 20;
/// Bytes looked at in one place; the join holds one entry a call in memory.
const BYTES: u64 = 256 << 20;
/// Calls held at once.
const CALLS: usize = 500_000;
/// Sessions held at once.
const SESSIONS: usize = 100_000;
/// Calls that are located.
const PLACES: usize = 20;
/// A command is looked at up to this many bytes.
const COMMAND: usize = 16 * 1024;

/// Classes of commands that the guide's second item names: rm, mkfs, dd, chmod 777, in any spelling.
const DESTRUCTIVE: &[&str] = &["delete", "recursive_delete", "disk_overwrite", "world_writable"];

/// One call, out of all records that name it.
#[derive(Default)]
struct Call {
    shell: bool,
    file: bool,
    has_command: bool,
    has_path: bool,
    destructive: Option<&'static str>,
    credential: Option<&'static str>,
    end: Option<CallEnd>,
    at: Option<(usize, u64)>,
}

/// Reads the files line by line and joins what is said of each call inside the period.
pub fn join(files: &[PathBuf], period: Period, named: &dyn Fn(&Path) -> String) -> CallOutcomes {
    let mut join = Join {
        period,
        calls: BTreeMap::new(),
        modes: BTreeMap::new(),
        out: CallOutcomes::default(),
        left: BYTES,
    };
    for (index, path) in files.iter().enumerate() {
        join.file(index, path);
    }
    join.finish(files, named)
}

struct Join {
    period: Period,
    calls: BTreeMap<String, Call>,
    /// Whether a session names its mode.
    modes: BTreeMap<String, bool>,
    out: CallOutcomes,
    left: u64,
}

impl Join {
    fn file(&mut self, index: usize, path: &Path) {
        // Looked at before it is opened: opening a pipe waits for a writer.
        let opened = if std::fs::metadata(path).is_ok_and(|meta| meta.is_file()) {
            File::open(path).ok()
        } else {
            None
        };
        let Some(file) = opened else {
            self.out.not_joined += 1;
            return;
        };
        let mut reader: Box<dyn BufRead> = match path.extension().and_then(|end| end.to_str()) {
            Some("gz") => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file))),
            Some("zst" | "xz" | "bz2") => {
                self.out.not_joined += 1;
                return;
            }
            _ => Box::new(BufReader::with_capacity(64 * 1024, file)),
        };
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            line.clear();
            let Ok(read) = reader.by_ref().take(LINE + 1).read_until(b'\n', &mut line) else {
                self.out.not_joined += 1;
                return;
            };
            if read == 0 {
                return;
            }
            number += 1;
            if read as u64 > self.left {
                self.left = 0;
                self.out.not_joined += 1;
                return;
            }
            self.left -= read as u64;
            if read as u64 > LINE {
                self.out.not_joined += 1;
                if !skip_line(&mut reader, &mut self.left) {
                    return;
                }
                continue;
            }
            let text = line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            match serde_json::from_slice::<Value>(text) {
                Ok(record @ Value::Object(_)) => self.record(&record, index, number),
                _ => self.out.not_joined += 1,
            }
        }
    }

    fn record(&mut self, record: &Value, file: usize, line: u64) {
        let time = first(record, &["timestamp", "time", "ts", "@timestamp"]).and_then(Value::as_str);
        if let Some(at) = time.and_then(|text| text.parse::<Timestamp>().ok())
            && !self.period.contains(at)
        {
            return;
        }
        let session = text(record, &["session_id", "sessionId", "session.id"]);
        let mode = text(record, &["permission_mode", "permissionMode"]);
        if let Some(session) = session
            && (self.modes.len() < SESSIONS || self.modes.contains_key(session))
        {
            *self.modes.entry(session.to_owned()).or_default() |= mode.is_some();
        }
        if let Some(tool) = text(record, &["tool", "tool_name", "toolName"]) {
            let input = record.get("tool_input").or_else(|| record.get("input"));
            let id = text(record, &["tool_use_id", "toolUseId", "toolUseID"]);
            let end = ended(record);
            self.call(id, tool, [Some(record), input], end, (file, line));
        }
        let content = record.get("message").and_then(|message| message.get("content"));
        for block in content.and_then(Value::as_array).into_iter().flatten() {
            match block.get("type").and_then(Value::as_str) {
                Some("tool_use") => {
                    let id = block.get("id").and_then(Value::as_str);
                    let tool = block.get("name").and_then(Value::as_str).unwrap_or_default();
                    self.call(id, tool, [block.get("input"), None], None, (file, line));
                }
                Some("tool_result") => {
                    let failed = block.get("is_error") == Some(&Value::Bool(true));
                    let end = if failed { CallEnd::Stopped } else { CallEnd::Succeeded };
                    if let Some(id) = block.get("tool_use_id").and_then(Value::as_str)
                        && let Some(call) = self.calls.get_mut(id)
                    {
                        call.end = Some(end);
                    }
                }
                _ => {}
            }
        }
    }

    fn call(
        &mut self,
        id: Option<&str>,
        tool: &str,
        given: [Option<&Value>; 2],
        end: Option<CallEnd>,
        at: (usize, u64),
    ) {
        if self.calls.len() >= CALLS && id.is_none_or(|id| !self.calls.contains_key(id)) {
            self.out.not_joined += 1;
            return;
        }
        // A record without an id stands for itself.
        let key = id.map_or_else(|| format!("\0{} {}", at.0, at.1), str::to_owned);
        let call = self.calls.entry(key).or_default();
        call.at.get_or_insert(at);
        call.end = end.or(call.end);
        call.shell |= matches!(tool, "Bash" | "PowerShell");
        call.file |=
            matches!(tool, "Read" | "Edit" | "Write" | "MultiEdit" | "NotebookEdit" | "NotebookRead");
        for value in given.into_iter().flatten() {
            if let (true, Some(command)) = (call.shell, text(value, &["command", "bash_command"])) {
                let command = &command[..command.floor_char_boundary(COMMAND)];
                call.has_command = true;
                call.destructive = call
                    .destructive
                    .or_else(|| hazard::classify(command).filter(|class| DESTRUCTIVE.contains(class)));
                let named = command.split(|c: char| c.is_whitespace() || "\"'`=<>|&;()@".contains(c));
                call.credential = call.credential.or_else(|| named.into_iter().find_map(credential_file));
            }
            if let Some(path) = text(value, &["file_path", "notebook_path", "path", "file"]) {
                call.has_path |= call.file;
                call.credential = call.credential.or_else(|| credential_file(path));
            }
        }
    }

    fn finish(mut self, files: &[PathBuf], named: &dyn Fn(&Path) -> String) -> CallOutcomes {
        let mut places: BTreeSet<(usize, u64, &str, u8)> = BTreeSet::new();
        for call in self.calls.values() {
            self.out.shell += u64::from(call.shell);
            self.out.shell_with_command += u64::from(call.has_command);
            self.out.file += u64::from(call.file);
            self.out.file_with_path += u64::from(call.has_path);
            for (class, ended) in
                [(call.destructive, &mut self.out.destructive), (call.credential, &mut self.out.credential)]
            {
                let Some(class) = class else { continue };
                let rank = match call.end {
                    Some(CallEnd::Succeeded) => (&mut ended.succeeded, 0),
                    Some(CallEnd::Stopped) => (&mut ended.stopped, 2),
                    Some(CallEnd::Unknown) | None => (&mut ended.unknown, 1),
                };
                *rank.0 += 1;
                if let Some((file, line)) = call.at {
                    places.insert((file, line, class, rank.1));
                }
            }
        }
        let mut places: Vec<_> = places.into_iter().collect();
        places.sort_by_key(|(file, line, class, rank)| (*rank, *file, *line, *class));
        self.out.places = places
            .into_iter()
            .take(PLACES)
            .map(|(file, line, class, rank)| CallPlace {
                source: files.get(file).map_or_else(String::new, |path| named(path)),
                line,
                class: class.to_owned(),
                ended: [CallEnd::Succeeded, CallEnd::Unknown, CallEnd::Stopped][usize::from(rank)],
            })
            .collect();
        self.out.sessions = self.modes.len() as u64;
        self.out.sessions_with_mode = self.modes.values().filter(|known| **known).count() as u64;
        self.out
    }
}

/// Reads on to the end of a line that is too long.
fn skip_line(reader: &mut dyn BufRead, left: &mut u64) -> bool {
    loop {
        let Ok(buffer) = reader.fill_buf() else { return false };
        let (used, done) = match memchr::memchr(b'\n', buffer) {
            Some(at) => (at + 1, true),
            None => (buffer.len(), false),
        };
        if used == 0 || used as u64 > *left {
            return false;
        }
        *left -= used as u64;
        reader.consume(used);
        if done {
            return true;
        }
    }
}

fn first<'v>(record: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().find_map(|key| record.get(key))
}

fn text<'v>(record: &'v Value, keys: &[&str]) -> Option<&'v str> {
    first(record, keys).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// What a record says became of its call. A record written before the call says nothing.
fn ended(record: &Value) -> Option<CallEnd> {
    let event = text(record, &["hook_event_name", "hook_event", "event", "event_name"]);
    if let Some("deny" | "denied" | "block" | "blocked" | "reject" | "rejected") =
        text(record, &["decision", "permission_decision", "permissionDecision"])
    {
        return Some(CallEnd::Stopped);
    }
    match event {
        Some("PreToolUse" | "PermissionRequest") => return None,
        Some("PostToolUseFailure" | "PermissionDenied") => return Some(CallEnd::Stopped),
        _ => {}
    }
    if let Some(ok) = record.get("success").and_then(Value::as_bool) {
        return Some(if ok { CallEnd::Succeeded } else { CallEnd::Stopped });
    }
    if let Some(failed) = record.get("is_error").and_then(Value::as_bool) {
        return Some(if failed { CallEnd::Stopped } else { CallEnd::Succeeded });
    }
    match text(record, &["outcome", "status"]).map(str::to_ascii_lowercase).as_deref() {
        Some("success" | "succeeded" | "ok" | "completed" | "allowed") => Some(CallEnd::Succeeded),
        Some("failure" | "failed" | "error" | "denied" | "blocked" | "rejected" | "deny") => {
            Some(CallEnd::Stopped)
        }
        _ if event == Some("PostToolUse") => Some(CallEnd::Succeeded),
        _ => None,
    }
}

/// The class of a path that the guide's third item names, and the key files beside it.
fn credential_file(path: &str) -> Option<&'static str> {
    let name = path.trim_end_matches('/').rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    if ["example", "sample", "template", "dist"].iter().any(|kind| name.ends_with(&format!(".{kind}"))) {
        return None;
    }
    if name == ".env" || name.starts_with(".env.") || (name.ends_with(".env") && name.len() > 4) {
        return Some("environment_file");
    }
    if name.ends_with(".pem") || name.ends_with(".key") && name.len() > 4 {
        return Some("key_file");
    }
    matches!(name.as_str(), "id_rsa" | "id_ed25519" | "id_ecdsa" | ".credentials.json").then_some("key_file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(lines: &str) -> CallOutcomes {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, lines).expect("a file");
        join(&[path], Period::parse("2026-Q3").expect("a period"), &|_| "a.jsonl".to_owned())
    }

    #[test]
    fn a_call_and_its_result_in_another_line_are_one() {
        let out = joined(concat!(
            r#"{"type":"assistant","sessionId":"s","timestamp":"2026-07-02T10:00:00Z","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"rm -rf build"}}]}}"#,
            "\n",
            r#"{"type":"user","sessionId":"s","permissionMode":"default","timestamp":"2026-07-02T10:00:01Z","message":{"content":[{"type":"tool_result","tool_use_id":"t1","is_error":true}]}}"#,
            "\n",
            r#"{"type":"assistant","sessionId":"s","timestamp":"2026-07-02T10:00:02Z","message":{"content":[{"type":"tool_use","id":"t2","name":"Read","input":{"file_path":"/p/.env"}}]}}"#,
            "\n",
            r#"{"type":"user","sessionId":"s","timestamp":"2026-07-02T10:00:03Z","message":{"content":[{"type":"tool_result","tool_use_id":"t2"}]}}"#,
            "\n",
        ));
        assert_eq!((out.shell, out.shell_with_command, out.destructive.stopped), (1, 1, 1));
        assert_eq!((out.file, out.file_with_path, out.credential.succeeded), (1, 1, 1));
        assert_eq!((out.sessions, out.sessions_with_mode, out.not_joined), (1, 1, 0));
    }

    #[test]
    fn what_lies_outside_the_period_is_no_call_of_it() {
        let out = joined(
            r#"{"timestamp":"2026-01-02T10:00:00Z","tool":"Bash","command":"rm -rf /","status":"success"}"#,
        );
        assert_eq!(out, CallOutcomes::default());
    }

    #[test]
    fn records_before_and_after_a_call_are_one_call() {
        let out = joined(concat!(
            r#"{"time":"2026-07-02T10:00:00Z","event":"PreToolUse","tool":"Bash","tool_use_id":"a","command":"mkfs.ext4 /dev/sdb1","outcome":"requested"}"#,
            "\n",
            r#"{"time":"2026-07-02T10:00:01Z","event":"PostToolUse","tool":"Bash","tool_use_id":"a","outcome":"success"}"#,
            "\n",
            "no json\n",
        ));
        assert_eq!(
            (out.shell, out.destructive.succeeded, out.destructive.total(), out.not_joined),
            (1, 1, 1, 1)
        );
        assert_eq!(out.places[0].line, 1);
    }

    #[test]
    fn names_of_credential_files() {
        for path in ["/p/.env", "a/.env.local", "prod.env", "x/server.PEM", "tls.key", "C:\\k\\a.key"] {
            assert!(credential_file(path).is_some(), "{path}");
        }
        for path in ["/p/.env.example", "environment.rs", "keys.rs", ".environment", "monkey", ".key"] {
            assert!(credential_file(path).is_none(), "{path}");
        }
    }
}
