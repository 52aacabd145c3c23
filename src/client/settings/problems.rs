//! What is wrong with settings sources, each with what it costs and what works instead.

use super::load::{Fate, LoadedSource};
use super::shape::HOOK_EVENTS;
use super::{Effective, Scope, keys};
use crate::client::permissions::rule::{Rule, RuleKind};

/// What sort of fault a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The text is not JSON: nothing of the file counts.
    NotJson,
    /// A shape fault that costs the whole file.
    FileDropped,
    /// A shape fault that costs one top-level key of a managed file.
    KeyDropped,
    /// A shape fault that costs one value and nothing else.
    ValueDropped,
    /// A managed source that another one shadows.
    Shadowed,
    /// A key that is written twice: the later one counts.
    DuplicateKey,
    /// A key that the client does not know.
    UnknownKey,
    /// A key that only guides know.
    GuideKey,
    /// A key that counts in managed settings alone.
    ManagedOnlyKey,
    /// A key that a repository file may not set.
    ScopeNotAllowed,
    /// A key that belongs to the global configuration file.
    GlobalKey,
    /// A permission list element that is not a rule.
    InvalidRule,
    /// A hook event that the client does not know.
    UnknownHookEvent,
    /// A mode that the file may not choose.
    ModeIgnored,
    /// The file waits for trust of its folder.
    Untrusted,
}

/// One problem, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    pub scope: Scope,
    pub source: String,
    pub pointer: String,
    pub line: u32,
    pub what: String,
    /// What would work in its place.
    pub instead: Option<String>,
}

/// Finds the problems of all sources, in the order of the sources and of the lines in them.
pub fn find(effective: &Effective) -> Vec<Problem> {
    let mut out = Vec::new();
    for source in effective.sources() {
        let first = out.len();
        of_source(effective, source, &mut out);
        out[first..].sort_by(|a, b| (a.line, &a.pointer, a.kind).cmp(&(b.line, &b.pointer, b.kind)));
    }
    out
}

fn of_source(effective: &Effective, source: &LoadedSource, out: &mut Vec<Problem>) {
    let scope = source.scope();
    let mut add = |kind, pointer: &str, what: String, instead: Option<&str>| {
        let line = match &source.fate {
            Fate::NotJson { line, .. } => *line,
            _ => source.positions.line(pointer),
        };
        let (path, instead) = (source.source.path.clone(), instead.map(str::to_owned));
        out.push(Problem { kind, scope, source: path, pointer: pointer.to_owned(), line, what, instead });
    };
    match &source.fate {
        Fate::NotJson { why, .. } => {
            let what = format!("the client rejects the whole file, its deny rules too: {why}");
            add(ProblemKind::NotJson, "", what, Some("Strict JSON: no comments, no trailing commas."));
            return;
        }
        Fate::Shadowed { by } => {
            let what =
                format!("not read: {by} is a stronger managed source, and managed sources do not merge");
            add(ProblemKind::Shadowed, "", what, Some("Deliver the same keys in the stronger source."));
        }
        Fate::Dropped | Fate::InForce => {}
    }
    for fault in &source.faults {
        let (kind, cost) = match scope {
            _ if fault.value_only => (ProblemKind::ValueDropped, "the client passes over it".to_owned()),
            Scope::Managed => {
                (ProblemKind::KeyDropped, format!("the client drops the key {}", fault.top_key))
            }
            _ => (ProblemKind::FileDropped, "the client drops the whole file, its deny rules too".to_owned()),
        };
        add(kind, &fault.pointer, format!("{}: {cost}", fault.what), None);
    }
    for (pointer, _) in &source.positions.duplicates {
        add(
            ProblemKind::DuplicateKey,
            pointer,
            "written twice in one object: only the last one counts".to_owned(),
            None,
        );
    }
    for key in source.written.keys() {
        let pointer = format!("/{}", super::positions::escape(key));
        unknown_key(key, key, scope, &pointer, &mut add);
    }
    for parent in ["permissions", "sandbox", "sandbox.network", "sandbox.filesystem"] {
        let Some(children) = super::shape::lookup(&source.written, parent).and_then(|v| v.as_object()) else {
            continue;
        };
        for child in children.keys() {
            let pointer = format!("{}/{}", super::shape::pointer_of(parent), super::positions::escape(child));
            unknown_key(&format!("{parent}.{child}"), child, scope, &pointer, &mut add);
        }
    }
    for list in ["deny", "ask", "allow"] {
        let Some(items) =
            super::shape::lookup(&source.written, &format!("permissions.{list}")).and_then(|v| v.as_array())
        else {
            continue;
        };
        for (i, item) in items.iter().enumerate() {
            let pointer = format!("/permissions/{list}/{i}");
            let Some(text) = item.as_str() else {
                add(
                    ProblemKind::InvalidRule,
                    &pointer,
                    "not a string: the client skips this element".to_owned(),
                    None,
                );
                continue;
            };
            if let RuleKind::Invalid(why) = Rule::parse(text, effective.environment.client).kind {
                add(ProblemKind::InvalidRule, &pointer, format!("the client skips this rule: {why}"), None);
            }
        }
    }
    if let Some(events) = source.written.get("hooks").and_then(|h| h.as_object()) {
        for event in events.keys().filter(|e| !HOOK_EVENTS.contains(&e.as_str())) {
            let pointer = format!("/hooks/{}", super::positions::escape(event));
            let what = "no such hook event: the client ignores its hooks".to_owned();
            add(
                ProblemKind::UnknownHookEvent,
                &pointer,
                what,
                Some("PreToolUse to stop a call before it runs."),
            );
        }
    }
    let mode = super::shape::lookup(&source.written, "permissions.defaultMode").and_then(|m| m.as_str());
    if let Some(mode) = mode
        && !crate::client::permissions::mode::file_may_choose(mode, scope, effective.environment.client)
    {
        let what = format!("the client ignores the mode {mode} of a repository file");
        add(
            ProblemKind::ModeIgnored,
            "/permissions/defaultMode",
            what,
            Some("Set it in user or managed settings."),
        );
    }
    if scope == Scope::Project
        && !effective.environment.trusted
        && super::shape::lookup(&source.written, "permissions.allow").is_some()
    {
        let what = "the folder is not trusted: allow rules of this file do not count yet".to_owned();
        add(ProblemKind::Untrusted, "/permissions/allow", what, None);
    }
}

fn unknown_key(
    dotted: &str,
    written: &str,
    scope: Scope,
    pointer: &str,
    add: &mut impl FnMut(ProblemKind, &str, String, Option<&str>),
) {
    match keys::find(dotted) {
        Some(key) if key.may_be_set_in(scope) => {}
        Some(key) if key.scope == keys::KeyScope::Managed => {
            let what = format!("{dotted} counts in managed settings only: here it has no effect");
            add(ProblemKind::ManagedOnlyKey, pointer, what, Some("The same key in managed-settings.json."));
        }
        Some(key) if key.scope == keys::KeyScope::Global => {
            let what = format!("{dotted} belongs to ~/.claude.json: here it has no effect");
            add(ProblemKind::GlobalKey, pointer, what, None);
        }
        Some(_) => {
            let what = format!("{dotted} may not be set by a {} file: here it has no effect", scope.name());
            add(ProblemKind::ScopeNotAllowed, pointer, what, Some("User or managed settings."));
        }
        None => match keys::instead_of(written).filter(|_| !dotted.contains('.')) {
            Some(instead) => {
                let what = format!("{written} is no settings key: the client ignores it");
                add(ProblemKind::GuideKey, pointer, what, Some(instead));
            }
            None if has_unlisted_children(dotted) => {}
            None => {
                let what = format!(
                    "{dotted} is unknown to the key list of {}: the client ignores it",
                    keys::KEY_LIST_DATE
                );
                add(ProblemKind::UnknownKey, pointer, what, None);
            }
        },
    }
}

/// Some keys are listed only by their children (`remote.defaultEnvironmentId`).
fn has_unlisted_children(dotted: &str) -> bool {
    let prefix = format!("{dotted}.");
    keys::all().any(|k| k.name.starts_with(&prefix))
}
