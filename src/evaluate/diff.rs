//! What changed between two assessments, in both directions: better, worse, and otherwise.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Assessment, CheckId, ControlId, Severity, Status, Verdict};

/// Everything that changed from one assessment to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Run ids.
    pub from: String,
    pub to: String,
    /// Which inputs differ: `snapshot`, `catalog`, `policy`, `program`. None of them means that nothing else can.
    pub inputs: Vec<&'static str>,
    /// In the order of the reports, those that are gone last.
    pub controls: Vec<ControlChange>,
    /// By check and subject.
    pub findings: Vec<FindingChange>,
}

/// Which way a thing went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// It fails and did not, or passes no longer.
    Worse,
    /// It passes and did not, or fails no longer.
    Better,
    Appeared,
    Disappeared,
    /// From one of the states between to another.
    Other,
}

/// A value before and after; nothing stands for a thing that was not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    pub before: Option<T>,
    pub after: Option<T>,
}

impl<T: PartialEq> Change<T> {
    fn of(before: Option<T>, after: Option<T>) -> Option<Self> {
        (before != after).then_some(Self { before, after })
    }
}

/// One control whose result, or whose answer on a basis, changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControlChange {
    pub id: ControlId,
    pub text: String,
    pub direction: Move,
    pub result: Option<Change<Status>>,
    pub declared: Option<Change<Status>>,
    pub enforced: Option<Change<Status>>,
    pub operated: Option<Change<Status>>,
    /// Subjects tested.
    pub tested: Option<Change<u64>>,
    /// What decided the later result; the earlier one where the control is gone.
    pub reason: String,
}

/// One finding whose verdict or message changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingChange {
    pub check: CheckId,
    pub subject: String,
    pub severity: Severity,
    pub direction: Move,
    pub verdict: Option<Change<Verdict>>,
    /// The later message; the earlier one where the finding is gone.
    pub message: String,
}

impl Diff {
    /// Whether results are the same. Inputs may still differ.
    pub fn is_empty(&self) -> bool {
        self.controls.is_empty() && self.findings.is_empty()
    }
}

/// Compares two assessments.
pub fn diff(from: &Assessment, to: &Assessment) -> Diff {
    let inputs = [
        ("snapshot", from.inputs.snapshot != to.inputs.snapshot),
        ("catalog", from.inputs.catalog != to.inputs.catalog),
        ("policy", from.inputs.policy != to.inputs.policy),
        ("program", from.tool != to.tool || from.client_contract != to.client_contract),
    ];
    Diff {
        from: from.run.id.clone(),
        to: to.run.id.clone(),
        inputs: inputs.into_iter().filter(|(_, differ)| *differ).map(|(name, _)| name).collect(),
        controls: controls(from, to),
        findings: findings(from, to),
    }
}

fn controls(from: &Assessment, to: &Assessment) -> Vec<ControlChange> {
    let old: BTreeMap<_, _> = from.all_controls().map(|control| (&control.id, control)).collect();
    let new: BTreeMap<_, _> = to.all_controls().map(|control| (&control.id, control)).collect();
    let gone = from.all_controls().filter(|control| !new.contains_key(&control.id));
    let mut changes = Vec::new();
    for shown in to.all_controls().chain(gone) {
        let (before, after) = (old.get(&shown.id), new.get(&shown.id));
        let status = |field: fn(&crate::model::ControlResult) -> Status| {
            Change::of(before.map(|control| field(control)), after.map(|control| field(control)))
        };
        let change = ControlChange {
            id: shown.id.clone(),
            text: shown.text.clone(),
            direction: direction(before.map(|c| standing(c.result)), after.map(|c| standing(c.result))),
            result: status(|control| control.result),
            declared: status(|control| control.declared),
            enforced: status(|control| control.enforced),
            operated: status(|control| control.operated),
            tested: Change::of(before.map(|c| c.subjects.tested), after.map(|c| c.subjects.tested)),
            reason: shown.reason.clone(),
        };
        let same = change.result.is_none()
            && change.declared.is_none()
            && change.enforced.is_none()
            && change.operated.is_none()
            && change.tested.is_none();
        if !same {
            changes.push(change);
        }
    }
    changes
}

fn findings(from: &Assessment, to: &Assessment) -> Vec<FindingChange> {
    let old: BTreeMap<_, _> = from.findings.iter().map(|finding| (&finding.fingerprint, finding)).collect();
    let new: BTreeMap<_, _> = to.findings.iter().map(|finding| (&finding.fingerprint, finding)).collect();
    let gone = from.findings.iter().filter(|finding| !new.contains_key(&finding.fingerprint));
    let mut changes: Vec<FindingChange> = to
        .findings
        .iter()
        .chain(gone)
        .filter_map(|shown| {
            let (before, after) = (old.get(&shown.fingerprint), new.get(&shown.fingerprint));
            let verdict = Change::of(before.map(|f| f.verdict), after.map(|f| f.verdict));
            let reworded = before.zip(after).is_some_and(|(before, after)| before.message != after.message);
            let rank = |verdict: Verdict| standing(verdict.into());
            (verdict.is_some() || reworded).then(|| FindingChange {
                check: shown.check.clone(),
                subject: shown.subject.clone(),
                severity: shown.severity,
                direction: direction(before.map(|f| rank(f.verdict)), after.map(|f| rank(f.verdict))),
                verdict,
                message: shown.message.clone(),
            })
        })
        .collect();
    changes.sort_by(|a, b| (&a.check, &a.subject).cmp(&(&b.check, &b.subject)));
    changes
}

/// How good a status is: failing, between, passing.
const fn standing(status: Status) -> u8 {
    match status {
        Status::Fail | Status::Conflict | Status::Expired => 0,
        Status::Undetermined | Status::AwaitingAttestation | Status::NotApplicable => 1,
        Status::Pass | Status::Attested => 2,
    }
}

fn direction(before: Option<u8>, after: Option<u8>) -> Move {
    match (before, after) {
        (None, _) => Move::Appeared,
        (_, None) => Move::Disappeared,
        (Some(before), Some(after)) if after < before => Move::Worse,
        (Some(before), Some(after)) if after > before => Move::Better,
        _ => Move::Other,
    }
}

#[cfg(test)]
mod tests;
