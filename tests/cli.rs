//! The command line as a script sees it: exit codes, silence, pipes, and the gate against a baseline.

use std::{fs, path::Path};

use serde_json::Value;
use workpaper::{catalog::Catalog, store::Store};

use crate::{
    program::{self, Ended, WHEN, lay_out, workpaper, workpaper_with},
    samples::{assessed, assessment, checklist},
};

/// A small deployment in a folder of its own, and the arguments that name it.
fn deployment(sample: &str) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = lay_out(sample, folder.path());
    (folder, arguments)
}

fn with(command: &[&str], arguments: &[String]) -> Vec<String> {
    command.iter().map(|word| (*word).to_owned()).chain(arguments.iter().cloned()).collect()
}

#[track_caller]
fn ends(ended: &Ended, code: i32, says: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}\n{}", ended.err, ended.out);
    for words in says {
        assert!(
            ended.err.contains(words) || ended.out.contains(words),
            "`{words}` in:\n{}\n{}",
            ended.err,
            ended.out
        );
    }
}

#[test]
fn bad_usage_is_2() {
    let (folder, _) = deployment("empty");
    let run = |arguments: &[&str]| workpaper(folder.path(), arguments);
    for arguments in [
        &["frobnicate"][..],
        &["check", "--nonsense"],
        &["check", "--root", "root", "--period", "2026-Q9"],
        &["check", "--root", "root", "--period", "2026-10-01..2026-07-01"],
        &["check", "--root", "root", "--as-of", "yesterday"],
        &["check", "--root", "root", "--fail-on", "sometimes"],
        &["check", "--root", "root", "--format", "papyrus"],
        &["explain", "no_such_check"],
        &[],
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}{}", ended.out, ended.err);
        assert!(ended.out.is_empty() && ended.err.len() > 20, "{arguments:?}: {ended:?}");
    }
    ends(&run(&["check", "--root", "root", "--policy", "absent.yaml"]), 2, &["absent.yaml"]);
    ends(&run(&["check", "--root", "root", "--baseline", "absent.json"]), 2, &["absent.json"]);
}

#[test]
fn every_mistake_of_a_policy_is_told_at_once() {
    let (folder, arguments) = deployment("empty");
    let text = "schema: workpaper/policy/v1\nparamters: {}\nscope:\n  frameworks: [soc9]\nroster: 5\n\
        waivers:\n  - {check: no_such_check, reason: x}\n";
    fs::write(folder.path().join("workpaper.yaml"), text).expect("a policy");
    let ended = workpaper(folder.path(), &with(&["check", "--policy", "workpaper.yaml"], &arguments));
    // Each with its line, and the likely spelling.
    let lines = ["workpaper.yaml:2:", "workpaper.yaml:4:", "workpaper.yaml:5:", "workpaper.yaml:7:"];
    ends(&ended, 2, &lines);
    ends(&ended, 2, &["did you mean `parameters`", "soc9", "no_such_check"]);
    // A policy that is not even YAML.
    fs::write(folder.path().join("workpaper.yaml"), "a: [\n").expect("a policy");
    ends(
        &workpaper(folder.path(), &with(&["check", "--policy", "workpaper.yaml"], &arguments)),
        2,
        &["workpaper.yaml"],
    );
}

#[test]
fn a_bad_baseline_is_2() {
    let (folder, arguments) = deployment("empty");
    for text in ["", "{", "{}", "[]", r#"{"schema": "workpaper/assessment/v9"}"#, "\u{feff}null"] {
        fs::write(folder.path().join("before.json"), text).expect("a file");
        let ended = workpaper(folder.path(), &with(&["check", "--baseline", "before.json"], &arguments));
        ends(&ended, 2, &["before.json", "hint"]);
    }
}

#[test]
fn what_cannot_be_read_or_written_is_3() {
    let (folder, arguments) = deployment("empty");
    let run = |arguments: &[&str]| workpaper(folder.path(), arguments);
    ends(&run(&["check", "--root", "absent"]), 3, &["absent"]);
    ends(&run(&["check", "--root", "root/etc/os-release"]), 3, &["os-release"]);
    ends(&run(&["evaluate", "absent.json"]), 3, &["absent.json"]);
    ends(&run(&["history", "--store", "absent.sqlite"]), 3, &["absent.sqlite"]);
    fs::write(folder.path().join("in-the-way"), "").expect("a file");
    let out = with(&["assess", "--no-store", "--out", "in-the-way/pack"], &arguments);
    ends(&workpaper(folder.path(), &out), 3, &["in-the-way/pack"]);
    let store = with(&["assess", "--out", "pack", "--store", "in-the-way/runs.sqlite"], &arguments);
    ends(&workpaper(folder.path(), &store), 3, &["in-the-way"]);
    // A database that is none, and a folder that somebody else's files fill.
    fs::write(folder.path().join("none.sqlite"), "not a database, but long enough to be read as one")
        .expect("a file");
    ends(&run(&["history", "--store", "none.sqlite"]), 3, &["none.sqlite"]);
    fs::create_dir_all(folder.path().join("mine")).expect("a folder");
    fs::write(folder.path().join("mine/letter.txt"), "dear").expect("a file");
    let over = with(&["assess", "--no-store", "--out", "mine"], &arguments);
    ends(&workpaper(folder.path(), &over), 3, &["mine"]);
    assert_eq!(fs::read_to_string(folder.path().join("mine/letter.txt")).expect("still there"), "dear");
}

#[test]
fn a_pack_that_is_none_is_4() {
    let (folder, _) = deployment("empty");
    for command in ["verify", "reperform"] {
        ends(&workpaper(folder.path(), &[command, "root"]), 4, &["root"]);
        ends(&workpaper(folder.path(), &[command, "absent"]), 4, &["absent"]);
    }
}

#[test]
fn the_gate_is_closed_by_failures_and_open_without() {
    let (folder, arguments) = deployment("unmanaged-laptop");
    ends(&workpaper(folder.path(), &with(&["check"], &arguments)), 1, &["The gate is closed", "CL-01 fails"]);
    let (folder, arguments) = deployment("hardened");
    ends(&workpaper(folder.path(), &with(&["check"], &arguments)), 0, &["The gate is open"]);
    // Somebody who asks for certainty does not get it from a host that nothing was run on.
    let strict = with(&["check", "--fail-on", "strict"], &arguments);
    ends(&workpaper(folder.path(), &strict), 1, &["The gate is closed"]);
}

#[test]
fn a_baseline_closes_the_gate_by_what_got_worse() {
    let (folder, arguments) = deployment("hardened");
    let check = |more: &[&str]| workpaper(folder.path(), &with(&[&["check"], more].concat(), &arguments));
    let json = check(&["--format", "json"]);
    ends(&json, 0, &[]);
    let before = folder.path().join("before.json");
    fs::write(&before, &json.out).expect("a baseline");
    let against = || check(&["--baseline", "before.json"]);
    ends(&against(), 0, &["The gate is open"]);

    // An item regresses: the lock on bypass mode goes.
    let settings = folder.path().join("root/etc/claude-code/managed-settings.json");
    let text = fs::read_to_string(&settings).expect("settings");
    let worse = text.replace("disableBypassPermissionsMode", "disableBypassPermissionMode");
    assert_ne!(text, worse);
    fs::write(&settings, &worse).expect("settings");
    ends(&against(), 1, &["CL-01"]);
    fs::write(&settings, &text).expect("settings");
    ends(&against(), 0, &["The gate is open"]);

    // A check of the baseline is gone: here the baseline knows one that this program does not.
    let mut known: Value = serde_json::from_str(&json.out).expect("JSON");
    let renamed = json.out.replace("bypass_mode_locked_off", "bypass_mode_locked_away");
    assert_ne!(renamed, json.out);
    fs::write(&before, &renamed).expect("a baseline");
    ends(&against(), 5, &["bypass_mode_locked_away"]);

    // An item was tested on more subjects before.
    let item = &mut known["checklist"][0];
    let tested = item["subjects"]["tested"].as_u64().expect("a number") + 3;
    item["subjects"]["tested"] = tested.into();
    item["subjects"]["in_scope"] = tested.into();
    let id = item["id"].as_str().expect("an id").to_owned();
    fs::write(&before, known.to_string()).expect("a baseline");
    ends(&against(), 5, &[&id, &tested.to_string()]);
}

#[test]
fn the_json_follows_the_contract() {
    for sample in assessed() {
        let judged = assessment(&sample.first);
        assert_eq!(judged["schema"], "workpaper/assessment/v1");
        for (place, keys) in [
            ("/tool", &["name", "version"][..]),
            ("/run", &["id", "as_of", "period", "scope"]),
            ("/run/period", &["start", "end"]),
            ("/run/scope", &["root", "repositories"]),
            ("/inputs", &["snapshot", "catalog", "policy"]),
            (
                "/checklist/0",
                &["id", "item", "text", "result", "declared", "enforced", "operated", "subjects", "findings"],
            ),
            ("/checklist/14", &["id", "item", "attestation", "waiver"]),
            ("/checklist/0/subjects", &["tested", "in_scope"]),
            (
                "/controls/0",
                &["id", "text", "result", "declared", "enforced", "operated", "subjects", "findings"],
            ),
            ("/requirements/0", &["framework", "id", "status", "controls", "coverage"]),
            (
                "/findings/0",
                &[
                    "fingerprint",
                    "check",
                    "basis",
                    "severity",
                    "subject",
                    "verdict",
                    "message",
                    "fix",
                    "evidence",
                ],
            ),
            ("/counts", &["pass", "fail", "undetermined", "not_applicable"]),
        ] {
            let object = judged
                .pointer(place)
                .and_then(Value::as_object)
                .unwrap_or_else(|| panic!("{place} is missing"));
            for key in keys {
                assert!(object.contains_key(*key), "{}: {place} has no `{key}`", sample.name);
            }
        }
        for gap in judged["gaps"].as_array().expect("gaps") {
            assert!(["source", "reason", "detail"].iter().all(|key| gap[key].is_string()), "{gap}");
        }
        assert_eq!(judged["checklist"].as_array().map(Vec::len), Some(15));
        assert!(
            judged["client_contract"].is_string() && judged["run"]["as_of"] == WHEN[1],
            "{}",
            judged["run"]
        );
        // Fingerprints that items cite are those of findings.
        let findings = judged["findings"].to_string();
        for cited in judged["checklist"][0]["findings"].as_array().expect("findings") {
            assert!(findings.contains(cited.as_str().expect("a fingerprint")), "{cited}");
        }
    }
}

#[test]
fn the_three_ways_to_an_assessment_agree() {
    let (folder, arguments) = deployment("guide-verbatim");
    let run = |command: &[&str], more: &[String]| {
        let ended = workpaper(folder.path(), &with(command, more));
        assert!(ended.code == Some(0) || ended.code == Some(1), "{command:?}: {}", ended.err);
        ended.out
    };
    run(&["collect", "--out", "snapshot.json"], &arguments);
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let evaluated = parse(&run(&["evaluate", "snapshot.json", "--format", "json"], &[]));
    let mut checked = parse(&run(&["check", "--format", "json"], &arguments));
    let gate = checked.as_object_mut().and_then(|object| object.remove("gate")).expect("the gate's answer");
    assert_eq!((gate["open"].as_bool(), gate["exit"].as_u64()), (Some(false), Some(1)), "{gate}");
    let sample = assessed().iter().find(|sample| sample.name == "guide-verbatim").expect("the sample");
    assert_eq!(evaluated, checked, "collect and evaluate (left), check (right)");
    assert_eq!(checklist(&evaluated), checklist(&assessment(&sample.first)), "assess");
}

#[test]
fn nothing_is_said_into_a_pipe_but_the_answer() {
    for sample in assessed() {
        assert_eq!(sample.printed.err, "", "{}: stderr is silent where it is no terminal", sample.name);
    }
    let (folder, arguments) = deployment("hostile-text");
    for environment in
        [&[][..], &[("NO_COLOR", "1"), ("TERM", "xterm-256color")], &[("CLICOLOR", "1"), ("TERM", "xterm")]]
    {
        for format in ["terminal", "json", "markdown", "github"] {
            let ended =
                workpaper_with(folder.path(), &with(&["check", "--format", format], &arguments), environment);
            assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""), "{format}");
            let acting = ended.out.chars().find(|character| character.is_control() && *character != '\n');
            assert_eq!(acting, None, "{format}, {environment:?}");
        }
    }
    // A colour that somebody forces is the program's own; the text of the deployment stays dead.
    let forced = workpaper_with(
        folder.path(),
        &with(&["check"], &arguments),
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
    );
    assert!(
        !forced.out.contains("\u{1b}]") && !forced.out.contains("\u{1b}[2J"),
        "an escape of the sample acts"
    );
}

#[test]
fn annotations_are_one_command_a_line() {
    let (folder, arguments) = deployment("hostile-text");
    let ended = workpaper(folder.path(), &with(&["check", "--format", "github"], &arguments));
    assert!(ended.out.lines().count() > 10, "{}", ended.out);
    for line in ended.out.lines() {
        assert!(
            ["::error", "::warning", "::notice"].iter().any(|command| line.starts_with(command)),
            "{line}"
        );
    }
}

#[test]
fn two_runs_at_once_are_both_remembered() {
    let (folder, arguments) = deployment("empty");
    let (other_folder, other) = deployment("unmanaged-laptop");
    let store = folder.path().join("runs.sqlite").display().to_string();
    let assess = |folder: &Path, arguments: &[String], out: &str| {
        let ended = workpaper(folder, &with(&["assess", "--store", &store, "--out", out], arguments));
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| assess(folder.path(), &arguments, "one"));
        scope.spawn(|| assess(other_folder.path(), &other, "two"));
    });
    let history = workpaper(folder.path(), &["history", "--store", &store, "--format", "json"]);
    ends(&history, 0, &[]);
    let history: Value = serde_json::from_str(&history.out).expect("JSON");
    let runs: Vec<String> = history["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|run| run["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(runs.len(), 2, "{history}");
    assert_eq!(Store::open_existing(Path::new(&store)).expect("a store").runs().expect("runs").len(), 2);
    let shown = workpaper(folder.path(), &["history", "--store", &store]);
    assert!(runs.iter().all(|id| shown.out.contains(id)), "{}", shown.out);

    // A run by its id, and a pack by its folder, are the same thing to `diff`.
    let one = assessment(&folder.path().join("one"))["run"]["id"].as_str().expect("an id").to_owned();
    let same = workpaper(folder.path(), &["diff", &one, "one", "--store", &store]);
    ends(&same, 0, &["nothing changed"]);
    let two = runs.iter().find(|id| **id != one).expect("the other run");
    let changed = workpaper(folder.path(), &["diff", "one", two, "--store", &store]);
    ends(&changed, 0, &["CL-06", &one, two]);
    ends(&workpaper(folder.path(), &["diff", "one", "wp-absent", "--store", &store]), 2, &["wp-absent"]);
}

#[test]
fn every_id_is_explained() {
    let catalog = Catalog::builtin().expect("a catalogue");
    let mut ids: Vec<String> = catalog.controls().map(|control| control.id.to_string()).collect();
    ids.extend(catalog.cards().map(|(check, _)| check.to_string()));
    for framework in catalog.frameworks() {
        ids.extend(framework.requirements.iter().map(|requirement| requirement.id.to_string()));
        let aliases = framework.requirements.iter().flat_map(|requirement| &requirement.aliases);
        ids.extend(aliases.map(ToString::to_string));
    }
    assert!(ids.len() > 150, "{} ids", ids.len());
    let folder = tempfile::tempdir().expect("a folder");
    for id in &ids {
        let ended = workpaper(folder.path(), &["explain", id]);
        assert_eq!(ended.code, Some(0), "{id}: {}", ended.err);
        assert!(ended.out.len() > 80, "{id}: {}", ended.out);
    }
}

#[test]
fn every_command_helps() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in crate::docs::commands() {
        let ended = workpaper(folder.path(), &[command.as_str(), "--help"]);
        ends(&ended, 0, &["Usage:"]);
    }
    ends(&workpaper(folder.path(), &["--version"]), 0, &[env!("CARGO_PKG_VERSION")]);
    assert!(!program::samples().is_empty());
}
