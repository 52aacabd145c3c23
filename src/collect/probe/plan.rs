//! Which hooks a probe runs, as whom, and which it leaves alone and why.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::client::hooks::{Handler, Hook};
use crate::client::settings::Scope;
use crate::facts::{Facts, RegisteredHook, Session};
use crate::model::{Digest, Gap, GapReason, Snapshot, UserHome};
use crate::policy::Policy;

/// Events that are run.
pub const EVENTS: &[&str] = &["PreToolUse", "PostToolUse", "PostToolUseFailure"];

/// One hook to run.
#[derive(Clone, Debug)]
pub struct Planned {
    /// `SOURCE#POINTER`.
    pub by: String,
    pub source: String,
    pub event: String,
    pub command: String,
    pub args: Option<Vec<String>>,
    pub matcher: Option<String>,
    pub timeout: Option<f64>,
    /// The person it is run as.
    pub user: Option<UserHome>,
    /// Whether the result holds for this person only.
    pub personal: bool,
    /// The repository in which it is run.
    pub repository: Option<String>,
    /// What the session's settings put into the environment, without `OTEL_*`.
    pub environment: Vec<(String, String)>,
    pub settings_sha256: Option<Digest>,
    pub scripts: Vec<(String, Digest)>,
    /// Permission bits of what the command names, in the order of their paths.
    pub modes: Vec<u32>,
    /// Where the scripts stand below the root.
    pub script_paths: BTreeSet<PathBuf>,
    pub hook: Hook,
}

/// Every command hook in force in any session; what is not run becomes a gap.
pub fn plan(snapshot: &Snapshot, from_repositories: bool) -> (Vec<Planned>, Vec<Gap>) {
    let policy = Policy::default();
    let facts = Facts::of(snapshot, &policy);
    let (mut planned, mut gaps): (Vec<Planned>, Vec<Gap>) = (Vec::new(), Vec::new());
    let mut taken = BTreeSet::new();
    for session in facts.sessions() {
        for hook in facts.hooks(session) {
            if hook.hook.in_force.is_err() || !EVENTS.contains(&hook.hook.event.as_str()) {
                continue;
            }
            let source = session.shown(&hook.hook.source);
            let by = format!("{source}#{}", hook.hook.pointer);
            let of_repository = matches!(hook.hook.scope, Scope::Project | Scope::Local);
            let text = hook.text();
            let personal = hook.hook.scope == Scope::User
                || ["~", "HOME", "USER", "LOGNAME"].iter().any(|word| text.contains(word));
            let local = of_repository || text.contains("CLAUDE_PROJECT_DIR");
            let user = session.user.filter(|_| personal).map(|user| user.name.clone());
            let repository = session.repository.filter(|_| local);
            if !taken.insert((by.clone(), user, repository.map(str::to_owned))) {
                continue;
            }
            if of_repository && !from_repositories {
                let detail = "the hook comes from a repository and was not run; --probe-repositories runs it";
                gaps.push(Gap::new(&by, GapReason::NotCollected, detail));
                continue;
            }
            match one(&facts, session, &hook, &source, by.clone(), personal, repository) {
                Ok(one) => planned.push(one),
                Err(why) => gaps.push(Gap::new(by, GapReason::NotCollected, why)),
            }
        }
    }
    gaps.sort();
    gaps.dedup();
    (planned, gaps)
}

fn one(
    facts: &Facts<'_>,
    session: &Session<'_>,
    hook: &RegisteredHook<'_>,
    source: &str,
    by: String,
    personal: bool,
    repository: Option<&str>,
) -> Result<Planned, String> {
    let Handler::Command { command, args } = &hook.hook.handler else {
        return Err("the hook is no command; only commands are run".to_owned());
    };
    if command.contains("[redacted:") {
        return Err("the command holds a secret, which is not kept; it was not run".to_owned());
    }
    if hook.scripts.iter().any(|script| script.source.starts_with("repo:")) && repository.is_none() {
        return Err("its script stands in a repository, and the hook is not of that repository".to_owned());
    }
    let mut environment = Vec::new();
    for (_, object, _) in session.effective.objects() {
        for (name, value) in object.get("env").and_then(|env| env.as_object()).into_iter().flatten() {
            let name_is_plain =
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.is_empty();
            let kept = name_is_plain
                && !name.starts_with("OTEL_")
                && environment.iter().all(|(known, _)| known != name);
            if let (true, Some(value)) = (kept, value.as_str()) {
                environment.push((name.clone(), value.to_owned()));
            }
        }
    }
    let plugin_root = session.plugin_root(&hook.hook);
    if let Some(root) = plugin_root {
        environment.push(("CLAUDE_PLUGIN_ROOT".to_owned(), root.to_owned()));
    }
    environment.sort();
    let scripts = hook
        .scripts
        .iter()
        .filter_map(|script| Some((script.source.to_owned(), script.seen.sha256.clone()?)));
    Ok(Planned {
        by,
        source: source.to_owned(),
        event: hook.hook.event.clone(),
        command: command.clone(),
        args: args.clone(),
        matcher: hook.hook.matcher.clone(),
        timeout: hook.hook.timeout,
        user: session.user.cloned(),
        personal,
        repository: repository.map(str::to_owned),
        environment,
        settings_sha256: facts.file_at(source).and_then(|file| file.seen.sha256.clone()),
        scripts: scripts.collect(),
        modes: hook.scripts.iter().map(|script| script.seen.mode).collect(),
        script_paths: hook
            .scripts
            .iter()
            .filter(|script| !script.source.starts_with("repo:"))
            .map(|script| PathBuf::from(script.source))
            // A plugin is one piece: its scripts start and read what stands beside them.
            .chain(plugin_root.map(|root| PathBuf::from(root.trim_start_matches('/')).join("hooks")))
            .collect(),
        hook: hook.hook.clone(),
    })
}
