//! Each change of the period names the request that authorised it.

use crate::{
    facts::{Facts, short_commit},
    model::{Judgement, change::Change},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let bound: Vec<&Change> =
            history.changes().iter().filter(|change| change.ticket_format_ok.is_some()).collect();
        let left_out = history.changes().len() - bound.len();
        let misses: Vec<&Change> =
            bound.iter().copied().filter(|change| change.ticket_format_ok == Some(false)).collect();
        let beside = format!("; {left_out} merges, reverts and changes by bots are outside the rule");
        if let Some(first) = misses.first() {
            let message = format!(
                "{} of {} changes name no ticket in the required form, {} the latest{beside}",
                misses.len(),
                bound.len(),
                short_commit(first)
            );
            return history.fails(&misses, message);
        }
        if bound.is_empty() {
            return history.unknown(format!("no change of the period is bound by the rule{beside}"));
        }
        history.passes(format!("{0} of {0} changes name a ticket in the required form{beside}", bound.len()))
    })
}
