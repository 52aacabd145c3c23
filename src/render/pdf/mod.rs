//! The report as a paginated PDF: bookmarks, links, selectable text in any script, the same bytes for the same report.

mod canvas;
mod changes;
mod cover;
mod exceptions;
mod fonts;
mod logs;
mod matrix;
mod outline;
mod sections;
mod status;
mod stops;
mod table;
mod text;

#[cfg(test)]
mod tests;

use crate::report::Report;
use canvas::Canvas;

/// Why no document could be made.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A face that ships with the tool could not be read or cut down: the build is damaged.
    #[error("the font {0} inside this program could not be used; install the program again")]
    Font(&'static str),
    /// The finished document could not be put together.
    #[error("the PDF could not be put together: {0}")]
    Write(String),
}

impl From<lopdf::Error> for PdfError {
    fn from(error: lopdf::Error) -> PdfError {
        PdfError::Write(error.to_string())
    }
}

/// Renders the whole report. Pure: the same report gives the same bytes.
pub fn render(report: &Report) -> Result<Vec<u8>, PdfError> {
    let mut canvas = Canvas::new()?;
    cover::draw(&mut canvas, report)?;
    let front = canvas.pages.len();
    sections::checklist(&mut canvas, report)?;
    matrix::draw(&mut canvas, report)?;
    sections::tests(&mut canvas, report)?;
    exceptions::draw(&mut canvas, report)?;
    stops::draw(&mut canvas, report)?;
    sections::guards(&mut canvas, report)?;
    sections::gaps(&mut canvas, report)?;
    logs::draw(&mut canvas, report)?;
    changes::draw(&mut canvas, report)?;
    sections::evidence(&mut canvas, report)?;
    sections::notes(&mut canvas, report)?;
    sections::sign_off(&mut canvas, report)?;
    cover::contents(&mut canvas, front)?;
    cover::running_lines(&mut canvas, report)?;
    let about = outline::About {
        title: format!("{} – {}", report.cover.title, report.cover.organisation),
        author: report.cover.organisation.clone(),
        subject: format!("Pack {}, period {}", report.cover.pack_id, report.cover.period),
        producer: report.cover.tool.clone(),
        as_of: &report.cover.as_of,
    };
    outline::assemble(canvas, &about)
}
