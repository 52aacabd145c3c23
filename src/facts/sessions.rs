//! Sessions: what the client would load for each user, alone and in each repository.

use std::collections::BTreeMap;

use super::plugins::{PluginFile, of_user as plugins_of};
use super::{Facts, File};
use crate::{
    client::{
        settings::{self, Effective, Environment, SettingsSource, Sourced},
        version::{self, ClientVersion},
    },
    model::{Conclusion, Evidence, Gap, Host, ManagedOrigin, Os, Role, SettingsScope, UserHome},
};

/// What the client would load when a user starts it, alone or in a repository.
pub struct Session<'a> {
    /// `user dev`, `user dev in repository shop`.
    pub subject: String,
    pub user: Option<&'a UserHome>,
    pub repository: Option<&'a str>,
    pub effective: Effective,
    /// The host: what a missing file is missing from.
    host: Evidence,
    /// Absolute path as the client sees it, to the observation.
    cites: BTreeMap<String, Evidence>,
    /// Settings sources that are there and could not be seen.
    blind: Vec<&'a Gap>,
    /// Files of hooks that the user's plugins bring.
    pub(super) plugins: Vec<PluginFile>,
}

impl Session<'_> {
    /// Cites the place that a value comes from.
    pub fn cite(&self, value: &Sourced<'_>) -> Evidence {
        self.cite_at(value.source, &value.pointer)
    }

    /// Cites a place in a settings source, by the path that the client sees.
    pub fn cite_at(&self, path: &str, pointer: &str) -> Evidence {
        match self.cites.get(path) {
            Some(evidence) if pointer.is_empty() => evidence.clone(),
            Some(evidence) => evidence.at(pointer),
            None => self.host.clone(),
        }
    }

    /// Everything that the session looked at: what a missing key is missing from.
    pub fn sources(&self) -> Vec<Evidence> {
        if self.cites.is_empty() { vec![self.host.clone()] } else { self.cites.values().cloned().collect() }
    }

    /// The path of a source as reports show it.
    pub fn shown(&self, path: &str) -> String {
        self.cites.get(path).map_or_else(|| path.to_owned(), |evidence| evidence.source.clone())
    }

    /// `sandbox.enabled true in etc/claude-code/managed-settings.json:12`: a value with its place, for a reader.
    pub fn place(&self, value: &Sourced<'_>) -> String {
        let key = value.pointer.trim_start_matches('/').replace('/', ".");
        let text = value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned);
        format!("{key} {text} in {}:{}", self.shown(value.source), value.line)
    }

    /// Why no answer about this session is certain, where none is.
    pub fn doubt(&self) -> Option<String> {
        let unseen =
            self.blind.first().map(|gap| format!("a settings source could not be read: {}", gap.sentence()));
        unseen.or_else(|| self.effective.managed_doubt().map(str::to_owned))
    }

    /// Answers, unless a source that could change the answer was not seen.
    pub fn answer(&self, judge: impl FnOnce() -> Conclusion) -> Conclusion {
        match self.doubt() {
            Some(doubt) => Conclusion::undetermined(&*self.subject, doubt),
            None => judge(),
        }
    }
}

/// Every session of the snapshot, users in order, each alone first.
pub(super) fn all<'a>(facts: &Facts<'a>) -> Vec<Session<'a>> {
    let Ok((host, seen)) = facts.host() else { return Vec::new() };
    let users: Vec<Option<&'a UserHome>> =
        if host.users.is_empty() { vec![None] } else { host.users.iter().map(Some).collect() };
    let mut repositories: Vec<Option<&'a str>> = vec![None];
    repositories.extend(facts.repository_names().iter().map(|name| Some(name.as_str())));
    let mut sessions = Vec::with_capacity(users.len() * repositories.len());
    for user in &users {
        for repository in &repositories {
            sessions.push(session(facts, (host, &seen), *user, *repository));
        }
    }
    sessions
}

fn session<'a>(
    facts: &Facts<'a>,
    (host, seen): (&'a Host, &Evidence),
    user: Option<&'a UserHome>,
    repository: Option<&'a str>,
) -> Session<'a> {
    let who = user.map_or_else(|| "any user".to_owned(), |user| format!("user {}", user.name));
    let subject = repository.map_or_else(|| who.clone(), |name| format!("{who} in repository {name}"));
    let home = user.map_or_else(|| "/home/user".to_owned(), |user| format!("/{}", user.home));
    let start_dir = repository.map_or_else(|| format!("{home}/work"), |name| format!("{home}/{name}"));

    let mut sources = Vec::new();
    let mut cites = BTreeMap::new();
    for file in facts.files() {
        let Role::Settings { scope } = &file.seen.role else { continue };
        if let Some((scope, origin)) = applies(scope, user, repository) {
            let mut path = client_path(file, &start_dir);
            // A registry export holds several sources in one file: the machine's and each user's.
            if cites.contains_key(&path) {
                path = format!("{path}#{}", file.evidence().locator.unwrap_or_default());
            }
            cites.insert(path.clone(), file.evidence());
            sources.push(SettingsSource { scope, origin, path, text: file.text().to_owned() });
        }
    }
    let mut plugins = Vec::new();
    for (plugin, file) in plugins_of(facts, user) {
        cites.insert(plugin.path.clone(), file.evidence());
        plugins.push(plugin);
    }
    Session {
        plugins,
        effective: Effective::load(
            sources,
            Environment {
                home,
                git_root: repository.map(|_| start_dir.clone()),
                start_dir,
                // The steady state: people accept the dialog of the repositories they work in.
                trusted: true,
                // A file system does not show whether the sandbox can start there; nothing is credited to it.
                sandbox_available: false,
                flags: Vec::new(),
                os: match host.os {
                    Os::Linux => settings::Os::Linux,
                    Os::MacOs => settings::Os::MacOs,
                    Os::Windows => settings::Os::Windows,
                },
                client: oldest_installed(host),
            },
        ),
        subject,
        user,
        repository,
        host: seen.clone(),
        cites,
        blind: blind(facts, user, repository),
    }
}

/// The oldest client on the host: what it cannot do, somebody's session cannot do.
fn oldest_installed(host: &Host) -> ClientVersion {
    let installed = host.client_versions.iter().filter_map(|version| version.parse().ok());
    installed.min().unwrap_or(version::CONTRACT)
}

/// Whether a settings file counts for this session, and as what.
fn applies(
    scope: &SettingsScope,
    user: Option<&UserHome>,
    repository: Option<&str>,
) -> Option<(settings::Scope, Option<settings::ManagedOrigin>)> {
    let mine = |name: &str| user.is_some_and(|user| user.name == name);
    let here = |name: &str| repository == Some(name);
    match scope {
        SettingsScope::Managed { origin, user } => {
            let origin = match origin {
                ManagedOrigin::Server => settings::ManagedOrigin::Server,
                ManagedOrigin::Mdm => settings::ManagedOrigin::Mdm,
                ManagedOrigin::File => settings::ManagedOrigin::File,
                ManagedOrigin::DropIn => settings::ManagedOrigin::DropIn,
                ManagedOrigin::UserRegistry => settings::ManagedOrigin::Hkcu,
            };
            user.as_deref().is_none_or(mine).then_some((settings::Scope::Managed, Some(origin)))
        }
        SettingsScope::User { user } => mine(user).then_some((settings::Scope::User, None)),
        SettingsScope::Project { repository } => here(repository).then_some((settings::Scope::Project, None)),
        SettingsScope::Local { repository } => here(repository).then_some((settings::Scope::Local, None)),
        SettingsScope::UnreadByClient { .. } => None,
    }
}

/// Rules are anchored at the folder of their file, so a repository's file stands where the session starts.
fn client_path(file: &File<'_>, start_dir: &str) -> String {
    match file.source.strip_prefix("repo:").and_then(|rest| rest.split_once('/')) {
        Some((_, inside)) => format!("{start_dir}/{inside}"),
        None => format!("/{}", file.source),
    }
}

/// Settings sources of this session that are there and were not seen.
fn blind<'a>(facts: &Facts<'a>, user: Option<&UserHome>, repository: Option<&str>) -> Vec<&'a Gap> {
    let own = user.map(|user| format!("{}/", user.config_dir));
    let project = repository.map(|name| format!("repo:{name}/.claude/settings"));
    let is_settings = |source: &str| {
        let name = source.rsplit('/').next().unwrap_or_default();
        let managed = source.contains("claude-code/managed-settings")
            || source.contains("ClaudeCode/managed-settings")
            || source.contains("com.anthropic.claudecode")
            || name.ends_with(".reg");
        let users = own.as_deref().is_some_and(|own| {
            source
                .strip_prefix(own)
                .is_some_and(|name| matches!(name, "settings.json" | "remote-settings.json"))
        });
        managed || users || project.as_deref().is_some_and(|project| source.starts_with(project))
    };
    let whole = repository.map(|name| format!("repo:{name}"));
    let is_whole = |gap: &Gap| gap.sought.is_none() && whole.as_deref() == Some(gap.source.as_str());
    facts.unseen_below("").filter(|gap| is_settings(&gap.source) || is_whole(gap)).collect()
}
