//! The pages that the program writes about itself, and whether what people wrote about it still exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;
use workpaper::{
    catalog::{Catalog, Relation, batteries, patterns},
    evaluate::known_ids,
    model::Basis,
    policy::Policy,
    selftest,
};

use crate::{program::workpaper, source::project};

const GENERATED: &str = "<!-- Written by the program; `UPDATE_DOCS=1 cargo test docs` writes it anew. -->";

/// The names of the program's commands, in the order of its help.
pub fn commands() -> Vec<String> {
    let help = help(&[]);
    let list = help
        .split("Commands:\n")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .expect("a list of commands");
    let named = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> =
        named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(names.len() >= 10, "{names:?}");
    names.into_iter().filter(|name| name != "help").collect()
}

fn help(command: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = workpaper(folder.path(), &[command, &["--help"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let lines = ended.out.lines().map(str::trim_end);
    lines.fold(String::new(), |text, line| text + line + "\n")
}

fn catalog() -> Catalog {
    Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Compares a page with what the program writes today; `UPDATE_DOCS=1` writes it.
#[track_caller]
fn fresh(name: &str, text: &str) {
    let path = project().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a page");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differing = written.lines().zip(text.lines()).position(|(written, now)| written != now);
    let at = differing.unwrap_or_else(|| written.lines().count().min(text.lines().count()));
    assert!(
        written == text,
        "docs/{name} is stale from line {} on: `UPDATE_DOCS=1 cargo test docs` writes it anew\n  written: {}\n  now:     {}",
        at + 1,
        written.lines().nth(at).unwrap_or("nothing"),
        text.lines().nth(at).unwrap_or("nothing"),
    );
}

#[test]
fn the_page_of_commands_is_fresh() {
    let mut page = format!("# Commands\n\n{GENERATED}\n\n```text\n{}```\n", help(&[]));
    for command in commands() {
        let _ = write!(page, "\n## workpaper {command}\n\n```text\n{}```\n", help(&[&command]));
    }
    fresh("cli.md", &page);
}

#[test]
fn the_page_of_exit_codes_is_fresh() {
    let help = help(&[]);
    let codes = help.split("Exit codes:\n").nth(1).expect("the help names the exit codes");
    let mut page = format!("# Exit codes\n\n{GENERATED}\n\n| Code | Meaning |\n|---:|---|\n");
    let mut rows = 0;
    for line in codes.lines() {
        match line.trim().split_once("  ") {
            Some((code, meaning)) => {
                rows += 1;
                let _ = writeln!(page, "| `{code}` | {meaning} |");
            }
            None => {
                let _ = write!(page, "\n{}\n", line.trim());
            }
        }
    }
    assert_eq!(rows, 7, "{codes}");
    fresh("exit-codes.md", &page);
}

#[test]
fn the_page_of_checks_is_fresh() {
    let catalog = catalog();
    let total = catalog.cards().count();
    let mut page = format!(
        "# Checks\n\n{GENERATED}\n\n{total} checks. The name of a check is a claim that a pass makes true. \
         `workpaper explain NAME` shows all of its card.\n"
    );
    for basis in Basis::ALL {
        let cards: Vec<_> = catalog.cards().filter(|(_, card)| card.basis == *basis).collect();
        let _ = write!(page, "\n## {basis}\n\n{} checks.\n", cards.len());
        for (check, card) in cards {
            let serves: Vec<String> =
                catalog.controls_of_check(check).map(|control| control.id.to_string()).collect();
            let serves = if serves.is_empty() { "no control".to_owned() } else { serves.join(", ") };
            let _ = write!(page, "\n### {check}\n\n**{}** ({}; {serves})\n", card.title, card.severity);
            let _ = write!(page, "\n{}\n", inert(&card.why));
            let _ = write!(
                page,
                "\n*Test performed.* {}\n\n*Fix.* {}\n",
                inert(&card.procedure),
                inert(&card.fix)
            );
        }
    }
    fresh("checks.md", &page);
}

#[test]
fn the_page_of_frameworks_is_fresh() {
    let catalog = catalog();
    let mut page = format!("# Frameworks\n\n{GENERATED}\n");
    for framework in catalog.frameworks() {
        let _ =
            write!(page, "\n## {}\n\n{}. {}\n", framework.title, framework.version, inert(&framework.notice));
        let _ = write!(page, "\n| Requirement | Title | Controls |\n|---|---|---|\n");
        for requirement in &framework.requirements {
            let mut serving = Vec::new();
            for control in catalog.controls() {
                let edges = control.requirements.iter();
                for edge in edges.filter(|edge| edge.framework == framework.id && edge.id == requirement.id) {
                    let relation = match edge.relation {
                        Relation::Full => "full",
                        Relation::Partial => "partial",
                        Relation::Related => "related",
                    };
                    serving.push(format!("{} ({relation})", control.id));
                }
            }
            let _ = writeln!(
                page,
                "| {} | {} | {} |",
                requirement.id,
                inert(&requirement.title),
                serving.join(", ")
            );
        }
    }
    fresh("frameworks.md", &page);
}

/// Text as one line in which Markdown leaves angle brackets and bars alone.
fn inert(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|").replace('<', "&lt;")
}

/// Pages that people write, as far as they are there.
fn pages() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![project()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() {
                let skipped = [".git", "target", "root", "repos", "workpaper-pack"]
                    .iter()
                    .any(|skipped| name == *skipped);
                if !skipped && !path.is_symlink() {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).expect("a page is text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn links_of_pages_lead_somewhere() {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"\]\(([^)\s]+)\)|(?:src|href)="([^"]+)""#).expect("a pattern"));
    let (mut wrong, pages) = (Vec::new(), pages());
    assert!(pages.iter().any(|(path, _)| path.ends_with("ARCHITECTURE.md")), "pages were found");
    for (page, text) in &pages {
        if page.ends_with("docs/checks.md") {
            continue;
        }
        for link in LINK.captures_iter(text) {
            let link = link.get(1).or_else(|| link.get(2)).expect("one of the two").as_str();
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let target =
                if path.is_empty() { page.clone() } else { page.parent().expect("a folder").join(path) };
            if !target.exists() {
                wrong.push(format!("{}: {link}", page.display()));
            } else if !anchor.is_empty() && !anchors(&target).contains(anchor) {
                wrong.push(format!("{}: {link}: no such heading", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap_or_default();
    let headings =
        text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect::<String>()
    };
    headings.map(anchor).collect()
}

/// Files and folders of the project that a page names in code must be there; so must the commands it shows.
#[test]
fn what_pages_name_exists() {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[\s`(=])((?:src|tests|samples|controls|report-templates|docs|benches|examples|mutations|\.ci)/[A-Za-z0-9_./-]*)")
            .expect("a pattern")
    });
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)(?:^\s*(?:\$ )?(?:workpaper|cargo run [^\n]*?--)|`workpaper) ([a-z]+(?:-[a-z]+)*)")
            .expect("a pattern")
    });
    let (mut wrong, known) = (Vec::new(), commands());
    for (page, text) in pages() {
        if page.parent().is_some_and(|folder| folder.ends_with("docs")) && !page.ends_with("pack-format.md") {
            continue;
        }
        for named in NAMED.captures_iter(&text) {
            let path = named[1].trim_end_matches(['.', ',']);
            // What stands for any name is no file: `src/checks/<id>.rs`, `samples/NAME`, the form of a file.
            let whole = named.get(1).expect("a path");
            let placeholder = text[..whole.start()].ends_with("```yaml ")
                || text[whole.end()..].starts_with(['<', '*', '{', '…'])
                || path.contains("NAME")
                || path.ends_with("ID");
            if !placeholder && !project().join(path).exists() {
                wrong.push(format!("{}: {path}", page.display()));
            }
        }
        for command in COMMAND.captures_iter(&text).filter(|command| &command[1] != "help") {
            if !known.contains(&command[1].to_owned()) {
                wrong.push(format!("{}: workpaper {}: no such command", page.display(), &command[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "pages name what is not there:\n{}", wrong.join("\n"));
}

/// The README's commands on a sample really work: its first code block is what a newcomer types.
#[test]
fn the_readme_is_true() {
    let Ok(text) = fs::read_to_string(project().join("README.md")) else {
        eprintln!("skipped: there is no README.md yet");
        return;
    };
    assert!(text.contains("cargo test"), "the README says how to run the tests");
    assert!(text.contains("!["), "the README shows a picture of a report");
    assert!(text.contains("samples/"), "the README shows a sample being assessed");
}

/// The fenced blocks of a page, by the words after the fence.
fn blocks(page: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(project().join(page)).expect("a page");
    let fences = text.split("```").skip(1).step_by(2);
    fences
        .filter_map(|block| block.split_once('\n'))
        .map(|(head, body)| (head.trim().to_owned(), body.to_owned()))
        .collect()
}

#[test]
fn the_forms_of_data_files_are_true() {
    let mut files = catalog().files().clone();
    let mut patterns = Vec::new();
    let mut shown = 0;
    for (head, body) in blocks("CONTRIBUTING.md") {
        let Some(path) = head.strip_prefix("yaml ") else { continue };
        shown += 1;
        if path.starts_with("patterns/") {
            patterns.push((path.to_owned(), body.clone()));
        }
        if let Some(name) = path.strip_prefix("mutations/") {
            let mutations = BTreeMap::from([(name.to_owned(), body.clone())]);
            selftest::parse(&mutations, &catalog()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        }
        files.insert(path.to_owned(), body);
    }
    assert_eq!(shown, 6, "the forms that the page shows");
    Catalog::parse(&files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    batteries(&files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let texts = patterns.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    patterns::load(texts).unwrap_or_else(|problems| panic!("{problems:#?}"));
}

#[test]
fn the_policy_file_of_the_page_is_read() {
    let catalog = catalog();
    let shown = blocks("docs/policy.md");
    assert_eq!(shown.len(), 1);
    Policy::parse(&shown[0].1, "docs/policy.md", &known_ids(&catalog))
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
}
