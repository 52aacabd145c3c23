//! A log of file changes is written down.

use crate::{
    facts::{Facts, Purpose, records_file_changes},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let written = facts.written_hooks(&["PostToolUse"], Purpose::Logger);
    for (evidence, scripts, missing) in &written {
        let mut text = facts.command_at(evidence).unwrap_or_default().to_owned();
        for script in scripts {
            text.push('\n');
            text.push_str(script.text());
        }
        if !missing && records_file_changes(&text) {
            let message = "a PostToolUse hook that records changed files is written down";
            let scripts = scripts.iter().map(|script| script.evidence());
            return Findings::one(Conclusion::pass("deployment", evidence.clone(), message).citing(scripts));
        }
    }
    let message = "no hook that exists writes a record of changed files";
    let evidence: Vec<_> = written.into_iter().map(|(evidence, ..)| evidence).collect();
    Findings::one(Conclusion::fail(
        "deployment",
        if evidence.is_empty() { facts.looked_at() } else { evidence },
        message,
    ))
}
