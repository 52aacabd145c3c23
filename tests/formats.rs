//! The formats of each sample's pack, held against each other and against what an attacker planted in the sample.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::LazyLock,
};

use regex::Regex;
use serde_json::Value;

use crate::{
    program,
    samples::{Assessed, assessed, assessment, checklist, files, text_of_pdf},
};

const VERDICTS: [&str; 4] = ["pass", "fail", "undetermined", "not_applicable"];
const STATUSES: [&str; 8] = [
    "pass",
    "fail",
    "undetermined",
    "not_applicable",
    "attested",
    "awaiting_attestation",
    "expired",
    "conflict",
];

fn read(pack: &Path, name: &str) -> String {
    fs::read_to_string(pack.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn table(pack: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(pack.join("data").join(name)).expect("a table");
    reader.deserialize().collect::<Result<_, _>>().expect("every row has every column")
}

#[test]
fn every_format_counts_the_same() {
    for sample in assessed() {
        let (name, pack) = (&sample.name, &sample.first);
        let judged = assessment(pack);
        let findings = judged["findings"].as_array().expect("findings");
        let count = |verdict: &str| findings.iter().filter(|finding| finding["verdict"] == verdict).count();
        let [pass, fail, undetermined, other] = VERDICTS.map(count);
        let (total, gaps) = (findings.len(), judged["gaps"].as_array().expect("gaps").len());
        for verdict in VERDICTS {
            assert_eq!(judged["counts"][verdict], count(verdict), "{name}: assessment.json");
        }

        let (html, md, txt) =
            (read(pack, "report.html"), read(pack, "report.md"), read(pack, "checklist.txt"));
        let headline = headline(&md, &checklist(&judged));
        let line = format!(
            "{pass} pass, {fail} fail, {undetermined} undetermined, {other} not applicable, of {total}."
        );
        for (format, text) in [("md", &md), ("txt", &txt)] {
            assert!(words(text).contains(&headline), "{name}: {format} lacks: {headline}");
        }
        assert!(html.contains(&headline), "{name}: html lacks: {headline}");
        assert!(words(&txt).contains(&line), "{name}: txt lacks: {line}");
        let failing = findings.iter().filter(|finding| finding["verdict"] == "fail");
        let checks = failing.map(|finding| finding["check"].as_str()).collect::<BTreeSet<_>>().len();
        let exceptions = format!(
            "{checks} exception{} in {fail} failing finding{}, of {total} findings",
            if checks == 1 { "" } else { "s" },
            if fail == 1 { "" } else { "s" }
        );
        for (format, text) in [("html", &html), ("md", &md), ("txt", &txt)] {
            assert!(words(text).contains(&exceptions), "{name}: {format} lacks: {exceptions}");
        }
        assert!(html.contains(&format!("Gaps <small>{gaps} thing")), "{name}: html: {gaps} gaps");

        let rows = table(pack, "findings.csv");
        for verdict in VERDICTS {
            let found = rows.iter().filter(|row| row["verdict"] == verdict).count();
            assert_eq!(found, count(verdict), "{name}: findings.csv: {verdict}");
        }
        assert_eq!(table(pack, "exceptions.csv").len(), fail, "{name}: exceptions.csv");
        assert_eq!(table(pack, "gaps.csv").len(), gaps, "{name}: gaps.csv");

        if let Some(pdf) = text_of_pdf(&pack.join("report.pdf")).map(|text| words(&text)) {
            assert!(pdf.contains(&headline), "{name}: pdf lacks: {headline}");
            let line =
                format!("Pass {pass} · Fail {fail} · Undetermined {undetermined} · Not applicable {other}");
            assert!(pdf.contains(&line), "{name}: pdf lacks: {line}");
        }
    }
}

/// The sentence on top, after its numbers were held against the checklist.
fn headline(md: &str, items: &[[String; 5]]) -> String {
    static HEADLINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\*\*(Of (\d+) checklist items, (.*?), as of \S+)\*\*").expect("a pattern")
    });
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+").expect("a pattern"));
    let found = HEADLINE.captures(md).expect("a headline");
    assert_eq!(found[2], items.len().to_string());
    let shown: Vec<usize> =
        NUMBER.find_iter(&found[3]).map(|number| number.as_str().parse().expect("a number")).collect();
    let counted = STATUSES.map(|status| items.iter().filter(|item| item[4] == status).count());
    let counted: Vec<usize> = counted.into_iter().filter(|count| *count > 0).collect();
    assert_eq!(shown, counted, "the headline's numbers (left), the checklist's (right): {}", &found[1]);
    found[1].to_owned()
}

#[test]
fn every_format_has_the_same_answers() {
    static HTML: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"data-item="(\d+)" data-declared="(\w+)" data-enforced="(\w+)" data-operated="(\w+)" data-result="(\w+)""#)
            .expect("a pattern")
    });
    for sample in assessed() {
        let (name, pack) = (&sample.name, &sample.first);
        let expected: Vec<Vec<String>> = checklist(&assessment(pack))
            .into_iter()
            .map(|[id, rest @ ..]| {
                std::iter::once(id[3..].trim_start_matches('0').to_owned()).chain(rest).collect()
            })
            .collect();
        let html = read(pack, "report.html");
        let shown: Vec<Vec<String>> =
            HTML.captures_iter(&html).map(|row| (1..6).map(|at| row[at].to_owned()).collect()).collect();
        assert_eq!(shown, expected, "{name}: html");

        let md = read(pack, "report.md");
        let cell = |cell: &str| {
            cell.trim().trim_matches('*').trim_start_matches(|c: char| !c.is_alphanumeric()).replace(' ', "_")
        };
        let rows = md.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
        let shown: Vec<Vec<String>> = rows
            .map(|row| {
                let cells: Vec<String> = row.trim_matches('|').split(" | ").map(cell).collect();
                std::iter::once(cells[0].clone()).chain(cells[2..6].iter().cloned()).collect()
            })
            .collect();
        assert_eq!(shown, expected, "{name}: md");

        for (row, expected) in table(pack, "checklist.csv").iter().zip(&expected) {
            let shown = ["item_no", "seed_result", "product_result", "overall_result"]
                .map(|column| row[column].clone());
            assert_eq!(shown, [0, 1, 2, 4].map(|at| expected[at].clone()), "{name}: csv");
        }
    }
}

#[test]
fn no_format_promises_what_nobody_can() {
    static FORBIDDEN: LazyLock<Regex> = LazyLock::new(|| {
        let words = [
            r"(?-u:\b)(?:is|are|fully|soc ?2|hipaa|gdpr)[ -]compliant(?-u:\b)",
            r"(?-u:\b)compliant with(?-u:\b)",
            r"(?-u:\b)non-?compliant(?-u:\b)",
            r"(?-u:\b)certif(?:ied|ies)(?-u:\b)",
            r"(?-u:\b)guarantee[sd]?(?-u:\b)",
            r"(?-u:\b)pass(?:ed|es)? (?:soc|hipaa|gdpr)",
            r"(?-u:\b)(?:in|ensures?|proves?) compliance(?-u:\b)",
            r"(?-u:\b)audited by(?-u:\b)",
            r"(?-u:\b)100 ?% (?:secure|safe)",
        ];
        Regex::new(&words.join("|")).expect("a pattern")
    });
    let mut wrong = Vec::new();
    for sample in assessed() {
        for (name, text) in rendered(sample) {
            let text = words(&text).to_lowercase();
            for found in FORBIDDEN.find_iter(&text).take(3) {
                let start = text.floor_char_boundary(found.start().saturating_sub(40));
                let end = text.ceil_char_boundary(found.end() + 40);
                wrong.push(format!("{}/{name}: …{}…", sample.name, &text[start..end]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Everything that people read: name and text, the PDF's included.
fn rendered(sample: &Assessed) -> Vec<(String, String)> {
    let mut texts = vec![("stdout".to_owned(), sample.printed.out.clone())];
    for (name, bytes) in files(&sample.first) {
        if name == "report.pdf" {
            texts.extend(text_of_pdf(&sample.first.join(&name)).map(|text| (name, text)));
        } else if !name.starts_with("catalog/") && !name.ends_with(".json") {
            texts.push((
                name.clone(),
                String::from_utf8(bytes).unwrap_or_else(|error| panic!("{name}: {error}")),
            ));
        }
    }
    texts
}

/// Whatever looks like a key in a sample was planted there; none may come out again, in any file, in any part.
#[test]
fn no_planted_secret_comes_out() {
    static SECRET: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{24,}|AKIA[0-9A-Z]{16}|gh[ps]_[A-Za-z0-9]{30,}|hvs\.[A-Za-z0-9]{20,}")
            .expect("a pattern")
    });
    let mut planted = 0;
    for sample in assessed() {
        let secrets: BTreeSet<String> = files(&program::sample_folder(&sample.name))
            .values()
            .flat_map(|bytes| {
                let text = String::from_utf8_lossy(bytes).into_owned();
                SECRET.find_iter(&text).map(|found| found.as_str().to_owned()).collect::<Vec<_>>()
            })
            .collect();
        planted += secrets.len();
        let mut everywhere: Vec<(String, String)> = rendered(sample);
        let raw = files(&sample.first).into_iter().filter(|(name, _)| !name.starts_with("catalog/"));
        everywhere.extend(raw.map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned())));
        everywhere.push(("stderr".to_owned(), sample.printed.err.clone()));
        for secret in &secrets {
            // A part that is long enough to be of use to somebody.
            let part = &secret[secret.len() - 16..];
            for (name, text) in &everywhere {
                assert!(!text.contains(part), "{}: {name} holds {part}", sample.name);
            }
        }
    }
    assert!(planted > 0, "no sample holds a secret: this test tests nothing");
}

#[test]
fn no_cell_is_a_formula() {
    let mut cells = 0;
    for sample in assessed() {
        for (name, bytes) in files(&sample.first).iter().filter(|(name, _)| name.ends_with(".csv")) {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
            for cell in reader
                .records()
                .flat_map(|row| row.expect("a row").iter().map(str::to_owned).collect::<Vec<_>>())
            {
                cells += 1;
                let starts = cell
                    .split(';')
                    .any(|part| part.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋']));
                assert!(!starts, "{}: {name}: {cell}", sample.name);
                assert!(!cell.chars().any(char::is_control), "{}: {name}: {cell:?}", sample.name);
            }
        }
    }
    assert!(cells > 1000, "{cells} cells");
}

#[test]
fn nothing_in_a_page_acts() {
    static SCRIPT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)<(script|style)>(.*?)</(?:script|style)>").expect("a pattern"));
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"<([a-zA-Z][a-zA-Z0-9]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>"#).expect("a pattern")
    });
    static ATTRIBUTE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"([a-zA-Z-]+)(?:="([^"]*)")?"#).expect("a pattern"));
    // What the page itself is made of is learnt from a sample without anything hostile in it.
    let known = |sample: &Assessed| {
        let html = read(&sample.first, "report.html");
        let own: Vec<String> = SCRIPT.captures_iter(&html).map(|found| found[2].to_owned()).collect();
        (own, SCRIPT.replace_all(&html, "").into_owned())
    };
    let (own_code, _) =
        known(assessed().iter().find(|sample| sample.name == "empty").expect("the sample `empty`"));
    let broken = Regex::new("<[a-z]").expect("a pattern");
    for sample in assessed() {
        let (code, page) = known(sample);
        assert_eq!(code, own_code, "{}: the page's script and style are the project's own", sample.name);
        let mut tags = 0;
        for tag in TAG.captures_iter(&page) {
            tags += 1;
            let element = tag[1].to_lowercase();
            let bad =
                ["script", "style", "img", "iframe", "object", "embed", "base", "form", "link", "marquee"];
            assert!(!bad.contains(&element.as_str()), "{}: {}", sample.name, &tag[0]);
            for attribute in ATTRIBUTE.captures_iter(&tag[2]) {
                let (key, value) =
                    (attribute[1].to_lowercase(), attribute.get(2).map_or("", |value| value.as_str()));
                assert!(!key.starts_with("on"), "{}: {}", sample.name, &tag[0]);
                if ["href", "src", "action", "xlink:href"].contains(&key.as_str()) {
                    let safe = value.starts_with('#') || !value.contains(':');
                    assert!(safe, "{}: leads out of the page: {}", sample.name, &tag[0]);
                }
            }
        }
        assert!(tags > 500, "{}: {tags} tags", sample.name);
        // Whatever is no tag of the pattern above may not open one either.
        let left = TAG.replace_all(&page, "").replace("</", "").to_lowercase();
        assert!(!broken.is_match(&left), "{}: a broken tag", sample.name);
    }
}

#[test]
fn nothing_in_a_text_acts() {
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(`+).*?[^`](`+)").expect("a pattern"));
    static TAG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(^|[^\\])<(/?[a-zA-Z!]+)").expect("a pattern"));
    for sample in assessed() {
        for (name, text) in rendered(sample) {
            let acting = text.chars().find(|character| {
                // A page feed is how poppler separates pages.
                let line = matches!(character, '\n') || (name.ends_with(".csv") && *character == '\r');
                let page = name == "report.pdf" && *character == '\u{c}';
                (character.is_control() && !line && !page)
                    || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
            });
            assert_eq!(acting, None, "{}: {name}", sample.name);
        }
        for line in read(&sample.first, "report.md").lines() {
            for tag in TAG.captures_iter(&CODE.replace_all(line, "")) {
                let own = ["details", "/details", "summary", "/summary", "br", "a", "/a", "sub", "/sub"];
                assert!(own.contains(&&tag[2]), "{}: report.md: {line}", sample.name);
            }
        }
        let pdf = fs::read(sample.first.join("report.pdf")).expect("a PDF");
        for act in ["/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/AA", "/SubmitForm"] {
            let holds = pdf
                .windows(act.len() + 1)
                .any(|part| &part[..act.len()] == act.as_bytes() && !part[act.len()].is_ascii_alphanumeric());
            assert!(!holds, "{}: report.pdf: {act}", sample.name);
        }
    }
}

/// What the hostile sample would like to be run was not run, and what it holds is still there to be judged.
#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let sample = assessed().iter().find(|sample| sample.name == "hostile-text").expect("the sample");
    let names: Vec<String> = files(&sample.folder).into_keys().collect();
    assert!(!names.iter().any(|name| name.contains("pwned")), "a hook's command was run: {names:?}");
    let judged: Value = assessment(&sample.first);
    let hostile = judged["findings"].to_string();
    assert!(hostile.contains("<img src=x onerror=alert(1)>"), "the hostile user is judged by its name");
    assert!(read(&sample.first, "report.html").contains("&lt;img src=x onerror=alert(1)&gt;"));
}
