//! A sample drawn from a change population, and what it can say of the whole.

use serde::{Deserialize, Serialize};

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
}

/// The most that the population may deviate, at the sample's confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpperLimits {
    /// As a share, from the binomial distribution.
    pub rate: f64,
    /// As a number of changes, from the hypergeometric distribution.
    pub count: u64,
}
