//! No command that destroys data or opens permissions succeeded in the period.

use crate::{
    facts::{Facts, Records},
    model::{CallEnd, CallPlace, Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions: Vec<Conclusion> = facts.records().iter().filter_map(destructive).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no shell call of the period is recorded"));
    }
    Findings::of(conclusions, "no shell call of the period is recorded")
}

fn destructive(records: &Records<'_>) -> Option<Conclusion> {
    let (activity, calls) = (records.activity(), &records.seen.calls);
    let recorded = activity.tools.get("Bash") + activity.tools.get("PowerShell");
    if recorded == 0 && calls.shell == 0 {
        return None;
    }
    let subject = &*records.subject;
    let ended = &calls.destructive;
    if ended.succeeded > 0 {
        let evidence = records.calls(is_command, CallEnd::Succeeded);
        let message = format!(
            "{} of {} shell calls destroyed data or opened permissions and succeeded ({} more were stopped)",
            ended.succeeded, calls.shell, ended.stopped
        );
        return Some(Conclusion::fail(subject, evidence, message));
    }
    let unknown = |why: String| Some(Conclusion::undetermined(subject, why));
    if let Some(gap) = records.blind {
        return unknown(format!("not every record could be read: {}", gap.sentence()));
    }
    if ended.unknown > 0 {
        return unknown(format!(
            "{} destructive commands are recorded without what became of them",
            ended.unknown
        ));
    }
    if calls.shell == 0 && calls.not_joined == 0 {
        return unknown(
            "the records name the tools, and no call could be joined with its outcome".to_owned(),
        );
    }
    if calls.not_joined > 0 {
        let dangerous: u64 = activity.dangerous.values().sum();
        return unknown(format!(
            "{} of the records are no JSON record as written, so calls and their outcome could not be joined; {dangerous} dangerous commands stand in them or beside them",
            calls.not_joined
        ));
    }
    if calls.shell_with_command < calls.shell {
        return unknown(format!(
            "{} of {} shell calls are recorded without their command",
            calls.shell - calls.shell_with_command,
            calls.shell
        ));
    }
    let message = format!(
        "0 of {} shell calls destroyed data or opened permissions; {} attempts were stopped",
        calls.shell, ended.stopped
    );
    Some(Conclusion::pass(subject, records.evidence.clone(), message))
}

fn is_command(place: &CallPlace) -> bool {
    !matches!(place.class.as_str(), "environment_file" | "key_file")
}
