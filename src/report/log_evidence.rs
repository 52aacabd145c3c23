//! The section and the tables about logs: how records agree, how long they are kept, what conflicts, what is lost next.

use super::seen::host_id;
use super::tables::table;
use super::wording::UNKNOWN;
use super::{Report, Table, logs};
use crate::model::{
    Assessment, Bound, Comparison, ConflictRow, LogEvidence, Pair, RetentionRow, Snapshot, Tie,
};

/// Everything about logs that a reader sees in one place.
#[derive(Clone, Debug, Default)]
pub struct LogSection {
    /// Days of the period: month by month, one mark a day.
    pub calendar: Vec<Month>,
    pub comparisons: Vec<Comparison>,
    /// How the comparison was made, so that the lists can be relied on: field and content.
    pub sheet: Vec<(String, String)>,
    pub retention: Vec<RetentionLine>,
    pub retention_words: Vec<String>,
    pub conflicts: Vec<ConflictLine>,
    /// `2026-10-04: session files of user dev (the client's sweep …)`.
    pub losses: Vec<String>,
    /// What became of the logs of an earlier reading.
    pub continuity: Vec<String>,
    pub activity: Vec<PersonRow>,
}

/// One month of the coverage calendar.
#[derive(Clone, Debug)]
pub struct Month {
    pub name: String,
    /// Day of the month, kind (`records`, `missing`, `free`) and what a reader is told of it.
    pub days: Vec<(String, String, String)>,
}

/// One class at one place, worded.
#[derive(Clone, Debug)]
pub struct RetentionLine {
    pub class: String,
    pub location: String,
    pub configured: String,
    pub asked: String,
    pub result: String,
}

/// One conflict, worded.
#[derive(Clone, Debug)]
pub struct ConflictLine {
    pub class: String,
    pub floor: String,
    pub ceiling: String,
    pub decision: String,
}

/// One person's activity in the period.
#[derive(Clone, Debug)]
pub struct PersonRow {
    pub user: String,
    pub records: String,
    pub days: String,
    pub denied: String,
    pub dangerous: String,
    pub file_changes: String,
}

/// People listed in the section; the table for machines has all.
const PEOPLE: usize = 30;

impl Report {
    /// Adds the section about logs, and the tables that need the policy to be filled.
    #[must_use]
    pub fn with_log_evidence(
        mut self,
        evidence: &LogEvidence,
        assessment: &Assessment,
        snapshot: &Snapshot,
    ) -> Self {
        self.logs = Some(section(evidence, assessment, snapshot));
        self.tables.push(conflicts(&evidence.conflicts));
        self.tables.push(reconciliation(evidence));
        self.tables.push(users(snapshot));
        if let Some(retention) = self.tables.iter_mut().find(|table| table.name == "retention") {
            fill_retention(retention, evidence);
        }
        if let Some(populations) = self.tables.iter_mut().find(|table| table.name == "populations") {
            populations.rows.extend(logs::call_populations(evidence, assessment));
        }
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }
}

fn section(evidence: &LogEvidence, assessment: &Assessment, snapshot: &Snapshot) -> LogSection {
    let continuity = evidence.continuity.iter().flat_map(|seen| {
        seen.files.iter().map(|file| format!("{} (read as of {})", file.sentence(), seen.earlier))
    });
    LogSection {
        calendar: logs::calendar(assessment, snapshot),
        comparisons: evidence.comparisons.clone(),
        sheet: sheet(evidence, assessment),
        retention: evidence.retention.iter().map(retention_line).collect(),
        retention_words: evidence.retention_words.clone(),
        conflicts: evidence.conflicts.iter().map(conflict_line).collect(),
        losses: evidence
            .losses
            .iter()
            .map(|loss| format!("{}: {} ({})", loss.on, loss.what, loss.by))
            .collect(),
        continuity: continuity.collect(),
        activity: logs::people(snapshot).into_iter().take(PEOPLE).collect(),
    }
}

/// The sheet that says why the lists can be relied on (`audit-domain` 2.1: completeness and accuracy).
fn sheet(evidence: &LogEvidence, assessment: &Assessment) -> Vec<(String, String)> {
    let Some(seen) = &evidence.reconciliation else { return Vec::new() };
    let run = &assessment.run;
    let mut rows = vec![
        ("Source", "the logs of the deployment, telemetry among them, and the session files of its users".to_owned()),
        ("Parameters", format!("period {} to before {}; as of {}", run.period.start, run.period.end, run.as_of)),
        (
            "Query",
            "every record of a tool call with its tool-use id; one call is counted once however many records name it"
                .to_owned(),
        ),
    ];
    for one in &seen.populations {
        rows.push((
            "Totals",
            format!(
                "{}: {} records of {} calls in {} sessions; {} records without an id; {} to {}",
                one.kind.words(),
                one.records,
                one.calls,
                one.sessions,
                one.without_id,
                one.first.map_or_else(|| UNKNOWN.to_owned(), |at| at.to_string()),
                one.last.map_or_else(|| UNKNOWN.to_owned(), |at| at.to_string()),
            ),
        ));
    }
    let compared = !evidence.comparisons.is_empty();
    let checked = match (compared, seen.one_in) {
        (false, _) => "no second kind of record names calls by id: completeness is not shown".to_owned(),
        (true, 1) => "every call was compared by its id with every other kind of record".to_owned(),
        (true, one_in) => format!("one call in {one_in} was compared, chosen by the digest of its id"),
    };
    rows.push(("How checked", checked));
    if let Some(tie) = &seen.commits {
        rows.push((
            "Commits",
            format!(
                "{} of {} commits name an agent; {} of these lie within an hour of a record",
                tie.by_agent, tie.commits, tie.near_a_record
            ),
        ));
    }
    let unexplained: u64 =
        evidence.comparisons.iter().map(|one| one.left_unexplained + one.right_unexplained).sum();
    if compared {
        let words = "calls; the first are named above, all counts by day are in reconciliation.csv";
        rows.push(("Unexplained", format!("{unexplained} {words}")));
    }
    if seen.sessions_not_held > 0 {
        rows.push((
            "Limit",
            format!("{} records are of sessions beyond those held apart", seen.sessions_not_held),
        ));
    }
    if !evidence.hosts_missing.is_empty() {
        rows.push(("Hosts not examined", evidence.hosts_missing.join(", ")));
    }
    rows.push((
        "Performed again by",
        format!("{} {}, on the same files", assessment.tool.name, assessment.tool.version),
    ));
    rows.into_iter().map(|(field, content)| (field.to_owned(), content)).collect()
}

fn bound(bound: Option<&Bound>, word: &str) -> Option<String> {
    bound.map(|bound| format!("{word} {} days: {}", bound.days, bound.source))
}

fn configured(row: &RetentionRow) -> String {
    let days = match (row.configured_least, row.configured_most) {
        (Some(u32::MAX), _) => "kept for ever".to_owned(),
        (Some(least), Some(most)) if least == most => format!("{least} days"),
        (Some(least), _) => format!("{least} days or more"),
        (None, Some(most)) => format!("{most} days or fewer"),
        (None, None) => "no certain number of days".to_owned(),
    };
    format!("{days} ({})", row.configured_by)
}

fn retention_line(row: &RetentionRow) -> RetentionLine {
    let asked = [bound(row.floor.as_ref(), "at least"), bound(row.ceiling.as_ref(), "at most")];
    RetentionLine {
        class: row.class.replace('_', " "),
        location: row.location.clone(),
        configured: configured(row),
        asked: asked.into_iter().flatten().collect::<Vec<_>>().join("; "),
        result: row.result.replace('_', " "),
    }
}

fn conflict_line(row: &ConflictRow) -> ConflictLine {
    ConflictLine {
        class: row.class.replace('_', " "),
        floor: format!("{} days: {}", row.floor.days, row.floor.source),
        ceiling: format!("{} days: {}", row.ceiling.days, row.ceiling.source),
        decision: match &row.decision {
            None => "none was found".to_owned(),
            Some(made) => format!(
                "{} by {}, {}; review on {} ({})",
                made.id, made.by, made.legal_basis, made.review_at, row.status
            ),
        },
    }
}

fn conflicts(rows: &[ConflictRow]) -> Table {
    let row = |row: &ConflictRow| {
        let decided = row.decision.as_ref();
        vec![
            format!("conflict:{}", row.class),
            format!("retention of {}", row.class),
            row.floor.source.clone(),
            format!("at least {} days", row.floor.days),
            row.ceiling.source.clone(),
            format!("at most {} days", row.ceiling.days),
            decided.map(|made| made.id.clone()).unwrap_or_default(),
            decided.map(|made| made.by.clone()).unwrap_or_default(),
            decided.map(|made| made.legal_basis.clone()).unwrap_or_default(),
            decided.map(|made| made.review_at.to_string()).unwrap_or_default(),
            row.status.clone(),
        ]
    };
    table(
        "conflicts",
        "conflict_id,subject,requirement_a,value_a,requirement_b,value_b,decision_id,decided_by,legal_basis,\
         review_date,status",
        rows.iter().map(row).collect(),
    )
}

/// One row a pair and day.
fn reconciliation(evidence: &LogEvidence) -> Table {
    let mut rows = Vec::new();
    for pair in evidence.reconciliation.iter().flat_map(|seen| &seen.pairs) {
        for (day, tie) in &pair.days {
            rows.push(tie_row(pair, &day.to_string(), tie));
        }
        if pair.undated != Tie::default() {
            rows.push(tie_row(pair, UNKNOWN, &pair.undated));
        }
    }
    table(
        "reconciliation",
        "reconciliation_id,date,source_a,source_b,key,in_a,in_b,both,a_not_b,b_not_a,a_not_b_reasons,b_not_a_reasons,\
         examples",
        rows,
    )
}

fn tie_row(pair: &Pair, day: &str, tie: &Tie) -> Vec<String> {
    let (left, right): (u64, u64) = (tie.left_only.values().sum(), tie.right_only.values().sum());
    let reasons = |lacks: &std::collections::BTreeMap<crate::model::Lack, u64>| {
        let each = lacks.iter().map(|(lack, count)| format!("{count} {}", lack.words()));
        each.collect::<Vec<_>>().join("; ")
    };
    let of_day = |at: &Option<jiff::Timestamp>| at.is_some_and(|at| at.to_string().starts_with(day));
    let examples = pair.examples.iter().filter(|call| of_day(&call.at)).map(|call| {
        let id = call.id.as_deref().unwrap_or(UNKNOWN);
        format!("{id} in {} at byte {}", call.source, call.offset)
    });
    vec![
        format!("{} | {}", pair.left.words(), pair.right.words()),
        day.to_owned(),
        pair.left.words().to_owned(),
        pair.right.words().to_owned(),
        "tool_use_id".to_owned(),
        (tie.both + left).to_string(),
        (tie.both + right).to_string(),
        tie.both.to_string(),
        left.to_string(),
        right.to_string(),
        reasons(&tie.left_only),
        reasons(&tie.right_only),
        examples.collect::<Vec<_>>().join("; "),
    ]
}

/// One row a person of the records.
fn users(snapshot: &Snapshot) -> Table {
    let host = host_id(snapshot);
    let rows = logs::people(snapshot).into_iter().map(|row| {
        vec![host.clone(), row.user, row.records, row.days, row.denied, row.dangerous, row.file_changes]
    });
    table(
        "log_users",
        "host_id,log_user,records,active_days,denied,dangerous_commands,file_changes",
        rows.collect(),
    )
}

/// Fills what the rules keep and what is asked into the rows that hold what is there, or adds a row for a place
/// without records.
fn fill_retention(table: &mut Table, evidence: &LogEvidence) {
    let days = |days: Option<u32>| match days {
        None => UNKNOWN.to_owned(),
        Some(u32::MAX) => "unlimited".to_owned(),
        Some(days) => days.to_string(),
    };
    for kept in &evidence.retention {
        let place = kept.location.trim_start_matches('/');
        let found = table.rows.iter_mut().find(|row| row[1] == place);
        let row = match found {
            Some(row) => row,
            None => {
                let mut row = vec![kept.class.clone(), kept.location.clone()];
                row.extend(std::iter::repeat_n(UNKNOWN.to_owned(), table.columns.len() - 4));
                row.extend([String::new(), String::new()]);
                table.rows.push(row);
                table.rows.last_mut().expect("it was pushed")
            }
        };
        kept.class.clone_into(&mut row[0]);
        row[2] = days(kept.declared_days);
        row[3] = days(kept.configured_least.or(kept.configured_most));
        row[9] = days(kept.configured_least);
        row[10] = kept.floor.as_ref().map_or_else(String::new, |bound| bound.days.to_string());
        row[11] = kept.floor.as_ref().map_or_else(String::new, |bound| bound.source.clone());
        row[12] = kept.ceiling.as_ref().map_or_else(String::new, |bound| bound.days.to_string());
        row[13] = kept.ceiling.as_ref().map_or_else(String::new, |bound| bound.source.clone());
        row[14] = kept.result.clone();
        row[15] = kept.decision.clone().unwrap_or_default();
    }
}
