//! The organisation's scope laid over a snapshot: users left out, repositories that must have been looked at.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::{
    model::{Gap, GapReason, LeftOut, Observation, Role, Seen, SettingsScope, Snapshot},
    policy::Policy,
};

/// What is judged of a snapshot. A user left out leaves no observation and no gap behind; a repository that the policy
/// names and nobody gave is a gap, so that it is unknown and not forgotten.
pub fn in_scope<'s>(snapshot: &'s Snapshot, policy: &Policy) -> Cow<'s, Snapshot> {
    let excluded: BTreeSet<&str> =
        policy.scope.excluded_users.iter().map(|user| user.name.as_str()).collect();
    let missing = missing_repositories(snapshot, policy);
    if excluded.is_empty() && missing.is_empty() {
        return Cow::Borrowed(snapshot);
    }
    let people = Excluded::of(snapshot, &excluded);
    let mut judged = snapshot.clone();
    judged.observations.retain(|seen| !people.own(seen));
    for seen in &mut judged.observations {
        if let Seen::Host(host) = &mut seen.seen {
            host.users.retain(|user| !excluded.contains(user.name.as_str()));
        }
    }
    judged.gaps.retain(|gap| !people.holds(&gap.source) && !people.named_by(gap.sought.as_ref()));
    for name in missing {
        let detail = "the policy puts this repository in scope, and it was not given with --repo";
        judged.gaps.push(Gap::new(format!("repo:{name}"), GapReason::NotCollected, detail));
        judged.scope.repositories.push(name);
    }
    judged.gaps.sort();
    judged.scope.repositories.sort();
    Cow::Owned(judged)
}

/// Who and what the policy leaves out, with the reason that the report prints.
pub fn left_out(policy: &Policy) -> Vec<LeftOut> {
    let users = policy.scope.excluded_users.iter();
    let mut all: Vec<LeftOut> = users
        .map(|user| LeftOut { subject: format!("user {}", user.name), reason: user.reason.clone() })
        .collect();
    all.sort();
    all
}

fn missing_repositories(snapshot: &Snapshot, policy: &Policy) -> Vec<String> {
    let required = policy.scope.repositories.iter().flatten();
    required.filter(|name| !snapshot.scope.repositories.contains(name)).cloned().collect()
}

/// The people left out, and where their files stand.
struct Excluded<'s> {
    names: &'s BTreeSet<&'s str>,
    folders: BTreeMap<&'s str, &'s str>,
}

impl<'s> Excluded<'s> {
    fn of(snapshot: &'s Snapshot, names: &'s BTreeSet<&'s str>) -> Self {
        let mut folders = BTreeMap::new();
        for seen in &snapshot.observations {
            let Seen::Host(host) = &seen.seen else { continue };
            for user in host.users.iter().filter(|user| names.contains(user.name.as_str())) {
                folders.insert(user.home.as_str(), user.name.as_str());
                folders.insert(user.config_dir.as_str(), user.name.as_str());
            }
        }
        folders.remove("");
        Self { names, folders }
    }

    fn own(&self, seen: &Observation) -> bool {
        let role = if let Seen::File(file) = &seen.seen { Some(&file.role) } else { None };
        self.holds(&seen.source) || self.named_by(role)
    }

    fn holds(&self, source: &str) -> bool {
        self.folders.keys().any(|folder| Path::new(source).starts_with(folder))
    }

    fn named_by(&self, role: Option<&Role>) -> bool {
        role.and_then(person).is_some_and(|name| self.names.contains(name))
    }
}

/// The person whose file it is.
fn person(role: &Role) -> Option<&str> {
    match role {
        Role::Settings { scope: SettingsScope::User { user } }
        | Role::Credentials { user }
        | Role::CloudCredentials { user }
        | Role::GlobalConfig { user }
        | Role::Plugin { user } => Some(user),
        Role::Settings { scope: SettingsScope::Managed { user, .. } }
        | Role::Environment { user }
        | Role::AgentDefinition { user, .. } => user.as_deref(),
        _ => None,
    }
}
