//! Each user's effective rules are those of the assigned profile.

use serde_json::json;

use crate::{
    client::permissions::{NoFiles, ToolCall, Verdict, decide},
    facts::{Facts, Session},
    model::{Conclusion, Evidence, Findings, Judgement},
    policy::Profile,
};

/// What the Developer profile forbids: the tool and its main input.
const DEVELOPER: [(&str, &str); 7] = [
    ("Write", "notes.txt"),
    ("WebFetch", "https://example.com/"),
    ("WebSearch", "weather"),
    ("Bash", "rm -rf build"),
    ("Bash", "rm -r build"),
    ("Bash", "sudo id"),
    ("Bash", "chmod 777 run.sh"),
];

/// What the Code Reviewer profile forbids.
const REVIEWER: [(&str, &str); 5] = [
    ("Write", "notes.txt"),
    ("Edit", "notes.txt"),
    ("Bash", "git commit -m x"),
    ("Bash", "git push origin main"),
    ("Bash", "git rebase main"),
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| conforms(facts, session)), "no user was found to test")
}

fn conforms(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let person = session.user.and_then(|user| {
        facts.policy().roster.iter().find(|person| person.host_user.as_deref() == Some(&user.name))
    });
    let forbidden: &[(&str, &str)] = match person.and_then(|person| person.profile) {
        None => {
            let message = "the policy's roster assigns this user no profile";
            return Conclusion::undetermined(&*session.subject, message);
        }
        Some(Profile::Administrator) => {
            let message =
                "the Administrator profile forbids no tool; who may have it is for the access review";
            return Conclusion::not_applicable(&*session.subject, message);
        }
        Some(Profile::Developer) => &DEVELOPER,
        Some(Profile::Reviewer) => &REVIEWER,
    };
    let (mut open, mut unknown, mut rules): (Vec<String>, Vec<String>, Vec<Evidence>) = Default::default();
    for (tool, input) in forbidden {
        let shown = if *tool == "Bash" { format!("Bash({input})") } else { (*tool).to_owned() };
        let decision = decide(&session.effective, &call(session, tool, input), &NoFiles);
        match (decision.decision, decision.by) {
            // The mode can be changed in the session; only a rule is the profile's.
            (Verdict::Deny, Some(by)) if by.pointer.contains("/deny") => {
                rules.push(session.cite_at(&by.source, &by.pointer))
            }
            (Verdict::Undetermined, _) => unknown.push(shown),
            _ => open.push(shown),
        }
    }
    rules.sort();
    rules.dedup();
    let tested = forbidden.len();
    if !open.is_empty() {
        let evidence = if rules.is_empty() { session.sources() } else { rules };
        let message = format!(
            "no rule denies {} of {tested} calls that the profile forbids: {}",
            open.len(),
            open.join(" · ")
        );
        return Conclusion::fail(&*session.subject, evidence, message);
    }
    match rules.first().cloned() {
        Some(first) if unknown.is_empty() => {
            let message = format!("rules deny {tested} of {tested} calls that the profile forbids");
            Conclusion::pass(&*session.subject, first, message).citing(rules.into_iter().skip(1))
        }
        _ => {
            let message = format!("what the client does is not known for {}", unknown.join(" · "));
            Conclusion::undetermined(&*session.subject, message)
        }
    }
}

fn call(session: &Session<'_>, tool: &str, input: &str) -> ToolCall {
    let path = format!("{}/{input}", session.effective.environment.start_dir);
    let input = match tool {
        "Bash" => json!({ "command": input }),
        "WebFetch" => json!({ "url": input, "prompt": "x" }),
        "WebSearch" => json!({ "query": input }),
        "Edit" => json!({ "file_path": path, "old_string": "a", "new_string": "b" }),
        _ => json!({ "file_path": path, "content": "x" }),
    };
    ToolCall { tool: tool.to_owned(), input }
}
