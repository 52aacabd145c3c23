//! No person's day stands out in cost or tokens without a place where it would raise an alert.

use crate::{
    facts::{Facts, Outlier},
    model::{Conclusion, Findings, Judgement, Verdict},
};

/// Days that are named.
const SHOWN: usize = 4;

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let usage = facts.usage();
    if usage.rows.is_empty() {
        return Err(facts.no_records("no record of the period carries cost or tokens"));
    }
    let (people, few) = usage.people();
    if people == 0 {
        let message = format!("none of {few} people has ten days with usage: what is usual cannot be told");
        return Findings::one(Conclusion::undetermined("usage of the period", message));
    }
    let outliers = usage.outliers();
    let subject = "usage of the period";
    let compared =
        format!("{people} people with ten days or more were compared with their own days; {few} have fewer");
    if outliers.is_empty() {
        let mut evidence = usage.evidence.into_iter();
        return Findings::one(match evidence.next() {
            Some(first) => Conclusion::pass(
                subject,
                first,
                format!("no day of {} stands out in cost or tokens; {compared}", usage.rows.len()),
            )
            .citing(evidence),
            None => Conclusion::undetermined(subject, compared),
        });
    }
    let named: Vec<String> = outliers.iter().take(SHOWN).map(words).collect();
    let found = format!("{} days stand out: {}; {compared}", outliers.len(), named.join("; "));
    let exported = facts.each_user(|session| {
        session.exports("OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS", "metrics")
    });
    let nowhere = exported.iter().any(|one| one.verdict == Verdict::Fail);
    Findings::one(if nowhere {
        let message = format!("{found}; usage is not exported, so nothing could raise an alert");
        Conclusion::fail(subject, usage.evidence, message)
    } else {
        let message =
            format!("{found}; whether an alert was raised is in the monitoring system, outside the host");
        Conclusion::undetermined(subject, message).citing(usage.evidence)
    })
}

fn words(outlier: &Outlier) -> String {
    format!(
        "{} on {}: {} {}, usually {}",
        outlier.user, outlier.day, outlier.value, outlier.what, outlier.usual
    )
}
