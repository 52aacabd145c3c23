//! Shapes of what stands within settings values, as a table.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::keys::{Kind, misfit};
use super::positions::escape;
use super::shape::{ShapeFault, fault};
use crate::client::table::rows;

const SHAPES: &str = include_str!("../../../controls/client/settings-shapes.tsv");

/// One row: the values at a path, and what they must be.
struct Shape {
    path: &'static str,
    kind: Kind,
    values: Vec<&'static str>,
    needs: Vec<&'static str>,
}

static TABLE: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    rows(SHAPES)
        .map(|cells| {
            let cell = |i: usize| cells.get(i).copied().unwrap_or_default();
            let split = |i: usize, at: char| cell(i).split(at).filter(|t| !t.is_empty()).collect();
            Shape { path: cells[0], kind: Kind::parse(cell(1)), values: split(2, '|'), needs: split(3, ',') }
        })
        .collect()
});

/// Adds the faults of all values that the table describes.
pub(super) fn faults(settings: &Map<String, Value>, out: &mut Vec<ShapeFault>) {
    for shape in TABLE.iter() {
        for (pointer, value) in at_path(settings, shape.path) {
            let missing = value
                .as_object()
                .and_then(|object| shape.needs.iter().find(|name| !object.contains_key(**name)))
                .map(|name| format!("{} needs `{name}`", shape.path));
            if let Some(what) = misfit(shape.path, shape.kind, &shape.values, value).or(missing) {
                out.push(fault(&pointer, &what));
            }
        }
    }
    for list in ["strictKnownMarketplaces[]", "blockedMarketplaces[]", "extraKnownMarketplaces.*.source"] {
        for (pointer, value) in at_path(settings, list) {
            if let Some(what) = marketplace_fault(value) {
                out.push(fault(&pointer, &what));
            }
        }
    }
    for (path, fits, what) in TEXTS {
        for (pointer, value) in at_path(settings, path) {
            if value.as_str().is_some_and(|text| !fits(text)) {
                out.push(fault(&pointer, what));
            }
        }
    }
}

/// Texts with a form of their own.
const TEXTS: &[(&str, fn(&str) -> bool, &str)] = &[
    (
        "sandbox.network.allowMachLookup[]",
        |name| !name.strip_suffix('*').unwrap_or(name).contains('*'),
        "a star may stand at the end of a service name alone",
    ),
    ("sandbox.credentials.files[].path", |path| !path.is_empty(), "the path is empty"),
    ("sandbox.credentials.envVars[].name", is_variable, "this is no name of a variable"),
    ("quietHours.start", is_time, "a time is written as 22:00"),
    ("quietHours.end", is_time, "a time is written as 22:00"),
];

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_time(text: &str) -> bool {
    let number = |text: &str, below: u8| text.parse::<u8>().is_ok_and(|n| n < below);
    text.split_once(':').is_some_and(|(hours, minutes)| {
        hours.len() <= 2 && minutes.len() == 2 && number(hours, 24) && number(minutes, 60)
    })
}

/// Every value at a path in which `*` is any member and `[]` any element, with its pointer.
fn at_path<'s>(settings: &'s Map<String, Value>, path: &str) -> Vec<(String, &'s Value)> {
    let mut parts = path.split('.');
    let Some(first) = parts.next() else { return Vec::new() };
    let mut found = members(settings, first, "");
    for part in parts {
        found = found
            .into_iter()
            .filter_map(|(pointer, value)| Some(members(value.as_object()?, part, &pointer)))
            .flatten()
            .collect();
    }
    found
}

fn members<'s>(object: &'s Map<String, Value>, part: &str, at: &str) -> Vec<(String, &'s Value)> {
    let name = part.trim_end_matches("[]");
    let named: Vec<(String, &Value)> = if name == "*" {
        object.iter().map(|(key, value)| (format!("{at}/{}", escape(key)), value)).collect()
    } else {
        object.get(name).map(|value| (format!("{at}/{}", escape(name)), value)).into_iter().collect()
    };
    if name.len() == part.len() {
        return named;
    }
    let lists = named.into_iter().filter_map(|(pointer, value)| Some((pointer, value.as_array()?)));
    lists
        .flat_map(|(pointer, list)| {
            list.iter().enumerate().map(move |(i, value)| (format!("{pointer}/{i}"), value))
        })
        .collect()
}

/// What is wrong with the source of a marketplace.
fn marketplace_fault(value: &Value) -> Option<String> {
    let Some(object) = value.as_object() else { return Some("a marketplace must be an object".to_owned()) };
    let needed = match object.get("source").and_then(Value::as_str) {
        Some("url" | "git") => "url",
        Some("github") => "repo",
        Some("npm") => "package",
        Some("file" | "directory") => "path",
        Some(kind @ ("hostPattern" | "pathPattern")) => kind,
        Some("skills-dir") => return None,
        Some("settings") => "name",
        _ => return Some("a marketplace needs a `source` that the client knows".to_owned()),
    };
    let given = object.get(needed).is_some_and(Value::is_string);
    (!given).then(|| format!("a marketplace of this source needs the string `{needed}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(value: &Value) -> Vec<String> {
        let mut out = Vec::new();
        faults(value.as_object().unwrap(), &mut out);
        out.into_iter().map(|f| f.pointer).collect()
    }

    #[test]
    fn members_and_elements_are_looked_at() {
        assert_eq!(found(&json!({"modelOverrides": {"a/b": 5, "c": "x"}})), ["/modelOverrides/a~1b"]);
        assert_eq!(found(&json!({"enabledPlugins": {"p": ["x", 5]}})), ["/enabledPlugins/p/1"]);
        assert_eq!(found(&json!({"sshConfigs": [{"id": "a", "name": "b"}]})), ["/sshConfigs/0"]);
        assert_eq!(found(&json!({"feedbackSurveyRate": 2})), ["/feedbackSurveyRate"]);
        assert!(found(&json!({"feedbackSurveyRate": 0.5, "voice": {"mode": "tap"}})).is_empty());
    }

    #[test]
    fn marketplaces_need_what_their_source_needs() {
        let at = |source: Value| found(&json!({"extraKnownMarketplaces": {"m": {"source": source}}}));
        assert!(at(json!({"source": "github", "repo": "a/b"})).is_empty());
        assert_eq!(at(json!({"source": "github"})), ["/extraKnownMarketplaces/m/source"]);
        assert_eq!(at(json!("github")), ["/extraKnownMarketplaces/m/source"]);
    }
}
