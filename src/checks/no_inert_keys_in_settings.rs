//! No settings file relies on a key that has no effect where it stands.

use std::collections::BTreeMap;

use crate::{
    client::settings::{Problem, ProblemKind},
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
                .filter(|problem| problem.source == *path && is_inert(problem.kind))
                .collect();
            files.entry(session.shown(path)).or_insert_with(|| conclude(session, path, &inert));
        }
    }
    for file in facts.files_as(|role| matches!(role, Role::Settings { scope: SettingsScope::UnreadByClient { .. } })) {
        if let Role::Settings { scope: SettingsScope::UnreadByClient { why } } = &file.seen.role {
            let message = format!("the whole file has no effect: {why}");
            files.insert(file.source.to_owned(), Conclusion::fail(file.source, vec![file.evidence()], message));
        }
    }
    Findings::of(files.into_values().collect(), "no settings file was found")
}

fn is_inert(kind: ProblemKind) -> bool {
    matches!(
        kind,
        ProblemKind::GuideKey | ProblemKind::ManagedOnlyKey | ProblemKind::ScopeNotAllowed | ProblemKind::ModeIgnored
    )
}

fn conclude(session: &Session<'_>, path: &str, inert: &[&Problem]) -> Conclusion {
    let subject = session.shown(path);
    if inert.is_empty() {
        return Conclusion::pass(subject, session.cite_at(path, ""), "no key is known to have no effect here");
    }
    let messages: Vec<String> = inert.iter().map(|problem| format!("line {}: {}", problem.line, problem.what)).collect();
    let fixes: Vec<&str> = inert.iter().filter_map(|problem| problem.instead.as_deref()).collect();
    let evidence = inert.iter().map(|problem| session.cite_at(path, &problem.pointer)).collect();
    let failed = Conclusion::fail(subject, evidence, messages.join("; "));
    if fixes.is_empty() { failed } else { failed.fix(fixes.join("\n")) }
}
