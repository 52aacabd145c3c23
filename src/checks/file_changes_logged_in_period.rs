//! The log of file changes names time, person and path of each change of the period.

use crate::{
    facts::{Facts, Records},
    model::{Conclusion, Findings, Judgement, LogKind},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let records = facts.records();
    let logs = records.iter().filter(|records| records.seen.kind == LogKind::FileChanges);
    let conclusions: Vec<Conclusion> = logs.filter_map(logged).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no log of file changes was read"));
    }
    Findings::of(conclusions, "no log of file changes was read")
}

fn logged(records: &Records<'_>) -> Option<Conclusion> {
    let (changes, counts) = (&records.activity().file_changes, &records.seen.summary.records);
    if counts.there == 0 {
        return None;
    }
    let mut faults = Vec::new();
    let broken = counts.refused + counts.repaired;
    if broken > 0 {
        faults.push(format!("{broken} of {} records do not parse as written", counts.there));
    }
    let extra = counts.lines.saturating_sub(counts.there + counts.foreign_lines);
    if extra > 0 {
        faults.push(format!("{} records take {} lines", counts.there, counts.there + extra));
    }
    let nobody: u64 = ["unknown", "", "null", "none", "-"].iter().map(|name| changes.by_user.get(name)).sum();
    let nobody = nobody + changes.count.saturating_sub(changes.by_user.total());
    if nobody > 0 {
        faults.push(format!("{nobody} of {} changes name no person", changes.count));
    }
    if changes.without_path > 0 {
        faults.push(format!("{} of {} changes name no file", changes.without_path, changes.count));
    }
    if counts.undated > 0 {
        faults.push(format!("{} records have no readable time", counts.undated));
    }
    let subject = &*records.subject;
    if !faults.is_empty() {
        return Some(Conclusion::fail(subject, vec![records.evidence.clone()], faults.join("; ")));
    }
    if let Some(gap) = records.blind {
        return Some(Conclusion::undetermined(
            subject,
            format!("not every record could be read: {}", gap.sentence()),
        ));
    }
    if changes.count == 0 {
        return Some(Conclusion::undetermined(subject, "no change of the period is recorded"));
    }
    let message = format!("{} of {} changes name time, person and file", changes.count, changes.count);
    Some(Conclusion::pass(subject, records.evidence.clone(), message))
}
