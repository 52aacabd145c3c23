//! No tool call of the period reached a credential file.

use crate::{
    facts::{Facts, Records},
    model::{CallEnd, Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions: Vec<Conclusion> = facts.records().iter().filter_map(reached).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no file or shell call of the period is recorded"));
    }
    Findings::of(conclusions, "no file or shell call of the period is recorded")
}

fn reached(records: &Records<'_>) -> Option<Conclusion> {
    let (activity, calls) = (records.activity(), &records.seen.calls);
    let tools = ["Read", "Edit", "Write", "NotebookEdit", "Bash", "PowerShell"];
    let all = calls.file + calls.shell;
    if all == 0 && tools.iter().all(|tool| activity.tools.get(tool) == 0) {
        return None;
    }
    let subject = &*records.subject;
    let ended = &calls.credential;
    if ended.succeeded > 0 {
        let named =
            |place: &crate::model::CallPlace| matches!(place.class.as_str(), "environment_file" | "key_file");
        let message = format!(
            "{} of {all} file and shell calls named a credential file and succeeded ({} more were stopped)",
            ended.succeeded, ended.stopped
        );
        return Some(Conclusion::fail(subject, records.calls(named, CallEnd::Succeeded), message));
    }
    let unknown = |why: String| Some(Conclusion::undetermined(subject, why));
    if let Some(gap) = records.blind {
        return unknown(format!("not every record could be read: {}", gap.sentence()));
    }
    if ended.unknown > 0 {
        return unknown(format!(
            "{} calls named a credential file, and no record says what became of them",
            ended.unknown
        ));
    }
    if all == 0 && calls.not_joined == 0 {
        return unknown(
            "the records name the tools, and no call could be joined with its outcome".to_owned(),
        );
    }
    if calls.not_joined > 0 {
        return unknown(format!(
            "{} of the records are no JSON record as written, so the files of their calls are not known",
            calls.not_joined
        ));
    }
    let without = all - calls.file_with_path - calls.shell_with_command;
    if without > 0 {
        return unknown(format!(
            "{without} of {all} file and shell calls are recorded without the file or the command"
        ));
    }
    let message = format!(
        "0 of {all} file and shell calls reached a credential file; {} attempts were stopped",
        ended.stopped
    );
    Some(Conclusion::pass(subject, records.evidence.clone(), message))
}
