//! What became of the calls: joined in the same pass, over lines, parts and files.

use super::*;
use crate::model::{CallEnd, CallOutcomes};

fn joined_with(files: &[&str], change: impl FnOnce(&mut ReadOptions<'_>)) -> CallOutcomes {
    let folder = tempfile::tempdir().expect("a folder");
    let paths: Vec<PathBuf> = (0..files.len()).map(|n| folder.path().join(format!("{n}.jsonl"))).collect();
    for (path, text) in paths.iter().zip(files) {
        std::fs::write(path, text).expect("a file");
    }
    let scanner = scanner();
    let mut options = ReadOptions::new(&scanner);
    options.limits.calls = 1000;
    change(&mut options);
    read_with_calls(&paths, &options).1
}

fn joined(lines: &str) -> CallOutcomes {
    joined_with(&[lines], |_| {})
}

const SESSION: [&str; 4] = [
    r#"{"type":"assistant","sessionId":"s","timestamp":"2026-07-02T10:00:00Z","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"rm -rf build"}}]}}"#,
    r#"{"type":"user","sessionId":"s","permissionMode":"default","timestamp":"2026-07-02T10:00:01Z","message":{"content":[{"type":"tool_result","tool_use_id":"t1","is_error":true}]}}"#,
    r#"{"type":"assistant","sessionId":"s","timestamp":"2026-07-02T10:00:02Z","message":{"content":[{"type":"tool_use","id":"t2","name":"Read","input":{"file_path":"/p/\u002eenv"}}]}}"#,
    r#"{"type":"user","sessionId":"s","timestamp":"2026-07-02T10:00:03Z","message":{"content":[{"type":"tool_result","tool_use_id":"t2"}]}}"#,
];

#[test]
fn a_call_and_its_result_in_another_line_or_file_are_one() {
    let whole = SESSION.map(|line| format!("{line}\n")).concat();
    let (first, second) =
        (format!("{}\n{}\n", SESSION[0], SESSION[2]), format!("{}\n{}\n", SESSION[1], SESSION[3]));
    for out in [joined(&whole), joined_with(&[&first, &second], |_| {})] {
        assert_eq!((out.shell, out.shell_with_command, out.destructive.stopped), (1, 1, 1));
        assert_eq!(
            (out.file, out.file_with_path, out.credential.succeeded),
            (1, 1, 1),
            "an escape hides no name"
        );
        assert_eq!((out.sessions, out.sessions_with_mode, out.not_joined), (1, 1, 0));
        assert_eq!(out.places[0].class, "environment_file");
    }
}

#[test]
fn what_lies_outside_the_period_is_no_call_of_it() {
    let line =
        r#"{"timestamp":"2026-01-02T10:00:00Z","tool":"Bash","command":"rm -rf /","status":"success"}"#;
    let date = |month| jiff::civil::date(2026, month, 1);
    let out = joined_with(&[line], |o| o.period = Some(Days { start: date(7), end: date(9) }));
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
    assert_eq!((out.shell, out.destructive.succeeded, out.destructive.total(), out.not_joined), (1, 1, 1, 1));
    assert_eq!((out.places[0].line, out.places[0].ended), (1, CallEnd::Succeeded));
}

#[test]
fn a_command_that_the_writer_cut_is_not_known_whole() {
    let record = |summary: &str| {
        format!(
            "{{\"timestamp\":\"2026-07-02T10:00:00Z\",\"tool\":\"Bash\",\"input_summary\":\"{summary}\",\"status\":\"success\"}}\n"
        )
    };
    let whole = joined(&record(r#"{\"command\":\"ls -l\"}"#));
    let cut = joined(&record(r#"{\"command\":\"ls -l; echo"#));
    assert_eq!((whole.shell, whole.shell_with_command), (1, 1));
    assert_eq!((cut.shell, cut.shell_with_command), (1, 0));
    assert_eq!(joined(&record(r#"{\"command\":\"rm -rf x; echo"#)).destructive.succeeded, 1);
}

#[test]
fn a_decision_alone_is_no_call_and_a_refusal_stops_the_call_that_it_names() {
    let event = |name: &str, more: &str| {
        format!(
            "{{\"timestamp\":\"2026-07-02T10:00:00Z\",\"event.name\":\"{name}\",\"tool_name\":\"Bash\"{more}}}\n"
        )
    };
    let alone = joined(&event("tool_decision", ",\"decision\":\"accept\""));
    assert_eq!((alone.shell, alone.not_joined), (0, 0));
    let both = [
        event("tool_decision", ",\"decision\":\"reject\",\"tool_use_id\":\"a\""),
        event("tool_result", ",\"command\":\"rm -rf x\",\"tool_use_id\":\"a\""),
    ];
    let both = joined(&both.concat());
    assert_eq!((both.shell, both.destructive.stopped, both.destructive.total()), (1, 1, 1));
}

/// The bound, and the parts of a file, change nothing about a call that matters.
#[test]
fn calls_beyond_the_bound_keep_their_end() {
    let mut log = String::new();
    let mut put = |event: &str, id: usize, more: &str| {
        log.push_str(&format!(
            "{{\"time\":\"2026-07-02T10:00:00Z\",\"event\":\"{event}\",\"tool\":\"Bash\",\"tool_use_id\":\"t{id}\"{more}}}\n"
        ));
    };
    put("PreToolUse", 0, ",\"command\":\"rm -rf /\"");
    (1..5000).for_each(|id| put("PostToolUse", id, ",\"command\":\"ls\""));
    put("PostToolUse", 0, "");
    for part_bytes in [1 << 30, 1] {
        let out = joined_with(&[&log], |o| (o.limits.calls, o.limits.part_bytes) = (100, part_bytes));
        assert_eq!((out.destructive.succeeded, out.destructive.total()), (1, 1));
        assert_eq!(
            (out.shell, out.shell_with_command),
            (5001, 5000),
            "seen twice, far apart: said to be two"
        );
        let out = joined_with(&[&log], |o| (o.limits.calls, o.limits.part_bytes) = (100_000, part_bytes));
        assert_eq!((out.shell, out.shell_with_command), (5000, 5000));
    }
}
