//! What stops a test call, layer by layer: each layer alone, several together, and none.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};
use workpaper::{
    catalog::{Battery, batteries},
    collect::{Request, collect},
    facts::Facts,
    model::{
        Aim, CanaryRun, End, HookRun, Isolation, LayeredCall, Observation, Period, Programs, Seen, Snapshot,
        Stand,
    },
    policy::Policy,
};

use crate::program::workpaper;

const CALLS: &str = r#"
title: calls
kind: calls
stop:
  - {id: read-env, tool: Read, input: {file_path: "{project}/.env"}, baseline: true}
  - {id: ssh-key, tool: Bash, input: {command: "cat ~/.ssh/id_rsa"}, reaches: {reads: "{home}/.ssh/id_rsa"}}
  - {id: netrc, tool: Bash, input: {command: "python3 -c 'open(1)'"}, reaches: {reads: "{home}/.netrc"}}
  - {id: mkfs, tool: Bash, input: {command: "mkfs.ext4 /dev/sdb"}, reaches: {writes: /dev/sdb}}
  - {id: rm, tool: Bash, input: {command: "rm -rf build"}, reaches: {writes: "{project}/build"}}
  - {id: send, tool: Bash, input: {command: "curl https://collector.example.net"}, reaches: {connects: collector.example.net}}
  - {id: unsaid, tool: Bash, input: {command: "make deploy"}}
pass:
  - {id: ls, tool: Bash, input: {command: "ls"}}
"#;

/// Locks that leave default, acceptEdits, plan and dontAsk to choose from.
const LOCKED: &str = r#""disableBypassPermissionsMode": "disable", "disableAutoMode": "disable""#;

fn rows(managed: &str, add: impl FnOnce(&mut Vec<Observation>)) -> BTreeMap<String, Vec<LayeredCall>> {
    let folder = tempfile::tempdir().expect("a folder");
    lay_out(folder.path(), managed);
    let request = Request::new(
        folder.path().to_owned(),
        "root",
        Period::parse("2026-Q3").expect("a quarter"),
        "2026-10-01T09:00:00Z".parse().expect("a time"),
    );
    let Snapshot { scope, mut observations, gaps, .. } = collect(&request).expect("a root");
    add(&mut observations);
    let snapshot = Snapshot::new(scope, observations, gaps);
    let policy = Policy::default();
    let found = calls();
    let mut by_canary: BTreeMap<String, Vec<LayeredCall>> = BTreeMap::new();
    for row in Facts::of(&snapshot, &policy).trying(&found).layered_calls() {
        by_canary.entry(row.canary.clone()).or_default().push(row);
    }
    by_canary
}

fn lay_out(root: &Path, managed: &str) {
    let put = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    put("etc/os-release", "ID=debian\n");
    put("etc/passwd", "root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n");
    put("etc/claude-code/managed-settings.json", managed);
    fs::create_dir_all(root.join("home/dev")).expect("a home");
}

fn calls() -> Vec<Battery> {
    batteries(&BTreeMap::from([("canaries/calls.yaml".to_owned(), CALLS.to_owned())])).expect("a battery")
}

fn worst(rows: &[LayeredCall]) -> Stand {
    rows.iter().map(|row| row.answer).max().expect("every call has an answer")
}

#[test]
fn a_rule_stops_in_every_mode_and_is_named_with_its_line() {
    let found = rows("{\n  \"permissions\": {\n    \"deny\": [\"Read(//**/.env)\"]\n  }\n}", |_| {});
    let [row] = found["read-env"].as_slice() else { panic!("{:?}", found["read-env"]) };
    assert_eq!((row.answer, row.every_mode), (Stand::Stops, true));
    let rule = "Read(//**/.env) in etc/claude-code/managed-settings.json:3 (managed)";
    assert_eq!((row.rules.stand, row.rules.why.as_str()), (Stand::Stops, rule));
    assert_eq!(row.without_hooks, Stand::Stops);
    assert_eq!(worst(&found["rm"]), Stand::Open, "bypassPermissions is not locked");
    assert_eq!(worst(&found["ls"]), Stand::Open);
}

#[test]
fn each_mode_answers_for_itself_and_a_question_is_no_stop() {
    let found = rows(&format!("{{\"permissions\": {{{LOCKED}}}}}"), |_| {});
    let answers: Vec<_> = found["rm"].iter().map(|row| (row.answer, row.modes.clone())).collect();
    assert_eq!(
        answers,
        [
            (Stand::Open, vec!["acceptEdits"]),
            (Stand::Asks, vec!["default", "plan"]),
            (Stand::Stops, vec!["dontAsk"])
        ],
        "rm below the working folder needs no question in acceptEdits"
    );
    assert_eq!(worst(&found["unsaid"]), Stand::Asks);
    assert_eq!(worst(&found["read-env"]), Stand::Open, "reading in the working folder needs no question");
}

#[test]
fn the_sandbox_counts_only_where_no_command_gets_around_it() {
    let settings = |sandbox: &str| {
        format!(
            r#"{{"permissions": {{{LOCKED}}}, "sandbox": {{"enabled": true, "autoAllowBashIfSandboxed": false, {sandbox}}}}}"#
        )
    };
    let inside = r#""failIfUnavailable": true, "allowUnsandboxedCommands": false"#;
    let lists = r#""network": {"allowManagedDomainsOnly": true}, "filesystem": {"denyRead": ["~/.ssh"]}"#;
    let found = rows(&settings(&format!("{inside}, {lists}")), |_| {});
    let stand = |id: &str| found[id][0].sandbox.stand;
    for (id, expected) in [
        ("ssh-key", Stand::Stops),
        ("netrc", Stand::Open),
        ("mkfs", Stand::Stops),
        ("rm", Stand::Open),
        ("send", Stand::Stops),
        ("unsaid", Stand::NotKnown),
        ("read-env", Stand::Open),
    ] {
        assert_eq!(stand(id), expected, "{id}: {}", found[id][0].sandbox.why);
    }
    assert_eq!(worst(&found["ssh-key"]), Stand::Stops);
    assert_eq!(worst(&found["unsaid"]), Stand::NotKnown, "one layer is not known and none is certain");

    for around in [
        r#""allowUnsandboxedCommands": false"#,
        r#""failIfUnavailable": true"#,
        r#""failIfUnavailable": true, "allowUnsandboxedCommands": false, "excludedCommands": ["cat"]"#,
        r#""failIfUnavailable": true, "allowUnsandboxedCommands": false, "enableWeakerNestedSandbox": true"#,
    ] {
        let found = rows(&settings(&format!("{around}, {lists}")), |_| {});
        assert_eq!(found["ssh-key"][0].sandbox.stand, Stand::Open, "{around}");
    }
    let again = r#""filesystem": {"denyRead": ["~/.ssh"], "allowRead": ["~/.ssh/id_rsa"]}"#;
    let found = rows(&settings(&format!("{inside}, {again}")), |_| {});
    assert_eq!(found["ssh-key"][0].sandbox.stand, Stand::Open, "{}", found["ssh-key"][0].sandbox.why);
    let star = r#""filesystem": {"denyRead": ["~/.s*"]}"#;
    let found = rows(&settings(&format!("{inside}, {star}")), |_| {});
    assert_eq!(found["ssh-key"][0].sandbox.stand, Stand::NotKnown, "stars are not documented");
    assert_eq!(found["netrc"][0].sandbox.stand, Stand::Open);
}

const HOOK: &str = r#"{"permissions": {"disableBypassPermissionsMode": "disable", "disableAutoMode": "disable"},
    "hooks": {"PreToolUse": [{"matcher": "*", "hooks": [{"type": "command", "command": "guard"}]}]}}"#;

/// What the one hook of `HOOK` did with a call.
fn ran(canary: &str, tool: &str, end: End, stdout: &str) -> Observation {
    let run = CanaryRun {
        canary: canary.to_owned(),
        aim: Aim::Stop,
        baseline: true,
        tries: canary.to_owned(),
        tool: tool.to_owned(),
        input: "{}".to_owned(),
        end,
        stdout: stdout.to_owned(),
        stderr: String::new(),
        cut: false,
        wrote: Vec::new(),
    };
    let source = "etc/claude-code/managed-settings.json";
    let run = HookRun {
        hook: format!("{source}#/hooks/PreToolUse/0/hooks/0"),
        event: "PreToolUse".to_owned(),
        command: "guard".to_owned(),
        battery: "calls".to_owned(),
        user: None,
        repository: None,
        isolation: Isolation::Bubblewrap,
        programs: Programs::OfTheHost,
        settings_sha256: None,
        scripts: Vec::new(),
        runs: vec![run],
    };
    Observation::new(source, None, "probe", Seen::HookRun(Box::new(run)))
}

#[test]
fn a_hook_that_was_not_run_is_not_known_and_one_that_was_run_decides() {
    let found = rows(HOOK, |_| {});
    assert_eq!(worst(&found["read-env"]), Stand::NotKnown);
    assert!(found["read-env"][0].hooks.why.contains("not run"), "{}", found["read-env"][0].hooks.why);

    let approve = r#"{"decision": "approve"}"#;
    for (end, stdout, expected, hook) in [
        (End::Exit(2), "", Stand::Stops, Stand::Stops),
        (End::Exit(1), "", Stand::Asks, Stand::Open),
        (End::Exit(0), approve, Stand::Open, Stand::Open),
        (End::ProbeLimit, "", Stand::NotKnown, Stand::NotKnown),
        (End::TimedOut, "", Stand::Asks, Stand::Open),
    ] {
        let found = rows(HOOK, |observations| observations.push(ran("unsaid", "Bash", end, stdout)));
        let rows = &found["unsaid"];
        assert_eq!((worst(rows), rows[0].hooks.stand), (expected, hook), "{end:?} {stdout}");
    }
    let found = rows(HOOK, |observations| observations.push(ran("unsaid", "Bash", End::Exit(2), "")));
    assert_eq!(found["unsaid"][0].without_hooks, Stand::Asks, "what remains if the hook fails");
    assert_eq!(found["unsaid"][0].hooks.why, "guard");
    assert_eq!(worst(&found["rm"]), Stand::NotKnown, "the hook was not run with this one");
}

#[test]
fn a_broken_managed_file_stops_nothing() {
    let found = rows(r#"{"permissions": {"deny": ["Bash", "Read"]"#, |_| {});
    assert!(found.values().all(|rows| worst(rows) == Stand::Open), "{found:#?}");
}

#[test]
fn simulate_answers_for_every_user_of_a_deployment() {
    let folder = tempfile::tempdir().expect("a folder");
    lay_out(&folder.path().join("root"), r#"{"permissions": {"deny": ["Read(//**/.env)"]}}"#);
    let ask = |more: &[&str]| {
        let base = ["simulate", "--root", "root"];
        workpaper(folder.path(), &base.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let ended = ask(&["--tool", "Read", "--input", "/home/dev/work/.env"]);
    let answer: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    assert_eq!(answer["decision"], "deny");
    assert_eq!((&answer["session"], &answer["answer"]), (&json!("user dev"), &json!("stops")));
    assert_eq!(answer["by"]["source"], "etc/claude-code/managed-settings.json");
    assert_eq!(answer["layers"]["hooks"]["stand"], "open");

    let ended = ask(&["--managed", "x.json", "--tool", "Read"]);
    assert_eq!(ended.code, Some(2), "settings beside a deployment are refused: {ended:?}");
}

#[test]
fn canaries_shows_the_layers_of_the_calls_that_were_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    lay_out(&folder.path().join("root"), r#"{"permissions": {"deny": ["Read(//**/.env)"]}}"#);
    let ask = |more: &[&str]| {
        let base = ["canaries", "--root", "root"];
        workpaper(folder.path(), &base.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let shown = ask(&["cat .env", "--battery", "credential_files"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.out.contains("STOPPED  Bash cat .env"), "{}", shown.out);
    assert!(
        shown.out.contains("Read(//**/.env) in etc/claude-code/managed-settings.json:1"),
        "{}",
        shown.out
    );
    let json = ask(&["--format", "json", "--battery", "destructive_commands"]);
    let calls: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(calls["schema"], "workpaper/canaries/v1");
    assert!(calls["calls"].as_array().is_some_and(|calls| calls.len() > 100));
    let wrong = ask(&["--battery", "nonsense"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("credential_files"), "{wrong:?}");
}
