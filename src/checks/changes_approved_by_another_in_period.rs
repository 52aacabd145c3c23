//! Each change of the period was approved by someone who had no part in it, after the last push.

use crate::{
    facts::Facts,
    model::{Judgement, change::Change},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let changes: Vec<&Change> = history.changes().iter().collect();
        if changes.is_empty() {
            return history.unknown("no change landed in the period");
        }
        history.approved_by_another(&changes, "changes")
    })
}
