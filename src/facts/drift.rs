//! Judges each version of a settings file against the versions before it: what was taken out, when, by whom.

use std::collections::BTreeSet;

use serde_json::Value;

use super::History;
use crate::model::{
    Verdict,
    change_set::SettingsVersion,
    drift::{Requirement, Stretch},
};

/// Keys that keep people from loosening their own sessions, with the value that does it.
const LOCKS: [(&str, &str); 6] = [
    ("/permissions/disableBypassPermissionsMode", "disable"),
    ("/permissions/disableAutoMode", "disable"),
    ("/disableBypassPermissionsMode", "disable"),
    ("/allowManagedHooksOnly", "true"),
    ("/allowManagedPermissionRulesOnly", "true"),
    ("/allowManagedMcpServersOnly", "true"),
];
/// Names shown of what is missing.
const NAMED: usize = 3;

impl History<'_> {
    /// The stretches of every settings file of the branch, by path, requirement and order of landing.
    pub fn stretches(&self) -> Vec<Stretch> {
        let versions = &self.seen.settings;
        let mut stretches = Vec::new();
        for of_path in versions.chunk_by(|a, b| a.path == b.path) {
            for requirement in Requirement::ALL {
                stretches.extend(self.of_file(of_path, requirement));
            }
        }
        stretches
    }

    fn of_file(&self, versions: &[SettingsVersion], requirement: Requirement) -> Vec<Stretch> {
        let mut stood = BTreeSet::new();
        let mut stretches: Vec<Stretch> = Vec::new();
        for version in versions {
            let (verdict, observed) = judge(version, requirement, &mut stood);
            if let Some(last) = stretches.last_mut() {
                if (last.verdict, &last.observed) == (verdict, &observed) {
                    continue;
                }
                last.to = version.since;
            }
            stretches.push(Stretch {
                repository: self.seen.repository.clone(),
                path: version.path.clone(),
                requirement,
                from: version.since,
                to: None,
                verdict,
                observed,
                commit: version.commit.clone(),
                author: version.author.clone(),
            });
        }
        stretches
    }
}

/// What one version says, given everything that stood before it.
fn judge(
    version: &SettingsVersion,
    requirement: Requirement,
    stood: &mut BTreeSet<String>,
) -> (Verdict, String) {
    if let Some(why) = &version.unread {
        return (Verdict::Undetermined, format!("the version could not be read: {why}"));
    }
    let (settings, state) = match version.text.as_deref().map(serde_json::from_str::<Value>) {
        None => (Value::Null, "the file is not there"),
        Some(Ok(value)) if value.is_object() => (value, ""),
        // The client reads nothing of such a file, so whatever stood in it does not stand any more.
        Some(_) => (Value::Null, "the file is no JSON object, so the client reads nothing of it"),
    };
    let beside = |text: String| if state.is_empty() { text } else { format!("{text}; {state}") };
    if requirement == Requirement::NoBypass {
        let mode = settings.pointer("/permissions/defaultMode").and_then(Value::as_str);
        return match mode {
            Some("bypassPermissions") => {
                (Verdict::Fail, "permissions.defaultMode is bypassPermissions".to_owned())
            }
            Some(mode) => (Verdict::Pass, format!("permissions.defaultMode is {mode}")),
            None => (Verdict::Pass, beside("no mode is set".to_owned())),
        };
    }
    let stands = match requirement {
        Requirement::DenyRules => texts(settings.pointer("/permissions/deny")),
        Requirement::Hooks => hooks(&settings),
        _ => locks(&settings),
    };
    let missing: Vec<&String> = stood.difference(&stands).collect();
    let answer = if missing.is_empty() {
        (Verdict::Pass, beside(format!("{} stand", stands.len())))
    } else {
        let named: Vec<&str> = missing.iter().take(NAMED).map(|name| name.as_str()).collect();
        let more = if missing.len() > NAMED { ", …" } else { "" };
        let text = format!("{} taken out: {}{more}", missing.len(), named.join(", "));
        (Verdict::Fail, beside(text))
    };
    stood.extend(stands);
    answer
}

fn texts(list: Option<&Value>) -> BTreeSet<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Each hook as event, matcher and what it runs; none where they are switched off.
fn hooks(settings: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if settings.pointer("/disableAllHooks") == Some(&Value::Bool(true)) {
        return found;
    }
    for (event, groups) in settings.get("hooks").and_then(Value::as_object).into_iter().flatten() {
        for group in groups.as_array().into_iter().flatten() {
            let matcher = group.get("matcher").and_then(Value::as_str).unwrap_or("*");
            for hook in group.get("hooks").and_then(Value::as_array).into_iter().flatten() {
                let runs = ["command", "url", "prompt"].into_iter().find_map(|key| hook.get(key)?.as_str());
                found.insert(format!("{event} {matcher}: {}", runs.unwrap_or("?")));
            }
        }
    }
    found
}

fn locks(settings: &Value) -> BTreeSet<String> {
    let holds = |(pointer, wanted): &&(&str, &str)| match settings.pointer(pointer) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Bool(true)) => *wanted == "true",
        _ => false,
    };
    LOCKS.iter().filter(holds).map(|(pointer, _)| pointer.trim_start_matches('/').replace('/', ".")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::{ControlKind, ObjectName, Person};

    fn version(number: u64, text: Option<&str>) -> SettingsVersion {
        let name = ObjectName::parse(&format!("{number:040x}")).expect("a name");
        SettingsVersion {
            path: ".claude/settings.json".to_owned(),
            kind: ControlKind::Settings,
            number,
            commit: name.clone(),
            author: Person::default(),
            since: None,
            blob: text.map(|_| name),
            text: text.map(str::to_owned),
            unread: None,
        }
    }

    fn verdicts(requirement: Requirement, texts: &[Option<&str>]) -> Vec<Verdict> {
        let mut stood = BTreeSet::new();
        let number = |index: usize| u64::try_from(index).expect("small");
        texts
            .iter()
            .enumerate()
            .map(|(index, text)| judge(&version(number(index), *text), requirement, &mut stood).0)
            .collect()
    }

    #[test]
    fn what_stood_must_stand_until_it_is_restored() {
        use Verdict::{Fail, Pass};
        let both = r#"{"permissions": {"deny": ["Bash(rm *)", "Read(.env)"]}}"#;
        let one = r#"{"permissions": {"deny": ["Read(.env)"]}}"#;
        let found = verdicts(Requirement::DenyRules, &[Some(both), Some(one), None, Some("{"), Some(both)]);
        assert_eq!(found, [Pass, Fail, Fail, Fail, Pass]);
        let mode = r#"{"permissions": {"defaultMode": "bypassPermissions"}}"#;
        assert_eq!(verdicts(Requirement::NoBypass, &[Some("{}"), Some(mode), None]), [Pass, Fail, Pass]);
        let hook = r#"{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "x"}]}]}}"#;
        let off = hook.replacen('{', r#"{"disableAllHooks": true, "#, 1);
        assert_eq!(verdicts(Requirement::Hooks, &[Some(hook), Some(&off), Some(hook)]), [Pass, Fail, Pass]);
        let lock = r#"{"permissions": {"disableBypassPermissionsMode": "disable"}}"#;
        assert_eq!(verdicts(Requirement::Locks, &[Some(lock), Some("{}")]), [Pass, Fail]);
    }
}
