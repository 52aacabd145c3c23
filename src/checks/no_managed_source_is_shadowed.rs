//! No managed source is silently overruled by another.

use serde_json::{Value, json};

use crate::{
    client::{
        settings::{LoadedSource, ManagedOrigin, Scope, keys},
        version::ClientVersion,
    },
    facts::{Facts, Session, shortened},
    model::{Conclusion, Evidence, Findings, Judgement},
};

/// The first release that merges managed sources where the strongest asks for it.
const MERGING: ClientVersion = ClientVersion { major: 2, minor: 1, patch: 242 };

/// Keys that tighten, each with its tight value.
const LOCKS: [(&str, Tight); 19] = [
    ("allowManagedHooksOnly", Tight::Yes),
    ("allowManagedMcpServersOnly", Tight::Yes),
    ("allowManagedPermissionRulesOnly", Tight::Yes),
    ("disableAutoMode", Tight::Disable),
    ("disableCommandPluginSources", Tight::Yes),
    ("disableSideloadFlags", Tight::Yes),
    ("enforceAvailableModels", Tight::Yes),
    ("forceRemoteSettingsRefresh", Tight::Yes),
    ("permissions.disableAutoMode", Tight::Disable),
    ("permissions.disableBypassPermissionsMode", Tight::Disable),
    ("sandbox.enabled", Tight::Yes),
    ("sandbox.failIfUnavailable", Tight::Yes),
    ("sandbox.filesystem.allowManagedReadPathsOnly", Tight::Yes),
    ("sandbox.network.allowManagedDomainsOnly", Tight::Yes),
    ("sandbox.network.strictAllowlist", Tight::Yes),
    ("disableAllHooks", Tight::No),
    ("enableAllProjectMcpServers", Tight::No),
    ("sandbox.allowUnsandboxedCommands", Tight::No),
    ("sandbox.autoAllowBashIfSandboxed", Tight::No),
];

#[derive(Clone, Copy)]
enum Tight {
    Yes,
    No,
    Disable,
}

impl Tight {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Yes => value == true,
            Self::No => value == false,
            Self::Disable => value == "disable",
        }
    }
}

/// Names a source. A registry export holds the hives of the machine and of people in one file.
fn named(session: &Session<'_>, source: &LoadedSource) -> String {
    let shown = session.shown(&source.source.path);
    match source.origin() {
        ManagedOrigin::Hkcu => format!("{shown} (HKEY_CURRENT_USER)"),
        ManagedOrigin::Mdm if shown.ends_with(".reg") => format!("{shown} (HKEY_LOCAL_MACHINE)"),
        _ => shown,
    }
}

/// Says which managed file loosens a lock that a weaker managed file in force sets.
fn turned_back(session: &Session<'_>, (key, tight): &(&str, Tight)) -> Option<(String, Evidence)> {
    let winner = session
        .effective
        .value(key)
        .filter(|value| value.scope == Scope::Managed && !tight.holds(value.value))?;
    let (in_force, _) = session.effective.managed();
    let (locked_by, _) = winner.overrode.iter().find(|(path, value)| {
        tight.holds(value) && in_force.iter().any(|source| source.source.path == *path)
    })?;
    let message = format!(
        "{} sets {key} to {} and so turns back the lock of {}",
        session.shown(winner.source),
        shortened(winner.value),
        session.shown(locked_by)
    );
    Some((message, session.cite(&winner)))
}

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(shadowed), "no user was found to test")
}

fn shadowed(session: &Session<'_>) -> Conclusion {
    let (in_force, shadowed) = session.effective.managed();
    let holds_policy =
        |key: &String| keys::find(key).is_some() && key != "$schema" && key != "wslInheritsWindowsSettings";
    let lost: Vec<_> = shadowed
        .iter()
        .filter(|source| source.shadowed() && source.written.keys().any(holds_policy))
        .collect();
    let merges =
        in_force.iter().any(|source| source.settings.get("managedSourcesBehavior") == Some(&json!("merge")));
    let merges = merges && session.effective.environment.client >= MERGING;
    if !lost.is_empty() && !merges {
        let winners: Vec<String> = in_force.iter().map(|source| named(session, source)).collect();
        let losers: Vec<String> = lost.iter().map(|source| named(session, source)).collect();
        let message = format!(
            "{} counts for nothing: {} is a stronger managed source, and sources do not merge",
            losers.join(", "),
            winners.join(", ")
        );
        let evidence = lost.iter().map(|source| session.cite_at(&source.source.path, "")).collect();
        return Conclusion::fail(&*session.subject, evidence, message);
    }
    let turned_back: Vec<_> = LOCKS.iter().filter_map(|lock| turned_back(session, lock)).collect();
    if !turned_back.is_empty() {
        let (messages, evidence): (Vec<String>, Vec<_>) = turned_back.into_iter().unzip();
        return Conclusion::fail(&*session.subject, evidence, messages.join("; "));
    }
    match in_force.first() {
        Some(source) => {
            let message = format!("{} managed files of one source count", in_force.len());
            Conclusion::pass(&*session.subject, session.cite_at(&source.source.path, ""), message)
        }
        None => Conclusion::not_applicable(&*session.subject, "no managed source counts"),
    }
}
