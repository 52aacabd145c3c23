//! Cost and tokens, as records carry them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What was used. Metrics know no requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    pub requests: u64,
    /// Millionths of a dollar.
    pub cost_micros: u64,
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_creation: u64,
}

impl Tokens {
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.cost_micros = self.cost_micros.saturating_add(other.cost_micros);
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_creation = self.cache_creation.saturating_add(other.cache_creation);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    pub day: Option<Date>,
    pub user: String,
    pub tokens: Tokens,
}

/// What metrics say of one user and day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metered {
    pub day: Option<Date>,
    pub user: String,
    pub tokens: Tokens,
    /// Sessions that began.
    pub sessions: u64,
}
