//! Every blob that the period added is scanned once, and no value of a secret comes back.

use std::sync::Mutex;

use regex::bytes::Regex;
use workpaper::{
    collect::repository::{self, Hit, Limits, ScanRequest, scan_history},
    model::{Period, history::HistoryScan},
};

use super::{Fixture, output};

const KEY: &str = "AKIAABCDEFGHIJKLMNOP";
const OTHER: &str = "AKIAQQQQQQQQQQQQQQQQ";

fn matcher(data: &[u8], hits: &mut Vec<Hit>) {
    for (class, pattern) in [("aws_access_key", r"AKIA[A-Z]{16}"), ("password", r"password=\S+")] {
        let pattern = Regex::new(pattern).expect("a pattern");
        hits.extend(
            pattern.find_iter(data).map(|found| Hit { class: class.to_owned(), offset: found.start() }),
        );
    }
}

fn scan_with(fixture: &Fixture, period: &str, limits: &Limits) -> HistoryScan {
    let request = ScanRequest {
        branch: None,
        period: Period::parse(period).expect("a period"),
        limits,
        progress: &|_, _| {},
    };
    let found = scan_history(&fixture.open(), &request, &matcher).expect("scans");
    let json = serde_json::to_string(&found).expect("is JSON");
    for secret in [KEY, OTHER, "hunter2"] {
        assert!(!json.contains(secret), "a value came back");
    }
    found
}

fn scan(fixture: &Fixture, period: &str) -> HistoryScan {
    scan_with(fixture, period, &Limits::default())
}

#[test]
fn secrets_are_found_where_they_came_in_also_when_removed_again() {
    let fixture = Fixture::new();
    fixture.write("old.env", format!("key={OTHER}\n"));
    fixture.commit("2026-06-01T00:00:00Z", "before the period");
    fixture.write("a b.env", format!("first\nkey={KEY}\n"));
    let came = fixture.commit("2026-07-01T00:00:00Z", "leak");
    fixture.write("a b.env", format!("first\nkey={KEY}\nmore\n"));
    let carried = fixture.commit("2026-07-02T00:00:00Z", "carry");
    std::fs::remove_file(fixture.path.join("a b.env")).expect("there");
    fixture.commit("2026-07-03T00:00:00Z", "remove");
    fixture.write("copy.env", format!("first\nkey={KEY}\n"));
    fixture.commit("2026-07-04T00:00:00Z", "the same blob again");
    let found = scan(&fixture, "2026-Q3");
    let seen: Vec<_> = found
        .hits
        .iter()
        .map(|hit| {
            (hit.commit.to_string(), hit.path.as_str(), hit.offset, hit.line, hit.new_in_commit, hit.at_tip)
        })
        .collect();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen.contains(&(came, "a b.env", 10, 2, true, true)), "{seen:?}");
    assert!(seen.contains(&(carried, "a b.env", 10, 2, false, false)), "{seen:?}");
    assert_eq!((found.blobs_added, found.blobs_scanned), (2, 2));
    assert!(found.incomplete.is_empty(), "{:?}", found.incomplete);
    assert_eq!(scan(&fixture, "2026-Q2").hits.len(), 1);
}

#[test]
fn side_branches_tags_and_merges() {
    let fixture = Fixture::new();
    fixture.write("base", "x");
    fixture.commit("2026-06-01T00:00:00Z", "base");
    fixture.git(&["checkout", "-q", "-b", "side"]);
    fixture.write("side.env", format!("k={KEY}"));
    let side = fixture.commit("2026-06-02T00:00:00Z", "leak before the period");
    fixture.git(&["checkout", "-q", "main"]);
    fixture.write("main.txt", "y");
    fixture.commit("2026-07-01T00:00:00Z", "main goes on");
    fixture.at("2026-07-02T00:00:00Z", &["merge", "-q", "--no-ff", "--no-commit", "side"]);
    let found = scan(&fixture, "2026-Q3");
    assert_eq!(found.hits.len(), 0);
    fixture.write("evil.env", format!("k={OTHER}"));
    let merge = fixture.commit("2026-07-02T00:00:00Z", "a merge that brings something of its own");
    let found = scan(&fixture, "2026-Q3");
    let seen: Vec<_> = found.hits.iter().map(|hit| (hit.commit.to_string(), hit.path.clone())).collect();
    assert_eq!(seen, [(merge, "evil.env".to_owned())], "what came from {side} is not the merge's");
    fixture.git(&["checkout", "-q", "--orphan", "gone"]);
    fixture.write("tagged.env", "password=hunter2");
    fixture.commit("2026-07-05T00:00:00Z", "only a tag holds this");
    fixture.at("2026-07-05T00:00:00Z", &["tag", "-a", "v1", "-m", "t"]);
    fixture.git(&["checkout", "-q", "main"]);
    fixture.git(&["branch", "-q", "-D", "gone"]);
    let found = scan(&fixture, "2026-Q3");
    assert!(found.hits.iter().any(|hit| hit.class == "password"), "{:?}", found.hits);
}

#[test]
fn large_binary_lfs_submodule_and_unreadable_are_said() {
    let fixture = Fixture::new();
    fixture.write("big.txt", format!("{}{KEY}", "x".repeat(200_000)));
    fixture.write("image.bin", [b"\0\0\0".as_slice(), KEY.as_bytes()].concat());
    fixture.write("model.lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n");
    let tip = fixture.commit("2026-07-01T00:00:00Z", "files");
    fixture.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{tip},vendor/lib")]);
    fixture.at("2026-07-02T00:00:00Z", &["commit", "-q", "-m", "submodule"]);
    let limits = Limits { max_scan_blob: 100_000, ..Limits::default() };
    let found = scan_with(&fixture, "2026-Q3", &limits);
    assert_eq!((found.binary_blobs, found.lfs_pointers, found.submodules), (1, 1, 1));
    assert_eq!(found.hits.iter().map(|hit| hit.path.as_str()).collect::<Vec<_>>(), ["image.bin"]);
    assert_eq!(found.gaps.len(), 1);
    assert_eq!(found.gaps[0].path, "big.txt");
    assert_eq!(found.incomplete.len(), 2, "{:?}", found.incomplete);
    let blob = fixture.git(&["rev-parse", "HEAD:model.lfs"]).trim().to_owned();
    std::fs::remove_file(fixture.path.join(".git/objects").join(&blob[..2]).join(&blob[2..])).expect("loose");
    let found = scan(&fixture, "2026-Q3");
    assert!(found.gaps.iter().any(|gap| gap.path == "model.lfs" && gap.reason.contains("missing")));
}

#[test]
fn the_answer_does_not_depend_on_the_threads_and_covers_what_git_has() {
    let fixture = Fixture::new();
    fixture.commit("2026-07-01T00:00:00Z", "root");
    for round in 0..60u32 {
        fixture
            .write(&format!("d{}/f{}", round % 7, round % 11), format!("{round} password=p{}\n", round % 5));
        if round % 9 == 0 {
            fixture.git(&["checkout", "-q", "-B", "side"]);
            fixture.write("s", format!("side {round} {KEY}"));
            fixture.commit(&format!("2026-07-{:02}T0{}:00:00Z", 1 + round % 28, round % 10), "side");
            fixture.git(&["checkout", "-q", "main"]);
            fixture.at("2026-08-01T00:00:00Z", &["merge", "-q", "--no-edit", "side"]);
        }
        fixture.commit(&format!("2026-07-{:02}T0{}:00:00Z", 1 + round % 28, round % 10), "main");
    }
    fixture.git(&["gc", "-q"]);
    let one = scan_with(&fixture, "2026-Q3", &Limits { threads: 1, ..Limits::default() });
    let many = scan_with(&fixture, "2026-Q3", &Limits { threads: 7, ..Limits::default() });
    assert_eq!(one, many);
    let objects = fixture.git(&[
        "rev-list",
        "--objects",
        "--all",
        "--filter=object:type=blob",
        "--filter-provided-objects",
    ]);
    assert_eq!(
        one.blobs_scanned,
        objects.lines().count() as u64,
        "every blob of the history lies in the period"
    );
    let scanned = Mutex::new(0u64);
    let limits = Limits::default();
    let request = ScanRequest {
        branch: None,
        period: Period::parse("2026-Q3").expect("a period"),
        limits: &limits,
        progress: &|_, _| {},
    };
    let count = |data: &[u8], _: &mut Vec<Hit>| *scanned.lock().expect("no panic") += data.len() as u64;
    let counted = scan_history(&fixture.open(), &request, &count).expect("scans");
    assert_eq!(counted.bytes_scanned, *scanned.lock().expect("no panic"), "each blob once");
}

#[test]
fn a_shallow_clone_scans_what_it_has_and_says_so() {
    let fixture = Fixture::new();
    fixture.write("a", KEY);
    fixture.commit("2026-07-01T00:00:00Z", "one");
    fixture.write("b", "x");
    fixture.commit("2026-07-02T00:00:00Z", "two");
    let from = format!("file://{}", fixture.path.display());
    output(super::git(fixture.folder.path()).args(["clone", "-q", "--depth", "1", &from, "clone"]));
    let clone = repository::open(&fixture.folder.path().join("clone"), &Limits::default()).expect("opens");
    let limits = Limits::default();
    let request = ScanRequest {
        branch: None,
        period: Period::parse("2026-Q3").expect("a period"),
        limits: &limits,
        progress: &|_, _| {},
    };
    let found = scan_history(&clone, &request, &matcher).expect("scans");
    assert_eq!((found.commits_walked, found.hits.len()), (1, 1), "the tree at the edge is all new here");
    assert!(found.incomplete.iter().any(|reason| reason.contains("shallow")));
}
