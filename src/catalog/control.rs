//! A control: what the organisation does, which checks test it, and which requirements it serves.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{Basis, CheckId, ControlId, FrameworkId, RequirementId};

/// One file of `controls/controls/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub id: ControlId,
    /// The place on the checklist, from 1 to 15; nothing for the other controls.
    #[serde(default)]
    pub item: Option<u8>,
    /// The checklist's own words, or the title of another control.
    pub text: String,
    /// The control activity as management would describe it.
    pub statement: String,
    pub owner: String,
    pub frequency: Frequency,
    pub purpose: Purpose,
    pub nature: Nature,
    /// The checks that test it; each card says on which basis.
    #[serde(default)]
    pub checks: Vec<CheckId>,
    /// Why a basis has no check. Every basis has a check or a reason.
    #[serde(default)]
    pub untested: BTreeMap<Basis, String>,
    /// The bases that must pass for the control to pass. A failure on any other basis still fails it.
    #[serde(default)]
    pub requires: Vec<Basis>,
    /// What a person must state, where a machine cannot decide.
    #[serde(default)]
    pub attestation: Option<AttestationNeed>,
    pub requirements: Vec<Mapping>,
}

/// How often the control acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    PerEvent,
    Continuous,
    Daily,
    Quarterly,
    Annual,
}

/// What the control is there to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Preventive,
    Detective,
    Corrective,
}

/// Who performs the control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    Automated,
    Hybrid,
    Manual,
}

/// A statement that only a named person can make.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestationNeed {
    pub statement: String,
    pub valid_days: u32,
    /// What must lie beside the statement.
    pub supporting: String,
}

/// One edge between a control and a requirement.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    pub framework: FrameworkId,
    pub id: RequirementId,
    pub relation: Relation,
    /// One sentence: why.
    pub why: String,
}

/// How much of the requirement the control answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Full,
    Partial,
    Related,
}
