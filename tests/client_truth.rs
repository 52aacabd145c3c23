//! Agreement of the model with what the real client was measured to do.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use workpaper::client::hooks::{Answer, Outcome, judge_answer};
use workpaper::client::simulate::Simulator;

fn lines(name: &str) -> Option<Vec<String>> {
    let Some(folder) = crate::shared::folder() else {
        eprintln!("skipped: no measured data beside the repository");
        return None;
    };
    let text = std::fs::read_to_string(folder.join("client-truth").join(name))
        .expect("the measured data can be read");
    Some(text.lines().map(str::to_owned).collect())
}

/// Answers every line and holds the agreement to the limits: 99 % equal, no false deny, at most 2 % undetermined.
fn agreement(name: &str) {
    let Some(lines) = lines(name) else { return };
    let mut simulator = Simulator::default();
    let mut table: BTreeMap<(String, String), u32> = BTreeMap::new();
    let (mut total, mut equal, mut undetermined, mut false_denies) = (0u32, 0u32, 0u32, 0u32);
    let mut unexplained = 0u32;
    let mut disagreements = String::new();
    for line in &lines {
        let truth: Value = serde_json::from_str(line).expect("measured lines are JSON");
        if truth["by"] == "hook" {
            continue;
        }
        let answer = simulator.answer(line).expect("measured lines can be answered");
        let (real, ours) =
            (truth["decision"].as_str().unwrap_or_default(), answer["decision"].as_str().unwrap_or_default());
        *table.entry((real.to_owned(), ours.to_owned())).or_default() += 1;
        total += 1;
        equal += u32::from(real == ours);
        undetermined += u32::from(ours == "undetermined");
        false_denies += u32::from(ours == "deny" && real == "allow");
        if real != ours {
            unexplained += u32::from(answer["hooks_not_run"].as_u64().unwrap_or(0) == 0);
            let reason = if answer["hooks_not_run"].as_u64().unwrap_or(0) > 0 {
                "a hook that was not run decided; "
            } else {
                ""
            };
            let _ = writeln!(
                disagreements,
                "  {} {} {}: client {real}, model {ours}: {reason}{}",
                truth["name"], truth["tool"], truth["input"], answer["why"]
            );
        }
    }
    println!(
        "{name}: {equal} of {total} equal, {undetermined} undetermined, {false_denies} denied against an allow"
    );
    for ((real, ours), count) in &table {
        println!("  client {real:<6} model {ours:<13} {count:>5}");
    }
    print!("{disagreements}");
    assert!(total > 0, "no line was compared");
    assert_eq!(false_denies, 0, "the model denies what the client allowed\n{disagreements}");
    // Where a hook was not run, its decision is missing on purpose; nothing else may differ.
    assert_eq!(unexplained, 0, "disagreements without a reason\n{disagreements}");
    assert!(equal * 100 >= total * 99, "{equal} of {total} is less than 99 %\n{disagreements}");
    assert!(undetermined * 100 <= total * 2, "{undetermined} of {total} undetermined\n{disagreements}");
}

#[test]
fn permissions_agree() {
    agreement("permissions.jsonl");
}

#[test]
fn real_settings_agree() {
    agreement("real-settings.jsonl");
}

#[test]
fn hook_answers_agree() {
    let Some(lines) = lines("hook-contract.jsonl") else { return };
    let mut compared = 0;
    for line in &lines {
        let truth: Value = serde_json::from_str(line).expect("measured lines are JSON");
        let outcome = judge_answer(&Answer {
            event: truth["event"].as_str().expect("an event"),
            exit: truth["exit"].as_i64().and_then(|c| i32::try_from(c).ok()),
            stdout: truth["stdout"].as_str().unwrap_or_default(),
            stderr: truth["stderr"].as_str().unwrap_or_default(),
            timed_out: truth["timed_out"] == true,
            on_failure_block: false,
            client: truth["client"].as_str().expect("a version").parse().expect("a version"),
        });
        // Without a deciding hook these calls were allowed.
        let ours = match &outcome {
            Outcome::Deny { .. } => "deny",
            Outcome::Ask { .. } => "ask",
            Outcome::Allow { .. } | Outcome::NoDecision { .. } => "allow",
        };
        assert_eq!(truth["outcome"], ours, "{}: {outcome:?}", truth["name"]);
        compared += 1;
    }
    assert!(compared > 0, "no line was compared");
}
