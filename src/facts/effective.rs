//! The settings in force for every session, key by key.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Facts, Session, shortened};
use crate::{client::settings::keys, model::EffectiveSetting};

/// Objects within objects are opened this far; what lies deeper is shown as it stands.
const DEPTH: usize = 3;

impl Facts<'_> {
    /// Every key that a source in force sets, by session and key.
    pub fn effective_settings(&self) -> Vec<EffectiveSetting> {
        self.sessions().iter().flat_map(of_session).collect()
    }
}

fn of_session(session: &Session<'_>) -> Vec<EffectiveSetting> {
    let mut names = BTreeSet::new();
    for (_, object, _) in session.effective.objects() {
        collect(object, "", DEPTH, &mut names);
    }
    names.into_iter().filter_map(|key| effective(session, key)).collect()
}

fn collect(object: &Map<String, Value>, base: &str, depth: usize, names: &mut BTreeSet<String>) {
    for (key, value) in object {
        let name = format!("{base}{key}");
        match value {
            // Hooks have a table of their own.
            Value::Object(inner) if depth > 1 && !inner.is_empty() && name != "hooks" => {
                collect(inner, &format!("{name}."), depth - 1, names);
            }
            _ => drop(names.insert(name)),
        }
    }
}

fn effective(session: &Session<'_>, key: String) -> Option<EffectiveSetting> {
    let winner = session.effective.value(&key)?;
    let value = if winner.value.is_array() {
        let merged = session.effective.list(&key).into_iter().map(|item| item.value.clone()).collect();
        shortened(&Value::Array(merged))
    } else {
        shortened(winner.value)
    };
    Some(EffectiveSetting {
        subject: session.subject.clone(),
        value,
        scope: winner.scope.name().to_owned(),
        source: session.shown(winner.source),
        overridden: winner.overrode.iter().map(|(source, _)| session.shown(source)).collect(),
        known: keys::find(&key).is_some() || key.starts_with("env."),
        key,
    })
}
