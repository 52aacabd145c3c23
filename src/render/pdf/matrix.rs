//! The control matrix: which control serves which requirement and how far, then controls and requirements one by one.

use std::collections::BTreeMap;

use super::PdfError;
use super::canvas::{Canvas, HAIR, INK, MUTED, NAVY, Type, ZEBRA};
use super::fonts::Style;
use super::sections::{lead, section, sub_section, whole};
use super::status;
use super::table::{self, CELL_MUTED, CELL_STRONG, Part, ROW_LIMIT, cell, column};
use crate::report::{ControlRow, FrameworkSection, Report};

const STEP: f32 = 17.6;
const ROW: f32 = 14.6;
const HEAD: f32 = 92.0;
const NAMES: f32 = 196.0;
const RESULT: f32 = 104.0;

const ID: Type = Type::new(Style::Bold, 7.2, 9.0, INK);
const NAME: Type = Type::new(Style::Regular, 6.8, 9.0, MUTED);
const COLUMN: Type = Type::new(Style::Regular, 6.8, 9.0, INK);
const MARK: Type = Type::new(Style::Bold, 6.8, 9.0, NAVY);

/// Draws the section.
pub(super) fn draw(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    section(canvas, "2  Control matrix", true)?;
    lead(
        canvas,
        "How far each control serves each requirement. F full: the control meets the requirement's technical part. \
         P partial: it meets some of it. R related: it supports it. An empty place: no relation is claimed.",
    )?;
    let controls: Vec<&ControlRow> = report.checklist.iter().chain(&report.controls).collect();
    for framework in &report.frameworks {
        grid(canvas, framework, &controls, report)?;
    }
    register(canvas, report, &controls)?;
    for framework in &report.frameworks {
        requirements(canvas, framework, report)?;
    }
    Ok(())
}

fn letter(relation: &str) -> &'static str {
    match relation {
        "full" => "F",
        "partial" => "P",
        "related" => "R",
        _ => "•",
    }
}

/// The grid of one framework, in as many blocks of columns as the page's width asks for.
fn grid(
    canvas: &mut Canvas,
    framework: &FrameworkSection,
    controls: &[&ControlRow],
    report: &Report,
) -> Result<(), PdfError> {
    let mut relations: BTreeMap<(&str, usize), &str> = BTreeMap::new();
    for (n, requirement) in framework.rows.iter().enumerate() {
        for (control, relation, _) in &requirement.controls {
            relations.insert((control, n), relation);
        }
    }
    // Controls without any relation to this framework would be empty rows.
    let served: Vec<&&ControlRow> = controls
        .iter()
        .filter(|c| relations.range((c.id.as_str(), 0)..=(c.id.as_str(), usize::MAX)).next().is_some())
        .take(ROW_LIMIT)
        .collect();
    if served.is_empty() {
        return Ok(());
    }
    let per_block = (((canvas.measure() - NAMES - RESULT) / STEP) as usize).max(1);
    let blocks = framework.rows.len().div_ceil(per_block);
    let even = framework.rows.len().div_ceil(blocks.max(1));
    let total = controls.len();
    let title = format!("{}, {}: controls by requirement", framework.title, framework.version);
    sub_section(canvas, &title, HEAD + 8.0 * ROW)?;
    if served.len() < total {
        let note =
            format!("{} of {total} controls serve this framework; the others have no row.", served.len());
        canvas.paragraph(canvas.left(), canvas.measure(), &note, NAME)?;
    }
    for block in 0..blocks {
        let first = block * even;
        let columns: Vec<(usize, &str)> = framework
            .rows
            .iter()
            .enumerate()
            .skip(first)
            .take(even)
            .map(|(n, r)| (n, r.id.as_str()))
            .collect();
        canvas.need(HEAD + 6.0 * ROW);
        grid_head(canvas, &columns)?;
        for (n, control) in served.iter().enumerate() {
            if canvas.room() < ROW {
                canvas.new_page();
                grid_head(canvas, &columns)?;
            }
            grid_row(canvas, n, control, &columns, &relations)?;
        }
        canvas.y += 12.0;
    }
    if total > ROW_LIMIT {
        let note = format!(
            "At most {ROW_LIMIT} controls are printed; all are in {}.",
            whole(report, &["control_matrix"])
        );
        canvas.paragraph(canvas.left(), canvas.measure(), &note, CELL_STRONG)?;
    }
    Ok(())
}

fn grid_head(canvas: &mut Canvas, columns: &[(usize, &str)]) -> Result<(), PdfError> {
    let left = canvas.left();
    let foot = canvas.y + HEAD - 4.0;
    canvas.label(left + 4.0, foot, "Control", Type::new(Style::Bold, 6.8, 8.6, NAVY), NAMES)?;
    for (n, (_, id)) in columns.iter().enumerate() {
        let x = left + NAMES + STEP * n as f32;
        canvas.upright(x + STEP / 2.0 + 2.4, foot, id, COLUMN, HEAD - 8.0)?;
    }
    let x = left + NAMES + STEP * columns.len() as f32;
    canvas.label(x + 8.0, foot, "Result", Type::new(Style::Bold, 6.8, 8.6, NAVY), RESULT)?;
    canvas.y += HEAD;
    canvas.rule(left, canvas.y, x + RESULT - left, NAVY, 0.9);
    canvas.y += 0.5;
    Ok(())
}

fn grid_row(
    canvas: &mut Canvas,
    n: usize,
    control: &ControlRow,
    columns: &[(usize, &str)],
    relations: &BTreeMap<(&str, usize), &str>,
) -> Result<(), PdfError> {
    let left = canvas.left();
    let width = NAMES + STEP * columns.len() as f32 + RESULT;
    if n % 2 == 1 {
        canvas.fill(left, canvas.y, width, ROW, ZEBRA);
    }
    let base = canvas.y + 9.8;
    canvas.label(left + 4.0, base, &control.id, ID, 36.0)?;
    canvas.label(left + 42.0, base, &control.text, NAME, NAMES - 46.0)?;
    for (at, (requirement, _)) in columns.iter().enumerate() {
        let x = left + NAMES + STEP * at as f32;
        if let Some(relation) = relations.get(&(control.id.as_str(), *requirement)) {
            let tint = match *relation {
                "full" => 0xC9D8EC,
                "partial" => 0xE3EBF5,
                _ => 0xF1F4F8,
            };
            canvas.fill(x + 1.5, canvas.y + 1.3, STEP - 3.0, ROW - 2.6, tint);
            let mark = letter(relation);
            let own = canvas.width_of(MARK, mark)?;
            canvas.label(x + (STEP - own) / 2.0, base, mark, MARK, STEP)?;
        }
    }
    let x = left + NAMES + STEP * columns.len() as f32;
    status::show(canvas, x + 8.0, base, &control.result, 7.0, RESULT - 10.0)?;
    canvas.y += ROW;
    canvas.rule(left, canvas.y, width, HAIR, 0.4);
    Ok(())
}

/// Every control with who, how often, of which kind, and its result.
fn register(canvas: &mut Canvas, report: &Report, controls: &[&ControlRow]) -> Result<(), PdfError> {
    sub_section(canvas, "Controls", 90.0)?;
    let columns = [
        column("Control", 6.5),
        column("Statement", 34.0),
        column("Serves", 19.0),
        column("Owner, frequency", 12.0),
        column("Purpose, nature", 10.0),
        column("Subjects tested", 8.0),
        column("Result", 13.5),
    ];
    let rows = controls.iter().map(|c| {
        let statement = if c.statement.is_empty() { &c.text } else { &c.statement };
        vec![
            vec![Part::Text(&c.id, CELL_STRONG)],
            cell(statement),
            vec![Part::Owned(c.serves.join(", "), CELL_MUTED)],
            vec![Part::Text(&c.owner, table::CELL), Part::Text(&c.frequency, CELL_MUTED)],
            vec![Part::Text(&c.purpose, table::CELL), Part::Text(&c.nature, CELL_MUTED)],
            cell(&c.subjects),
            vec![Part::Status(&c.result)],
        ]
    });
    table::draw(canvas, &columns, rows, &whole(report, &["control_matrix", "controls"]))
}

fn requirements(canvas: &mut Canvas, framework: &FrameworkSection, report: &Report) -> Result<(), PdfError> {
    sub_section(canvas, &format!("{}, {}: requirements", framework.title, framework.version), 100.0)?;
    if !framework.notice.is_empty() {
        canvas.paragraph(canvas.left(), canvas.measure(), &framework.notice, NAME)?;
        canvas.y += 4.0;
    }
    let columns = [
        column("Requirement", 11.0),
        column("What it asks, in our words", 31.0),
        column("Status", 13.5),
        column("Coverage", 8.0),
        column("Controls, and why they serve it", 36.5),
    ];
    let rows = framework.rows.iter().map(|r| {
        let mut served: table::Cell<'_> = r
            .controls
            .iter()
            .map(|(id, relation, why)| Part::Owned(format!("{id} {relation}: {why}"), CELL_MUTED))
            .collect();
        if !r.people.is_empty() {
            served.push(Part::Owned(format!("For people: {}", r.people), CELL_MUTED));
        }
        vec![
            vec![Part::Text(&r.id, CELL_STRONG), Part::Text(&r.designation, CELL_MUTED)],
            vec![Part::Text(&r.title, CELL_STRONG), Part::Text(&r.text, CELL_MUTED)],
            vec![Part::Status(&r.status)],
            vec![Part::Owned(status::word(&r.coverage), table::CELL)],
            served,
        ]
    });
    table::draw(canvas, &columns, rows, &whole(report, &["requirements", "control_matrix"]))?;
    Ok(())
}
