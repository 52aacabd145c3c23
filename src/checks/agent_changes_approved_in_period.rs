//! Each change of the period that an agent had a part in was approved by someone who had none.

use crate::{
    facts::Facts,
    model::{
        Judgement,
        change::{AiEvidence, Change},
    },
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let marked: Vec<&Change> =
            history.changes().iter().filter(|change| change.ai_evidence != AiEvidence::None).collect();
        if marked.is_empty() {
            // The trailer can be switched off, so that its absence shows nothing.
            let why = format!(
                "0 of {} changes are marked as an agent's, and the mark can be switched off",
                history.changes().len()
            );
            return history.unknown(why);
        }
        history.approved_by_another(&marked, "changes marked as an agent's")
    })
}
