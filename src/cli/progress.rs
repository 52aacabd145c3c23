//! Says on stderr what long work is doing; silent where stderr is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line on stderr that disappears when the work is done.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn start() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
            bar.set_style(style);
        }
        // Short work finishes before the first tick and shows nothing.
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// What is being done now. Control characters of file names never reach the terminal.
    pub(super) fn say(&self, doing: &str) {
        let clean: String = doing.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        self.0.set_message(clean);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
