//! The changes of the period in each repository, with what the forge and the roster decide of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Facts, segregation};
use crate::{
    model::{
        Conclusion, Evidence, Findings, Judgement, Seen, Snapshot, Verdict,
        change::Change,
        change_set::{ChangeSet, HistorySeen},
    },
    policy::Policy,
};

/// One repository's history in the period.
pub struct History<'a> {
    pub seen: &'a HistorySeen,
    pub set: ChangeSet,
    pub evidence: Evidence,
    pub subject: String,
}

/// Citations kept of one conclusion; the tables have all of them.
const CITED: usize = 20;

/// Every history of the snapshot, decided.
pub(super) fn decided<'a>(snapshot: &'a Snapshot, policy: &Policy) -> Vec<History<'a>> {
    let histories = snapshot.observations.iter().filter_map(|observation| match &observation.seen {
        Seen::History(seen) => Some((seen, observation)),
        _ => None,
    });
    let accounts = accounts(policy);
    histories
        .map(|(seen, observation)| {
            let mut population = seen.population.clone();
            let forge =
                seen.forge.as_ref().map(|export| segregation::decide(&mut population, export, &accounts));
            if seen.earlier.as_ref().is_some_and(|earlier| !earlier.same_origin) {
                let why = "an earlier run saw a history with another first commit under this name";
                population.incomplete.push(why.to_owned());
            }
            let set = ChangeSet {
                population,
                forge,
                earlier_tip_kept: earlier_tip_kept(seen),
                signatures_unverified: seen.signatures_unverified.clone(),
            };
            let subject = format!("repository {}", seen.repository);
            History { seen, set, evidence: Evidence::of(observation), subject }
        })
        .collect()
}

/// Whether the branch still holds the tip of the earlier run. A commit that a whole clone does not have is on no branch
/// of it; where a clone was cut, what lies behind the cut cannot be told.
fn earlier_tip_kept(seen: &HistorySeen) -> Option<bool> {
    match seen.earlier.as_ref().filter(|earlier| earlier.same_origin)?.kept {
        Some(true) => Some(true),
        Some(false) | None => seen.population.history.shallow.is_empty().then_some(false),
    }
}

/// Which forge accounts an address belongs to, as the roster has it.
pub fn accounts(policy: &Policy) -> segregation::Identities {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for person in &policy.roster {
        for email in &person.emails {
            known.entry(email.clone()).or_default().extend(person.forge_accounts.iter().cloned());
        }
    }
    known
}

impl<'a> Facts<'a> {
    /// The changes of each repository, by name.
    pub fn histories(&self) -> &[History<'a>] {
        &self.histories
    }

    /// Asks a question of every repository's history; one that was not read is unknown.
    pub fn each_history(&self, judge: impl Fn(&History<'a>) -> Conclusion) -> Judgement {
        let conclusions: Vec<Conclusion> = self
            .repository_names()
            .iter()
            .map(|name| match self.histories.iter().find(|history| history.seen.repository == *name) {
                Some(history) => judge(history),
                None => {
                    let places =
                        [format!("repo:{name}/history"), format!("repo:{name}/.git"), format!("repo:{name}")];
                    let gap = places.iter().find_map(|place| self.gap_at(place));
                    let why = gap.map_or_else(|| "its history was not read".to_owned(), |gap| gap.sentence());
                    Conclusion::undetermined(format!("repository {name}"), why)
                }
            })
            .collect();
        if conclusions.is_empty() {
            return Findings::one(Conclusion::undetermined(
                "repositories",
                "no repository was given with --repo",
            ));
        }
        Findings::of(conclusions, "no repository")
    }
}

impl History<'_> {
    /// The changes that were kept.
    pub fn changes(&self) -> &[Change] {
        &self.set.population.changes
    }

    /// How many landed in the period, kept or not.
    pub fn landed(&self) -> u64 {
        self.set.population.rows_after_filters
    }

    /// Citations of single changes.
    pub fn citing<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Vec<Evidence> {
        changes.into_iter().take(CITED).map(|change| self.evidence.at(change.commit.as_str())).collect()
    }

    /// Cannot be decided.
    pub fn unknown(&self, why: impl Into<String>) -> Conclusion {
        Conclusion::undetermined(&self.subject, why)
    }

    /// Does not hold for these changes.
    pub fn fails(&self, changes: &[&Change], message: impl Into<String>) -> Conclusion {
        Conclusion::fail(&self.subject, self.citing(changes.iter().copied()), message)
    }

    /// Holds, provided that nothing speaks against the list being complete.
    pub fn passes(&self, message: impl Into<String>) -> Conclusion {
        let against = self.set.against_completeness();
        if against.is_empty() {
            Conclusion::pass(&self.subject, self.evidence.clone(), message)
        } else {
            self.unknown(format!("the list of changes is not shown to be complete: {}", against.join("; ")))
        }
    }

    /// Whether each of these changes was approved by someone who had no part in it. Git alone never says so.
    pub fn approved_by_another(&self, changes: &[&Change], what: &str) -> Conclusion {
        let with = |verdict| -> Vec<&Change> {
            changes.iter().copied().filter(|change| change.approval() == verdict).collect()
        };
        let (failed, open) = (with(Verdict::Fail), with(Verdict::Undetermined));
        let all = changes.len();
        if let Some(first) = failed.first() {
            let message = format!(
                "{} of {all} {what} landed without the approval of someone independent, {} the latest",
                failed.len(),
                short(first)
            );
            return self.fails(&failed, message);
        }
        if !open.is_empty() {
            let why = match &self.set.forge {
                None => "git does not record approvals and no export of the forge was given (--forge)",
                Some(_) => "the forge's export does not decide it",
            };
            return self.unknown(format!("who approved {} of {all} {what} is not known: {why}", open.len()));
        }
        self.passes(format!("{all} of {all} {what} were approved by someone independent after the last push"))
    }
}

/// The beginning of a change's name, enough to find it.
pub fn short(change: &Change) -> &str {
    &change.commit.as_str()[..12]
}
