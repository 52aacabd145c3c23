//! `workpaper changes` as a reader runs it.

use std::process::Command;

use super::{Fixture, output};

fn workpaper(fixture: &Fixture, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workpaper"));
    command.args(["changes", "--period", "2026-Q3", "--as-of", "2026-11-01T00:00:00Z", "--repo"]);
    command.arg(&fixture.path).args(arguments);
    command
}

fn csv_rows(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn the_table_of_changes_is_safe_and_whole() {
    let fixture = Fixture::new();
    fixture.commit("2026-07-01T00:00:00Z", "=HYPERLINK(\"http://x\")");
    fixture.commit("2026-07-02T00:00:00Z", "red \u{1b}[31m and \u{202e}back");
    let text = output(&mut workpaper(&fixture, &["--format", "csv"]));
    assert!(
        text.starts_with("change_id,repo,branch,commit_oid,parent_count,topology,pr_number,pr_source,"),
        "{text}"
    );
    let rows = csv_rows(&text);
    assert_eq!((rows.len(), rows[0].len()), (2, 42));
    assert_eq!(rows[0]["approvers"], "UNKNOWN");
    assert_eq!(
        (rows[0]["sod_result"].as_str(), rows[0]["result"].as_str()),
        ("UNKNOWN_NO_FORGE_DATA", "undetermined")
    );
    assert_eq!(rows[0]["committer_time"], "2026-07-02T00:00:00+00:00");
    let shown = output(&mut workpaper(&fixture, &[]));
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
    assert!(shown.contains("approval is not tested"));
    assert!(shown.contains("tie-out     2 "), "{shown}");
}

#[test]
fn several_repositories_are_listed_in_one_run() {
    let (one, two) = (Fixture::new(), Fixture::new());
    let (first, second) =
        (one.commit("2026-07-01T00:00:00Z", "one"), two.commit("2026-07-02T00:00:00Z", "two"));
    two.commit("2026-10-01T00:00:00Z", "after the period");
    let (other, out) = (two.path.display().to_string(), one.folder.path().join("out").display().to_string());
    output(&mut workpaper(&one, &["--repo", &other, "--out", &out]));
    let table =
        |name: &str| csv_rows(&std::fs::read_to_string(format!("{out}/{name}.csv")).expect("written"));
    let listed: Vec<_> = table("changes").iter().map(|row| row["commit_oid"].clone()).collect();
    assert_eq!(listed, [first, second]);
    let counts: Vec<_> = table("populations")
        .iter()
        .map(|row| (row["source_locator"].clone(), row["rows_raw"].clone(), row["filters_applied"].clone()))
        .collect();
    let filter = "committer time in [2026-07-01T00:00:00Z, 2026-10-01T00:00:00Z)";
    let (path, of_one, of_two) =
        (one.path.display(), format!("{filter}: 1 of 1"), format!("{filter}: 1 of 2"));
    assert_eq!(counts, [(path.to_string(), "1".to_owned(), of_one), (other, "2".to_owned(), of_two)]);
}

#[test]
fn samples_repeat_and_say_what_they_can() {
    let fixture = Fixture::new();
    for day in 1..9 {
        fixture.commit(&format!("2026-07-0{day}T00:00:00Z"), "x");
    }
    fixture.write(".claude/settings.json", "{}");
    let control = fixture.commit("2026-07-20T00:00:00Z", "rules");
    let out = |name: &str, seed: &str| {
        let folder = fixture.folder.path().join(name);
        let folder = folder.display().to_string();
        let shown = output(&mut workpaper(&fixture, &["--sample", "3", "--seed", seed, "--out", &folder]));
        assert!(shown.contains("no upper limit can be stated"), "{shown}");
        std::fs::read_to_string(format!("{folder}/samples.csv")).expect("written")
    };
    let (first, again, other) = (out("a", "77"), out("b", "77"), out("c", "78"));
    assert_eq!(first, again);
    assert_ne!(first, other);
    let rows = csv_rows(&first);
    assert_eq!(rows.iter().filter(|row| row["method"] == "random").count(), 3);
    assert!(rows.iter().any(|row| row["method"] == "100pct" && row["item_id"] == control));
    let populations =
        std::fs::read_to_string(fixture.folder.path().join("a/populations.csv")).expect("written");
    let rows = csv_rows(&populations);
    assert_eq!(rows[0].len(), 23);
    assert_eq!((rows[0]["rows_after_filters"].as_str(), rows[0]["tie_out_difference"].as_str()), ("9", "0"));
    assert!(
        !workpaper(&fixture, &["--sample", "3"]).output().expect("runs").status.success(),
        "no seed, no sample"
    );
}

#[test]
fn an_earlier_run_finds_rewritten_history() {
    let fixture = Fixture::new();
    fixture.commit("2026-07-01T00:00:00Z", "one");
    fixture.commit("2026-07-02T00:00:00Z", "two");
    let earlier = fixture.folder.path().join("earlier.json");
    std::fs::write(&earlier, output(&mut workpaper(&fixture, &["--format", "json"]))).expect("written");
    let earlier = earlier.display().to_string();
    assert!(!output(&mut workpaper(&fixture, &["--previous", &earlier])).contains("rewritten"));
    fixture.git(&["reset", "-q", "--hard", "HEAD~1"]);
    fixture.commit("2026-07-02T00:00:00Z", "another two");
    assert!(output(&mut workpaper(&fixture, &["--previous", &earlier])).contains("history was rewritten"));
}

#[test]
fn a_forge_export_decides() {
    let fixture = Fixture::new();
    let base = fixture.commit("2026-07-01T00:00:00Z", "base");
    fixture.git(&["checkout", "-q", "-b", "side"]);
    let head = fixture.commit("2026-07-02T00:00:00Z", "work");
    fixture.git(&["checkout", "-q", "main"]);
    fixture.at(
        "2026-07-03T00:00:00Z",
        &["merge", "-q", "--no-ff", "-m", "Merge pull request #7 from o/side", "side"],
    );
    let merge = fixture.head();
    let export = serde_json::json!([{
        "number": 7, "title": "work", "author": {"login": "ann"}, "baseRefName": "main", "headRefOid": head,
        "mergedAt": "2026-07-03T00:00:00Z", "mergedBy": {"login": "cem"}, "mergeCommit": {"oid": merge},
        "commits": [{"oid": head, "messageHeadline": "work", "authors": [{"login": "ann", "email": "ann@example.org", "name": "Ann"}]}],
        "reviews": [{"author": {"login": "bob"}, "authorAssociation": "MEMBER", "state": "APPROVED",
                     "submittedAt": "2026-07-02T12:00:00Z", "commit": {"oid": head}}],
        "statusCheckRollup": [{"conclusion": "SUCCESS"}]
    }]);
    let file = fixture.folder.path().join("prs.json");
    std::fs::write(&file, export.to_string()).expect("written");
    let rows = csv_rows(&output(&mut workpaper(
        &fixture,
        &["--format", "csv", "--forge", &file.display().to_string()],
    )));
    assert_eq!(rows[0]["commit_oid"], merge);
    assert_eq!((rows[0]["sod_result"].as_str(), rows[0]["result"].as_str()), ("SEGREGATED", "pass"));
    assert_eq!((rows[0]["approvers"].as_str(), rows[0]["ci_status"].as_str()), ("bob", "success"));
    assert_eq!(rows[1]["commit_oid"], base);
    assert_eq!(rows[1]["result"], "undetermined", "the export does not cover its time");
    std::fs::write(&file, "[]").expect("written");
    let refused = workpaper(&fixture, &["--forge", &file.display().to_string()]).output().expect("runs");
    assert_eq!(refused.status.code(), Some(2));
}
