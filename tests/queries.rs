//! `workpaper logs` and `workpaper search`: every question with exact numbers, in every form, for days and for a person.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::{
    program::{Ended, run, workpaper},
    shared, source,
};

const AS_OF: [&str; 2] = ["--as-of", "2026-07-31T00:00:00Z"];

/// Three days, three people, one of them in session files too, and a line that is no record.
const LOG: &str = concat!(
    r#"{"timestamp":"2026-07-01T09:00:00Z","user":"ann","tool":"Bash","tool_input":{"command":"ls"},"decision":"allow","permission_mode":"default","session_id":"a","status":"success"}"#,
    "\n",
    r#"{"timestamp":"2026-07-01T09:05:00Z","user":"ann","tool":"Bash","tool_input":{"command":"rm -rf x"},"decision":"deny","permission_mode":"default","session_id":"a","status":"failure"}"#,
    "\n",
    r#"{"timestamp":"2026-07-01T10:00:00Z","user":"bob","tool":"Read","tool_input":{"file_path":"/s/b"},"decision":"deny","permission_mode":"plan","session_id":"b","status":"failure"}"#,
    "\n",
    r#"{"timestamp":"2026-07-03T09:00:00Z","user":"bob","tool":"Edit","tool_input":{"file_path":"/s/a.rs"},"decision":"allow","permission_mode":"bypassPermissions","session_id":"b","status":"success"}"#,
    "\n",
    "{\"timestamp\":\"2026-07-03T09:30:00Z\",\"user\":\"cut\n",
    r#"{"timestamp":"2026-07-04T09:00:00Z","user":"cy","tool":"Write","tool_input":{"file_path":"/s/a.rs"},"decision":"allow","permission_mode":"default","session_id":"c","status":"success"}"#,
    "\n",
    r#"{"timestamp":"2026-07-04T09:10:00Z","user":"ann","tool":"Edit","tool_input":{"file_path":"/s/b.rs"},"decision":"allow","permission_mode":"default","session_id":"d","status":"success"}"#,
    "\n",
);

/// What telemetry says of cost.
const COST: &str = concat!(
    r#"{"event.name":"claude_code.api_request","timestamp":"2026-07-01T09:00:01Z","user.email":"ann","cost_usd":0.25,"input_tokens":10,"output_tokens":2}"#,
    "\n",
    r#"{"event.name":"claude_code.api_request","timestamp":"2026-07-01T09:00:02Z","user.email":"ann","cost_usd":0.5,"input_tokens":20,"output_tokens":3}"#,
    "\n",
    r#"{"event.name":"claude_code.api_request","timestamp":"2026-07-04T09:00:02Z","user.email":"bob","cost_usd":1,"input_tokens":5,"output_tokens":1}"#,
    "\n",
);

fn logs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("audit.log"), LOG).expect("a log");
    fs::write(folder.path().join("cost.jsonl"), COST).expect("a log");
    folder
}

fn ask(folder: &Path, arguments: &[&str]) -> String {
    let ended = workpaper(folder, &[&["logs"], arguments, &AS_OF].concat());
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.err);
    ended.out
}

/// The rows of an answer, without its header.
fn rows(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let text = ask(folder, &[arguments, &["--format", "csv"]].concat());
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn each_question_is_answered_in_exact_numbers() {
    let folder = logs();
    let rows = |question: &str| rows(folder.path(), &[question, "audit.log"]);
    assert_eq!(
        rows("denied"),
        [
            "2026-07-01T09:05:00Z,ann,Bash,denied,audit.log:2",
            "2026-07-01T10:00:00Z,bob,Read,denied,audit.log:3"
        ]
    );
    assert_eq!(
        rows("modes"),
        [
            "default,records in the mode,4",
            "bypassPermissions,records in the mode,1",
            "plan,records in the mode,1",
            "bypassPermissions,2026-07-03T09:00:00Z bob,audit.log:4",
            "plan > bypassPermissions,2026-07-03T09:00:00Z bob,audit.log:4",
        ]
    );
    assert_eq!(rows("activity"), ["ann,3,2,1,1,1,0,0,0", "bob,2,2,1,0,1,1,0,0", "cy,1,1,0,0,1,0,0,0"]);
    assert_eq!(
        rows("timeline"),
        [
            "2026-07-01,3,2,1,\"Bash 2, Read 1\"",
            "2026-07-03,1,0,0,Edit 1",
            "2026-07-04,2,0,0,\"Edit 1, Write 1\""
        ]
    );
    assert_eq!(
        rows("coverage"),
        [
            "audit.log,2026-07-01,3,2,0,0,55",
            "audit.log,2026-07-03,1,1,1,0,0",
            "audit.log,2026-07-04,2,2,0,0,10"
        ]
    );
    assert_eq!(rows("files"), ["/s/a.rs,changes,2", "/s/b.rs,changes,1"]);
    assert_eq!(
        self::rows(folder.path(), &["cost", "cost.jsonl"]),
        ["2026-07-01,ann,2,0.750000,30,5,0,,,,events only", "2026-07-04,bob,1,1.000000,5,1,0,,,,events only"]
    );
}

/// A data point of a counter: its person, its nanoseconds, its amount, and the kind of token.
fn point(user: &str, at: &str, amount: &str, kind: &str) -> String {
    format!(
        r#"{{"attributes":[{{"key":"user.email","value":{{"stringValue":"{user}"}}}},{{"key":"type","value":{{"stringValue":"{kind}"}}}}],"startTimeUnixNano":"1782890000000000000","timeUnixNano":"{at}","asDouble":{amount}}}"#
    )
}

/// An export of one metric; temporality 1 is by steps, 2 a running total.
fn metric(name: &str, temporality: u8, points: &[String]) -> String {
    format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"claude_code.{name}","sum":{{"aggregationTemporality":{temporality},"isMonotonic":true,"dataPoints":[{}]}}}}]}}]}}]}}"#,
        points.join(",")
    ) + "\n"
}

#[test]
fn metrics_are_held_against_the_events() {
    let folder = logs();
    let (first, third, fourth) = ("1782896401000000000", "1783069200000000000", "1783155602000000000");
    let steps =
        [point("ann", first, "0.25", ""), point("ann", first, "0.5", ""), point("cy", third, "0.125", "")];
    let totals = |amounts: [&str; 3]| {
        let at = [first, third, fourth];
        at.iter().zip(amounts).map(|(at, amount)| point("bob", at, amount, "")).collect::<Vec<_>>()
    };
    let tokens = [point("ann", first, "30", "input"), point("ann", first, "5", "output")];
    let text = metric("cost.usage", 1, &steps)
        + &metric("cost.usage", 2, &totals(["2", "2.5", "3.75"]))
        + &metric("token.usage", 1, &tokens)
        + &metric("session.count", 1, &[point("ann", first, "1", "")]);
    fs::write(folder.path().join("metrics.json"), text).expect("metrics");
    assert_eq!(
        rows(folder.path(), &["cost", "cost.jsonl", "metrics.json"]),
        [
            "2026-07-01,ann,2,0.750000,30,5,0,0.750000,35,1,agree",
            "2026-07-01,bob,,,,,,2.000000,0,0,metrics only",
            "2026-07-03,bob,,,,,,0.500000,0,0,metrics only",
            "2026-07-03,cy,,,,,,0.125000,0,0,metrics only",
            "2026-07-04,bob,1,1.000000,5,1,0,1.250000,0,0,differ",
        ]
    );
    let text = ask(folder.path(), &["cost", "cost.jsonl", "metrics.json"]);
    assert!(text.contains("1 agree, 1 differ, 0 in events only, 3 in metrics only"), "{text}");
    // What a running total stood at before the days asked for is not of these days.
    let since = rows(folder.path(), &["cost", "metrics.json", "--since", "2026-07-03", "--user", "bob"]);
    let cost: Vec<_> = since.iter().filter_map(|row| row.split(',').nth(7)).collect();
    assert_eq!(cost, ["0.500000", "1.250000"]);
    // A data point is no act of a person.
    assert_eq!(rows(folder.path(), &["activity", "metrics.json"]), Vec::<String>::new());
    assert_eq!(rows(folder.path(), &["cost", "metrics.json", "--user", "cy"]).len(), 1);
}

#[test]
fn a_person_is_answered_for_alone() {
    let folder = logs();
    let rows = |question: &str| rows(folder.path(), &[question, "audit.log", "--user", "ann"]);
    assert_eq!(rows("denied"), ["2026-07-01T09:05:00Z,ann,Bash,denied,audit.log:2"]);
    assert_eq!(rows("modes"), ["default,records in the mode,3"]);
    assert_eq!(rows("activity"), ["ann,3,2,1,1,1,0,0,0"]);
    assert_eq!(rows("timeline"), ["2026-07-01,2,1,1,Bash 2", "2026-07-04,1,0,0,Edit 1"]);
    assert_eq!(rows("files"), ["/s/b.rs,changes,1"]);
    let covered: Vec<String> = rows("coverage");
    assert!(covered[0].starts_with("audit.log,2026-07-01,2,1,"), "{covered:?}");
    assert_eq!(
        self::rows(folder.path(), &["cost", "cost.jsonl", "--user", "bob"]),
        ["2026-07-04,bob,1,1.000000,5,1,0,,,,events only"]
    );
    // Who is not there has no row, and the records of the others are a number.
    let text = ask(folder.path(), &["activity", "audit.log", "--user", "zoe"]);
    assert!(text.contains("0 counted here") && text.contains("6 of other people"), "{text}");
}

#[test]
fn the_records_of_an_answer_add_up() {
    let folder = logs();
    for arguments in [&[][..], &["--since", "2026-07-03"], &["--user", "bob", "--until", "2026-07-02"]] {
        for question in ["denied", "modes", "activity", "timeline", "coverage", "files", "cost"] {
            let text =
                ask(folder.path(), &[&[question, "audit.log", "--format", "json"], arguments].concat());
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            let notes: Vec<&str> =
                answer["notes"].as_array().expect("notes").iter().filter_map(Value::as_str).collect();
            let numbers = |word: &str| -> Vec<u64> {
                let note = notes.iter().find(|note| note.contains(word)).expect("a note");
                note.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
            };
            let [read, there, files, _, refused] = numbers("records read in")[..] else {
                panic!("{notes:?}")
            };
            assert_eq!((read, there, files, refused), (6, 7, 1, 1), "{question}");
            assert_eq!(numbers("counted here").iter().sum::<u64>(), read, "{question}: {notes:?}");
        }
    }
    assert_eq!(rows(folder.path(), &["timeline", "audit.log", "--since", "2026-07-04"]).len(), 1);
    let silent = |arguments: &[&str]| {
        let text = ask(folder.path(), &[&["timeline", "audit.log"], arguments].concat());
        text.lines().find(|line| line.contains("have no record")).unwrap_or_default().to_owned()
    };
    assert_eq!(silent(&[]), "# 1 of 4 days from 2026-07-01 to 2026-07-04 have no record");
    let asked = silent(&["--since", "2026-06-30", "--until", "2026-07-05"]);
    assert_eq!(asked, "# 3 of 6 days from 2026-06-30 to 2026-07-05 have no record");
    // The last day is the day of --as-of, whatever the clock says.
    assert!(silent(&["--since", "2026-07-01"]).contains("to 2026-07-31"));
}

#[test]
fn every_form_says_the_same_and_says_it_twice_alike() {
    let folder = logs();
    for question in ["denied", "modes", "activity", "timeline", "coverage", "files", "cost", "lint"] {
        let paths: &[&str] = if question == "lint" { &["audit.log"] } else { &["."] };
        let in_form = |form: &str| ask(folder.path(), &[&[question], paths, &["--format", form]].concat());
        let rows = in_form("csv").lines().count() - 1;
        let json: Value = serde_json::from_str(&in_form("json")).expect("JSON");
        assert_eq!(json["rows"].as_array().expect("rows").len(), rows, "{question}");
        let table_rows = in_form("md").lines().filter(|line| line.starts_with('|')).count();
        assert_eq!(table_rows, rows + 2, "{question}");
        for form in ["table", "csv", "json", "md"] {
            assert_eq!(in_form(form), in_form(form), "{question} {form}");
        }
    }
}

#[test]
fn bad_questions_are_refused() {
    let folder = logs();
    for arguments in [
        &["logs", "frobnicate"][..],
        &["logs", "denied", "audit.log", "--since", "yesterday"],
        &["logs", "denied", "audit.log", "--as-of", "noon"],
        &["logs", "denied", "audit.log", "--since", "2026-07-02", "--until", "2026-07-01"],
        &["search", "--logs", "audit.log"],
        &["search", "abc", "--logs", "audit.log"],
        &["search", "--known", "no_such_pattern", "--logs", "audit.log"],
        &["search", "--pattern-file", "absent", "--logs", "audit.log"],
    ] {
        let ended = workpaper(folder.path(), arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}{}", ended.out, ended.err);
    }
    for arguments in [&["logs", "denied", "absent"][..], &["search", "four", "--logs", "absent"]] {
        assert_eq!(workpaper(folder.path(), arguments).code, Some(3), "{arguments:?}");
    }
}

/// One of the guide's commands on a log, by its real programs; its output and whether it ended well.
fn guides(command: &str, log: &Path) -> Ended {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut shell = Command::new("sh");
    let command = command.replace("/var/log/claude-code/audit.log", &log.display().to_string());
    shell.arg("-c").arg(command);
    run(shell, scratch.path())
}

#[test]
fn the_lint_predicts_what_the_guides_commands_print() {
    let programs = ["grep", "awk", "jq"];
    if programs.iter().any(|name| Command::new(name).arg("--version").output().is_err()) {
        println!("skipped: grep, awk and jq are not all here");
        return;
    }
    let modes = r#"grep "permission_mode" /var/log/claude-code/audit.log"#;
    let denied = r#"grep '"decision": "deny"' /var/log/claude-code/audit.log | wc -l"#;
    let dangerous = "awk '$tool == \"Bash(rm*)\" {rm_count++} END {\nprint \"Dangerous Bash uses: \" rm_count\n}' /var/log/claude-code/audit.log";
    let people = "grep '\"user\":' /var/log/claude-code/audit.log | \\\njq -s 'group_by(.user) |\nmap({user: .[0].user, count: length})'";
    match shared::folder() {
        Some(folder) => {
            let guide =
                fs::read_to_string(folder.join("guide/enterprise-security-patterns.txt")).expect("the guide");
            for command in [modes, denied, dangerous, people] {
                assert!(guide.contains(command), "not a command of the guide: {command}");
            }
        }
        None => println!("skipped: the guide is not here, its commands were not compared"),
    }
    let sample =
        |name: &str| source::project().join("samples").join(name).join("root/var/log/claude-code/audit.log");
    let own = tempfile::tempdir().expect("a folder");
    let mut logs = vec![sample("guide-verbatim"), sample("hardened")];
    for (name, text) in [
        (
            "lines.log",
            LOG.lines().filter(|line| line.ends_with('}')).map(|line| format!("{line}\n")).collect(),
        ),
        (
            "spaced.log",
            "{\"user\": \"x\", \"decision\": \"deny\"}\n{\"user\": \"y\"}\n{\"user\": \"x\"}\n".to_owned(),
        ),
        ("literal.log", "Bash(rm*)\nBash(rm*)\nBash(rm -rf x)\n".to_owned()),
        ("empty.log", String::new()),
        ("broken.log", LOG.to_owned()),
    ] {
        let path = own.path().join(name);
        fs::write(&path, text).expect("a log");
        logs.push(path);
    }
    for log in logs {
        let path = log.display().to_string();
        let text = ask(own.path(), &["lint", &path, "--format", "json"]);
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        let returns = |row: usize| answer["rows"][row]["returns"].as_str().expect("text").to_owned();
        let first = |text: &str| text.split(' ').next().and_then(|word| word.parse::<usize>().ok());

        let printed = guides(modes, &log).out.lines().count();
        assert_eq!(first(&returns(1)), Some(printed), "{path}");
        assert_eq!(returns(2), guides(denied, &log).out.trim(), "{path}");
        let counted = guides(dangerous, &log).out;
        let counted = counted
            .trim_end()
            .strip_prefix("Dangerous Bash uses:")
            .expect("the awk program prints it")
            .trim();
        let expected = if counted.is_empty() { "an empty count" } else { counted };
        assert_eq!(returns(3), expected, "{path}");
        let grouped = guides(people, &log);
        match serde_json::from_str::<Value>(&grouped.out) {
            Ok(list) => {
                assert_eq!(first(&returns(4)), list.as_array().map(Vec::len), "{path}: {}", returns(4))
            }
            Err(_) => {
                assert!(grouped.err.contains("parse error") && grouped.out.is_empty(), "{grouped:?}");
                assert!(returns(4).starts_with("a parse error of jq and no row"), "{path}: {}", returns(4));
            }
        }
        let times = format!("grep -rn user {path} /dev/null | cut -d: -f3 | jq '.timestamp'");
        assert!(!guides(&times, &log).out.contains("2026-"), "{path}: no timestamp comes out");
        assert!(returns(8).starts_with("no timestamp"));
    }
}

/// A text that looks like no key, so that only the search knows it.
const LEAK: &str = "correct\"horse wört";

fn leaked(root: &Path) {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    };
    let inside = LEAK.replace('"', "\\\"");
    let line = |time: &str, user: &str, text: &str| {
        format!(
            "{{\"timestamp\":\"{time}\",\"user\":\"{user}\",\"tool\":\"Bash\",\"tool_input\":{{\"command\":\"echo {text}\"}}}}\n"
        )
    };
    let log = [
        line("2026-07-01T09:00:00Z", "ann", &inside),
        line("2026-07-01T09:01:00Z", "bob", &"harmless ".repeat(40)),
        line("2026-07-02T09:00:00Z", "bob", &inside),
        format!("Jul  2 10:00:00 host sshd[1]: {LEAK}\n"),
    ];
    write("var/log/claude-code/audit.log", &log.concat());
    // A copy is another place, with readers of its own.
    write("home/bob/.claude/old.log", &log.concat());
    write(
        "etc/claude-code/managed-settings.json",
        &format!("{{\n  \"env\": {{\"TOKEN\": \"{inside}\"}}\n}}\n"),
    );
    write("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:70001:70001::/home/ann:/bin/sh\n");
    write("etc/group", "ann:x:70001:\n");
    let session = |uuid: &str| {
        format!(
            "{{\"type\":\"user\",\"uuid\":\"{uuid}\",\"sessionId\":\"s\",\"timestamp\":\"2026-07-03T09:00:00Z\",\"version\":\"2.1.240\",\"message\":{{\"role\":\"user\",\"content\":\"use {inside}\"}}}}\n"
        )
    };
    // A resumed session repeats the message in another file: that is another place.
    write("home/ann/.claude/projects/p/11111111-2222-4333-8444-555555555555.jsonl", &session("u1"));
    write("home/ann/.claude/projects/p/61111111-2222-4333-8444-555555555555.jsonl", &(session("u1") + "\n"));
    write(
        "home/ann/.claude/history.jsonl",
        &format!("{{\"display\":\"use {inside}\",\"timestamp\":1783069200000,\"project\":\"/p\"}}\n"),
    );
}

#[test]
fn a_leaked_text_is_found_everywhere_and_shown_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root");
    leaked(&root);
    fs::write(folder.path().join("text"), format!("{LEAK}\n")).expect("a file");
    let search = |more: &[&str]| {
        workpaper(
            folder.path(),
            &[&["search", "--pattern-file", "text", "--root", "root"], more, &AS_OF].concat(),
        )
    };
    let ended = search(&["--format", "json", "--out", "found"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.err, ended.out);
    let answer: Value = serde_json::from_str(&ended.out).expect("JSON");
    let places: Vec<String> = answer["occurrences"]["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().expect("text").to_owned();
            let file = text("file").rsplit('/').next().expect("a name").to_owned();
            format!("{file}:{} {} {}", text("line"), text("person"), text("time"))
        })
        .collect();
    let mut sorted = places.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "11111111-2222-4333-8444-555555555555.jsonl:1 ann 2026-07-03T09:00:00Z",
            "61111111-2222-4333-8444-555555555555.jsonl:1 ann 2026-07-03T09:00:00Z",
            "audit.log:1 ann 2026-07-01T09:00:00Z",
            "audit.log:3 bob 2026-07-02T09:00:00Z",
            "audit.log:4  ",
            "history.jsonl:1 ann 2026-07-03T09:00:00Z",
            "managed-settings.json:2  ",
            "old.log:1 ann 2026-07-01T09:00:00Z",
            "old.log:3 bob 2026-07-02T09:00:00Z",
            "old.log:4  ",
        ]
    );
    let people = answer["people"]["rows"].to_string();
    assert!(people.contains(r#"{"person":"ann","records":"5"}"#), "{people}");
    assert!(people.contains(r#"{"person":"(names nobody)","records":"3"}"#), "{people}");
    let days = answer["timeline"]["rows"].to_string();
    assert!(days.contains(r#"{"day":"2026-07-03","records":"3"}"#), "{days}");
    assert_eq!(answer["access"]["rows"].as_array().expect("rows").len(), 6);

    // In no form, and in no file, stands the text itself.
    let mut shown = vec![ended.out, ended.err];
    for form in ["table", "csv", "md"] {
        let ended = search(&["--format", form]);
        shown.extend([ended.out, ended.err]);
    }
    for entry in fs::read_dir(folder.path().join("found")).expect("the workpaper").flatten() {
        shown.push(fs::read_to_string(entry.path()).expect("text"));
    }
    assert_eq!(shown.len(), 2 + 6 + 7);
    assert!(shown.iter().all(|text| !text.contains("correct")), "the text is shown");
    // A folder that is there already is not written over.
    assert_eq!(search(&["--out", "found"]).code, Some(3));
    // Days narrow it to dated records; what has no time stays.
    let ended = search(&["--since", "2026-07-03", "--format", "csv"]);
    assert_eq!(ended.out.lines().count() - 1, 6, "{}", ended.out);
}

#[cfg(unix)]
#[test]
fn a_search_says_who_may_read_and_what_it_could_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let root = folder.path().join("root");
    leaked(&root);
    let log = root.join("var/log/claude-code/audit.log");
    let readers = |mode: u32| {
        fs::set_permissions(&log, fs::Permissions::from_mode(mode)).expect("a mode");
        let ended = workpaper(
            folder.path(),
            &[
                "search",
                "horse w",
                "--root",
                "root",
                "--logs",
                "root/var/log/claude-code",
                "--format",
                "json",
            ],
        );
        let answer: Value = serde_json::from_str(&ended.out).expect("JSON");
        let summary = answer["search"]["notes"].to_string();
        assert!(summary.contains("shell's history"), "{summary}");
        answer["access"]["rows"][0]["accounts_that_may_read"].as_str().expect("text").to_owned()
    };
    assert_eq!(readers(0o644), "ann root");
    assert_eq!(readers(0o640), "root");
    // A log that cannot be unpacked is a gap, and the end is no clean one.
    fs::write(root.join("var/log/claude-code/audit.log.1.gz"), [0x1F, 0x8B, 8, 0, 1, 2, 3]).expect("a file");
    let ended = workpaper(folder.path(), &["search", "horse w", "--root", "root"]);
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert!(ended.out.contains("not read: ") && ended.out.contains("audit.log.1.gz"), "{}", ended.out);
}

#[test]
fn a_search_finds_every_file_that_grep_finds() {
    let Some(folder) = shared::folder() else {
        println!("skipped: the collected files are not here");
        return;
    };
    let corpora = folder.join("corpora").display().to_string();
    for text in
        ["node_modules", "rm -rf", "tool_use_id", "sessionId", "claude", "https://", "no-such-text-anywhere"]
    {
        let scratch = tempfile::tempdir().expect("a folder");
        let mut grep = Command::new("grep");
        grep.args(["-rlF", "--", text, &corpora]);
        let files = run(grep, scratch.path()).out.lines().count();
        let ended = workpaper(scratch.path(), &["search", text, "--logs", &corpora, "--format", "json"]);
        let answer: Value = serde_json::from_str(&ended.out).expect("JSON");
        let found = answer["access"]["rows"].as_array().expect("rows").len();
        // Escaped forms and packed files can only add to what grep finds.
        assert!(found >= files, "{text}: {found} files, grep finds {files}");
        assert_eq!(files == 0, found == 0, "{text}");
    }
}
