//! The exceptions: one card a failing check, with what was seen on which subjects, where, and what would change it.

use super::PdfError;
use super::canvas::{Canvas, HAIR, INK, MUTED, Type};
use super::fonts::Style;
use super::sections::{lead, section, whole};
use super::status;
use super::table::CELL_STRONG;
use super::text::Line;
use crate::report::{Exception, Report};

/// The most cards printed.
const CARD_LIMIT: usize = 500;
/// The most cases on one card, subjects of one case, and places of one case.
const CASE_LIMIT: usize = 20;
const SUBJECT_LIMIT: usize = 60;
const PLACE_LIMIT: usize = 3;

const HEAD: Type = Type::new(Style::Bold, 9.6, 13.0, INK);
const FACTS: Type = Type::new(Style::Regular, 7.4, 10.4, MUTED);
const LABEL: Type = Type::new(Style::Bold, 7.2, 11.4, MUTED);
const TEXT: Type = Type::new(Style::Regular, 8.2, 11.4, INK);
const PATH: Type = Type::new(Style::Mono, 6.9, 10.4, INK);
const SUBJECTS: Type = Type::new(Style::Bold, 8.2, 11.4, INK);
const LABEL_WIDTH: f32 = 82.0;

/// Draws the section.
pub(super) fn draw(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    section(canvas, "4  Exceptions", false)?;
    let total = report.exceptions.len();
    if total == 0 {
        let said =
            "No failing finding is recorded. What was not tested or not seen is in sections 1, 3 and 5.";
        return lead(canvas, said);
    }
    let findings = whole(report, &["findings", "exceptions"]);
    lead(
        canvas,
        &format!(
            "{}, worst first. One exception is one check that fails; its cases name the subjects. Each finding by \
             itself, with its fingerprint and all its places, is in {findings} and assessment.json of the pack.",
            report.exceptions_counted()
        ),
    )?;
    for (n, exception) in report.exceptions.iter().take(CARD_LIMIT).enumerate() {
        card(canvas, n + 1, exception, &findings)?;
    }
    if total > CARD_LIMIT {
        let file = whole(report, &["exceptions", "findings"]);
        let note = format!(
            "{CARD_LIMIT} of {total} exceptions are printed here. All {total} are in {file} of the pack."
        );
        canvas.paragraph(canvas.left(), canvas.measure(), &note, CELL_STRONG)?;
    }
    Ok(())
}

struct Field {
    label: &'static str,
    lines: Vec<(Line, Type)>,
}

fn card(canvas: &mut Canvas, number: usize, exception: &Exception, whole: &str) -> Result<(), PdfError> {
    let (left, measure) = (canvas.left(), canvas.measure());
    let title = format!("E-{number}  {}", exception.title);
    let head = canvas.wrap(HEAD, &title, measure - 96.0)?;
    let subjects = if exception.failing == 1 { "subject" } else { "subjects" };
    let facts = [
        &format!("{} severity", status::word(&exception.severity)),
        &status::word(&exception.basis),
        &exception.check,
        &exception.controls.join(", "),
        &format!("{} {subjects}", exception.failing),
    ]
    .map(String::as_str)
    .join("  ·  ");
    let facts = canvas.wrap(FACTS, &facts, measure)?;
    let fields = fields(canvas, exception, whole)?;
    let head_height = head.len() as f32 * HEAD.leading + facts.len() as f32 * FACTS.leading + 10.0;
    let first = fields.first().map_or(0.0, field_height);
    let all: f32 = head_height + fields.iter().map(field_height).sum::<f32>() + 12.0;
    // A card that is no longer than half a page stays whole.
    canvas.need(if all < canvas.body() * 0.5 { all } else { head_height + first });

    canvas.mark(2, &format!("E-{number}  {}", exception.title), false);
    canvas.rule(left, canvas.y, measure, INK, 0.8);
    canvas.y += 5.0;
    status::show_right(canvas, left + measure, canvas.y + HEAD.size, "fail", 8.0)?;
    for line in &head {
        canvas.line(left, canvas.y + HEAD.size, line, HEAD);
        canvas.y += HEAD.leading;
    }
    for line in &facts {
        canvas.line(left, canvas.y + FACTS.size, line, FACTS);
        canvas.y += FACTS.leading;
    }
    canvas.y += 4.0;
    for (n, field) in fields.iter().enumerate() {
        draw_field(canvas, field, n > 0)?;
    }
    canvas.y += 13.0;
    Ok(())
}

fn fields(canvas: &mut Canvas, exception: &Exception, whole: &str) -> Result<Vec<Field>, PdfError> {
    let width = canvas.measure() - LABEL_WIDTH;
    let mut cases: Vec<(String, Type)> = Vec::new();
    for case in exception.cases.iter().take(CASE_LIMIT) {
        cases.push((case.named(SUBJECT_LIMIT), SUBJECTS));
        cases.push((case.message.clone(), TEXT));
        cases.extend(case.places.iter().take(PLACE_LIMIT).map(|place| (place.clone(), PATH)));
        if let Some(rest) = case.places.len().checked_sub(PLACE_LIMIT).filter(|rest| *rest > 0) {
            let plural = if rest == 1 { "place" } else { "places" };
            cases.push((format!("and {rest} more {plural}, in {whole}"), FACTS));
        }
        cases.extend(case.fixes.iter().map(|fix| (format!("Fix: {fix}"), TEXT)));
    }
    if let Some(rest) = exception.cases.len().checked_sub(CASE_LIMIT).filter(|rest| *rest > 0) {
        cases.push((
            format!(
                "{CASE_LIMIT} of {} cases are printed; {rest} more are in {whole}.",
                exception.cases.len()
            ),
            TEXT,
        ));
    }
    let fixes = exception.fixes.iter().map(|fix| (fix.clone(), TEXT)).collect();
    let parts: [(&'static str, Vec<(String, Type)>); 4] = [
        ("What was found", cases),
        ("What would fix it", fixes),
        ("Why it matters", vec![(exception.why.clone(), TEXT)]),
        ("Test performed", vec![(exception.procedure.clone(), TEXT)]),
    ];
    let mut out = Vec::new();
    for (label, texts) in parts {
        let mut lines = Vec::new();
        for (text, style) in texts.into_iter().filter(|(t, _)| !t.is_empty()) {
            lines.extend(canvas.wrap(style, &text, width)?.into_iter().map(|line| (line, style)));
        }
        if !lines.is_empty() {
            out.push(Field { label, lines });
        }
    }
    Ok(out)
}

fn field_height(field: &Field) -> f32 {
    field.lines.iter().map(|(_, style)| style.leading).sum::<f32>() + 6.0
}

fn draw_field(canvas: &mut Canvas, field: &Field, ruled: bool) -> Result<(), PdfError> {
    let left = canvas.left();
    let two: f32 = field.lines.iter().take(2).map(|(_, style)| style.leading).sum();
    canvas.need(two + 6.0);
    if ruled {
        canvas.rule(left, canvas.y, canvas.measure(), HAIR, 0.4);
    }
    canvas.y += 2.5;
    canvas.label(left, canvas.y + 8.2, field.label, LABEL, LABEL_WIDTH - 6.0)?;
    for (line, style) in &field.lines {
        let page = canvas.pages.len();
        canvas.need(style.leading);
        if canvas.pages.len() != page {
            canvas.label(left, canvas.y + 8.2, field.label, LABEL, LABEL_WIDTH - 6.0)?;
        }
        canvas.line(left + LABEL_WIDTH, canvas.y + 8.2, line, *style);
        canvas.y += style.leading;
    }
    canvas.y += 3.5;
    Ok(())
}
