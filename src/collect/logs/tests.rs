//! Tests of the whole reader: against the generator's ledger, on hostile files, on real ones.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::catalog::patterns;
use crate::model::activity::*;

#[allow(dead_code)]
#[path = "../../../examples/generator/mod.rs"]
mod generator;
use generator::{Form, Ledger};

fn scanner() -> Scanner {
    Scanner::new(&patterns::built_in().expect("the patterns load")).expect("they compile")
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
    assert_eq!(summary.activity.events, r.read - r.duplicates - r.before_period - r.after_period);
    let in_days: u64 = summary.activity.days.values().map(|d| d.events).sum();
    assert_eq!(summary.activity.events, in_days + summary.activity.undated.events);
}

fn text(content: &[u8]) -> LogSummary {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, content).expect("written");
    read_with(&[path], |_| {})
}

fn as_map(ranked: &Ranked) -> BTreeMap<String, u64> {
    assert_eq!(ranked.others, 0);
    ranked.top.iter().map(|n| (n.name.clone(), n.count)).collect()
}

fn assert_equals_ledger(summary: &LogSummary, ledger: &Ledger) {
    let a = &summary.activity;
    assert_eq!(summary.records.read, ledger.records);
    assert_eq!(summary.records.refused, ledger.refused);
    assert_eq!(summary.records.repaired, ledger.repaired);
    assert_eq!(
        a.days.iter().map(|(d, t)| (d.to_string(), t.events)).collect::<BTreeMap<_, _>>(),
        ledger.by_day
    );
    assert_eq!(as_map(&a.users), ledger.by_user);
    assert_eq!(as_map(&a.tools), ledger.by_tool);
    assert_eq!(as_map(&a.decisions), ledger.by_decision);
    assert_eq!(as_map(&a.modes), ledger.by_mode);
    assert_eq!(as_map(&a.outcomes), ledger.by_outcome);
    assert_eq!(a.dangerous, ledger.dangerous);
    assert_eq!(a.hits.iter().map(|(id, h)| (id.clone(), h.records)).collect::<BTreeMap<_, _>>(), ledger.hits);
    assert_eq!(a.fields.unknown_user, ledger.unknown_user);
    assert_eq!(a.days.values().map(|d| d.missing_outcome).sum::<u64>(), ledger.missing_outcome);
    assert_eq!(a.denied, ledger.denied);
    assert_eq!(a.file_changes.count, ledger.file_changes);
    assert_eq!(summary.sources.iter().map(|s| s.order.backward).sum::<u64>(), ledger.backward);
    assert_eq!(
        a.missing_days.days.iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>(),
        ledger.missing_days
    );
    assert_eq!(a.sessions.bypass, ledger.bypass_sessions);
    assert_eq!(a.mode_changes, ledger.mode_changes);
    let by_user_and_day: BTreeMap<(String, String), u64> = a
        .days
        .iter()
        .flat_map(|(day, t)| t.users.top.iter().map(move |n| ((n.name.clone(), day.to_string()), n.count)))
        .collect();
    assert_eq!(by_user_and_day, ledger.by_user_and_day);
}

#[test]
fn the_generators_ledger_is_found_exactly() {
    for (form, bytes, seed) in
        [(Form::Lines, 3_000_000, 1), (Form::Lines, 4_000_000, 7), (Form::Guide, 2_000_000, 2)]
    {
        let mut log = Vec::new();
        let ledger = generator::write(form, bytes, seed, &mut log).expect("in memory");
        assert!(ledger.records > 1000 && !ledger.hits.is_empty() && !ledger.dangerous.is_empty());
        assert_equals_ledger(&text(&log), &ledger);
    }
}

#[test]
fn parts_and_threads_do_not_change_the_result() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for form in [Form::Lines, Form::Guide] {
        let path = dir.path().join("audit.log");
        let mut log = Vec::new();
        let ledger = generator::write(form, 3 << 20, 3, &mut log).expect("in memory");
        std::fs::write(&path, &log).expect("written");
        let mut one =
            read_with(std::slice::from_ref(&path), |o| (o.threads, o.limits.part_bytes) = (1, 200_000));
        let three =
            read_with(std::slice::from_ref(&path), |o| (o.threads, o.limits.part_bytes) = (3, 200_000));
        assert!(one == three, "threads change the result");
        // A change of mode across two parts is counted; only its place is not noted.
        let mut whole = read_with(std::slice::from_ref(&path), |_| {});
        for summary in [&mut one, &mut whole] {
            summary.activity.notable.retain(|n| n.kind != NotableKind::ModeChange);
        }
        assert!(one == whole, "parts change the result");
        assert_equals_ledger(&one, &ledger);
        assert_eq!(one.records.lines, memchr::memchr_iter(b'\n', &log).count() as u64);
        for refusal in &one.sources[0].refusals {
            let line = memchr::memchr_iter(b'\n', &log[..refusal.offset as usize]).count() as u64 + 1;
            assert_eq!(line, refusal.line);
            assert_eq!(log[refusal.offset as usize], b'{');
        }
    }
}

/// The folder of shared test data, where it exists.
fn shared(part: &str) -> Option<PathBuf> {
    let roots =
        [std::env::var("WORKPAPER_SHARED").unwrap_or_default(), "../shared".into(), "../../shared".into()];
    let found =
        roots.iter().filter(|r| !r.is_empty()).map(|r| PathBuf::from(r).join(part)).find(|p| p.is_dir());
    if found.is_none() {
        eprintln!("skipped: no {part}");
    }
    found
}

#[test]
fn every_real_log_reads_without_loss() {
    for part in ["corpora/transcripts", "corpora/auditlogs"] {
        let Some(folder) = shared(part) else { return };
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&folder).expect("listed").flatten().map(|e| e.path()).collect();
        files.sort();
        let summary = read_with(std::slice::from_ref(&folder), |_| {});
        let mut there = 0;
        for file in &files {
            // An independent count: strict values, one after the other, out of the whole file (and out of its list).
            let text = std::fs::read(file).expect("read");
            let mut records = 0;
            for value in serde_json::Deserializer::from_slice(&text).into_iter::<serde_json::Value>() {
                match value {
                    Ok(serde_json::Value::Array(list)) => records += list.len() as u64,
                    Ok(_) => records += 1,
                    Err(error) => panic!("{}: the independent reader fails: {error}", file.display()),
                }
            }
            let alone = read_with(std::slice::from_ref(file), |_| {});
            assert_eq!((alone.records.read, alone.records.refused), (records, 0), "{}", file.display());
            there += records;
        }
        assert!(files.len() > 10);
        let left_out: u64 = summary
            .gaps
            .iter()
            .filter(|g| g.reason == GapReason::SameContent)
            .map(|g| read_with(&[PathBuf::from(&g.path)], |_| {}).records.read)
            .sum();
        assert_eq!(summary.records.read + left_out, there, "{part}");
    }
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
fn every_compression_and_rotation_is_read_once_and_in_order() {
    use std::io::Write;
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
    let gzip = |text: &str| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(text.as_bytes()).expect("in memory");
        out.finish().expect("in memory")
    };
    put("audit.log.2.gz", &gzip(&day(2)));
    // The same content again, not yet compressed: a rotation that was interrupted.
    put("audit.log.2", day(2).as_bytes());
    put(
        "audit.log.3.zst",
        &ruzstd::encoding::compress_to_vec(day(1).as_bytes(), ruzstd::encoding::CompressionLevel::Fastest),
    );
    let broken = gzip(&day(5));
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

#[test]
fn hostile_bytes_are_counted_and_never_stop_the_reader() {
    let good = b"{\"timestamp\":\"2026-07-01T10:00:00Z\",\"user\":\"ann\",\"tool\":\"Read\"}\n";
    let mut log = good.to_vec();
    log.extend([0u8; 3000]);
    log.extend_from_slice(
        b"\n{\"timestamp\":\"2026-07-01T10:00:01Z\",\"user\":\"\xff\xfe\",\"tool\":\"Read\"}\n",
    );
    log.extend_from_slice(b"{\"timestamp\":\"2026-07-01T10:00:02Z\",\"x\":\"");
    log.extend(std::iter::repeat_n(b'a', 3 << 20));
    log.extend_from_slice(b" AKIAIOSFODNN7EXAMPLE \"}\n");
    log.extend_from_slice(format!("{{\"a\":{}\n", "[".repeat(100_000)).as_bytes());
    log.extend_from_slice(good);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, &log).expect("written");
    let s = read_with(&[path], |o| o.limits.record_bytes = 1 << 20);
    assert_eq!(
        (s.records.read, s.records.refused, s.records.nul_bytes, s.records.invalid_utf8),
        (3, 2, 3000, 1),
        "{:?}",
        s.sources[0].refusals
    );
    assert_eq!(
        s.sources[0].refused_by_reason.keys().map(String::as_str).collect::<Vec<_>>(),
        ["too_deep", "too_long"]
    );
    assert_eq!(s.activity.hits["aws_access_key_id"].records, 1);
    let shown = serde_json::to_string(&s).expect("written");
    assert!(!shown.contains("AKIA"));
}

#[test]
fn names_are_bounded_printable_and_hold_no_secret() {
    let mut log = String::new();
    for n in 0..3000 {
        log.push_str(&format!(
            "{{\"timestamp\":\"2026-07-01T10:00:00Z\",\"user\":\"u{n}\",\"tool\":\"Read\"}}\n"
        ));
    }
    log.push_str("{\"timestamp\":\"2026-07-01T10:00:00Z\",\"user\":\"AKIAIOSFODNN7EXAMPLE\",\"tool\":\"a\u{202e}b\u{7f}\"}\n");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, &log).expect("written");
    let s = read_with(std::slice::from_ref(&path), |_| {});
    assert_eq!(s.activity.users.total(), 3001);
    assert!(s.activity.users.top.len() <= 1500 && s.activity.users.others > 1000);
    let s = read_with(&[path], |o| o.limits.users = 4000);
    let shown = serde_json::to_string(&s).expect("written");
    assert!(!shown.contains("AKIA") && !shown.contains('\u{202e}') && !shown.contains('\u{7f}'));
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
fn mutated_logs_keep_every_invariant() {
    let mut seed = Vec::new();
    generator::write(Form::Lines, 60_000, 5, &mut seed).expect("in memory");
    generator::write(Form::Guide, 60_000, 5, &mut seed).expect("in memory");
    seed.truncate(90_000);
    let scanner = scanner();
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    let mut random = generator::Random::new(99);
    for round in 0..25 {
        let mut log = seed.clone();
        for _ in 0..1 + random.below(60) {
            let at = random.below(log.len() as u64) as usize;
            match random.below(5) {
                0 => log[at] = b"{}[]\",:\\\n\0\xff"[random.below(11) as usize],
                1 => drop(log.drain(at..(at + random.below(300) as usize).min(log.len()))),
                2 => log.insert(at, b"{}\"\n,"[random.below(5) as usize]),
                3 => log.truncate(log.len() - random.below(50) as usize),
                _ => {
                    let piece = log[at..(at + 200).min(log.len())].to_vec();
                    log.splice(at..at, piece);
                }
            }
        }
        std::fs::write(&path, &log).expect("written");
        let options = |part| ReadOptions {
            limits: Limits { part_bytes: part, record_bytes: 200_000, ..Limits::default() },
            ..ReadOptions::new(&scanner)
        };
        let whole = read(std::slice::from_ref(&path), &options(1 << 30));
        assert_sound(&whole);
        assert_eq!(whole.records.lines, log.split_inclusive(|&b| b == b'\n').count() as u64, "round {round}");
    }
}
