//! The credential hook is registered in managed settings and no switch turns it off.

use crate::{
    client::settings::Scope,
    facts::{Facts, Purpose, Session, TakenOver},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| managed(facts, session)), "no user was found to test")
}

fn managed(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let guards: Vec<_> =
        facts.hooks(session).into_iter().filter(|hook| hook.serves(Purpose::CredentialGuard)).collect();
    let in_force = guards.iter().find(|hook| hook.hook.scope == Scope::Managed && hook.hook.in_force.is_ok());
    if let Some(hook) = in_force {
        return match facts.hooks_taken_over(session, &[hook]) {
            TakenOver::Yes(message, evidence) => {
                let fix = "Set the variable in managed \"env\", where it wins: an empty text takes it away.";
                Conclusion::fail(&*session.subject, vec![evidence], message).fix(fix)
            }
            TakenOver::Unknown(why) => Conclusion::undetermined(&*session.subject, why),
            TakenOver::No => {
                let message = "managed settings register the credential hook, and nothing switches it off";
                Conclusion::pass(&*session.subject, hook.evidence.clone(), message)
            }
        };
    }
    if guards.is_empty() {
        return facts.no_guard(session, "no hook that the client reads guards credential files");
    }
    let reasons: Vec<String> = guards
        .iter()
        .map(|hook| match &hook.hook.in_force {
            Err(why) => format!("the hook in {} does not run: {why}", session.shown(&hook.hook.source)),
            Ok(()) => format!(
                "the hook in {} is not in managed settings: who owns the file can take it out",
                session.shown(&hook.hook.source)
            ),
        })
        .collect();
    let evidence = guards.iter().map(|hook| hook.evidence.clone()).collect();
    Conclusion::fail(&*session.subject, evidence, reasons.join("; "))
}
