//! What must hold of every format at once: nothing active survives, and all of them count the same.

use std::collections::{BTreeMap, BTreeSet};

use unicode_width::UnicodeWidthStr;

use super::visible::acts;
use super::*;
use crate::report::fixture::{self, ATTACKS};

/// The PDF has tests of its own, and takes longer.
const FORMATS: &[Format] =
    &[Format::Html, Format::Csv, Format::Json, Format::Terminal, Format::Markdown, Format::Github];

fn hostile() -> (Report, Assessment) {
    let (assessment, snapshot, catalog) = fixture::hostile();
    (Report::of(&assessment, &snapshot, &catalog).for_organisation(ATTACKS[8]), assessment)
}

fn demo() -> (Report, Assessment) {
    let (assessment, snapshot, catalog) = fixture::demo();
    (Report::of(&assessment, &snapshot, &catalog), assessment)
}

/// Writes every format of both deployments below the temporary folder, for looking at.
#[test]
#[ignore = "writes files for people to look at"]
fn demonstration() {
    for (name, (report, assessment)) in [("workpaper-demo", demo()), ("workpaper-hostile", hostile())] {
        let folder = std::env::temp_dir().join(name);
        for file in render(&report, &assessment, FORMATS).expect("no PDF among them") {
            let path = folder.join(&file.file_name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, file.bytes).expect("a file");
        }
        std::fs::write(folder.join("narrow.txt"), terminal::render(&report, 80)).expect("a file");
        std::fs::write(folder.join("wide.txt"), terminal::render(&report, 140)).expect("a file");
    }
}

/// One start tag: its name and its attributes.
type Tag = (String, Vec<(String, String)>);

/// The tags of a page, read as a browser reads them. Panics on what a browser would have to repair.
fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a stray > in {:?}", &rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('/').or_else(|| rest.strip_prefix("!doctype")) {
            rest = &after[after.find('>').expect("the tag ends") + 1..];
            continue;
        }
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(!name.is_empty(), "a stray < before {:?}", rest.chars().take(40).collect::<String>());
        rest = &rest[name.len()..];
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
                rest = after;
                break;
            }
            let key: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:".contains(*c)).collect();
            assert!(
                !key.is_empty(),
                "no attribute in {name} at {:?}",
                rest.chars().take(40).collect::<String>()
            );
            rest = &rest[key.len()..];
            let mut value = "";
            if let Some(after) = rest.strip_prefix("=\"") {
                value = &after[..after.find('"').expect("the value ends")];
                rest = &after[value.len() + 1..];
            }
            attributes.push((key, value.to_owned()));
        }
        tags.push((name, attributes));
    }
    tags
}

/// The page without the text of its own style and script.
fn without_own_code(page: &str) -> String {
    let mut page = page.to_owned();
    for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
        assert_eq!(page.matches(open).count(), 1, "{open}");
        assert_eq!(page.matches(close).count(), 1, "{close}");
        let (start, end) = (page.find(open).expect("open") + open.len(), page.find(close).expect("close"));
        page.replace_range(start..end, "");
    }
    page
}

#[test]
fn a_page_holds_no_markup_but_its_own() {
    let (report, _) = hostile();
    let page = html::render(&report);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "the attack stays readable");
    assert!(page.contains("\\u{202e}fdp.exe"));
    assert!(page.contains("محمد می‌خواهم"), "honest names stay as they are");
    let page = without_own_code(&page);
    assert!(page.chars().all(|character| character == '\n' || !acts(character)));
    let known = "html head meta title style body a svg symbol path use header p h1 h2 h3 dl div dt dd nav ul li main section \
         aside article details summary table caption thead tbody tr th td br code bdi span small b label input \
         output fieldset legend script";
    for (name, attributes) in tags(&page) {
        assert!(known.split_whitespace().any(|known| known == name), "<{name}>");
        for (key, value) in attributes {
            assert!(!key.starts_with("on") && key != "style" && key != "src", "{name} {key}");
            assert!(key != "href" || value.starts_with('#'), "{name} leads to {value}");
        }
    }
}

#[test]
fn a_page_allows_its_own_style_and_script_alone() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let (report, _) = demo();
    let page = html::render(&report);
    for (open, close, directive) in
        [("<style>", "</style>", "style-src"), ("<script>", "</script>", "script-src")]
    {
        let start = page.find(open).expect("open") + open.len();
        let text = &page[start..page.find(close).expect("close")];
        let digest = sha2::Sha256::digest(text.as_bytes());
        let digest = base64::engine::general_purpose::STANDARD.encode(digest);
        assert!(
            page.contains(&format!("{directive} &#39;sha256-{digest}&#39;"))
                || page.contains(&format!("{directive} 'sha256-{digest}'")),
            "{directive}"
        );
    }
    assert!(page.contains("content=\"default-src 'none'; "));
    for outside in ["http:", "https:", "url(", "@import", "fetch(", "import("] {
        assert!(
            !html::STYLE.contains(outside) && !html::SCRIPT.contains(outside),
            "the page fetches by {outside}"
        );
    }
}

#[test]
fn every_anchor_is_there_once() {
    for (report, _) in [demo(), hostile()] {
        let page = without_own_code(&html::render(&report));
        let mut ids: BTreeMap<String, u64> = BTreeMap::new();
        let mut links = Vec::new();
        for (_, attributes) in tags(&page) {
            for (key, value) in attributes {
                match key.as_str() {
                    "id" => *ids.entry(value).or_default() += 1,
                    "href" => links.push(value[1..].to_owned()),
                    _ => {}
                }
            }
        }
        assert!(ids.values().all(|count| *count == 1), "{ids:?}");
        assert!(
            ids.contains_key("CL-03")
                && report
                    .findings
                    .iter()
                    .all(|row| ids.contains_key(&format!("finding-{}", row.fingerprint)))
                && report.exceptions.iter().all(|row| ids.contains_key(&format!("exception-{}", row.check)))
        );
        for link in links {
            assert!(ids.contains_key(&link), "#{link}");
        }
    }
}

fn cells(file: &Rendered) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(file.bytes.as_slice());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

#[test]
fn no_cell_is_a_formula_and_every_row_is_a_line() {
    let (report, _) = hostile();
    let files = csv::render(&report);
    assert_eq!(files.len(), report.tables.len());
    for (file, table) in files.iter().zip(&report.tables) {
        let text = std::str::from_utf8(&file.bytes).expect("UTF-8");
        assert_eq!(text.matches("\r\n").count(), table.rows.len() + 1, "{}", file.file_name);
        let rows = cells(file);
        assert_eq!(rows.len(), table.rows.len() + 1);
        for cell in rows.iter().flatten() {
            for part in cell.split(';') {
                let first = part.trim_start().chars().next();
                assert!(
                    !first.is_some_and(|first| "=+-@＝＋－＠".contains(first)),
                    "{} {cell:?}",
                    file.file_name
                );
            }
            assert!(!cell.chars().any(acts), "{} {cell:?}", file.file_name);
        }
    }
}

#[test]
fn a_terminal_gets_only_our_styles_and_lines_that_fit() {
    let (report, _) = hostile();
    for columns in [20, 60, 80, 100, 200] {
        let mut text = terminal::render(&report, columns);
        for own in
            ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m"]
        {
            text = text.replace(own, "");
        }
        assert!(text.contains("\\u{1b}[2J\\u{1b}[31mred\\u{1b}]8;;http"), "the attack stays readable");
        for line in text.lines() {
            assert!(!line.chars().any(acts), "{line:?}");
            assert!(!line.trim_start().starts_with("::") && !line.contains("##"), "{line:?}");
            assert!(line.width() <= columns.max(terminal::NARROWEST), "{} columns: {line:?}", line.width());
        }
    }
}

/// The text without code spans and escapes: what is left can be markup.
fn markup(line: &str) -> String {
    let mut left = String::new();
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches('`').len();
        if character == '\\' {
            rest = rest.get(2..).unwrap_or_default();
        } else if run > 0 {
            let mut after = &rest[run..];
            loop {
                let at = after.find('`').expect("a code span ends");
                let found = after[at..].len() - after[at..].trim_start_matches('`').len();
                after = &after[at + found..];
                if found == run {
                    break;
                }
            }
            rest = after;
        } else {
            left.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    left
}

#[test]
fn a_comment_holds_no_markup_but_its_own() {
    let (report, _) = hostile();
    let text = markdown::render(&report);
    assert!(text.contains("\\<script\\>alert(1)\\</script\\>"), "the attack stays readable");
    for line in text.lines() {
        assert!(line.chars().all(|character| character == '\u{200b}' || !acts(character)), "{line:?}");
        let left = markup(line);
        let own = ["<details><summary>", "</summary>", "</details>"];
        let left = own.iter().fold(left, |left, own| left.replace(own, ""));
        for active in ["<", ">", "[", "]", "`", "~~", "://", "www.", "$", "&"] {
            assert!(!left.contains(active), "{active} in {line:?}");
        }
        let mention = |at: usize| !left[at + 1..].starts_with('\u{200b}');
        assert!(!left.match_indices('@').any(|(at, _)| mention(at)), "a mention in {line:?}");
        if line.starts_with('|') {
            assert!([3, 8].contains(&left.matches('|').count()), "{line:?}");
        }
    }
}

#[test]
fn a_job_log_gets_one_command_an_annotation() {
    let (report, _) = hostile();
    let text = github::render(&report);
    assert_eq!(text.lines().count(), report.annotations.len());
    for line in text.lines() {
        assert!(line.starts_with("::error ") || line.starts_with("::warning "), "{line:?}");
        assert!(!line.chars().any(acts), "{line:?}");
        let properties = line.split(' ').nth(1).expect("properties");
        let file = properties.strip_prefix("file=").map(|file| file.split(',').next().unwrap_or_default());
        assert!(file.is_none_or(|file| !file.starts_with('/') && !file.contains("..")), "{line:?}");
    }
}

type Answers = BTreeMap<String, [String; 3]>;

/// Item to declared, enforced and result; and findings by verdict. As one format shows them.
fn counted(verdicts: impl IntoIterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for verdict in verdicts {
        *counts.entry(verdict).or_default() += 1;
    }
    counts
}

#[test]
fn every_format_counts_the_same() {
    for (report, assessment) in [demo(), hostile()] {
        let json: serde_json::Value = serde_json::from_str(&json::render(&assessment)).expect("JSON");
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let items = json["checklist"].as_array().expect("a list");
        let expected: Answers = items
            .iter()
            .map(|item| {
                (
                    item["item"].to_string(),
                    [text(&item["declared"]), text(&item["enforced"]), text(&item["result"])],
                )
            })
            .collect();
        let findings = json["findings"].as_array().expect("a list");
        let verdicts = counted(findings.iter().map(|finding| text(&finding["verdict"])));
        let (failed, gaps) = (verdicts["fail"] as usize, json["gaps"].as_array().expect("a list").len());
        assert_eq!(expected.len(), 15);

        let page = without_own_code(&html::render(&report));
        let tags = tags(&page);
        let has = |key: &str| {
            tags.iter().filter(|(_, attributes)| attributes.iter().any(|(name, _)| name == key)).count()
        };
        let of = |attributes: &[(String, String)], key: &str| {
            attributes
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value.clone())
                .unwrap_or_default()
        };
        let rows = |key: &'static str| {
            tags.iter().filter(move |(_, attributes)| attributes.iter().any(|(name, _)| name == key))
        };
        let shown: Answers = rows("data-item")
            .map(|(_, row)| {
                (
                    of(row, "data-item"),
                    ["data-declared", "data-enforced", "data-result"].map(|key| of(row, key)),
                )
            })
            .collect();
        assert_eq!(shown, expected, "page");
        assert_eq!(counted(rows("data-finding").map(|(_, row)| of(row, "data-verdict"))), verdicts, "page");
        let checks: BTreeSet<String> = findings
            .iter()
            .filter(|finding| finding["verdict"] == "fail")
            .map(|finding| text(&finding["check"]))
            .collect();
        let said = format!(
            "{} exceptions in {failed} failing findings, of {} findings",
            checks.len(),
            findings.len()
        );
        assert_eq!(
            (has("data-exception"), has("data-failing"), has("data-gap")),
            (checks.len(), failed, gaps),
            "page"
        );
        assert!(page.contains(&said), "page");
        assert_eq!(has("data-test"), assessment.all_controls().count(), "one row a control");
        assert_eq!(has("data-control"), assessment.all_controls().count(), "page");
        assert_eq!(has("data-observation"), report.evidence.len(), "page");

        let files: BTreeMap<String, Vec<Vec<String>>> =
            csv::render(&report).iter().map(|file| (file.file_name.clone(), cells(file))).collect();
        let table = |name: &str| files[&format!("data/{name}.csv")][1..].to_vec();
        let shown: Answers = table("checklist")
            .into_iter()
            .map(|row| (row[0].clone(), [row[3].clone(), row[4].clone(), row[5].clone()]))
            .collect();
        assert_eq!(shown, expected, "checklist.csv");
        assert_eq!(
            counted(table("findings").into_iter().map(|row| row[5].clone())),
            verdicts,
            "findings.csv"
        );
        assert_eq!(table("tests_results").len(), findings.len());
        let failing = table("tests_results").into_iter().filter(|row| row[16] == "FAIL").count();
        assert_eq!((failing, table("exceptions").len(), table("gaps").len()), (failed, failed, gaps));

        let markdown = markdown::render(&report);
        let rows = markdown.lines().skip_while(|line| !line.starts_with("### Checklist")).skip(4);
        let shown: Answers = rows
            .take(15)
            .map(|line| {
                let line = line.replace("\\|", "");
                let cells: Vec<String> =
                    line.split('|').map(|cell| cell.trim().trim_matches('*').to_owned()).collect();
                let word = |cell: &str| cell.split_once(' ').expect("a mark and a word").1.replace(' ', "_");
                (cells[1].clone(), [word(&cells[3]), word(&cells[4]), word(&cells[6])])
            })
            .collect();
        assert_eq!(shown, expected, "Markdown");
        assert!(markdown.contains(&format!("### Exceptions: {said}\n")));
        assert!(markdown.contains(&format!("### Gaps: {gaps}\n")));

        let plain = terminal::plain(&report, 140);
        assert!(plain.contains(&format!("{said}\n")));
        assert!(plain.contains(&format!("Gaps: {gaps} looked for")));
        let numbered = |line: &&str| line.len() > 2 && line[..2].trim().parse::<u8>().is_ok();
        let table = plain.lines().skip_while(|line| !line.contains("declared")).filter(numbered).take(15);
        let table: Vec<&str> = table.collect();
        assert_eq!(table.len(), 15);
        for (line, (item, [declared, enforced, result])) in table.iter().zip(&sorted(&expected)) {
            let words: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            let [.., first, second, _, last, tested] = words.as_slice() else { panic!("{line}") };
            assert!(tested.starts_with("tested "), "{line}");
            let word = |cell: &str| cell.split_once(' ').expect("a mark and a word").1.replace(' ', "_");
            assert_eq!(
                (words[0], [word(first), word(second), word(last)]),
                (item.as_str(), [declared.clone(), enforced.clone(), result.clone()])
            );
        }

        let github = github::render(&report);
        assert_eq!(github.lines().filter(|line| line.starts_with("::error ")).count(), failed);
    }
}

/// In the order of the item numbers.
fn sorted(answers: &Answers) -> Vec<(String, [String; 3])> {
    let mut all: Vec<_> = answers.clone().into_iter().collect();
    all.sort_by_key(|(item, _)| item.parse::<u8>().expect("a number"));
    all
}

#[test]
fn no_format_claims_what_only_others_may() {
    let (report, assessment) = demo();
    let mut texts = vec![("report".to_owned(), format!("{report:?}").to_lowercase())];
    for file in render(&report, &assessment, FORMATS).expect("no PDF among them") {
        texts.push((file.file_name, String::from_utf8(file.bytes).expect("UTF-8").to_lowercase()));
    }
    for (name, text) in texts {
        for word in
            ["compliant", "certified", "guarantee", "passed soc 2", "soc 2 passed", "auditor-approved"]
        {
            assert!(!text.contains(word), "{name} says {word}");
        }
    }
}

#[test]
fn every_reader_is_told_what_this_is_not() {
    let (report, assessment) = demo();
    for file in
        render(&report, &assessment, &[Format::Html, Format::Markdown, Format::Terminal]).expect("no PDF")
    {
        let text = String::from_utf8(file.bytes).expect("UTF-8");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("not an attestation report"), "{}", file.file_name);
    }
    let page = html::render(&report);
    assert!(page.contains("Tests performed by management"));
    assert!(page.contains("are not evidence for a period"));
    assert!(page.contains("never counts as a pass"));
}

#[test]
fn the_same_inputs_make_the_same_bytes() {
    for make in [demo, hostile] {
        let ((first, of_first), (second, of_second)) = (make(), make());
        let first = render(&first, &of_first, FORMATS).expect("no PDF among them");
        assert_eq!(first, render(&second, &of_second, FORMATS).expect("no PDF among them"));
    }
}
