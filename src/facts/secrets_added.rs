//! Secrets that commits of the period added, less those that the policy accepts.

use super::Facts;
use crate::{
    model::history::{HistoryScan, SecretInHistory},
    policy::{AllowedMatch, AllowedSecret},
};

/// The secrets that a scan found new in their commits.
pub struct OpenSecrets<'s> {
    /// Accepted by nobody.
    pub open: Vec<&'s SecretInHistory>,
    pub allowed: usize,
    /// Entries of the allow-list that would accept one of them and no longer hold.
    pub expired: usize,
}

impl Facts<'_> {
    /// Divides the findings of a scan by the policy's allow-list, as of the day of the examination.
    pub fn open_secrets<'s>(&self, scan: &'s HistoryScan) -> OpenSecrets<'s> {
        let today = self.as_of().to_zoned(jiff::tz::TimeZone::UTC).date();
        let list = &self.policy().changes.allowed_secrets;
        let holds = |entry: &AllowedSecret| entry.accepted_at <= today && today <= entry.expires;
        let new = || scan.hits.iter().filter(|hit| hit.new_in_commit);
        let accepted =
            |hit: &SecretInHistory| list.iter().any(|entry| holds(entry) && is_about(&entry.what, hit));
        let open: Vec<&SecretInHistory> = new().filter(|hit| !accepted(hit)).collect();
        let expired =
            list.iter().filter(|entry| !holds(entry) && new().any(|hit| is_about(&entry.what, hit))).count();
        OpenSecrets { allowed: new().count() - open.len(), open, expired }
    }
}

fn is_about(what: &AllowedMatch, hit: &SecretInHistory) -> bool {
    match what {
        AllowedMatch::Fingerprint(name) => hit.fingerprint.hex().starts_with(name.as_str()),
        AllowedMatch::Path(path) => hit.path == *path,
    }
}
