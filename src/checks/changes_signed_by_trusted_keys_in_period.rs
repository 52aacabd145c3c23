//! Each change of the period is signed by someone whom the organisation listed.

use crate::{
    facts::Facts,
    model::{
        Conclusion, Judgement,
        change::{Change, SignatureStatus},
    },
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let required = facts.policy().changes.signers.is_some();
    facts.each_history(|history| {
        if !required {
            let why = "the policy lists no signers, so signatures are no control of this organisation";
            return Conclusion::not_applicable(&history.subject, why);
        }
        let with = |status: &[SignatureStatus]| -> Vec<&Change> {
            history.changes().iter().filter(|change| status.contains(&change.signature.status)).collect()
        };
        let all = history.changes().len();
        let unsigned = with(&[SignatureStatus::None]);
        let refused = with(&[SignatureStatus::Invalid, SignatureStatus::Valid]);
        if !unsigned.is_empty() || !refused.is_empty() {
            let message = format!(
                "of {all} changes {} are not signed and {} are signed by nobody who is listed",
                unsigned.len(),
                refused.len()
            );
            return history.fails(&[unsigned, refused].concat(), message);
        }
        let open = with(&[SignatureStatus::PresentUnverified]).len();
        if open > 0 {
            let why = history.seen.signatures_unverified.join("; ");
            return history.unknown(format!("{open} of {all} signatures were not verified: {why}"));
        }
        if all == 0 {
            return history.unknown("no change landed in the period");
        }
        history.passes(format!("{all} of {all} changes are signed by listed signers"))
    })
}
