//! The known settings keys: who may set each, and which JSON kind the client accepts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::Scope;
use crate::client::table::rows;
use crate::client::version::ClientVersion;

/// Day on which the key list was compiled; "unknown key" means unknown to the list of this day.
pub const KEY_LIST_DATE: &str = "2026-11-22";

const KEYS: &str = include_str!("../../../controls/client/settings-keys.tsv");
const GUIDE_KEYS: &str = include_str!("../../../controls/client/guide-keys.tsv");

/// Which files may set a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScope {
    Any,
    Managed,
    UserOrManaged,
    NotProject,
    Global,
}

/// JSON kind of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    String,
    Boolean,
    Number,
    PositiveInteger,
    Array,
    Object,
    StringOrArray,
    BooleanOrArray,
    ArrayOrObject,
    Any,
}

/// One known key.
#[derive(Debug, Clone)]
pub struct Key {
    pub name: &'static str,
    pub scope: KeyScope,
    pub kind: Kind,
    /// Listed values, each with the version that first knew it where that is later than the contract's floor; empty where
    /// any value of the kind is accepted.
    values: Vec<(&'static str, Option<ClientVersion>)>,
    /// First version that knows the key, where later than the contract's floor.
    pub since: Option<&'static str>,
    /// What a wrong value costs in a file that is not managed.
    pub cost: Cost,
}

/// What a wrong value of a key costs in a file that is not managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// The whole file.
    File,
    /// The value alone.
    Value,
    /// Nothing in the measured version, which does not know the key; later ones were not measured.
    Later,
}

impl Key {
    /// Whether a file of this scope may set the key.
    pub fn may_be_set_in(&self, scope: Scope) -> bool {
        match self.scope {
            KeyScope::Any => true,
            KeyScope::Managed => scope == Scope::Managed,
            KeyScope::UserOrManaged => matches!(scope, Scope::Managed | Scope::User | Scope::CommandLine),
            KeyScope::NotProject => scope != Scope::Project,
            KeyScope::Global => false,
        }
    }

    /// What is wrong with a value of this key for one version of the client, if anything.
    pub fn fault(&self, value: &Value, client: ClientVersion) -> Option<String> {
        let known = |(word, since): &(&'static str, Option<ClientVersion>)| {
            since.is_none_or(|since| client >= since).then_some(*word)
        };
        let values: Vec<&str> = self.values.iter().filter_map(known).collect();
        misfit(self.name, self.kind, &values, value)
    }
}

/// What is wrong with a value of a kind and its listed values, if anything. A number's values are its bounds: `0..1`.
pub(super) fn misfit(name: &str, kind: Kind, values: &[&str], value: &Value) -> Option<String> {
    if !kind.fits(value) {
        return Some(format!("{name} must be {}", kind.words()));
    }
    if let (Some(number), Some((least, most))) =
        (value.as_f64(), values.first().and_then(|bounds| bounds.split_once("..")))
    {
        let below = least.parse().is_ok_and(|least: f64| number < least);
        let above = most.parse().is_ok_and(|most: f64| number > most);
        return (below || above).then(|| format!("{name} must lie within {}", values[0]));
    }
    match value.as_str() {
        Some(text) if !values.is_empty() && !values.contains(&text) => {
            Some(format!("{name} must be one of {}", values.join(", ")))
        }
        _ => None,
    }
}

impl Kind {
    fn fits(self, value: &Value) -> bool {
        match self {
            Kind::String => value.is_string(),
            Kind::Boolean => value.is_boolean(),
            Kind::Number => value.is_number(),
            Kind::PositiveInteger => value.as_f64().is_some_and(|n| n >= 1.0 && n.fract() == 0.0),
            Kind::Array => value.is_array(),
            Kind::Object => value.is_object(),
            Kind::StringOrArray => value.is_string() || value.is_array(),
            Kind::BooleanOrArray => value.is_boolean() || value.is_array(),
            Kind::ArrayOrObject => value.is_array() || value.is_object(),
            Kind::Any => true,
        }
    }

    pub(super) fn parse(text: &str) -> Kind {
        match text {
            "string" => Kind::String,
            "boolean" => Kind::Boolean,
            "number" => Kind::Number,
            "positive_integer" => Kind::PositiveInteger,
            "array" => Kind::Array,
            "object" => Kind::Object,
            "string_or_array" => Kind::StringOrArray,
            "boolean_or_array" => Kind::BooleanOrArray,
            "array_or_object" => Kind::ArrayOrObject,
            _ => Kind::Any,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Kind::String => "a string",
            Kind::Boolean => "true or false",
            Kind::Number => "a number",
            Kind::PositiveInteger => "a whole number of at least 1",
            Kind::Array => "a list",
            Kind::Object => "an object",
            Kind::StringOrArray => "a string or a list",
            Kind::BooleanOrArray => "true, false or a list",
            Kind::ArrayOrObject => "a list or an object",
            Kind::Any => "any value",
        }
    }
}

static TABLE: LazyLock<BTreeMap<&'static str, Key>> = LazyLock::new(|| {
    rows(KEYS)
        .map(|cells| {
            let scope = match cells.get(1).copied().unwrap_or_default() {
                "managed" => KeyScope::Managed,
                "user_or_managed" => KeyScope::UserOrManaged,
                "not_project" => KeyScope::NotProject,
                "global" => KeyScope::Global,
                _ => KeyScope::Any,
            };
            let listed = cells.get(3).into_iter().flat_map(|v| v.split('|')).filter(|v| !v.is_empty());
            let values = listed
                .map(|v| v.split_once('@').map_or((v, None), |(word, since)| (word, since.parse().ok())))
                .collect();
            let since = cells.get(4).copied().filter(|s| !s.is_empty());
            let kind = Kind::parse(cells.get(2).copied().unwrap_or_default());
            let cost = match cells.get(5).copied().unwrap_or_default() {
                "value" => Cost::Value,
                "later" => Cost::Later,
                _ => Cost::File,
            };
            (cells[0], Key { name: cells[0], scope, kind, values, since, cost })
        })
        .collect()
});

static GUIDE: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| rows(GUIDE_KEYS).filter_map(|c| Some((c[0], *c.get(1)?))).collect());

/// Looks a dotted key up in the list.
pub fn find(name: &str) -> Option<&'static Key> {
    TABLE.get(name)
}

/// All known keys, by name.
pub fn all() -> impl Iterator<Item = &'static Key> {
    TABLE.values()
}

/// What works in the place of a key that only guides know.
pub fn instead_of(name: &str) -> Option<&'static str> {
    GUIDE.get(name).copied()
}

/// The known key that an unknown one was meant to be: two letters apart at most, in another case, or at another level.
pub fn meant_by(name: &str) -> Option<&'static str> {
    let plain = |text: &str| -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect()
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let written = plain(last);
    if written.len() < 5 || written.len() > 60 {
        return None;
    }
    let near = |known: &str| {
        // A short word that stands inside other objects may well mean something else here.
        if known.contains('.') && written.len() < 12 {
            return false;
        }
        let known = plain(known.rsplit('.').next().unwrap_or(known));
        let allowed = if known.len() < 8 { 1 } else { 2 };
        known.len().abs_diff(written.len()) <= allowed && distance(&known, &written) <= allowed
    };
    TABLE
        .keys()
        .copied()
        .find(|known| known.rsplit('.').next() == Some(last))
        .or_else(|| TABLE.keys().copied().find(|known| near(known)))
}

/// The one of the known words that a written one was meant to be: the same letters in another case, or two letters apart.
pub fn nearest<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |text: &str| text.to_ascii_lowercase().into_bytes();
    let word = plain(written);
    if word.len() < 5 || word.len() > 80 {
        return None;
    }
    known
        .filter(|known| known.len().abs_diff(word.len()) <= 2)
        .map(|known| (distance(&plain(known), &word), known))
        .filter(|(apart, _)| *apart <= 2)
        .min()
        .map(|(_, known)| known)
}

/// How many letters must be put in, left out or changed to make one word of the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let kept = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = kept.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::version::{CONTRACT, MEASURED};
    use serde_json::json;

    #[test]
    fn the_list_is_read_whole() {
        assert!(all().count() > 200);
        assert_eq!(find("allowManagedHooksOnly").unwrap().scope, KeyScope::Managed);
        assert!(find("zeroDataRetention").is_none() && instead_of("zeroDataRetention").is_some());
        let fault = |key: &str, value, client| find(key).unwrap().fault(&value, client);
        assert!(fault("cleanupPeriodDays", json!(0), MEASURED).is_some());
        assert!(fault("cleanupPeriodDays", json!(30), MEASURED).is_none());
        assert!(fault("permissions.defaultMode", json!("yolo"), CONTRACT).is_some());
        assert!(fault("permissions.defaultMode", json!("manual"), CONTRACT).is_none());
        assert!(fault("permissions.defaultMode", json!("manual"), MEASURED).is_some());
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(meant_by("allowManagedHookOnly"), Some("allowManagedHooksOnly"));
        assert_eq!(meant_by("cleanup_period_days"), Some("cleanupPeriodDays"));
        assert_eq!(
            meant_by("disableBypassPermissionsMode"),
            Some("permissions.disableBypassPermissionsMode")
        );
        assert_eq!(meant_by("supportingFiles"), None);
        assert_eq!(meant_by("env_vars"), None);
    }
}
