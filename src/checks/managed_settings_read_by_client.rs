//! A managed source that the client reads delivers a policy.

use crate::{
    client::settings::{ManagedOrigin, keys},
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| delivered(facts, session)), "no user was found to test")
}

fn delivered(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let (in_force, _) = session.effective.managed();
    let known = |key: &String| keys::find(key).is_some();
    let policy = in_force
        .iter()
        .find(|source| source.origin() != ManagedOrigin::Hkcu && source.settings.keys().any(known));
    if let Some(source) = policy {
        let keys = source.settings.keys().filter(|key| known(key)).count();
        let message = format!("{} delivers {keys} policy keys", session.shown(&source.source.path));
        return Conclusion::pass(&*session.subject, session.cite_at(&source.source.path, ""), message);
    }
    let unread: Vec<_> = facts
        .files_as(|role| matches!(role, Role::Settings { scope: SettingsScope::UnreadByClient { .. } }))
        .collect();
    let mut message = "no managed source that the client reads delivers a policy key".to_owned();
    for file in &unread {
        if let Role::Settings { scope: SettingsScope::UnreadByClient { why } } = &file.seen.role {
            message.push_str(&format!("; {} is not read: {why}", file.source));
        }
    }
    for source in &in_force {
        if source.settings.contains_key("managedSettings") {
            let path = session.shown(&source.source.path);
            message.push_str(&format!(
                "; {path} wraps its keys in managedSettings, inside which the client reads nothing"
            ));
        }
        if source.origin() == ManagedOrigin::Hkcu {
            message.push_str("; the registry value under HKCU is the user's own to change");
        }
    }
    let evidence = if unread.is_empty() {
        session.sources()
    } else {
        unread.iter().map(|file| file.evidence()).collect()
    };
    Conclusion::fail(&*session.subject, evidence, message)
}
