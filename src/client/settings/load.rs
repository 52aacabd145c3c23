//! Reading each source, dropping what the client drops, and choosing the managed source that counts.

use serde_json::{Map, Value};

use super::json;
use super::positions::{Positions, too_deep, unescape};
use super::shape::{self, ShapeFault};
use super::{Environment, Flags, ManagedOrigin, Scope, SettingsSource};
use crate::client::permissions::path;
use crate::client::version::{Behaviour, ClientVersion, MEASURED};

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
fn restrictive(key: &str, client: ClientVersion) -> Option<Value> {
    match key {
        "allowedMcpServers" | "availableModels" | "forceLoginOrgUUID" => Some(Value::Array(Vec::new())),
        "allowManagedMcpServersOnly" | "enforceAvailableModels" => Some(Value::Bool(true)),
        // The measured version drops an invalid lock of hooks; the documentation of later ones has it on.
        "allowManagedHooksOnly" | "disableCommandPluginSources" => {
            (client > MEASURED).then_some(Value::Bool(true))
        }
        _ => None,
    }
}

/// Why what counts is not known, where it is not.
#[derive(Debug, Default)]
pub struct Doubts {
    /// Of the choice among managed sources.
    pub managed: Option<String>,
    /// Of the command line.
    pub flags: Option<String>,
}

/// Loads all sources, strongest first. `lenient` takes doubtful shape faults for none.
pub fn load_all(
    mut sources: Vec<SettingsSource>,
    environment: &Environment,
    flags: &Flags,
    lenient: bool,
) -> (Vec<LoadedSource>, Doubts) {
    let mut doubts = Doubts::default();
    sources.retain(|source| flags.reads(source.scope));
    for given in &flags.settings {
        let (scope, origin) = (Scope::CommandLine, None);
        if given.trim_start().starts_with('{') {
            let path = format!("{}/--settings", environment.start_dir);
            sources.push(SettingsSource { scope, origin, path, text: given.clone() });
            continue;
        }
        let path = settings_path(given, environment);
        if !sources.iter().any(|source| source.scope == scope && source.path == path) {
            doubts.flags = Some(format!("what {path} holds, which the command line names, is not known"));
        }
    }
    let mut loaded: Vec<LoadedSource> =
        sources.into_iter().map(|s| load_one(s, environment.client, lenient)).collect();
    loaded.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| b.source.path.cmp(&a.source.path)));
    doubts.managed = choose_managed(&mut loaded, environment.client);
    (loaded, doubts)
}

/// Where the file lies that `--settings` names.
pub fn settings_path(given: &str, environment: &Environment) -> String {
    path::absolute(given, &environment.start_dir, &environment.home)
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

fn load_one(source: SettingsSource, client: ClientVersion, lenient: bool) -> LoadedSource {
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
    match json::read(&text) {
        Err(error) => {
            out.fate = Fate::NotJson {
                why: error.to_string(),
                line: u32::try_from(error.line()).unwrap_or(1).max(1),
            };
        }
        Ok(Value::Object(written)) => {
            out.positions = Positions::scan(&text);
            out.faults = shape::faults(&written, out.scope() == Scope::Managed, client);
            out.settings = written.clone();
            out.written = written;
            drop_faulty(&mut out, client, lenient);
        }
        Ok(_) => {
            out.fate = Fate::NotJson { why: "the top level is not an object".to_owned(), line: 1 };
        }
    }
    out
}

fn drop_faulty(out: &mut LoadedSource, client: ClientVersion, lenient: bool) {
    let minded: Vec<&ShapeFault> = out.faults.iter().filter(|f| !(lenient && f.doubtful)).collect();
    if out.source.scope != Scope::Managed && minded.iter().any(|f| !f.value_only) {
        out.settings = Map::new();
        out.fate = Fate::Dropped;
        return;
    }
    // Later elements first: taking one out moves those behind it.
    for fault in minded.iter().rev().filter(|f| f.value_only) {
        remove(&mut out.settings, &fault.pointer);
    }
    for fault in minded.iter().filter(|f| !f.value_only) {
        out.settings.remove(&fault.top_key);
        if let Some(value) = restrictive(&fault.top_key, client) {
            out.settings.insert(fault.top_key.clone(), value);
        }
    }
}

/// Takes the value at a JSON pointer out of the settings.
fn remove(settings: &mut Map<String, Value>, pointer: &str) {
    let mut parts: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    let Some(last) = parts.pop() else { return };
    let Some((first, between)) = parts.split_first() else {
        settings.remove(&last);
        return;
    };
    let parent = settings.get_mut(first).and_then(|top| {
        between.iter().try_fold(top, |value, part| match value {
            Value::Object(object) => object.get_mut(part),
            Value::Array(list) => list.get_mut(part.parse::<usize>().ok()?),
            _ => None,
        })
    });
    match parent {
        Some(Value::Object(object)) => {
            object.remove(&last);
        }
        Some(Value::Array(list)) => {
            if let Some(at) = last.parse().ok().filter(|at| *at < list.len()) {
                list.remove(at);
            }
        }
        _ => {}
    }
}

/// The first managed source with a policy key counts; the others are shadowed.
fn choose_managed(loaded: &mut [LoadedSource], client: ClientVersion) -> Option<String> {
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
    let merges = client.has(Behaviour::ManagedSourcesMerge)
        && loaded[winner].settings.get("managedSourcesBehavior").is_some_and(|v| v == "merge");
    if merges {
        merge_managed(loaded, &managed);
        return None;
    }
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

/// Keys whose value comes whole from the strongest managed source that has it, where sources merge.
const WHOLE: &[&str] = &[
    "availableModels",
    "allowedMcpServers",
    "strictKnownMarketplaces",
    "allowedChannelPlugins",
    "fallbackModel",
];

/// Keys that only the strongest managed source may set, where sources merge.
const STRONGEST_ALONE: &[&str] =
    &["apiKeyHelper", "forceLoginOrgUUID", "modelPicker", "permissions.defaultMode"];

/// Lets managed sources count together (client-contract 1.4): the rest merges as scopes do, and a lock that one of them
/// sets is not lifted by a stronger one.
fn merge_managed(loaded: &mut [LoadedSource], managed: &[usize]) {
    for (nth, i) in managed.iter().enumerate() {
        for key in WHOLE {
            if managed[..nth].iter().any(|above| loaded[*above].settings.contains_key(*key)) {
                loaded[*i].settings.remove(*key);
            }
        }
        if nth > 0 {
            for key in STRONGEST_ALONE {
                remove(&mut loaded[*i].settings, &shape::pointer_of(key));
            }
        }
    }
    let locks = super::keys::all()
        .filter(|k| k.scope == super::keys::KeyScope::Managed && k.kind == super::keys::Kind::Boolean);
    for lock in locks {
        let on =
            |source: &LoadedSource| shape::lookup(&source.settings, lock.name) == Some(&Value::Bool(true));
        if managed.iter().any(|i| on(&loaded[*i])) {
            for i in managed {
                if !on(&loaded[*i]) {
                    remove(&mut loaded[*i].settings, &shape::pointer_of(lock.name));
                }
            }
        }
    }
}
