//! What settings files say, whether or not the client reads them: the declared basis.

use serde_json::{Map, Value};

use super::{Facts, File};
use crate::model::{Conclusion, Evidence, Role};

/// A key that a settings file sets, wherever the file stands.
pub struct Written<'f> {
    pub file: &'f File<'f>,
    /// The dotted key that was asked for.
    pub key: &'static str,
    pub value: &'f Value,
    pointer: String,
}

impl Written<'_> {
    /// Cites the place.
    pub fn evidence(&self) -> Evidence {
        self.file.evidence().at(&*self.pointer)
    }
}

impl<'a> Facts<'a> {
    /// Every place where a settings file sets one of the dotted keys, at the top or inside the guide's
    /// `managedSettings` wrapper, by file and then in the order of the keys.
    pub fn written<'f>(&'f self, keys: &[&'static str]) -> Vec<Written<'f>> {
        let mut found = Vec::new();
        for (file, object) in self.settings_objects() {
            for key in keys {
                for wrapper in ["", "managedSettings."] {
                    let path = format!("{wrapper}{key}");
                    if let Some(value) = lookup(object, &path) {
                        let pointer = format!("/{}", path.replace('.', "/"));
                        found.push(Written { file, key, value, pointer });
                    }
                }
            }
        }
        found
    }

    /// Whether any settings file sets one of the keys: the plainest declared check.
    pub fn declared(&self, keys: &[&'static str], what: &str) -> Conclusion {
        let written = self.written(keys);
        match written.first() {
            Some(first) => {
                let message = format!("{} is written down in {}", first.key, first.file.source);
                let rest = written[1..].iter().map(Written::evidence);
                Conclusion::pass("deployment", first.evidence(), message).citing(rest)
            }
            None => Conclusion::fail("deployment", self.looked_at(), format!("no settings file {what}")),
        }
    }

    /// The command that a written hook at this place starts.
    pub fn command_at(&self, place: &Evidence) -> Option<&str> {
        let file = self.file_at(&place.source)?;
        let mut parts = place.locator.as_deref()?.trim_start_matches('/').split('/');
        let mut value = file.object()?.get(parts.next()?)?;
        for part in parts {
            value = match value {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                other => other.get(part)?,
            };
        }
        value.get("command")?.as_str()
    }

    /// Every settings file whose text is a JSON object, comments and trailing commas allowed: what was meant counts
    /// here, what the client makes of it counts elsewhere.
    pub fn settings_objects<'f>(&'f self) -> impl Iterator<Item = (&'f File<'a>, &'f Map<String, Value>)> {
        self.files.iter().filter_map(|file| Some((file, file.object()?)))
    }

    /// An unknown for every settings file that could not be understood, so that no "nowhere" is claimed over it.
    pub fn settings_not_understood(&self) -> Vec<Conclusion> {
        let broken = self
            .files_as(|role| matches!(role, Role::Settings { .. }))
            .filter(|file| file.object().is_none())
            .map(|file| Conclusion::undetermined(file.source, "the settings file is not a JSON object"));
        broken.chain(self.unseen_as(|role| matches!(role, Role::Settings { .. }))).collect()
    }
}

/// The value at a dotted path.
fn lookup<'v>(object: &'v Map<String, Value>, dotted: &str) -> Option<&'v Value> {
    let mut parts = dotted.split('.');
    let mut value = object.get(parts.next()?)?;
    for part in parts {
        value = value.as_object()?.get(part)?;
    }
    Some(value)
}

/// Reads a settings text as its author meant it.
pub(super) fn object(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim_start_matches('\u{feff}');
    if crate::client::settings::positions::too_deep(text) {
        return None;
    }
    let value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) => {
            jsonc_parser::parse_to_ast(text, &Default::default(), &Default::default()).ok()?.value?.into()
        }
    };
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Whether the last part of a pointer is a key that tells people something and means to tell the client nothing.
pub fn is_annotation(pointer: &str) -> bool {
    let key = pointer.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    key.is_empty()
        || key.starts_with(['_', '$', '#'])
        || key.starts_with("~1~1")
        || key.contains("comment")
        || matches!(
            key.as_str(),
            "version"
                | "name"
                | "title"
                | "description"
                | "note"
                | "notes"
                | "author"
                | "license"
                | "metadata"
        )
}
