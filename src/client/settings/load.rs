//! Reading each source, dropping what the client drops, and choosing the managed source that counts.

use serde_json::{Map, Value, json};

use super::positions::{Positions, too_deep};
use super::shape::{self, ShapeFault};
use super::{Environment, Flags, ManagedOrigin, Scope, SettingsSource};

/// Largest settings text that is read, in bytes.
const MAX_TEXT: usize = 4 << 20;

/// What became of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    InForce,
    /// Not JSON, or not an object: nothing of it counts.
    NotJson {
        why: String,
        line: u32,
    },
    /// JSON with shape faults that cost the whole file.
    Dropped,
    /// A managed source that lost to a stronger managed source.
    Shadowed {
        by: String,
    },
}

/// A source after reading.
#[derive(Debug, Clone)]
pub struct LoadedSource {
    pub source: SettingsSource,
    /// What counts of it (empty where nothing does; for a shadowed source, what would count).
    pub settings: Map<String, Value>,
    /// What was written, before anything was dropped.
    pub written: Map<String, Value>,
    pub positions: Positions,
    pub fate: Fate,
    pub faults: Vec<ShapeFault>,
}

impl LoadedSource {
    pub fn scope(&self) -> Scope {
        self.source.scope
    }

    pub fn in_force(&self) -> bool {
        self.fate == Fate::InForce
    }

    pub fn shadowed(&self) -> bool {
        matches!(self.fate, Fate::Shadowed { .. })
    }

    pub fn origin(&self) -> ManagedOrigin {
        self.source.origin.unwrap_or(ManagedOrigin::File)
    }
}

/// Restrictive values that the client takes where a managed lock is invalid (client-contract 1.5).
fn restrictive(key: &str) -> Option<Value> {
    match key {
        "allowedMcpServers" | "availableModels" => Some(json!([])),
        "allowManagedHooksOnly"
        | "allowManagedMcpServersOnly"
        | "disableCommandPluginSources"
        | "enforceAvailableModels" => Some(Value::Bool(true)),
        "forceLoginOrgUUID" => Some(json!([])),
        _ => None,
    }
}

/// Loads all sources, strongest first, and says why the managed choice is in doubt, where it is.
/// `lenient` takes doubtful shape faults for none.
pub fn load_all(
    mut sources: Vec<SettingsSource>,
    environment: &Environment,
    flags: &Flags,
    lenient: bool,
) -> (Vec<LoadedSource>, Option<String>) {
    for text in &flags.settings {
        if text.trim_start().starts_with('{') {
            let (scope, path) = (Scope::CommandLine, format!("{}/--settings", environment.start_dir));
            sources.push(SettingsSource { scope, origin: None, path, text: text.clone() });
        }
    }
    let mut loaded: Vec<LoadedSource> = sources.into_iter().map(|s| load_one(s, lenient)).collect();
    loaded.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| b.source.path.cmp(&a.source.path)));
    let doubt = choose_managed(&mut loaded);
    (loaded, doubt)
}

/// Order of precedence: a drop-in beats the file it belongs to, and later drop-ins beat earlier ones.
fn rank(source: &LoadedSource) -> (Scope, u8) {
    let within = match source.origin() {
        ManagedOrigin::Server => 0,
        ManagedOrigin::Mdm => 1,
        ManagedOrigin::DropIn => 2,
        ManagedOrigin::File => 3,
        ManagedOrigin::Hkcu => 4,
    };
    (source.scope(), if source.scope() == Scope::Managed { within } else { 0 })
}

fn load_one(source: SettingsSource, lenient: bool) -> LoadedSource {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text).to_owned();
    let mut out = LoadedSource {
        source,
        settings: Map::new(),
        written: Map::new(),
        positions: Positions::default(),
        fate: Fate::InForce,
        faults: Vec::new(),
    };
    if text.trim().is_empty() {
        return out;
    }
    if text.len() > MAX_TEXT || too_deep(&text) {
        out.fate = Fate::NotJson { why: "too large or nested too deeply to be read".to_owned(), line: 1 };
        return out;
    }
    match serde_json::from_str::<Value>(&text) {
        Err(error) => {
            out.fate = Fate::NotJson {
                why: error.to_string(),
                line: u32::try_from(error.line()).unwrap_or(1).max(1),
            };
        }
        Ok(Value::Object(written)) => {
            out.positions = Positions::scan(&text);
            out.faults = shape::faults(&written);
            out.settings = written.clone();
            out.written = written;
            if out.faults.iter().any(|f| !(lenient && f.doubtful)) {
                drop_faulty(&mut out, lenient);
            }
        }
        Ok(_) => {
            out.fate = Fate::NotJson { why: "the top level is not an object".to_owned(), line: 1 };
        }
    }
    out
}

fn drop_faulty(out: &mut LoadedSource, lenient: bool) {
    if out.scope() != Scope::Managed {
        out.settings = Map::new();
        out.fate = Fate::Dropped;
        return;
    }
    for fault in out.faults.iter().filter(|f| !(lenient && f.doubtful)) {
        out.settings.remove(&fault.top_key);
        if let Some(value) = restrictive(&fault.top_key) {
            out.settings.insert(fault.top_key.clone(), value);
        }
    }
}

/// The first managed source with a policy key counts; the others are shadowed.
fn choose_managed(loaded: &mut [LoadedSource]) -> Option<String> {
    let group = |o: ManagedOrigin| if o == ManagedOrigin::DropIn { ManagedOrigin::File } else { o };
    let has_policy =
        |s: &LoadedSource| s.written.keys().any(|k| k != "wslInheritsWindowsSettings" && k != "$schema");
    let known_policy =
        |s: &LoadedSource| s.written.keys().any(|k| super::keys::find(k).is_some() && k != "$schema");
    let candidates = |l: &[LoadedSource]| -> Vec<usize> {
        (0..l.len()).filter(|i| l[*i].scope() == Scope::Managed && l[*i].in_force()).collect()
    };
    let managed = candidates(loaded);
    let winner = managed.iter().copied().find(|i| has_policy(&loaded[*i]))?;
    let (winning, path) = (group(loaded[winner].origin()), loaded[winner].source.path.clone());
    let sure = managed.iter().any(|i| group(loaded[*i].origin()) == winning && known_policy(&loaded[*i]));
    let mut loses = false;
    for i in managed {
        if group(loaded[i].origin()) != winning {
            loses |= has_policy(&loaded[i]);
            loaded[i].fate = Fate::Shadowed { by: path.clone() };
        }
    }
    (loses && !sure).then(|| {
        format!(
            "{path} holds only keys that the client does not know; whether it shadows the others is not known"
        )
    })
}
