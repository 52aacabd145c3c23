//! Typed facts out of a snapshot. What could not be seen is an error value, so that a check cannot forget it.

mod accounts;
mod activity;
mod approvers;
mod arbitrary_code;
pub mod audit_log;
mod boundary;
mod changes;
mod completeness;
mod composed;
mod credentials;
mod data_scope;
mod drift;
mod effective;
mod files;
mod forwarding;
mod git_hooks;
mod git_trials;
mod guard_cards;
mod hook_runs;
mod hooks;
mod impairment;
pub mod incidents;
mod interpreters;
mod layers;
mod locks;
mod log_evidence;
mod mcp;
mod plugins;
mod probe_records;
mod programs;
mod retention;
mod retention_bounds;
pub mod rotation;
mod rules;
mod scope;
mod secrets;
mod secrets_added;
pub mod segregation;
mod sessions;
mod system_log;
mod telemetry;
mod transport;
mod usage;
mod written;

pub use accounts::{May, Principal, Right};
pub use activity::{Records, day_of, named_days, weekdays};
pub use arbitrary_code::{Grant, Grants};
pub use audit_log::Sink;
pub use changes::{History, accounts, short as short_commit};
pub use completeness::{Compared, PairTotals, named_examples};
pub use credentials::{HELPERS, LoginName, LoginVariable, PROVIDERS, names_organisations};
pub use data_scope::{Guard, Regard};
pub use files::{Changeable, File, changeable};
pub use forwarding::OffHost;
pub use git_trials::Refusal;
pub use hook_runs::{GitTrials, Trial, Trials, shown, some};
pub use hooks::{Purpose, RegisteredHook, is_shell, records_file_changes, unsent_fields};
pub use impairment::{Impairment, InUse, Releases};
pub use interpreters::TakenOver;
pub use layers::Layered;
pub use locks::{Lock, shortened};
pub use mcp::{McpServer, ServerOrigin, Start};
pub use probe_records::ProbeRecords;
pub use programs::Programs;
pub use retention::KeptFor;
pub use retention_bounds::{Bounds, Met, whole_days};
pub use scope::{in_scope, left_out};
pub use secrets_added::judge_secrets;
pub use sessions::Session;
pub use usage::{Outlier, UsageSeen};
pub use written::{Written, is_annotation};

use crate::{
    catalog::Battery,
    model::{
        Conclusion, DirectorySeen, Evidence, Gap, GapReason, Host, LaunchFlag, Observation, Period,
        RepositorySeen, Role, Seen, Snapshot,
    },
    policy::Policy,
};

/// The facts of one snapshot, read under one policy.
pub struct Facts<'a> {
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    files: Vec<File<'a>>,
    sessions: Vec<Session<'a>>,
    histories: Vec<History<'a>>,
    batteries: &'a [Battery],
}

impl<'a> Facts<'a> {
    /// Reads the snapshot once.
    pub fn of(snapshot: &'a Snapshot, policy: &'a Policy) -> Self {
        let files: Vec<File<'a>> = snapshot.observations.iter().filter_map(File::of).collect();
        let histories = changes::decided(snapshot, policy);
        let mut facts = Self { snapshot, policy, files, sessions: Vec::new(), histories, batteries: &[] };
        facts.sessions = sessions::all(&facts);
        facts
    }

    /// Knows the test inputs too: what is asked of rules, hooks and boundaries.
    #[must_use]
    pub fn trying(mut self, batteries: &'a [Battery]) -> Self {
        self.batteries = batteries;
        self
    }

    /// The batteries of test inputs.
    pub fn batteries(&self) -> &'a [Battery] {
        self.batteries
    }

    /// What the organisation decided.
    pub fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// The period under examination.
    pub fn period(&self) -> Period {
        self.snapshot.scope.period
    }

    /// The moment the evidence speaks of.
    pub fn as_of(&self) -> jiff::Timestamp {
        self.snapshot.scope.as_of
    }

    /// The host, or the gap that hides it.
    pub fn host(&self) -> Result<(&'a Host, Evidence), Gap> {
        self.each_seen(|seen| match seen {
            Seen::Host(host) => Some(host),
            _ => None,
        })
        .next()
        .ok_or_else(|| Gap::new("host", GapReason::NotCollected, "the snapshot holds no host"))
    }

    /// Why there is nothing to judge at all: a folder that nothing shows to be a host, and no repository. That
    /// something is not declared or enforced in such a place says nothing of any deployment.
    pub fn nothing_to_judge(&self) -> Option<Gap> {
        let recognised = self.host().is_ok_and(|(host, _)| !host.recognised_by.is_empty());
        let anything = recognised || !self.files.is_empty() || self.repositories().next().is_some();
        let detail = "nothing here shows that this is a host's file system, and no repository was given";
        (!anything).then(|| Gap::new("host", GapReason::Absent, detail))
    }

    /// Every file that was read, by path.
    pub fn files(&self) -> &[File<'a>] {
        &self.files
    }

    /// The files that serve a purpose.
    pub fn files_as<'f>(&'f self, is: impl Fn(&Role) -> bool + 'f) -> impl Iterator<Item = &'f File<'a>> {
        self.files.iter().filter(move |file| is(&file.seen.role))
    }

    /// The file at a path below the root or a repository.
    pub fn file_at(&self, source: &str) -> Option<&File<'a>> {
        self.files.iter().find(|file| file.source == source)
    }

    /// Directories whose facts were taken, by path.
    pub fn directories(&self) -> impl Iterator<Item = (&'a str, &'a DirectorySeen, Evidence)> {
        self.snapshot.observations.iter().filter_map(|observation| match &observation.seen {
            Seen::Directory(seen) => Some((observation.source.as_str(), seen, Evidence::of(observation))),
            _ => None,
        })
    }

    /// Git repositories in scope.
    pub fn repositories(&self) -> impl Iterator<Item = (&'a RepositorySeen, Evidence)> {
        self.each_seen(|seen| match seen {
            Seen::Repository(repository) => Some(&**repository),
            _ => None,
        })
    }

    /// Places that start the client with a flag that skips permissions.
    pub fn launch_flags(&self) -> impl Iterator<Item = (&'a LaunchFlag, Evidence)> {
        self.each_seen(|seen| match seen {
            Seen::LaunchFlag(flag) => Some(flag),
            _ => None,
        })
    }

    /// Names of the repositories that were asked for, whether or not they could be read.
    pub fn repository_names(&self) -> &'a [String] {
        &self.snapshot.scope.repositories
    }

    /// What was looked for below a path and not seen for another reason than absence.
    pub fn unseen_below<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = &'a Gap> + 'f {
        self.snapshot
            .gaps
            .iter()
            .filter(move |gap| gap.source.starts_with(prefix) && gap.reason != GapReason::Absent)
    }

    /// An unknown for each place that may hide a file of such a purpose, so that no "nowhere" is claimed over it. A
    /// gap that does not say what it hides may hide anything, but for what stands in logs and inside of git.
    pub fn unseen_as(&self, is: impl Fn(&Role) -> bool) -> Vec<Conclusion> {
        let hides = |gap: &Gap| match (&gap.sought, gap.reason) {
            (_, GapReason::Absent) => false,
            (Some(role), _) => is(role),
            (None, GapReason::NotCollected) => false,
            (None, _) => {
                !["/log/", "/.git/", "/.claude/projects"].iter().any(|part| gap.source.contains(part))
            }
        };
        let gaps = self.snapshot.gaps.iter().filter(|gap| hides(gap));
        gaps.map(|gap| Conclusion::undetermined(&*gap.source, gap.sentence())).collect()
    }

    /// The gap for exactly this source, absence included.
    pub fn gap_at(&self, source: &str) -> Option<&'a Gap> {
        self.snapshot.gaps.iter().find(|gap| gap.source == source)
    }

    /// Every gap.
    pub fn gaps(&self) -> &'a [Gap] {
        &self.snapshot.gaps
    }

    /// Every session that could be held on the host: one for each user, and one for each user in each repository.
    pub fn sessions(&self) -> &[Session<'a>] {
        &self.sessions
    }

    /// Asks one question of every session. A session with a settings source that could not be seen cannot be answered,
    /// whatever the sources that were seen say.
    pub fn each_session(&self, judge: impl Fn(&Session<'a>) -> Conclusion) -> Vec<Conclusion> {
        self.sessions.iter().map(|session| session.answer(|| judge(session))).collect()
    }

    /// The same, of every user outside any repository: for what a repository cannot change.
    pub fn each_user(&self, judge: impl Fn(&Session<'a>) -> Conclusion) -> Vec<Conclusion> {
        self.sessions
            .iter()
            .filter(|session| session.repository.is_none())
            .map(|session| session.answer(|| judge(session)))
            .collect()
    }

    /// The host itself as evidence, for a failure that consists in something not being there.
    pub fn looked_at(&self) -> Vec<Evidence> {
        self.host().map(|(_, evidence)| vec![evidence]).unwrap_or_default()
    }

    fn each_seen<T: 'a>(
        &self,
        pick: impl Fn(&'a Seen) -> Option<&'a T>,
    ) -> impl Iterator<Item = (&'a T, Evidence)> {
        let observations: &'a [Observation] = &self.snapshot.observations;
        observations.iter().filter_map(move |observation| {
            pick(&observation.seen).map(|seen| (seen, Evidence::of(observation)))
        })
    }
}
