//! An organisation-wide policy is written down, where the client or the guide would have it.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut found = facts.files_as(|role| {
        matches!(
            role,
            Role::Settings { scope: SettingsScope::Managed { .. } | SettingsScope::UnreadByClient { .. } }
        )
    });
    Findings::one(match found.next() {
        Some(file) => Conclusion::pass("deployment", file.evidence(), format!("a policy stands in {}", file.source))
            .citing(found.map(|file| file.evidence())),
        None => Conclusion::fail("deployment", facts.looked_at(), "no organisation-wide settings file was found"),
    })
}
