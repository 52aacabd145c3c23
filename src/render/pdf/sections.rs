//! The sections that are mostly tables: checklist, tests and results, gaps, evidence; then the prose and the sign-off.

use super::PdfError;
use super::canvas::{Canvas, FAINT, HAIR, INK, MUTED, NAVY, Type};
use super::fonts::Style;
use super::status;
use super::table::{self, CELL, CELL_MONO, CELL_MUTED, CELL_STRONG, Cell, Frame, Part, cell, column, mono};
use crate::report::{ControlRow, Report, TestRow, wording};

const SECTION: Type = Type::new(Style::Bold, 20.0, 26.0, NAVY);
const SUB: Type = Type::new(Style::Bold, 11.5, 16.0, NAVY);
pub(super) const BODY: Type = Type::new(Style::Regular, 9.0, 13.2, INK);
pub(super) const LEAD: Type = Type::new(Style::Regular, 8.6, 12.4, MUTED);

/// Starts a section on a page of its own.
pub(super) fn section(canvas: &mut Canvas, title: &str, landscape: bool) -> Result<(), PdfError> {
    canvas.turn(landscape);
    canvas.mark(1, title, true);
    canvas.paragraph(canvas.left(), canvas.measure(), title, SECTION)?;
    canvas.y += 5.0;
    Ok(())
}

/// A heading inside a section, kept with at least `keep` points of what follows.
pub(super) fn sub_section(canvas: &mut Canvas, title: &str, keep: f32) -> Result<(), PdfError> {
    canvas.need(30.0 + keep);
    canvas.y += 7.0;
    canvas.mark(2, title, true);
    canvas.paragraph(canvas.left(), canvas.measure(), title, SUB)?;
    canvas.y += 3.0;
    Ok(())
}

/// A sentence under a heading.
pub(super) fn lead(canvas: &mut Canvas, text: &str) -> Result<(), PdfError> {
    canvas.paragraph(canvas.left(), canvas.measure(), text, LEAD)?;
    canvas.y += 8.0;
    Ok(())
}

/// The pack's file that holds the whole of a table: the first of `names` that the report writes.
pub(super) fn whole(report: &Report, names: &[&str]) -> String {
    names
        .iter()
        .find(|name| report.tables.iter().any(|t| t.name == **name))
        .map_or_else(|| "assessment.json".to_owned(), |name| format!("{name}.csv"))
}

/// The fifteen items, each with its three answers.
pub(super) fn checklist(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    section(canvas, "1  Enterprise checklist", false)?;
    lead(
        canvas,
        "Declared: written down in files. Enforced: in force in the client as it loads them. Operated: worked through \
         the period. The result follows from what the item's control requires.",
    )?;
    legend(canvas)?;
    let columns = [
        column("Item", 8.0),
        column("What the checklist asks", 31.5),
        column("Declared", 15.0),
        column("Enforced", 15.0),
        column("Operated", 15.0),
        column("Result", 15.5),
    ];
    let rows = report.checklist.iter().map(|row| {
        vec![
            vec![Part::Text(&row.item, CELL_STRONG), Part::Text(&row.id, CELL_MUTED)],
            vec![Part::Text(&row.text, CELL_STRONG), Part::Text(&row.reason, CELL_MUTED)],
            vec![Part::Status(&row.declared)],
            vec![Part::Status(&row.enforced)],
            vec![Part::Status(&row.operated)],
            vec![Part::Status(&row.result), Part::Owned(tested(&row.subjects), CELL_MUTED)],
        ]
    });
    table::draw(
        canvas,
        &Frame { title: "", note: "", columns: &columns, whole: &whole(report, &["checklist"]) },
        rows,
    )?;
    untested(canvas, report)
}

fn tested(subjects: &str) -> String {
    if subjects.is_empty() { String::new() } else { format!("Tested: {subjects}") }
}

/// What each shape means, every status once.
fn legend(canvas: &mut Canvas) -> Result<(), PdfError> {
    canvas.need(34.0);
    let step = canvas.measure() / 4.0;
    for (n, word) in status::WORDS.iter().enumerate() {
        let x = canvas.left() + step * (n % 4) as f32;
        let y = canvas.y + 8.0 + 13.0 * (n / 4) as f32;
        status::show(canvas, x, y, word, 7.6, step)?;
    }
    canvas.y += 36.0;
    Ok(())
}

fn untested(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    let rows: Vec<(&ControlRow, &(String, String))> = report
        .checklist
        .iter()
        .chain(&report.controls)
        .flat_map(|c| c.untested.iter().map(move |u| (c, u)))
        .collect();
    let waited: Vec<(&ControlRow, &String)> = report
        .checklist
        .iter()
        .chain(&report.controls)
        .filter_map(|c| c.attestation.as_ref().map(|a| (c, a)))
        .collect();
    if !waited.is_empty() {
        let columns = [column("Control", 10.0), column("Statement", 69.0), column("Result", 21.0)];
        let rows = waited
            .into_iter()
            .map(|(c, a)| vec![vec![Part::Text(&c.id, CELL_STRONG)], cell(a), vec![Part::Status(&c.result)]]);
        table::draw(
            canvas,
            &Frame {
                title: "Statements that people must make",
                note: "",
                columns: &columns,
                whole: &whole(report, &["attestations", "checklist"]),
            },
            rows,
        )?;
    }
    if !rows.is_empty() {
        let columns = [column("Control", 10.0), column("Basis", 14.0), column("Why it was not tested", 76.0)];
        let rows = rows.into_iter().map(|(c, (basis, why))| {
            vec![
                vec![Part::Text(&c.id, CELL_STRONG)],
                vec![Part::Owned(status::word(basis), CELL)],
                cell(why),
            ]
        });
        table::draw(
            canvas,
            &Frame {
                title: "Questions that no automated test answers",
                note: "",
                columns: &columns,
                whole: &whole(report, &["checklist"]),
            },
            rows,
        )?;
    }
    Ok(())
}

/// Tests and results, in the columns of section IV of a SOC 2 report.
pub(super) fn tests(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    section(canvas, "3  Tests performed by management and results", true)?;
    lead(
        canvas,
        "Tests performed by management. No service auditor performed or reviewed them, and this section holds no opinion. \
         One row a control, with the criteria that it answers in full or in part; each test of each subject by itself is \
         in tests_results.csv of the pack.",
    )?;
    if report.tests.is_empty() {
        return lead(canvas, "No test was performed.");
    }
    let columns = [
        column("Criterion", 8.0),
        column("Control no.", 5.5),
        column("Control activity as described by management", 16.0),
        column("Test performed", 34.0),
        column("Period / as-of", 7.5),
        column("Population / items tested", 7.0),
        column("Result", 22.0),
    ];
    let rows = report.tests.iter().map(|t| {
        vec![
            vec![Part::Text(&t.criterion, CELL_STRONG)],
            vec![Part::Text(&t.control, CELL)],
            cell(&t.activity),
            procedures(t),
            cell(&t.as_of),
            cell(&t.population),
            vec![Part::Status(&t.status), Part::Text(&t.result, CELL)],
        ]
    });
    table::draw(
        canvas,
        &Frame { title: "", note: "", columns: &columns, whole: &whole(report, &["tests_results", "tests"]) },
        rows,
    )
}

/// What was done, each procedure on lines of its own under what it answers.
fn procedures(row: &TestRow) -> Cell<'_> {
    if row.tests.is_empty() {
        return cell("No automated test.");
    }
    let mut parts = Vec::new();
    for (basis, lines) in &row.tests {
        parts.push(Part::Text(basis, CELL_STRONG));
        parts.extend(lines.iter().map(|line| Part::Text(line, CELL)));
    }
    parts
}

/// The hooks that were run, each with its figures, below the tests that rest on them.
pub(super) fn guards(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    if report.guards.is_empty() {
        return Ok(());
    }
    canvas.y += 8.0;
    let columns = [column("Hook", 30.0), column("What it stopped", 38.0), column("When it breaks", 32.0)];
    let rows = report.guards.iter().map(|guard| {
        let mut figures: Vec<Part> = guard.figures.iter().map(|figure| Part::Text(figure, CELL)).collect();
        figures.push(Part::Text(&guard.approves, CELL_MUTED));
        vec![
            vec![
                Part::Text(&guard.command, CELL_MONO),
                Part::Text(&guard.event, CELL),
                Part::Text(&guard.hook, CELL_MUTED),
            ],
            figures,
            vec![
                Part::Text(&guard.fails, CELL),
                Part::Text(&guard.faults, CELL_MUTED),
                Part::Text(&guard.isolation, CELL_MUTED),
            ],
        ]
    });
    let frame = Frame {
        title: "Hooks, as run with test inputs",
        note: "",
        columns: &columns,
        whole: &whole(report, &["guards"]),
    };
    table::draw(canvas, &frame, rows)
}

/// What was looked for and not seen.
pub(super) fn gaps(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    section(canvas, "5  Gaps", false)?;
    lead(canvas, "What was looked for and not seen, and why. A gap never counts as a pass.")?;
    if report.gaps.is_empty() {
        return lead(canvas, "No gap is recorded.");
    }
    let columns = [column("Source", 40.0), column("Reason", 15.0), column("Detail", 45.0)];
    let rows = report.gaps.iter().map(|g| {
        vec![mono(&g.source), vec![Part::Owned(status::word(&g.reason), CELL_STRONG)], cell(&g.detail)]
    });
    table::draw(
        canvas,
        &Frame { title: "", note: "", columns: &columns, whole: &whole(report, &["gaps"]) },
        rows,
    )
}

/// Every file and record that was seen, with its digest.
pub(super) fn evidence(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    section(canvas, "6  Evidence index", true)?;
    lead(
        canvas,
        "Every observation that the tests cite or that the collection made, with the digest of what was read.",
    )?;
    if report.evidence.is_empty() {
        return lead(canvas, "No observation is recorded.");
    }
    let columns = [
        column("Source", 28.0),
        column("What it is", 19.0),
        column("Bytes", 6.5),
        // Wide enough for half a digest: a digest takes two even lines.
        column("SHA-256 of what was read", 18.6),
        column("Owner, mode", 9.0),
        column("Redactions", 7.7),
        column("Collector and id", 17.4),
    ];
    let rows = report.evidence.iter().map(|e| {
        vec![
            mono(&e.source),
            cell(&e.kind),
            cell(&e.bytes),
            mono(&e.sha256),
            vec![Part::Text(&e.owner, CELL), Part::Text(&e.mode, CELL_MUTED)],
            cell(&e.redactions),
            vec![Part::Text(&e.collector, CELL), Part::Text(&e.id, CELL_MONO)],
        ]
    });
    table::draw(
        canvas,
        &Frame {
            title: "",
            note: "",
            columns: &columns,
            whole: &whole(report, &["evidence", "evidence_manifest", "index"]),
        },
        rows,
    )
}

/// Methodology, limits, glossary.
pub(super) fn notes(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    section(canvas, "7  Methodology, limits and glossary", false)?;
    let cover = &report.cover;
    let parts = [("Scope", &cover.scope), ("What this document is not", &cover.limits)];
    let notes = report.notes.iter().map(|note| (note.heading.as_str(), &note.paragraphs));
    let parts = parts.into_iter().chain(notes).chain([(wording::NOTICES_HEADING, &cover.notices)]);
    for (heading, paragraphs) in parts.filter(|(_, paragraphs)| !paragraphs.is_empty()) {
        sub_section(canvas, heading, 40.0)?;
        for paragraph in paragraphs {
            // A line is shorter than the page: about ninety letters read best.
            let width = canvas.measure().min(440.0);
            canvas.paragraph(canvas.left(), width, paragraph, BODY)?;
            canvas.y += 5.0;
        }
    }
    Ok(())
}

/// Room for people to sign. Nothing is filled in for them.
pub(super) fn sign_off(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    section(canvas, "8  Sign-off", false)?;
    let told = format!(
        "Signed on paper or on a copy of this document. Each signature covers pack {} as of {}. \
         The independent reviewer must be neither the preparer nor a control owner.",
        report.cover.pack_id, report.cover.as_of
    );
    lead(canvas, &told)?;
    canvas.y += 8.0;
    let roles = [
        ("Preparer", "Ran the tests and assembled this pack."),
        ("Control owner", "Is responsible for the controls described; has read the exceptions."),
        ("Independent reviewer", "Has reviewed the tests, their results and the evidence cited."),
    ];
    for (role, meaning) in roles {
        block(canvas, role, meaning)?;
    }
    Ok(())
}

fn block(canvas: &mut Canvas, role: &str, meaning: &str) -> Result<(), PdfError> {
    canvas.need(165.0);
    let (left, measure) = (canvas.left(), canvas.measure());
    canvas.outline(left, canvas.y, measure, 150.0, HAIR, 0.7);
    canvas.fill(left, canvas.y, 3.0, 150.0, NAVY);
    canvas.label(left + 16.0, canvas.y + 21.0, role, SUB, measure - 30.0)?;
    canvas.label(left + 16.0, canvas.y + 35.0, meaning, LEAD, measure - 30.0)?;
    let half = (measure - 32.0 - 24.0) / 2.0;
    let small = Type::new(Style::Regular, 7.2, 9.0, MUTED);
    for (n, name) in ["Name", "Role", "Signature", "Date"].iter().enumerate() {
        let x = left + 16.0 + (half + 24.0) * (n % 2) as f32;
        let y = canvas.y + 78.0 + 48.0 * (n / 2) as f32;
        canvas.rule(x, y, half, FAINT, 0.6);
        canvas.label(x, y + 10.0, name, small, half)?;
    }
    canvas.y += 166.0;
    Ok(())
}
