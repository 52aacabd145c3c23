//! The records stand in the order of their times, and none is later than the test.

use crate::{
    facts::{Facts, Records},
    model::{Conclusion, Findings, Judgement},
};

/// Hooks that run side by side write a little out of order; a longer step back is a clock set back or a line put in.
const STEP_SECONDS: u64 = 300;

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let conclusions: Vec<Conclusion> =
        facts.logs().iter().flat_map(|records| of_place(facts, records)).collect();
    if conclusions.is_empty() {
        return Err(facts.no_records("no record with a time was read"));
    }
    Findings::of(conclusions, "no record was read")
}

fn of_place(facts: &Facts<'_>, records: &Records<'_>) -> Vec<Conclusion> {
    let timed = records.seen.summary.sources.iter().filter(|source| source.first.is_some());
    timed
        .map(|source| {
            let (order, read) = (&source.order, source.records.read);
            let mut faults = Vec::new();
            if order.largest_backward_seconds > STEP_SECONDS {
                faults.push(format!(
                    "{} of {read} records are older than the one before, by up to {} seconds",
                    order.backward, order.largest_backward_seconds
                ));
            }
            if order.in_future > 0 {
                faults.push(format!(
                    "{} of {read} records are later than {}",
                    order.in_future,
                    facts.as_of()
                ));
            }
            if faults.is_empty() {
                let steps = match order.backward {
                    0 => "all in the order of their times".to_owned(),
                    more => format!(
                        "in order but for {more} steps back of at most {} s",
                        order.largest_backward_seconds
                    ),
                };
                let message = format!("{read} records, {steps}; none is later than the test");
                return Conclusion::pass(&*source.path, records.evidence.clone(), message);
            }
            let place = order.first_backward.first().map(|place| records.at(&source.path, place.line));
            let evidence = place.unwrap_or_else(|| records.evidence.clone());
            Conclusion::fail(&*source.path, vec![evidence], faults.join("; "))
        })
        .collect()
}
