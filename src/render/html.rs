//! One self-contained page: no request leaves it, it is whole without a script, and no field of it is markup.

use std::fmt::{self, Write};

use askama::Template;
use askama::filters::Escaper;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::visible::acts;
use crate::report::Report;

pub(super) const STYLE: &str = include_str!("../../report-templates/report.css");
pub(super) const SCRIPT: &str = include_str!("../../report-templates/report.js");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    style: &'a str,
    script: &'a str,
    style_hash: String,
    script_hash: String,
}

/// The page.
pub fn render(report: &Report) -> String {
    let page = Page {
        report,
        style: STYLE,
        script: SCRIPT,
        style_hash: source_hash(STYLE),
        script_hash: source_hash(SCRIPT),
    };
    page.render().expect("a string takes everything")
}

/// The source expression of a content security policy that allows exactly this text.
fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// Escapes for HTML, text and quoted attributes alike, and writes out what would act or hide.
#[derive(Clone, Copy)]
pub(crate) struct Shown;

impl Escaper for Shown {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(|character| acts(character) || "<>&\"'".contains(character)) {
            let (plain, after) = rest.split_at(at);
            dest.write_str(plain)?;
            let mut characters = after.chars();
            if let Some(character) = characters.next() {
                match character {
                    '<' => dest.write_str("&lt;")?,
                    '>' => dest.write_str("&gt;")?,
                    '&' => dest.write_str("&amp;")?,
                    '"' => dest.write_str("&quot;")?,
                    '\'' => dest.write_str("&#39;")?,
                    '\n' => dest.write_str("\\n")?,
                    '\r' => dest.write_str("\\r")?,
                    '\t' => dest.write_str("\\t")?,
                    acting => write!(dest, "\\u{{{:x}}}", u32::from(acting))?,
                }
            }
            rest = characters.as_str();
        }
        dest.write_str(rest)
    }
}
