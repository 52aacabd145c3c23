//! Mutations as data: what is weakened, which check must notice, and which edits do it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::{CheckId, ControlId};

/// One file of `mutations/`; its stem is the control that its mutants weaken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutations {
    /// The file's name.
    #[serde(skip)]
    pub control: String,
    /// Variants of the sample, for checks that do not concern the sample as it is.
    #[serde(default)]
    pub scenes: BTreeMap<String, Scene>,
    #[serde(default)]
    pub mutants: Vec<Mutant>,
    /// Changes that weaken nothing, and must change no verdict.
    #[serde(default)]
    pub harmless: Vec<Mutant>,
}

/// The sample with something added that works: nothing of it fails.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    pub what: String,
    /// The text of a policy file.
    #[serde(default)]
    pub policy: Option<String>,
    #[serde(rename = "do", default)]
    pub edits: Vec<Edit>,
}

/// One weakening, or one harmless change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// Unique among all mutants.
    pub id: String,
    /// What is changed, as a sentence.
    pub what: String,
    /// The scene that it starts from; the sample as it is where absent.
    #[serde(rename = "in", default)]
    pub scene: Option<String>,
    #[serde(rename = "do")]
    pub edits: Vec<Edit>,
    /// The checks that must fail. The controls that they serve turn red by that.
    #[serde(default)]
    pub kills: Vec<CheckId>,
    /// Other controls that may turn red, each with the reason why one change concerns both.
    #[serde(default)]
    pub also: BTreeMap<ControlId, String>,
    /// Whether every hook is run anew, and not only those that changed.
    #[serde(default)]
    pub probe: bool,
}

/// One change to the files of a deployment. Paths start with `root/` or `repos/NAME/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Puts a value at a JSON pointer; a pointer that ends in `/-` adds to a list.
    Set {
        #[serde(default = "managed_settings")]
        file: String,
        at: String,
        to: Value,
    },
    /// Takes the value at a JSON pointer away.
    Unset {
        #[serde(default = "managed_settings")]
        file: String,
        at: String,
    },
    /// Takes out of a list every item whose text holds one of these words.
    Drop {
        #[serde(default = "managed_settings")]
        file: String,
        at: String,
        holding: Vec<String>,
    },
    /// Replaces a text wherever it stands in the file.
    Replace {
        #[serde(default = "managed_settings")]
        file: String,
        text: String,
        with: String,
    },
    /// Writes a file, new or anew.
    Write { file: String, text: String },
    /// Adds to the end of a file.
    Append { file: String, text: String },
    /// Makes a symbolic link.
    Link { path: String, to: String },
    /// Removes a file, or a folder with all that is in it.
    Remove { path: String },
    /// Renames a file or a folder.
    Move { from: String, to: String },
    /// Permission bits, in octal.
    Mode { path: String, mode: String },
    /// Who owns it.
    Owner { path: String, uid: u32, gid: u32 },
    /// A setting of a repository's own git configuration; without a value it is taken away.
    GitConfig { repo: String, name: String, value: Option<String> },
    /// Removes the records of a log of JSON lines that match, from a time and until another.
    DropRecords {
        #[serde(default = "audit_log")]
        file: String,
        #[serde(default)]
        holding: Map<String, Value>,
        #[serde(default)]
        from: Option<String>,
        #[serde(default)]
        until: Option<String>,
    },
    /// Puts a value into the records that match: into all, or into so many from the first on.
    SetInRecords {
        #[serde(default = "audit_log")]
        file: String,
        #[serde(default)]
        holding: Map<String, Value>,
        key: String,
        to: Value,
        #[serde(default)]
        first: Option<usize>,
    },
}

/// The file that most mutants weaken.
fn managed_settings() -> String {
    "root/etc/claude-code/managed-settings.json".to_owned()
}

fn audit_log() -> String {
    "root/var/log/claude-code/audit.log".to_owned()
}

impl Edit {
    /// Every path that it names.
    pub(super) fn paths(&self) -> Vec<&str> {
        match self {
            Self::Set { file, .. }
            | Self::Unset { file, .. }
            | Self::Drop { file, .. }
            | Self::Replace { file, .. }
            | Self::Write { file, .. }
            | Self::Append { file, .. }
            | Self::DropRecords { file, .. }
            | Self::SetInRecords { file, .. } => vec![file],
            Self::Link { path, .. }
            | Self::Remove { path }
            | Self::Mode { path, .. }
            | Self::Owner { path, .. } => vec![path],
            Self::Move { from, to } => vec![from, to],
            Self::GitConfig { repo, .. } => vec![repo],
        }
    }
}
