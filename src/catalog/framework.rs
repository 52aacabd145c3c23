//! A framework: a published set of requirements, paraphrased, one data file each.

use serde::Deserialize;

use crate::model::{FrameworkId, RequirementId};

/// One file of `controls/frameworks/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    pub id: FrameworkId,
    pub title: String,
    /// Edition or publication that the ids are of.
    pub version: String,
    /// Printed wherever the framework is: copyright, what is paraphrased, what is not decided here.
    pub notice: String,
    pub requirements: Vec<Requirement>,
}

/// One published requirement, in our own words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    pub id: RequirementId,
    /// Other spellings that resolve to this requirement.
    #[serde(default)]
    pub aliases: Vec<RequirementId>,
    pub title: String,
    /// A paraphrase.
    pub text: String,
    #[serde(default)]
    pub designation: Option<Designation>,
    /// What stays with people or comes from outside the host.
    pub people: String,
    /// What a reader who comes from another spelling or an older label must know.
    #[serde(default)]
    pub note: Option<String>,
    #[serde(default)]
    pub crosswalk: Vec<Crosswalk>,
}

/// Whether an implementation specification may be met by a documented alternative (45 CFR 164.306(d)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Designation {
    Required,
    Addressable,
}

/// Ids of another framework that touch the same subject. Always `related`, never equivalent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crosswalk {
    /// Such as `ISO/IEC 27001:2022`.
    pub target: String,
    pub ids: Vec<String>,
    pub basis: CrosswalkBasis,
}

/// Who says that the ids are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrosswalkBasis {
    /// NIST SP 800-66r2.
    Published,
    /// This project's judgement.
    Judgement,
    /// Judgement, and the id itself was not checked against the source.
    Unverified,
}
