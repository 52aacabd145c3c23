//! Read rules deny .env, .pem and .key files wherever they lie.

use serde_json::json;

use crate::{
    client::permissions::{NoFiles, ToolCall, Verdict, decide},
    facts::{Facts, Session},
    model::{Conclusion, Evidence, Findings, Judgement},
};

const NAMES: [&str; 3] = [".env", "server.pem", "server.key"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(denied), "no user was found to test")
}

fn denied(session: &Session<'_>) -> Conclusion {
    let place = &session.effective.environment;
    // Where the session starts, below it, in the home, and anywhere else on the disk.
    let folders = [
        place.start_dir.clone(),
        format!("{}/config/app", place.start_dir),
        place.home.clone(),
        "/srv/app".to_owned(),
    ];
    let mut open = Vec::new();
    let mut unknown = 0;
    let mut rules: Vec<Evidence> = Vec::new();
    let mut tested = 0;
    for name in NAMES {
        for folder in &folders {
            tested += 1;
            let path = format!("{folder}/{name}");
            let call = ToolCall { tool: "Read".to_owned(), input: json!({ "file_path": path }) };
            let decision = decide(&session.effective, &call, &NoFiles);
            match decision.decision {
                Verdict::Deny => rules.extend(decision.by.map(|by| session.cite_at(&by.source, &by.pointer))),
                Verdict::Undetermined => unknown += 1,
                Verdict::Allow | Verdict::Ask => open.push(path),
            }
        }
    }
    rules.sort();
    rules.dedup();
    if !open.is_empty() {
        let evidence = if rules.is_empty() { session.sources() } else { rules };
        let message =
            format!("no rule denies reading {} of {tested} paths: {}", open.len(), open.join(" · "));
        return Conclusion::fail(&*session.subject, evidence, message);
    }
    if unknown > 0 {
        let message = format!("what the client does is not known for {unknown} of {tested} paths");
        return Conclusion::undetermined(&*session.subject, message);
    }
    match rules.first().cloned() {
        Some(first) => {
            let message = format!("rules deny reading {tested} of {tested} paths");
            Conclusion::pass(&*session.subject, first, message).citing(rules.into_iter().skip(1))
        }
        None => {
            let message = "the mode denies the reads; no rule does";
            Conclusion::fail(&*session.subject, session.sources(), message)
        }
    }
}
