//! Tables over many pages: the head repeats, a row stays whole where it can and is split between lines where it cannot.

use super::PdfError;
use super::canvas::{Canvas, FAINT, HAIR, INK, MUTED, NAVY, Type, ZEBRA};
use super::fonts::Style;
use super::status;
use super::text::Line;

/// The most rows that one table prints.
pub(super) const ROW_LIMIT: usize = 2_000;

const PAD_X: f32 = 4.5;
const PAD_Y: f32 = 3.8;
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

enum Set<'a> {
    Line(Line, Type),
    Status(&'a str),
}

impl Set<'_> {
    fn leading(&self) -> f32 {
        match self {
            Set::Line(_, style) => style.leading,
            Set::Status(_) => 10.4,
        }
    }
}

/// Draws a table at the cursor. Rows past [`ROW_LIMIT`] are left out and `whole` says where they are.
pub(super) fn draw<'a>(
    canvas: &mut Canvas,
    columns: &[Column],
    rows: impl ExactSizeIterator<Item = Vec<Cell<'a>>>,
    whole: &str,
) -> Result<(), PdfError> {
    let total = rows.len();
    let widths = widths(canvas, columns);
    canvas.need(70.0);
    head(canvas, columns, &widths)?;
    for (n, row) in rows.take(ROW_LIMIT).enumerate() {
        let mut cells = set(canvas, &row, &widths)?;
        let mut height = height(&cells);
        let mut part = 0;
        while height > canvas.room() {
            let whole_fits = height <= canvas.body() - 40.0;
            let worth = canvas.room() > 0.34 * canvas.body() && height > 0.34 * canvas.body();
            let split =
                if worth || !whole_fits { split(&mut cells, canvas.room() - 2.0 * PAD_Y) } else { None };
            if let Some(first) = split {
                band(canvas, &first, &widths, n, part > 0)?;
                part += 1;
            }
            canvas.new_page();
            head(canvas, columns, &widths)?;
            height = self::height(&cells);
        }
        band(canvas, &cells, &widths, n, part > 0)?;
    }
    if total > ROW_LIMIT {
        canvas.y += 6.0;
        let note =
            format!("{ROW_LIMIT} of {total} rows are printed here. All {total} are in {whole} of the pack.");
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
                Part::Status(word) => {
                    lines.push(Set::Status(word));
                    continue;
                }
                Part::Text(text, style) => (text, *style),
                Part::Owned(text, style) => (text, *style),
            };
            if !text.is_empty() {
                lines.extend(
                    canvas.wrap(style, text, width - 2.0 * PAD_X)?.into_iter().map(|l| Set::Line(l, style)),
                );
            }
        }
        cells.push(lines);
    }
    Ok(cells)
}

fn height(cells: &[Vec<Set<'_>>]) -> f32 {
    let deepest = cells.iter().map(|c| c.iter().map(Set::leading).sum::<f32>()).fold(9.0, f32::max);
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
                used += l.leading();
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
        canvas.fill(canvas.left(), canvas.y, canvas.measure(), height, ZEBRA);
    }
    let mut x = canvas.left();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let mut y = canvas.y + PAD_Y;
        if continued && at == 0 && cell.is_empty() {
            canvas.label(x + PAD_X, y + CONTINUED.size, "continued", CONTINUED, width - 2.0 * PAD_X)?;
        }
        for set in cell {
            match set {
                Set::Line(line, style) => canvas.line(x + PAD_X, y + style.size, line, *style),
                Set::Status(word) => {
                    status::show(canvas, x + PAD_X, y + 7.4, word, 7.2, width - 2.0 * PAD_X)?;
                }
            }
            y += set.leading();
        }
        x += width;
    }
    canvas.y += height;
    canvas.rule(canvas.left(), canvas.y, canvas.measure(), HAIR, 0.5);
    Ok(())
}
