//! The list of the period's changes is complete: whole history, two counts that agree, no rewritten branch.

use crate::{
    facts::Facts,
    model::{Conclusion, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let set = &history.set;
        let of = &set.population;
        if set.earlier_tip_kept == Some(false) {
            let earlier = history.seen.earlier.as_ref();
            let message = format!(
                "the tip {} of {} that the run of {} saw is no longer part of the branch: history was rewritten",
                earlier.map_or("", |earlier| &earlier.tip.as_str()[..12]),
                of.branch,
                earlier.map_or_else(String::new, |earlier| earlier.as_of.to_string()),
            );
            return Conclusion::fail(&history.subject, vec![history.evidence.clone()], message);
        }
        let hidden = of.anomalies.iter().filter(|odd| odd.between_period_landings).count();
        if hidden > 0 {
            return history.unknown(format!(
                "{hidden} changes landed between changes of the period and claim a time outside it"
            ));
        }
        if history.landed() == 0 {
            return history.unknown(format!("no change landed on {} in the period", of.branch));
        }
        history.passes(format!(
            "{} changes landed on {}, of {} in all; {} counted the same",
            of.rows_after_filters, of.branch, of.rows_raw, of.tie_out.source
        ))
    })
}
