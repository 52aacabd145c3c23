//! Plugins of a session's user: which are installed, and the files of hooks that they bring.

use serde_json::Value;

use super::{Facts, File, Session};
use crate::{
    client::hooks::{self, Hook, Plugin},
    model::{Role, UserHome},
};

/// A plugin's file of hooks, as the session's client would see it.
pub(super) struct PluginFile {
    /// Absolute.
    pub path: String,
    /// Absolute; `CLAUDE_PLUGIN_ROOT`.
    pub root: String,
    id: Result<String, String>,
    text: String,
}

impl Session<'_> {
    /// Hooks of the user's plugins, also those that never run.
    pub(super) fn plugin_hooks(&self) -> Vec<Hook> {
        let of = |file: &PluginFile| {
            let plugin = Plugin { id: file.id.clone(), path: &file.path, text: &file.text };
            hooks::hooks_of_plugin(&self.effective, &plugin)
        };
        self.plugins.iter().flat_map(of).collect()
    }

    /// `CLAUDE_PLUGIN_ROOT` of a hook that a plugin brings, absolute.
    pub fn plugin_root(&self, hook: &Hook) -> Option<&str> {
        self.plugins.iter().find(|file| file.path == hook.source).map(|file| file.root.as_str())
    }
}

/// The files of hooks below the user's `plugins` folder, with the observation of each.
pub(super) fn of_user<'f, 'a>(
    facts: &'f Facts<'a>,
    user: Option<&UserHome>,
) -> Vec<(PluginFile, &'f File<'a>)> {
    let Some(user) = user else { return Vec::new() };
    let mine =
        |file: &&File<'a>| matches!(&file.seen.role, Role::Plugin { user: name } if *name == user.name);
    let installed =
        facts.files().iter().filter(mine).find(|file| file.source.ends_with("/installed_plugins.json"));
    let installed = installed.map(|file| places(file.text()));
    let mut found = Vec::new();
    for file in facts.files().iter().filter(mine) {
        let Some(root) = ["/hooks/hooks.json", "/.claude-plugin/plugin.json"]
            .iter()
            .find_map(|end| file.source.strip_suffix(end))
        else {
            continue;
        };
        let (path, root) = (format!("/{}", file.source), format!("/{root}"));
        let id = match &installed {
            Some(places) => {
                let id = places.iter().find(|(_, place)| place.trim_end_matches('/') == root);
                id.map(|(id, _)| id.clone()).ok_or_else(|| "the plugin is not installed".to_owned())
            }
            None => Err("no installed_plugins.json says that the plugin is installed".to_owned()),
        };
        found.push((PluginFile { path, root, id, text: file.text().to_owned() }, file));
    }
    found
}

/// Id and folder of every plugin that `installed_plugins.json` names: one entry a plugin, or a list of them.
fn places(text: &str) -> Vec<(String, String)> {
    let file: Value = serde_json::from_str(text).unwrap_or_default();
    let mut found = Vec::new();
    for (id, entry) in file.get("plugins").and_then(Value::as_object).into_iter().flatten() {
        let entries = entry.as_array().map_or(std::slice::from_ref(entry), Vec::as_slice);
        for entry in entries {
            if let Some(place) = entry.get("installPath").and_then(Value::as_str) {
                found.push((id.clone(), place.to_owned()));
            }
        }
    }
    found
}
