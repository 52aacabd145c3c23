//! A sample drawn from a change population, and what it can say of the whole.

use serde::{Deserialize, Serialize};

use super::{
    Verdict,
    change::{AiEvidence, Change},
};

/// How a sample is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    pub size: usize,
    pub seed: String,
    /// Who chose the seed: `auditor`, `operator` or `tool`.
    pub seed_supplied_by: String,
    pub confidence: f64,
}

/// Why an item was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// By lot: these alone say something of the rest.
    Random,
    /// Its stratum is tested in full: it touches controls, or is an emergency.
    WholeStratum,
}

/// The items drawn from one population and what the random ones show about approval.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub sampling: Sampling,
    /// Places in the population, in the order of drawing: the random ones, then the whole strata.
    pub drawn: Vec<(Selection, usize)>,
    /// Of the random items: how many, how many failed, and how many could not be decided.
    pub size: u64,
    pub deviations: u64,
    pub undetermined: u64,
    pub population: u64,
    /// Nothing where an item is undecided: then there is no rate to state.
    pub limits: Option<UpperLimits>,
    /// The random items by attribute, A to H ([`Attribute::ALL`]).
    pub attributes: [AttributeRate; 8],
}

/// What is asked of each sampled change (audit-domain 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    Ticket,
    Description,
    Reviewed,
    Tested,
    ApprovedBeforeDeployment,
    DeployerIndependent,
    EmergencyDocumented,
    AgentReviewed,
}

impl Attribute {
    pub const ALL: [Self; 8] = [
        Self::Ticket,
        Self::Description,
        Self::Reviewed,
        Self::Tested,
        Self::ApprovedBeforeDeployment,
        Self::DeployerIndependent,
        Self::EmergencyDocumented,
        Self::AgentReviewed,
    ];

    /// What git and the forge's pull requests show of it; what they cannot show is undetermined.
    pub fn of(self, change: &Change) -> Verdict {
        let forge = change.forge.as_ref();
        match self {
            // A reference is text; whether the ticket exists and came first, only the tracker knows.
            Self::Ticket if change.ticket_ids.is_empty() && change.ticket_format_ok == Some(false) => {
                Verdict::Fail
            }
            Self::Description if change.subject.trim().is_empty() => Verdict::Fail,
            Self::Description => Verdict::Pass,
            Self::Reviewed => change.approval(),
            Self::Tested => match forge.and_then(|facts| facts.ci_status.as_deref()) {
                Some("success") => Verdict::Pass,
                Some("failure") => Verdict::Fail,
                _ => Verdict::Undetermined,
            },
            Self::EmergencyDocumented if !change.is_emergency => Verdict::NotApplicable,
            Self::EmergencyDocumented if forge.is_some_and(|facts| facts.post_review_at.is_some()) => {
                Verdict::Pass
            }
            Self::AgentReviewed if change.ai_evidence == AiEvidence::None => Verdict::NotApplicable,
            Self::AgentReviewed => change.approval(),
            Self::Ticket
            | Self::ApprovedBeforeDeployment
            | Self::DeployerIndependent
            | Self::EmergencyDocumented => Verdict::Undetermined,
        }
    }
}

/// How the random items ended in one attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttributeRate {
    /// Items that the attribute applies to.
    pub items: u64,
    pub deviations: u64,
    pub undetermined: u64,
    /// Nothing where an item is undecided, or where the attribute does not apply to every item: then the population
    /// that a rate would speak of was not drawn from.
    pub limits: Option<UpperLimits>,
}

/// The most that the population may deviate, at the sample's confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpperLimits {
    /// As a share, from the binomial distribution.
    pub rate: f64,
    /// As a number of changes, from the hypergeometric distribution.
    pub count: u64,
}
