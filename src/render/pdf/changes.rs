//! What landed in the period: counts before and after each filter, rates, exceptions and drift.

use super::PdfError;
use super::canvas::Canvas;
use super::sections::{sub_section, whole};
use super::table::{self, CELL_STRONG, Column, Frame, Part, cell, column};
use crate::report::{Report, wording};

/// Draws the section, where the report has one.
pub(super) fn draw(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    if report.changes.is_empty() {
        return Ok(());
    }
    sub_section(canvas, wording::CHANGES_HEADING, 120.0)?;
    for listing in &report.changes {
        let columns: Vec<Column> = listing.columns.iter().map(|(head, share)| column(head, *share)).collect();
        let rows = listing.rows.iter().map(|row| {
            let mut cells: Vec<_> = row.iter().map(|text| cell(text)).collect();
            if let (Some(first), Some(text)) = (cells.first_mut(), row.first()) {
                *first = vec![Part::Text(text, CELL_STRONG)];
            }
            cells
        });
        let whole = whole(report, &[listing.whole]);
        let frame =
            Frame { title: &listing.caption, note: &listing.left_out, columns: &columns, whole: &whole };
        table::draw(canvas, &frame, rows)?;
    }
    Ok(())
}
