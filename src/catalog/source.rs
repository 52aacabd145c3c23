//! The catalogue's files as values, each beside the lines that its parts stand on.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_saphyr::Spanned;

use super::{Card, Control, Framework, Problem};
use crate::model::ControlId;

/// A file larger than this is refused unread; the largest of the built-in catalogue is a tenth of it.
const MOST_BYTES: usize = 1 << 20;

/// Everything that could be read, by path below `controls/`.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) frameworks: Vec<Source<Framework, FrameworkLines>>,
    pub(super) controls: Vec<Source<Control, ControlLines>>,
    pub(super) cards: Vec<Source<Card, CardLines>>,
    pub(super) checklist: Option<Source<Checklist, ChecklistLines>>,
    /// Files that could not be read, by folder: what refers to them is not reported as unknown on top.
    pub(super) broken: Vec<String>,
}

/// One file.
pub(super) struct Source<T, L> {
    pub(super) path: String,
    pub(super) value: T,
    pub(super) lines: L,
}

impl<T, L> Source<T, L> {
    /// The file's name without folder and extension.
    pub(super) fn stem(&self) -> &str {
        stem(&self.path)
    }
}

/// The file's name without folder and extension.
pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".yaml").unwrap_or(name)
}

/// `checklist.yaml`: the guide's items, word for word.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checklist {
    pub(super) items: Vec<ChecklistItem>,
}

/// One item of the checklist.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChecklistItem {
    pub(super) item: u8,
    pub(super) control: ControlId,
    pub(super) text: String,
}

/// Where the parts of a framework stand.
#[derive(Deserialize)]
pub(super) struct FrameworkLines {
    pub(super) id: Spanned<String>,
    pub(super) requirements: Vec<RequirementLines>,
}

/// Where the parts of a requirement stand.
#[derive(Deserialize)]
pub(super) struct RequirementLines {
    pub(super) id: Spanned<String>,
    #[serde(default)]
    pub(super) aliases: Vec<Spanned<String>>,
}

/// Where the parts of a control stand.
#[derive(Deserialize)]
pub(super) struct ControlLines {
    pub(super) id: Spanned<String>,
    #[serde(default)]
    pub(super) item: Option<Spanned<u64>>,
    pub(super) text: Spanned<String>,
    #[serde(default)]
    pub(super) checks: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) untested: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) requires: Vec<Spanned<String>>,
    pub(super) requirements: Vec<MappingLines>,
}

/// Where the parts of a mapping stand.
#[derive(Deserialize)]
pub(super) struct MappingLines {
    pub(super) framework: Spanned<String>,
    pub(super) id: Spanned<String>,
    pub(super) why: Spanned<String>,
}

/// Where the parts of a card stand.
#[derive(Deserialize)]
pub(super) struct CardLines {
    pub(super) title: Spanned<String>,
    pub(super) examples: Vec<ExampleLines>,
}

/// Where an example stands.
#[derive(Deserialize)]
pub(super) struct ExampleLines {
    pub(super) name: Spanned<String>,
}

/// Where the checklist's items stand.
#[derive(Deserialize)]
pub(super) struct ChecklistLines {
    pub(super) items: Vec<ItemLines>,
}

/// Where the parts of an item stand.
#[derive(Deserialize)]
pub(super) struct ItemLines {
    pub(super) item: Spanned<u64>,
    pub(super) control: Spanned<String>,
    pub(super) text: Spanned<String>,
}

/// Reads every file of the folders that belong to the catalogue itself; other folders are carried, not read.
pub(super) fn read(files: &BTreeMap<String, String>, problems: &mut Vec<Problem>) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        let parts: Vec<&str> = path.split('/').collect();
        let understood = match parts.as_slice() {
            ["checklist.yaml"] => {
                sources.checklist = parse(path, text, problems);
                sources.checklist.is_some()
            }
            ["frameworks", _] => keep(&mut sources.frameworks, path, text, problems),
            ["controls", _] => keep(&mut sources.controls, path, text, problems),
            ["checks", _] => keep(&mut sources.cards, path, text, problems),
            ["frameworks" | "controls" | "checks", ..] => {
                problems.push(Problem::new(path, 0, "this folder has no sub-folders", "move the file up"));
                false
            }
            _ => true,
        };
        if !understood {
            sources.broken.push(path.clone());
        }
    }
    sources
}

fn keep<T: DeserializeOwned, L: DeserializeOwned>(
    into: &mut Vec<Source<T, L>>,
    path: &str,
    text: &str,
    problems: &mut Vec<Problem>,
) -> bool {
    if !path.ends_with(".yaml") {
        problems.push(Problem::new(path, 0, "not a .yaml file", "every file of this folder ends in .yaml"));
        return false;
    }
    match parse(path, text, problems) {
        Some(source) => {
            into.push(source);
            true
        }
        None => false,
    }
}

fn parse<T: DeserializeOwned, L: DeserializeOwned>(
    path: &str,
    text: &str,
    problems: &mut Vec<Problem>,
) -> Option<Source<T, L>> {
    if text.len() > MOST_BYTES {
        problems.push(Problem::new(path, 0, "larger than 1 MiB", "split it"));
        return None;
    }
    let read = || Ok((yaml(text)?, yaml(text)?));
    match read() {
        Ok((value, lines)) => Some(Source { path: path.to_owned(), value, lines }),
        Err(error) => {
            let error: serde_saphyr::Error = error;
            let line = error.location().map_or(0, |location| location.line());
            let message = error.without_snippet().to_string();
            problems.push(Problem::new(path, line, message, "CONTRIBUTING.md shows the form of each file"));
            None
        }
    }
}

fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    serde_saphyr::from_str_with_options(text, serde_saphyr::options! { with_snippet: false })
}
