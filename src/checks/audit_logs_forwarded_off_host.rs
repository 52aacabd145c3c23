//! Audit records also leave the host.

use crate::{
    facts::{Facts, OffHost, Session, Sink},
    model::{Conclusion, Evidence, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| forwarded(facts, session)), "no user was found to test")
}

fn forwarded(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let mut ways = vec![facts.sent_by_client(session)];
    let sinks = facts.record_sinks(session);
    ways.extend(sinks.iter().map(|sink| match sink {
        Sink::File(path) => facts.carried_on(Some(path)),
        Sink::Service => facts.carried_on(None),
    }));
    // A hook that only shows its service can still reach a file that a program carries on.
    if !sinks.iter().any(|sink| matches!(sink, Sink::File(_))) {
        ways.extend(facts.audit_logs().iter().map(|log| facts.carried_on(Some(log))));
    }
    let unseen = facts
        .gaps()
        .iter()
        .find(|gap| gap.reason != crate::model::GapReason::Absent && gap.detail.contains("forward"));
    let (mut stays, mut clear): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut cited: Vec<Evidence> = Vec::new();
    let mut unclear = unseen.map(|gap| gap.sentence());
    for way in ways {
        match way {
            OffHost::To { what, evidence } => {
                let Some((first, rest)) = evidence.split_first() else { continue };
                return Conclusion::pass(&*session.subject, first.clone(), what).citing(rest.iter().cloned());
            }
            OffHost::InClear { what, evidence } => {
                clear.push(what);
                cited.extend(evidence);
            }
            OffHost::StaysHere { what, evidence } => {
                stays.push(what);
                cited.extend(evidence);
            }
            OffHost::Unclear(why) => unclear = Some(why),
            OffHost::Nothing => {}
        }
    }
    if !clear.is_empty() {
        let message = format!("{}: anybody on the way can read and change the records", clear.join("; "));
        return Conclusion::fail(&*session.subject, cited, message);
    }
    if let Some(why) = unclear {
        return Conclusion::undetermined(&*session.subject, why);
    }
    if stays.is_empty() {
        let message = "neither managed telemetry, nor a managed hook, nor a program of the host sends records to another host";
        return Conclusion::fail(&*session.subject, session.sources(), message);
    }
    stays.dedup();
    Conclusion::fail(&*session.subject, cited, format!("{}: the records stay on this host", stays.join("; ")))
}
