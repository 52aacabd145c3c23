//! Looks at the world once: everything it sees becomes an observation, everything it cannot see a gap with a reason.

pub mod access;
mod activity;
mod agents;
mod changes;
mod cloud_credentials;
mod commands;
mod documents;
mod environment;
pub mod forge;
mod forwarders;
mod git;
mod hook_commands;
mod hooks;
mod host;
mod intake;
mod launchers;
mod log_folders;
pub mod logs;
mod mtree;
mod naming;
mod places;
mod preferences;
mod probe;
mod reconcile;
mod redact;
mod registry;
mod repositories;
pub mod repository;
mod rotation;
mod secrets_manager;
mod settings;
mod tree;
mod workers;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf};

use jiff::Timestamp;

use crate::model::{Gap, LogTrace, Period, Scope, Snapshot};
pub use changes::{HistoryRequest, secret_search};
use intake::Intake;
pub use probe::{CONFINE, Confinement, NOT_CONFINED, Planned, Probing, Recorded, confine};
pub(crate) use workers::in_order;

/// What to look at.
pub struct Request<'a> {
    /// The file system under examination; `/` is this host.
    pub root: PathBuf,
    /// How reports name the root.
    pub root_name: String,
    /// Repositories: folders of this machine, or below the root.
    pub repositories: Vec<PathBuf>,
    /// Log files and folders that the operator names.
    pub logs: Vec<PathBuf>,
    /// Documents of the organisation that the policy names: id and path.
    pub documents: Vec<(String, PathBuf)>,
    /// How the histories of the repositories are read; nothing where they are not.
    pub history: Option<HistoryRequest>,
    pub period: Period,
    pub as_of: Timestamp,
    /// The logs as an earlier reading of the same host found them, and its moment.
    pub earlier: Option<(Timestamp, Vec<LogTrace>)>,
    /// Told what is being looked at, for long work.
    pub progress: &'a dyn Fn(&str),
}

impl Request<'_> {
    /// A root and nothing else named; nobody is told of the progress.
    pub fn new(root: PathBuf, root_name: &str, period: Period, as_of: Timestamp) -> Self {
        Self {
            root,
            root_name: root_name.to_owned(),
            repositories: Vec::new(),
            logs: Vec::new(),
            documents: Vec::new(),
            history: None,
            period,
            as_of,
            earlier: None,
            progress: &|_| {},
        }
    }
}

/// Why nothing at all could be collected. Everything smaller is a gap.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    #[error("the root {path} cannot be read: {reason}. Name a folder that holds a host's file system")]
    Root { path: String, reason: String },
}

/// Collects everything once. Nothing of what it looks at is executed.
pub fn collect(request: &Request) -> Result<Snapshot, CollectError> {
    let seen = look(request)?;
    Ok(seen.intake.freeze(seen.scope))
}

/// Collects everything once, and runs the hooks that it found in a sandbox.
pub fn collect_and_probe(request: &Request, probing: &Probing) -> Result<Snapshot, CollectError> {
    let Looked { mut intake, scope, host, repositories } = look(request)?;
    let progress = request.progress;
    probe::collect(probing, scope.clone(), &host, &request.root, &repositories, progress, &mut intake);
    Ok(intake.freeze(scope))
}

/// What [`collect_and_probe`] would run, and what it would leave alone and why. Nothing is executed.
pub fn plan_probes(request: &Request, repositories: bool) -> Result<(Vec<Planned>, Vec<Gap>), CollectError> {
    let seen = look(request)?;
    Ok(probe::planned(&seen.intake, seen.scope, repositories))
}

/// Where the repositories of a request stand on this machine, by the names that reports give them.
pub fn repositories_of(request: &Request) -> Result<BTreeMap<String, PathBuf>, CollectError> {
    let mut intake = Intake::new();
    let host = host::look(host::open_root(&request.root)?, &request.root, &mut intake);
    let found = repositories::open(request, &host, &mut intake);
    Ok(found.open.into_iter().map(|repository| (repository.name, repository.path)).collect())
}

/// A text with every secret replaced, as everything that is collected.
pub fn without_secrets(text: &str) -> String {
    redact::redact(text).text
}

struct Looked {
    intake: Intake,
    scope: Scope,
    host: host::Host,
    repositories: Vec<repositories::Repository>,
}

fn look(request: &Request) -> Result<Looked, CollectError> {
    let mut intake = Intake::new();
    let root = host::open_root(&request.root)?;

    (request.progress)("host");
    let host = host::look(root, &request.root, &mut intake);
    let root = &host.tree;
    (request.progress)("settings");
    settings::collect(&host, &mut intake);
    agents::of_users(&host, &mut intake);
    environment::collect(&host, &mut intake);
    launchers::of_host(&host, &mut intake);
    rotation::collect(&host, &mut intake);
    forwarders::collect(&host, &mut intake);
    log_folders::collect(&host, &request.root, &request.logs, &mut intake);
    (request.progress)("logs");
    let census = activity::collect(&host, request, &mut intake);
    cloud_credentials::collect(&host, &mut intake);
    secrets_manager::collect(&host, &mut intake);
    documents::collect(root, &request.root, &request.documents, &mut intake);

    let (mut repositories, mut walked) = (Vec::new(), Vec::new());
    let named = repositories::open(request, &host, &mut intake);
    for repository in named.open {
        (request.progress)(&format!("repository {}", repository.name));
        repositories::collect(&repository, &host, &mut intake);
        walked.extend(changes::collect(&repository, request, &mut intake));
        repositories.push(repository);
    }
    if let Some(census) = census {
        (request.progress)("comparing records");
        activity::compare(&host, request, &census, &repositories, &walked, &mut intake);
    }
    (request.progress)("hooks");
    hooks::collect(&host, &repositories, &mut intake);

    let shown = |paths: &[PathBuf]| {
        let mut names: Vec<String> = paths.iter().map(|path| naming::shown(path)).collect();
        names.sort();
        names.dedup();
        names
    };
    let scope = Scope {
        root: request.root_name.clone(),
        repositories: {
            let mut names = named.closed;
            names.extend(repositories.iter().map(|found| found.name.clone()));
            names.sort();
            names
        },
        logs: shown(&request.logs),
        period: request.period,
        as_of: request.as_of,
    };
    Ok(Looked { intake, scope, host, repositories })
}
