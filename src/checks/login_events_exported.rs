//! Managed settings export login events.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions = facts.each_user(|session| {
        session.exports("OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_LOGS", "login events")
    });
    Findings::of(conclusions, "no user was found to test")
}
