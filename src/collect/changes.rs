//! What landed in each repository in the period: population, attributes, signatures, the forge's word, secrets and drift.

use std::path::PathBuf;

use super::{
    Request, forge,
    intake::Intake,
    logs::Scanner,
    redact::redact,
    repositories,
    repository::{
        self, Conventions, Hit, Limits, PopulationRequest, ScanRequest, TrustedSigners, is_ancestor,
        settings_versions, verify_signatures,
    },
};
use crate::{
    catalog::patterns::{self, Class},
    model::{
        GapReason, Seen,
        change::{AiEvidence, ClaimedTime, ObjectName, Population},
        change_set::{BranchTip, EarlierTip, HistorySeen, MAX_CHANGES},
        forge::ForgeExport,
        history::HistoryScan,
    },
};

const COLLECTOR: &str = "history";
/// Odd times, gaps and secrets kept of one repository; the counts stay exact beyond these.
const MAX_LISTED: usize = 1_000;

/// How histories are read.
#[derive(Clone, Debug, Default)]
pub struct HistoryRequest {
    /// The protected branch; without it the default branch of origin, else the checked-out one.
    pub branch: Option<String>,
    pub conventions: Conventions,
    /// The forge's pull requests, one file a repository, in the order of the repositories.
    pub forge: Vec<PathBuf>,
    /// Whose signatures are verified; without any none is.
    pub signers: Option<TrustedSigners>,
    /// What earlier runs saw, one entry a repository and branch.
    pub earlier: Vec<BranchTip>,
}

/// The secret patterns as a search of one blob.
///
/// # Errors
/// Why the built-in patterns cannot be used.
pub fn secret_search() -> Result<impl Fn(&[u8], &mut Vec<Hit>) + Sync, String> {
    let mut patterns = patterns::built_in().map_err(|_| "the built-in patterns do not load".to_owned())?;
    patterns.retain(|pattern| pattern.class == Class::Secret);
    let scanner = Scanner::new(&patterns);
    Ok(move |blob: &[u8], hits: &mut Vec<Hit>| {
        let mut found = Vec::new();
        scanner.scan(blob, &mut found);
        let named =
            found.iter().map(|hit| Hit { class: scanner.id(hit.pattern).to_owned(), offset: hit.offset });
        hits.extend(named);
    })
}

/// What the walk of a repository's branch tells those who compare commits with other records. Of every landing of the
/// period, whatever of them a snapshot can keep.
pub(super) struct Landed {
    pub repository: String,
    pub commits: u64,
    /// Of them, those that name an agent: the commit, and when it was written.
    pub by_agent: Vec<(ObjectName, ClaimedTime)>,
}

impl Landed {
    fn of(repository: &str, population: &Population) -> Self {
        let named = population.changes.iter().filter(|change| change.ai_evidence != AiEvidence::None);
        Self {
            repository: repository.to_owned(),
            commits: population.changes.len() as u64,
            by_agent: named
                .map(|change| (change.commit.clone(), change.author_time.unwrap_or(change.committer_time)))
                .collect(),
        }
    }
}

/// Reads one repository's history, and gives back what landed; nothing where it could not be read. What is no git
/// repository was said by the reader of its git facts.
pub(super) fn collect(
    repository: &repositories::Repository,
    request: &Request,
    intake: &mut Intake,
) -> Option<Landed> {
    let source = format!("repo:{}/history", repository.name);
    let Some(wanted) = &request.history else {
        let detail = "the history was not read: --no-history was given";
        intake.gap(source, GapReason::NotCollected, detail);
        return None;
    };
    let limits = Limits::default();
    let opened = match repository::open(&repository.path, &limits) {
        Ok(opened) => opened,
        Err(error) => {
            if intake.saw_repository(&repository.name) {
                intake.gap(source, GapReason::Unreadable, error.to_string());
            }
            return None;
        }
    };
    (request.progress)(&format!("changes of {}", repository.name));
    let population = repository::population(
        &opened,
        &PopulationRequest {
            branch: wanted.branch.as_deref(),
            period: request.period,
            as_of: request.as_of,
            conventions: &wanted.conventions,
            with_files: true,
            limits: &limits,
        },
    );
    let mut population = match population {
        Ok(population) => population,
        Err(error) => {
            intake.gap(source, GapReason::Unreadable, error.to_string());
            return None;
        }
    };
    let landed = Landed::of(&repository.name, &population);
    let mut signatures_unverified = Vec::new();
    if let Some(signers) = &wanted.signers {
        (request.progress)(&format!("signatures of {}", repository.name));
        signatures_unverified =
            verify_signatures(&opened, &mut population, signers, limits.threads, &|_, _| {});
    }
    let (settings, settings_left_out) = settings_versions(&opened, &population, &limits);
    (request.progress)(&format!("secrets in the history of {}", repository.name));
    let secrets = secrets(&opened, request, &limits, &repository.name, intake);
    let forge = wanted.forge.get(repository.number).and_then(|path| match forge::read(path) {
        Ok(export) => Some(cleaned(export)),
        Err(error) => {
            let source = format!("repo:{}/forge", repository.name);
            intake.gap(source, GapReason::Malformed, error.to_string());
            None
        }
    });
    let origin = repository::origin(&opened, &population, &limits);
    let is_mine =
        |known: &&BranchTip| known.repository == repository.name && known.branch == population.branch;
    let earlier = wanted.earlier.iter().find(is_mine).map(|known| EarlierTip {
        tip: known.tip.clone(),
        as_of: known.as_of,
        // Where one of them is not known, the histories are taken for the same.
        same_origin: known.origin.is_none() || origin.is_none() || known.origin == origin,
        kept: is_ancestor(&opened, &known.tip, &population.tip),
    });
    bound(&mut population, &repository.name);
    let seen = HistorySeen {
        repository: repository.name.clone(),
        population,
        forge,
        origin,
        earlier,
        signatures_verified: wanted.signers.is_some(),
        signatures_unverified,
        secrets,
        settings,
        settings_left_out,
    };
    intake.see(source, None, COLLECTOR, Seen::History(Box::new(seen)));
    Some(landed)
}

/// Takes secrets out of what people wrote, and keeps no more rows than a snapshot can hold.
fn bound(population: &mut Population, name: &str) {
    name.clone_into(&mut population.repository);
    population.changes.truncate(MAX_CHANGES);
    for change in &mut population.changes {
        clean(&mut change.subject);
        if let Some(text) = &mut change.emergency_ref {
            clean(text);
        }
    }
    let beyond = |what: &str, all: usize| format!("{MAX_LISTED} of {all} {what} are listed");
    if population.anomalies.len() > MAX_LISTED {
        population.incomplete.push(beyond("odd times", population.anomalies.len()));
        population.anomalies.truncate(MAX_LISTED);
    }
    if population.gaps.len() > MAX_LISTED {
        population.incomplete.push(beyond("unreadable changes", population.gaps.len()));
        population.gaps.truncate(MAX_LISTED);
    }
    if population.undated.len() > MAX_LISTED {
        population.incomplete.push(beyond("landings without a time", population.undated.len()));
        population.undated.truncate(MAX_LISTED);
    }
}

fn clean(text: &mut String) {
    let redacted = redact(text);
    if !redacted.secrets.is_empty() {
        *text = redacted.text;
    }
}

fn cleaned(mut export: ForgeExport) -> ForgeExport {
    for pull in &mut export.pulls {
        clean(&mut pull.title);
        pull.commits.iter_mut().flatten().for_each(|commit| clean(&mut commit.headline));
        pull.labels.iter_mut().for_each(clean);
    }
    export
}

fn secrets(
    opened: &repository::Repository,
    request: &Request,
    limits: &Limits,
    name: &str,
    intake: &mut Intake,
) -> Option<HistoryScan> {
    let scanned = secret_search().and_then(|search| {
        let asked = ScanRequest { branch: None, period: request.period, limits, progress: &|_, _| {} };
        repository::scan_history(opened, &asked, &search).map_err(|error| error.to_string())
    });
    match scanned {
        Ok(mut scan) => {
            name.clone_into(&mut scan.repository);
            // What a commit only carried along was added before; the report of the scan alone lists it.
            scan.hits.retain(|hit| hit.new_in_commit);
            scan.hits_dropped += scan.hits.len().saturating_sub(MAX_LISTED) as u64;
            scan.hits.truncate(MAX_LISTED);
            scan.gaps.truncate(MAX_LISTED);
            scan.tips.truncate(MAX_LISTED);
            for hit in &mut scan.hits {
                clean(&mut hit.path);
            }
            Some(scan)
        }
        Err(reason) => {
            intake.gap(format!("repo:{name}/secrets"), GapReason::Unreadable, reason);
            None
        }
    }
}
