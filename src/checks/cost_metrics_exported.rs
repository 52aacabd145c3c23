//! Managed settings export cost and token metrics.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions = facts.each_user(|session| {
        session.exports("OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS", "cost and token metrics")
    });
    Findings::of(conclusions, "no user was found to test")
}
