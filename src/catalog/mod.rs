//! The catalogue: frameworks, controls and check cards, read from `controls/` and validated as a whole.

mod canaries;
mod card;
mod control;
mod framework;
pub mod patterns;
mod problem;
mod repair;
mod source;
mod validate;

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

pub use canaries::{Battery, Canary, Kind, Reach, batteries, filled, put_in};
pub use card::{Card, CommitGiven, Example};
pub use control::{AttestationNeed, Control, Frequency, Mapping, Nature, Purpose, Relation};
pub use framework::{Crosswalk, CrosswalkBasis, Designation, Framework, Requirement};
pub use problem::Problem;
pub use repair::{AtCited, Repair, placeholder};

use crate::model::{CheckId, ControlId, Digest, FrameworkId};

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/controls");

/// What the build made of the built-in files.
static PREPARED: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// The form of [`PREPARED`]: each folder's files by name without extension.
#[derive(Deserialize)]
struct Prepared {
    frameworks: BTreeMap<String, Framework>,
    controls: BTreeMap<String, Control>,
    checks: BTreeMap<CheckId, Card>,
    canaries: BTreeMap<String, Battery>,
}

/// A whole, valid catalogue.
#[derive(Clone, Debug)]
pub struct Catalog {
    files: BTreeMap<String, String>,
    digest: Digest,
    frameworks: Vec<Framework>,
    controls: Vec<Control>,
    cards: BTreeMap<CheckId, Card>,
    batteries: Vec<Battery>,
}

impl Catalog {
    /// The catalogue that this program was built with. It was validated by a test, so here it is only read, from
    /// the JSON that the build made of it.
    pub fn builtin() -> Result<Self, Vec<Problem>> {
        let mut files = BTreeMap::new();
        let mut problems = Vec::new();
        embedded(&BUILTIN, &mut files, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        match serde_json::from_str::<Prepared>(PREPARED) {
            Ok(Prepared { frameworks, controls, checks, canaries }) => {
                let named = canaries.into_iter().map(|(id, battery)| Battery { id, ..battery });
                let batteries = named.collect();
                Ok(Self::of(files, frameworks.into_values(), controls.into_values(), checks, batteries))
            }
            // The files themselves say what is wrong, and where.
            Err(_) => Self::parse(&files),
        }
    }

    /// Reads and validates a catalogue: path below `controls/` to text. Reports every mistake at once, sorted by
    /// file and line. Files of other folders (patterns) are carried and named by the digest, not read here.
    pub fn parse(files: &BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let sources = source::read(files, &mut problems);
        validate::validate(&sources, &mut problems);
        let batteries = batteries(files).unwrap_or_else(|found| {
            problems.extend(found);
            Vec::new()
        });
        if !problems.is_empty() {
            problems.sort();
            problems.dedup();
            return Err(problems);
        }
        let cards = sources.cards.into_iter().filter_map(|source| {
            let id = CheckId::parse(source.stem()).ok()?;
            Some((id, source.value))
        });
        let cards = cards.collect();
        let frameworks = sources.frameworks.into_iter().map(|source| source.value);
        let controls = sources.controls.into_iter().map(|source| source.value);
        Ok(Self::of(files.clone(), frameworks, controls, cards, batteries))
    }

    fn of(
        files: BTreeMap<String, String>,
        frameworks: impl Iterator<Item = Framework>,
        controls: impl Iterator<Item = Control>,
        cards: BTreeMap<CheckId, Card>,
        batteries: Vec<Battery>,
    ) -> Self {
        let mut controls: Vec<Control> = controls.collect();
        controls.sort_by(|a, b| (a.item.is_none(), a.item, &a.id).cmp(&(b.item.is_none(), b.item, &b.id)));
        let digest = Digest::of_files(&files);
        Self { digest, files, frameworks: frameworks.collect(), controls, cards, batteries }
    }

    /// The frameworks, by id.
    pub fn frameworks(&self) -> impl Iterator<Item = &Framework> {
        self.frameworks.iter()
    }

    /// A framework by its id.
    pub fn framework(&self, id: &FrameworkId) -> Option<&Framework> {
        self.frameworks.iter().find(|framework| framework.id == *id)
    }

    /// A requirement by its published id or another spelling of it.
    pub fn requirement(&self, framework: &FrameworkId, id: &str) -> Option<&Requirement> {
        self.framework(framework)?.requirements.iter().find(|requirement| {
            requirement.id.as_str() == id || requirement.aliases.iter().any(|alias| alias.as_str() == id)
        })
    }

    /// The checklist in its order, then the other controls by id.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter()
    }

    /// A control by its id.
    pub fn control(&self, id: &ControlId) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == *id)
    }

    /// The controls that a check tests.
    pub fn controls_of_check(&self, check: &CheckId) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(move |control| control.checks.contains(check))
    }

    /// The card of a check.
    pub fn card(&self, check: &CheckId) -> Option<&Card> {
        self.cards.get(check)
    }

    /// Every card, by check id.
    pub fn cards(&self) -> impl Iterator<Item = (&CheckId, &Card)> {
        self.cards.iter()
    }

    /// The batteries of test inputs, by id.
    pub fn batteries(&self) -> &[Battery] {
        &self.batteries
    }

    /// The exact texts, by path below `controls/`: they travel in the pack.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// Names the catalogue: over every path and text ([`Digest::of_files`]).
    pub fn digest(&self) -> Digest {
        self.digest.clone()
    }
}

fn embedded(folder: &Dir<'_>, files: &mut BTreeMap<String, String>, problems: &mut Vec<Problem>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        match file.contents_utf8() {
            Some(text) => drop(files.insert(path, text.to_owned())),
            None => problems.push(Problem::new(&path, 0, "not UTF-8 text", "save it as UTF-8")),
        }
    }
    // The depth is that of our own source folder.
    for inner in folder.dirs() {
        embedded(inner, files, problems);
    }
}

#[cfg(test)]
mod tests;
