//! An incident-response script is written down.

use crate::{facts::Facts, model::Judgement};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.script_written(&facts.incident_scripts(), "incident-response")
}
