//! Impaired enforcement: mechanisms that a flaw of the client's version in use breaks, whatever the settings say.

use super::Facts;
use crate::{
    client::{
        flaws::{self, Flaw},
        settings,
        version::ClientVersion,
    },
    model::{Evidence, LogKind, Mechanism, Os},
};

/// A release that somebody uses here, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    pub version: ClientVersion,
    /// `is installed`, `ran the last sessions`.
    pub how: &'static str,
    pub evidence: Evidence,
}

/// Which releases the enforcement rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Releases {
    /// Those that are installed, or where no installation was found, those that ran the last sessions.
    InUse(Vec<InUse>),
    /// None was seen in use; managed settings keep those below this one from starting.
    AtLeast(ClientVersion, Evidence),
    /// None was seen in use, and any may start.
    NotKnown,
}

/// What flaws of the releases do to mechanisms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Impairment {
    /// No release in question has a flaw that any session can use. What takes a particular form is named.
    None { narrow: Option<String> },
    /// A release in use has one.
    Certain { why: String, evidence: Vec<Evidence> },
    /// A release that may start has one; which is in use was not seen.
    Possible { why: String },
    /// Nothing is known of the releases.
    NotKnown,
}

impl Facts<'_> {
    /// The releases that the enforcement on this host rests on now.
    pub fn releases(&self) -> Releases {
        let minimum = self.required_minimum();
        let mut seen = self.installed();
        if seen.is_empty() {
            seen = self.last_sessions();
        }
        if let Some((minimum, _)) = &minimum {
            // What obeys the key and is too old does not start.
            let obeys = |version| flaws_of(&[Mechanism::MinimumVersion], version, self.system()).is_empty();
            seen.retain(|one| one.version >= *minimum || !obeys(one.version));
        }
        match (seen.is_empty(), minimum) {
            (false, _) => Releases::InUse(seen),
            (true, Some((minimum, evidence))) => Releases::AtLeast(minimum, evidence),
            (true, None) => Releases::NotKnown,
        }
    }

    /// What flaws of these releases do to mechanisms that a control rests on.
    pub fn impairment(&self, releases: &Releases, mechanisms: &[Mechanism]) -> Impairment {
        let os = self.system();
        match releases {
            Releases::NotKnown => Impairment::NotKnown,
            Releases::AtLeast(minimum, _) => {
                let found = flaws_of(mechanisms, *minimum, os);
                match sentence(&found, mechanisms) {
                    Some(what) => Impairment::Possible {
                        why: format!(
                            "no client was seen in use, and requiredMinimumVersion lets {minimum} start: {what}"
                        ),
                    },
                    None => Impairment::None { narrow: narrow(&found) },
                }
            }
            Releases::InUse(seen) => {
                let mut quiet = None;
                for one in seen {
                    let found = flaws_of(mechanisms, one.version, os);
                    if let Some(what) = sentence(&found, mechanisms) {
                        let why = format!("{} {}: {what}", one.version, one.how);
                        return Impairment::Certain { why, evidence: vec![one.evidence.clone()] };
                    }
                    quiet = quiet.or_else(|| narrow(&found));
                }
                Impairment::None { narrow: quiet }
            }
        }
    }

    fn installed(&self) -> Vec<InUse> {
        let Ok((host, evidence)) = self.host() else { return Vec::new() };
        let versions = host.client_versions.iter().filter_map(|text| text.parse().ok());
        versions.map(|version| InUse { version, how: "is installed", evidence: evidence.clone() }).collect()
    }

    /// The releases of the last day on which each person's session files name any.
    fn last_sessions(&self) -> Vec<InUse> {
        let mut found = Vec::new();
        for records in self.records() {
            if !matches!(records.seen.kind, LogKind::Transcripts { .. }) {
                continue;
            }
            let named = records.activity().days.values().rev().find(|day| day.versions.total() > 0);
            let versions = named.iter().flat_map(|day| &day.versions.top);
            found.extend(versions.filter_map(|count| {
                let evidence = records.evidence.clone();
                Some(InUse { version: count.name.parse().ok()?, how: "ran the last sessions", evidence })
            }));
        }
        found
    }

    /// The lowest release that managed settings let start for everybody.
    fn required_minimum(&self) -> Option<(ClientVersion, Evidence)> {
        let users: Vec<_> = self.sessions().iter().filter(|session| session.repository.is_none()).collect();
        let mut lowest = None;
        for session in users {
            let value = session.administered("requiredMinimumVersion")?;
            let version = value.value.as_str()?.parse().ok()?;
            if lowest.as_ref().is_none_or(|(known, _)| version < *known) {
                lowest = Some((version, session.cite(&value)));
            }
        }
        lowest
    }

    fn system(&self) -> settings::Os {
        match self.host().map(|(host, _)| host.os) {
            Ok(Os::MacOs) => settings::Os::MacOs,
            Ok(Os::Windows) => settings::Os::Windows,
            Ok(Os::Linux) | Err(_) => settings::Os::Linux,
        }
    }
}

fn flaws_of(mechanisms: &[Mechanism], version: ClientVersion, os: settings::Os) -> Vec<&'static Flaw> {
    let concerns = |flaw: &&Flaw| mechanisms.iter().any(|mechanism| flaw.breaks(mechanism.word()));
    flaws::all().iter().filter(concerns).filter(|flaw| flaw.affects(version, os)).collect()
}

/// What the flaws that any session can use come to: how many, the last of them, and the release without them.
fn sentence(found: &[&Flaw], mechanisms: &[Mechanism]) -> Option<String> {
    let open: Vec<&&Flaw> = found.iter().filter(|flaw| flaw.open).collect();
    let last = open.iter().max_by_key(|flaw| flaw.before)?;
    let broken: Vec<&str> = mechanisms
        .iter()
        .filter(|mechanism| open.iter().any(|flaw| flaw.breaks(mechanism.word())))
        .map(|mechanism| mechanism.words())
        .collect();
    Some(format!(
        "{} known flaw{} of {} before {}, the last of them {}: {}",
        open.len(),
        if open.len() == 1 { "" } else { "s" },
        broken.join(" and "),
        last.before,
        last.id,
        last.what
    ))
}

/// What takes a particular form is said, and not held against the control.
fn narrow(found: &[&Flaw]) -> Option<String> {
    let last = found.iter().filter(|flaw| !flaw.open).max_by_key(|flaw| flaw.before)?;
    Some(format!("{} ({})", last.what, last.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_flaws_names_known_mechanisms_and_each_has_one() {
        let known: Vec<&str> = Mechanism::ALL.iter().map(|mechanism| mechanism.word()).collect();
        for flaw in flaws::all() {
            assert!(flaw.mechanisms().iter().all(|name| known.contains(name)), "{}", flaw.id);
        }
        for name in known {
            assert!(flaws::all().iter().any(|flaw| flaw.breaks(name)), "{name} has no flaw");
        }
    }

    #[test]
    fn a_release_without_open_flaws_is_sound_and_says_what_is_narrow() {
        let found = |version: &str| {
            flaws_of(&[Mechanism::Hooks], version.parse().expect("a version"), settings::Os::Linux)
        };
        assert!(
            sentence(&found("2.1.117"), &[Mechanism::Hooks]).is_some_and(|text| text.contains("2.1.118"))
        );
        assert_eq!(sentence(&found("2.1.240"), &[Mechanism::Hooks]), None);
        assert!(narrow(&found("2.1.240")).is_some());
        assert_eq!(narrow(&found("2.1.321")), None);
    }
}
