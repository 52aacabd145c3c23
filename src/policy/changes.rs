//! How changes are made here: the protected branch, who may sign, the auditor's sample, and secrets that were accepted.

use std::path::PathBuf;

use jiff::civil::Date;

use super::{parameters::pattern, register::period, statement::STATEMENT_DAYS, table::Table};

/// What the organisation decided of its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRules {
    /// The protected branch; without it the default branch of origin, else the checked-out one.
    pub branch: Option<String>,
    /// A regular expression that finds an emergency in a subject or a branch name.
    pub emergency_pattern: Option<String>,
    /// Whose signatures count, beside the policy file; without any, signing is no control of this organisation.
    pub signers: Option<Signers>,
    /// Items drawn by lot, and the auditor's seed. Without one, the tip of the branch is the seed.
    pub sample_size: u32,
    pub sample_seed: Option<String>,
    pub allowed_secrets: Vec<AllowedSecret>,
}

impl Default for ChangeRules {
    fn default() -> Self {
        Self {
            branch: None,
            emergency_pattern: None,
            signers: None,
            sample_size: SAMPLE,
            sample_seed: None,
            allowed_secrets: Vec::new(),
        }
    }
}

/// Files that name trusted signers; relative paths stand below the folder of the policy file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signers {
    /// OpenSSH's ALLOWED SIGNERS format.
    pub allowed_signers: Option<PathBuf>,
    pub revoked_keys: Option<PathBuf>,
    pub gpg_keyring: Option<PathBuf>,
}

/// Matches of the secret patterns that a named person accepted until a date: examples, canaries, revoked keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedSecret {
    pub what: AllowedMatch,
    pub reason: String,
    pub by: String,
    pub accepted_at: Date,
    /// The last day on which it holds.
    pub expires: Date,
}

/// What an entry of the allow-list is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedMatch {
    /// One finding, by the fingerprint that the report shows: 64 hexadecimal digits, or the first twelve or more.
    Fingerprint(String),
    /// Every match in this file of this repository.
    Path(String),
}

/// What auditors usually draw (audit-domain 4.4).
const SAMPLE: u32 = 25;

pub(super) fn read(table: Table<'_>) -> ChangeRules {
    let size = table.integer("sample_size", 1..=10_000).and_then(|number| u32::try_from(number).ok());
    let file = |key| table.text(key).map(PathBuf::from);
    let signers = Signers {
        allowed_signers: file("allowed_signers"),
        revoked_keys: file("revoked_keys"),
        gpg_keyring: file("gpg_keyring"),
    };
    let names_someone = signers.allowed_signers.is_some() || signers.gpg_keyring.is_some();
    if signers.revoked_keys.is_some() && !names_someone {
        table.wrong("revoked_keys", "names nobody", Some("give allowed_signers or gpg_keyring too"));
    }
    let rules = ChangeRules {
        branch: table.text("branch"),
        emergency_pattern: table.parsed("emergency_pattern", pattern),
        signers: names_someone.then_some(signers),
        sample_size: size.unwrap_or(SAMPLE),
        sample_seed: table.text("sample_seed"),
        allowed_secrets: allowed_secrets(&table),
    };
    table.finish();
    rules
}

fn allowed_secrets(table: &Table<'_>) -> Vec<AllowedSecret> {
    let mut entries = Vec::new();
    for row in table.tables("allowed_secrets") {
        let what = match (row.parsed("fingerprint", fingerprint), row.text("path")) {
            (Some(name), None) => Some(AllowedMatch::Fingerprint(name)),
            (None, Some(path)) => Some(AllowedMatch::Path(path)),
            _ => {
                let hint = "write exactly one of `fingerprint` and `path`";
                row.problem(row.line, "an allowed secret is one finding or one file", Some(hint.to_owned()));
                None
            }
        };
        let (reason, by) = (row.required("reason"), row.required("by"));
        let (accepted_at, expires) = (row.required_date("accepted_at"), row.required_date("expires"));
        if let (Some(accepted_at), Some(expires)) = (accepted_at, expires) {
            period(&row, "expires", accepted_at, expires, STATEMENT_DAYS);
        }
        if let (Some(what), Some(reason), Some(by), Some(accepted_at), Some(expires)) =
            (what, reason, by, accepted_at, expires)
        {
            entries.push(AllowedSecret { what, reason, by, accepted_at, expires });
        }
        row.finish();
    }
    entries
}

fn fingerprint(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let hexadecimal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if (12..=64).contains(&digits.len()) && hexadecimal {
        Ok(digits.to_owned())
    } else {
        Err("a fingerprint is 12 to 64 lower-case hexadecimal digits".to_owned())
    }
}
