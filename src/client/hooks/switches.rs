//! What switches hooks off: settings, flags and variables (client-contract 3.4; measured on 2.1.197).

use serde_json::Value;

use crate::client::settings::{Effective, Scope};

/// Any source may set it, a repository's before the folder is trusted: no hook of any scope runs then.
pub const NO_HOOKS: &str = "CLAUDE_CODE_SIMPLE";
/// Leaves an administrator's hooks alone; a repository's settings cannot set it.
const SAFE_MODE: &str = "CLAUDE_CODE_SAFE_MODE";

/// Whose hook it is, as far as the switches make a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Administrator,
    /// A plugin's; whether an administrator forces the plugin on.
    Plugin {
        forced: bool,
    },
    Other,
}

/// Whether the switches let a hook run.
pub(super) fn switched_on(effective: &Effective, owner: Owner) -> Result<(), String> {
    let administered = matches!(owner, Owner::Administrator | Owner::Plugin { forced: true });
    if effective.flags().bare {
        return Err("--bare starts a session without hooks".to_owned());
    }
    if let Some(source) = variable(effective, NO_HOOKS, |_| true) {
        return Err(format!("{NO_HOOKS} is set in {source}: no hook runs"));
    }
    if let Some(off) = effective.value("disableAllHooks").filter(|v| v.value == &Value::Bool(true))
        && (off.scope == Scope::Managed || !administered)
    {
        return Err(format!("disableAllHooks is on in {}", off.source));
    }
    if !administered && effective.flag("allowManagedHooksOnly") {
        return Err("allowManagedHooksOnly: only managed hooks run".to_owned());
    }
    if owner != Owner::Administrator {
        if effective.flags().safe_mode {
            return Err("--safe-mode: only managed hooks run".to_owned());
        }
        if let Some(source) = variable(effective, SAFE_MODE, |scope| !scope.of_the_repository()) {
            return Err(format!("{SAFE_MODE} is set in {source}: only managed hooks run"));
        }
    }
    if owner == Owner::Other && only_plugins(effective) {
        return Err("strictPluginOnlyCustomization: only managed hooks and those of plugins run".to_owned());
    }
    Ok(())
}

/// The source that sets a variable, where the strongest of those that may set it says yes.
fn variable<'e>(effective: &'e Effective, name: &str, may: impl Fn(Scope) -> bool) -> Option<&'e str> {
    let mut given =
        effective.objects().filter(|(source, ..)| may(source.scope)).filter_map(|(source, settings, _)| {
            let value = settings.get("env")?.get(name)?.as_str()?;
            Some((source.path.as_str(), value))
        });
    let (source, value) = given.next()?;
    is_yes(value).then_some(source)
}

fn is_yes(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
}

fn only_plugins(effective: &Effective) -> bool {
    effective.value("strictPluginOnlyCustomization").is_some_and(|v| match v.value {
        Value::Bool(all) => *all,
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "hooks"),
        _ => false,
    })
}
