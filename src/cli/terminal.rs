//! What is known of the terminal that output goes to.

/// The width to lay text out for: the terminal's, or 100 columns in a pipe or a file.
pub(super) fn columns() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0)).clamp(60, 200)
}
