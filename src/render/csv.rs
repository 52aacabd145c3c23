//! Tables as RFC 4180 CSV: UTF-8, CRLF, one line a row, and nothing that a spreadsheet would run.

use std::borrow::Cow;

use super::Rendered;
use super::visible::push_visible;
use crate::report::{Report, Table};

/// One file a table, below `data/`.
pub fn render(report: &Report) -> Vec<Rendered> {
    report
        .tables
        .iter()
        .map(|table| Rendered {
            file_name: format!("data/{}.csv", table.name),
            media_type: "text/csv; charset=utf-8; header=present",
            bytes: one(table),
        })
        .collect()
}

/// One table as the bytes of its file.
pub fn one(table: &Table) -> Vec<u8> {
    rows(&table.columns, &table.rows)
}

/// The same of rows that may be made one by one.
pub fn rows<R: AsRef<[String]>>(columns: &[String], rows: impl IntoIterator<Item = R>) -> Vec<u8> {
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .quote_style(::csv::QuoteStyle::Necessary)
        .from_writer(Vec::new());
    writer.write_record(columns.iter().map(|cell| field(cell))).expect("memory takes everything");
    for row in rows {
        let cells = row.as_ref().iter().map(|cell| field(cell));
        writer.write_record(cells).expect("every row of a table has its columns");
    }
    writer.into_inner().expect("memory takes everything")
}

fn field(cell: &str) -> Cow<'_, [u8]> {
    match neutral(cell) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The cell as text that no spreadsheet takes for a formula: not at its start, and not after a semicolon, which
/// is the separator where the decimal sign is a comma.
fn neutral(cell: &str) -> Cow<'_, str> {
    // Most cells are names, numbers and digests: nothing in them can act, and nothing is copied.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ._:/@<>()#".contains(&byte);
    if cell.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric)
        && cell.bytes().all(|byte| plain(byte) || matches!(byte, b'-' | b'+'))
    {
        return Cow::Borrowed(cell);
    }
    let mut text = String::with_capacity(cell.len() + 1);
    let mut at_start = true;
    for character in cell.chars() {
        let starts_formula =
            matches!(character, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠');
        if at_start && starts_formula {
            text.push('\'');
        }
        at_start = character == ';' || (at_start && !starts_formula && character.is_whitespace());
        push_visible(&mut text, character);
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("\r=1", "'\\r=1"),
            ("  =1", "  '=1"),
            ("\n=1", "\\n'=1"),
            ("＝1", "'＝1"),
            ("a; =1;@x", "a; '=1;'@x"),
            ("a=b", "a=b"),
            ("", ""),
            ("'=1", "'=1"),
        ] {
            assert_eq!(neutral(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn rows_are_lines_and_cells_come_back() {
        let row = vec!["a,b".to_owned(), "say \"x\"\nand y".to_owned()];
        let table =
            Table { name: "t".into(), columns: vec!["a".into(), "b".into()], rows: vec![row.clone(), row] };
        let bytes = one(&table);
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(text, "a,b\r\n\"a,b\",\"say \"\"x\"\"\\nand y\"\r\n\"a,b\",\"say \"\"x\"\"\\nand y\"\r\n");
    }
}
