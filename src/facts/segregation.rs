//! Decides from a forge export who approved each change and whether that person was independent (audit-domain 4.3).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    change::{
        AiEvidence, Change, EvidenceSource, ForgeFacts, Person, Population, PrSource, Segregation, Topology,
    },
    forge::{ForgeExport, ForgeTieOut, PullRequest, Review, ReviewState},
};

/// Addresses and the accounts they belong to, as the organisation knows them.
pub type Identities = BTreeMap<String, BTreeSet<String>>;

/// Writes into each change what the forge knows about it. A change that the export does not speak of stays unknown,
/// unless the export covers its time and the change carries no mark of a pull request: then nobody approved it.
pub fn decide(population: &mut Population, export: &ForgeExport, identities: &Identities) -> ForgeTieOut {
    let branch = short_name(&population.branch).to_owned();
    let pulls: Vec<&PullRequest> = export
        .pulls
        .iter()
        .filter(|pull| pull.merged_at.is_some() && pull.base.as_ref().is_none_or(|base| *base == branch))
        .collect();
    let accounts = Accounts::new(export, identities);
    let landed = match_landings(&population.changes, &pulls);
    let times: Vec<_> = pulls.iter().filter_map(|pull| pull.merged_at).collect();
    let covered = times.iter().min().zip(times.iter().max());
    for (index, change) in population.changes.iter_mut().enumerate() {
        match landed.get(&index) {
            Some(found) => apply(change, found, &accounts),
            None => {
                let at = change.committer_time.timestamp();
                let inside = covered.zip(at).is_some_and(|((from, to), at)| *from <= at && at <= *to);
                if inside && change.pr_number.is_none() && change.topology == Topology::Unknown {
                    change.topology = Topology::Direct;
                    change.segregation = Segregation::NoApprovalFound;
                    change.evidence_source = EvidenceSource::Both;
                }
            }
        }
    }
    let found: BTreeSet<u64> = landed.values().map(|landing| landing.pull.number).collect();
    let in_period =
        pulls.iter().filter(|pull| pull.merged_at.is_some_and(|at| population.period.contains(at)));
    let mut tie_out = ForgeTieOut {
        landings: population.changes.len() as u64,
        landings_without_pull_request: (population.changes.len() - landed.len()) as u64,
        ..ForgeTieOut::default()
    };
    for pull in in_period {
        tie_out.merged_in_period += 1;
        if found.contains(&pull.number) { tie_out.matched += 1 } else { tie_out.not_landed.push(pull.number) }
    }
    tie_out
}

fn short_name(branch: &str) -> &str {
    let name =
        branch.strip_prefix("refs/remotes/").and_then(|rest| rest.split_once('/')).map(|(_, name)| name);
    name.or_else(|| branch.strip_prefix("refs/heads/")).unwrap_or(branch)
}

/// A pull request and how it landed.
struct Landed<'a> {
    pull: &'a PullRequest,
    topology: Topology,
}

/// Finds the pull request of each landing by the commit that the forge says it became; the number in a message is
/// never trusted for this.
fn match_landings<'a>(changes: &[Change], pulls: &[&'a PullRequest]) -> BTreeMap<usize, Landed<'a>> {
    let place: BTreeMap<&str, usize> =
        changes.iter().enumerate().map(|(index, change)| (change.commit.as_str(), index)).collect();
    let mut found = BTreeMap::new();
    for pull in pulls {
        let own: BTreeSet<&str> = pull.commits.iter().flatten().map(|commit| commit.oid.as_str()).collect();
        for oid in &pull.landed_as {
            let Some(&tip) = place.get(oid.as_str()) else { continue };
            let count = pull.commits.as_ref().map_or(1, Vec::len).max(1);
            let topology = if changes[tip].parents.len() > 1 {
                Topology::Merge
            } else if own.contains(oid.as_str()) {
                Topology::Rebase
            } else if count > 1 && same_headlines(changes, tip, pull) {
                // The forge names the last commit of a rebase only; the ones before it are told by their headlines.
                for index in tip..tip + count {
                    found.insert(index, Landed { pull, topology: Topology::Rebase });
                }
                Topology::Rebase
            } else {
                Topology::Squash
            };
            found.insert(tip, Landed { pull, topology });
        }
        for oid in own {
            if let Some(&index) = place.get(oid) {
                found.entry(index).or_insert(Landed { pull, topology: Topology::Rebase });
            }
        }
    }
    found
}

/// Whether the landings at `tip` and before it are the pull request's commits, one by one. The list is newest first,
/// and may leave out landings outside the period: then parents do not follow and it is no match.
fn same_headlines(changes: &[Change], tip: usize, pull: &PullRequest) -> bool {
    let commits = pull.commits.as_deref().unwrap_or_default();
    let Some(span) = changes.get(tip..tip + commits.len()) else { return false };
    let chained = span.windows(2).all(|pair| pair[0].parents.first() == Some(&pair[1].commit));
    chained
        && span.iter().zip(commits.iter().rev()).all(|(change, commit)| {
            change.parents.len() == 1 && change.subject.trim() == commit.headline.trim()
        })
}

/// Which account an address belongs to.
struct Accounts<'a> {
    by_email: BTreeMap<String, BTreeSet<String>>,
    identities: &'a Identities,
}

impl<'a> Accounts<'a> {
    fn new(export: &ForgeExport, identities: &'a Identities) -> Self {
        let mut by_email: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for commit in export.pulls.iter().flat_map(|pull| pull.commits.iter().flatten()) {
            for (person, login) in &commit.authors {
                if let Some(login) = login.as_ref().filter(|_| !person.email.is_empty()) {
                    by_email.entry(person.email.to_ascii_lowercase()).or_default().insert(login.clone());
                }
            }
        }
        Self { by_email, identities }
    }

    /// All accounts that the address may belong to; empty where none is known.
    fn of(&self, person: &Person) -> BTreeSet<String> {
        let email = person.email.to_ascii_lowercase();
        let mut found = self.by_email.get(&email).cloned().unwrap_or_default();
        found.extend(
            self.identities.get(&email).into_iter().flatten().map(|login| login.to_ascii_lowercase()),
        );
        // GitHub's own private addresses carry the account.
        if let Some(local) = email.strip_suffix("@users.noreply.github.com") {
            found.insert(local.rsplit('+').next().unwrap_or(local).to_owned());
        }
        found
    }
}

/// Committers that stand for the forge itself, and agents: no person is missing where these have no account.
fn is_machine(person: &Person, agent: Option<&str>) -> bool {
    let email = person.email.to_ascii_lowercase();
    matches!(email.as_str(), "noreply@github.com" | "noreply@anthropic.com" | "gitlab@localhost")
        || person.name.to_ascii_lowercase().ends_with("[bot]")
        || agent.is_some_and(|agent| {
            !email.is_empty() && agent.to_ascii_lowercase().contains(&format!("<{email}>"))
        })
}

fn apply(change: &mut Change, landed: &Landed<'_>, accounts: &Accounts<'_>) {
    let pull = landed.pull;
    change.topology = landed.topology;
    change.pr_number = Some(pull.number);
    change.pr_source = PrSource::Api;
    change.evidence_source = EvidenceSource::Both;
    if change.ai_evidence == AiEvidence::None && pull.labels.iter().any(|label| label.contains("claude")) {
        change.ai_evidence = AiEvidence::Label;
    }
    let mut facts = ForgeFacts {
        author: pull.author.as_ref().map(|account| account.login.clone()),
        merged_by: pull.merged_by.as_ref().map(|account| account.login.clone()),
        merged_at: pull.merged_at.map(|at| at.to_string()),
        ci_status: pull.checks.clone(),
        labels: pull.labels.clone(),
        ..ForgeFacts::default()
    };
    let contributors = contributors(change, pull, accounts);
    if let Some(reviews) = &pull.reviews {
        let approvals = standing_approvals(reviews, pull);
        for approval in &approvals {
            facts.approvers.push(approval.account.login.clone());
            facts.approval_times.push(approval.at.map_or_else(|| "UNKNOWN".to_owned(), |at| at.to_string()));
        }
        let may_count = |review: &Review| !review.account.is_bot && review.may_write != Some(false);
        let independent: Vec<&&Review> = approvals
            .iter()
            .filter(|review| may_count(review) && !contributors.accounts.contains(&review.account.login))
            .collect();
        let is_own = |review: &&Review| contributors.accounts.contains(&review.account.login);
        facts.self_approved = independent.is_empty() && approvals.iter().any(is_own);
        // What landed is what a merge's second parent says, whatever was pushed to the branch later.
        let head = match landed.topology {
            Topology::Merge => change.parents.get(1).map(|parent| parent.as_str().to_owned()),
            _ => pull.head.clone(),
        };
        facts.approved_after_last_push = freshest(&independent, head.as_deref(), pull);
        change.segregation = match (independent.is_empty(), contributors.unknown) {
            (true, _) if facts.self_approved => Segregation::SelfApproved,
            (true, _) => Segregation::NoApprovalFound,
            (false, true) => Segregation::UnknownIdentity,
            (false, false) => Segregation::Segregated,
        };
        facts.post_review_at = reviews
            .iter()
            .filter(|review| may_count(review) && review.state == ReviewState::Approved)
            .filter(|review| !contributors.accounts.contains(&review.account.login))
            .filter_map(|review| review.at.filter(|at| pull.merged_at.is_some_and(|merged| *at > merged)))
            .min()
            .map(|at| at.to_string());
    }
    change.forge = Some(facts);
}

struct Contributors {
    accounts: BTreeSet<String>,
    /// Someone contributed whose account is not known: an approver may be that person.
    unknown: bool,
}

/// Everyone who wrote what landed: the pull request's author, its commits' authors, the landing's author where the
/// landing is the work itself, and every co-author. The agent's operator is the author.
fn contributors(change: &Change, pull: &PullRequest, accounts: &Accounts<'_>) -> Contributors {
    let mut found = Contributors { accounts: BTreeSet::new(), unknown: pull.author.is_none() };
    found.accounts.extend(pull.author.as_ref().map(|account| account.login.clone()));
    let mut people: Vec<&Person> = change.co_authors.iter().collect();
    match &pull.commits {
        None => found.unknown = true,
        Some(commits) => {
            for (person, login) in commits.iter().flat_map(|commit| &commit.authors) {
                match login {
                    Some(login) => {
                        found.accounts.insert(login.clone());
                    }
                    None => people.push(person),
                }
            }
        }
    }
    // A merge commit's author is who pressed the button; of a squash or rebase it is who wrote the work.
    if change.topology != Topology::Merge {
        people.push(&change.author);
    }
    for person in people {
        let known = accounts.of(person);
        if known.is_empty() && !is_machine(person, change.ai_coauthor.as_deref()) {
            found.unknown = true;
        }
        found.accounts.extend(known);
    }
    found
}

/// The approvals that stood when the change was merged: the last decision of each account until then, sorted by
/// account. A decision without a time is taken as made before the merge only when the forge lists it as approved.
fn standing_approvals<'a>(reviews: &'a [Review], pull: &PullRequest) -> Vec<&'a Review> {
    let before = |review: &&Review| match (review.at, pull.merged_at) {
        (Some(at), Some(merged)) => at <= merged,
        _ => true,
    };
    let mut last: BTreeMap<&str, &Review> = BTreeMap::new();
    for review in reviews.iter().filter(before) {
        let entry = last.entry(&review.account.login).or_insert(review);
        // Without times the order of the export holds.
        if review.at >= entry.at {
            *entry = review;
        }
    }
    last.into_values().filter(|review| review.state == ReviewState::Approved).collect()
}

/// Whether one of these approvals was given to what was last pushed.
fn freshest(approvals: &[&&Review], head: Option<&str>, pull: &PullRequest) -> Option<bool> {
    let judge = |review: &Review| match (review.commit.as_deref(), head) {
        (Some(commit), Some(head)) => Some(commit == head),
        _ => review.at.zip(pull.last_push).map(|(at, push)| at > push),
    };
    let answers: Vec<Option<bool>> = approvals.iter().map(|review| judge(review)).collect();
    if answers.contains(&Some(true)) {
        Some(true)
    } else if answers.is_empty() || answers.contains(&None) {
        None
    } else {
        Some(false)
    }
}

#[cfg(test)]
mod tests;
