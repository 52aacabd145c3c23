//! Tests of the whole reader. Beside this file: against the generator's ledger, on hostile files, on real ones.

mod hostile;
mod ledger;
mod outcomes;
mod real;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::catalog::patterns;
use crate::model::activity::*;

#[allow(dead_code)]
#[path = "../../../../examples/generator/mod.rs"]
mod generator;
use generator::{Form, Ledger};

fn scanner() -> Scanner {
    Scanner::new(&patterns::built_in().expect("the patterns load"))
}

fn read_with(paths: &[PathBuf], change: impl FnOnce(&mut ReadOptions<'_>)) -> LogSummary {
    let scanner = scanner();
    let mut options = ReadOptions::new(&scanner);
    change(&mut options);
    let summary = read(paths, &options);
    assert_sound(&summary);
    summary
}

/// What must hold of every summary of anything.
fn assert_sound(summary: &LogSummary) {
    let sums = |r: &RecordCounts| {
        assert_eq!(r.there, r.read + r.refused);
        assert!(r.repaired + r.duplicates + r.before_period + r.after_period <= r.read + r.repaired);
    };
    sums(&summary.records);
    for source in &summary.sources {
        sums(&source.records);
        assert_eq!(source.records.refused, source.refused_by_reason.values().sum::<u64>(), "{}", source.path);
        assert_eq!(source.records.read, source.shapes.values().sum::<u64>(), "{}", source.path);
    }
    let r = &summary.records;
    assert_eq!(summary.activity.events, r.read - r.metrics - r.duplicates - r.before_period - r.after_period);
    let in_days: u64 = summary.activity.days.values().map(|d| d.events).sum();
    assert_eq!(summary.activity.events, in_days + summary.activity.undated.events);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut out, bytes).expect("in memory");
    out.finish().expect("in memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn text(content: &[u8]) -> LogSummary {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, content).expect("written");
    read_with(&[path], |_| {})
}

#[test]
fn the_guides_records_are_recovered_in_a_mixed_file() {
    let log = concat!(
        "{\n\"timestamp\": \"2026-07-01T10:00:00Z\",\n\"user\": \"ann\",\n\"tool\": \"Bash\",\n\"input_summary\": \"{\"command\":\"rm -rf x\"}\",\n\"output_length\":        5,\n\"status\": \"success\"\n}\n",
        "{\"timestamp\":\"2026-07-01T10:00:01Z\",\"user\":\"bob\",\"tool\":\"Read\",\"decision\":\"deny\"}\n",
        "{\n\"timestamp\": \"2026-07-01T10:00:02Z\",\n\"user\": \"ann\",\n\"action\": \"file_modified\",\n\"file\": \"/a/b.rs\",\n\"tool\": \"Edit\"\n}\n",
        "[\n  {\n    \"ts\": \"2026-07-01T10:00:03Z\",\n    \"tool_name\": \"Write\",\n    \"tool_input\": {\"file_path\": \"/c\"}\n  },\n  {\"ts\":1782900004,\"tool\":\"Grep\"}\n]\n",
        "Jul  1 10:00:05 host claude[1]: {\"timestamp\":\"2026-07-01T10:00:05Z\",\"user\":\"cy\",\"tool\":\"Bash\",\"tool_input\":{\"command\":\"ls\"}}\n",
        "Jul  1 10:00:05 host sshd[1]: session opened\n",
        "{\"timestamp\":\"2026-07-01T10:00:06Z\",\"user\":\"cut\n",
        "this is no record\n",
        "{\n\"incident_id\": \"1\",\n\"type\": \"credential_exposure\",\n\"timestamp\": \"2026-07-01T10:00:07Z\",\n\"status\": \"investigating\",\n\"actions_taken\": []\n}\n",
        "{\"timestamp\":\"2026-07-01T10:00:08Z\",\"user\":\"dee\",\"tool\":\"Bash\"",
    );
    let s = text(log.as_bytes());
    let r = &s.records;
    assert_eq!((r.read, r.repaired, r.refused, r.foreign_lines), (7, 1, 2, 1), "{:?}", s.sources[0].refusals);
    let reasons: Vec<&str> = s.sources[0].refusals.iter().map(|r| r.reason.as_str()).collect();
    // A line of text behind an open value is taken as its going on.
    assert_eq!(reasons, ["cut_short", "cut_short"]);
    assert_eq!(s.activity.dangerous.get("recursive_delete"), Some(&1));
    assert_eq!(s.activity.denied, 1);
    assert_eq!(s.activity.file_changes.count, 2);
    assert_eq!(s.activity.file_changes.by_path.get("/a/b.rs"), 1);
    assert_eq!(s.activity.incidents, 1);
}

#[test]
fn telemetry_session_files_and_exports_are_read() {
    let otlp = r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"user.email","value":{"stringValue":"ann@example.org"}}]},"scopeLogs":[{"logRecords":[
        {"timeUnixNano":"1782900000000000000","body":{"stringValue":"claude_code.tool_decision"},"attributes":[{"key":"tool_name","value":{"stringValue":"Bash"}},{"key":"decision","value":{"stringValue":"reject"}},{"key":"session.id","value":{"stringValue":"s"}}]},
        {"timeUnixNano":"1782900001000000000","body":{"stringValue":"claude_code.auth"},"attributes":[{"key":"action","value":{"stringValue":"login"}},{"key":"success","value":{"boolValue":false}},{"key":"auth_method","value":{"stringValue":"sso"}}]},
        {"timeUnixNano":"1782900002000000000","body":{"stringValue":"claude_code.api_request"},"attributes":[{"key":"cost_usd","value":{"doubleValue":0.25}},{"key":"input_tokens","value":{"intValue":"10"}}]},
        {"timeUnixNano":"1782900003000000000","body":{"stringValue":"claude_code.permission_mode_changed"},"attributes":[{"key":"from_mode","value":{"stringValue":"default"}},{"key":"to_mode","value":{"stringValue":"bypassPermissions"}}]}
    ]}]}]}"#.replace('\n', "");
    let s = text(otlp.as_bytes());
    assert_eq!((s.records.read, s.records.refused), (4, 0));
    let a = &s.activity;
    assert_eq!((a.denied, a.log_ins.failed, a.mode_changes, a.users.get("ann@example.org")), (1, 1, 1, 4));
    assert_eq!(a.usage[0].tokens.cost_micros, 250_000);
    assert!(a.hits.is_empty(), "the user's own address is no hit: {:?}", a.hits);

    let line = |uuid: &str, id: &str| {
        format!(
            "{{\"type\":\"assistant\",\"uuid\":\"{uuid}\",\"sessionId\":\"s\",\"timestamp\":\"2026-07-01T10:00:00Z\",\"version\":\"2.1.240\",\"requestId\":\"r\",\"message\":{{\"id\":\"{id}\",\"usage\":{{\"input_tokens\":7,\"output_tokens\":2}},\"content\":[{{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Bash\",\"input\":{{\"command\":\"rm -rf x\",\"dangerouslyDisableSandbox\":true}}}}]}}}}\n"
        )
    };
    let dir = tempfile::tempdir().expect("a folder");
    let project = dir.path().join("ann/.claude/projects/p");
    std::fs::create_dir_all(project.join("s/subagents")).expect("made");
    std::fs::write(
        project.join("a.jsonl"),
        line("1", "m") + &line("2", "m") + "{\"type\":\"new-kind\",\"sessionId\":\"s\"}\n",
    )
    .expect("written");
    std::fs::write(project.join("b.jsonl"), line("2", "m") + &line("3", "n")).expect("written");
    std::fs::write(project.join("s/subagents/agent-1.jsonl"), line("3", "n")).expect("written");
    let s = read_with(&[dir.path().to_owned()], |_| {});
    assert_eq!((s.records.read, s.records.duplicates), (6, 2));
    let a = &s.activity;
    assert_eq!((a.tools.get("Bash"), a.sandbox_disabled, a.dangerous["recursive_delete"]), (3, 3, 3));
    assert_eq!((a.unknown_types.get("new-kind"), a.users.get("ann")), (1, 4));
    assert_eq!(a.usage.iter().map(|u| u.tokens.input).sum::<u64>(), 14);

    let csv = "created_at,actor_info,event,event_info,entity_info,ip_address,device_id,user_agent,client_platform\n2026-07-01T10:00:00Z,ann@example.org,user_signed_in_sso,,,,,,\nbroken,row\n";
    let s = text(csv.as_bytes());
    assert_eq!((s.records.read, s.records.refused, s.activity.log_ins.succeeded), (1, 1, 1));
}

#[test]
fn every_compression_and_rotation_is_read_once_and_in_order() {
    let dir = tempfile::tempdir().expect("a folder");
    let line = |day: u32, n: u32| {
        format!(
            "{{\"timestamp\":\"2026-07-{day:02}T00:00:{n:02}Z\",\"user\":\"ann\",\"tool\":\"Read\",\"status\":\"ok\",\"pad\":\"{}\"}}\n",
            "x".repeat(40)
        )
    };
    let day = |day: u32| (0..30).map(|n| line(day, n)).collect::<String>();
    let put = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).expect("written");
    put("audit.log", day(4).as_bytes());
    put("audit.log.1", day(3).as_bytes());
    put("audit.log.2.gz", &gzip(day(2).as_bytes()));
    // The same content again, not yet compressed: a rotation that was interrupted.
    put("audit.log.2", day(2).as_bytes());
    put("audit.log.3.zst", &zstd(day(1).as_bytes()));
    let broken = gzip(day(5).as_bytes());
    put("other.log.1.gz", &broken[..broken.len() / 2]);
    #[cfg(unix)]
    {
        let made = std::process::Command::new("mkfifo").arg(dir.path().join("pipe.log")).status();
        std::os::unix::fs::symlink("/dev/zero", dir.path().join("zero.log")).expect("linked");
        std::os::unix::fs::symlink("/dev/null", dir.path().join("null.log")).expect("linked");
        std::fs::hard_link(dir.path().join("audit.log"), dir.path().join("zagain.log")).expect("linked");
        let s = read_with(&[dir.path().to_owned(), dir.path().join("absent.log")], |_| {});
        let gaps = |reason: GapReason| s.gaps.iter().filter(|g| g.reason == reason).count();
        assert_eq!(
            gaps(GapReason::NotAFile),
            2 + usize::from(made.is_ok_and(|m| m.success())),
            "{:?}",
            s.gaps
        );
        assert_eq!(
            (gaps(GapReason::SameContent), gaps(GapReason::Damaged), gaps(GapReason::Absent)),
            (2, 1, 1),
            "{:?}",
            s.gaps
        );
        let in_series: Vec<&SourceSummary> = s.sources.iter().filter(|s| s.records.there == 30).collect();
        assert_eq!(
            in_series
                .iter()
                .filter_map(|s| s.first)
                .collect::<Vec<_>>()
                .windows(2)
                .filter(|w| w[0] > w[1])
                .count(),
            0
        );
        for day in 1..=4 {
            let date = Date::new(2026, 7, day).expect("a date");
            assert_eq!(s.activity.days.get(&date).map(|d| d.events), Some(30), "{date}");
        }
    }
}
