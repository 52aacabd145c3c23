//! What landed on the branches: how histories are read under a policy, what is drawn of them, and what is remembered.

use std::path::{Path, PathBuf};

use workpaper::{
    collect::{
        HistoryRequest,
        repository::{Conventions, DEFAULT_EMERGENCY, TrustedSigners},
    },
    evaluate::sampling,
    model::{
        Seen, Snapshot,
        change_set::{BranchTip, ChangeSet},
        sample::{Sample, Sampling},
    },
    policy::{ChangeRules, Policy},
};

use super::exit::Failure;

/// Confidence of the limits that the pack's samples give.
const CONFIDENCE: f64 = 0.9;

/// How the histories are read under this policy, whose files `beside` finds.
pub(super) fn request(
    policy: &Policy,
    beside: impl Fn(&Path) -> PathBuf,
    forge: Vec<PathBuf>,
    earlier: Vec<BranchTip>,
) -> Result<HistoryRequest, Failure> {
    let rules = &policy.changes;
    let found = |path: &Option<PathBuf>| path.as_deref().map(&beside);
    let signers = rules.signers.as_ref().map(|signers| TrustedSigners {
        allowed_signers: found(&signers.allowed_signers),
        revoked_keys: found(&signers.revoked_keys),
        gpg_keyring: found(&signers.gpg_keyring),
    });
    let emergency = rules.emergency_pattern.as_deref().unwrap_or(DEFAULT_EMERGENCY);
    Ok(HistoryRequest {
        branch: rules.branch.clone(),
        conventions: conventions(&policy.parameters.ticket_pattern, emergency)?,
        forge,
        signers,
        earlier,
    })
}

/// The organisation's conventions for commit messages.
pub(super) fn conventions(ticket: &str, emergency: &str) -> Result<Conventions, Failure> {
    let mut conventions = Conventions::default();
    for (what, text, pattern) in
        [("ticket", ticket, &mut conventions.ticket), ("emergency", emergency, &mut conventions.emergency)]
    {
        if text != pattern.as_str() {
            let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
            *pattern = built.map_err(|error| Failure::usage(format!("{what} pattern: {error}")))?;
        }
    }
    Ok(conventions)
}

/// The sample that the policy asks for. Without the auditor's seed the tip is the seed: nobody can choose it freely.
pub(super) fn sample(set: &ChangeSet, rules: &ChangeRules) -> Sample {
    let by = if rules.sample_seed.is_some() { "auditor" } else { "tool" };
    let sampling = Sampling {
        size: rules.sample_size as usize,
        seed: rules.sample_seed.clone().unwrap_or_else(|| set.population.tip.to_string()),
        seed_supplied_by: by.to_owned(),
        confidence: CONFIDENCE,
    };
    sampling::sample(&set.population, &sampling)
}

/// Where the branches stand, for the next run.
pub(super) fn tips(snapshot: &Snapshot) -> Vec<BranchTip> {
    let histories = snapshot.observations.iter().filter_map(|observation| match &observation.seen {
        Seen::History(history) => Some(history),
        _ => None,
    });
    histories
        .map(|history| BranchTip {
            repository: history.repository.clone(),
            branch: history.population.branch.clone(),
            tip: history.population.tip.clone(),
            origin: history.origin.clone(),
            as_of: snapshot.scope.as_of,
        })
        .collect()
}
