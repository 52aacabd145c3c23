//! Every tool that edits files is recorded in the file-change log.

use crate::{
    client::{hooks::matches, settings::Scope},
    facts::{Facts, Purpose, RegisteredHook, Session, records_file_changes, unsent_fields},
    model::{Conclusion, Findings, Judgement},
};

const EDITING: [&str; 3] = ["Edit", "Write", "NotebookEdit"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| recorded(facts, session)), "no user was found to test")
}

fn recorded(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let hooks: Vec<_> = facts
        .hooks_in_force(session, Purpose::Logger)
        .into_iter()
        .filter(|hook| hook.hook.event == "PostToolUse" && records_file_changes(&hook.text()))
        .collect();
    if hooks.is_empty() {
        return facts.no_guard_at(
            session,
            "PostToolUse",
            "no hook that the client runs records changed files",
        );
    }
    let managed: Vec<_> = hooks.iter().filter(|hook| hook.hook.scope == Scope::Managed).collect();
    if managed.is_empty() {
        let evidence = hooks.iter().map(|hook| hook.evidence.clone()).collect();
        let message = "the hook that records changed files is not in managed settings: whoever it records can remove it";
        return Conclusion::fail(&*session.subject, evidence, message);
    }
    let denied = session.effective.list("permissions.deny");
    let used = EDITING
        .iter()
        .filter(|tool| !denied.iter().any(|rule| rule.scope == Scope::Managed && rule.value == **tool));
    let mut faults = Vec::new();
    for tool in used {
        let mut why = None;
        let served = managed.iter().any(|hook| match fault(session, hook, tool) {
            None => true,
            Some(fault) => {
                why = Some(fault);
                false
            }
        });
        if let (false, Some(fault)) = (served, why)
            && !faults.contains(&fault)
        {
            faults.push(fault);
        }
    }
    if !faults.is_empty() {
        let evidence = managed.iter().map(|hook| hook.evidence.clone()).collect();
        return Conclusion::fail(&*session.subject, evidence, faults.join("; "));
    }
    if let Some(conclusion) = facts.file_changes_probed(session, &managed, &EDITING) {
        return conclusion;
    }
    let message = format!(
        "nothing is wrong with the file-change hook on paper; {}, and only running it shows its records",
        facts.not_run()
    );
    Conclusion::undetermined(&*session.subject, message)
}

/// What the registration and the script's text alone prove to be missing for one tool.
fn fault(session: &Session<'_>, hook: &RegisteredHook<'_>, tool: &str) -> Option<String> {
    let matcher = hook.hook.matcher.as_deref().unwrap_or_default();
    if matches(matcher, tool, session.effective.environment.client) == Some(false) {
        return Some(format!("the hook matches `{matcher}`, not {tool}"));
    }
    if let Some(why) = hook.cannot_run() {
        return Some(why);
    }
    let text = hook.text();
    if let Some(why) = unsent_fields(&text) {
        return Some(why);
    }
    let picks = |name: &str| {
        ["\"", "'", "|", "(", " "].iter().any(|before| text.contains(&format!("{before}{name}")))
    };
    if tool == "NotebookEdit" && picks("Write") && picks("Edit") && !text.contains("NotebookEdit") {
        return Some("the script picks Edit and Write and leaves out NotebookEdit".to_owned());
    }
    let whole = text.contains(".tool_input)")
        || text.contains(".tool_input |")
        || text.contains("tool_input}")
        || text.contains(".tool_input,");
    if tool == "NotebookEdit" && text.contains("file_path") && !text.contains("notebook_path") && !whole {
        return Some("the script reads file_path alone; NotebookEdit sends notebook_path".to_owned());
    }
    None
}
