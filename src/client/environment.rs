//! Environment variables: which the client reads, and which look like controls and are read by nothing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::settings::keys;
use super::table::rows;

const TABLE: &str = include_str!("../../controls/client/environment.tsv");
/// Beginnings of the names that belong to the client.
const OWN: [&str; 2] = ["CLAUDE_", "ANTHROPIC_"];

/// What the client makes of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// The client reads it, or it belongs to another program.
    Read,
    /// Nothing reads it; what works in its place.
    Inert { instead: String },
    /// It looks like the client's own, and the list of the day does not hold it.
    Unknown,
}

/// Name to what works in its place; empty where the client reads the name.
static NAMES: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| rows(TABLE).filter_map(|cells| Some((*cells.first()?, *cells.get(1)?))).collect());

/// What the client makes of a variable of this name.
pub fn reading(name: &str) -> Reading {
    match NAMES.get(name) {
        Some(&"") => return Reading::Read,
        Some(instead) => return Reading::Inert { instead: (*instead).to_owned() },
        None => {}
    }
    if !OWN.iter().any(|own| name.starts_with(own)) {
        return Reading::Read;
    }
    let known = NAMES.iter().filter(|(_, instead)| instead.is_empty()).map(|(name, _)| *name);
    match keys::nearest(name, known) {
        Some(meant) => Reading::Inert { instead: format!("{meant}: the client does not know {name}.") },
        None => Reading::Unknown,
    }
}

/// Every name that looks like a control and is read by nothing.
pub fn inert_names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().filter(|(_, instead)| !instead.is_empty()).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        assert!(NAMES.len() > 300, "{}", NAMES.len());
        for read in ["HTTPS_PROXY", "CLAUDE_CODE_ENABLE_TELEMETRY", "OTEL_LOGS_EXPORTER", "PATH", "MY_OWN"] {
            assert_eq!(reading(read), Reading::Read, "{read}");
        }
        for (inert, works) in [
            ("GLOBAL_AGENT_HTTPS_PROXY", "HTTPS_PROXY in env"),
            ("CLAUDE_CODE_ENABLE_TELEMETY", "CLAUDE_CODE_ENABLE_TELEMETRY"),
            ("CLAUDE_PERMISSION_MODE", "permissions.defaultMode"),
        ] {
            let Reading::Inert { instead } = reading(inert) else { panic!("{inert}") };
            assert!(instead.starts_with(works), "{inert}: {instead}");
        }
        assert_eq!(reading("CLAUDE_CODE_COLOUR_OF_THE_ROBOT"), Reading::Unknown);
    }
}
