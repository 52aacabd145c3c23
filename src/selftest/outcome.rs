//! What came of the mutants: each one's outcome, and by check how many killed it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{load::reddened, mutation::Mutant};
use crate::{
    catalog::Catalog,
    model::{Assessment, Basis, CheckId, ControlId, ControlResult, Finding, Status, Verdict},
};

/// The wire name of the report.
const SCHEMA: &str = "workpaper/self-test/v1";

/// How one mutant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The named checks fail, the right items are red, and nothing else is.
    Killed,
    /// A harmless change changed no verdict.
    Unchanged,
    /// A check that had to fail does not.
    Survived,
    /// An item turned red that the mutant does not concern.
    UnexpectedRed,
    /// A harmless change changed a verdict.
    FalseAlarm,
    /// Only running hooks would show it, and they could not be run.
    Skipped,
    /// The mutant itself is wrong: it could not be made, or what it should kill did not pass before.
    Invalid,
}

impl Outcome {
    /// In a reader's words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Unchanged => "unchanged",
            Self::Survived => "SURVIVED",
            Self::UnexpectedRed => "UNEXPECTED RED",
            Self::FalseAlarm => "FALSE ALARM",
            Self::Skipped => "skipped",
            Self::Invalid => "INVALID",
        }
    }

    /// Whether the checks are not what they claim.
    pub const fn is_fault(self) -> bool {
        matches!(self, Self::Survived | Self::UnexpectedRed | Self::FalseAlarm | Self::Invalid)
    }
}

/// One mutant that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    pub id: String,
    /// The control whose file holds the mutant.
    pub control: String,
    pub what: String,
    pub harmless: bool,
    pub kills: Vec<CheckId>,
    /// The controls that had to turn red.
    pub expected: BTreeSet<ControlId>,
    pub outcome: Outcome,
    /// Why, where it is not as it should be.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Every control that turned red.
    pub red: BTreeSet<ControlId>,
    /// Every control that passed on some basis before and is unknown on it now.
    pub unsure: BTreeSet<ControlId>,
    /// Every check that failed and did not before.
    pub failing: BTreeSet<CheckId>,
}

/// How many mutants killed a check.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    pub check: CheckId,
    pub basis: Basis,
    pub controls: Vec<ControlId>,
    /// The mutants in which it failed.
    pub killed_by: Vec<String>,
    /// The mutants that were made to kill it and were skipped.
    pub skipped: Vec<String>,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    pub tool_version: &'static str,
    /// Why hooks were not run, where they were not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_isolation: Option<String>,
    /// The verdicts of the sample as it is.
    #[serde(skip)]
    pub sample: Assessment,
    pub mutants: Vec<Tried>,
    /// Sorted by check.
    pub checks: Vec<Coverage>,
}

impl Report {
    pub(super) fn of(
        tried: Vec<Tried>,
        catalog: &Catalog,
        sample: Assessment,
        no_isolation: Option<String>,
    ) -> Self {
        let ids = |wanted: &dyn Fn(&Tried) -> bool| -> Vec<String> {
            tried.iter().filter(|one| wanted(one)).map(|one| one.id.clone()).collect()
        };
        let coverage = catalog.cards().map(|(check, card)| Coverage {
            check: check.clone(),
            basis: card.basis,
            controls: catalog.controls_of_check(check).map(|control| control.id.clone()).collect(),
            killed_by: ids(&|one| !one.harmless && one.failing.contains(check)),
            skipped: ids(&|one| one.outcome == Outcome::Skipped && one.kills.contains(check)),
        });
        let checks = coverage.collect();
        let tool_version = env!("CARGO_PKG_VERSION");
        Self { schema: SCHEMA, tool_version, no_isolation, sample, mutants: tried, checks }
    }

    /// The checks on the enforced basis that no mutant killed, and that none was skipped for.
    pub fn survivors(&self) -> impl Iterator<Item = &Coverage> {
        self.unkilled().filter(|one| one.skipped.is_empty())
    }

    /// The checks on the enforced basis that no mutant killed because those that would were skipped.
    pub fn not_tested(&self) -> impl Iterator<Item = &Coverage> {
        self.unkilled().filter(|one| !one.skipped.is_empty())
    }

    fn unkilled(&self) -> impl Iterator<Item = &Coverage> {
        self.checks.iter().filter(|one| one.basis == Basis::Enforced && one.killed_by.is_empty())
    }

    /// How many checks of a basis were killed, of how many.
    pub fn killed(&self, basis: Basis) -> (usize, usize) {
        let mine = || self.checks.iter().filter(|one| one.basis == basis);
        (mine().filter(|one| !one.killed_by.is_empty()).count(), mine().count())
    }

    /// How the mutants ended, in figures.
    pub fn summary(&self) -> String {
        let count = |outcome| self.mutants.iter().filter(|one| one.outcome == outcome).count();
        let weakened = self.mutants.iter().filter(|one| !one.harmless).count();
        format!(
            "{} of {weakened} weakenings killed, {} survived, {} turned something else red, {} skipped, {} invalid; \
             {} of {} harmless changes changed nothing",
            count(Outcome::Killed),
            count(Outcome::Survived),
            count(Outcome::UnexpectedRed),
            count(Outcome::Skipped),
            count(Outcome::Invalid),
            count(Outcome::Unchanged),
            self.mutants.len() - weakened,
        )
    }

    /// The mutants that are not as they should be.
    pub fn faults(&self) -> impl Iterator<Item = &Tried> {
        self.mutants.iter().filter(|one| one.outcome.is_fault())
    }
}

/// The worst verdict of each check.
type Verdicts<'a> = BTreeMap<&'a CheckId, Verdict>;

/// What a change did to the verdicts, held to what the mutant says.
pub(super) struct Comparison<'a> {
    pub(super) mutant: &'a Mutant,
    pub(super) harmless: bool,
    pub(super) catalog: &'a Catalog,
    pub(super) before: &'a Assessment,
    pub(super) after: &'a Assessment,
    /// Whether hooks were run.
    pub(super) probed: bool,
}

impl Comparison<'_> {
    pub(super) fn tried(&self, control: &str) -> Tried {
        let (before, after) = (verdicts(self.before), verdicts(self.after));
        let failing = after
            .iter()
            .filter(|(check, verdict)| {
                **verdict == Verdict::Fail && before.get(*check) != Some(&Verdict::Fail)
            })
            .map(|(check, _)| (*check).clone())
            .collect();
        let mut tried = Tried {
            failing,
            red: self.red(),
            unsure: self.unsure(),
            ..untried(self.mutant, control, self.harmless)
        };
        tried.expected = reddened(self.mutant, self.catalog);
        let (outcome, why) = if self.harmless {
            self.of_harmless(&before, &after)
        } else {
            self.of_mutant(&tried, &before, &after)
        };
        Tried { outcome, why, ..tried }
    }

    fn of_mutant(&self, tried: &Tried, before: &Verdicts<'_>, after: &Verdicts<'_>) -> (Outcome, String) {
        let unknown = |check: &&CheckId| {
            !self.probed
                && [before, after]
                    .iter()
                    .any(|of| of.get(*check).is_none_or(|verdict| *verdict == Verdict::Undetermined))
        };
        if let Some(check) = self
            .mutant
            .kills
            .iter()
            .find(|check| before.get(*check) != Some(&Verdict::Pass) && !unknown(check))
        {
            let why = format!("{check} does not pass before: {}", said(self.before, check));
            return (Outcome::Invalid, why);
        }
        let alive: Vec<&CheckId> =
            self.mutant.kills.iter().filter(|check| !tried.failing.contains(check)).collect();
        if let Some(check) = alive.iter().find(|check| !unknown(check)) {
            return (Outcome::Survived, format!("{check}: {}", said(self.after, check)));
        }
        let strangers: Vec<&str> = tried
            .red
            .iter()
            .filter(|id| !tried.expected.contains(id) && !self.mutant.also.contains_key(id))
            .map(ControlId::as_str)
            .collect();
        if !strangers.is_empty() {
            let failing: Vec<&str> = tried.failing.iter().map(CheckId::as_str).collect();
            return (
                Outcome::UnexpectedRed,
                format!("{} (failing: {})", strangers.join(", "), failing.join(", ")),
            );
        }
        if !alive.is_empty() {
            return (Outcome::Skipped, "only running the hooks shows it".to_owned());
        }
        (Outcome::Killed, String::new())
    }

    fn of_harmless(&self, before: &Verdicts<'_>, after: &Verdicts<'_>) -> (Outcome, String) {
        let changed = before.iter().find(|(check, verdict)| after.get(*check) != Some(verdict));
        let answers =
            |result: &ControlResult| (result.result, result.declared, result.enforced, result.operated);
        let control = self.pairs().find(|(before, after)| answers(before) != answers(after));
        match (changed, control) {
            (Some((check, verdict)), _) => {
                (Outcome::FalseAlarm, format!("{check} was {verdict}: {}", said(self.after, check)))
            }
            (None, Some((_, after))) => (Outcome::FalseAlarm, format!("{}: {}", after.id, after.reason)),
            (None, None) => (Outcome::Unchanged, String::new()),
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (&ControlResult, &ControlResult)> {
        self.before.all_controls().zip(self.after.all_controls())
    }

    fn red(&self) -> BTreeSet<ControlId> {
        let red = self
            .pairs()
            .filter(|(before, after)| after.result == Status::Fail && before.result != Status::Fail);
        red.map(|(_, after)| after.id.clone()).collect()
    }

    fn unsure(&self) -> BTreeSet<ControlId> {
        let lost = |before: Status, after: Status| before == Status::Pass && after == Status::Undetermined;
        let unsure = self.pairs().filter(|(before, after)| {
            lost(before.declared, after.declared)
                || lost(before.enforced, after.enforced)
                || lost(before.operated, after.operated)
        });
        unsure.map(|(_, after)| after.id.clone()).collect()
    }
}

/// A mutant that could not be tried.
pub(super) fn invalid(mutant: &Mutant, control: &str, harmless: bool, why: String) -> Tried {
    Tried { why, ..untried(mutant, control, harmless) }
}

fn untried(mutant: &Mutant, control: &str, harmless: bool) -> Tried {
    Tried {
        id: mutant.id.clone(),
        control: control.to_owned(),
        what: mutant.what.clone(),
        harmless,
        kills: mutant.kills.clone(),
        expected: BTreeSet::new(),
        outcome: Outcome::Invalid,
        why: String::new(),
        red: BTreeSet::new(),
        unsure: BTreeSet::new(),
        failing: BTreeSet::new(),
    }
}

fn verdicts(assessment: &Assessment) -> Verdicts<'_> {
    let mut verdicts = Verdicts::new();
    for finding in &assessment.findings {
        let known = verdicts.get(&finding.check).copied();
        verdicts.insert(&finding.check, Verdict::worst(known.into_iter().chain([finding.verdict])));
    }
    verdicts
}

/// The worst that a check says.
fn said(assessment: &Assessment, check: &CheckId) -> String {
    let mine: Vec<&Finding> = assessment.findings.iter().filter(|finding| finding.check == *check).collect();
    let worst = Verdict::worst(mine.iter().map(|finding| finding.verdict));
    let first = mine.iter().find(|finding| finding.verdict == worst);
    first.map_or_else(
        || "it says nothing".to_owned(),
        |finding| format!("{} ({}: {})", finding.verdict, finding.subject, finding.message),
    )
}
