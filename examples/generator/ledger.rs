//! Every fact that was planted.

use std::collections::{BTreeMap, BTreeSet};

/// What was planted; the reader must find exactly this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    pub records: u64,
    pub refused: u64,
    pub repaired: u64,
    pub by_day: BTreeMap<String, u64>,
    pub by_user: BTreeMap<String, u64>,
    pub by_tool: BTreeMap<String, u64>,
    pub by_decision: BTreeMap<String, u64>,
    pub by_mode: BTreeMap<String, u64>,
    pub by_outcome: BTreeMap<String, u64>,
    pub by_version: BTreeMap<String, u64>,
    pub by_user_and_act: BTreeMap<(String, &'static str), u64>,
    /// Tokens in and out, where the form tells them.
    pub tokens: (u64, u64),
    pub by_user_and_day: BTreeMap<(String, String), u64>,
    pub dangerous: BTreeMap<String, u64>,
    pub hits: BTreeMap<String, u64>,
    pub unknown_user: u64,
    pub missing_outcome: u64,
    pub denied: u64,
    pub file_changes: u64,
    pub backward: u64,
    pub missing_days: BTreeSet<String>,
    pub bypass_sessions: u64,
    pub mode_changes: u64,
    pub duplicates: u64,
    pub foreign_lines: u64,
    pub log_ins: u64,
    pub failed_log_ins: u64,
}

impl Ledger {
    /// The counts as JSON; names in it are the generator's own and need no escapes.
    pub fn to_json(&self) -> String {
        let map = |m: &BTreeMap<String, u64>| {
            let rows: Vec<String> = m.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
            format!("{{{}}}", rows.join(","))
        };
        let days: Vec<String> = self.missing_days.iter().map(|d| format!("\"{d}\"")).collect();
        format!(
            "{{\"records\":{},\"refused\":{},\"repaired\":{},\"by_day\":{},\"by_user\":{},\"by_tool\":{},\"by_decision\":{},\"by_mode\":{},\"by_outcome\":{},\"dangerous\":{},\"hits\":{},\"unknown_user\":{},\"missing_outcome\":{},\"denied\":{},\"file_changes\":{},\"backward\":{},\"bypass_sessions\":{},\"mode_changes\":{},\"duplicates\":{},\"foreign_lines\":{},\"log_ins\":{},\"failed_log_ins\":{},\"missing_days\":[{}]}}",
            self.records,
            self.refused,
            self.repaired,
            map(&self.by_day),
            map(&self.by_user),
            map(&self.by_tool),
            map(&self.by_decision),
            map(&self.by_mode),
            map(&self.by_outcome),
            map(&self.dangerous),
            map(&self.hits),
            self.unknown_user,
            self.missing_outcome,
            self.denied,
            self.file_changes,
            self.backward,
            self.bypass_sessions,
            self.mode_changes,
            self.duplicates,
            self.foreign_lines,
            self.log_ins,
            self.failed_log_ins,
            days.join(",")
        )
    }
}
