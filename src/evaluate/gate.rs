//! The gate: whether a run may go on, and every reason why not. Pure; it can only close, and it chooses no baseline.
//! A waiver or an attestation does not open it here: a person never overrules a machine's failure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::baseline;
use crate::{
    model::{Assessment, CheckId, ControlId, ControlResult, Finding, Status, Verdict},
    policy::{Condition, FailOn},
};

/// Why the gate is closed, in kinds that a program can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonClass {
    /// No finding passed or failed: nothing was evaluated.
    NothingEvaluated,
    /// A repository, the period or a framework of the baseline is not in scope any longer.
    ScopeNarrowed,
    /// A control of the baseline is gone.
    ControlDisappeared,
    /// A control has no test on a basis that had one.
    BasisDisappeared,
    /// A check of the baseline is gone, from everywhere or from one control.
    CheckDisappeared,
    /// A requirement is answered by fewer controls, or covered less.
    MappingWeakened,
    /// A check matters less than it did.
    SeverityLowered,
    /// A control was tested on fewer subjects.
    FewerSubjects,
    /// A check that gave an answer on a subject gives none any longer.
    SubjectNotTested,
    /// The program, or the client version that it knows, is older than the baseline's.
    OlderProgram,
    /// A control that passed no longer does.
    NoLongerPasses,
    /// A basis that passed no longer does.
    BasisNoLongerPasses,
    /// A check fails on a subject that it did not fail on.
    NewFailure,
    /// A check that failed on a subject before fails for something else now, or for more.
    OtherFailure,
    /// An item fails.
    Fails,
    /// An item, or a control that was asked for, is not decided.
    Undecided,
    /// A finding fails that is as severe as asked for.
    SevereFailure,
    /// A statement of a person has lapsed.
    Expired,
}

impl ReasonClass {
    /// The exit code that a reason of this kind asks for.
    pub const fn exit(self) -> u8 {
        match self {
            Self::NothingEvaluated
            | Self::ScopeNarrowed
            | Self::ControlDisappeared
            | Self::BasisDisappeared
            | Self::CheckDisappeared
            | Self::MappingWeakened
            | Self::SeverityLowered
            | Self::FewerSubjects
            | Self::SubjectNotTested
            | Self::OlderProgram => 5,
            Self::NoLongerPasses
            | Self::BasisNoLongerPasses
            | Self::NewFailure
            | Self::OtherFailure
            | Self::Fails
            | Self::Undecided
            | Self::SevereFailure => 1,
            Self::Expired => 6,
        }
    }
}

/// One reason why the gate is closed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reason {
    pub class: ReasonClass,
    pub control: Option<ControlId>,
    pub check: Option<CheckId>,
    /// One sentence.
    pub text: String,
}

impl Reason {
    /// About the assessment as a whole.
    pub(super) fn whole(class: ReasonClass, text: impl Into<String>) -> Self {
        Self { class, control: None, check: None, text: text.into() }
    }

    /// About a control.
    pub(super) fn control(class: ReasonClass, control: &ControlId, text: impl Into<String>) -> Self {
        Self { class, control: Some(control.clone()), check: None, text: text.into() }
    }

    /// About a check.
    pub(super) fn check(class: ReasonClass, check: &CheckId, text: impl Into<String>) -> Self {
        Self { class, control: None, check: Some(check.clone()), text: text.into() }
    }
}

/// The answer of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    pub open: bool,
    /// Sorted by class, then control and check; empty where the gate is open.
    pub reasons: Vec<Reason>,
    /// 0 where it is open, else the first of 5, 1, 6 that a reason asks for.
    pub exit: u8,
}

/// Why a gate cannot be asked. The command ends with code 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    #[error("the baseline is no assessment that can be compared: {0}")]
    Baseline(String),
    #[error("without a baseline nothing could close this gate; name what closes it, or give a baseline")]
    AlwaysOpen,
}

impl Gate {
    /// One sentence a reason. They may hold text of the examined files.
    pub fn lines(&self) -> Vec<String> {
        self.reasons.iter().map(|reason| reason.text.clone()).collect()
    }
}

/// Reads a baseline: an `assessment.json` of this version of the format, or the same with the `gate` that
/// `check --format json` adds; whole and free of contradictions.
pub fn read_baseline(text: &str) -> Result<Assessment, GateError> {
    let mut assessment = Assessment::parse(text).map_err(GateError::Baseline)?;
    // What an earlier gate said is not compared.
    assessment.gate = None;
    sound(&assessment).map_err(GateError::Baseline)?;
    Ok(assessment)
}

/// Asks the gate: first what `fail_on` names, then every loss against the baseline.
pub fn gate(
    assessment: &Assessment,
    baseline: Option<&Assessment>,
    fail_on: &FailOn,
) -> Result<Gate, GateError> {
    if let Some(baseline) = baseline {
        sound(baseline).map_err(GateError::Baseline)?;
    } else if fail_on.is_empty() {
        return Err(GateError::AlwaysOpen);
    }
    let mut reasons = absolute(assessment, fail_on);
    if let Some(baseline) = baseline {
        reasons.extend(baseline::losses(baseline, assessment, fail_on.least_severity()));
    }
    reasons.sort();
    reasons.dedup();
    let exit = [5, 1, 6].into_iter().find(|code| reasons.iter().any(|reason| reason.class.exit() == *code));
    Ok(Gate { open: reasons.is_empty(), exit: exit.unwrap_or(0), reasons })
}

/// Each control once, each finding once, and no control that cites a finding which is not there: otherwise a key would
/// stand for two things, and one could hide behind the other.
fn sound(assessment: &Assessment) -> Result<(), String> {
    let mut controls = BTreeSet::new();
    for control in assessment.all_controls() {
        if !controls.insert(&control.id) {
            return Err(format!("it has {} twice", control.id));
        }
    }
    let mut fingerprints = BTreeMap::new();
    for finding in &assessment.findings {
        if fingerprints.insert(&finding.fingerprint, finding).is_some() {
            return Err(format!("it has the finding {} twice", finding.fingerprint));
        }
    }
    for control in assessment.all_controls() {
        if let Some(missing) = control.findings.iter().find(|cited| !fingerprints.contains_key(cited)) {
            return Err(format!("{} cites the finding {missing}, which it does not have", control.id));
        }
    }
    if fingerprints.is_empty() || controls.is_empty() {
        return Err("nothing was evaluated in it, so nothing could be lost against it".to_owned());
    }
    Ok(())
}

/// What closes the gate whatever was before.
fn absolute(assessment: &Assessment, fail_on: &FailOn) -> Vec<Reason> {
    let decided = |finding: &Finding| matches!(finding.verdict, Verdict::Pass | Verdict::Fail);
    let mut reasons = Vec::new();
    if assessment.checklist.is_empty() || !assessment.findings.iter().any(decided) {
        let text = "no check reached a verdict, so there is nothing that could have passed";
        reasons.push(Reason::whole(ReasonClass::NothingEvaluated, text));
    }
    for control in assessment.all_controls() {
        if control.result == Status::Expired {
            let text = format!("{}: the statement for it has expired", control.id);
            reasons.push(Reason::control(ReasonClass::Expired, &control.id, text));
        }
    }
    for condition in fail_on.conditions() {
        match condition {
            Condition::Fail => reasons.extend(assessment.checklist.iter().filter_map(fails)),
            Condition::Undetermined => reasons.extend(assessment.checklist.iter().filter_map(undecided)),
            Condition::Severity(least) => {
                let severe =
                    |finding: &&Finding| finding.verdict == Verdict::Fail && finding.severity <= *least;
                reasons.extend(assessment.findings.iter().filter(severe).map(|finding| {
                    let text = format!("{} ({}): {}", finding.subject, finding.severity, finding.message);
                    Reason::check(ReasonClass::SevereFailure, &finding.check, text)
                }));
            }
            Condition::Control(id) => match assessment.all_controls().find(|control| control.id == *id) {
                Some(control) => reasons.extend(fails(control).or_else(|| undecided(control))),
                None => {
                    let text = format!("{id} was asked for and was not evaluated");
                    reasons.push(Reason::control(ReasonClass::Undecided, id, text));
                }
            },
        }
    }
    reasons
}

fn fails(control: &ControlResult) -> Option<Reason> {
    (control.result == Status::Fail).then(|| {
        let text = format!("{} fails: {}", control.id, control.reason);
        Reason::control(ReasonClass::Fails, &control.id, text)
    })
}

/// Neither passed, nor vouched for, nor out of scope, nor failed or expired: those have reasons of their own.
fn undecided(control: &ControlResult) -> Option<Reason> {
    match control.result {
        Status::Undetermined | Status::AwaitingAttestation | Status::Conflict => {
            let text = format!("{} is {}: {}", control.id, control.result, control.reason);
            Some(Reason::control(ReasonClass::Undecided, &control.id, text))
        }
        Status::Pass | Status::Fail | Status::NotApplicable | Status::Attested | Status::Expired => None,
    }
}

#[cfg(test)]
pub(in crate::evaluate) mod tests;
