//! Retention periods are written down.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::one(
        facts.declared(
            &["dataRetention", "cleanupPeriodDays", "zeroDataRetention"],
            "names a retention period",
        ),
    )
}
