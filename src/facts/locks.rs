//! Locks: keys that bind a user only where an administrator's source that is in force sets them.

use serde_json::Value;

use super::Session;
use crate::{
    client::settings::{ManagedOrigin, Scope, Sourced},
    model::{Conclusion, Evidence},
};

/// Whether a key is fixed for a user.
#[derive(Debug)]
pub enum Lock {
    /// An administrator's source in force sets the value.
    Held(Evidence),
    /// The value in force is another one.
    Other { evidence: Evidence, value: String },
    /// The value is right, and the user or a repository could change it.
    Changeable { evidence: Evidence, by: &'static str },
    /// Nothing in force sets the key.
    Absent,
}

impl Session<'_> {
    /// The value of a key as an administrator's source in force sets it.
    pub fn administered(&self, key: &str) -> Option<Sourced<'_>> {
        self.effective
            .value(key)
            .filter(|value| value.scope == Scope::Managed && !self.is_user_registry(value))
    }

    /// Whether the key is fixed at the wanted value.
    pub fn lock(&self, key: &str, wanted: &Value) -> Lock {
        let Some(value) = self.effective.value(key) else { return Lock::Absent };
        let evidence = self.cite(&value);
        if value.value != wanted {
            return Lock::Other { evidence, value: shortened(value.value) };
        }
        match value.scope {
            Scope::Managed if self.is_user_registry(&value) => {
                Lock::Changeable { evidence, by: "the user's own registry" }
            }
            Scope::Managed => Lock::Held(evidence),
            Scope::User => Lock::Changeable { evidence, by: "the user" },
            Scope::Project | Scope::Local | Scope::CommandLine => {
                Lock::Changeable { evidence, by: "whoever can change the repository" }
            }
        }
    }

    /// The conclusion that a lock leads to.
    pub fn require_lock(&self, key: &str, wanted: &Value) -> Conclusion {
        match self.lock(key, wanted) {
            Lock::Held(evidence) => {
                Conclusion::pass(&*self.subject, evidence, format!("managed settings fix {key} at {wanted}"))
            }
            Lock::Other { evidence, value } => {
                let message = format!("{key} is {value}; only {wanted} locks it");
                Conclusion::fail(&*self.subject, vec![evidence], message)
            }
            Lock::Changeable { evidence, by } => {
                let message =
                    format!("{key} is {wanted}, where {by} can take it back: it is not in managed settings");
                Conclusion::fail(&*self.subject, vec![evidence], message)
            }
            Lock::Absent => {
                let message = format!("no settings source in force sets {key} to {wanted}");
                Conclusion::fail(&*self.subject, self.sources(), message)
            }
        }
    }

    /// HKCU counts as managed for the client, and is the user's to write.
    fn is_user_registry(&self, value: &Sourced<'_>) -> bool {
        self.effective
            .sources()
            .iter()
            .any(|source| source.source.path == value.source && source.origin() == ManagedOrigin::Hkcu)
    }
}

/// A value as JSON, cut where it is long.
pub fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
