//! The rules in force deny every destructive command of the battery's baseline.

use crate::{
    facts::{Facts, Layered, Session},
    model::{Aim, Conclusion, Evidence, Findings, Judgement, Stand},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_session(|session| stopped(facts, session)), "no user was found to test")
}

/// A list that stops one spelling of a command and not the next one stops nothing.
fn stopped(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let subject = &*session.subject;
    let Some(battery) = facts.battery("destructive_commands") else {
        return Conclusion::undetermined(subject, "the catalogue holds no destructive commands to try");
    };
    let mut calls = facts.layered(session, battery, true);
    calls.retain(|call| call.aim == Aim::Stop);
    let tested = calls.len();
    let (denied, others): (Vec<&Layered>, Vec<&Layered>) =
        calls.iter().partition(|call| call.rules.stand == Stand::Stops);
    let unknown = others.iter().filter(|call| call.rules.stand == Stand::NotKnown).map(|call| &*call.tries);
    let unknown: Vec<&str> = unknown.collect();
    let mut rules: Vec<Evidence> = denied.iter().filter_map(|call| call.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    if others.len() > unknown.len() {
        let open: Vec<&Layered> =
            others.into_iter().filter(|call| call.rules.stand != Stand::NotKnown).collect();
        let names: Vec<&str> = open.iter().map(|call| call.tries.trim_start_matches("Bash ")).collect();
        let mut message =
            format!("no rule denies {} of {tested} spellings: {}", open.len(), names.join(" · "));
        let elsewhere = open.iter().filter(|call| call.stopped()).count();
        if elsewhere > 0 {
            message.push_str(&format!(
                "; another layer stops {elsewhere} of these, as long as it does not fail"
            ));
        }
        return Conclusion::fail(subject, if rules.is_empty() { session.sources() } else { rules }, message);
    }
    match rules.split_first() {
        Some((first, more)) if unknown.is_empty() => {
            let message = format!("rules deny {tested} of {tested} destructive spellings");
            Conclusion::pass(subject, first.clone(), message).citing(more.iter().cloned())
        }
        _ => {
            let message = format!("what the client does is not known for {}", unknown.join(" · "));
            Conclusion::undetermined(subject, message)
        }
    }
}
