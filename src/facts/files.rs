//! Files as checks see them: content, owner, and who else could change them.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::written;
use crate::model::{Evidence, FileSeen, Observation, Owner, OwnerBasis, ParentSeen, Role, Seen};

/// One file that was read.
pub struct File<'a> {
    pub seen: &'a FileSeen,
    /// Below the root, or below `repo:NAME/`.
    pub source: &'a str,
    observation: &'a Observation,
    object: OnceLock<Option<Map<String, Value>>>,
}

/// Who besides an administrator can change a file or put another in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changeable {
    /// Only administrators.
    ByAdministrators,
    /// Others too, and how.
    ByOthers(String),
    /// The copy did not keep owners.
    Unknown(String),
}

impl<'a> File<'a> {
    pub(super) fn of(observation: &'a Observation) -> Option<Self> {
        match &observation.seen {
            Seen::File(seen) => {
                Some(Self { seen, source: &observation.source, observation, object: OnceLock::new() })
            }
            _ => None,
        }
    }

    /// Cites the file.
    pub fn evidence(&self) -> Evidence {
        Evidence::of(self.observation)
    }

    /// Cites a line of it, from 1.
    pub fn line(&self, line: impl std::fmt::Display) -> Evidence {
        self.evidence().at(format!("L{line}"))
    }

    /// The redacted text; empty where the role keeps none.
    pub fn text(&self) -> &'a str {
        self.seen.text.as_deref().unwrap_or_default()
    }

    /// The object that a settings file holds, as its author meant it; nothing for other files and other content.
    pub fn object(&self) -> Option<&Map<String, Value>> {
        let is_settings = matches!(self.seen.role, Role::Settings { .. });
        self.object.get_or_init(|| is_settings.then(|| written::object(self.text())).flatten()).as_ref()
    }

    /// Who can change the file: its own mode and owner, and those of every folder above it, because who can write a
    /// folder can put another file in place. A repository is there to be changed, whoever owns this copy of it.
    pub fn changeable(&self) -> Changeable {
        if self.source.starts_with("repo:") {
            let how =
                format!("{} lies in the repository, which those who work in it can change", self.source);
            return Changeable::ByOthers(how);
        }
        let own = [(self.source, &self.seen.owner, self.seen.mode)];
        changeable(own.into_iter().chain(above(&self.seen.parents)))
    }
}

fn above(parents: &[ParentSeen]) -> impl Iterator<Item = (&str, &Owner, u32)> {
    parents.iter().map(|parent| (parent.path.as_str(), &parent.owner, parent.mode))
}

/// Who can change the last of these paths, given the path and everything above it.
pub fn changeable<'p>(chain: impl Iterator<Item = (&'p str, &'p Owner, u32)>) -> Changeable {
    let mut unknown = None;
    for (path, owner, mode) in chain {
        // The sticky bit keeps others from replacing what is not theirs.
        let sticky = mode & 0o1000 != 0;
        let shown = if path.is_empty() { "/" } else { path };
        if mode & 0o002 != 0 && !sticky {
            return Changeable::ByOthers(format!(
                "{shown} can be written by everyone (mode {:04o})",
                mode & 0o7777
            ));
        }
        match (owner.basis, owner.uid) {
            (OwnerBasis::Unknown, _) | (_, None) => {
                unknown.get_or_insert_with(|| {
                    format!("the owner of {shown} is not known: the copy did not keep owners")
                });
            }
            (_, Some(0)) => {}
            (_, Some(uid)) => {
                return Changeable::ByOthers(format!("{shown} belongs to user id {uid}, not to root"));
            }
        }
        if mode & 0o020 != 0 && owner.gid != Some(0) && !sticky {
            return Changeable::ByOthers(format!(
                "{shown} can be written by its group (mode {:04o})",
                mode & 0o7777
            ));
        }
    }
    unknown.map_or(Changeable::ByAdministrators, Changeable::Unknown)
}
