//! The credential hook stops reads of credential files and approves nothing else.

use crate::{
    facts::{Facts, Purpose, Session, Trial, Trials, shown, some},
    model::{Aim, Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| blocked(facts, session)), "no user was found to test")
}

fn blocked(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    if let Some(hook) = facts.approver(session) {
        let message = format!(
            "the {} hook at {} answers allow whatever the call is: no person is asked about anything that no rule and no other hook denies",
            hook.hook.event, hook.hook.pointer
        );
        return Conclusion::fail(&*session.subject, vec![hook.evidence], message);
    }
    if let Some(trials) = facts.trials(session, "PreToolUse", "credential_files") {
        return measured(session, &trials, facts.trials(session, "PreToolUse", "broken_input").as_ref());
    }
    let hooks = facts.hooks_in_force(session, Purpose::CredentialGuard);
    if hooks.is_empty() {
        return facts.no_guard(session, "no hook that the client runs guards credential files");
    }
    // One guard that works is enough; one that approves undoes the questions of every call.
    if let Some(hook) = hooks.iter().find(|hook| hook.approves()) {
        let blocks = hook.never_blocks().map(|why| format!("{why}; ")).unwrap_or_default();
        let message = format!(
            "{blocks}it answers {{\"decision\": \"approve\"}} or allow for every other call, which then skips the question"
        );
        return Conclusion::fail(&*session.subject, vec![hook.evidence.clone()], message);
    }
    let broken: Vec<_> = hooks
        .iter()
        .filter_map(|hook| Some((hook, hook.cannot_run().or_else(|| hook.never_blocks())?)))
        .collect();
    if broken.len() == hooks.len() {
        let reasons: Vec<&str> = broken.iter().map(|(_, why)| why.as_str()).collect();
        let evidence = broken.iter().map(|(hook, _)| hook.evidence.clone()).collect();
        return Conclusion::fail(&*session.subject, evidence, reasons.join("; "));
    }
    let message = format!(
        "nothing is wrong with the hook on paper; {}, and only running it shows what it stops",
        facts.not_run()
    );
    Conclusion::undetermined(&*session.subject, message)
}

/// What running the hooks showed.
fn measured(session: &Session<'_>, trials: &Trials<'_>, faults: Option<&Trials<'_>>) -> Conclusion {
    let listed = |found: &mut dyn Iterator<Item = &Trial<'_>>| found.map(shown).collect::<Vec<_>>();
    let open: Vec<&Trial> = trials.of(Aim::Stop, true).filter(|trial| !trial.stopped()).collect();
    let unsure: Vec<&str> = open.iter().filter_map(|trial| trial.unsure.as_deref()).collect();
    let (blocked, baseline) = trials.stopped(Aim::Stop, true);
    let (harmless_blocked, harmless) = trials.stopped(Aim::Pass, false);
    let approved = listed(&mut trials.trials.iter().filter(|trial| trial.approved && !trial.stopped()));
    let approved_faults =
        faults.map(|faults| listed(&mut faults.of(Aim::Fault, false).filter(|trial| trial.approved)));
    let approved_faults = approved_faults.unwrap_or_default();

    let mut faulty = Vec::new();
    if open.len() > unsure.len() {
        let open = listed(&mut open.iter().copied().filter(|trial| trial.unsure.is_none()));
        faulty.push(format!(
            "stopped {blocked} of {baseline} reads and writes of .env, .pem and .key files; not: {}",
            some(&open)
        ));
    }
    if !approved.is_empty() {
        faulty.push(format!(
            "answered approve or allow, which skips the question, for {} calls: {}",
            approved.len(),
            some(&approved)
        ));
    }
    if !approved_faults.is_empty() {
        faulty.push(format!("approves when it breaks: {}", some(&approved_faults)));
    }
    if trials.of(Aim::Pass, true).count() > 0 && trials.of(Aim::Pass, true).all(Trial::stopped) {
        faulty.push("stops every harmless call as well, so that nobody can work with it".to_owned());
    }
    if !faulty.is_empty() {
        return Conclusion::fail(
            &*session.subject,
            trials.evidence(),
            format!("{}; {}", faulty.join("; "), trials.how()),
        );
    }
    if baseline == 0 {
        return Conclusion::undetermined(
            &*session.subject,
            "no read of a credential file was tried with the hooks",
        );
    }
    if let Some(why) = unsure.first() {
        let message = format!("stopped {blocked} of {baseline}; of the others it is not known: {why}");
        return Conclusion::undetermined(&*session.subject, message);
    }
    let mut evidence = trials.evidence().into_iter();
    let Some(first) = evidence.next() else {
        return Conclusion::undetermined(&*session.subject, "no hook was run for it");
    };
    let (all, of) = trials.stopped(Aim::Stop, false);
    let message = format!(
        "stopped {blocked} of {baseline} reads and writes of .env, .pem and .key files, {all} of {of} in all forms tried, and \
         {harmless_blocked} of {harmless} harmless calls; approved nothing, also not on broken input; {}",
        trials.how()
    );
    Conclusion::pass(&*session.subject, first, message).citing(evidence)
}
