//! Tracking of usage and cost is written down.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::one(facts.declared(
        &["env.CLAUDE_CODE_ENABLE_TELEMETRY", "env.OTEL_METRICS_EXPORTER"],
        "tracks usage and cost",
    ))
}
