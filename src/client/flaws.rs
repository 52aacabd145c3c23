//! Flaws of released versions by the mechanism of enforcement that they break, as data of a day.

use std::sync::LazyLock;

use super::settings::Os;
use super::table::rows;
use super::version::ClientVersion;

const FLAWS: &str = include_str!("../../controls/client/flaws.tsv");

/// One flaw of a range of releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The CVE number, or the release that fixed it.
    pub id: &'static str,
    /// The mechanisms that it breaks, by name.
    mechanisms: Vec<&'static str>,
    /// The first affected release; `None` where every earlier one is.
    from: Option<ClientVersion>,
    /// The release without it.
    pub before: ClientVersion,
    /// The one system that is affected; `None` for all.
    os: Option<Os>,
    /// Whether any session can pass the mechanism by it; otherwise it takes a particular setting or form.
    pub open: bool,
    /// What the client did.
    pub what: &'static str,
}

static LIST: LazyLock<Vec<Flaw>> = LazyLock::new(|| {
    rows(FLAWS)
        .filter_map(|cells| {
            let [id, mechanisms, from, before, os, reach, what] = cells[..] else { return None };
            Some(Flaw {
                id,
                mechanisms: mechanisms.split('|').collect(),
                from: from.parse().ok(),
                before: before.parse().ok()?,
                os: Os::named(os),
                open: reach == "open",
                what,
            })
        })
        .collect()
});

impl Os {
    /// Reads `linux`, `macos` or `windows`.
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "linux" => Some(Self::Linux),
            "macos" => Some(Self::MacOs),
            "windows" => Some(Self::Windows),
            _ => None,
        }
    }
}

/// Every listed flaw, in the order of the list.
pub fn all() -> &'static [Flaw] {
    &LIST
}

impl Flaw {
    /// The names of the mechanisms that the flaw breaks.
    pub fn mechanisms(&self) -> &[&'static str] {
        &self.mechanisms
    }

    /// Whether the flaw breaks a mechanism.
    pub fn breaks(&self, mechanism: &str) -> bool {
        self.mechanisms.contains(&mechanism)
    }

    /// Whether a release on a system has the flaw.
    pub fn affects(&self, version: ClientVersion, os: Os) -> bool {
        self.os.is_none_or(|only| only == os)
            && self.from.is_none_or(|from| version >= from)
            && version < self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_whole() {
        let rows = FLAWS.lines().filter(|row| !row.starts_with('#') && !row.is_empty()).count() - 1;
        assert_eq!(all().len(), rows);
        assert!(all().iter().all(|flaw| flaw.from.is_none_or(|from| from < flaw.before)));
    }

    #[test]
    fn every_published_vulnerability_is_here_but_those_that_break_no_mechanism() {
        let beside = ["CVE-2026-46406"];
        for advisory in super::super::advisories::all() {
            let here = all().iter().any(|flaw| flaw.id == advisory.id);
            assert_ne!(here, beside.contains(&advisory.id), "{}", advisory.id);
        }
    }

    #[test]
    fn versions_bound_a_flaw() {
        let affects = |id: &str, version: &str, os| {
            all().iter().any(|flaw| flaw.id == id && flaw.affects(version.parse().unwrap(), os))
        };
        assert!(affects("fixed in 2.1.113", "2.1.112", Os::Linux));
        assert!(!affects("fixed in 2.1.113", "2.1.113", Os::Linux));
        assert!(!affects("CVE-2026-40068", "2.1.62", Os::Linux));
        assert!(
            !affects("CVE-2026-35603", "2.1.60", Os::Linux)
                && affects("CVE-2026-35603", "2.1.60", Os::Windows)
        );
    }
}
