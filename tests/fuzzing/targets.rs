//! What is fuzzed, and what must hold of every answer to any input.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use workpaper::{
    catalog::patterns,
    collect::logs::{self, Limits, ReadOptions, Scanner},
    facts::rotation::{self, Runs, Simulation, Volume},
    model::{
        CallOutcomes,
        activity::{DayActivity, LogSummary, Ranked, RecordCounts},
    },
};

/// Looks at one input; panics when a promise is broken. Returns the kind of answer: inputs with a new kind are kept.
type Check = fn(&Bench, &[u8]) -> String;

pub struct Target {
    pub name: &'static str,
    /// Words of the format, put in at random.
    pub words: &'static [&'static str],
    pub check: Check,
}

pub const TARGETS: [Target; 3] = [
    Target { name: "records", words: RECORD_WORDS, check: records },
    Target { name: "transcripts", words: TRANSCRIPT_WORDS, check: transcripts },
    Target { name: "logrotate", words: ROTATE_WORDS, check: logrotate },
];

const RECORD_WORDS: &[&str] = &[
    "{\"timestamp\":\"2026-07-01T10:00:00Z\",\"user\":\"ann\",\"tool\":\"Bash\"}\n",
    "\n}\n",
    "\n{\n",
    "}\n{",
    "},\n",
    "[",
    "]\n",
    "\"status\": \"success\"\n}\n",
    "\"tool_input\":{\"command\":\"rm -rf x\"}",
    "AKIAIOSFODNN7EXAMPLE",
    "4111111111111111",
    "219-09-9998",
    "ann@example.org",
    "created_at,actor_info,event,event_info\n",
    "Nov 22 10:00:00 host app: {\"",
    "{\"MESSAGE\":\"{\\\"timestamp\\\":\\\"2026-07-01T10:00:00Z\\\"}\"}\n",
    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1782900000000000000\"}]}]}]}",
    "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"claude_code.cost.usage\",\"sum\":{\"aggregationTemporality\":2,\"dataPoints\":[{\"timeUnixNano\":\"1782900000000000000\",\"asDouble\":0.5}]}}]}]}]}",
    "\\u0000",
    "\\ud800",
    "\\\\\\\"",
    "\u{feff}",
    "1e999",
    "-0",
    "null",
];

const TRANSCRIPT_WORDS: &[&str] = &[
    "{\"type\":\"assistant\",\"sessionId\":\"s\",\"uuid\":\"1\",\"timestamp\":\"2026-07-01T10:00:00Z\"}\n",
    "\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":7},\"content\":[{\"type\":\"tool_use\",\"name\":\"Bash\",\"input\":{\"command\":\"rm x\"}}]}",
    "\"permissionMode\":\"bypassPermissions\"",
    "\"toolDenialKind\":\"user\"",
    "\"uuid\":\"1\"",
    "\"requestId\":\"r\"",
    "\"type\":\"summary\",\"leafUuid\":\"x\"",
    "\"usage\":[]",
    "\"content\":\"text\"",
    "\"sessionId\":null",
    "18446744073709551616",
    "[[[[[[[[",
    "]]]]]]]]",
    "\\ud83d\\ude00",
];

const ROTATE_WORDS: &[&str] = &[
    "rotate 99999999999",
    "rotate -1",
    "maxage 4294967296",
    "size 999999999999999999999k",
    "size 1G",
    "weekly 9",
    "monthly 31",
    "include /etc/logrotate.d",
    "include logrotate.conf",
    "postrotate\n",
    "endscript\n",
    "lastaction\n",
    "create 0640 root adm",
    "create 99999 a b c",
    "su root",
    "tabooext + .x,",
    "\"/var/log/a b.log\" {",
    "/var/log/*.log {",
    "}\n",
    "{\n",
    "dateext",
    "minage",
    "\\\n",
    "=",
    "[[:alpha:]]",
    "**/**/**/**",
];

/// What all inputs of a run share.
pub struct Bench {
    scanner: Scanner,
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let patterns = patterns::built_in().expect("the built-in patterns load");
        let quick = Path::new("/dev/shm");
        let folder = if quick.is_dir() { tempfile::tempdir_in(quick) } else { tempfile::tempdir() };
        Bench { scanner: Scanner::new(&patterns), folder: folder.expect("a temporary folder can be made") }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("inside the folder")).expect("made");
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn read(&self, paths: &[PathBuf], threads: usize, change: impl FnOnce(&mut Limits)) -> LogSummary {
        self.read_with_calls(paths, threads, change).0
    }

    fn read_with_calls(
        &self,
        paths: &[PathBuf],
        threads: usize,
        change: impl FnOnce(&mut Limits),
    ) -> (LogSummary, CallOutcomes) {
        let mut options = ReadOptions { threads, ..ReadOptions::new(&self.scanner) };
        // Small bounds: they must be met often.
        options.limits = Limits {
            users: 5,
            names: 6,
            paths: 4,
            days: 3,
            day_names: 20,
            day_rows: 12,
            calls: 6,
            sessions: 4,
            located: 3,
            usage_rows: 3,
            record_bytes: 9000,
            message_ids: 8,
            ..Limits::default()
        };
        change(&mut options.limits);
        let (summary, calls) = logs::read_with_calls(paths, &options);
        assert_sound_calls(&calls, &summary);
        (summary, calls)
    }
}

/// What must hold of every summary of anything.
fn assert_sound(summary: &LogSummary, scanner: &Scanner) {
    let sums = |r: &RecordCounts| assert_eq!(r.there, r.read + r.refused, "records there");
    sums(&summary.records);
    for source in &summary.sources {
        sums(&source.records);
        assert_eq!(source.records.refused, source.refused_by_reason.values().sum::<u64>(), "reasons");
        assert_eq!(source.records.read, source.shapes.values().sum::<u64>(), "shapes");
        assert!(source.refusals.iter().all(|r| r.offset < source.bytes.max(1)), "a place outside its file");
    }
    let r = &summary.records;
    let activity = &summary.activity;
    assert_eq!(
        activity.events,
        r.read - r.metrics - r.duplicates - r.before_period - r.after_period,
        "events"
    );
    let in_days: u64 = activity.days.values().map(|d| d.events).sum();
    assert_eq!(activity.events, in_days + activity.undated.events, "events by day");
    let shown = serde_json::to_string(summary).expect("a summary can be written");
    let mut hits = Vec::new();
    scanner.scan(shown.as_bytes(), &mut hits);
    if let Some(hit) = hits.iter().find(|h| !scanner.names_a_person(h.pattern)) {
        panic!("{} is shown", scanner.id(hit.pattern));
    }
    assert!(!shown.bytes().any(|b| b < 0x20 || b == 0x7f), "a control character is shown");
}

/// What must hold of the calls of any summary.
fn assert_sound_calls(calls: &CallOutcomes, summary: &LogSummary) {
    let activity = &summary.activity;
    assert!(calls.shell_with_command <= calls.shell && calls.file_with_path <= calls.file, "parts of calls");
    assert!(calls.destructive.total() <= activity.dangerous.values().sum::<u64>(), "destructive calls");
    assert!(calls.not_joined >= summary.records.refused, "what was refused was not joined");
    assert_eq!((calls.sessions, calls.sessions >= calls.sessions_with_mode), (activity.sessions.seen, true));
    let skipping: u64 = activity.by_user.values().map(|user| user.bypass_records).sum();
    assert!(skipping >= activity.modes.get("bypassPermissions"), "records in bypass mode");
    for (whole, of_day) in [
        (&activity.users, (|day| &day.users) as fn(&DayActivity) -> &Ranked),
        (&activity.tools, |day| &day.tools),
        (&activity.modes, |day| &day.modes),
        (&activity.outcomes, |day| &day.outcomes),
    ] {
        let days = activity.days.values().chain([&activity.undated]);
        assert_eq!(whole.total(), days.map(|day| of_day(day).total()).sum::<u64>(), "names by day");
    }
}

fn assert_lines(summary: &LogSummary, text: &[u8]) {
    let lines = text.split_inclusive(|&b| b == b'\n').count() as u64;
    assert_eq!(summary.records.lines, lines, "lines");
}

fn size_class(n: u64) -> u32 {
    u64::BITS - n.leading_zeros()
}

fn kind_of(summary: &LogSummary) -> String {
    let r = &summary.records;
    let mut kind = String::new();
    for n in [r.read, r.refused, r.repaired, r.duplicates, r.foreign_lines, r.nul_bytes, r.invalid_utf8] {
        let _ = write!(kind, "{} ", size_class(n));
    }
    for source in &summary.sources {
        let _ = write!(
            kind,
            "{:?} {:?} ",
            source.refused_by_reason.keys().collect::<BTreeSet<_>>(),
            source.shapes.keys().collect::<BTreeSet<_>>()
        );
    }
    let a = &summary.activity;
    let _ =
        write!(kind, "{:?} {:?}", a.hits.keys().collect::<Vec<_>>(), a.dangerous.keys().collect::<Vec<_>>());
    kind
}

/// The record splitter: one file of anything, whole and in parts.
fn records(bench: &Bench, input: &[u8]) -> String {
    let path = bench.put("audit.log", input);
    let whole = bench.read(std::slice::from_ref(&path), 1, |_| {});
    assert_sound(&whole, &bench.scanner);
    assert_lines(&whole, input);
    // Every eighth input also as a file that is large enough to be read in parts, by one thread and by three.
    if input.first().is_some_and(|b| b % 8 == 3) && input.len() > 200 {
        let large = input.repeat(220_000 / input.len() + 1);
        let path = bench.put("large.log", &large);
        let parts =
            |threads| bench.read_with_calls(std::slice::from_ref(&path), threads, |l| l.part_bytes = 1);
        let one = parts(1);
        assert_sound(&one.0, &bench.scanner);
        assert_lines(&one.0, &large);
        assert!(one == parts(3), "threads change the result");
    }
    kind_of(&whole)
}

/// The transcript reader: a session file and its resumed copy.
fn transcripts(bench: &Bench, input: &[u8]) -> String {
    let folder = bench.folder.path().join("home/ann/.claude/projects");
    let first = bench.put("home/ann/.claude/projects/p/a.jsonl", input);
    let alone = bench.read(std::slice::from_ref(&first), 1, |l| l.message_ids = 10_000);
    assert_sound(&alone, &bench.scanner);
    assert_lines(&alone, input);
    if let Some(records) = strict_records(input) {
        assert_eq!((alone.records.read, alone.records.refused), (records, 0), "against a full parser");
    }
    let half = input.len() / 2;
    bench.put("home/ann/.claude/projects/p/b.jsonl", &input[half..]);
    let both = bench.read(&[folder], 2, |_| {});
    assert_sound(&both, &bench.scanner);
    kind_of(&alone)
}

/// The number of objects when every line that is not blank is a whole one for a full parser; `None` otherwise.
fn strict_records(input: &[u8]) -> Option<u64> {
    let mut records = 0;
    for line in std::str::from_utf8(input).ok()?.lines().filter(|l| !l.trim().is_empty()) {
        let object: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).ok()?;
        // Containers of records are counted by what they hold.
        if ["resourceLogs", "resourceMetrics", "resourceSpans", "MESSAGE"]
            .iter()
            .any(|k| object.contains_key(*k))
        {
            return None;
        }
        records += 1;
    }
    // Longer records are refused by the bounds of this run.
    (records > 0 && input.split(|&b| b == b'\n').all(|l| l.len() < 8000)).then_some(records)
}

/// The parser of logrotate's configuration, and the simulation of what it keeps.
fn logrotate(_: &Bench, input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input).into_owned();
    let lines = text.split('\n').count() as u32 + 1;
    let (head, tail) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let texts = rotation::Texts::from([
        ("etc/logrotate.conf".to_owned(), text.clone()),
        ("etc/logrotate.d/a".to_owned(), tail.to_owned()),
        ("etc/logrotate.d/b".to_owned(), head.to_owned()),
    ]);
    let logs = ["/var/log/a.log", "/var/log/claude-code/audit.log"].map(str::to_owned).into();
    let read = || rotation::parse("etc/logrotate.conf", &texts, &logs);
    let parsed = read();
    assert!(parsed == read(), "not deterministic");
    for line in parsed.faults.iter().map(|f| f.line).chain(parsed.sections.iter().map(|s| s.line)) {
        assert!(line <= lines, "line {line} of {lines}");
    }
    let mut kinds = BTreeSet::new();
    for runs in [Runs::Never, Runs::Daily, Runs::Hourly] {
        let simulation = Simulation { rotation: &parsed, runs };
        let log = parsed.sections.first().and_then(|s| s.patterns.first()).map_or("/var/log/a.log", |p| p);
        let kept = simulation.days_kept(log, Some("ann"));
        kinds.insert(format!("{:?}", kept.days).split('(').next().unwrap_or_default().to_owned());
        let day = |text: &str| text.parse().expect("a date");
        let oldest = simulation.oldest_left(log, day("2026-01-01"), day("2026-03-01"), Volume(1 << 20));
        assert!(oldest.is_none_or(|d| d >= day("2026-01-01")), "older than the log");
    }
    rotation::state(&text);
    // What was complained about, without the value that it was about.
    let words = |message: &str| {
        let plain = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase());
        message.split(' ').filter(plain).take(4).collect::<Vec<_>>().join(" ")
    };
    let faults: BTreeSet<String> = parsed.faults.iter().map(|f| words(&f.message)).take(6).collect();
    format!("{kinds:?} {faults:?} {}", size_class(parsed.sections.len() as u64))
}
