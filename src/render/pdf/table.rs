//! Tables over many pages: the head repeats, a row stays whole where it can and is split between lines where it cannot.

use super::PdfError;
use super::canvas::{Canvas, FAINT, HAIR, INK, MUTED, NAVY, Type, ZEBRA};
use super::fonts::Style;
use super::sections::sub_section;
use super::status;
use super::text::Line;

/// The most rows that one table prints.
pub(super) const ROW_LIMIT: usize = 2_000;

const PAD_X: f32 = 4.5;
const PAD_Y: f32 = 3.8;
const STATUS_SIZE: f32 = 7.2;
const HEAD: Type = Type::new(Style::Bold, 6.8, 8.6, NAVY);
const CONTINUED: Type = Type::new(Style::Regular, 6.2, 8.0, FAINT);

pub(super) const CELL: Type = Type::new(Style::Regular, 7.4, 9.8, INK);
pub(super) const CELL_STRONG: Type = Type::new(Style::Bold, 7.4, 9.8, INK);
pub(super) const CELL_MUTED: Type = Type::new(Style::Regular, 6.8, 9.0, MUTED);
pub(super) const CELL_MONO: Type = Type::new(Style::Mono, 6.2, 8.6, INK);

/// A column: its head, and its share of the width in points per hundred.
pub(super) struct Column {
    pub head: &'static str,
    pub share: f32,
}

pub(super) const fn column(head: &'static str, share: f32) -> Column {
    Column { head, share }
}

/// A part of a cell, one under another.
pub(super) enum Part<'a> {
    Text(&'a str, Type),
    Owned(String, Type),
    Status(&'a str),
}

pub(super) type Cell<'a> = Vec<Part<'a>>;

/// A cell of plain text.
pub(super) fn cell(text: &str) -> Cell<'_> {
    vec![Part::Text(text, CELL)]
}

/// A cell of text in the face for paths and digests.
pub(super) fn mono(text: &str) -> Cell<'_> {
    vec![Part::Text(text, CELL_MONO)]
}

/// One line of a cell; the first line of a status has its shape before it, all its lines stand in from the edge.
struct Set<'a> {
    line: Line,
    style: Type,
    status: Option<&'a str>,
    indent: f32,
}

/// What stands around a table's rows.
pub(super) struct Frame<'a> {
    /// A heading of the second level, kept with the first row; empty for none.
    pub title: &'a str,
    /// A sentence between heading and table; empty for none.
    pub note: &'a str,
    pub columns: &'a [Column],
    /// The pack's file that holds every row.
    pub whole: &'a str,
}

/// Draws a table at the cursor. Rows past [`ROW_LIMIT`] are left out and the frame's file is named.
pub(super) fn draw<'a>(
    canvas: &mut Canvas,
    frame: &Frame<'_>,
    rows: impl ExactSizeIterator<Item = Vec<Cell<'a>>>,
) -> Result<(), PdfError> {
    let total = rows.len();
    let columns = frame.columns;
    let widths = widths(canvas, columns);
    let mut rows = rows.peekable();
    let first = match rows.peek() {
        Some(row) => height(&set(canvas, row, &widths)?).min(canvas.body() * 0.4),
        None => 0.0,
    };
    // Heading, head and first row stay together.
    let mut together = first + 30.0;
    if !frame.title.is_empty() {
        together += 12.0 + if frame.note.is_empty() { 0.0 } else { 16.0 };
        sub_section(canvas, frame.title, together)?;
    }
    if !frame.note.is_empty() {
        canvas.paragraph(canvas.left(), canvas.measure(), frame.note, CELL_MUTED)?;
        canvas.y += 4.0;
    }
    canvas.need(first + 30.0);
    head(canvas, columns, &widths)?;
    for (n, row) in rows.take(ROW_LIMIT).enumerate() {
        let mut cells = set(canvas, &row, &widths)?;
        let mut height = height(&cells);
        let mut part = 0;
        let mut fresh = false;
        while height > canvas.room() {
            let worth = canvas.room() > 0.34 * canvas.body() && height > 0.34 * canvas.body();
            if fresh || worth {
                match split(&mut cells, canvas.room() - 2.0 * PAD_Y) {
                    Some(first) => {
                        band(canvas, &first, &widths, n, part > 0)?;
                        part += 1;
                    }
                    // Not even an empty page takes two lines: the row is drawn as it is.
                    None if fresh => break,
                    None => {}
                }
            }
            canvas.new_page();
            head(canvas, columns, &widths)?;
            fresh = true;
            height = self::height(&cells);
        }
        band(canvas, &cells, &widths, n, part > 0)?;
    }
    if total > ROW_LIMIT {
        canvas.y += 6.0;
        let note = format!(
            "{ROW_LIMIT} of {total} rows are printed here. All {total} are in {} of the pack.",
            frame.whole
        );
        canvas.paragraph(canvas.left(), canvas.measure(), &note, CELL_STRONG)?;
    }
    canvas.y += 8.0;
    Ok(())
}

fn widths(canvas: &Canvas, columns: &[Column]) -> Vec<f32> {
    let shares: f32 = columns.iter().map(|c| c.share).sum();
    columns.iter().map(|c| c.share / shares * canvas.measure()).collect()
}

fn head(canvas: &mut Canvas, columns: &[Column], widths: &[f32]) -> Result<(), PdfError> {
    let mut lines = Vec::new();
    for (column, width) in columns.iter().zip(widths) {
        lines.push(canvas.wrap(HEAD, column.head, width - 2.0 * PAD_X)?);
    }
    let deepest = lines.iter().map(Vec::len).max().unwrap_or(1);
    let height = deepest as f32 * HEAD.leading + 6.0;
    let mut x = canvas.left();
    for (cell, width) in lines.iter().zip(widths) {
        // Heads stand on the rule, however many lines each takes.
        let mut y = canvas.y + 3.0 + (deepest - cell.len()) as f32 * HEAD.leading;
        for line in cell {
            canvas.line(x + PAD_X, y + HEAD.size, line, HEAD);
            y += HEAD.leading;
        }
        x += width;
    }
    canvas.y += height;
    canvas.rule(canvas.left(), canvas.y, canvas.measure(), NAVY, 0.9);
    canvas.y += 0.5;
    Ok(())
}

fn set<'a>(canvas: &mut Canvas, row: &[Cell<'a>], widths: &[f32]) -> Result<Vec<Vec<Set<'a>>>, PdfError> {
    let mut cells = Vec::with_capacity(row.len());
    for (cell, width) in row.iter().zip(widths) {
        let mut lines = Vec::new();
        for part in cell {
            let (text, style): (&str, Type) = match part {
                Part::Status(status) => {
                    let style = status::lettering(status, STATUS_SIZE);
                    let indent = status::INDENT * STATUS_SIZE;
                    let words = canvas.wrap(style, &status::word(status), width - 2.0 * PAD_X - indent)?;
                    lines.extend(words.into_iter().enumerate().map(|(n, line)| Set {
                        line,
                        style,
                        status: (n == 0).then_some(*status),
                        indent,
                    }));
                    continue;
                }
                Part::Text(text, style) => (text, *style),
                Part::Owned(text, style) => (text, *style),
            };
            if !text.is_empty() {
                let set = canvas.wrap(style, text, width - 2.0 * PAD_X)?.into_iter();
                lines.extend(set.map(|line| Set { line, style, status: None, indent: 0.0 }));
            }
        }
        cells.push(lines);
    }
    Ok(cells)
}

fn height(cells: &[Vec<Set<'_>>]) -> f32 {
    let deepest = cells.iter().map(|c| c.iter().map(|l| l.style.leading).sum::<f32>()).fold(9.0, f32::max);
    deepest + 2.0 * PAD_Y
}

/// Takes from each cell the lines that fit in `room`; `None` where no cell gives two lines.
fn split<'a>(cells: &mut [Vec<Set<'a>>], room: f32) -> Option<Vec<Vec<Set<'a>>>> {
    let mut counts = Vec::with_capacity(cells.len());
    for cell in cells.iter() {
        let mut used = 0.0;
        let mut n = cell
            .iter()
            .take_while(|l| {
                used += l.style.leading;
                used <= room
            })
            .count();
        // A last line alone on the next page reads as an accident.
        if cell.len() > 3 && n + 1 == cell.len() {
            n -= 1;
        }
        counts.push(n);
    }
    if counts.iter().zip(cells.iter()).all(|(n, cell)| *n < cell.len().min(2)) {
        return None;
    }
    Some(cells.iter_mut().zip(counts).map(|(cell, n)| cell.drain(..n).collect()).collect())
}

fn band(
    canvas: &mut Canvas,
    cells: &[Vec<Set<'_>>],
    widths: &[f32],
    n: usize,
    continued: bool,
) -> Result<(), PdfError> {
    let height = height(cells);
    if n % 2 == 1 {
        canvas.fill(canvas.left(), canvas.y + 0.25, canvas.measure(), height - 0.25, ZEBRA);
    }
    let mut x = canvas.left();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let mut y = canvas.y + PAD_Y;
        if continued && at == 0 && cell.is_empty() {
            canvas.label(x + PAD_X, y + CONTINUED.size, "continued", CONTINUED, width - 2.0 * PAD_X)?;
        }
        for set in cell {
            if let Some(status) = set.status {
                status::shape(canvas, x + PAD_X, y + set.style.size * 0.22, set.style.size * 0.86, status);
            }
            // Smaller faces stand on the same line as their neighbours.
            canvas.line(x + PAD_X + set.indent, y + set.style.size.max(7.1), &set.line, set.style);
            y += set.style.leading;
        }
        x += width;
    }
    canvas.y += height;
    canvas.rule(canvas.left(), canvas.y, canvas.measure(), HAIR, 0.5);
    Ok(())
}
