//! The Windows machine policy is one that the client reads.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, ManagedOrigin, Os, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, seen) = facts.host()?;
    if host.os != Os::Windows {
        return Findings::one(Conclusion::not_applicable("deployment", "the host is not a Windows host"));
    }
    let settings = |wanted: fn(&SettingsScope) -> bool| {
        facts.files_as(move |role| matches!(role, Role::Settings { scope } if wanted(scope)))
    };
    let machine = settings(|scope| {
        matches!(scope, SettingsScope::Managed { origin: ManagedOrigin::Mdm | ManagedOrigin::File, .. })
    })
    .find(|file| file.object().is_some_and(|object| !object.is_empty()));
    let mut conclusions = Vec::new();
    for file in settings(|scope| matches!(scope, SettingsScope::UnreadByClient { .. })) {
        if let Role::Settings { scope: SettingsScope::UnreadByClient { why } } = &file.seen.role {
            let keys: Vec<&str> =
                file.object().into_iter().flatten().take(8).map(|(key, _)| key.as_str()).collect();
            let what = if keys.is_empty() { "it".to_owned() } else { keys.join(", ") };
            let message = format!("{what} is written down and not read: {why}");
            let subject = file
                .evidence()
                .locator
                .map_or_else(|| file.source.to_owned(), |at| format!("{} {at}", file.source));
            conclusions.push(Conclusion::fail(subject, vec![file.evidence()], message));
        }
    }
    for file in
        settings(|scope| matches!(scope, SettingsScope::Managed { origin: ManagedOrigin::UserRegistry, .. }))
    {
        let message = "the value under HKCU is the user's own to change; it enforces nothing";
        conclusions.push(Conclusion::fail(file.source, vec![file.evidence()], message));
    }
    conclusions.push(match machine {
        Some(file) => {
            Conclusion::pass("machine policy", file.evidence(), "the client reads the machine policy")
        }
        None => Conclusion::fail(
            "machine policy",
            vec![seen],
            "no machine policy that the client reads was found",
        ),
    });
    Findings::of(conclusions, "no policy")
}
