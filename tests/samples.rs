//! Every sample through the real program: its checklist, its pack twice over, and a stranger's checks of that pack.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    thread,
};

use serde_json::Value;

use crate::program::{self, Ended, run, sample_folder, workpaper, workpaper_with};

/// One sample, laid out and assessed twice.
pub struct Assessed {
    pub name: String,
    /// Where it is laid out.
    pub folder: PathBuf,
    pub first: PathBuf,
    pub second: PathBuf,
    /// What the first run printed.
    pub printed: Ended,
}

/// Every sample, assessed once for all tests.
pub fn assessed() -> &'static [Assessed] {
    static ASSESSED: LazyLock<Vec<Assessed>> = LazyLock::new(|| {
        let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("samples");
        if place.exists() {
            fs::remove_dir_all(&place).expect("what an earlier run left can be removed");
        }
        let names = program::samples();
        let (here, there) = names.split_at(names.len() / 2);
        let all = |names: &[String]| names.iter().map(|name| assess(&place, name)).collect::<Vec<_>>();
        thread::scope(|scope| {
            let other = scope.spawn(|| all(there));
            let mut done = all(here);
            done.extend(other.join().expect("the other half is assessed too"));
            done
        })
    });
    &ASSESSED
}

fn assess(place: &Path, name: &str) -> Assessed {
    let folder = place.join(name);
    let arguments = program::lay_out(name, &folder);
    let [first, second] = ["first", "second"].map(|run| place.join(format!("{name}-{run}")));
    let assess = |out: &Path, environment: &[(&str, &str)]| {
        let mut all =
            vec!["assess".to_owned(), "--no-store".into(), "--out".into(), out.display().to_string()];
        all.extend(arguments.clone());
        let ended = workpaper_with(&folder, &all, environment);
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.err);
        ended
    };
    let printed = assess(&first, &[]);
    // Another zone, another language, another width: none of them may show.
    assess(&second, &[("TZ", "Asia/Kathmandu"), ("LANG", "tr_TR.UTF-8"), ("COLUMNS", "40"), ("USER", "eve")]);
    Assessed { name: name.to_owned(), folder, first, second, printed }
}

/// Every file of a pack, by its path inside.
pub fn files(pack: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![pack.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(pack).expect("inside").to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

/// The assessment of a pack.
pub fn assessment(pack: &Path) -> Value {
    let text = fs::read_to_string(pack.join("assessment.json")).expect("an assessment");
    serde_json::from_str(&text).expect("JSON")
}

/// `CL-01`, declared, enforced, operated, result: for each item of the checklist.
pub fn checklist(assessment: &Value) -> Vec<[String; 5]> {
    let items = assessment["checklist"].as_array().expect("a checklist");
    let word = |item: &Value, key: &str| item[key].as_str().expect("a word").to_owned();
    items
        .iter()
        .map(|item| ["id", "declared", "enforced", "operated", "result"].map(|key| word(item, key)))
        .collect()
}

/// The text of a PDF; `None` where poppler is not installed.
pub fn text_of_pdf(pdf: &Path) -> Option<String> {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("pdftotext");
    if command.arg("-v").output().is_err() {
        eprintln!("skipped: pdftotext is not installed");
        return None;
    }
    let mut command = Command::new("pdftotext");
    command.arg(pdf).arg("-");
    let ended = run(command, scratch.path());
    assert_eq!(ended.code, Some(0), "{}: {}", pdf.display(), ended.err);
    Some(ended.out)
}

#[test]
fn each_checklist_is_as_expected() {
    let (mut wrong, update) = (String::new(), std::env::var_os("UPDATE_EXPECTED").is_some());
    for sample in assessed() {
        let mut found = "item declared enforced operated result\n".to_owned();
        for row in checklist(&assessment(&sample.first)) {
            found.push_str(&(row.join(" ") + "\n"));
        }
        assert_eq!(found.lines().count(), 16, "{}: fifteen items", sample.name);
        let path = sample_folder(&sample.name).join("expected.txt");
        if update {
            fs::write(&path, &found).expect("the expectation is written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        for (expected, found) in expected.lines().chain(std::iter::repeat("nothing")).zip(found.lines()) {
            if expected != found {
                let _ = writeln!(wrong, "{}: expected `{expected}`, found `{found}`", sample.name);
            }
        }
        assert!(expected.lines().count() <= 16, "{}: more than fifteen items are expected", sample.name);
    }
    assert!(wrong.is_empty(), "(UPDATE_EXPECTED=1 writes what is found, to be read in the diff)\n{wrong}");
}

#[test]
fn each_sample_tells_its_story() {
    for name in program::samples() {
        let text = fs::read_to_string(sample_folder(&name).join("README.md")).unwrap_or_default();
        let title = text.lines().next().unwrap_or_default();
        assert!(title.starts_with("# ") && title.len() > 6, "samples/{name}/README.md opens with a title");
        assert!(
            text.len() > 250,
            "samples/{name}/README.md tells what the sample is and what the checklist shows"
        );
        assert!(text.contains("expected.txt"), "samples/{name}/README.md says where the expectation lies");
    }
}

#[test]
fn two_runs_make_the_same_bytes() {
    for sample in assessed() {
        let (first, second) = (files(&sample.first), files(&sample.second));
        assert!(first.contains_key("report.pdf") && first.len() > 20, "{}: {:?}", sample.name, first.keys());
        assert!(first.keys().eq(second.keys()), "{}: other files", sample.name);
        let differing: Vec<_> =
            first.iter().filter(|(name, bytes)| second[*name] != **bytes).map(|(name, _)| name).collect();
        assert!(differing.is_empty(), "{}: {differing:?}", sample.name);
    }
}

#[test]
fn stock_tools_accept_each_pack() {
    for sample in assessed() {
        let ended = sha256sum(&sample.first);
        assert_eq!(ended.code, Some(0), "{}: {}{}", sample.name, ended.out, ended.err);
        let listed =
            fs::read_to_string(sample.first.join("manifest.sha256")).expect("a list").lines().count();
        assert_eq!(listed + 1, files(&sample.first).len(), "{}: every file but the list itself", sample.name);
    }
}

fn sha256sum(pack: &Path) -> Ended {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sha256sum");
    command.args(["--strict", "--quiet", "-c", "manifest.sha256"]).current_dir(pack);
    run(command, scratch.path())
}

#[test]
fn each_pack_verifies_and_performs_again() {
    for sample in assessed() {
        let pack = sample.first.display().to_string();
        // Far from the sample: the pack alone must do.
        let away = tempfile::tempdir().expect("a folder");
        for (command, words) in [("verify", "verifies"), ("reperform", "re-performs")] {
            let ended = workpaper(away.path(), &[command, &pack]);
            assert_eq!(ended.code, Some(0), "{}: {command}: {}{}", sample.name, ended.out, ended.err);
            assert!(ended.out.contains(words), "{}: {}", sample.name, ended.out);
        }
    }
}

#[test]
fn one_changed_byte_anywhere_is_found() {
    let sample = assessed().iter().find(|sample| sample.name == "empty").expect("the sample `empty`");
    let (away, originals) = (tempfile::tempdir().expect("a folder"), files(&sample.first));
    let pack = away.path().join("pack");
    for (name, bytes) in &originals {
        write(&pack.join(name), bytes);
    }
    let verify = || workpaper(away.path(), &["verify", "pack"]);
    assert_eq!(verify().code, Some(0), "the copy is whole");
    // Of the catalogue's many files a few stand for all.
    let tried =
        originals.iter().enumerate().filter(|(at, (name, _))| !name.starts_with("catalog/") || at % 17 == 0);
    for (_, (name, bytes)) in tried {
        let (path, mut changed) = (pack.join(name), bytes.clone());
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        write(&path, &changed);
        let ended = verify();
        assert_eq!(ended.code, Some(4), "a byte of {name} changed: {}{}", ended.out, ended.err);
        assert_ne!(sha256sum(&pack).code, Some(0), "a byte of {name} changed");
        fs::remove_file(&path).expect("removed");
        assert_eq!(verify().code, Some(4), "{name} is missing");
        write(&path, bytes);
    }
    write(&pack.join("data/added.csv"), b"a\n");
    let ended = verify();
    assert!(
        ended.code == Some(4) && ended.out.contains("data/added.csv"),
        "added: {}{}",
        ended.out,
        ended.err
    );
}

/// Whoever changes a verdict can also make the digests anew. Performing again finds it.
#[test]
fn a_changed_verdict_with_fresh_digests_does_not_perform_again() {
    let sample = assessed().iter().find(|sample| sample.name == "unmanaged-laptop").expect("the sample");
    let away = tempfile::tempdir().expect("a folder");
    let pack = away.path().join("pack");
    for (name, bytes) in files(&sample.first) {
        write(&pack.join(name), &bytes);
    }
    let edit = |name: &str, edit: &dyn Fn(String) -> String| {
        let before = digest(&pack.join(name));
        let text = fs::read_to_string(pack.join(name)).expect("text");
        let edited = edit(text.clone());
        assert_ne!(text, edited, "{name} is edited");
        write(&pack.join(name), edited.as_bytes());
        (before, digest(&pack.join(name)))
    };
    let (old, new) =
        edit("assessment.json", &|text| text.replacen("\"verdict\": \"fail\"", "\"verdict\": \"pass\"", 1));
    let (old_list, new_list) = edit("manifest.json", &|text| text.replace(&old, &new));
    edit("manifest.sha256", &|text| text.replace(&old, &new).replace(&old_list, &new_list));
    assert_eq!(sha256sum(&pack).code, Some(0), "the forgery is whole");
    let ended = workpaper(away.path(), &["reperform", "pack"]);
    assert_eq!(ended.code, Some(4), "{}{}", ended.out, ended.err);
    assert!(
        ended.out.contains("recorded: \"pass\"") && ended.out.contains("now:      \"fail\""),
        "{}",
        ended.out
    );
}

fn digest(path: &Path) -> String {
    let out = Command::new("sha256sum").arg(path).output().expect("sha256sum");
    String::from_utf8_lossy(&out.stdout).split_whitespace().next().expect("a digest").to_owned()
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

/// Every failing finding says what to do, and every finding that passes or fails cites something in the snapshot.
#[test]
fn each_verdict_is_backed_by_the_pack() {
    for sample in assessed() {
        let snapshot = fs::read_to_string(sample.first.join("snapshot.json")).expect("a snapshot");
        let snapshot: Value = serde_json::from_str(&snapshot).expect("JSON");
        let observations = snapshot["observations"].as_array().expect("observations");
        let seen: BTreeSet<&str> = observations.iter().filter_map(|one| one["id"].as_str()).collect();
        assert_eq!(seen.len(), observations.len(), "{}: every observation has an id of its own", sample.name);
        for finding in assessment(&sample.first)["findings"].as_array().expect("findings") {
            let evidence = finding["evidence"].as_array().expect("evidence");
            let decided = finding["verdict"] == "pass" || finding["verdict"] == "fail";
            assert!(!decided || !evidence.is_empty(), "{}: no evidence for {finding}", sample.name);
            for cited in evidence {
                let id = cited["observation"].as_str().expect("a digest");
                assert!(seen.contains(id), "{}: {id} is cited and is not in the snapshot", sample.name);
            }
            let fix = finding["fix"].as_str().unwrap_or_default();
            assert!(finding["verdict"] != "fail" || !fix.is_empty(), "{}: no fix for {finding}", sample.name);
        }
    }
}

/// One registry export holds the machine's policy and the user's: the one must not be taken for the other.
#[test]
fn two_hives_of_one_export_are_told_apart() {
    let sample = assessed().iter().find(|sample| sample.name == "windows-managed").expect("the sample");
    let judged = assessment(&sample.first);
    let findings = judged["findings"].as_array().expect("findings");
    let lock =
        findings.iter().find(|finding| finding["check"] == "bypass_mode_locked_off").expect("a finding");
    assert_eq!(
        lock["verdict"], "pass",
        "the machine's policy locks it, and the user's counts for nothing: {lock}"
    );
}
