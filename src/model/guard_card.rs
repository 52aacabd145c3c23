//! What one hook stops, what it stops too much, and how it breaks: the figures of its runs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Isolation, Programs};

/// What one hook stops, as measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuardCard {
    pub hook: String,
    pub event: String,
    pub command: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    pub isolation: Isolation,
    pub programs: Programs,
    pub batteries: Vec<Score>,
    /// What each broken input, and each missing program, led to: `blocks`, `lets the call through`, `approves`,
    /// `asks`; for hooks that run after the call, whether a record is left.
    pub faults: BTreeMap<String, String>,
    /// Whether it answers that no question is needed, for anything at all.
    pub approves: bool,
    /// `closed`, `open`, `mixed`, `not known`; `after the call` where nothing can be stopped any more.
    pub fails: String,
}

/// One battery's figures for one hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Score {
    pub battery: String,
    pub blocks: usize,
    pub of: usize,
    pub baseline_blocks: usize,
    pub baseline_of: usize,
    pub over_blocks: usize,
    pub harmless: usize,
    /// Calls that left a record, for batteries of records.
    pub recorded: usize,
    pub to_record: usize,
    /// Calls of which the run does not show what the client would do.
    pub unknown: usize,
    pub missed: Vec<String>,
    pub over_blocked: Vec<String>,
}
