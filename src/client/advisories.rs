//! Published vulnerabilities of the client: which versions they affect, as data of a day.

use std::sync::LazyLock;

use super::settings::Os;
use super::table::rows;
use super::version::ClientVersion;

/// Day on which the list was compiled; what was published later is not in it.
pub const LIST_DATE: &str = "2026-11-22";

const ADVISORIES: &str = include_str!("../../controls/client/advisories.tsv");

/// One published vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// The CVE number.
    pub id: &'static str,
    /// The first affected release; `None` where every earlier one is.
    pub from: Option<ClientVersion>,
    /// The release that fixes it.
    pub fixed_in: ClientVersion,
    /// The one system that is affected; `None` for all.
    pub os: Option<Os>,
    /// What a session was exposed to.
    pub what: &'static str,
}

static LIST: LazyLock<Vec<Advisory>> = LazyLock::new(|| {
    rows(ADVISORIES)
        .filter_map(|cells| {
            let [id, _, from, before, os, what] = cells[..] else { return None };
            let (from, os) = (from.parse().ok(), Os::named(os));
            Some(Advisory { id, from, fixed_in: before.parse().ok()?, os, what })
        })
        .collect()
});

/// Every listed vulnerability, by number.
pub fn all() -> &'static [Advisory] {
    &LIST
}

/// The vulnerabilities that affect a release on a system.
pub fn affecting(version: ClientVersion, os: Os) -> Vec<&'static Advisory> {
    all()
        .iter()
        .filter(|advisory| advisory.os.is_none_or(|only| only == os))
        .filter(|advisory| advisory.from.is_none_or(|from| version >= from) && version < advisory.fixed_in)
        .collect()
}

/// The oldest release that no listed vulnerability affects, nor any later one.
pub fn floor() -> ClientVersion {
    all().iter().map(|advisory| advisory.fixed_in).max().unwrap_or(super::version::CONTRACT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_whole() {
        let lines = ADVISORIES.lines().filter(|line| line.starts_with("CVE-")).count();
        assert_eq!((all().len(), lines), (26, 26));
        assert_eq!(floor(), "2.1.163".parse().unwrap());
    }

    #[test]
    fn bounds_and_systems_count() {
        let ids = |version: &str, os| -> Vec<&str> {
            affecting(version.parse().unwrap(), os).iter().map(|advisory| advisory.id).collect()
        };
        assert!(ids("2.1.163", Os::Linux).is_empty());
        assert_eq!(ids("2.1.162", Os::Linux), ["CVE-2026-54316", "CVE-2026-55607"]);
        assert!(!ids("2.1.30", Os::Linux).contains(&"CVE-2026-55607"), "affected from 2.1.38 on");
        assert!(ids("2.1.74", Os::Windows).contains(&"CVE-2026-35603"));
        assert!(!ids("2.1.74", Os::MacOs).contains(&"CVE-2026-35603"));
    }
}
