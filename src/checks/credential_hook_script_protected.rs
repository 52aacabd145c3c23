//! Only administrators can change the credential hook's script.

use crate::{
    facts::{Changeable, Facts, Purpose, Session},
    model::{Conclusion, Findings, Judgement, Os},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, _) = facts.host()?;
    let windows = host.os == Os::Windows;
    Findings::of(
        facts.each_session(|session| protected(facts, session, windows)),
        "no user was found to test",
    )
}

fn protected(facts: &Facts<'_>, session: &Session<'_>, windows: bool) -> Conclusion {
    let hooks = facts.hooks_in_force(session, Purpose::CredentialGuard);
    let Some(first) = hooks.first() else {
        return facts.no_guard(session, "no hook in force guards credential files");
    };
    if windows {
        let message = "access lists of a Windows file are not in this copy; export them with icacls";
        return Conclusion::undetermined(&*session.subject, message);
    }
    let mut unknown = None;
    for hook in &hooks {
        match hook.changeable() {
            Changeable::ByAdministrators => {}
            Changeable::Unknown(why) => unknown = Some(why),
            Changeable::ByOthers(how) => {
                let evidence = hook.scripts.iter().map(|script| script.evidence());
                let evidence = std::iter::once(hook.evidence.clone()).chain(evidence).collect();
                return Conclusion::fail(&*session.subject, evidence, how);
            }
        }
    }
    match unknown {
        Some(why) => Conclusion::undetermined(&*session.subject, why),
        None => {
            let scripts = hooks.iter().flat_map(|hook| &hook.scripts).map(|script| script.evidence());
            let message = "only administrators can change the script and the folders above it";
            Conclusion::pass(&*session.subject, first.evidence.clone(), message).citing(scripts)
        }
    }
}
