//! A Windows machine policy is written down.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, ManagedOrigin, Os, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, seen) = facts.host()?;
    if host.os != Os::Windows {
        return Findings::one(Conclusion::not_applicable("deployment", "the host is not a Windows host"));
    }
    let mut found = facts.files_as(|role| {
        matches!(
            role,
            Role::Settings {
                scope: SettingsScope::Managed {
                    origin: ManagedOrigin::Mdm | ManagedOrigin::UserRegistry | ManagedOrigin::File,
                    ..
                } | SettingsScope::UnreadByClient { .. }
            }
        )
    });
    Findings::one(match found.next() {
        Some(file) => {
            Conclusion::pass("deployment", file.evidence(), format!("a policy stands in {}", file.source))
        }
        None => Conclusion::fail("deployment", vec![seen], "no registry value or managed file was found"),
    })
}
