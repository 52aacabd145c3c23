//! Turns a report into bytes: one file a format. Escaping is the renderer's real job.

pub mod changes;
pub mod csv;
pub mod github;
pub mod html;
pub mod json;
pub mod markdown;
pub mod pdf;
pub mod terminal;
mod visible;

use crate::model::Assessment;
use crate::report::Report;

/// A form that a report can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Html,
    Pdf,
    Csv,
    Json,
    Terminal,
    Markdown,
    Github,
}

/// One file, finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Below the folder of the pack, with forward slashes.
    pub file_name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

impl Rendered {
    fn text(file_name: &str, media_type: &'static str, text: String) -> Self {
        Self { file_name: file_name.to_owned(), media_type, bytes: text.into_bytes() }
    }
}

/// A stranger's text as one line of a terminal may show it: nothing in it acts.
pub fn plain(text: &str) -> String {
    visible::visible(text).into_owned()
}

/// The columns of a text file that nobody's terminal decides the width of.
const FILE_COLUMNS: usize = 100;

/// The files of these formats, in the order asked for. The same report makes the same bytes.
///
/// # Errors
/// Only the PDF can fail, where a font inside the program is damaged.
pub fn render(
    report: &Report,
    assessment: &Assessment,
    formats: &[Format],
) -> Result<Vec<Rendered>, pdf::PdfError> {
    let mut files = Vec::new();
    for format in formats {
        files.extend(match format {
            Format::Pdf => vec![Rendered {
                file_name: "report.pdf".to_owned(),
                media_type: "application/pdf",
                bytes: pdf::render(report)?,
            }],
            Format::Html => {
                vec![Rendered::text("report.html", "text/html; charset=utf-8", html::render(report))]
            }
            Format::Csv => csv::render(report),
            Format::Json => {
                vec![Rendered::text("assessment.json", "application/json", json::render(assessment))]
            }
            Format::Terminal => vec![Rendered::text(
                "checklist.txt",
                "text/plain; charset=utf-8",
                terminal::plain(report, FILE_COLUMNS),
            )],
            Format::Markdown => {
                vec![Rendered::text("report.md", "text/markdown; charset=utf-8", markdown::render(report))]
            }
            Format::Github => {
                vec![Rendered::text("annotations.txt", "text/plain; charset=utf-8", github::render(report))]
            }
        });
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
