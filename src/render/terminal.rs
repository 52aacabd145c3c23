//! The checklist on a terminal: fifteen rows, then the exceptions with reason and fix, then what was not seen.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::visible::visible;
use crate::report::{ControlRow, Exception, Report, wording};

/// Nothing is laid out narrower than this.
pub(super) const NARROWEST: usize = 72;
/// Prose is not set wider than this; the table is.
const PROSE: usize = 110;
/// Characters of one text before it is cut; the whole stands in the JSON.
const LONGEST: usize = 2_000;
/// Likewise for the texts of an exception, of which many should fit on one screen.
const BRIEF: usize = 240;
/// Exceptions told, and lines given to them, before the rest is counted.
const EXCEPTIONS_SHOWN: usize = 20;
const EXCEPTION_LINES: usize = 96;
/// Subjects of a case named before the rest is counted.
const SUBJECTS_SHOWN: usize = 4;
/// Fixes of an exception shown.
const FIXES_SHOWN: usize = 4;
/// The narrowest table with a column for the subjects tested.
const WITH_TESTED: usize = 110;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The checklist in this many columns, with styles; who prints it strips them where the output is no terminal.
pub fn render(report: &Report, columns: usize) -> String {
    let mut page = Page { out: String::new(), columns: columns.max(NARROWEST) };
    page.head(report);
    page.table("Checklist", &report.checklist);
    page.undetermined(&report.checklist);
    page.exceptions(report);
    page.tail(report);
    page.out
}

/// The same without styles.
pub fn plain(report: &Report, columns: usize) -> String {
    anstream::adapter::strip_str(&render(report, columns)).to_string()
}

/// The mark that stands beside a status word, so that colour is never needed.
pub(super) fn symbol(word: &str) -> &'static str {
    match word {
        "pass" => "✓",
        "fail" => "✗",
        "undetermined" => "?",
        "not_applicable" => "–",
        "attested" => "§",
        "awaiting_attestation" => "…",
        "expired" => "!",
        _ => "≠",
    }
}

fn style(word: &str) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match word {
        "pass" => colour(AnsiColor::Green),
        "fail" | "expired" | "conflict" => colour(AnsiColor::Red).bold(),
        "undetermined" | "awaiting_attestation" => colour(AnsiColor::Yellow),
        "attested" => colour(AnsiColor::Cyan),
        _ => DIM,
    }
}

/// The word for a column of a narrow table.
fn short(word: &str) -> &str {
    match word {
        "undetermined" => "undeterm.",
        "not_applicable" => "n/a",
        "awaiting_attestation" => "awaiting",
        other => other,
    }
}

struct Page {
    out: String,
    columns: usize,
}

impl Page {
    fn head(&mut self, report: &Report) {
        let cover = &report.cover;
        self.line(&format!("{BOLD}{}{BOLD:#}", shown(&cover.title)));
        self.prose("", &cover.headline);
        self.prose("", &format!("Period {}.", cover.period));
        for line in &cover.scope {
            self.prose("  ", line);
        }
        self.line("");
    }

    /// One row a control: number, text, three answers, result. Text takes what the answers leave.
    fn table(&mut self, heading: &str, rows: &[ControlRow]) {
        let wide = self.columns >= 124;
        let name = |word: &str| if wide { wording::label(word).to_owned() } else { short(word).to_owned() };
        let answers = |row: &ControlRow| {
            [&row.declared, &row.enforced, &row.operated, &row.result]
                .map(|word| format!("{} {}", symbol(word), name(word)))
        };
        let mut widths = ["declared", "enforced", "operated", "result"].map(UnicodeWidthStr::width);
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(answers(row)) {
                *width = (*width).max(cell.width());
            }
        }
        let tested = |row: &ControlRow| shown(&format!("tested {}", row.subjects));
        let last = if self.columns < WITH_TESTED {
            0
        } else {
            rows.iter().map(|row| tested(row).width() + 2).max().unwrap_or(0)
        };
        let taken: usize = widths.iter().map(|width| width + 2).sum::<usize>() + last;
        let text_columns = self.columns.saturating_sub(taken + 4).clamp(16, 72);
        let titles = ["declared", "enforced", "operated", "result"];
        let mut head = format!("{:>2}  {}", "#", padded(heading, text_columns));
        for (title, width) in titles.iter().zip(widths) {
            write!(head, "  {}", padded(title, width)).expect("a string takes everything");
        }
        self.line(&format!("{DIM}{}{DIM:#}", head.trim_end()));
        for row in rows {
            let mut lines = wrap(&shown(&row.text), text_columns).into_iter();
            let number = shown(if row.item.is_empty() { &row.id } else { &row.item });
            let mut line =
                format!("{number:>2}  {}", padded(&lines.next().unwrap_or_default(), text_columns));
            let words = [&row.declared, &row.enforced, &row.operated, &row.result];
            for ((cell, width), word) in answers(row).iter().zip(widths).zip(words) {
                let style = style(word);
                write!(line, "  {style}{cell}{style:#}{:1$}", "", width.saturating_sub(cell.width()))
                    .expect("a string takes everything");
            }
            if last > 0 {
                write!(line, "  {DIM}{}{DIM:#}", tested(row)).expect("a string takes everything");
            }
            self.line(line.trim_end());
            for more in lines {
                self.line(&format!("    {more}"));
            }
        }
        self.line("");
    }

    /// Why the undetermined items are: one line a reason, with the items that share it.
    fn undetermined(&mut self, rows: &[ControlRow]) {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for row in rows.iter().filter(|row| row.result == "undetermined") {
            match reasons.iter_mut().find(|(reason, _)| *reason == row.reason) {
                Some((_, items)) => items.push(&row.item),
                None => reasons.push((&row.reason, vec![&row.item])),
            }
        }
        if reasons.is_empty() {
            return;
        }
        self.line(&format!("{BOLD}Why undetermined{BOLD:#}"));
        for (reason, items) in reasons {
            let columns = self.columns.min(PROSE).saturating_sub(4);
            let mut lines = wrap(&shown(&format!("{}: {reason}", items.join(", "))), columns).into_iter();
            let line = lines.next().unwrap_or_default();
            let more = if lines.next().is_some() { "…" } else { "" };
            self.line(&format!("  {line}{more}"));
        }
        self.line("");
    }

    fn exceptions(&mut self, report: &Report) {
        self.line(&format!("{BOLD}{}{BOLD:#}", report.exceptions_counted()));
        if report.exceptions.is_empty() {
            self.prose(
                "",
                if report.findings.is_empty() { "Nothing was tested." } else { wording::NO_EXCEPTIONS },
            );
        }
        let begun = self.out.len();
        let mut told = 0;
        for row in report.exceptions.iter().take(EXCEPTIONS_SHOWN) {
            let before = self.out.len();
            self.exception(row);
            if told > 0 && self.out[begun..].lines().count() > EXCEPTION_LINES {
                self.out.truncate(before);
                break;
            }
            told += 1;
        }
        let rest = report.exceptions.get(told..).unwrap_or_default();
        if !rest.is_empty() {
            let failing: usize = rest.iter().map(|row| row.failing).sum();
            self.prose(
                "",
                &format!(
                    "and {} more, with {failing} failing findings: see report.html or --format json",
                    rest.len()
                ),
            );
        }
        self.line("");
    }

    /// One check: its first case with a place, and the change.
    fn exception(&mut self, row: &Exception) {
        let style = style("fail");
        let subjects = if row.failing == 1 { "subject" } else { "subjects" };
        let head = format!(
            "{} {} {}: {} ({} {subjects})",
            row.severity,
            row.controls.join(" "),
            row.basis,
            row.title,
            row.failing
        );
        let mut lines = wrap(&shown(&head), self.columns.min(PROSE) - 2).into_iter();
        let line = lines.next().unwrap_or_default();
        self.line(&format!("{style}{} {line}{style:#}", symbol("fail")));
        for more in lines {
            self.line(&format!("{style}  {more}{style:#}"));
        }
        if let Some(case) = row.cases.first() {
            let named = case.named(SUBJECTS_SHOWN);
            self.prose("  ", &brief(&format!("{named}: {}", case.message)));
            if let Some(place) = case.places.first() {
                let more = match case.places.len() - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                self.prose("  in   ", &format!("{}{more}", brief(place)));
            }
            if row.cases.len() > 1 {
                let more = row.cases.len() - 1;
                let cases = if more == 1 { "case" } else { "cases" };
                self.prose("  also ", &format!("{more} more {cases}"));
            }
            let fixes = if row.fixes.is_empty() { &case.fixes } else { &row.fixes };
            for (at, fix) in fixes.iter().take(FIXES_SHOWN).enumerate() {
                self.prose(if at == 0 { "  fix  " } else { "       " }, &brief(fix));
            }
            if let Some(rest) = fixes.len().checked_sub(FIXES_SHOWN).filter(|rest| *rest > 0) {
                self.prose("       ", &format!("and {rest} more lines"));
            }
        }
    }

    fn tail(&mut self, report: &Report) {
        let counts: Vec<String> = report
            .cover
            .finding_counts
            .iter()
            .map(|(word, count)| format!("{count} {}", wording::label(word)))
            .collect();
        self.prose("", &format!("Findings: {}, of {}.", counts.join(", "), report.findings.len()));
        self.prose(
            "",
            &format!("Gaps: {} looked for and not seen; none counts as a pass.", report.gaps.len()),
        );
        if let Some(limit) = report.cover.limits.first() {
            self.prose("", limit);
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Wrapped text; the first line begins with the lead, the others with as much space.
    fn prose(&mut self, lead: &str, text: &str) {
        let columns = self.columns.min(PROSE).saturating_sub(lead.len()).max(20);
        for (at, line) in wrap(&shown(text), columns).iter().enumerate() {
            if at == 0 {
                self.line(&format!("{DIM}{lead}{DIM:#}{line}"));
            } else {
                self.line(&format!("{:1$}{line}", "", lead.len()));
            }
        }
    }
}

/// Text that neither the terminal nor a job log takes for a command.
fn shown(text: &str) -> String {
    let text = visible(text).replace("##", "#\\#");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… (cut; whole in the JSON)", &text[..end]),
        None => text,
    }
}

/// The beginning of a text that would take too much of a screen.
fn brief(text: &str) -> String {
    match text.char_indices().nth(BRIEF) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{:1$}", "", columns.saturating_sub(text.width()))
}

/// Lines of at most so many columns, broken at spaces, inside words only where a word is longer than a line. No line
/// begins with `::`, which a job log would take for a command.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut close = |line: &mut String, used: &mut usize| {
        let mut done = std::mem::take(line);
        done.truncate(done.trim_end().len());
        if done.trim_start().starts_with("::") {
            done.insert(0, '\\');
        }
        lines.push(done);
        *used = 0;
    };
    for word in text.split_inclusive(' ') {
        let width = word.trim_end().width();
        if used > 0 && used + width > columns {
            close(&mut line, &mut used);
        }
        if width <= columns {
            line.push_str(word);
            used += word.width();
            continue;
        }
        for character in word.chars() {
            let width = character.width().unwrap_or(0);
            if used + width > columns {
                close(&mut line, &mut used);
            }
            line.push(character);
            used += width;
        }
    }
    if !line.is_empty() || used == 0 {
        close(&mut line, &mut used);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_whatever_the_words() {
        let long = "x".repeat(1_000);
        for text in
            ["", "one two three four", &long, "日本語のとても長い名前 and more", "a  b ", "👩‍💻👩‍💻👩‍💻 team"]
        {
            for columns in [3, 8, 20] {
                let lines = wrap(text, columns);
                assert!(!lines.is_empty());
                assert!(lines.iter().all(|line| line.width() <= columns), "{columns} {lines:?}");
            }
        }
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
    }

    #[test]
    fn no_line_is_a_command_of_the_job_log() {
        assert_eq!(wrap("aaaa ::error::x", 10), ["aaaa", "\\::error::x"]);
        assert_eq!(shown("##[error]x"), "#\\#[error]x");
    }
}
