//! `workpaper changes`: the change population out of git, complete and honest.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use workpaper::{
    collect::{
        forge,
        repository::{
            self, Conventions, Limits, PopulationRequest, Repository, ScanRequest, TrustedSigners,
            is_ancestor, verify_signatures,
        },
        secret_search,
    },
    evaluate::sampling,
    facts::{
        accounts, judge_secrets,
        segregation::{self, Identities},
    },
    model::{
        Period,
        change::ObjectName,
        change_set::{ChangeSet, FileTouched},
        history::{HistoryScan, JudgedScan},
        sample::{Sample, Sampling},
    },
    policy::Policy,
    render,
    report::changes::{self, tables},
};

use super::{
    deployment,
    exit::{self, Exit, Failure},
    landings,
    progress::Progress,
};

/// List what landed on a protected branch in a period, with the evidence for each change
///
/// Lines of a file above 1 MiB, and beyond 32 MiB of one change, are not counted: changes.json says of how many files
/// (`files_uncounted`).
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The repository (can be repeated)
    #[arg(long, value_name = "DIR", required = true)]
    repo: Vec<PathBuf>,
    /// The protected branch [default: the default branch of origin, else the checked-out one]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// The period: 2026-Q3, 2026-07, or START..END, half-open, in UTC [default: the last full quarter]
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
    /// The moment of the examination, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", env = "WORKPAPER_AS_OF")]
    as_of: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Table)]
    format: Shown,
    /// Write changes.csv, populations.csv, samples.csv and changes.json into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The forge's pull requests as JSON, one file a repository, in the same order: decides approval
    #[arg(long, value_name = "FILE")]
    forge: Vec<PathBuf>,
    /// Which account an address belongs to: lines of `address,account`
    #[arg(long, value_name = "FILE", requires = "forge")]
    identities: Option<PathBuf>,
    /// Draw a random sample of this size; changes to controls and emergencies are added in full
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// What the sample is drawn by; best chosen by the auditor
    #[arg(long, value_name = "TEXT", requires = "sample")]
    seed: Option<String>,
    /// Confidence of the limits that a sample gives
    #[arg(long, value_name = "RATE", default_value_t = 0.9, requires = "sample")]
    confidence: f64,
    /// What a ticket reference looks like, as a regular expression
    #[arg(long, value_name = "REGEX", default_value = repository::DEFAULT_TICKET)]
    ticket: String,
    /// What an emergency change looks like, as a regular expression on subject and branch
    #[arg(long, value_name = "REGEX", default_value = repository::DEFAULT_EMERGENCY)]
    emergency: String,
    /// Verify signatures; SSH signers listed here are trusted (ssh-keygen's ALLOWED SIGNERS)
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
    /// SSH keys that are revoked
    #[arg(long, value_name = "FILE")]
    revoked_keys: Option<PathBuf>,
    /// Verify signatures; GPG keys of this keyring are trusted
    #[arg(long, value_name = "FILE")]
    gpg_keyring: Option<PathBuf>,
    /// The changes.json of an earlier run: finds history that was rewritten since
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// The days before the examination as the period, instead of a period
    #[arg(long, value_name = "N", conflicts_with = "period", value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: Option<u32>,
    /// List the files that changed in the period, out of the history (files.csv)
    #[arg(long)]
    files: bool,
    /// Scan what the commits of the period added, on every branch, for secrets (secrets.csv)
    #[arg(long)]
    secrets: bool,
    /// The policy whose allow-list of secrets and forge accounts of people count
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Do not look at the files of each change: faster, without sizes and without the controls touched
    #[arg(long)]
    no_files: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Shown {
    /// Counts, strata and the newest changes
    Table,
    /// changes.csv
    Csv,
    /// Everything (workpaper/changes/v1)
    Json,
}

/// The wire name of what `--format json` prints.
const SCHEMA: &str = "workpaper/changes/v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    as_of: Timestamp,
    repositories: Vec<ChangeSet>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<JudgedScan>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<(String, Vec<FileTouched>)>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let as_of = match &args.as_of {
        Some(text) => text.parse().map_err(|error| Failure::usage(format!("--as-of {text}: {error}")))?,
        None => Timestamp::now().round(jiff::Unit::Second).unwrap_or_else(|_| Timestamp::now()),
    };
    let period = match (&args.period, args.days) {
        (Some(text), _) => Period::parse(text).map_err(Failure::usage)?,
        (None, Some(days)) => {
            let span = jiff::SignedDuration::from_hours(i64::from(days) * 24);
            let start =
                as_of.checked_sub(span).map_err(|error| Failure::usage(format!("--days: {error}")))?;
            Period { start, end: as_of }
        }
        (None, None) => Period::last_quarter(as_of),
    };
    let policy = match &args.policy {
        Some(path) => deployment::policy(Some(path), deployment::catalog()?)?,
        None => Policy::default(),
    };
    if !args.forge.is_empty() && args.forge.len() != args.repo.len() {
        return Err(Failure::usage(format!(
            "{} repositories but {} forge exports",
            args.repo.len(),
            args.forge.len()
        ))
        .hint("give --forge once for each --repo, in the same order"));
    }
    let sampling = sampling(args)?;
    let conventions = landings::conventions(&args.ticket, &args.emergency)?;
    let mut identities = args.identities.as_deref().map(identities).transpose()?.unwrap_or_default();
    for (email, accounts) in accounts(&policy) {
        identities.entry(email).or_default().extend(accounts);
    }
    let earlier = args.previous.as_deref().map(earlier_tips).transpose()?.unwrap_or_default();
    let progress = Progress::start();
    let mut reports = Vec::with_capacity(args.repo.len());
    let (mut secrets, mut files) = (Vec::new(), Vec::new());
    for (index, path) in args.repo.iter().enumerate() {
        progress.say(&format!("changes of {}", path.display()));
        let limits = Limits::default();
        let opened = repository::open(path, &limits).map_err(Failure::world)?;
        let mut report = examine(args, &opened, period, as_of, &conventions, &earlier, &progress)?;
        if args.files {
            let touched = repository::files_changed(&opened, &report.population, &limits);
            files.push((report.population.repository.clone(), touched));
        }
        if args.secrets {
            let scan = scan(&opened, period, &limits, &progress)?;
            let today = as_of.to_zoned(jiff::tz::TimeZone::UTC).date();
            secrets.push(judge_secrets(scan, &policy.changes.allowed_secrets, today));
        }
        if let Some(file) = args.forge.get(index) {
            let export = forge::read(file).map_err(Failure::usage)?;
            report.forge = Some(segregation::decide(&mut report.population, &export, &identities));
        }
        reports.push(report);
    }
    drop(progress);
    if args.format == Shown::Csv && args.out.is_none() {
        let (columns, rows) = changes::listed(&reports);
        exit::print_bytes(&render::csv::rows(&columns, rows))?;
        return Ok(Exit::OPEN);
    }
    let samples: Option<Vec<Sample>> = sampling.map(|sampling| {
        reports.iter().map(|report| sampling::sample(&report.population, &sampling)).collect()
    });
    let mut tables = tables(&reports, samples.as_deref(), as_of);
    if args.secrets {
        tables.push(changes::secrets(&secrets));
    }
    if args.files {
        tables.push(changes::files(&files));
    }
    let document = Document { schema: SCHEMA.to_owned(), as_of, repositories: reports, secrets, files };
    if let Some(folder) = &args.out {
        write(folder, &tables, &document)?;
    }
    let text = match args.format {
        Shown::Table => {
            let samples = samples.as_deref().unwrap_or_default();
            render::changes::render(&document.repositories, samples)
                + &render::changes::secrets(&document.secrets)
                + &render::changes::files(&document.files)
        }
        Shown::Csv => String::from_utf8_lossy(&render::csv::one(&tables[0])).into_owned(),
        Shown::Json => json(&document)?,
    };
    exit::print(&text)?;
    Ok(Exit::OPEN)
}

fn examine(
    args: &Args,
    opened: &Repository,
    period: Period,
    as_of: Timestamp,
    conventions: &Conventions,
    earlier: &BTreeMap<(String, String), ObjectName>,
    progress: &Progress,
) -> Result<ChangeSet, Failure> {
    let limits = Limits::default();
    let path = opened.path();
    let request = PopulationRequest {
        branch: args.branch.as_deref(),
        period,
        as_of,
        conventions,
        with_files: !args.no_files,
        limits: &limits,
    };
    let mut population = repository::population(opened, &request).map_err(Failure::world)?;
    let mut signatures_unverified = Vec::new();
    if args.allowed_signers.is_some() || args.gpg_keyring.is_some() {
        for file in [&args.allowed_signers, &args.revoked_keys, &args.gpg_keyring].into_iter().flatten() {
            fs::metadata(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
        }
        let signers = TrustedSigners {
            allowed_signers: args.allowed_signers.clone(),
            revoked_keys: args.revoked_keys.clone(),
            gpg_keyring: args.gpg_keyring.clone(),
        };
        let told = std::sync::Mutex::new(progress);
        signatures_unverified =
            verify_signatures(opened, &mut population, &signers, limits.threads, &|done, all| {
                if let (0, Ok(progress)) = (done % 64, told.lock()) {
                    progress.say(&format!("signatures of {}: {done} of {all}", path.display()));
                }
            });
    }
    let known = earlier.get(&(population.repository.clone(), population.branch.clone()));
    // A tip that is not in the repository any more is no longer part of the branch either.
    let earlier_tip_kept = known.map(|tip| is_ancestor(opened, tip, &population.tip).unwrap_or(false));
    Ok(ChangeSet { population, forge: None, earlier_tip_kept, signatures_unverified })
}

fn sampling(args: &Args) -> Result<Option<Sampling>, Failure> {
    let Some(size) = args.sample else { return Ok(None) };
    if !(0.5..1.0).contains(&args.confidence) {
        return Err(Failure::usage("--confidence must lie between 0.5 and 1, such as 0.9"));
    }
    let Some(seed) = &args.seed else {
        return Err(Failure::usage("--sample needs --seed, so that the same sample can be drawn again")
            .hint(
                "ask the auditor for a seed, or use one that nobody could choose, such as the tip's name",
            ));
    };
    Ok(Some(Sampling {
        size: size as usize,
        seed: seed.clone(),
        seed_supplied_by: "operator".to_owned(),
        confidence: args.confidence,
    }))
}

fn identities(path: &Path) -> Result<Identities, Failure> {
    let text =
        fs::read_to_string(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let mut found = Identities::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match line.split_once(',') {
            Some((address, account)) if address.contains('@') && !account.trim().is_empty() => {
                let accounts = found.entry(address.trim().to_ascii_lowercase()).or_default();
                accounts.insert(account.trim().to_ascii_lowercase());
            }
            _ => {
                return Err(Failure::usage(format!(
                    "{} line {}: write `address,account`",
                    path.display(),
                    index + 1
                )));
            }
        }
    }
    Ok(found)
}

fn earlier_tips(path: &Path) -> Result<BTreeMap<(String, String), ObjectName>, Failure> {
    let wrong = |error: String| {
        Failure::usage(format!("{}: {error}", path.display()))
            .hint("give what --format json printed, or changes.json of --out")
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let document: Document = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if document.schema != SCHEMA {
        return Err(wrong(format!("the schema is `{}`, not `{SCHEMA}`", document.schema.escape_debug())));
    }
    let tips = document.repositories.into_iter().map(|report| report.population);
    Ok(tips.map(|of| ((of.repository, of.branch), of.tip)).collect())
}

fn json(document: &Document) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Failure::world(format!("writing JSON: {error}")))?;
    Ok(format!("{text}\n"))
}

fn scan(
    opened: &Repository,
    period: Period,
    limits: &Limits,
    progress: &Progress,
) -> Result<HistoryScan, Failure> {
    let search = secret_search().map_err(Failure::usage)?;
    let told = std::sync::Mutex::new(progress);
    let name = opened.path().display().to_string();
    let said = |done: u64, all: u64| {
        if let Ok(progress) = told.lock() {
            progress.say(&format!("secrets of {name}: {done} of {all} commits"));
        }
    };
    let request = ScanRequest { branch: None, period, limits, progress: &said };
    repository::scan_history(opened, &request, &search).map_err(Failure::world)
}

fn write(folder: &Path, tables: &[workpaper::report::Table], document: &Document) -> Result<(), Failure> {
    let failed =
        |path: &Path, error: std::io::Error| Failure::world(format!("writing {}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for table in tables {
        let path = folder.join(format!("{}.csv", table.name));
        fs::write(&path, render::csv::one(table)).map_err(|error| failed(&path, error))?;
    }
    let path = folder.join("changes.json");
    fs::write(&path, json(document)?).map_err(|error| failed(&path, error))
}
