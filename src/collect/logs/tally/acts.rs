//! The acts that a reviewer asks for: denials, dangerous commands, file changes, log-ins, incidents, patterns found.

use std::collections::BTreeMap;

use super::super::names::{Counts, OTHERS};

/// The acts of one user.
#[derive(Clone, Debug, Default)]
pub struct UserTally {
    pub denied: u64,
    pub dangerous: u64,
    pub file_changes: u64,
    pub bypass: u64,
    pub log_ins: u64,
    pub failed_log_ins: u64,
    pub hits: u64,
}

impl UserTally {
    pub fn is_empty(&self) -> bool {
        let Self { denied, dangerous, file_changes, bypass, log_ins, failed_log_ins, hits } = self;
        denied + dangerous + file_changes + bypass + log_ins + failed_log_ins + hits == 0
    }

    pub fn join(&mut self, theirs: &UserTally) {
        self.denied += theirs.denied;
        self.dangerous += theirs.dangerous;
        self.file_changes += theirs.file_changes;
        self.bypass += theirs.bypass;
        self.log_ins += theirs.log_ins;
        self.failed_log_ins += theirs.failed_log_ins;
        self.hits += theirs.hits;
    }
}

#[derive(Clone, Debug, Default)]
pub struct Acts {
    /// By number of the user.
    pub users: Vec<UserTally>,
    pub denied: u64,
    pub dangerous: BTreeMap<&'static str, u64>,
    pub file_changes: u64,
    pub changes_without_path: u64,
    pub changes_by_user: Counts,
    /// Succeeded and failed.
    pub log_ins: (u64, u64),
    pub mode_changes: u64,
    pub hooks_failed_open: u64,
    pub sandbox_disabled: u64,
    pub incidents: u64,
    /// By number of the pattern: records, and records by user.
    pub hits: Vec<(u64, Counts)>,
}

impl Acts {
    pub fn new(patterns: usize) -> Self {
        Acts { hits: vec![(0, Counts::default()); patterns], ..Acts::default() }
    }

    pub fn user(&mut self, number: u32) -> &mut UserTally {
        let index = number as usize;
        if index >= self.users.len() {
            self.users.resize(index + 1, UserTally::default());
        }
        &mut self.users[index]
    }

    /// `users` gives the numbers of the other's users here.
    pub fn join(&mut self, next: &Acts, users: &[u32]) {
        for (number, theirs) in next.users.iter().enumerate() {
            self.user(users.get(number).copied().unwrap_or(OTHERS)).join(theirs);
        }
        self.denied += next.denied;
        for (class, n) in &next.dangerous {
            *self.dangerous.entry(class).or_default() += n;
        }
        self.file_changes += next.file_changes;
        self.changes_without_path += next.changes_without_path;
        self.changes_by_user.add(&next.changes_by_user, users);
        self.log_ins.0 += next.log_ins.0;
        self.log_ins.1 += next.log_ins.1;
        self.mode_changes += next.mode_changes;
        self.hooks_failed_open += next.hooks_failed_open;
        self.sandbox_disabled += next.sandbox_disabled;
        self.incidents += next.incidents;
        for (mine, theirs) in self.hits.iter_mut().zip(&next.hits) {
            mine.0 += theirs.0;
            mine.1.add(&theirs.1, users);
        }
    }
}
