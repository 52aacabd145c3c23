//! Workflow commands that show findings beside the changed files of a pull request.

use std::fmt::Write as _;

use super::visible::push_visible;
use crate::report::Report;

/// One command a line, worst first.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for annotation in &report.annotations {
        let mut properties = String::new();
        if !annotation.file.is_empty() {
            write!(properties, "file={},", property(&annotation.file)).expect("a string takes everything");
            if let Some(line) = annotation.line {
                write!(properties, "line={line},").expect("a string takes everything");
            }
        }
        let level = if annotation.level == "error" { "error" } else { "warning" };
        let (title, message) = (property(&annotation.title), data(&annotation.message));
        writeln!(out, "::{level} {properties}title={title}::{message}").expect("a string takes everything");
    }
    out
}

/// The escaping of a command's message. A line feed stays one, in the page; every other control is written out.
fn data(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' => escaped.push_str("%25"),
            '\n' => escaped.push_str("%0A"),
            other => push_visible(&mut escaped, other),
        }
    }
    escaped
}

/// The escaping of a property's value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_place() {
        assert_eq!(property("a,b:c%\r\n::error::x"), "a%2Cb%3Ac%25\\r%0A%3A%3Aerror%3A%3Ax");
        assert_eq!(data("50%\n::stop-commands::t\u{1b}[0m"), "50%25%0A::stop-commands::t\\u{1b}[0m");
    }
}
