//! Credential helpers exist, cannot be changed by users, and speak TLS to their vault.

use crate::{
    facts::{Changeable, Facts, File, HELPERS, Programs, Written},
    model::{Conclusion, Evidence, Findings, Judgement, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut conclusions = Vec::new();
    for helper in facts.written(&HELPERS) {
        // What the client does not read starts nothing.
        let Role::Settings { scope } = &helper.file.seen.role else { continue };
        match scope {
            SettingsScope::UnreadByClient { .. } => {}
            SettingsScope::Project { .. } | SettingsScope::Local { .. } => {
                let message = format!(
                    "{} is named by a repository's file: whoever can change it has the credential",
                    helper.key
                );
                conclusions.push(Conclusion::fail(subject(&helper), vec![helper.evidence()], message));
            }
            _ => conclusions.push(protected(facts, &helper)),
        }
    }
    for script in
        facts.files_as(|role| matches!(role, Role::SecretsManager)).filter(|file| !file.text().is_empty())
    {
        let personal = facts.host().is_ok_and(|(host, _)| {
            host.users
                .iter()
                .any(|user| !user.home.is_empty() && script.source.starts_with(&format!("{}/", user.home)))
        });
        conclusions.push(sound(script.source.to_owned(), script.evidence(), &[script], personal));
    }
    conclusions.extend(facts.unseen_as(|role| matches!(role, Role::Settings { .. } | Role::SecretsManager)));
    if conclusions.is_empty() {
        let message = "no settings file names a credential helper, and no secrets-manager script was found";
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    Findings::of(conclusions, "no helper")
}

fn subject(helper: &Written<'_>) -> String {
    format!("{} in {}", helper.key, helper.file.source)
}

fn protected(facts: &Facts<'_>, helper: &Written<'_>) -> Conclusion {
    let subject = subject(helper);
    let evidence = helper.evidence();
    let by = format!("{}#{}", helper.file.source, evidence.locator.as_deref().unwrap_or_default());
    let Some(command) = helper.value.as_str().filter(|text| !text.trim().is_empty()) else {
        return Conclusion::fail(subject, vec![evidence], format!("{} names no program", helper.key));
    };
    let Programs { scripts, missing, unseen } = facts.programs_of(&by);
    if let Some(gap) = missing.first() {
        return Conclusion::fail(subject, vec![evidence], format!("{} is not there", gap.source));
    }
    if let Some(gap) = unseen.first().copied().or_else(|| facts.gap_at(&by)) {
        return Conclusion::undetermined(subject, gap.sentence());
    }
    if plain_http(command) {
        return Conclusion::fail(
            subject,
            vec![evidence],
            format!("{} speaks to an http:// address", helper.key),
        );
    }
    if scripts.is_empty() {
        // A program of the system, such as `aws`, is the system's to protect.
        let relative = command.split_whitespace().next().is_some_and(|word| word.contains('/'));
        return if relative {
            Conclusion::undetermined(subject, "the program that it names was not collected")
        } else {
            Conclusion::pass(subject, evidence, "it starts a program of the system")
        };
    }
    sound(subject, evidence, &scripts, false)
}

/// Judges scripts: who can change them, where that is not the owner's own business, and whom they speak to.
fn sound(subject: String, evidence: Evidence, scripts: &[&File<'_>], personal: bool) -> Conclusion {
    let cited = || scripts.iter().map(|script| script.evidence()).collect::<Vec<_>>();
    let mut unknown = None;
    for script in scripts {
        if let Some(line) = script.text().lines().position(plain_http) {
            let message =
                format!("{} speaks to an http:// address: whoever listens has the credential", script.source);
            return Conclusion::fail(subject, vec![script.line(line + 1)], message);
        }
        match script.changeable() {
            _ if personal => {}
            Changeable::ByAdministrators => {}
            Changeable::ByOthers(how) => return Conclusion::fail(subject, cited(), how),
            Changeable::Unknown(why) => unknown = Some(why),
        }
        if script.seen.text.is_none() {
            unknown.get_or_insert_with(|| format!("{} was not read", script.source));
        }
    }
    match unknown {
        Some(why) => Conclusion::undetermined(subject, why),
        None => {
            let message =
                "only administrators can change what it starts, and no plain http:// address is in it";
            let message = if personal {
                "no plain http:// address is in it; it is the user's own script"
            } else {
                message
            };
            Conclusion::pass(subject, evidence, message).citing(cited())
        }
    }
}

/// Whether a line speaks plain HTTP to another host.
fn plain_http(line: &str) -> bool {
    if line.trim_start().starts_with('#') {
        return false;
    }
    line.match_indices("http://").any(|(at, scheme)| {
        let host =
            line[at + scheme.len()..].split(['/', ':', '"', '\'', ' ', '}']).next().unwrap_or_default();
        !matches!(host, "localhost" | "127.0.0.1" | "[")
    })
}
