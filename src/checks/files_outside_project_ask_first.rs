//! Files of a person and of the system, outside of the project, are neither read nor changed unasked.

use serde_json::{Value, json};

use crate::{
    client::permissions::{Decision, NoFiles, ToolCall, Verdict, decide},
    facts::{Facts, Session},
    model::{Conclusion, Evidence, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(outside), "no user was found to test")
}

/// Calls at files that no project has a reason to touch by itself: the tool, its input, and what it does.
fn calls(home: &str) -> Vec<(&'static str, Value, String)> {
    let read =
        [format!("{home}/Documents/notes.txt"), format!("{home}/.bash_history"), "/etc/hosts".to_owned()];
    let changed =
        [format!("{home}/Documents/notes.txt"), format!("{home}/.bashrc"), "/etc/cron.d/backup".to_owned()];
    let read = read.into_iter().map(|file| ("Read", json!({ "file_path": file }), format!("{file} is read")));
    let changed = changed
        .into_iter()
        .map(|file| ("Write", json!({ "file_path": file, "content": "x" }), format!("{file} is written")));
    read.chain(changed).collect()
}

fn outside(session: &Session<'_>) -> Conclusion {
    let (mut open, mut unknown): (Vec<(String, Decision)>, Vec<String>) = (Vec::new(), Vec::new());
    let calls = calls(&session.effective.environment.home);
    let tested = calls.len();
    for (tool, input, does) in calls {
        let call = ToolCall { tool: tool.to_owned(), input };
        let decision = decide(&session.effective, &call, &NoFiles);
        match decision.decision {
            Verdict::Allow => open.push((does, decision)),
            Verdict::Undetermined => unknown.push(does),
            Verdict::Ask | Verdict::Deny => {}
        }
    }
    if let Some((_, first)) = open.first() {
        let why = first.why.clone();
        let does: Vec<&str> = open.iter().map(|(does, _)| does.as_str()).collect();
        let mut evidence: Vec<Evidence> =
            open.iter().flat_map(|(_, decision)| opener(session, decision)).collect();
        evidence.dedup();
        let message = format!("unasked, {}: {why}", does.join(", "));
        return Conclusion::fail(&*session.subject, evidence, message);
    }
    if !unknown.is_empty() {
        let message = format!("what the client does is not known where {}", unknown.join(" · "));
        return Conclusion::undetermined(&*session.subject, message);
    }
    let mut sources = session.sources().into_iter();
    match sources.next() {
        Some(first) => {
            let message = format!(
                "{tested} calls at files of the home and of the system: each is refused or asked about"
            );
            Conclusion::pass(&*session.subject, first, message).citing(sources)
        }
        None => Conclusion::undetermined(&*session.subject, "nothing was looked at"),
    }
}

/// What opened a call: the rule, else the added working folders, else the mode.
fn opener(session: &Session<'_>, decision: &Decision) -> Vec<Evidence> {
    if let Some(rule) = &decision.by {
        return vec![session.cite_at(&rule.source, &rule.pointer)];
    }
    let keys = ["permissions.additionalDirectories", "permissions.defaultMode"];
    match keys.iter().find_map(|key| session.effective.value(key)) {
        Some(value) => vec![session.cite(&value)],
        None => session.sources(),
    }
}
