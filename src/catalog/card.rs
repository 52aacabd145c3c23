//! A card: what people read about a check, and the worked examples that test it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Repair;
use crate::model::{Basis, Mechanism, Severity, Verdict};

/// One file of `controls/checks/`; its stem is the check's id.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The claim that a pass makes true, as a sentence.
    pub title: String,
    pub basis: Basis,
    pub severity: Severity,
    /// Raised when the logic changes, so that an old verdict can be told from a new one.
    pub revision: u32,
    /// The test performed, as a workpaper words it: inspected, recalculated, re-performed.
    pub procedure: String,
    pub why: String,
    pub fix: String,
    /// The client's mechanisms that a pass rests on: a version that breaks one of them takes the pass away.
    #[serde(default)]
    pub relies_on: Vec<Mechanism>,
    /// The change that makes the check pass, where a program can make it.
    #[serde(default)]
    pub repair: Option<Repair>,
    /// An undetermined answer means that two rules cannot both be met: its control is in conflict, not merely unknown.
    #[serde(default)]
    pub conflict: bool,
    /// At least one that passes and one that fails.
    pub examples: Vec<Example>,
}

/// A small deployment and the verdict that the check must reach on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub name: String,
    /// Path to content. `root/…` is the host's file system, `repos/NAME/…` a repository.
    #[serde(default)]
    pub given: BTreeMap<String, String>,
    /// The logs of an earlier reading, with their content then.
    #[serde(default)]
    pub earlier: BTreeMap<String, String>,
    /// Permission bits in octal for paths above: `"0666"`. Files have 0644 and folders 0755 otherwise.
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
    /// Owner ids. Homes belong to 1000 and the rest to 0 otherwise.
    #[serde(default)]
    pub owners: BTreeMap<String, u32>,
    /// Commits on the branch of a repository, after an empty first one before the period; by name, in order.
    #[serde(default)]
    pub commits: BTreeMap<String, Vec<CommitGiven>>,
    /// The forge's pull requests of the one repository as JSON; `{commit 1}` stands for the name of its first commit.
    #[serde(default)]
    pub forge: Option<String>,
    /// The tip of `main` that an earlier run saw in each repository.
    #[serde(default)]
    pub earlier_tip: Option<String>,
    /// The text of a policy file.
    #[serde(default)]
    pub policy: Option<String>,
    /// Whether the verdict is the one with hook probes run; without them such an example is undetermined.
    #[serde(default)]
    pub probe: bool,
    /// The worst verdict over all subjects.
    pub expect: Verdict,
    /// Words that a message of that verdict must hold.
    #[serde(default)]
    pub says: Option<String>,
}

/// One commit of an example. The first stands at 2026-09-01, each other a day after the one before.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitGiven {
    pub message: String,
    /// A signature made over exactly this commit.
    #[serde(default)]
    pub signature: Option<String>,
    /// Path to content; an empty text takes the file away.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}
