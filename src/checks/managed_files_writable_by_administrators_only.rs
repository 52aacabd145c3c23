//! Only administrators can change the managed files.

use crate::{
    facts::{Changeable, Facts},
    model::{Conclusion, Findings, Judgement, ManagedOrigin, Os, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, _) = facts.host()?;
    let managed = facts.files_as(is_managed);
    let conclusions = managed
        .map(|file| {
            if host.os == Os::Windows {
                let message = "access lists of a Windows file are not in this copy; export them with icacls";
                return Conclusion::undetermined(file.source, message);
            }
            match file.changeable() {
                Changeable::ByAdministrators => {
                    Conclusion::pass(file.source, file.evidence(), "only administrators can change the file")
                }
                Changeable::ByOthers(how) => Conclusion::fail(file.source, vec![file.evidence()], how),
                Changeable::Unknown(why) => Conclusion::undetermined(file.source, why),
            }
        })
        .chain(facts.unseen_as(is_managed))
        .collect();
    Findings::of(conclusions, "no managed file was found")
}

fn is_managed(role: &Role) -> bool {
    use ManagedOrigin::{DropIn, File, Mdm};
    match role {
        Role::ManagedMcp | Role::ManagedMemory => true,
        Role::Settings { scope: SettingsScope::Managed { origin, .. } } => {
            matches!(origin, File | DropIn | Mdm)
        }
        _ => false,
    }
}
