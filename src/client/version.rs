//! Versions of the client and the behaviours that changed between them, as data.

use std::fmt;
use std::str::FromStr;

/// One release of Claude Code, `major.minor.patch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientVersion {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

/// The release whose documentation this model follows where nothing was measured.
pub const CONTRACT: ClientVersion = ClientVersion { major: 2, minor: 1, patch: 240 };

/// The release whose behaviour was measured call by call.
pub const MEASURED: ClientVersion = ClientVersion { major: 2, minor: 1, patch: 197 };

/// The text is no `major.minor.patch` version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a client version: expected three numbers such as 2.1.240")]
pub struct BadVersion(pub String);

impl FromStr for ClientVersion {
    type Err = BadVersion;

    /// Reads `2.1.240`, also with a leading `v` or a trailing ` (Claude Code)`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadVersion(text.chars().take(40).collect());
        let core = text.trim().trim_start_matches('v').split([' ', '-', '+']).next().unwrap_or_default();
        let mut parts = core.split('.').map(|p| p.parse::<u32>());
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch)), None) => Ok(Self { major, minor, patch }),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for ClientVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A behaviour that differs between versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// A `Read` deny rule also blocks `Edit` on the path.
    ReadDenyBlocksEdit,
    /// A `Read` deny rule also blocks `Write` on the path.
    ReadDenyBlocksWrite,
    /// `defaultMode: bypassPermissions` of a repository file is ignored.
    RepoBypassIgnored,
    /// `defaultMode: auto` of a repository file is ignored.
    RepoAutoIgnored,
    /// Text after the closing parenthesis makes a rule invalid.
    TrailingTextInvalid,
    /// `onFailure: block` of a hook entry is honoured.
    OnFailureBlock,
    /// Exit 2 blocks even when stdout is JSON of the wrong shape.
    Exit2BeatsBadJson,
    /// Hook matchers may be split at commas.
    CommaMatchers,
    /// A hyphen keeps a matcher an exact name.
    HyphenExactMatchers,
    /// Deny and ask rules look behind `env`, `sudo`, `watch`, `ionice`, `setsid`.
    DenySeesExecWrappers,
    /// Bypass mode no longer prompts for writes to protected paths.
    BypassIgnoresProtectedPaths,
    /// Tool-name globs in deny and ask rules.
    ToolNameGlobs,
    /// Managed sources count together where the strongest says so.
    ManagedSourcesMerge,
    /// The local settings of a repository lie at its root.
    LocalAtGitRoot,
    /// Read-only commands may carry unquoted globs.
    ReadOnlyGlobs,
}

/// One row of the table: from which version a behaviour holds, and where that is known from.
#[derive(Debug, Clone, Copy)]
pub struct BehaviourRow {
    pub behaviour: Behaviour,
    pub since: ClientVersion,
    pub source: &'static str,
}

const fn v(patch: u32) -> ClientVersion {
    ClientVersion { major: 2, minor: 1, patch }
}

/// Behaviours by first version, in version order.
pub const BEHAVIOURS: &[BehaviourRow] = &[
    BehaviourRow { behaviour: Behaviour::ReadOnlyGlobs, since: v(111), source: "changelog" },
    BehaviourRow {
        behaviour: Behaviour::DenySeesExecWrappers,
        since: v(113),
        source: "changelog; measured on 2.1.197",
    },
    BehaviourRow {
        behaviour: Behaviour::BypassIgnoresProtectedPaths,
        since: v(126),
        source: "client-contract 2.4",
    },
    BehaviourRow { behaviour: Behaviour::RepoAutoIgnored, since: v(142), source: "client-contract 2.4" },
    BehaviourRow { behaviour: Behaviour::ToolNameGlobs, since: v(166), source: "changelog" },
    BehaviourRow { behaviour: Behaviour::CommaMatchers, since: v(191), source: "client-contract 3.2" },
    BehaviourRow { behaviour: Behaviour::HyphenExactMatchers, since: v(195), source: "client-contract 3.2" },
    BehaviourRow { behaviour: Behaviour::ReadDenyBlocksEdit, since: v(208), source: "client-contract 2.2" },
    BehaviourRow { behaviour: Behaviour::LocalAtGitRoot, since: v(211), source: "client-contract 1.1" },
    BehaviourRow { behaviour: Behaviour::Exit2BeatsBadJson, since: v(214), source: "changelog" },
    BehaviourRow { behaviour: Behaviour::ReadDenyBlocksWrite, since: v(228), source: "client-contract 2.2" },
    BehaviourRow { behaviour: Behaviour::ManagedSourcesMerge, since: v(242), source: "client-contract 1.4" },
    BehaviourRow { behaviour: Behaviour::RepoBypassIgnored, since: v(257), source: "secondary" },
    BehaviourRow { behaviour: Behaviour::TrailingTextInvalid, since: v(260), source: "secondary" },
    BehaviourRow {
        behaviour: Behaviour::OnFailureBlock,
        since: v(295),
        source: "secondary; measured by a third party",
    },
];

impl ClientVersion {
    /// Whether this version has the behaviour. A behaviour missing from the table counts as not there.
    pub fn has(self, behaviour: Behaviour) -> bool {
        BEHAVIOURS.iter().any(|row| row.behaviour == behaviour && self >= row.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_parse_and_order() {
        let a: ClientVersion = "2.1.99".parse().unwrap();
        let b: ClientVersion = "v2.1.240 (Claude Code)".parse().unwrap();
        assert!(a < b);
        assert_eq!(b, CONTRACT);
        for bad in ["", "2.1", "2.1.x", "2.1.3.4", "latest"] {
            assert!(bad.parse::<ClientVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_table_is_in_version_order() {
        assert!(BEHAVIOURS.windows(2).all(|w| w[0].since <= w[1].since));
        assert!(
            !MEASURED.has(Behaviour::ReadDenyBlocksWrite) && CONTRACT.has(Behaviour::ReadDenyBlocksWrite)
        );
    }
}
