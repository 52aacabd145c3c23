//! What history shows beside the changes themselves: drift of settings, secrets that were added, files that changed.

use super::{table, word};
use crate::{
    model::{
        change::ClaimedTime,
        change_set::FileTouched,
        drift::Stretch,
        history::{Acceptance, JudgedScan, JudgedSecret},
    },
    report::Table,
};

/// When which requirement on which settings file held, and who changed that.
pub fn drift(stretches: &[Stretch]) -> Table {
    const COLUMNS: &str = "repository path requirement from to result observed commit changed_by";
    let time = |at: Option<ClaimedTime>| at.map_or_else(String::new, |at| at.to_string());
    let row = |stretch: &Stretch| {
        vec![
            stretch.repository.clone(),
            stretch.path.clone(),
            stretch.requirement.words().to_owned(),
            time(stretch.from),
            time(stretch.to),
            word(&stretch.verdict),
            stretch.observed.clone(),
            stretch.commit.to_string(),
            format!("{} <{}>", stretch.author.name, stretch.author.email),
        ]
    };
    table("drift", COLUMNS, stretches.iter().map(row).collect())
}

/// Every finding of the scans. The secret itself is in no column.
pub fn secrets(scans: &[JudgedScan]) -> Table {
    const COLUMNS: &str = "repository commit committer_time path line class fingerprint new_in_commit at_tip result \
        accepted_by reason expires";
    let row = |scan: &JudgedScan, secret: &JudgedSecret| {
        let found = &secret.found;
        let (result, by, reason, expires) = match &secret.acceptance {
            Acceptance::Open => ("open", "", "", String::new()),
            Acceptance::Accepted { by, reason, expires } => {
                ("accepted", by.as_str(), reason.as_str(), expires.to_string())
            }
            Acceptance::Expired { by, reason, expires } => {
                ("expired", by.as_str(), reason.as_str(), expires.to_string())
            }
        };
        vec![
            scan.scan.repository.clone(),
            found.commit.to_string(),
            found.committer_time.to_string(),
            found.path.clone(),
            found.line.to_string(),
            found.class.clone(),
            found.fingerprint.hex().to_owned(),
            found.new_in_commit.to_string(),
            found.at_tip.to_string(),
            result.to_owned(),
            by.to_owned(),
            reason.to_owned(),
            expires,
        ]
    };
    let rows = scans.iter().flat_map(|scan| scan.secrets.iter().map(move |secret| row(scan, secret)));
    table("secrets", COLUMNS, rows.collect())
}

/// What one scan covered and found, in a few sentences.
pub fn secrets_say(judged: &JudgedScan) -> String {
    let scan = &judged.scan;
    let new = || judged.secrets.iter().filter(|secret| secret.found.new_in_commit);
    let accepted = new().filter(|secret| matches!(secret.acceptance, Acceptance::Accepted { .. })).count();
    let expired = new().filter(|secret| matches!(secret.acceptance, Acceptance::Expired { .. })).count();
    let mut text = format!(
        "{}, secrets: {} commits of the period on {} references added {} files, of which {} were scanned ({} bytes; {} \
         binary, {} pointers to files kept elsewhere, {} submodules not followed). {} secrets were added, {accepted} of \
         them accepted by the policy; the acceptance of {expired} has expired.",
        scan.repository,
        scan.commits_in_period,
        scan.tips.len(),
        scan.blobs_added,
        scan.blobs_scanned,
        scan.bytes_scanned,
        scan.binary_blobs,
        scan.lfs_pointers,
        scan.submodules,
        new().count() as u64 + scan.hits_dropped,
    );
    if !scan.incomplete.is_empty() {
        text.push_str(&format!(" Not everything was seen: {}.", scan.incomplete.join("; ")));
    }
    text
}

/// Files that changed in the period: what `find -mtime` was meant to show.
pub fn files(of: &[(String, Vec<FileTouched>)]) -> Table {
    const COLUMNS: &str =
        "repository path changes first_changed last_changed last_commit last_author present";
    let row = |repository: &String, file: &FileTouched| {
        vec![
            repository.clone(),
            file.path.clone(),
            file.changes.to_string(),
            file.first.to_string(),
            file.last.to_string(),
            file.last_commit.to_string(),
            format!("{} <{}>", file.last_author.name, file.last_author.email),
            file.present.to_string(),
        ]
    };
    let rows = of.iter().flat_map(|(repository, files)| files.iter().map(move |file| row(repository, file)));
    table("files", COLUMNS, rows.collect())
}
