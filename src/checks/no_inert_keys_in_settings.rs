//! No settings file relies on a key that has no effect where it stands.

use std::collections::BTreeMap;

use crate::{
    client::settings::{Problem, ProblemKind, Scope, keys},
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    // One conclusion a file, whichever sessions load it.
    let mut files: BTreeMap<String, Conclusion> = BTreeMap::new();
    for session in facts.sessions() {
        for source in session.effective.sources() {
            let path = &source.source.path;
            let inert: Vec<&Problem> = session
                .effective
                .problems()
                .iter()
                .filter(|problem| problem.source == *path && is_inert(problem))
                .collect();
            let doubtful = session
                .effective
                .problems()
                .iter()
                .find(|problem| problem.source == *path && is_doubtful(problem));
            files.entry(session.shown(path)).or_insert_with(|| match doubtful {
                Some(problem) if inert.is_empty() => {
                    Conclusion::undetermined(session.shown(path), problem.what.clone())
                }
                _ => conclude(session, path, &inert),
            });
        }
    }
    for file in
        facts.files_as(|role| matches!(role, Role::Settings { scope: SettingsScope::UnreadByClient { .. } }))
    {
        if let Role::Settings { scope: SettingsScope::UnreadByClient { why } } = &file.seen.role {
            let message = format!("the whole file has no effect: {why}");
            files.insert(
                file.source.to_owned(),
                Conclusion::fail(file.source, vec![file.evidence()], message),
            );
        }
    }
    let unseen = facts.unseen_as(|role| matches!(role, Role::Settings { .. }));
    Findings::of(files.into_values().chain(unseen).collect(), "no settings file was found")
}

fn is_inert(problem: &Problem) -> bool {
    match problem.kind {
        ProblemKind::GuideKey
        | ProblemKind::ManagedOnlyKey
        | ProblemKind::ScopeNotAllowed
        | ProblemKind::ModeIgnored => true,
        // A policy that holds an unknown key relies on it; elsewhere a newer client may know it.
        ProblemKind::UnknownKey => {
            !is_annotation(&problem.pointer)
                && (problem.scope == Scope::Managed || keys::meant_by(&dotted(problem)).is_some())
        }
        _ => false,
    }
}

/// An unknown key of which nothing shows what it was meant to be.
fn is_doubtful(problem: &Problem) -> bool {
    problem.kind == ProblemKind::UnknownKey && !is_annotation(&problem.pointer) && !is_inert(problem)
}

fn dotted(problem: &Problem) -> String {
    problem.pointer.trim_start_matches('/').replace('/', ".")
}

/// Keys that tell people something and mean to tell the client nothing.
fn is_annotation(pointer: &str) -> bool {
    let key = pointer.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    key.is_empty()
        || key.starts_with(['_', '$', '#'])
        || key.starts_with("~1~1")
        || key.contains("comment")
        || matches!(
            key.as_str(),
            "version"
                | "name"
                | "title"
                | "description"
                | "note"
                | "notes"
                | "author"
                | "license"
                | "metadata"
        )
}

fn conclude(session: &Session<'_>, path: &str, inert: &[&Problem]) -> Conclusion {
    let subject = session.shown(path);
    if inert.is_empty() {
        return Conclusion::pass(
            subject,
            session.cite_at(path, ""),
            "no key is known to have no effect here",
        );
    }
    let meant = |problem: &Problem| {
        let known =
            (problem.kind == ProblemKind::UnknownKey).then(|| keys::meant_by(&dotted(problem))).flatten();
        known.map_or_else(String::new, |known| format!("; {known} may have been meant"))
    };
    let messages: Vec<String> = inert
        .iter()
        .map(|problem| format!("line {}: {}{}", problem.line, problem.what, meant(problem)))
        .collect();
    let fixes: Vec<&str> = inert.iter().filter_map(|problem| problem.instead.as_deref()).collect();
    let evidence = inert.iter().map(|problem| session.cite_at(path, &problem.pointer)).collect();
    let failed = Conclusion::fail(subject, evidence, messages.join("; "));
    if fixes.is_empty() { failed } else { failed.fix(fixes.join("\n")) }
}
