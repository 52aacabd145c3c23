//! No long-lived key takes the place of a login.

use std::collections::BTreeSet;

use crate::{
    facts::{Facts, Written},
    model::{Conclusion, Findings, Gap, GapReason, Judgement, Role},
};

/// Keys of settings, the client's and the guide's, that hold or name a long-lived credential.
const KEYS: [&str; 10] = [
    "env.ANTHROPIC_API_KEY",
    "env.ANTHROPIC_AUTH_TOKEN",
    "env.CLAUDE_CODE_OAUTH_TOKEN",
    "env.AWS_SECRET_ACCESS_KEY",
    "env.AWS_BEARER_TOKEN_BEDROCK",
    "env.ANTHROPIC_FOUNDRY_API_KEY",
    "env.ANTHROPIC_AWS_API_KEY",
    "env.GOOGLE_APPLICATION_CREDENTIALS",
    "auth.serviceAccountPath",
    "auth.apiKey",
];

const VARIABLES: [&str; 8] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_BEARER_TOKEN_BEDROCK",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "ANTHROPIC_AWS_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions = facts.settings_not_understood();
    let written = facts.written(&KEYS);
    conclusions.extend(written.iter().filter(|found| holds_something(found)).map(|found| {
        let message = format!("{} is set: a key that does not expire by itself", found.key);
        Conclusion::fail(found.file.source, vec![found.evidence()], message)
    }));
    conclusions.extend(
        facts.login_variables(&VARIABLES).into_iter().filter(|variable| !variable.fetched).map(|variable| {
            let message =
                format!("{} is set for logins: a key that does not expire by itself", variable.name);
            Conclusion::fail(variable.evidence.source.clone(), vec![variable.evidence], message)
        }),
    );
    // A key file of a service account, where the guide keeps it.
    let key_files = facts
        .files_as(|role| matches!(role, Role::SecretsManager))
        .filter(|file| file.source.ends_with(".json") && file.text().contains("private_key"));
    conclusions.extend(key_files.map(|file| {
        let message = "a service-account key file: a key that does not expire by itself";
        Conclusion::fail(file.source, vec![file.evidence()], message)
    }));
    conclusions.extend(keys_in_homes(facts));
    let login_files = facts.unseen_below("").filter(|gap| {
        gap.reason != GapReason::NotCollected
            && [
                "etc/environment",
                "etc/profile",
                "/.profile",
                "/.bashrc",
                "/.zshrc",
                "/.bash_profile",
                "/.zshenv",
            ]
            .iter()
            .any(|place| gap.source.ends_with(place) || gap.source.starts_with("etc/profile.d/"))
    });
    conclusions.extend(login_files.map(|gap| Conclusion::undetermined(&*gap.source, gap.sentence())));
    if !conclusions.is_empty() {
        return Findings::of(conclusions, "no file");
    }
    let (settings, logins) = (
        facts.settings_objects().count(),
        facts.files_as(|role| matches!(role, Role::Environment { .. })).count(),
    );
    let (_, host) = facts.host()?;
    let message = format!(
        "no long-lived key in {settings} settings files and {logins} login files with variables of the client"
    );
    Findings::one(Conclusion::pass("deployment", host, message))
}

/// Static keys in the homes of people whose client is set to that cloud provider.
fn keys_in_homes(facts: &Facts<'_>) -> Vec<Conclusion> {
    let cloud = facts.sessions().iter().filter(|session| session.provider().is_some());
    let people: BTreeSet<&str> = cloud.filter_map(|session| Some(session.user?.name.as_str())).collect();
    if people.is_empty() {
        return Vec::new();
    }
    let keys = facts.static_cloud_keys().into_iter().filter(|(user, ..)| people.contains(user));
    let mut conclusions: Vec<Conclusion> = keys
        .map(|(user, file, place)| {
            let message = format!(
                "a key that does not expire by itself lies in the home of {user}, whose client is set to a cloud provider"
            );
            Conclusion::fail(file.source, vec![place], message)
        })
        .collect();
    let hidden = |gap: &&Gap| {
        gap.reason != GapReason::Absent && matches!(gap.sought, Some(Role::CloudCredentials { .. }))
    };
    let unseen = facts.unseen_below("").filter(hidden);
    conclusions.extend(unseen.map(|gap| Conclusion::undetermined(&*gap.source, gap.sentence())));
    conclusions
}

fn holds_something(found: &Written<'_>) -> bool {
    found.value.as_str().is_none_or(|text| !text.trim().is_empty())
}
