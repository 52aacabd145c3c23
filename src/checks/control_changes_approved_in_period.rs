//! Each change of the period that touches a control was approved by someone who had no part in it.

use crate::{
    facts::Facts,
    model::{Conclusion, Judgement, change::Change},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let touching: Vec<&Change> =
            history.changes().iter().filter(|change| !change.touches_controls.is_empty()).collect();
        if !touching.is_empty() {
            return history.approved_by_another(&touching, "changes to controls");
        }
        let unread = history.set.population.gaps.len();
        if unread > 0 {
            return history.unknown(format!("the files of {unread} changes could not be read"));
        }
        let against = history.set.against_completeness();
        if !against.is_empty() {
            return history.unknown(format!("the list of changes is incomplete: {}", against.join("; ")));
        }
        let message = format!("0 of {} changes touch a control", history.landed());
        Conclusion::not_applicable(&history.subject, message)
    })
}
