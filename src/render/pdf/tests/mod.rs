//! What the document must be, judged by the tools that readers use where they are installed.

mod sample;

use std::process::Command;

use super::text::{TEXT_LIMIT, visible};
use super::{render, status, table};
use crate::report::Report;
use sample::{ATTACKS, PEOPLE, hostile, plain};

fn rendered(report: &Report) -> Vec<u8> {
    render(report).expect("a report always renders")
}

/// Runs one of the readers' tools on a document; `None`, and a word about it, where the tool is not installed.
fn judged(tool: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> Option<String> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("report.pdf");
    std::fs::write(&path, pdf).expect("the directory can be written");
    let Ok(done) = Command::new(tool).args(before).arg(&path).args(after).output() else {
        eprintln!("SKIPPED: {tool} is not installed");
        return None;
    };
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{tool}: {text}{}", String::from_utf8_lossy(&done.stderr));
    Some(text)
}

fn text_of(pdf: &[u8], layout: &str) -> Option<String> {
    judged("pdftotext", &["-enc", "UTF-8", layout], pdf, &["-"])
}

/// Without spaces and line ends, the marks of direction that the tool adds, and the joiners that it drops.
fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200C}'..='\u{200F}' | '\u{202A}'..='\u{202E}'))
        .collect()
}

fn pages(pdf: &[u8]) -> Option<usize> {
    let info = judged("pdfinfo", &[], pdf, &[])?;
    info.lines().find_map(|l| l.strip_prefix("Pages:")).and_then(|n| n.trim().parse().ok())
}

/// Writes the two samples where `WORKPAPER_PDF_OUT` says, for looking at.
#[test]
fn both_samples_render() {
    for (name, report) in [("plain", plain()), ("hostile", hostile())] {
        let bytes = rendered(&report);
        assert!(bytes.starts_with(b"%PDF-1.7"), "{name}");
        if let Ok(dir) = std::env::var("WORKPAPER_PDF_OUT") {
            std::fs::write(format!("{dir}/{name}.pdf"), &bytes).expect("the directory exists");
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let report = hostile();
    assert!(rendered(&report) == rendered(&report));
    let mut other = report.clone();
    other.cover.pack_id.push('x');
    let (one, two) = (rendered(&report), rendered(&other));
    let id = |pdf: &[u8]| {
        let at = pdf.windows(4).rposition(|w| w == b"/ID[").expect("the trailer names the document");
        pdf[at..at + 38].to_vec()
    };
    assert_ne!(id(&one), id(&two), "another content, another identity");
}

#[test]
fn the_document_is_sound_and_its_fonts_are_subsets() {
    for report in [plain(), hostile()] {
        let pdf = rendered(&report);
        if let Some(said) = judged("qpdf", &["--check"], &pdf, &[]) {
            assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
        }
        if let Some(fonts) = judged("pdffonts", &[], &pdf, &[]) {
            let rows: Vec<&str> = fonts.lines().skip(2).collect();
            assert!(rows.len() >= 3, "{fonts}");
            for row in rows {
                assert!(row.contains("yes yes yes"), "embedded, subset, searchable: {row}");
                assert_eq!(row.find('+'), Some(6), "{row}");
            }
        }
    }
    assert!(rendered(&plain()).len() < 400_000, "an ordinary report stays small");
}

#[test]
fn every_page_names_itself_and_the_pack() {
    for report in [plain(), hostile()] {
        let pdf = rendered(&report);
        let (Some(text), Some(count)) = (text_of(&pdf, "-layout"), pages(&pdf)) else { return };
        let all: Vec<&str> = text.split('\u{c}').filter(|p| !p.trim().is_empty()).collect();
        assert_eq!(all.len(), count);
        for (n, page) in all.iter().enumerate() {
            assert!(page.contains(&format!("Page {} of {count}", n + 1)), "page {}", n + 1);
            assert!(
                page.contains("Confidential") && page.contains(&format!("Pack {}", report.cover.pack_id))
            );
        }
    }
}

#[test]
fn names_in_every_script_can_be_found() {
    let Some(text) = text_of(&rendered(&hostile()), "-layout") else { return };
    let text = squeezed(&text);
    for name in PEOPLE {
        assert!(text.contains(&squeezed(name)), "{name}");
    }
    // No face has these: the box shows the code point, and a search still finds the character.
    for ch in ['🎉', '\u{F8FF}'] {
        assert!(text.contains(ch), "{ch}");
    }
}

#[test]
fn hidden_and_hostile_text_is_shown_for_what_it_is() {
    assert_eq!(visible("a\u{1b}[0m\u{0}"), "a\\x1B[0m\\x00");
    assert_eq!(visible("x\u{202E}y\u{200B}z\u{FEFF}"), "x[U+202E]y[U+200B]z[U+FEFF]");
    assert_eq!(visible("می\u{200C}خواهم"), "می\u{200C}خواهم", "a joiner inside a Persian word is spelling");
    let long = visible(&"é".repeat(TEXT_LIMIT + 7));
    assert!(long.ends_with("[cut here: 4000 of 4007 characters shown]"));
    assert!(visible(&"\n".repeat(5_000)).lines().count() < 10, "empty lines do not fill pages");

    let pdf = rendered(&hostile());
    for never in [&b"/JS"[..], b"/Launch", b"/JavaScript", b"/EmbeddedFile", b"/OpenAction", b"/AA"] {
        assert!(!pdf.windows(never.len()).any(|w| w == never), "{}", String::from_utf8_lossy(never));
    }
    let Some(text) = text_of(&pdf, "-layout") else { return };
    let text = squeezed(&text);
    for attack in &ATTACKS[..7] {
        assert!(text.contains(&squeezed(&visible(attack))), "{attack:?}");
    }
}

#[test]
fn what_the_report_counts_is_what_the_document_shows() {
    let report = plain();
    let Some(text) = text_of(&rendered(&report), "-layout") else { return };
    for (word, count) in &report.cover.checklist_counts {
        let shown = format!("{} {count}", status::word(word));
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(&shown), "{shown}");
    }
    for word in status::WORDS {
        assert!(text.contains(&status::word(word)), "{word}");
    }
    let raw = text_of(&rendered(&report), "-raw").expect("it was installed a moment ago");
    let cards = raw
        .lines()
        .filter(|l| l.starts_with("E-") && l[2..].starts_with(|c: char| c.is_ascii_digit()))
        .count();
    assert_eq!(cards, report.exceptions.len());
    let flat = squeezed(&raw);
    assert!(flat.contains(&squeezed(&report.exceptions_counted())));
    for case in report.exceptions.iter().flat_map(|e| &e.cases) {
        assert!(flat.contains(&squeezed(&case.message)), "{}", case.message);
        assert!(flat.contains(&squeezed(&case.named(60))), "{}", case.named(60));
    }
    for item in &report.checklist {
        assert!(squeezed(&raw).contains(&squeezed(&item.text)), "{}", item.text);
    }
    for gap in &report.gaps {
        assert!(raw.contains(&gap.source), "{}", gap.source);
    }
    for piece in report.evidence.iter().map(|e| &e.sha256) {
        assert!(squeezed(&raw).contains(piece.as_str()), "{piece}");
    }
    let tested = raw.matches("as of\n2026-11-22\n").count();
    assert_eq!(tested, report.tests.len(), "one row a test");
    for heading in
        ["Tests performed by management", "Control activity as described by management", "Sign-off"]
    {
        // A column's head may take two lines.
        assert!(squeezed(&raw).contains(&squeezed(heading)), "{heading}");
    }
}

#[test]
fn the_cover_is_one_page_whatever_the_names_are() {
    let mut long = hostile();
    long.cover.organisation = "Organisation ".repeat(60);
    long.cover.headline = "Of 15 checklist items, several ended in each way. ".repeat(6);
    long.cover.limits = vec!["A limit that takes more than one line of the cover. ".repeat(9); 30];
    for report in [plain(), hostile(), long] {
        let Some(text) = text_of(&rendered(&report), "-layout") else { return };
        let sheets: Vec<&str> = text.split('\u{c}').collect();
        assert!(sheets[1].contains("Contents"), "the second page is the contents");
        assert!(sheets[0].contains("Inputs and their digests"));
        let whole = squeezed(&text);
        let method = &whole[whole.rfind("7Methodology,limits").expect("the section")..];
        for line in report.cover.scope.iter().chain(&report.cover.notices) {
            assert!(method.contains(&squeezed(line)), "{line}: whole with the method");
        }
    }
}

#[test]
fn a_table_without_end_is_cut_and_says_where_the_whole_is() {
    let mut report = plain();
    let gap = report.gaps[0].clone();
    report.gaps = vec![gap; table::ROW_LIMIT + 345];
    let Some(text) = text_of(&rendered(&report), "-raw") else { return };
    let flat = squeezed(&text);
    assert!(
        flat.contains(&squeezed("2000 of 2345 rows are printed here. All 2345 are in gaps.csv of the pack."))
    );
}

#[test]
fn bookmarks_and_contents_lead_to_the_pages_that_they_name() {
    let pdf = rendered(&plain());
    let doc = lopdf::Document::load_mem(&pdf).expect("it opens");
    let catalog = doc.catalog().expect("a catalogue");
    let name = |key: &[u8]| catalog.get(key).and_then(lopdf::Object::as_name).map(<[u8]>::to_vec).ok();
    assert_eq!(name(b"PageMode"), Some(b"UseOutlines".to_vec()));
    assert!(catalog.get(b"Lang").is_ok() && catalog.get(b"ViewerPreferences").is_ok());
    let pages = doc.get_pages();
    let texts = |id: lopdf::ObjectId| pages.iter().find(|(_, p)| **p == id).map(|(n, _)| *n);
    let root = catalog.get(b"Outlines").and_then(lopdf::Object::as_reference).expect("bookmarks");
    let mut next =
        doc.get_dictionary(root).and_then(|d| d.get(b"First")).and_then(lopdf::Object::as_reference).ok();
    let mut found = Vec::new();
    while let Some(id) = next {
        let entry = doc.get_dictionary(id).expect("an entry");
        let title = entry.get(b"Title").and_then(lopdf::Object::as_str).expect("a title");
        let units: Vec<u16> = title[2..].chunks(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
        let dest = entry.get(b"Dest").and_then(lopdf::Object::as_array).expect("a place");
        let page = texts(dest[0].as_reference().expect("a page")).expect("a page of this document");
        found.push((String::from_utf16(&units).expect("text"), page, entry.get(b"First").is_ok()));
        next = entry.get(b"Next").and_then(lopdf::Object::as_reference).ok();
    }
    let titles: Vec<&str> = found.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(titles[..2], ["Cover", "Contents"]);
    assert_eq!(titles.len(), 10, "{titles:?}");
    assert!(found.iter().any(|f| f.0.contains("Exceptions") && f.2), "exceptions are bookmarked one by one");
    let Some(text) = text_of(&pdf, "-layout") else { return };
    let sheets: Vec<&str> = text.split('\u{c}').collect();
    for (title, page, _) in found.iter().skip(1) {
        let words = squeezed(title);
        assert!(squeezed(sheets[*page as usize - 1]).contains(&words), "{title} on page {page}");
        if title != "Contents" {
            let listed = squeezed(sheets[1]).replace('.', "");
            assert!(
                listed.contains(&format!("{}{page}", words.replace('.', ""))),
                "{title} {page} in the contents"
            );
        }
    }
}

#[test]
fn no_text_can_stop_the_document() {
    // Characters of every block, in orders that no language has, from a fixed sequence.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut report = plain();
    for gap in &mut report.gaps {
        let mut text = || -> String {
            (0..400)
                .filter_map(|_| {
                    let range =
                        [0x80, 0x600, 0x1100, 0x1800, 0x3000, 0x1_0000, 0x11_0000][random() as usize % 7];
                    char::from_u32((random() % range) as u32)
                })
                .collect()
        };
        (gap.source, gap.detail, gap.reason) = (text(), text(), text());
    }
    let pdf = rendered(&report);
    if let Some(said) = judged("qpdf", &["--check"], &pdf, &[]) {
        assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
    }
}

#[test]
fn an_empty_report_is_a_document_that_says_so() {
    let mut report = plain();
    report.checklist.clear();
    report.controls.clear();
    report.frameworks.clear();
    report.tests.clear();
    report.exceptions.clear();
    report.gaps.clear();
    report.evidence.clear();
    report.notes.clear();
    report.tables.clear();
    report.cover.checklist_counts.clear();
    report.cover.as_of = "not a time".to_owned();
    let Some(text) = text_of(&rendered(&report), "-layout") else { return };
    for said in ["No test was performed.", "No gap is recorded.", "No observation is recorded."] {
        assert!(text.contains(said), "{said}");
    }
}

/// Run with `cargo test --release -- --ignored two_hundred_pages`: a debug build says nothing about speed.
#[test]
#[ignore = "a measurement, for a release build on an idle machine"]
fn two_hundred_pages_take_no_longer_than_a_blink() {
    let mut report = plain();
    fn many<T: Clone>(rows: &mut Vec<T>) {
        let one = rows.clone();
        (1..14).for_each(|_| rows.extend_from_slice(&one));
    }
    many(&mut report.tests);
    many(&mut report.evidence);
    many(&mut report.exceptions);
    many(&mut report.gaps);
    let begun = std::time::Instant::now();
    let pdf = rendered(&report);
    let took = begun.elapsed();
    assert!(pages(&pdf).is_none_or(|n| n >= 190));
    assert!(took.as_secs_f64() < 1.5, "{took:?}");
}
