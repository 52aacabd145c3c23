//! Permission modes: which one a session starts in, and who may choose it.

use crate::client::settings::{Effective, Scope};
use crate::client::version::{Behaviour, ClientVersion, MEASURED};

/// A permission mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Default,
    AcceptEdits,
    Plan,
    Auto,
    DontAsk,
    BypassPermissions,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 6] =
        [Mode::Default, Mode::AcceptEdits, Mode::Plan, Mode::Auto, Mode::DontAsk, Mode::BypassPermissions];

    /// The name used in settings and flags.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Default => "default",
            Mode::AcceptEdits => "acceptEdits",
            Mode::Plan => "plan",
            Mode::Auto => "auto",
            Mode::DontAsk => "dontAsk",
            Mode::BypassPermissions => "bypassPermissions",
        }
    }

    /// Reads the name used in settings and flags.
    pub fn parse(name: &str) -> Option<Mode> {
        Some(match name {
            "default" | "manual" => Mode::Default,
            "acceptEdits" => Mode::AcceptEdits,
            "plan" => Mode::Plan,
            "auto" => Mode::Auto,
            "dontAsk" => Mode::DontAsk,
            "bypassPermissions" => Mode::BypassPermissions,
            _ => return None,
        })
    }

    /// Whether edits within the working folders need no prompt.
    pub fn accepts_edits(self) -> bool {
        matches!(self, Mode::AcceptEdits | Mode::Auto)
    }
}

/// The mode of a session and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartMode {
    pub mode: Mode,
    /// The file or flag that chose it; `None` for the built-in mode.
    pub chosen_by: Option<String>,
    /// Why the mode is not certain, where it is not.
    pub doubt: Option<String>,
}

/// Whether a file of this scope may choose the mode.
pub fn file_may_choose(mode: &str, scope: Scope, client: ClientVersion) -> bool {
    match mode {
        "auto" => !scope.of_the_repository() || !client.has(Behaviour::RepoAutoIgnored),
        "bypassPermissions" => !scope.of_the_repository() || !client.has(Behaviour::RepoBypassIgnored),
        _ => true,
    }
}

/// The mode in which a non-interactive session starts. An interactive session of some plans starts in `auto`
/// where nothing chooses a mode (client-contract 2.4).
pub fn start_mode(effective: &Effective) -> StartMode {
    let flags = effective.flags();
    let client = effective.environment.client;
    let mut out = StartMode { mode: Mode::Default, chosen_by: None, doubt: None };
    let flag =
        if flags.skip_permissions { Some("bypassPermissions") } else { flags.permission_mode.as_deref() };
    if let Some(name) = flag {
        out.mode = Mode::parse(name).unwrap_or(Mode::Default);
        out.chosen_by = Some("the command line".to_owned());
    } else {
        for (source, settings, _) in effective.objects() {
            let Some(name) =
                settings.get("permissions").and_then(|p| p.get("defaultMode")).and_then(|m| m.as_str())
            else {
                continue;
            };
            // An ignored repository mode hides weaker files too.
            if file_may_choose(name, source.scope, client) {
                out.mode = Mode::parse(name).unwrap_or(Mode::Default);
                out.chosen_by = Some(source.path.clone());
                if source.scope.of_the_repository()
                    && !effective.environment.trusted
                    && client > MEASURED
                    && matches!(out.mode, Mode::BypassPermissions | Mode::AcceptEdits | Mode::Auto)
                {
                    out.doubt = Some(format!(
                        "whether {} may choose a mode in a folder without trust is not known",
                        source.path
                    ));
                }
            }
            break;
        }
    }
    // Where bypass mode may be chosen, planning prompts for nothing either (measured).
    if out.mode == Mode::Plan && flags.may_skip_permissions {
        out.mode =
            if locked(effective, Mode::BypassPermissions) { Mode::Plan } else { Mode::BypassPermissions };
    }
    if locked(effective, out.mode) {
        out = StartMode { mode: Mode::Default, chosen_by: out.chosen_by, doubt: None };
    }
    out
}

/// The modes that a user can choose: every one that no setting locks.
pub fn reachable(effective: &Effective) -> impl Iterator<Item = Mode> {
    Mode::ALL.into_iter().filter(|mode| !locked(effective, *mode))
}

fn locked(effective: &Effective, mode: Mode) -> bool {
    match mode {
        Mode::BypassPermissions => disabled(effective, &["permissions.disableBypassPermissionsMode"]),
        Mode::Auto => disabled(effective, &["disableAutoMode", "permissions.disableAutoMode"]),
        _ => false,
    }
}

/// A disabling key counts from any scope.
fn disabled(effective: &Effective, keys: &[&str]) -> bool {
    effective.objects().any(|(_, settings, _)| {
        keys.iter()
            .any(|k| crate::client::settings::shape::lookup(settings, k).is_some_and(|v| v == "disable"))
    })
}
