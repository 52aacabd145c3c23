//! The reference deployment (`samples/hardened`), whose hooks and git hooks are what `fix` installs.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde_json::Value;

static HOOKS: Dir<'_> =
    include_dir!("$CARGO_MANIFEST_DIR/samples/hardened/root/usr/local/lib/claude-code/hooks");
static GIT_HOOKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/samples/hardened/repos/shop/.githooks");
const MANAGED: &str = include_str!("../../samples/hardened/root/etc/claude-code/managed-settings.json");

/// Where the hooks are installed, below the root.
pub const HOOK_FOLDER: &str = "usr/local/lib/claude-code/hooks";

static SETTINGS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(MANAGED).unwrap_or_default());

/// A hook script by its name.
pub fn hook(name: &str) -> Option<&'static str> {
    HOOKS.get_file(name)?.contents_utf8()
}

/// A git hook by its event.
pub fn git_hook(event: &str) -> Option<&'static str> {
    GIT_HOOKS.get_file(event)?.contents_utf8()
}

/// The entry by which the reference deployment registers a script for an event.
pub fn registration(event: &str, script: &str) -> Option<&'static Value> {
    let groups = SETTINGS.get("hooks")?.get(event)?.as_array()?;
    let entries = groups.iter().filter_map(|group| group.get("hooks")?.as_array()).flatten();
    let command = format!("/{HOOK_FOLDER}/{script}");
    entries.into_iter().find(|entry| entry["command"] == *command)
}
