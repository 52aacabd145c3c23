//! An incident-response script is written down.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let scripts = facts.incident_scripts();
    Findings::one(match scripts.first() {
        Some(script) => {
            let message = format!("{} is there", script.source);
            Conclusion::pass("deployment", script.evidence(), message)
                .citing(scripts[1..].iter().map(|script| script.evidence()))
        }
        None => {
            let message = "no incident-response script was found where programs of the organisation stand";
            Conclusion::fail("deployment", facts.looked_at(), message)
        }
    })
}
