//! The arguments that say which deployment is examined, and the way from them to an assessment.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use clap::Args;
use jiff::Timestamp;
use workpaper::{
    catalog::{Battery, Catalog, Problem},
    collect::{self, HistoryRequest, Planned, Probing, Request},
    evaluate::{self, known_ids},
    facts::{Facts, in_scope},
    model::{
        self, Assessment, Gap, Isolation, LogTrace, Period, Snapshot,
        change_set::{BranchTip, ChangeSet},
        drift::Stretch,
        history::JudgedScan,
        sample::Sample,
    },
    policy::Policy,
    report::{Report, wording},
};

use super::{exit::Failure, files::Files, landings, progress::Progress};

/// Which deployment, and by which policy.
#[derive(Args, Debug)]
pub(super) struct Deployment {
    /// Examine another host's file system: an image, a copy or a sample [default: this host]
    #[arg(long, value_name = "DIR", default_value = "/", hide_default_value = true)]
    root: PathBuf,
    /// Examine a git repository that the client is used in (can be repeated)
    #[arg(long, value_name = "DIR")]
    repo: Vec<PathBuf>,
    /// The forge's pull requests of a repository as JSON: decides approval (once for each --repo, in the same order)
    #[arg(long, value_name = "FILE", requires = "repo")]
    forge: Vec<PathBuf>,
    /// Leave the history of the repositories unread: faster; what changed in the period stays undetermined
    #[arg(long, conflicts_with = "forge")]
    no_history: bool,
    /// Read an audit log, or every log of a folder (can be repeated)
    #[arg(long, value_name = "PATH")]
    logs: Vec<PathBuf>,
    /// The period: 2026-Q3, 2026-07, or START..END, half-open, in UTC [default: the last full quarter]
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
    /// The moment the evidence speaks of, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", env = "WORKPAPER_AS_OF")]
    as_of: Option<String>,
    /// Compare the logs with those of an earlier pack or snapshot: that earlier bytes are unchanged
    #[arg(long, value_name = "PATH")]
    earlier: Option<PathBuf>,
    /// What this organisation decided: scope, parameters, roster
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Run the hooks that the client would run, with test inputs, in a sandbox
    #[arg(long)]
    probe: bool,
    /// With --probe: also run hooks that come from a repository
    #[arg(long)]
    probe_repositories: bool,
    /// Run hooks also where this machine offers no isolation: they can then do what they like
    #[arg(long)]
    allow_unsandboxed_probes: bool,
}

/// What a store remembers of earlier readings.
#[derive(Default)]
pub(super) struct Remembered {
    /// The logs of this root and the moment, where there was one.
    pub(super) logs: Option<(Timestamp, Vec<LogTrace>)>,
    /// Where branches stood.
    pub(super) tips: Vec<BranchTip>,
}

/// Everything that one evaluation came from and led to.
pub(super) struct Examined {
    pub(super) snapshot: Snapshot,
    pub(super) catalog: &'static Catalog,
    pub(super) policy: Policy,
    pub(super) assessment: Assessment,
}

impl Examined {
    /// Evaluates a snapshot.
    pub(super) fn of(snapshot: Snapshot, catalog: &'static Catalog, policy: Policy) -> Self {
        let assessment = evaluate::evaluate(&snapshot, catalog, &policy);
        Self { snapshot, catalog, policy, assessment }
    }

    /// What a reader sees of it on a terminal.
    pub(super) fn report(&self) -> Report {
        Report::brief(&self.assessment, &self.snapshot, self.catalog).for_organisation(self.organisation())
    }

    fn organisation(&self) -> &str {
        self.policy.organisation.as_deref().unwrap_or_default()
    }

    /// The same with what only a pack holds: the tables, that of effective settings, for which every settings text is read
    /// again, the section about logs, the cards of the hooks that were run, and what stops each test call.
    pub(super) fn pack_report(&self) -> Report {
        let judged = in_scope(&self.snapshot, &self.policy);
        let facts = Facts::of(&judged, &self.policy).trying(self.catalog.batteries());
        let host = facts.host().ok().and_then(|(host, _)| host.hostname.clone());
        let host = host.as_deref().unwrap_or(wording::UNKNOWN);
        let sets: Vec<ChangeSet> = facts.histories().iter().map(|history| history.set.clone()).collect();
        let samples: Vec<Sample> =
            sets.iter().map(|set| landings::sample(set, &self.policy.changes)).collect();
        let scans = facts.histories().iter().filter_map(|history| history.seen.secrets.as_ref());
        let secrets: Vec<JudgedScan> = scans.map(|scan| facts.judged_secrets(scan)).collect();
        let drift: Vec<Stretch> = facts.histories().iter().flat_map(|history| history.stretches()).collect();
        Report::of(&self.assessment, &self.snapshot, self.catalog)
            .for_organisation(self.organisation())
            .with_settings(&facts.effective_settings(), &self.snapshot)
            .with_guards(&facts.guard_cards())
            .with_layers(&facts.layered_calls(), host)
            .with_log_evidence(&facts.log_evidence(), &self.assessment, &self.snapshot)
            .with_changes(&sets, &samples, &drift, &secrets)
    }
}

impl Deployment {
    /// A host's file system with repositories, and nothing else said.
    pub(super) fn at(root: PathBuf, repo: Vec<PathBuf>, probe_repositories: bool) -> Self {
        Self {
            root,
            repo,
            forge: Vec::new(),
            no_history: true,
            logs: Vec::new(),
            period: None,
            as_of: None,
            earlier: None,
            policy: None,
            probe: false,
            allow_unsandboxed_probes: false,
            probe_repositories,
        }
    }

    /// Collects and evaluates.
    pub(super) fn examine(&self) -> Result<Examined, Failure> {
        self.examine_after(|_, _| Ok(Remembered::default()))
    }

    /// The same, with what a store remembers of the logs of this root and of branches before this moment.
    pub(super) fn examine_after(
        &self,
        remembered: impl Fn(&str, Timestamp) -> Result<Remembered, Failure>,
    ) -> Result<Examined, Failure> {
        let catalog = catalog()?;
        let policy = policy(self.policy.as_deref(), catalog)?;
        let progress = Progress::start();
        let snapshot = self.collect_after(&policy, &progress, &remembered)?;
        progress.say("evaluating");
        Ok(Examined::of(snapshot, catalog, policy))
    }

    /// The files of the deployment, for what changes them.
    pub(super) fn files(&self) -> Result<Files, Failure> {
        let policy = self.policy()?;
        self.with_request(&policy, &Progress::start(), &|_, _| Ok(Remembered::default()), |request| {
            let repositories = collect::repositories_of(request).map_err(Failure::world)?;
            Ok(Files::new(self.root.clone(), repositories))
        })
    }

    /// The policy file, or the defaults.
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        policy(self.policy.as_deref(), catalog()?)
    }

    /// Looks at the world once.
    pub(super) fn collect(&self, policy: &Policy, progress: &Progress) -> Result<Snapshot, Failure> {
        self.collect_after(policy, progress, &|_, _| Ok(Remembered::default()))
    }

    fn collect_after(
        &self,
        policy: &Policy,
        progress: &Progress,
        remembered: &dyn Fn(&str, Timestamp) -> Result<Remembered, Failure>,
    ) -> Result<Snapshot, Failure> {
        self.with_request(policy, progress, remembered, |request| {
            if !self.probe && !self.probe_repositories {
                return collect::collect(request).map_err(Failure::world);
            }
            self.run_hooks(request, batteries()?)
        })
    }

    /// Looks, and runs the hooks whatever the flags say.
    pub(super) fn probe(&self, policy: &Policy, progress: &Progress) -> Result<Snapshot, Failure> {
        self.probe_with(batteries()?, policy, progress)
    }

    /// The same with other test inputs.
    pub(super) fn probe_with(
        &self,
        batteries: &[Battery],
        policy: &Policy,
        progress: &Progress,
    ) -> Result<Snapshot, Failure> {
        self.with_request(policy, progress, &|_, _| Ok(Remembered::default()), |request| {
            self.run_hooks(request, batteries)
        })
    }

    fn run_hooks(&self, request: &Request, batteries: &[Battery]) -> Result<Snapshot, Failure> {
        let helper = std::env::current_exe().map_err(Failure::world)?;
        let probing = Probing {
            batteries,
            repositories: self.probe_repositories,
            now: Timestamp::now(),
            levels: if self.allow_unsandboxed_probes {
                Isolation::OPERATORS_CHOICE
            } else {
                Isolation::SANDBOXED
            },
            helper: &helper,
            recorded: None,
        };
        collect::collect_and_probe(request, &probing).map_err(Failure::world)
    }

    /// What a probe would run. Nothing is executed.
    pub(super) fn plan(
        &self,
        policy: &Policy,
        progress: &Progress,
    ) -> Result<(Vec<Planned>, Vec<Gap>), Failure> {
        self.with_request(policy, progress, &|_, _| Ok(Remembered::default()), |request| {
            collect::plan_probes(request, self.probe_repositories).map_err(Failure::world)
        })
    }

    fn with_request<T>(
        &self,
        policy: &Policy,
        progress: &Progress,
        remembered: &dyn Fn(&str, Timestamp) -> Result<Remembered, Failure>,
        run: impl FnOnce(&Request) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let as_of = match &self.as_of {
            Some(text) => text.parse().map_err(|error| {
                Failure::usage(format!("--as-of {text}: {error}")).hint("write 2026-10-01T09:00:00Z")
            })?,
            None => Timestamp::now().round(jiff::Unit::Second).unwrap_or_else(|_| Timestamp::now()),
        };
        let period = match &self.period {
            Some(text) => Period::parse(text).map_err(Failure::usage)?,
            None => Period::last_quarter(as_of),
        };
        self.named_paths_are_there()?;
        let root_name = self.root.display().to_string();
        let remembered = remembered(&root_name, as_of)?;
        let earlier = match &self.earlier {
            Some(path) => Some(earlier_logs(path)?),
            None => remembered.logs,
        };
        let request = Request {
            root: self.root.clone(),
            root_name,
            repositories: self.repo.clone(),
            logs: self.logs.clone(),
            documents: self.documents(policy),
            history: self.history(policy, remembered.tips)?,
            period,
            as_of,
            earlier,
            progress: &|doing| progress.say(doing),
        };
        run(&request)
    }

    /// A mistyped path must not look like a deployment without a repository or a log.
    fn named_paths_are_there(&self) -> Result<(), Failure> {
        let inside = |path: &Path| self.root.join(path.strip_prefix("/").unwrap_or(path));
        let named = self.repo.iter().map(|path| ("--repo", path));
        for (flag, path) in named.chain(self.logs.iter().map(|path| ("--logs", path))) {
            if path.symlink_metadata().is_err() && inside(path).symlink_metadata().is_err() {
                let message = format!("{flag} {}: nothing is there", path.display());
                return Err(Failure::world(message).hint("name a path of this machine, or one below --root"));
            }
        }
        Ok(())
    }

    /// How the repositories' histories are read.
    fn history(&self, policy: &Policy, earlier: Vec<BranchTip>) -> Result<Option<HistoryRequest>, Failure> {
        if !self.forge.is_empty() && self.forge.len() != self.repo.len() {
            let told = format!("{} repositories but {} forge exports", self.repo.len(), self.forge.len());
            return Err(Failure::usage(told).hint("give --forge once for each --repo, in the same order"));
        }
        if self.no_history || self.repo.is_empty() {
            return Ok(None);
        }
        landings::request(policy, |path| self.beside_policy(path), self.forge.clone(), earlier).map(Some)
    }

    /// A path of the policy; a relative one stands below the folder of the policy file, so that the same policy means
    /// the same files wherever the command is started.
    fn beside_policy(&self, path: &std::path::Path) -> PathBuf {
        let folder = self.policy.as_deref().and_then(std::path::Path::parent);
        folder.unwrap_or(std::path::Path::new("")).join(path)
    }

    /// The documents of the policy.
    fn documents(&self, policy: &Policy) -> Vec<(String, PathBuf)> {
        policy.document_paths().into_iter().map(|(id, path)| (id, self.beside_policy(&path))).collect()
    }
}

/// The logs as an earlier snapshot knew them: of a pack, or as `collect` wrote it.
fn earlier_logs(path: &std::path::Path) -> Result<(Timestamp, Vec<LogTrace>), Failure> {
    let file = if path.is_dir() { path.join("snapshot.json") } else { path.to_owned() };
    let name = file.display();
    let text = fs::read_to_string(&file)
        .map_err(|error| Failure::usage(format!("reading the earlier snapshot {name}: {error}")))?;
    let earlier = Snapshot::parse(&text)
        .map_err(|error| Failure::usage(format!("the earlier snapshot {name} cannot be read: {error}")))?;
    Ok((earlier.scope.as_of, model::traces(&earlier.observations)))
}

/// The built-in catalogue's test inputs for hooks.
pub(super) fn batteries() -> Result<&'static [Battery], Failure> {
    Ok(catalog()?.batteries())
}

/// The built-in catalogue, read once.
pub(super) fn catalog() -> Result<&'static Catalog, Failure> {
    static BUILTIN: LazyLock<Result<Catalog, Vec<Problem>>> = LazyLock::new(Catalog::builtin);
    BUILTIN.as_ref().map_err(|problems| Failure::usage(listed("the catalogue", problems)))
}

/// A policy file, or the defaults.
pub(super) fn policy(path: Option<&Path>, catalog: &Catalog) -> Result<Policy, Failure> {
    let Some(path) = path else { return Ok(Policy::default()) };
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("reading the policy {name}: {error}")))?;
    let policy = Policy::parse(&text, &name, &known_ids(catalog))
        .map_err(|problems| Failure::usage(listed("the policy", &problems)))?;
    let statements = policy.attestations.len() + policy.waivers.len();
    if statements > 0 {
        eprintln!(
            "note: the {statements} attestations and waivers of {name} travel in the pack; unsigned, they settle nothing"
        );
    }
    Ok(policy)
}

/// All problems of one input, one a line.
pub(super) fn listed<P: std::fmt::Display>(what: &str, problems: &[P]) -> String {
    let lines: Vec<String> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    format!(
        "{what} has {} mistake{}:{}",
        lines.len(),
        if lines.len() == 1 { "" } else { "s" },
        lines.concat()
    )
}
