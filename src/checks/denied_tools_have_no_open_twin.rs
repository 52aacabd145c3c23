//! No tool that the rules deny whole leaves another one open that does the same.

use serde_json::{Value, json};

use crate::{
    client::permissions::{NoFiles, ToolCall, Verdict, decide, rule::RuleKind},
    facts::{Facts, Session},
    model::{Conclusion, Evidence, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(closed), "no user was found to test")
}

/// Calls of other tools that do what a denied tool does, and what they do.
fn twins(tool: &str, start: &str) -> Vec<(&'static str, Value, &'static str)> {
    let new = format!("{start}/new.txt");
    match tool {
        "Write" => vec![(
            "Edit",
            json!({"file_path": new, "old_string": "", "new_string": "x"}),
            "Edit with an empty old_string creates files",
        )],
        "Edit" => vec![("Write", json!({"file_path": new, "content": "x"}), "Write replaces files whole")],
        "WebFetch" => {
            vec![("Bash", json!({"command": "curl https://example.com/"}), "curl fetches the same addresses")]
        }
        "Read" => vec![
            (
                "Grep",
                json!({"pattern": ".", "path": start, "output_mode": "content"}),
                "Grep prints the lines of files",
            ),
            ("Bash", json!({"command": "cat notes.txt"}), "cat prints files"),
        ],
        _ => Vec::new(),
    }
}

fn closed(session: &Session<'_>) -> Conclusion {
    let start = &session.effective.environment.start_dir;
    let (mut tested, mut open, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for rule in &session.effective.rules().deny {
        if !matches!(rule.parsed.kind, RuleKind::Tool) {
            continue;
        }
        let place = session.cite_at(&rule.at.source, &rule.at.pointer);
        for (tool, input, does) in twins(&rule.at.rule, start) {
            tested.push(place.clone());
            let call = ToolCall { tool: tool.to_owned(), input };
            match decide(&session.effective, &call, &NoFiles).decision {
                Verdict::Allow => open.push((
                    format!("{} is denied, and {tool} runs unasked: {does}", rule.at.rule),
                    place.clone(),
                )),
                Verdict::Undetermined => unknown.push(format!("{} beside {tool}", rule.at.rule)),
                Verdict::Ask | Verdict::Deny => {}
            }
        }
    }
    if !open.is_empty() {
        let (said, cited): (Vec<String>, Vec<Evidence>) = open.into_iter().unzip();
        return Conclusion::fail(&*session.subject, cited, said.join("; "));
    }
    if !unknown.is_empty() {
        let message = format!("what the client does is not known for {}", unknown.join(" · "));
        return Conclusion::undetermined(&*session.subject, message);
    }
    let mut tested = tested.into_iter();
    match tested.next() {
        Some(first) => {
            let message = "what each denied tool does, no other tool does unasked";
            Conclusion::pass(&*session.subject, first, message).citing(tested)
        }
        None => Conclusion::not_applicable(
            &*session.subject,
            "no rule denies a tool that another one could replace",
        ),
    }
}
