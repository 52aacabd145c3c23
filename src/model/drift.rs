//! How the settings of a branch changed in the period: stretches of time in which a requirement held or did not.

use super::{
    Verdict,
    change::{ClaimedTime, ObjectName, Person},
};

/// What is asked of each version of a settings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// The file does not start sessions in the mode without permissions.
    NoBypass,
    /// Every deny rule that stood earlier stands.
    DenyRules,
    /// Every hook that stood earlier stands, and hooks are not switched off.
    Hooks,
    /// Every lock that stood earlier stands.
    Locks,
}

impl Requirement {
    pub const ALL: [Self; 4] = [Self::NoBypass, Self::DenyRules, Self::Hooks, Self::Locks];

    /// The words that a reader sees.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoBypass => "no bypass mode set",
            Self::DenyRules => "deny rules kept",
            Self::Hooks => "hooks kept",
            Self::Locks => "locks kept",
        }
    }
}

/// One requirement on one file, from one landing until the next that matters to it. Half-open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub repository: String,
    pub path: String,
    pub requirement: Requirement,
    /// Nothing where it stood so when the period began.
    pub from: Option<ClaimedTime>,
    /// Nothing where it stands so to the end of the period.
    pub to: Option<ClaimedTime>,
    pub verdict: Verdict,
    pub observed: String,
    /// The landing that brought it about, and who wrote it.
    pub commit: ObjectName,
    pub author: Person,
}
