//! The tests that were made of each control and their results, in the shape of section IV of a SOC 2 report.

use std::collections::BTreeMap;

use super::{
    TestRow,
    build::{Context, subjects},
    wording::{self, capitalised, sentence},
};
use crate::catalog::{Control, Relation};
use crate::model::{Basis, ControlResult, Finding, Status, Verdict};

impl Context<'_> {
    pub(super) fn tests(&self) -> Vec<TestRow> {
        self.assessment
            .all_controls()
            .filter_map(|result| Some(self.test(self.catalog.control(&result.id)?, result)))
            .collect()
    }

    fn test(&self, control: &Control, result: &ControlResult) -> TestRow {
        let mut by_basis: BTreeMap<Basis, Vec<String>> = BTreeMap::new();
        for card in control.checks.iter().filter_map(|check| self.catalog.card(check)) {
            let procedures = by_basis.entry(card.basis).or_default();
            if !procedures.contains(&card.procedure) {
                procedures.push(card.procedure.clone());
            }
        }
        let over_period = by_basis.contains_key(&Basis::Operated);
        let mut tests: Vec<(String, Vec<String>)> =
            by_basis.into_iter().map(|(basis, procedures)| (capitalised(basis.word()), procedures)).collect();
        if let Some(need) = &control.attestation {
            tests.push(("Statement of a named person".to_owned(), vec![need.statement.clone()]));
        }
        let operated = matches!(result.operated, Status::Pass | Status::Fail);
        TestRow {
            criterion: answered(control),
            control: control.id.to_string(),
            activity: control.statement.clone(),
            tests,
            as_of: if over_period && operated {
                format!("as of {}; over {}", self.as_of, self.period)
            } else {
                format!("as of {}; no evidence for the period", self.as_of)
            },
            population: subjects(result),
            result: self.outcome(control, result),
            status: result.result.word().to_owned(),
        }
    }

    /// The result in words, with its denominator and with what was not tested.
    fn outcome(&self, control: &Control, result: &ControlResult) -> String {
        let cited: Vec<&Finding> =
            result.findings.iter().filter_map(|print| self.by_fingerprint.get(print).copied()).collect();
        let count = |verdict| cited.iter().filter(|finding| finding.verdict == verdict).count();
        let (failed, passed, open) =
            (count(Verdict::Fail), count(Verdict::Pass), count(Verdict::Undetermined));
        let decided = failed + passed;
        let mut text = match result.result {
            Status::Fail if failed == 0 => format!("Exception noted: {}", sentence(&result.reason)),
            Status::Fail => {
                let plural = if failed == 1 { "Exception" } else { "Exceptions" };
                format!(
                    "{plural} noted: {failed} of {decided} tests with an answer failed. {}",
                    sentence(&result.reason)
                )
            }
            Status::Pass => {
                format!("{} {passed} of {decided} tests with an answer passed.", wording::NO_EXCEPTIONS)
            }
            Status::Undetermined => format!("Not tested: {}", sentence(&result.reason)),
            Status::NotApplicable => format!("Not applicable: {}", result.reason),
            Status::Attested => format!("Attested, not tested: {}", result.reason),
            Status::AwaitingAttestation => format!("Not tested, awaiting attestation: {}", result.reason),
            Status::Expired => format!("Not tested, attestation expired: {}", result.reason),
            Status::Conflict => format!("Conflict: {}", result.reason),
        };
        if open > 0 {
            text.push_str(&format!(" Undetermined: {open} of {} tests.", cited.len()));
        }
        if matches!(result.result, Status::Pass | Status::Fail) {
            let missing: Vec<&str> = [
                (Basis::Declared, result.declared),
                (Basis::Enforced, result.enforced),
                (Basis::Operated, result.operated),
            ]
            .into_iter()
            .filter(|(basis, status)| *status == Status::Undetermined || control.untested.contains_key(basis))
            .map(|(basis, _)| basis.word())
            .collect();
            if !missing.is_empty() {
                text.push_str(&format!(" Not tested: {}.", missing.join(", ")));
            }
        }
        text
    }
}

/// The published ids that a control answers fully or in part, in the catalogue's order.
fn answered(control: &Control) -> String {
    let ids: Vec<&str> = control
        .requirements
        .iter()
        .filter(|edge| edge.relation != Relation::Related)
        .map(|edge| edge.id.as_str())
        .collect();
    if ids.is_empty() { wording::NO_CRITERION.to_owned() } else { ids.join(", ") }
}
