//! What a forge recorded about pull requests (merge requests), as far as approval is decided by it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Digest, Verdict,
    change::{Change, Person, Segregation},
};

/// Whose export it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForgeKind {
    GitHub,
    GitLab,
}

/// An account of the forge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub login: String,
    /// Said by the forge, or known by name. A bot never approves.
    pub is_bot: bool,
}

/// What a reviewer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    Approved,
    ChangesRequested,
    Dismissed,
}

/// One decision of one reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    pub account: Account,
    pub state: ReviewState,
    pub at: Option<Timestamp>,
    /// The commit that was reviewed.
    pub commit: Option<String>,
    /// Whether the account may write to the repository; none where the export does not say.
    pub may_write: Option<bool>,
}

/// One commit of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullCommit {
    pub oid: String,
    pub headline: String,
    /// With the account where the forge knows it.
    pub authors: Vec<(Person, Option<String>)>,
}

/// One pull request. A list that is `None` is not in the export; an empty one was empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullRequest {
    pub number: u64,
    pub title: String,
    pub author: Option<Account>,
    pub base: Option<String>,
    /// The last commit pushed to it.
    pub head: Option<String>,
    pub last_push: Option<Timestamp>,
    pub merged_at: Option<Timestamp>,
    pub merged_by: Option<Account>,
    /// What it became on the branch: the merge commit, the squashed commit, the last of a rebase.
    pub landed_as: Vec<String>,
    pub commits: Option<Vec<PullCommit>>,
    pub reviews: Option<Vec<Review>>,
    /// `success`, `failure` or `pending` over all checks.
    pub checks: Option<String>,
    pub labels: Vec<String>,
}

/// A whole export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgeExport {
    pub kind: ForgeKind,
    pub source: String,
    pub digest: Digest,
    /// By number.
    pub pulls: Vec<PullRequest>,
}

/// How the export and the list of landings fit together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgeTieOut {
    /// Pull requests of the export merged into this branch in the period.
    pub merged_in_period: u64,
    /// Of them, found among the landings.
    pub matched: u64,
    /// Numbers of those not found, sorted.
    pub not_landed: Vec<u64>,
    pub landings: u64,
    /// Landings of no pull request of the export.
    pub landings_without_pull_request: u64,
}

impl Change {
    /// What is known of its approval: a pass only where someone independent approved what was last pushed.
    pub fn approval(&self) -> Verdict {
        let fresh = self.forge.as_ref().and_then(|forge| forge.approved_after_last_push);
        match (self.segregation, fresh) {
            (Segregation::SelfApproved | Segregation::NoApprovalFound, _) => Verdict::Fail,
            (Segregation::Segregated, Some(true)) => Verdict::Pass,
            (Segregation::Segregated, Some(false)) => Verdict::Fail,
            _ => Verdict::Undetermined,
        }
    }
}
