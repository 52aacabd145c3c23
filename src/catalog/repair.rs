//! What makes a failing check pass, in a form that a program can carry out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The smallest change that makes a check pass. A value `"{name}"` is one that only the organisation knows.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repair {
    /// Managed settings: a dotted key and its value. A list or object is set only where nothing stands.
    pub set: BTreeMap<String, Value>,
    /// Managed settings: a dotted key of a list, and what is added to it.
    pub include: BTreeMap<String, Vec<Value>>,
    /// Managed settings: an event, and the scripts of the reference deployment that are installed and registered for it.
    pub hooks: BTreeMap<String, Vec<String>>,
    /// The git hook of the reference deployment that is put where git looks.
    pub git_hook: Option<String>,
    /// What is done at each place that the finding cites.
    pub cited: Option<AtCited>,
    /// Text that is replaced on each line that the finding cites.
    pub replace: BTreeMap<String, String>,
}

/// What is done at a cited place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtCited {
    /// The value is taken out; a whole file is put out of the way.
    Remove,
    /// A permission rule is written in the form that works, or taken out where there is none.
    MendRule,
    /// A literal secret becomes a reference to a variable of the environment.
    NameSecret,
}

impl Repair {
    /// Names of the values that only the organisation knows.
    pub fn wanted_values(&self) -> Vec<&str> {
        self.set.values().chain(self.include.values().flatten()).filter_map(placeholder).collect()
    }
}

/// The name in a value `"{name}"`.
pub fn placeholder(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.is_empty())
}
