//! Settings of users and repositories cannot keep an administrator's hooks from running, nor run something in their place.

use crate::{
    client::settings::Scope,
    facts::{Facts, RegisteredHook, Session, TakenOver},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| held(facts, session)), "no user was found to test")
}

fn held(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let hooks = facts.hooks(session);
    let managed: Vec<&RegisteredHook<'_>> =
        hooks.iter().filter(|hook| hook.hook.scope == Scope::Managed).collect();
    let Some(first) = managed.first() else {
        return Conclusion::not_applicable(&*session.subject, "no managed hook is there to be taken over");
    };
    match facts.hooks_taken_over(session, &managed) {
        TakenOver::Yes(message, evidence) => {
            return Conclusion::fail(&*session.subject, vec![evidence], message);
        }
        TakenOver::Unknown(why) => return Conclusion::undetermined(&*session.subject, why),
        TakenOver::No => {}
    }
    let evidence = first.evidence.clone();
    let open = facts.left_open(session, &managed);
    if open.is_empty() {
        let message =
            "managed settings hold every variable by which hooks could be switched off or taken over";
        return Conclusion::pass(&*session.subject, evidence, message);
    }
    let off = managed.iter().find_map(|hook| hook.hook.in_force.as_ref().err());
    let now = off.map(|why| format!("; now: {why}")).unwrap_or_default();
    let message = format!(
        "settings of a user or a repository may set {}, which reach managed hooks before their first line{now}",
        open.join(", ")
    );
    Conclusion::fail(&*session.subject, vec![evidence], message)
}
