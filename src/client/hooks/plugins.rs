//! Hooks that plugins bring: written in the plugin's own file, in force where the plugin is installed and switched on.

use serde_json::{Map, Value};

use super::switches::{Owner, switched_on};
use super::{Hook, Written, read, usable};
use crate::client::settings::positions::Positions;
use crate::client::settings::{Effective, Scope};

/// One plugin's file of hooks.
pub struct Plugin<'a> {
    /// `NAME@MARKETPLACE`, as `enabledPlugins` names it; or why the client does not load it.
    pub id: Result<String, String>,
    /// `hooks/hooks.json`, or the manifest with its hooks inline; absolute.
    pub path: &'a str,
    pub text: &'a str,
}

/// The plugin's hooks. They count as the user's own, also where an administrator forces the plugin on: its files stand
/// in the user's folder (client-contract 9).
pub fn hooks_of(effective: &Effective, plugin: &Plugin) -> Vec<Hook> {
    let mut found = Vec::new();
    let Ok(Value::Object(file)) = serde_json::from_str(plugin.text) else { return found };
    let Some(Value::Object(mut events)) = file.get("hooks").cloned() else { return found };
    let mut at = "/hooks";
    if let Some(Value::Object(inner)) = events.get("hooks").cloned() {
        (events, at) = (inner, "/hooks/hooks");
    }
    let positions = Positions::scan(plugin.text);
    let written = Written { scope: Scope::User, path: plugin.path, positions: &positions, at };
    read(effective, &written, &events, &mut found);
    for hook in &mut found {
        hook.in_force = in_force(effective, plugin, hook);
    }
    found
}

fn in_force(effective: &Effective, plugin: &Plugin, hook: &Hook) -> Result<(), String> {
    let id = plugin.id.as_ref().map_err(Clone::clone)?;
    let forced = match enabled(effective, id) {
        None => return Err(format!("no settings file switches the plugin {id} on")),
        Some((Value::Bool(false), source, _)) => {
            return Err(format!("the plugin {id} is switched off in {source}"));
        }
        Some((_, _, scope)) => scope == Scope::Managed,
    };
    usable(effective, hook)?;
    switched_on(effective, Owner::Plugin { forced })
}

/// What the strongest source says of a plugin in `enabledPlugins`.
fn enabled<'e>(effective: &'e Effective, id: &str) -> Option<(&'e Value, &'e str, Scope)> {
    effective.in_force().find_map(|source| {
        let plugins: &Map<String, Value> = source.settings.get("enabledPlugins")?.as_object()?;
        Some((plugins.get(id)?, source.source.path.as_str(), source.scope()))
    })
}
