//! No settings file relies on a key that has no effect where it stands.

use std::collections::BTreeMap;

use crate::{
    client::{
        dead_rules,
        settings::{Problem, ProblemKind, Scope, keys},
    },
    facts::{Facts, File, Session, is_annotation},
    model::{Conclusion, Findings, Judgement, Role, SettingsScope},
};

const MOVE: &str = "Move what should hold to managed-settings.json of the same folder, at the top level, and delete the file.";

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
            let mut message = format!("the whole file has no effect: {why}");
            let (inner, fixes) = beside_the_place(file);
            if !inner.is_empty() {
                message.push_str(&format!("; nor would it in the right place: {}", inner.join("; ")));
            }
            let fix = std::iter::once(MOVE.to_owned()).chain(fixes).collect::<Vec<_>>().join("\n");
            let failed = Conclusion::fail(file.source, vec![file.evidence()], message).fix(fix);
            files.insert(file.source.to_owned(), failed);
        }
    }
    let unseen = facts.unseen_as(|role| matches!(role, Role::Settings { .. }));
    Findings::of(files.into_values().chain(unseen).collect(), "no settings file was found")
}

/// What the keys of an unread file would do where the client reads them: nothing, for these reasons.
fn beside_the_place(file: &File<'_>) -> (Vec<String>, Vec<String>) {
    let (mut said, mut fixes) = (Vec::new(), Vec::new());
    let Some(object) = file.object() else { return (said, fixes) };
    let wrapped = object.get("managedSettings").and_then(|inner| inner.as_object());
    for (key, _) in object.iter().chain(wrapped.into_iter().flatten()) {
        if let Some(instead) = keys::instead_of(key) {
            said.push(format!("{key} is no settings key"));
            fixes.push(format!("{key}: {instead}"));
        }
    }
    for holder in [Some(object), wrapped].into_iter().flatten() {
        let rules = holder.get("permissions").and_then(|permissions| permissions.get("deny"));
        for rule in rules.and_then(|rules| rules.as_array()).into_iter().flatten() {
            let Some(rule) = rule.as_str() else { continue };
            if let Some((why, works)) = dead_rules::of_text(rule) {
                said.push(format!("{rule}: {why}"));
                fixes.extend(works.map(|works| format!("{rule}: {works}")));
            }
        }
    }
    (said, fixes)
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
