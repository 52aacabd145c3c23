//! An answer to a question about logs, and the forms it is printed in.

use clap::ValueEnum;
use serde_json::json;
use workpaper::{render, report::Table};

/// What is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Shown {
    Table,
    Csv,
    Json,
    Md,
}

/// An answer: rows under columns, and what must be said beside them.
pub(super) struct Answer {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Vec<String>>,
    /// Denominators and limits.
    pub(super) notes: Vec<String>,
}

impl Answer {
    /// The answer in one form.
    pub(super) fn shown(&self, form: Shown) -> String {
        match form {
            Shown::Table => as_table(self),
            Shown::Csv => as_csv(self),
            Shown::Json => as_json(self),
            Shown::Md => as_markdown(self),
        }
    }
}

fn as_table(answer: &Answer) -> String {
    if answer.name == "lint" {
        return as_paragraphs(answer);
    }
    let shown: Vec<Vec<String>> =
        answer.rows.iter().map(|row| row.iter().map(|cell| render::plain(cell)).collect()).collect();
    let mut widths: Vec<usize> = answer.columns.iter().map(|column| column.len()).collect();
    for row in &shown {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count()).min(60);
        }
    }
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut row = String::new();
        for (cell, width) in cells.zip(&widths) {
            row.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(row.trim_end());
        text.push('\n');
    };
    line(&mut answer.columns.iter().copied());
    for row in &shown {
        line(&mut row.iter().map(String::as_str));
    }
    for note in &answer.notes {
        text.push_str(&format!("# {}\n", render::plain(note)));
    }
    text
}

/// One paragraph a row, for cells that are sentences.
fn as_paragraphs(answer: &Answer) -> String {
    let mut text = String::new();
    for row in &answer.rows {
        for (column, cell) in answer.columns.iter().zip(row) {
            text.push_str(&format!("{column:<17} {}\n", render::plain(cell)));
        }
        text.push('\n');
    }
    for note in &answer.notes {
        text.push_str(&format!("# {}\n", render::plain(note)));
    }
    text
}

fn as_csv(answer: &Answer) -> String {
    let columns = answer.columns.iter().map(|column| (*column).to_owned()).collect();
    let table = Table { name: answer.name.to_owned(), columns, rows: answer.rows.clone() };
    String::from_utf8_lossy(&render::csv::one(&table)).into_owned()
}

fn as_json(answer: &Answer) -> String {
    let value = json!({
        "schema": "workpaper/logs/v1",
        "question": answer.name,
        "rows": json_rows(answer),
        "notes": answer.notes,
    });
    format!("{value:#}\n")
}

/// The rows as objects, by column.
pub(super) fn json_rows(answer: &Answer) -> Vec<serde_json::Value> {
    answer
        .rows
        .iter()
        .map(|row| {
            answer
                .columns
                .iter()
                .zip(row)
                .map(|(column, cell)| ((*column).to_owned(), json!(cell)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
        .collect()
}

fn as_markdown(answer: &Answer) -> String {
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(&mut answer.columns.iter().map(|column| (*column).to_owned()));
    text.push_str(&line(&mut answer.columns.iter().map(|_| "---".to_owned())));
    for row in &answer.rows {
        text.push_str(&line(&mut row.iter().map(|cell| render::markdown::prose(cell))));
    }
    for note in &answer.notes {
        text.push_str(&format!("\n{}\n", render::markdown::prose(note)));
    }
    text
}
