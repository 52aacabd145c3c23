//! Secrets that commits of the period added, with what the policy's allow-list says of each.

use jiff::civil::Date;

use super::Facts;
use crate::{
    model::history::{Acceptance, HistoryScan, JudgedScan, JudgedSecret, SecretInHistory},
    policy::{AllowedMatch, AllowedSecret},
};

impl Facts<'_> {
    /// The findings of a scan, judged by the policy as of the day of the examination.
    pub fn judged_secrets(&self, scan: &HistoryScan) -> JudgedScan {
        let today = self.as_of().to_zoned(jiff::tz::TimeZone::UTC).date();
        judge_secrets(scan.clone(), &self.policy().changes.allowed_secrets, today)
    }
}

/// Says of each finding whether an entry of the list accepts it on this day. An entry that holds wins over one that
/// does not.
pub fn judge_secrets(mut scan: HistoryScan, list: &[AllowedSecret], today: Date) -> JudgedScan {
    let judged = |found: SecretInHistory| {
        let mut about = list.iter().filter(|entry| is_about(&entry.what, &found));
        let holds = |entry: &&AllowedSecret| entry.accepted_at <= today && today <= entry.expires;
        let entry = about.clone().find(holds);
        let acceptance = match (entry, about.next()) {
            (Some(AllowedSecret { by, reason, expires, .. }), _) => {
                Acceptance::Accepted { by: by.clone(), reason: reason.clone(), expires: *expires }
            }
            (None, Some(AllowedSecret { by, reason, expires, .. })) => {
                Acceptance::Expired { by: by.clone(), reason: reason.clone(), expires: *expires }
            }
            (None, None) => Acceptance::Open,
        };
        JudgedSecret { found, acceptance }
    };
    let secrets = std::mem::take(&mut scan.hits).into_iter().map(judged).collect();
    JudgedScan { scan, secrets }
}

fn is_about(what: &AllowedMatch, hit: &SecretInHistory) -> bool {
    match what {
        AllowedMatch::Fingerprint(name) => hit.fingerprint.hex().starts_with(name.as_str()),
        AllowedMatch::Path(path) => hit.path == *path,
    }
}
