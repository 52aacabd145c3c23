//! What this organisation decided: scope, parameters, roster, registers, people's statements and the gate.
//! It is read only from the file that the operator names; the examined repositories have no say in it.

mod changes;
mod gate;
mod parameters;
mod problem;
mod register;
mod retention;
mod roster;
mod scope;
mod statement;
mod table;
mod yaml;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

pub use changes::{AllowedMatch, AllowedSecret, ChangeRules, Signers};
pub use gate::{Condition, FailOn};
pub use parameters::{EphiScope, Parameters, PersonalDataScope};
pub use problem::Problem;
pub use register::{Document, DocumentKind, McpServer, McpTarget, Risk};
pub use retention::{DataClass, Retention, RetentionDecision};
pub use roster::{Person, Profile};
pub use scope::{Exclusion, Plan, Provider, Scope};
pub use statement::{Attestation, Waiver, WaiverTarget};

use crate::model::{CheckId, ControlId, Digest, FrameworkId};
use table::{Reading, suggestion};

/// The wire name of the policy file.
pub const SCHEMA: &str = "workpaper/policy/v1";

/// The policy of an organisation that decided nothing: every default.
const NOTHING_DECIDED: &str = "schema: workpaper/policy/v1\n";

/// The ids that a policy may speak of: those of the catalogue it is used with.
#[derive(Clone, Debug, Default)]
pub struct KnownIds {
    pub frameworks: BTreeSet<FrameworkId>,
    pub controls: BTreeSet<ControlId>,
    pub checks: BTreeSet<CheckId>,
}

impl KnownIds {
    /// An id of the catalogue, or what is wrong with it and the id that was probably meant.
    fn resolve<T: Ord + ToString>(
        known: &BTreeSet<T>,
        parsed: Result<T, String>,
        text: &str,
        what: &str,
    ) -> Result<T, (String, String)> {
        if let Ok(id) = parsed
            && known.contains(&id)
        {
            return Ok(id);
        }
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Err((format!("`{}` is not {what} of the catalogue", text.escape_debug()), suggestion(text, &names)))
    }

    fn framework(&self, text: &str) -> Result<FrameworkId, (String, String)> {
        Self::resolve(&self.frameworks, FrameworkId::parse(text), text, "a framework")
    }

    fn control(&self, text: &str) -> Result<ControlId, (String, String)> {
        Self::resolve(&self.controls, ControlId::parse(text), text, "a control")
    }

    fn check(&self, text: &str) -> Result<CheckId, (String, String)> {
        Self::resolve(&self.checks, CheckId::parse(text), text, "a check")
    }
}

/// What one organisation decided. The exact text travels in the pack and names the policy.
#[derive(Clone, Debug)]
pub struct Policy {
    text: String,
    pub organisation: Option<String>,
    pub scope: Scope,
    pub parameters: Parameters,
    pub changes: ChangeRules,
    /// By id.
    pub roster: Vec<Person>,
    /// By id.
    pub documents: Vec<Document>,
    pub mcp_register: Vec<McpServer>,
    pub retention: BTreeMap<DataClass, Retention>,
    pub attestations: Vec<Attestation>,
    pub waivers: Vec<Waiver>,
    /// What closes the gate; nothing where the policy leaves it to the command.
    pub fail_on: Option<FailOn>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            text: NOTHING_DECIDED.to_owned(),
            organisation: None,
            scope: Scope::default(),
            parameters: Parameters::default(),
            changes: ChangeRules::default(),
            roster: Vec::new(),
            documents: Vec::new(),
            mcp_register: Vec::new(),
            retention: BTreeMap::new(),
            attestations: Vec::new(),
            waivers: Vec::new(),
            fail_on: None,
        }
    }
}

impl Policy {
    /// Reads a policy file, or returns every mistake in it. `file_name` is used in messages only.
    pub fn parse(text: &str, file_name: &str, known: &KnownIds) -> Result<Self, Vec<Problem>> {
        let reading = Reading::new(file_name);
        let root = match yaml::parse(text) {
            Ok(root) => root,
            Err((line, why)) => {
                reading.problem(line, format!("this is not YAML that can be read: {why}"), None);
                return Err(reading.into_problems());
            }
        };
        let top = reading.table(&root, "");
        match top.required("schema").as_deref() {
            None | Some(SCHEMA) => {}
            Some(other) => {
                let message = format!("is `{}`, which this program does not read", other.escape_debug());
                top.wrong("schema", message, Some("write workpaper/policy/v1"));
            }
        }
        let policy = Self {
            text: text.to_owned(),
            organisation: top.text("organisation"),
            scope: scope::read(top.table("scope"), known),
            parameters: parameters::read(top.table("parameters")),
            changes: changes::read(top.table("changes")),
            roster: roster::read(&top),
            documents: register::documents(&top),
            mcp_register: register::mcp_servers(&top),
            retention: retention::read(top.table("retention")),
            attestations: statement::attestations(&top, known),
            waivers: statement::waivers(&top, known),
            fail_on: gate::read(top.table("gate"), known),
        };
        top.finish();
        let problems = reading.into_problems();
        if problems.is_empty() { Ok(policy) } else { Err(problems) }
    }

    /// The text that was read, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Names the policy: the digest of its text, so that `sha256sum` on the pack's copy gives the same.
    pub fn digest(&self) -> Digest {
        Digest::of_bytes(self.text.as_bytes())
    }

    /// Whether requirements of this framework are answered. All are, unless the policy names some.
    pub fn in_scope(&self, framework: &FrameworkId) -> bool {
        self.scope.frameworks.as_ref().is_none_or(|named| named.contains(framework))
    }

    /// Id and path of each document that the organisation points at.
    pub fn document_paths(&self) -> Vec<(String, PathBuf)> {
        self.documents.iter().map(|document| (document.id.clone(), PathBuf::from(&document.path))).collect()
    }
}

#[cfg(test)]
mod tests;
