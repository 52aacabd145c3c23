//! The page about logs: retention, conflicts, records compared, and what is lost next; the tables for machines have the rest.

use super::PdfError;
use super::canvas::Canvas;
use super::sections::{lead, sub_section, whole};
use super::table::{self, CELL, CELL_STRONG, Frame, Part, cell, column, mono};
use crate::report::{LogSection, Report};

/// Continues the current section with what is known of logs.
pub(super) fn draw(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    let Some(logs) = &report.logs else { return Ok(()) };
    sub_section(canvas, "Logs and retention", 60.0)?;
    for words in logs.retention_words.iter().chain(&logs.losses).chain(&logs.continuity) {
        lead(canvas, words)?;
    }
    retention(canvas, report, logs)?;
    conflicts(canvas, report, logs)?;
    comparisons(canvas, report, logs)
}

fn retention(canvas: &mut Canvas, report: &Report, logs: &LogSection) -> Result<(), PdfError> {
    let columns = [
        column("Class", 15.0),
        column("Place", 23.0),
        column("Configured", 28.0),
        column("Asked", 24.0),
        column("Result", 10.0),
    ];
    let rows = logs.retention.iter().map(|row| {
        let class = vec![Part::Text(&row.class, CELL_STRONG)];
        vec![class, mono(&row.location), cell(&row.configured), cell(&row.asked), cell(&row.result)]
    });
    let frame =
        Frame { title: "Retention", note: "", columns: &columns, whole: &whole(report, &["retention"]) };
    if logs.retention.is_empty() { Ok(()) } else { table::draw(canvas, &frame, rows) }
}

fn conflicts(canvas: &mut Canvas, report: &Report, logs: &LogSection) -> Result<(), PdfError> {
    let columns =
        [column("Class", 16.0), column("At least", 28.0), column("At most", 28.0), column("Decision", 28.0)];
    let rows = logs.conflicts.iter().map(|row| {
        let class = vec![Part::Text(&row.class, CELL_STRONG)];
        vec![class, cell(&row.floor), cell(&row.ceiling), cell(&row.decision)]
    });
    let frame = Frame {
        title: "Conflicts of retention",
        note: "",
        columns: &columns,
        whole: &whole(report, &["conflicts"]),
    };
    if logs.conflicts.is_empty() { Ok(()) } else { table::draw(canvas, &frame, rows) }
}

fn comparisons(canvas: &mut Canvas, report: &Report, logs: &LogSection) -> Result<(), PdfError> {
    let columns = [
        column("Records compared", 26.0),
        column("In both", 10.0),
        column("Only in one", 12.0),
        column("Unexplained", 12.0),
        column("Reasons", 40.0),
    ];
    let rows = logs.comparisons.iter().map(|row| {
        let reasons: Vec<String> = row.reasons.iter().map(|(why, count)| format!("{count} {why}")).collect();
        let owned = |number: u64| vec![Part::Owned(number.to_string(), CELL)];
        vec![
            vec![Part::Owned(format!("{} against {}", row.left, row.right), CELL_STRONG)],
            owned(row.both),
            owned(row.left_only + row.right_only),
            owned(row.left_unexplained + row.right_unexplained),
            vec![Part::Owned(reasons.join("; "), CELL)],
        ]
    });
    let frame = Frame {
        title: "Records of tool calls compared",
        note: "",
        columns: &columns,
        whole: &whole(report, &["reconciliation"]),
    };
    if logs.comparisons.is_empty() { Ok(()) } else { table::draw(canvas, &frame, rows) }
}
