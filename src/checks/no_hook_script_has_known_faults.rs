//! No hook script holds a fault that keeps it from doing what it is there for.

use std::collections::BTreeSet;

use crate::{
    client::hooks::script_faults,
    facts::{Facts, File, is_shell},
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions = Vec::new();
    for script in facts.files() {
        let Role::Script { named_by } = &script.seen.role else { continue };
        let events: BTreeSet<&str> = named_by.iter().filter_map(|by| event(by)).collect();
        if !events.is_empty() {
            conclusions.push(sound(script, &events));
        }
    }
    conclusions.extend(facts.unseen_as(|role| matches!(role, Role::Script { .. })));
    if conclusions.is_empty() {
        return Findings::one(Conclusion::not_applicable(
            "deployment",
            "no hook names a script that was found",
        ));
    }
    Findings::of(conclusions, "no script")
}

/// The event of a hook's place: `SOURCE#/hooks/PreToolUse/0/hooks/0`.
fn event(by: &str) -> Option<&str> {
    by.split_once("/hooks/")?.1.split('/').next()
}

fn sound(script: &File<'_>, events: &BTreeSet<&str>) -> Conclusion {
    if !is_shell(script.text()) {
        let message =
            "it is no shell script, or could not be read: what it does is shown by running it alone";
        return Conclusion::not_applicable(script.source, message);
    }
    let faults = script_faults::find(script.text(), events);
    if faults.is_empty() {
        let message = "its text shows none of the known faults; what it does is shown by running it";
        return Conclusion::pass(script.source, script.evidence(), message);
    }
    let said: Vec<String> =
        faults.iter().map(|(line, fault)| format!("line {line}: {}", fault.what)).collect();
    let fixes: Vec<String> =
        faults.iter().map(|(line, fault)| format!("line {line}: {}", fault.instead)).collect();
    let evidence = faults.iter().map(|(line, _)| script.line(line)).collect();
    Conclusion::fail(script.source, evidence, said.join("; ")).fix(fixes.join("\n"))
}
