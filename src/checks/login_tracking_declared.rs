//! Tracking of logins is written down.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::one(facts.declared(&["forceLoginMethod", "env.OTEL_LOGS_EXPORTER"], "tracks logins"))
}
