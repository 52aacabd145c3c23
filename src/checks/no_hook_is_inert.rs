//! Every hook that is written down is run by the client, and every field of it is read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{
    client::{
        hooks::{GROUP_FIELDS, HANDLER_FIELDS},
        settings::{keys, shape::HOOK_EVENTS},
    },
    facts::{Facts, RegisteredHook, Session, is_annotation},
    model::{Conclusion, Evidence, Findings, Judgement},
};

/// What a file's hooks came to: their number, and place to what is wrong and what works.
#[derive(Default)]
struct OfFile {
    hooks: BTreeSet<String>,
    inert: BTreeMap<String, (Evidence, String, String)>,
}

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut files: BTreeMap<String, (Evidence, OfFile)> = BTreeMap::new();
    let mut conclusions = Vec::new();
    for session in facts.sessions() {
        if let Some(doubt) = session.doubt() {
            conclusions.push(Conclusion::undetermined(&*session.subject, doubt));
        }
        for hook in facts.hooks(session) {
            let path = &hook.hook.source;
            let shown = session.shown(path);
            let (_, file) =
                files.entry(shown).or_insert_with(|| (session.cite_at(path, "/hooks"), OfFile::default()));
            file.hooks.insert(hook.hook.pointer.clone());
            for (pointer, why, works) in faults(session, &hook) {
                let evidence = session.cite_at(path, &pointer);
                file.inert.entry(format!("{pointer} {why}")).or_insert((evidence, why, works));
            }
        }
    }
    if files.is_empty() && conclusions.is_empty() {
        return Findings::one(Conclusion::not_applicable(
            "deployment",
            "no file that the client reads writes a hook",
        ));
    }
    conclusions.extend(files.into_iter().map(|(source, (evidence, file))| conclude(&source, evidence, file)));
    Findings::of(conclusions, "no hook")
}

fn conclude(source: &str, evidence: Evidence, file: OfFile) -> Conclusion {
    let of = file.hooks.len();
    if file.inert.is_empty() {
        let message = format!("{of} of {of} hooks are run by the client, and it reads every field of them");
        return Conclusion::pass(source, evidence, message);
    }
    let (mut cited, mut said, mut works) = (Vec::new(), Vec::new(), Vec::new());
    for (evidence, why, instead) in file.inert.into_values() {
        said.push(format!("{}: {why}", evidence.locator.as_deref().unwrap_or_default()));
        cited.push(evidence);
        if !works.contains(&instead) {
            works.push(instead);
        }
    }
    Conclusion::fail(source, cited, said.join("; ")).fix(works.join("\n"))
}

/// Place, reason, and what works in its place.
fn faults(session: &Session<'_>, hook: &RegisteredHook<'_>) -> Vec<(String, String, String)> {
    let pointer = hook.hook.pointer.clone();
    let mut found = Vec::new();
    if let Err(why) = &hook.hook.in_force {
        found.push((pointer.clone(), why.clone(), instead_of(hook, why)));
    } else if let Some(why) = hook.cannot_run() {
        let works = "Install the program at the path that the command names, owned by root, with mode 0755.";
        found.push((pointer.clone(), why, works.to_owned()));
    }
    let written = session.effective.sources().iter().find(|source| source.source.path == hook.hook.source);
    let Some(written) = written.map(|source| Value::Object(source.written.clone())) else { return found };
    // The flat shape has no group around the entry.
    let group_at = pointer.rsplit_once("/hooks/").map_or("", |(group, _)| group);
    let object = |at: &str| written.pointer(at).and_then(Value::as_object);
    if let (Some(group), false) = (object(group_at), group_at.is_empty()) {
        found.extend(unread(group, GROUP_FIELDS, group_at, "a matcher group"));
    }
    if let Some(entry) = object(&pointer) {
        found.extend(unread(entry, HANDLER_FIELDS, &pointer, "a hook entry"));
        if let Some(value) = entry.get("onFailure").filter(|value| **value != "block") {
            let why = format!("onFailure is {value}: only \"block\" makes a failing hook stop the call");
            found.push((format!("{pointer}/onFailure"), why, "\"onFailure\": \"block\"".to_owned()));
        }
    }
    found
}

/// Fields that the client reads nowhere, or not here.
fn unread(
    object: &Map<String, Value>,
    known: &[&str],
    at: &str,
    place: &str,
) -> Vec<(String, String, String)> {
    object
        .keys()
        .filter(|field| !known.contains(&field.as_str()) && !is_annotation(field))
        .map(|field| {
            let why = format!("the client reads no field {field} of {place}");
            let works = if HANDLER_FIELDS.contains(&field.as_str()) {
                format!("{field} on the entry in the list \"hooks\", not on the group")
            } else {
                match keys::nearest(field, known.iter().copied()) {
                    Some(meant) => format!("{meant} in the place of {field}"),
                    None => "exit code 2, or permissionDecision: \"deny\", from the command stops a call; \"onFailure\": \"block\" stops it when the hook fails".to_owned(),
                }
            };
            (format!("{at}/{field}"), why, works)
        })
        .collect()
}

fn instead_of(hook: &RegisteredHook<'_>, why: &str) -> String {
    if !HOOK_EVENTS.contains(&hook.hook.event.as_str()) {
        let near = keys::nearest(&hook.hook.event, HOOK_EVENTS.iter().copied()).or_else(|| {
            HOOK_EVENTS
                .iter()
                .copied()
                .find(|event| event.to_lowercase().starts_with(&hook.hook.event.to_lowercase()))
        });
        return format!(
            "{} as the event: PreToolUse stops calls, PostToolUse records them.",
            near.unwrap_or("PreToolUse")
        );
    }
    if why.contains("allowManagedHooksOnly") {
        return "The same hook in managed settings.".to_owned();
    }
    if why.contains("matcher")
        || why.contains("tool is named")
        || why.contains("expression")
        || why.contains("matches no tool")
    {
        return "A matcher of tool names, such as \"Bash|Edit\", or \"*\"; commands are chosen by \"if\" of the entry.".to_owned();
    }
    "A hook of type command, in a file without faults, in managed settings.".to_owned()
}
