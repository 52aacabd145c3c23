//! Everything about logs that a reader is shown and that needs the policy to be said.

use super::{Facts, day_of};
use crate::model::{LogEvidence, RetentionRow};
use crate::policy::{DataClass, EphiScope};

impl Facts<'_> {
    /// The rows of the reports' log section.
    pub fn log_evidence(&self) -> LogEvidence {
        let retention = self.retention_rows();
        LogEvidence {
            retention_words: self.retention_words(&retention),
            retention,
            conflicts: self.conflicts(),
            comparisons: self.comparisons(),
            reconciliation: self.reconciliation().map(|compared| compared.seen.clone()),
            continuity: self.continuity().map(|(seen, _)| seen.clone()),
            losses: self.losses(),
            hosts_missing: self.hosts_missing().unwrap_or_default(),
        }
    }

    /// What meeting ninety days does not mean (`audit-domain` 1.5).
    fn retention_words(&self, rows: &[RetentionRow]) -> Vec<String> {
        let wanted = self.policy().parameters.retention_days;
        let logs: Vec<&RetentionRow> =
            rows.iter().filter(|row| row.class == DataClass::SecurityEvents.word()).collect();
        let least = logs.iter().map(|row| row.configured_least).min().flatten();
        let configured = match least {
            Some(days) if days >= wanted => format!("{days} days or more (checklist item 8: met)"),
            Some(days) => format!("{days} days (checklist item 8 asks for {wanted}: not met)"),
            None => "a number of days that is not certain (checklist item 8: not met)".to_owned(),
        };
        let period = self.period();
        let days = (day_of(period.end) - day_of(period.start)).get_days();
        let observed = self.logs().iter().filter_map(|records| records.activity().first_record).min();
        let available = observed.map_or_else(
            || "no record is available".to_owned(),
            |first| {
                let end = day_of(self.horizon());
                let have = (end - day_of(first.max(period.start))).get_days().max(0);
                format!("records reach back over {have} of them")
            },
        );
        let mut words = vec![format!(
            "Audit log retention is configured at {configured}. This does not by itself cover the observation period \
             {} to {} ({days} days; {available}), nor records that a policy designates as documentation of an action, \
             activity or assessment ({}).",
            day_of(period.start),
            day_of(period.end),
            match self.policy().parameters.hipaa {
                EphiScope::OutOfScope => "ruled out by the policy",
                EphiScope::EphiPossible | EphiScope::InScope => "six years",
            }
        )];
        let ceiling =
            self.policy().retention.get(&DataClass::SecurityEvents).and_then(|row| row.ceiling_days);
        words.push(format!(
            "Personal data in these logs must not be kept longer than the period in the record of processing ({}). \
             Longer retention requires a documented decision.",
            ceiling.map_or_else(|| "not provided".to_owned(), |days| format!("{days} days"))
        ));
        if self.policy().scope.hosts.is_none() {
            words.push(
                "No list of hosts was provided: whether other hosts hold records of the same people is not known."
                    .to_owned(),
            );
        }
        words
    }
}
