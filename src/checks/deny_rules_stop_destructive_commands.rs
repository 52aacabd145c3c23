//! The rules in force deny every destructive command of the battery.

use serde_json::json;

use crate::{
    client::permissions::{NoFiles, ToolCall, Verdict, decide},
    facts::{Facts, Session},
    model::{Conclusion, Evidence, Findings, Judgement},
};

/// The spellings that a deny list must stop. A list that stops one spelling of a command and not the next one stops
/// nothing.
const BATTERY: [&str; 13] = [
    "rm -rf x",
    "rm -fr x",
    "rm -r -f x",
    "rm x",
    "cd a && rm -rf b",
    "FOO=1 rm -rf x",
    "timeout 5 rm -rf x",
    "mkfs -t ext4 /dev/sdb",
    "mkfs.ext4 /dev/sdb1",
    "dd if=/dev/zero of=/dev/sda",
    "chmod 777 f",
    "chmod -R 777 .",
    "chmod 0777 f",
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(stopped), "no user was found to test")
}

fn stopped(session: &Session<'_>) -> Conclusion {
    let mut open = Vec::new();
    let mut unknown = Vec::new();
    let mut rules: Vec<Evidence> = Vec::new();
    for command in BATTERY {
        let call = ToolCall { tool: "Bash".to_owned(), input: json!({ "command": command }) };
        let decision = decide(&session.effective, &call, &NoFiles);
        match decision.decision {
            Verdict::Deny => rules.extend(decision.by.map(|by| session.cite_at(&by.source, &by.pointer))),
            Verdict::Undetermined => unknown.push(command),
            Verdict::Allow | Verdict::Ask => open.push(command),
        }
    }
    rules.sort();
    rules.dedup();
    let tested = BATTERY.len();
    if !open.is_empty() {
        let evidence = if rules.is_empty() { session.sources() } else { rules };
        let message = format!("no rule denies {} of {tested} spellings: {}", open.len(), open.join(" · "));
        return Conclusion::fail(&*session.subject, evidence, message);
    }
    match rules.first().cloned() {
        Some(first) if unknown.is_empty() => {
            let message = format!("rules deny {tested} of {tested} destructive spellings");
            Conclusion::pass(&*session.subject, first, message).citing(rules.into_iter().skip(1))
        }
        _ if unknown.is_empty() => {
            let message = format!("the mode denies {tested} of {tested} destructive spellings; no rule does");
            Conclusion::fail(&*session.subject, session.sources(), message)
        }
        _ => {
            let message = format!("what the client does is not known for {}", unknown.join(" · "));
            Conclusion::undetermined(&*session.subject, message)
        }
    }
}
