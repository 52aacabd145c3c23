//! A summary for pull-request comments and job pages. Text from the audited side can form no link, mention or markup.

use std::fmt::Write as _;

use super::visible::visible;
use crate::report::{ControlRow, Exception, Report, wording};

/// Characters of one text before it is cut; the whole stands in `assessment.json`.
const LONGEST: usize = 1_000;
/// Exceptions written out before the rest is counted: a comment holds 65,536 characters.
const EXCEPTIONS_SHOWN: usize = 40;
/// Cases of one exception, subjects of one case and places of one case, likewise.
const CASES_SHOWN: usize = 6;
const SUBJECTS_SHOWN: usize = 12;
const PLACES_SHOWN: usize = 4;

/// Headline, checklist, exceptions with reason and fix, gaps.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    write(&mut out, report).expect("a string takes everything");
    out
}

fn write(out: &mut String, report: &Report) -> std::fmt::Result {
    let cover = &report.cover;
    writeln!(out, "## {}\n", prose(&cover.title))?;
    writeln!(out, "**{}**\n", prose(&cover.headline))?;
    writeln!(
        out,
        "{} · as of {} · period {} · run {} · {}\n",
        prose(&cover.organisation),
        code(&cover.as_of),
        code(&cover.period),
        code(&cover.pack_id),
        prose(&cover.tool)
    )?;
    for line in &cover.scope {
        writeln!(out, "- {}", prose(line))?;
    }
    writeln!(out, "\n### Checklist ({} items)\n", report.checklist.len())?;
    table(out, &report.checklist)?;
    if !report.controls.is_empty() {
        writeln!(out, "\n<details><summary>Other controls ({})</summary>\n", report.controls.len())?;
        table(out, &report.controls)?;
        writeln!(out, "\n</details>")?;
    }
    writeln!(out, "\n### Exceptions: {}\n", report.exceptions_counted())?;
    if report.exceptions.is_empty() {
        writeln!(out, "{}", wording::NO_EXCEPTIONS)?;
    }
    for row in report.exceptions.iter().take(EXCEPTIONS_SHOWN) {
        exception(out, row)?;
    }
    if let Some(rest) = report.exceptions.len().checked_sub(EXCEPTIONS_SHOWN).filter(|rest| *rest > 0) {
        writeln!(out, "- and {rest} more, in `data/exceptions.csv`")?;
    }
    writeln!(out, "\n### Findings\n\n| verdict | count |\n|---|---:|")?;
    for (word, count) in &cover.finding_counts {
        writeln!(out, "| {} | {count} |", wording::label(word))?;
    }
    writeln!(out, "\n### Gaps: {}\n", report.gaps.len())?;
    writeln!(
        out,
        "Things looked for and not seen, each with its reason in `data/gaps.csv`. None counts as a pass.\n"
    )?;
    writeln!(out, "### What this is not\n")?;
    for line in &cover.limits {
        writeln!(out, "- {}", prose(line))?;
    }
    writeln!(out, "\n<details><summary>{}</summary>\n", wording::NOTICES_HEADING)?;
    for line in &cover.notices {
        writeln!(out, "- {}", prose(line))?;
    }
    writeln!(out, "\n</details>")
}

fn table(out: &mut String, rows: &[ControlRow]) -> std::fmt::Result {
    writeln!(out, "| # | Control | Declared | Enforced | Operated | Result | Tested |")?;
    writeln!(out, "|---:|---|---|---|---|---|---|")?;
    for row in rows {
        let number = if row.item.is_empty() { &row.id } else { &row.item };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | **{}** | {} |",
            prose(number),
            prose(&row.text),
            mark(&row.declared),
            mark(&row.enforced),
            mark(&row.operated),
            mark(&row.result),
            prose(&row.subjects)
        )?;
    }
    Ok(())
}

fn exception(out: &mut String, row: &Exception) -> std::fmt::Result {
    let plural = if row.failing == 1 { "subject" } else { "subjects" };
    writeln!(
        out,
        "- **{}** {} ({}, {}, {} {plural})",
        prose(&row.severity),
        prose(&row.title),
        code(&row.controls.join(" ")),
        prose(&row.basis),
        row.failing
    )?;
    for case in row.cases.iter().take(CASES_SHOWN) {
        writeln!(out, "  - {}: {}", code(&case.named(SUBJECTS_SHOWN)), prose(&case.message))?;
        let places: Vec<String> = case.places.iter().take(PLACES_SHOWN).map(|place| code(place)).collect();
        if !places.is_empty() {
            let more = match case.places.len() - places.len() {
                0 => String::new(),
                more => format!(" and {more} more, in `data/findings.csv`"),
            };
            writeln!(out, "    - evidence: {}{more}", places.join(", "))?;
        }
        for fix in &case.fixes {
            writeln!(out, "    - fix: {}", prose(fix))?;
        }
    }
    if let Some(rest) = row.cases.len().checked_sub(CASES_SHOWN).filter(|rest| *rest > 0) {
        writeln!(out, "  - and {rest} more cases, in `data/exceptions.csv`")?;
    }
    for fix in &row.fixes {
        writeln!(out, "  - fix: {}", prose(fix))?;
    }
    Ok(())
}

fn mark(word: &str) -> String {
    format!("{} {}", super::terminal::symbol(word), wording::label(word))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… (cut)", &text[..end]),
        None => text.to_owned(),
    }
}

/// Text in which nothing is markup. An invisible space breaks mentions, issue numbers and bare addresses, which are
/// recognised after the escapes are gone.
pub fn prose(text: &str) -> String {
    let text = cut(&visible(text));
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    let mut only_digits = true;
    while let Some(character) = characters.next() {
        let ends_number = only_digits && matches!(character, '.' | ')');
        let starts_block = escaped.is_empty() && matches!(character, '-' | '+' | '=');
        if ends_number
            || starts_block
            || matches!(
                character,
                '\\' | '`'
                    | '*'
                    | '_'
                    | '{'
                    | '}'
                    | '['
                    | ']'
                    | '<'
                    | '>'
                    | '#'
                    | '!'
                    | '|'
                    | '~'
                    | '&'
                    | '$'
            )
        {
            escaped.push('\\');
        }
        escaped.push(character);
        let next = characters.peek().copied();
        let breaks = match character {
            '@' => true,
            '#' => next.is_some_and(|next| next.is_ascii_digit()),
            ':' => next == Some('/'),
            'w' | 'W' => next == Some('.'),
            _ => false,
        };
        if breaks {
            escaped.push('\u{200b}');
        }
        only_digits &= character.is_ascii_digit();
    }
    escaped
}

/// A code span that its content cannot end, also inside a table.
fn code(text: &str) -> String {
    let text = cut(&visible(text)).replace('|', "¦");
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let (mut longest, mut run) = (0, 0);
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            prose("<img src=x> [a](b) @team #12"),
            "\\<img src=x\\> \\[a\\](b) @\u{200b}team \\#\u{200b}12"
        );
        assert_eq!(prose("https://x.test www.x.test"), "https:\u{200b}//x.test www\u{200b}.x.test");
        assert_eq!(prose("1. a | b"), "1\\. a \\| b");
        assert_eq!(prose("- a\n# b"), "\\- a\\\\n\\# b");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("a|b"), "`a¦b`");
        assert_eq!(code(" "), "(empty)");
    }
}
