//! Three generations of one deployment: only what the guard's script does differs, and only running it shows that.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    cards::bubblewrap_works,
    program::{WHEN, lay_out, sample_folder, workpaper},
};

const GUARD: &str = "root/usr/local/lib/claude-code/hooks/guard-credentials.sh";

#[test]
fn the_guides_guard_fails_the_repaired_one_passes_and_a_gutted_one_closes_the_gate() {
    if !bubblewrap_works() {
        eprintln!("skipped: bubblewrap is not here, or may not make namespaces");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    lay_out("hardened", folder);
    without_logger(&folder.join("root/etc/claude-code/managed-settings.json"));
    let guide = sample_folder("guide-verbatim").join("root/opt/claude-code/hooks/block-credential-files.sh");
    let guide = fs::read_to_string(guide).expect("the guide's guard");
    let repaired = fs::read_to_string(folder.join(GUARD)).expect("the sample's guard");

    let check = |script: &str, more: &[&str]| {
        fs::write(folder.join(GUARD), script).expect("the guard");
        let arguments =
            [&["check", "--root", "root", "--probe", "--format", "json"], &WHEN[..], more].concat();
        let ended = workpaper(folder, &arguments);
        let assessment: Value =
            serde_json::from_str(&ended.out).unwrap_or_else(|why| panic!("{why}: {}", ended.err));
        (ended, assessment)
    };
    let enforced = |assessment: &Value| {
        let items = assessment["checklist"].as_array().expect("a checklist");
        let item = items.iter().find(|item| item["id"] == "CL-03").expect("item 3");
        (item["enforced"].as_str().expect("a word").to_owned(), item["reason"].to_string())
    };

    let (_, first) = check(&guide, &[]);
    assert_eq!(enforced(&first).0, "fail", "the guide's guard: {}", enforced(&first).1);

    let (ended, second) = check(&repaired, &[]);
    assert_eq!(enforced(&second).0, "pass", "the repaired guard: {}", enforced(&second).1);
    let baseline = folder.join("baseline.json");
    fs::write(&baseline, &ended.out).expect("the baseline");
    let before = files(folder);

    let (ended, third) = check("#!/bin/bash\nexit 0\n", &["--baseline", "baseline.json"]);
    assert_eq!(files(folder), before, "no file was added or removed");
    assert_eq!(enforced(&third).0, "fail", "the gutted guard: {}", enforced(&third).1);
    assert_eq!(ended.code, Some(1), "the gate is closed: {}", third["gate"]);
    let reasons = third["gate"]["reasons"].to_string();
    assert!(reasons.contains("CL-03") && reasons.contains("credential_reads_blocked"), "{reasons}");

    let (ended, _) = check(&repaired, &["--baseline", "baseline.json"]);
    assert_eq!(ended.code, Some(0), "the repaired guard again: {}", ended.out);
}

/// The guards alone: running the logger for each event has nothing to do with this.
fn without_logger(settings: &Path) {
    let text = fs::read_to_string(settings).expect("the managed settings");
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    let before = value["hooks"]["PreToolUse"][0]["hooks"].as_array().expect("hooks before a call").clone();
    let guards: Vec<Value> =
        before.into_iter().filter(|hook| hook["command"].to_string().contains("/guard-")).collect();
    assert_eq!(guards.len(), 2);
    value["hooks"] = json!({"PreToolUse": [{"matcher": "*", "hooks": guards}]});
    fs::write(settings, value.to_string()).expect("the managed settings");
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let (mut found, mut open) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                open.push(entry.path());
            }
            found.insert(entry.path());
        }
    }
    found
}
