//! An assessment: all findings and statuses of one evaluation, in the published form
//! `workpaper/assessment/v1`. Additions only within a version.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ControlId, Digest, Finding, Fingerprint, FrameworkId, Gap, Period, RequirementId, Status, Verdict,
};

/// The wire name of the format.
pub const SCHEMA: &str = "workpaper/assessment/v1";

/// All findings and statuses of one evaluation, with its identity, inputs and scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    pub schema: String,
    pub tool: Tool,
    /// The version of the client that the model of it was written for.
    pub client_contract: String,
    pub run: Run,
    pub inputs: Inputs,
    /// The fifteen items, in the guide's order.
    pub checklist: Vec<ControlResult>,
    /// The other controls, by id.
    pub controls: Vec<ControlResult>,
    pub requirements: Vec<RequirementResult>,
    /// Sorted by check, then subject.
    pub findings: Vec<Finding>,
    pub gaps: Vec<Gap>,
    /// Of findings.
    pub counts: Counts,
    /// Why a gate that was asked is open or closed; never part of an evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<serde_json::Value>,
}

impl Assessment {
    /// Checklist and other controls, in that order.
    pub fn all_controls(&self) -> impl Iterator<Item = &ControlResult> {
        self.checklist.iter().chain(&self.controls)
    }

    /// Reads an assessment of this version of the format.
    pub fn parse(text: &str) -> Result<Self, String> {
        let assessment: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if assessment.schema == SCHEMA {
            Ok(assessment)
        } else {
            Err(format!("the schema is `{}`, not `{SCHEMA}`", assessment.schema.escape_debug()))
        }
    }
}

/// The program that evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// Which run this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Named by its inputs: the same inputs are the same run.
    pub id: String,
    pub as_of: Timestamp,
    pub period: Period,
    pub scope: RunScope,
}

/// What was looked at.
#[derive(Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunScope {
    pub root: String,
    pub repositories: Vec<String>,
    /// What the policy leaves out, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// Something that the organisation put out of scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// `user ann`.
    pub subject: String,
    pub reason: String,
}

/// What the verdicts are a function of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    pub snapshot: Digest,
    pub catalog: Digest,
    pub policy: Digest,
}

/// The three answers of one control, and the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlResult {
    pub id: ControlId,
    /// The place on the checklist, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u8>,
    pub text: String,
    pub result: Status,
    pub declared: Status,
    pub enforced: Status,
    pub operated: Status,
    /// In one or two sentences: what decided the result.
    pub reason: String,
    pub subjects: Subjects,
    pub findings: Vec<Fingerprint>,
    pub attestation: Option<serde_json::Value>,
    pub waiver: Option<serde_json::Value>,
}

/// One status a basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasisResults {
    pub declared: Status,
    pub enforced: Status,
    pub operated: Status,
}

/// How many subjects got an answer, of how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subjects {
    pub tested: u64,
    pub in_scope: u64,
}

/// Whether the mapped controls answer the whole requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    Full,
    Partial,
    Related,
    None,
}

impl Coverage {
    /// The word used in every format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::Related => "related",
            Self::None => "none",
        }
    }
}

/// What the controls say of one published requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequirementResult {
    pub framework: FrameworkId,
    pub id: RequirementId,
    pub status: Status,
    pub controls: Vec<ControlId>,
    pub coverage: Coverage,
}

/// How many findings ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub pass: u64,
    pub fail: u64,
    pub undetermined: u64,
    pub not_applicable: u64,
}

impl Counts {
    /// Counts the findings.
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            match finding.verdict {
                Verdict::Pass => counts.pass += 1,
                Verdict::Fail => counts.fail += 1,
                Verdict::Undetermined => counts.undetermined += 1,
                Verdict::NotApplicable => counts.not_applicable += 1,
            }
        }
        counts
    }
}
