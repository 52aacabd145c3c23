//! What stops each test call: the figures of each battery, and as many of the open calls as a page has room for.

use super::PdfError;
use super::canvas::Canvas;
use super::sections::{lead, sub_section, whole};
use super::table::{self, CELL, CELL_MUTED, CELL_STRONG, Frame, Part, cell, column};
use crate::report::{Report, Stops, wording};

/// Draws the section, where the report has one.
pub(super) fn draw(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    let Some(stops) = report.stops.as_ref().filter(|stops| !stops.rows.is_empty()) else { return Ok(()) };
    sub_section(canvas, wording::STOPS_HEADING, 120.0)?;
    lead(canvas, wording::STOPS_LEAD)?;
    let whole = whole(report, &["canaries"]);
    let mut columns = vec![column("Battery and sessions", 22.4)];
    let widths = [7.6; 9].into_iter().chain([9.2]);
    columns.extend(Stops::FIGURES.iter().zip(widths).map(|(name, width)| column(name, width)));
    let rows = stops.rows.iter().map(|row| {
        let mut cells =
            vec![vec![Part::Text(&row.battery, CELL_STRONG), Part::Text(&row.subjects, CELL_MUTED)]];
        cells.extend(row.figures.iter().map(|figure| cell(figure)));
        cells
    });
    table::draw(canvas, &Frame { title: "", note: "", columns: &columns, whole: &whole }, rows)?;
    if stops.on_paper.is_empty() {
        return Ok(());
    }
    let columns =
        [column("Call", 44.0), column("Answer", 20.0), column("Sessions", 18.0), column("Battery", 18.0)];
    let rows = stops.on_paper.iter().map(|call| {
        let weight = if call.baseline { CELL_STRONG } else { CELL };
        vec![
            vec![Part::Text(&call.tries, weight)],
            vec![Part::Text(&call.answer, CELL), Part::Text(&call.modes, CELL_MUTED)],
            cell(&call.subjects),
            cell(&call.battery),
        ]
    });
    let note = stops.left_out.as_deref().unwrap_or_default();
    let frame = Frame {
        title: "Calls that can be made, those of the baseline first",
        note,
        columns: &columns,
        whole: &whole,
    };
    table::draw(canvas, &frame, rows)
}
