//! A forensic log search is written down.

use crate::{facts::Facts, model::Judgement};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.script_written(&facts.forensic_scripts(), "forensic search")
}
