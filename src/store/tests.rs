//! Runs remembered and recalled; runs at once; kills in the middle of writing; files that are not a store.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::*;
use crate::model::{
    Basis, CheckId, ControlId, Counts, Digest, Fingerprint, Inputs, Period, Run, RunScope, SCHEMA, Severity,
    Status, Subjects, Tool, Verdict,
};

/// An assessment of `findings` findings, the first failing where `fails` says so.
fn assessment(id: &str, root: &str, findings: usize, fails: bool) -> Assessment {
    let check = CheckId::parse("bypass_mode_locked_off").expect("id");
    let findings: Vec<Finding> = (0..findings)
        .map(|n| {
            let subject = format!("user u{n:04}");
            Finding {
                fingerprint: Fingerprint::of(&check, &subject),
                check: check.clone(),
                basis: Basis::Enforced,
                severity: Severity::High,
                verdict: if fails && n == 0 { Verdict::Fail } else { Verdict::Pass },
                message: "the message of a finding, as long as they are in practice ".repeat(4),
                fix: None,
                evidence: Vec::new(),
                subject,
            }
        })
        .collect();
    let status = if fails { Status::Fail } else { Status::Pass };
    Assessment {
        gate: None,
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "workpaper".to_owned(), version: "0.1.0".to_owned() },
        client_contract: "2.1.240".to_owned(),
        run: Run {
            id: id.to_owned(),
            as_of: "2026-10-01T09:00:00Z".parse().expect("an instant"),
            period: Period::parse("2026-Q3").expect("a quarter"),
            scope: RunScope {
                root: root.to_owned(),
                repositories: vec!["shop".to_owned()],
                ..RunScope::default()
            },
        },
        inputs: Inputs {
            snapshot: Digest::of_bytes(id.as_bytes()),
            catalog: Digest::of_bytes(b"c"),
            policy: Digest::of_bytes(b"p"),
        },
        checklist: vec![ControlResult {
            id: ControlId::parse("CL-01").expect("id"),
            item: Some(1),
            text: "an item".to_owned(),
            result: status,
            declared: status,
            enforced: status,
            operated: Status::Undetermined,
            reason: "because".to_owned(),
            subjects: Subjects { tested: findings.len() as u64, in_scope: findings.len() as u64 },
            findings: findings.iter().map(|finding| finding.fingerprint.clone()).collect(),
            attestation: None,
            waiver: None,
        }],
        controls: Vec::new(),
        requirements: Vec::new(),
        counts: Counts::of(&findings),
        findings,
        gaps: Vec::new(),
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

#[test]
fn one_run_however_often_it_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(&folder.path().join("runs.sqlite")).expect("a store");
    let first = assessment("wp-aaaa", "/", 3, false);
    assert_eq!(store.record(&first, time("2026-10-01T10:00:00Z")).expect("recorded"), Recorded::New);
    assert_eq!(store.record(&first, time("2026-10-01T11:00:00.5Z")).expect("recorded"), Recorded::Again);
    let other = assessment("wp-aaaa", "/", 3, true);
    assert_eq!(store.record(&other, time("2026-10-01T12:00:00Z")).expect("recorded"), Recorded::Differently);

    let runs = store.runs().expect("the history");
    assert_eq!(runs.len(), 2);
    assert_eq!((runs[0].recordings, runs[1].recordings), (2, 1));
    assert_eq!(runs[0].last_recorded, time("2026-10-01T11:00:00.5Z"));
    assert_eq!((runs[0].items_passed, runs[0].items, runs[1].items_passed), (1, 1, 0));
    assert_eq!(runs[1].counts, Counts { pass: 2, fail: 1, undetermined: 0, not_applicable: 0 });
    assert_eq!(runs[0].repositories, ["shop"]);
    assert_eq!(store.run("wp-aaaa").expect("the latest of the id"), other);
}

#[test]
fn runs_are_found_by_prefix_and_by_root() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(&folder.path().join("runs.sqlite")).expect("a store");
    for (id, root) in [("wp-ab12", "/"), ("wp-ab34", "sample"), ("wp-ff00", "/")] {
        store.record(&assessment(id, root, 1, false), time("2026-10-01T10:00:00Z")).expect("recorded");
    }
    assert_eq!(store.run("ff").expect("a run").run.id, "wp-ff00");
    assert_eq!(store.run("wp-ab3").expect("a run").run.id, "wp-ab34");
    assert!(matches!(store.run("ab"), Err(StoreError::Ambiguous { ids, .. }) if ids.len() == 2));
    assert!(matches!(store.run("%"), Err(StoreError::NoSuchRun(_))), "no pattern");
    let latest = |root| store.latest_for(root).expect("a question").map(|found| found.run.id);
    assert_eq!(latest("/").as_deref(), Some("wp-ff00"));
    assert_eq!(latest("sample").as_deref(), Some("wp-ab34"));
    assert_eq!(latest("elsewhere"), None);
}

#[test]
fn trends_follow_the_moment_the_run_speaks_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(&folder.path().join("runs.sqlite")).expect("a store");
    for (id, as_of, fails) in [
        ("wp-c", "2026-10-03T00:00:00Z", false),
        ("wp-a", "2026-10-01T00:00:00Z", false),
        ("wp-b", "2026-10-01T00:00:00.25Z", true),
    ] {
        let mut run = assessment(id, "/", 2, fails);
        run.run.as_of = time(as_of);
        store.record(&run, time("2026-10-05T00:00:00Z")).expect("recorded");
    }
    let check = CheckId::parse("bypass_mode_locked_off").expect("id");
    let trend = store.finding_trend(&Fingerprint::of(&check, "user u0000")).expect("a trend");
    let seen: Vec<(&str, &str)> =
        trend.iter().map(|point| (point.run.as_str(), point.verdict.as_str())).collect();
    assert_eq!(seen, [("wp-a", "pass"), ("wp-b", "fail"), ("wp-c", "pass")]);
    let items = store.control_trend(&ControlId::parse("CL-01").expect("id")).expect("a trend");
    let results: Vec<&str> = items.iter().map(|point| point.result.as_str()).collect();
    assert_eq!(results, ["pass", "fail", "pass"]);
    assert!(store.finding_trend(&Fingerprint::of(&check, "nobody")).expect("a trend").is_empty());
}

#[test]
fn history_cannot_be_rewritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(&folder.path().join("runs.sqlite")).expect("a store");
    store.record(&assessment("wp-a", "/", 2, true), time("2026-10-01T10:00:00Z")).expect("recorded");
    let before = store.run("wp-a").expect("the run");
    for sql in [
        "UPDATE run SET failed = 0",
        "DELETE FROM run",
        "UPDATE recording SET recorded_at = '2020-01-01T00:00:00.000000000Z'",
        "DELETE FROM recording",
        "UPDATE control SET result = 'pass'",
        "DELETE FROM control",
        "UPDATE finding SET verdict = 'pass'",
        "DELETE FROM finding",
        "INSERT OR REPLACE INTO run SELECT * FROM run",
        "INSERT OR REPLACE INTO recording SELECT * FROM recording",
        "INSERT OR REPLACE INTO control SELECT run, id, item, 'pass', 'pass', 'pass', 'pass', 1, 1 FROM control",
        "INSERT OR REPLACE INTO finding SELECT run, fingerprint, check_id, subject, basis, severity, 'pass' FROM finding",
    ] {
        let refused = store.connection.execute_batch(sql).expect_err(sql);
        assert!(refused.to_string().contains("append-only"), "{sql}: {refused}");
    }
    let verdict = "INSERT INTO finding VALUES (1, 'f', 'c', 's', 'b', 'high', 'fine')";
    assert!(store.connection.execute_batch(verdict).is_err(), "a verdict that there is not");
    assert_eq!(store.run("wp-a").expect("the run"), before);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state/workpaper/runs.sqlite");
    Store::open(&path).expect("a store");
    let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().expect("a folder")), 0o700);
    assert_eq!(mode(&folder.path().join("state")), 0o700);
}

#[test]
fn threads_that_record_at_once_all_get_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.sqlite");
    // Each opens the file itself, so that they also race to create it.
    thread::scope(|scope| {
        for worker in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let mut store = Store::open(path).expect("a store");
                for n in 0..5 {
                    let run = assessment(&format!("wp-{worker}{n}"), "/", 20, false);
                    store.record(&run, time("2026-10-01T10:00:00Z")).expect("recorded");
                    let shared = assessment("wp-shared", "/", 20, false);
                    store.record(&shared, time("2026-10-01T10:00:00Z")).expect("recorded");
                }
            });
        }
    });
    let store = Store::open_existing(&path).expect("a store");
    store.check().expect("sound");
    let runs = store.runs().expect("the history");
    assert_eq!(runs.len(), 21);
    assert_eq!(runs.iter().map(|run| run.recordings).sum::<u64>(), 40);
}

const CHILD: &str = "WORKPAPER_TEST_STORE";

/// Not a test of its own: the process that the tests below start and kill.
#[test]
fn child_that_records_until_it_is_killed() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let limit = std::env::var("WORKPAPER_TEST_RUNS").ok().and_then(|text| text.parse().ok());
    let mut store = Store::open(Path::new(&path)).expect("a store");
    for n in 0..limit.unwrap_or(usize::MAX) {
        let run = assessment(&format!("wp-{}-{n}", std::process::id()), "/", 400, true);
        store.record(&run, time("2026-10-01T10:00:00Z")).expect("recorded");
    }
}

fn child(path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command
        .args(["--exact", "store::tests::child_that_records_until_it_is_killed"])
        .env(CHILD, path)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[test]
fn processes_that_record_at_once_all_get_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.sqlite");
    let mut children: Vec<_> =
        (0..3).map(|_| child(&path).env("WORKPAPER_TEST_RUNS", "4").spawn().expect("a process")).collect();
    for process in &mut children {
        assert!(process.wait().expect("an end").success());
    }
    let store = Store::open_existing(&path).expect("a store");
    store.check().expect("sound");
    assert_eq!(store.runs().expect("the history").len(), 12);
}

#[test]
fn a_kill_at_any_moment_leaves_a_run_whole_or_absent() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.sqlite");
    let (mut last, mut grew, mut hot) = (0, 0, 0);
    let journal = folder.path().join("runs.sqlite-journal");
    let mut round = 0_u64;
    // Longer on a slow machine: until kills in a write and kills after one were both seen.
    while round < 40 || (round < 400 && (grew == 0 || hot == 0)) {
        round += 1;
        let mut process = child(&path).spawn().expect("a process");
        // However long the process takes to start: kills before its first write would test nothing. Then steps that do
        // not divide the time of a write, so that the kills fall everywhere in one.
        let started = Instant::now();
        let deadline = Duration::from_secs(60);
        while !journal.exists() && started.elapsed() < deadline {
            thread::sleep(Duration::from_micros(100));
        }
        thread::sleep(Duration::from_micros(round % 80 * 2_533));
        process.kill().expect("killed");
        process.wait().expect("an end");
        hot += usize::from(fs::metadata(&journal).is_ok_and(|metadata| metadata.len() > 0));
        let store = Store::open(&path).expect("a store after a kill");
        store.check().expect("sound after a kill");
        let runs = store.runs().expect("the history");
        for run in &runs {
            let whole = store.run(&run.id).expect("a readable run");
            assert_eq!(whole.findings.len(), 400);
        }
        let torn: i64 = store
            .connection
            .query_row(
                "SELECT (SELECT count(*) FROM run WHERE number NOT IN (SELECT run FROM recording)) \
                 + (SELECT count(*) FROM (SELECT run FROM finding GROUP BY run HAVING count(*) <> 400)) \
                 + (SELECT count(*) FROM run WHERE number NOT IN (SELECT run FROM finding)) \
                 + (SELECT count(*) FROM run WHERE number NOT IN (SELECT run FROM control))",
                [],
                |row| row.get(0),
            )
            .expect("a count");
        assert_eq!(torn, 0, "half a run after round {round}");
        assert!(runs.len() >= last, "a run was lost");
        grew += usize::from(runs.len() > last);
        last = runs.len();
    }
    assert!(grew > 0, "no child got to write, so nothing was tested");
    assert!(hot > 0, "no kill fell into a write, so nothing was tested");
}

#[test]
fn an_older_store_is_brought_up_to_date_and_keeps_its_runs() {
    const NEXT: &str = "CREATE TABLE later (x INTEGER) STRICT; INSERT INTO later SELECT count(*) FROM run;";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.sqlite");
    let run = assessment("wp-a", "/", 2, true);
    Store::open(&path).expect("a store").record(&run, time("2026-10-01T10:00:00Z")).expect("recorded");

    let steps = [open::MIGRATIONS, &[NEXT]].concat();
    let connection = open::open(&path, false, &steps).expect("migrated");
    let store = Store { connection, path: path.clone() };
    let later: i64 = store.connection.query_row("SELECT x FROM later", [], |row| row.get(0)).expect("a row");
    assert_eq!(later, 1, "the step ran once, over the old rows");
    assert_eq!(store.run("wp-a").expect("the run"), run);
    drop(store);
    drop(open::open(&path, false, &steps).expect("nothing left to do"));

    let refused = Store::open(&path).expect_err("newer than this program");
    assert!(matches!(refused, StoreError::Newer { found: 4, known: 3, .. }), "{refused}");
    assert!(refused.to_string().contains("use a newer program"));
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.sqlite");
    drop(Store::open(&path).expect("a store"));
    let before = fs::read(&path).expect("the file");
    let half = "CREATE TABLE half (x INTEGER) STRICT; INSERT INTO missing VALUES (1);";
    let steps = [open::MIGRATIONS, &[half]].concat();
    assert!(open::open(&path, false, &steps).is_err());
    assert_eq!(fs::read(&path).expect("the file"), before);
}

#[test]
fn refuses_what_is_no_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    assert!(matches!(Store::open_existing(&at("none")), Err(StoreError::Absent(_))));
    assert!(matches!(Store::open(folder.path()), Err(StoreError::NotAFile(_))));

    fs::write(at("text"), "not a database, but long enough to have a header\n".repeat(50)).expect("written");
    assert!(matches!(Store::open(&at("text")), Err(StoreError::Damaged { .. })));

    let other = Connection::open(at("other")).expect("a database");
    other.execute_batch("CREATE TABLE mine (x)").expect("a table");
    drop(other);
    assert!(matches!(Store::open(&at("other")), Err(StoreError::Foreign(_))));

    let mut store = Store::open(&at("torn")).expect("a store");
    for n in 0..5 {
        let run = assessment(&format!("wp-{n}"), "/", 50, false);
        store.record(&run, time("2026-10-01T10:00:00Z")).expect("recorded");
    }
    drop(store);
    let mut bytes = fs::read(at("torn")).expect("the file");
    let end = bytes.len() - 4_096;
    bytes[8_192..end].fill(0xa5);
    fs::write(at("torn"), bytes).expect("written");
    let torn = Store::open(&at("torn")).and_then(|store| store.check().and_then(|()| store.runs()));
    assert!(matches!(torn, Err(StoreError::Damaged { .. })), "{torn:?}");

    // A kill between creating the file and filling it.
    fs::write(at("empty"), "").expect("written");
    assert!(Store::open(&at("empty")).expect("a store").runs().expect("the history").is_empty());
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_hang() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    assert!(matches!(Store::open(&pipe), Err(StoreError::NotAFile(_))));
}

#[test]
fn a_path_that_cannot_be_written_is_named() {
    // A folder that cannot exist, for any user.
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "x").expect("written");
    let path = folder.path().join("file/below/runs.sqlite");
    let refused = Store::open(&path).expect_err("below a file").to_string();
    assert!(refused.contains("file/below/runs.sqlite"), "{refused}");

    // A file system that nobody can write, root included.
    let refused = Store::open(Path::new("/proc/workpaper/runs.sqlite")).expect_err("no place").to_string();
    assert!(refused.contains("/proc/workpaper/runs.sqlite"), "{refused}");
}

#[test]
fn a_store_that_may_only_be_read_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("runs.sqlite");
    let mut store = Store::open(&path).expect("a store");
    // The same answer of the database as on a file without write permission, which root does not know.
    store.connection.pragma_update(None, "query_only", true).expect("a pragma");
    let refused = store.record(&assessment("wp-a", "/", 1, false), time("2026-10-01T10:00:00Z"));
    assert!(matches!(refused, Err(StoreError::NotWritable { .. })), "{refused:?}");
    assert!(store.runs().expect("the history").is_empty());
}
