//! The control matrix: which control serves which requirement and how far, then controls and requirements one by one.

use std::collections::BTreeMap;

use super::PdfError;
use super::canvas::{Canvas, HAIR, INK, MUTED, NAVY, Type, ZEBRA};
use super::fonts::Style;
use super::sections::{lead, section, sub_section, whole};
use super::status;
use super::table::{self, CELL_MUTED, CELL_STRONG, Frame, Part, ROW_LIMIT, cell, column};
use crate::report::{ControlRow, FrameworkSection, Report};

/// The narrowest and the widest column of marks.
const STEPS: (f32, f32) = (16.0, 30.0);
const ROW: f32 = 13.6;
/// The least width for the controls' names.
const NAMES: f32 = 190.0;
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
        "How much of each requirement each control answers. F: full. P: partial. R: related, it supports the requirement \
         without answering it. An empty place: no relation is claimed.",
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

/// The measures of one block of the grid.
struct Block<'a> {
    columns: Vec<(usize, &'a str)>,
    step: f32,
    names: f32,
    head: f32,
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
    let per_block = (((canvas.measure() - NAMES - RESULT) / STEPS.0) as usize).max(1);
    let blocks = framework.rows.len().div_ceil(per_block).max(1);
    let even = framework.rows.len().div_ceil(blocks).max(1);
    let step = ((canvas.measure() - NAMES - RESULT) / even as f32).min(STEPS.1);
    let names = canvas.measure() - RESULT - step * even as f32;
    let mut head = 30.0f32;
    for requirement in &framework.rows {
        head = head.max((canvas.width_of(COLUMN, &requirement.id)? + 10.0).min(110.0));
    }
    let title = format!("{}, {}: controls by requirement", framework.title, framework.version);
    // A grid that fits one page starts on a page where it does.
    let all = head + (served.len() as f32 + 2.0) * ROW;
    sub_section(canvas, &title, if all < canvas.body() - 40.0 { all } else { head + 8.0 * ROW })?;
    if served.len() < controls.len() {
        let note = format!(
            "{} of {} controls serve this framework; the others have no row.",
            served.len(),
            controls.len()
        );
        canvas.paragraph(canvas.left(), canvas.measure(), &note, NAME)?;
    }
    let ids: Vec<(usize, &str)> =
        framework.rows.iter().enumerate().map(|(n, r)| (n, r.id.as_str())).collect();
    for columns in ids.chunks(even) {
        let block = Block { columns: columns.to_vec(), step, names, head };
        canvas.need(head + 6.0 * ROW);
        grid_head(canvas, &block)?;
        for (n, control) in served.iter().enumerate() {
            if canvas.room() < ROW {
                canvas.new_page();
                grid_head(canvas, &block)?;
            }
            grid_row(canvas, n, control, &block, &relations)?;
        }
        canvas.y += 12.0;
    }
    if controls.len() > ROW_LIMIT {
        let file = whole(report, &["control_matrix"]);
        let note =
            format!("At most {ROW_LIMIT} of {} controls are printed; all are in {file}.", controls.len());
        canvas.paragraph(canvas.left(), canvas.measure(), &note, CELL_STRONG)?;
    }
    Ok(())
}

fn grid_head(canvas: &mut Canvas, block: &Block<'_>) -> Result<(), PdfError> {
    let left = canvas.left();
    let foot = canvas.y + block.head - 4.0;
    let strong = Type::new(Style::Bold, 6.8, 8.6, NAVY);
    canvas.label(left + 4.5, foot, "Control", strong, block.names)?;
    for (n, (_, id)) in block.columns.iter().enumerate() {
        let x = left + block.names + block.step * n as f32;
        canvas.upright(x + block.step / 2.0 + 2.4, foot, id, COLUMN, block.head - 6.0)?;
    }
    let x = left + block.names + block.step * block.columns.len() as f32;
    canvas.label(x + 10.0, foot, "Result", strong, RESULT)?;
    canvas.y += block.head;
    canvas.rule(left, canvas.y, x + RESULT - left, NAVY, 0.9);
    canvas.y += 0.5;
    Ok(())
}

fn grid_row(
    canvas: &mut Canvas,
    n: usize,
    control: &ControlRow,
    block: &Block<'_>,
    relations: &BTreeMap<(&str, usize), &str>,
) -> Result<(), PdfError> {
    let left = canvas.left();
    let x = left + block.names + block.step * block.columns.len() as f32;
    let width = x + RESULT - left;
    if n % 2 == 1 {
        canvas.fill(left, canvas.y + 0.2, width, ROW - 0.2, ZEBRA);
    }
    let base = canvas.y + 9.3;
    canvas.label(left + 4.5, base, &control.id, ID, 36.0)?;
    canvas.label(left + 42.0, base, &control.text, NAME, block.names - 50.0)?;
    for (at, (requirement, _)) in block.columns.iter().enumerate() {
        let Some(relation) = relations.get(&(control.id.as_str(), *requirement)) else { continue };
        let tint = match *relation {
            "full" => 0xC4D5EB,
            "partial" => 0xE0E9F4,
            _ => 0xF0F3F7,
        };
        let cell = left + block.names + block.step * at as f32;
        canvas.fill(cell + 1.5, canvas.y + 1.3, block.step - 3.0, ROW - 2.6, tint);
        let mark = letter(relation);
        let own = canvas.width_of(MARK, mark)?;
        canvas.label(cell + (block.step - own) / 2.0, base, mark, MARK, block.step)?;
    }
    status::show(canvas, x + 10.0, base, &control.result, 7.0, RESULT - 12.0)?;
    canvas.y += ROW;
    canvas.rule(left, canvas.y, width, HAIR, 0.4);
    Ok(())
}

/// Every control with who, how often, of which kind, and its result.
fn register(canvas: &mut Canvas, report: &Report, controls: &[&ControlRow]) -> Result<(), PdfError> {
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
            vec![Part::Text(&c.owner, table::CELL), Part::Owned(status::word(&c.frequency), CELL_MUTED)],
            vec![
                Part::Owned(status::word(&c.purpose), table::CELL),
                Part::Owned(status::word(&c.nature), CELL_MUTED),
            ],
            cell(&c.subjects),
            vec![Part::Status(&c.result)],
        ]
    });
    table::draw(
        canvas,
        &Frame {
            title: "Controls",
            note: "",
            columns: &columns,
            whole: &whole(report, &["control_matrix", "controls"]),
        },
        rows,
    )
}

fn requirements(canvas: &mut Canvas, framework: &FrameworkSection, report: &Report) -> Result<(), PdfError> {
    let title = format!("{}, {}: requirements", framework.title, framework.version);
    let columns = [
        column("Requirement", 11.0),
        column("What it asks, in our words", 26.0),
        column("Status", 12.5),
        column("Coverage", 6.5),
        column("Controls, and why they serve it", 44.0),
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
    table::draw(
        canvas,
        &Frame {
            title: &title,
            note: &framework.notice,
            columns: &columns,
            whole: &whole(report, &["requirements", "control_matrix"]),
        },
        rows,
    )?;
    Ok(())
}
