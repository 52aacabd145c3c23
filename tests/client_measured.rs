//! Agreement of the model with measurements of client 2.1.197 that are kept here: other commands, tools, paths, faults,
//! launches and real settings files. How they were measured: `tests/measured/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workpaper::client::simulate::Simulator;

use crate::shared;

/// Calls under one configuration: by tool and by the client's decision, the main field or the whole input of each.
#[derive(Deserialize)]
struct Row {
    settings: Map<String, Value>,
    calls: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
}

/// How far the model agrees with one file of measurements.
#[derive(Default)]
struct Agreement {
    total: u32,
    equal: u32,
    undetermined: u32,
    false_denies: Vec<String>,
    others: Vec<String>,
}

fn main_field(tool: &str) -> &'static str {
    match tool {
        "Bash" => "command",
        "WebFetch" => "url",
        "WebSearch" => "query",
        "NotebookEdit" => "notebook_path",
        "Skill" => "skill",
        "Agent" | "Task" => "subagent_type",
        _ => "file_path",
    }
}

fn request(settings: &Map<String, Value>, tool: &str, call: &Value) -> Value {
    let input = if call.is_object() { call.clone() } else { json!({main_field(tool): call}) };
    let mut request =
        json!({"client": "2.1.197", "home": "/c/home", "cwd": "/c/proj", "tool": tool, "input": input});
    if let Some(request) = request.as_object_mut() {
        request.extend(settings.clone());
    }
    request
}

/// Puts the texts of real settings files in the place of their names; `None` where they are not here.
fn with_texts(mut settings: Map<String, Value>) -> Option<Map<String, Value>> {
    for scope in ["managed", "user", "project", "local"] {
        let Some(name) = settings.get(scope).and_then(|s| s.get("corpus")).and_then(Value::as_str) else {
            continue;
        };
        let bytes = std::fs::read(shared::folder()?.join("corpora").join(name)).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        settings.insert(scope.to_owned(), Value::String(text));
    }
    Some(settings)
}

fn compare(measured: &str) -> Agreement {
    let mut out = Agreement::default();
    let mut simulator = Simulator::default();
    for line in measured.lines() {
        let row: Row = serde_json::from_str(line).expect("kept measurements are JSON");
        let Some(settings) = with_texts(row.settings) else { continue };
        for (tool, by_decision) in &row.calls {
            for (real, call) in by_decision.iter().flat_map(|(d, calls)| calls.iter().map(move |c| (d, c))) {
                let answer =
                    simulator.answer(&request(&settings, tool, call).to_string()).expect("an answer");
                let ours = answer["decision"].as_str().unwrap_or_default();
                out.total += 1;
                out.equal += u32::from(ours == real);
                out.undetermined += u32::from(ours == "undetermined");
                if ours == real {
                    continue;
                }
                let shown: String = Value::Object(settings.clone()).to_string().chars().take(300).collect();
                let line = format!("{tool} {call}: client {real}, model {ours} ({}); {shown}", answer["why"]);
                if ours == "deny" && real == "allow" { &mut out.false_denies } else { &mut out.others }
                    .push(line);
            }
        }
    }
    out
}

/// At least 99 % agree, at most 2 % are undetermined, and nothing is denied that the client allowed.
fn holds(name: &str, measured: &str, least: u32) {
    holds_within(name, measured, least, 1, 2);
}

/// The same where more is known to be unknowable: percentages of disagreements and of undetermined calls.
fn holds_within(name: &str, measured: &str, least: u32, apart: u32, unknown: u32) {
    let found = compare(measured);
    let Agreement { total, equal, undetermined, false_denies, others } = found;
    println!("{name}: {equal} of {total} equal, {undetermined} undetermined\n{}", others.join("\n"));
    assert!(total >= least, "{name}: only {total} calls were compared");
    assert!(
        false_denies.is_empty(),
        "{name}: the model denies what the client allowed\n{}",
        false_denies.join("\n")
    );
    assert!(
        (total - equal) * 100 <= total * apart,
        "{name}: only {equal} of {total} agree\n{}",
        others.join("\n")
    );
    assert!(undetermined * 100 <= total * unknown, "{name}: {undetermined} of {total} undetermined");
}

#[test]
fn kept_measurements_agree() {
    holds("calls", include_str!("measured/calls.jsonl"), 4_000);
}

#[test]
fn read_only_commands_and_their_options_agree() {
    holds("read-only", include_str!("measured/read-only.jsonl"), 3_000);
}

#[test]
fn shell_forms_agree() {
    holds("shell", include_str!("measured/shell.jsonl"), 1_000);
}

#[test]
fn tools_paths_and_modes_agree() {
    // Skills without a rule go by what the skill itself asks for.
    holds_within("tools", include_str!("measured/tools.jsonl"), 1_000, 4, 3);
}

#[test]
fn faults_of_settings_files_agree() {
    holds("faults", include_str!("measured/faults.jsonl"), 500);
}

#[test]
fn launches_agree() {
    holds("launches", include_str!("measured/launch.jsonl"), 800);
}

#[test]
fn real_settings_files_agree() {
    if shared::folder().is_none() {
        println!("skipped: the real settings files are not beside the repository");
        return;
    }
    // One of the files asks for `auto` mode, where a classifier decides.
    holds_within("settings files", include_str!("measured/settings-files.jsonl"), 700, 2, 2);
}
