//! Changes as a part of an assessment: in the pack, against the store, and judged again from the pack alone.

use std::{path::Path, process::Command};

use super::Fixture;

fn workpaper(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workpaper"));
    command.args(arguments).env_remove("WORKPAPER_STORE").env_remove("WORKPAPER_AS_OF");
    command
}

fn host(fixture: &Fixture) -> String {
    let root = fixture.folder.path().join("root");
    for (path, text) in [("etc/os-release", "ID=debian\n"), ("etc/passwd", "root:x:0:0::/root:/bin/sh\n")] {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    root.display().to_string()
}

/// Runs `assess` at a moment, and returns the folder of the pack.
fn assess(fixture: &Fixture, name: &str, as_of: &str) -> std::path::PathBuf {
    let (root, pack) = (host(fixture), fixture.folder.path().join(name));
    let store = fixture.folder.path().join("runs.sqlite");
    let (repository, out) = (fixture.path.display().to_string(), pack.display().to_string());
    let store = store.display().to_string();
    let output = workpaper(&["assess", "--root", &root, "--repo", &repository, "--period", "2026-Q3"])
        .args(["--as-of", as_of, "--store", &store, "--out", &out])
        .output()
        .expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    pack
}

fn rows(pack: &Path, table: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let text = find(pack, &format!("{table}.csv"));
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
}

fn find(pack: &Path, name: &str) -> String {
    let found = ignore::WalkBuilder::new(pack).standard_filters(false).build().flatten();
    let path = found.map(|entry| entry.into_path()).find(|path| path.ends_with(name));
    std::fs::read_to_string(path.unwrap_or_else(|| panic!("no {name}"))).expect("text")
}

fn verdict(pack: &Path, check: &str) -> (String, String) {
    let assessment: serde_json::Value =
        serde_json::from_str(&find(pack, "assessment.json")).expect("an assessment");
    let findings = assessment["findings"].as_array().expect("findings");
    let mine = findings.iter().find(|finding| finding["check"] == check).expect("a finding");
    let text = |key: &str| mine[key].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("message"))
}

#[test]
fn a_pack_holds_the_changes_and_performs_them_again() {
    let fixture = Fixture::new();
    fixture.commit("2026-06-01T00:00:00Z", "before");
    fixture.write(".claude/settings.json", r#"{"permissions": {"deny": ["Read(.env)"]}}"#);
    fixture.commit("2026-07-01T00:00:00Z", "APP-1 rules");
    fixture.write(".claude/settings.json", r#"{"permissions": {}}"#);
    fixture.write("src/key.txt", "AKIAZXCVBNMASDFGHJKL\n");
    let loose = fixture.commit("2026-07-03T00:00:00Z", "quick fix");
    let pack = assess(&fixture, "pack", "2026-10-02T00:00:00Z");

    let changes = rows(&pack, "changes");
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0]["commit_oid"], loose);
    assert!(rows(&pack, "populations").iter().any(|row| row["source_system"] == "git"));
    assert_eq!(rows(&pack, "samples").iter().filter(|row| row["method"] == "100pct").count(), 2);
    let drift = rows(&pack, "drift");
    let out: Vec<_> = drift.iter().filter(|row| row["result"] == "fail").collect();
    assert_eq!(out.len(), 1, "{drift:?}");
    assert_eq!((out[0]["commit"].as_str(), out[0]["to"].as_str()), (loose.as_str(), ""));
    let secrets = rows(&pack, "secrets");
    assert_eq!((secrets.len(), secrets[0]["path"].as_str()), (1, "src/key.txt"));
    let everything = ignore::WalkBuilder::new(&pack).standard_filters(false).build().flatten();
    for entry in everything.filter(|entry| entry.path().is_file()) {
        let bytes = std::fs::read(entry.path()).expect("a file");
        let name = entry.path().display();
        assert!(!bytes.windows(20).any(|window| window == b"AKIAZXCVBNMASDFGHJKL"), "the key is in {name}");
    }

    let page = find(&pack, "report.html");
    let section = page.split("<section id=\"changes\">").nth(1).expect("a section of changes");
    let section = section.split("</section>").next().expect("it ends");
    assert_eq!(section.matches("<caption>").count(), 5, "{section}");
    for cell in ["landings on the branch", "second count", "deny rules kept", "the end", "B  described"] {
        assert!(section.contains(&format!("<bdi>{cell}</bdi>")), "{cell}: {section}");
    }
    assert!(
        section.contains("none: not every item is decided"),
        "no approval is known, so no limit is stated"
    );

    for (check, expected) in [
        ("changes_listed_completely_in_period", "pass"),
        ("changes_reference_a_ticket_in_period", "fail"),
        ("changes_approved_by_another_in_period", "undetermined"),
        ("control_changes_approved_in_period", "undetermined"),
        ("no_direct_push_in_period", "undetermined"),
        ("changes_signed_by_trusted_keys_in_period", "not_applicable"),
        ("no_secret_added_in_period", "fail"),
        ("settings_not_loosened_in_period", "fail"),
    ] {
        let (verdict, message) = verdict(&pack, check);
        assert_eq!(verdict, expected, "{check}: {message}");
    }
    let again = workpaper(&["reperform", &pack.display().to_string()]).output().expect("starts");
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
}

#[test]
fn the_store_finds_a_history_that_was_rewritten() {
    let check = "changes_listed_completely_in_period";
    let fixture = Fixture::new();
    fixture.commit("2026-07-01T00:00:00Z", "APP-1 one");
    fixture.commit("2026-07-02T00:00:00Z", "APP-2 two");
    assert_eq!(verdict(&assess(&fixture, "first", "2026-10-02T00:00:00Z"), check).0, "pass");
    fixture.commit("2026-07-03T00:00:00Z", "APP-3 three");
    assert_eq!(verdict(&assess(&fixture, "grown", "2026-10-03T00:00:00Z"), check).0, "pass");
    // A rebase that drops a change and cleans up behind itself.
    fixture.at("2026-07-04T00:00:00Z", &["rebase", "-q", "--onto", "HEAD~2", "HEAD~1"]);
    fixture.git(&["reflog", "expire", "--expire=now", "--all"]);
    fixture.git(&["gc", "-q", "--prune=now"]);
    let (verdict_now, message) = verdict(&assess(&fixture, "rewritten", "2026-10-04T00:00:00Z"), check);
    assert_eq!(verdict_now, "fail", "{message}");
    assert!(message.contains("history was rewritten"), "{message}");
    // An earlier examination made again compares with what stood before it, not with what came after.
    let first_again = assess(&fixture, "again", "2026-10-02T00:00:00Z");
    assert_eq!(verdict(&first_again, check).0, "pass");
}

#[test]
fn without_history_nothing_is_claimed_of_it() {
    let fixture = Fixture::new();
    fixture.commit("2026-07-01T00:00:00Z", "APP-1 one");
    let (root, repository) = (host(&fixture), fixture.path.display().to_string());
    let output = workpaper(&["check", "--root", &root, "--repo", &repository, "--period", "2026-Q3"])
        .args(["--as-of", "2026-10-02T00:00:00Z", "--format", "json", "--no-history"])
        .output()
        .expect("starts");
    let assessment: serde_json::Value = serde_json::from_slice(&output.stdout).expect("an assessment");
    let findings = assessment["findings"].as_array().expect("findings");
    let mine: Vec<_> = findings
        .iter()
        .filter(|finding| finding["check"].as_str().is_some_and(|check| check.starts_with("changes_")))
        .collect();
    assert_eq!(mine.len(), 4);
    for finding in mine {
        let allowed = finding["verdict"] == "undetermined";
        assert!(
            allowed && finding["message"].as_str().is_some_and(|text| text.contains("--no-history")),
            "{finding}"
        );
    }
}

#[test]
fn the_command_lists_files_and_secrets() {
    let fixture = Fixture::new();
    fixture.write("old.txt", "x");
    fixture.commit("2026-06-01T00:00:00Z", "before");
    fixture.write("new.txt", "AKIAZXCVBNMASDFGHJKL\n");
    fixture.commit("2026-09-20T00:00:00Z", "add");
    std::fs::remove_file(fixture.path.join("new.txt")).expect("there");
    fixture.commit("2026-09-21T00:00:00Z", "take it out");
    let repository = fixture.path.display().to_string();
    let folder = fixture.folder.path().join("out");
    let out = folder.display().to_string();
    let output =
        workpaper(&["changes", "--repo", &repository, "--days", "30", "--as-of", "2026-10-01T00:00:00Z"])
            .args(["--files", "--secrets", "--out", &out])
            .output()
            .expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("1 files changed") && shown.contains("(removed)"), "{shown}");
    assert!(shown.contains("1 secrets were added") && shown.contains("(in history only)"), "{shown}");
    assert!(!shown.contains("AKIAZXCVBNMASDFGHJKL"), "{shown}");
    let files = rows(&folder, "files");
    assert_eq!((files.len(), files[0]["changes"].as_str(), files[0]["present"].as_str()), (1, "2", "false"));
    assert_eq!(rows(&folder, "secrets")[0]["result"], "open");
}
