//! Agreement of the model with measurements of client 2.1.197 that are kept here: other commands, wrappers, paths and faults.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workpaper::client::simulate::Simulator;

const MEASURED: &str = include_str!("measured/calls.jsonl");

/// Calls under one configuration: by tool and by the client's decision, the main field of each.
#[derive(Deserialize)]
struct Row {
    settings: Map<String, Value>,
    calls: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

fn request(row: &Row, tool: &str, main: &str) -> Value {
    let field = if tool == "Bash" { "command" } else { "file_path" };
    let mut request = row.settings.clone();
    request.extend(
        json!({"client": "2.1.197", "home": "/c/home", "cwd": "/c/proj", "tool": tool, "input": {field: main}})
            .as_object()
            .cloned()
            .unwrap_or_default(),
    );
    Value::Object(request)
}

#[test]
fn kept_measurements_agree() {
    let mut simulator = Simulator::default();
    let (mut total, mut equal, mut undetermined) = (0u32, 0u32, 0u32);
    let (mut false_denies, mut others) = (Vec::new(), Vec::new());
    for line in MEASURED.lines() {
        let row: Row = serde_json::from_str(line).expect("kept measurements are JSON");
        for (tool, by_decision) in &row.calls {
            for (real, main) in by_decision.iter().flat_map(|(d, calls)| calls.iter().map(move |c| (d, c))) {
                let answer = simulator.answer(&request(&row, tool, main).to_string()).expect("an answer");
                let ours = answer["decision"].as_str().unwrap_or_default();
                total += 1;
                equal += u32::from(ours == real);
                undetermined += u32::from(ours == "undetermined");
                let shown = || {
                    format!(
                        "{tool} {main:?}: client {real}, model {ours}; {}",
                        Value::Object(row.settings.clone())
                    )
                };
                if ours == "deny" && real == "allow" {
                    false_denies.push(shown());
                } else if ours != real {
                    others.push(shown());
                }
            }
        }
    }
    println!("{equal} of {total} equal, {undetermined} undetermined\n{}", others.join("\n"));
    assert!(total > 4_000, "only {total} calls were compared");
    assert!(false_denies.is_empty(), "the model denies what the client allowed\n{}", false_denies.join("\n"));
    assert!(equal * 100 >= total * 99, "{equal} of {total} is less than 99 %\n{}", others.join("\n"));
    assert!(undetermined * 100 <= total * 2, "{undetermined} of {total} undetermined");
}
