//! The front: cover, contents, and the lines that run along the head and foot of every page.

use super::PdfError;
use super::canvas::{Canvas, FAINT, HAIR, INK, Link, MARGIN, MUTED, NAVY, PAPER, Page, Type};
use super::fonts::Style;
use super::status;
use crate::report::{Cover, Report};

/// Says who may read it; printed on every page.
const CONFIDENTIAL: &str = "Confidential";
/// The most lines of one list on the cover, and of one entry of a list.
const COVER_LINES: usize = 12;
const ENTRY_LINES: usize = 4;
/// What the inputs and their heading take at the cover's foot.
const INPUTS: f32 = 62.0;

/// The longest title or name on the cover, in characters.
const NAME_LIMIT: usize = 100;

const TITLE: Type = Type::new(Style::Bold, 27.0, 33.0, NAVY);
const ORGANISATION: Type = Type::new(Style::Regular, 15.0, 20.0, INK);
const HEADLINE: Type = Type::new(Style::Bold, 11.5, 16.0, INK);
const LABEL: Type = Type::new(Style::Bold, 7.2, 11.0, MUTED);
const VALUE: Type = Type::new(Style::Regular, 9.2, 13.0, INK);
const SMALL: Type = Type::new(Style::Regular, 8.4, 12.0, INK);
const DIGEST: Type = Type::new(Style::Mono, 7.0, 10.0, INK);
const RUNNING: Type = Type::new(Style::Regular, 7.0, 9.0, MUTED);
const RUNNING_STRONG: Type = Type::new(Style::Bold, 7.0, 9.0, MUTED);
const ENTRY: Type = Type::new(Style::Bold, 10.0, 21.0, INK);
const SUB_ENTRY: Type = Type::new(Style::Regular, 8.6, 14.5, MUTED);

/// Draws the first page. What of the scope does not fit stands whole with the method.
pub(super) fn draw(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    let cover = &report.cover;
    canvas.turn(false);
    let (left, measure) = (canvas.left(), canvas.measure());
    canvas.mark(1, "Cover", false);
    canvas.y = 72.0;
    canvas.fill(left, canvas.y, 44.0, 3.0, NAVY);
    canvas.y += 16.0;
    canvas.paragraph(left, measure, &short(&cover.title), TITLE)?;
    canvas.y += 3.0;
    canvas.paragraph(left, measure, &short(&cover.organisation), ORGANISATION)?;
    canvas.y += 14.0;
    facts(canvas, cover)?;
    canvas.y += 12.0;
    result(canvas, cover)?;
    lines(canvas, "What this document is not", &cover.limits)?;
    lines(canvas, "Scope", &cover.scope)?;
    inputs(canvas, cover)
}

/// A name as long as a cover can bear.
fn short(text: &str) -> String {
    let mut out: String = text.chars().take(NAME_LIMIT).collect();
    if text.chars().nth(NAME_LIMIT).is_some() {
        out.push('…');
    }
    out.replace('\n', " ")
}

fn facts(canvas: &mut Canvas, cover: &Cover) -> Result<(), PdfError> {
    let (left, half) = (canvas.left(), canvas.measure() / 2.0);
    let facts = [
        ("Period", &cover.period),
        ("As of", &cover.as_of),
        ("Pack", &cover.pack_id),
        ("Client contract", &cover.client_contract),
        ("Made with", &cover.tool),
    ];
    canvas.rule(left, canvas.y, canvas.measure(), HAIR, 0.6);
    for pair in facts.chunks(2) {
        canvas.y += 7.0;
        let (page, top) = (canvas.pages.len(), canvas.y);
        let mut deepest = top;
        for (n, (label, value)) in pair.iter().enumerate() {
            let x = left + half * n as f32;
            if canvas.pages.len() == page {
                canvas.y = top;
            }
            canvas.label(x, canvas.y + 8.0, label, LABEL, 80.0)?;
            let width = if pair.len() == 1 { 2.0 * half - 84.0 } else { half - 94.0 };
            canvas.y -= 1.2;
            canvas.paragraph(x + 84.0, width, &short(value), VALUE)?;
            deepest = if canvas.pages.len() == page { deepest.max(canvas.y) } else { canvas.y };
        }
        canvas.y = deepest + 5.0;
        canvas.rule(left, canvas.y, canvas.measure(), HAIR, 0.6);
    }
    Ok(())
}

fn result(canvas: &mut Canvas, cover: &Cover) -> Result<(), PdfError> {
    let (left, measure) = (canvas.left(), canvas.measure());
    canvas.need(110.0);
    sub_head(canvas, "Result of the checklist")?;
    canvas.paragraph(left, measure, &cover.headline, HEADLINE)?;
    canvas.y += 5.0;
    bar(canvas, &cover.checklist_counts)?;
    canvas.y += 4.0;
    let counts: Vec<String> =
        cover.finding_counts.iter().map(|(word, n)| format!("{} {n}", status::word(word))).collect();
    if !counts.is_empty() {
        canvas.paragraph(left, measure, &format!("Findings: {}", counts.join("  ·  ")), SMALL)?;
    }
    canvas.y += 8.0;
    Ok(())
}

/// One bar cut by status, and a legend that gives every count in words.
fn bar(canvas: &mut Canvas, counts: &[(String, u64)]) -> Result<(), PdfError> {
    let (left, measure) = (canvas.left(), canvas.measure());
    let total: u64 = counts.iter().map(|c| c.1).sum();
    let shown: Vec<&(String, u64)> = counts.iter().filter(|c| c.1 > 0).collect();
    let gaps = shown.len().saturating_sub(1) as f32 * 1.5;
    let mut x = left;
    for (word, count) in shown {
        let width = *count as f32 / total.max(1) as f32 * (measure - gaps);
        canvas.fill(x, canvas.y, width, 17.0, status::ink(word));
        let inside = Type::new(Style::Bold, 9.0, 11.0, PAPER);
        if width > 14.0 {
            let text = count.to_string();
            let own = canvas.width_of(inside, &text)?;
            canvas.label(x + (width - own) / 2.0, canvas.y + 11.8, &text, inside, width)?;
        }
        x += width + 1.5;
    }
    canvas.y += 25.0;
    let step = measure / 4.0;
    for (n, (word, count)) in counts.iter().enumerate() {
        if n > 0 && n % 4 == 0 {
            canvas.y += 14.0;
        }
        let x = left + step * (n % 4) as f32;
        let used = status::show(canvas, x, canvas.y + 8.0, word, 8.0, step - 26.0)?;
        canvas.label(
            x + used + 6.0,
            canvas.y + 8.0,
            &count.to_string(),
            Type::new(Style::Bold, 8.0, 10.0, INK),
            30.0,
        )?;
    }
    canvas.y += 18.0;
    Ok(())
}

fn sub_head(canvas: &mut Canvas, text: &str) -> Result<(), PdfError> {
    canvas.need(42.0);
    canvas.y += 4.0;
    canvas.label(
        canvas.left(),
        canvas.y + 8.0,
        text,
        Type::new(Style::Bold, 9.0, 12.0, NAVY),
        canvas.measure(),
    )?;
    canvas.y += 15.0;
    Ok(())
}

/// A list that never leaves the page: an entry is cut, and the rest is counted, where the room ends.
fn lines(canvas: &mut Canvas, head: &str, lines: &[String]) -> Result<(), PdfError> {
    let (left, measure) = (canvas.left(), canvas.measure());
    if lines.is_empty() || canvas.room() < INPUTS + 19.0 + 3.0 * SMALL.leading {
        return Ok(());
    }
    sub_head(canvas, head)?;
    let mut shown = 0;
    let mut cut = false;
    for line in lines.iter().take(COVER_LINES) {
        // The last line of the room is kept for saying what was left out.
        let room = ((canvas.room() - INPUTS) / SMALL.leading) as usize;
        let most = room.saturating_sub(1).min(ENTRY_LINES);
        if most == 0 {
            break;
        }
        let set = canvas.wrap(SMALL, line, measure - 11.0)?;
        cut |= set.len() > most;
        canvas.fill(left + 1.0, canvas.y + 5.0, 2.4, 2.4, FAINT);
        for line in set.iter().take(most) {
            canvas.line(left + 11.0, canvas.y + SMALL.size, line, SMALL);
            canvas.y += SMALL.leading;
        }
        canvas.y += 1.6;
        shown += 1;
    }
    if cut || shown < lines.len() {
        let rest = format!("{shown} of {} lines, some cut; all are in section 7.", lines.len());
        canvas.label(left + 11.0, canvas.y + SMALL.size, &rest, SMALL, measure - 11.0)?;
        canvas.y += SMALL.leading;
    }
    canvas.y += 4.0;
    Ok(())
}

fn inputs(canvas: &mut Canvas, cover: &Cover) -> Result<(), PdfError> {
    if cover.inputs.is_empty() || canvas.room() < 42.0 {
        return Ok(());
    }
    sub_head(canvas, "Inputs and their digests")?;
    let (left, measure) = (canvas.left(), canvas.measure());
    for (name, digest) in cover.inputs.iter().take(COVER_LINES) {
        if canvas.room() < 12.0 {
            break;
        }
        canvas.label(left, canvas.y + 8.0, name, SMALL, 84.0)?;
        canvas.label(left + 90.0, canvas.y + 7.6, digest, DIGEST, measure - 90.0)?;
        canvas.y += 12.0;
    }
    Ok(())
}

/// Draws the contents and moves it behind the first `front` pages.
pub(super) fn contents(canvas: &mut Canvas, front: usize) -> Result<(), PdfError> {
    // The number of pages depends on the entries alone, so a first drawing tells how far the body moves.
    let body = canvas.pages.len();
    entries(canvas, front, 0)?;
    let added = canvas.pages.len() - body;
    canvas.pages.truncate(body);
    canvas.links.retain(|l| l.page < body);
    for mark in canvas.marks.iter_mut().filter(|m| m.page >= front) {
        mark.page += added;
    }
    for link in &mut canvas.links {
        link.page += if link.page >= front { added } else { 0 };
        link.to_page += if link.to_page >= front { added } else { 0 };
    }
    let known = canvas.links.len();
    entries(canvas, front, added)?;
    let drawn: Vec<Page> = canvas.pages.drain(body..).collect();
    canvas.pages.splice(front..front, drawn);
    for link in &mut canvas.links[known..] {
        link.page = link.page - body + front;
    }
    let own = super::canvas::Mark { level: 1, title: "Contents".into(), page: front, y: 0.0, listed: false };
    let at = canvas.marks.iter().position(|m| m.page >= front).unwrap_or(canvas.marks.len());
    canvas.marks.insert(at, own);
    Ok(())
}

fn entries(canvas: &mut Canvas, front: usize, moved: usize) -> Result<(), PdfError> {
    canvas.turn(false);
    let (left, measure) = (canvas.left(), canvas.measure());
    canvas.paragraph(left, measure, "Contents", Type::new(Style::Bold, 20.0, 30.0, NAVY))?;
    canvas.y += 6.0;
    let marks: Vec<_> =
        canvas.marks.iter().filter(|m| m.listed && m.page >= front + moved).cloned().collect();
    for mark in marks {
        let style = if mark.level == 1 { ENTRY } else { SUB_ENTRY };
        let indent = if mark.level == 1 { 0.0 } else { 22.0 };
        canvas.need(style.leading * if mark.level == 1 { 2.0 } else { 1.0 });
        let base = canvas.y + style.leading - 6.0;
        let used = canvas.label(left + indent, base, &mark.title, style, measure - indent - 40.0)?;
        let number = (mark.page + 1).to_string();
        let own = canvas.width_of(style, &number)?;
        canvas.label_right(left + measure, base, &number, style)?;
        let (from, to) = (left + indent + used + 6.0, left + measure - own - 6.0);
        let mut dot = to - ((to - from) / 5.0).floor() * 5.0;
        while dot < to {
            canvas.fill(dot, base - 1.0, 0.8, 0.8, FAINT);
            dot += 5.0;
        }
        let page = canvas.pages.len() - 1;
        let area = [left + indent, canvas.y, left + measure, canvas.y + style.leading];
        canvas.links.push(Link { page, area, to_page: mark.page, to_y: mark.y });
        canvas.y += style.leading;
    }
    Ok(())
}

/// Draws head and foot on every page, now that the number of pages is known.
pub(super) fn running_lines(canvas: &mut Canvas, report: &Report) -> Result<(), PdfError> {
    let count = canvas.pages.len();
    let short = format!("{} · {}", report.cover.title, report.cover.organisation);
    let pack = format!("Pack {}", report.cover.pack_id);
    for n in 0..count {
        // The running lines are drawn on each page in turn by making it the last one for a moment.
        let page = std::mem::take(&mut canvas.pages[n]);
        let (width, height) = (page.width(), page.height());
        canvas.open(page);
        let (left, right) = (MARGIN, width - MARGIN);
        canvas.label(left, 34.0, &short, RUNNING, (width - 2.0 * MARGIN) * 0.72)?;
        canvas.label_right(right, 34.0, CONFIDENTIAL, RUNNING_STRONG)?;
        canvas.rule(left, 41.0, right - left, HAIR, 0.5);
        canvas.rule(left, height - 40.0, right - left, HAIR, 0.5);
        canvas.label(left, height - 29.0, &pack, RUNNING, (width - 2.0 * MARGIN) * 0.72)?;
        canvas.label_right(right, height - 29.0, &format!("Page {} of {count}", n + 1), RUNNING)?;
        canvas.pages[n] = canvas.close();
    }
    Ok(())
}
