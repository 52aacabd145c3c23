//! An organisation-wide policy with deny rules is written down, where the client or the guide would have it.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let of_the_organisation = |role: &Role| {
        matches!(
            role,
            Role::Settings { scope: SettingsScope::Managed { .. } | SettingsScope::UnreadByClient { .. } }
        )
    };
    let rules = facts.written(&["permissions.deny"]);
    let mut found = rules.iter().filter(|written| {
        of_the_organisation(&written.file.seen.role)
            && written.value.as_array().is_some_and(|rules| !rules.is_empty())
    });
    if let Some(first) = found.next() {
        let message = format!("a policy with deny rules stands in {}", first.file.source);
        let rest = found.map(|written| written.evidence());
        return Findings::one(Conclusion::pass("deployment", first.evidence(), message).citing(rest));
    }
    let files: Vec<_> = facts.files_as(of_the_organisation).collect();
    if let Some(broken) = files.iter().find(|file| file.object().is_none()) {
        let message = format!("{} is not a JSON object, so what it writes down is not known", broken.source);
        return Findings::one(Conclusion::undetermined("deployment", message));
    }
    if let Some(gap) = facts
        .unseen_below("")
        .find(|gap| gap.source.contains("claude-code/") || gap.source.contains("ClaudeCode/"))
    {
        return Findings::one(Conclusion::undetermined("deployment", gap.sentence()));
    }
    Findings::one(match files.first() {
        Some(first) => {
            let message = format!("{} holds no deny rules", first.source);
            Conclusion::fail("deployment", files.iter().map(|file| file.evidence()).collect(), message)
        }
        None => {
            Conclusion::fail("deployment", facts.looked_at(), "no organisation-wide settings file was found")
        }
    })
}
