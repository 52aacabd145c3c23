//! Git hooks of the repositories in scope: written down, and in force.

use super::Facts;
use crate::model::{Conclusion, Evidence, Findings, GitHookSeen, Judgement, RepositorySeen, Role};

impl Facts<'_> {
    /// Asks a question of every repository in scope; one that could not be read as a git repository is unknown.
    pub fn each_repository(&self, judge: impl Fn(&RepositorySeen, Evidence) -> Conclusion) -> Judgement {
        let mut conclusions = Vec::new();
        for name in self.repository_names() {
            let subject = format!("repository {name}");
            conclusions.push(match self.repositories().find(|(repository, _)| repository.name == *name) {
                Some((repository, evidence)) => judge(repository, evidence),
                None => {
                    let prefix = format!("repo:{name}/");
                    let why = self.gaps().iter().find(|gap| {
                        gap.source == format!("repo:{name}")
                            || gap.source.starts_with(&format!("{prefix}.git"))
                    });
                    let why = why
                        .map_or_else(|| "its git facts were not collected".to_owned(), |gap| gap.sentence());
                    Conclusion::undetermined(subject, why)
                }
            });
        }
        if conclusions.is_empty() {
            return Findings::one(Conclusion::undetermined(
                "repositories",
                "no repository was given with --repo",
            ));
        }
        Findings::of(conclusions, "no repository")
    }

    /// Whether git would run a hook for this event in each repository.
    pub fn git_hook_in_force(&self, event: &str) -> Judgement {
        self.each_repository(|repository, evidence| {
            let subject = format!("repository {}", repository.name);
            if let Some(why) = unclear(repository, event) {
                return Conclusion::undetermined(subject, why);
            }
            let mine: Vec<&GitHookSeen> = written(repository, event).collect();
            if let Some(hook) = mine.iter().find(|hook| hook.in_force) {
                let message = format!("git would run {} at {event}", hook.path);
                return Conclusion::pass(subject, evidence.at(hook.path.clone()), message);
            }
            let message = match mine.first() {
                Some(hook) => {
                    let why = hook.why_not.as_deref().unwrap_or("git does not look there");
                    format!("{} would not run: {why}", hook.path)
                }
                None if repository.hooks.iter().any(|hook| hook.event == event) => {
                    format!("there is no {event} hook where git looks; git's own .sample never runs")
                }
                None => format!("there is no {event} hook where git looks"),
            };
            Conclusion::fail(subject, vec![evidence], message)
        })
    }

    /// Whether a hook for this event is written down for each repository: a hook file, in force or not, a hook
    /// manager's configuration, or a script whose text or name says so.
    pub fn git_hook_declared(&self, event: &str, named: &[&str]) -> Judgement {
        if self.repository_names().is_empty() {
            return Findings::one(Conclusion::undetermined(
                "repositories",
                "no repository was given with --repo",
            ));
        }
        let conclusions = self.repository_names().iter().map(|name| {
            let subject = format!("repository {name}");
            let repository = self.repositories().find(|(repository, _)| repository.name == *name);
            let mut open = None;
            if let Some((repository, evidence)) = &repository {
                if let Some(hook) = written(repository, event).next() {
                    let message = format!("{} is written down", hook.path);
                    return Conclusion::pass(subject, evidence.at(hook.path.clone()), message);
                }
                let may = repository.managers_unclear.iter().cloned();
                open = may.chain(unclear(repository, event)).next();
            }
            let prefix = format!("repo:{name}/");
            let script = self.files().iter().find(|file| {
                let name = file.source.rsplit('/').next().unwrap_or_default();
                file.source.starts_with(&prefix)
                    && matches!(file.seen.role, Role::Launcher { .. } | Role::Script { .. })
                    && named.iter().any(|word| name.contains(word))
            });
            match (script, repository) {
                (Some(file), _) => {
                    Conclusion::pass(subject, file.evidence(), format!("{} is written down", file.source))
                }
                (None, _) if let Some(why) = open => Conclusion::undetermined(
                    subject,
                    format!("whether a {event} hook is written down is open: {why}"),
                ),
                (None, Some((_, evidence))) => {
                    Conclusion::fail(subject, vec![evidence], format!("no {event} hook is written down"))
                }
                (None, None) => Conclusion::undetermined(subject, "its git facts were not collected"),
            }
        });
        Findings::of(conclusions.collect(), "no repository")
    }
}

/// Why it is not known which hooks git would run for this event.
pub(super) fn unclear(repository: &RepositorySeen, event: &str) -> Option<String> {
    let mut open = repository.hooks_unclear.iter();
    let found = open.find(|unclear| unclear.event.as_deref().is_none_or(|of| of == event))?;
    Some(format!("which hooks git would run here is not known: {}", found.why))
}

/// Hooks that somebody wrote for this event. The samples that git puts into every new repository are nobody's control.
fn written<'r>(repository: &'r RepositorySeen, event: &'r str) -> impl Iterator<Item = &'r GitHookSeen> {
    repository.hooks.iter().filter(move |hook| hook.event == event && !hook.path.ends_with(".sample"))
}
