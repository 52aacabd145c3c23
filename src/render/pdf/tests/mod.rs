//! What the document must be, judged by the tools that readers use where they are installed.

mod sample;

use super::render;
use sample::{hostile, plain};

/// Writes the two samples where `WORKPAPER_PDF_OUT` says, for looking at.
#[test]
fn both_samples_render() {
    for (name, report) in [("plain", plain()), ("hostile", hostile())] {
        let bytes = render(&report).expect(name);
        assert!(bytes.starts_with(b"%PDF-1.7"), "{name}");
        if let Ok(dir) = std::env::var("WORKPAPER_PDF_OUT") {
            std::fs::write(format!("{dir}/{name}.pdf"), &bytes).expect("the directory exists");
        }
    }
}
