//! Each incident of the period stands in the register with its time, person, decision and closure.

use serde_json::{Deserializer, Map, Value};

use crate::{
    facts::{Facts, File},
    model::{Conclusion, Findings, Judgement, Role},
};

/// What a row must say, and the names that writers use for it.
const NEEDED: &[(&str, &[&str])] = &[
    ("an id", &["incident_id", "id"]),
    ("when it was found", &["discovered_at", "detected_at", "discovered", "timestamp", "time"]),
    ("who is responsible", &["owner", "handled_by", "responsible", "user", "reported_by"]),
    ("what was decided", &["decision", "resolution", "actions_taken", "actions", "outcome"]),
    ("when it was closed", &["closed_at", "closed", "resolved_at"]),
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let registers =
        facts.files_as(|role| *role == Role::Incident).filter(|file| file.source.ends_with(".log"));
    let conclusions: Vec<Conclusion> =
        registers.filter(|file| file.seen.text.is_some()).map(|file| complete(facts, file)).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no register of incidents was read"));
    }
    Findings::of(conclusions, "no register of incidents was read")
}

fn complete(facts: &Facts<'_>, file: &File<'_>) -> Conclusion {
    let (mut rows, mut faults) = (0u64, Vec::new());
    for record in Deserializer::from_str(file.text()).into_iter::<Map<String, Value>>() {
        let Ok(record) = record else {
            faults.push(format!("what follows record {rows} is no JSON object"));
            break;
        };
        let at =
            NEEDED[1].1.iter().find_map(|key| record.get(*key)?.as_str()?.parse::<jiff::Timestamp>().ok());
        if at.is_some_and(|at| !facts.period().contains(at)) {
            continue;
        }
        rows += 1;
        let lacks: Vec<&str> = NEEDED
            .iter()
            .filter(|(_, keys)| !keys.iter().any(|key| says(record.get(*key))))
            .map(|(what, _)| *what)
            .collect();
        if !lacks.is_empty() {
            faults.push(format!("record {rows} of the period does not say {}", lacks.join(", ")));
        }
    }
    if !faults.is_empty() {
        let more = faults.len().saturating_sub(4);
        faults.truncate(4);
        if more > 0 {
            faults.push(format!("and {more} more"));
        }
        return Conclusion::fail(file.source, vec![file.evidence()], faults.join("; "));
    }
    if rows == 0 {
        let message =
            "the register holds no incident of the period; that none happened only a person can state";
        return Conclusion::undetermined(file.source, message);
    }
    let message = format!(
        "{rows} of {rows} incidents of the period say when, who, what was decided and when it was closed"
    );
    Conclusion::pass(file.source, file.evidence(), message)
}

fn says(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !matches!(text.trim(), "" | "unknown" | "TBD" | "null"),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(_) => true,
    }
}
