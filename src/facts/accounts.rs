//! What people may do to files: owners, modes and groups, as the system decides it.

use std::collections::BTreeSet;

use super::Facts;
use crate::model::{Owner, OwnerBasis, ParentSeen, Role, UserHome};

/// The right to read, write, or search and execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Read = 4,
    Write = 2,
    Search = 1,
}

/// Whether somebody may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum May {
    Yes,
    No,
    /// It cannot be told, and why.
    Unknown(String),
}

/// Somebody who acts on files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub name: String,
    pub uid: Option<u32>,
    gids: BTreeSet<u32>,
    /// Whether the group file was seen.
    groups_known: bool,
}

impl Facts<'_> {
    /// The people of the host, without root.
    pub fn people(&self) -> Vec<Principal> {
        let Ok((host, _)) = self.host() else { return Vec::new() };
        host.users
            .iter()
            .filter(|user| user.uid != Some(0) && user.name != "root")
            .map(|user| self.principal(user))
            .collect()
    }

    /// A user as the files see it.
    pub fn principal(&self, user: &UserHome) -> Principal {
        let mut gids: BTreeSet<u32> = user.groups.iter().filter_map(|group| self.gid_of(group)).collect();
        let primary: Option<u32> = self
            .accounts("etc/passwd")
            .find(|fields| fields[0] == user.name)
            .and_then(|fields| fields.get(3)?.parse().ok());
        gids.extend(primary);
        Principal {
            name: user.name.clone(),
            uid: user.uid,
            gids,
            groups_known: self.file_at("etc/group").is_some(),
        }
    }

    /// The number of a user, by name.
    pub fn uid_of(&self, name: &str) -> Option<u32> {
        if name == "root" {
            return Some(0);
        }
        self.accounts("etc/passwd")
            .find(|fields| fields[0] == name)
            .and_then(|fields| fields.get(2)?.parse().ok())
    }

    /// The number of a group, by name.
    pub fn gid_of(&self, name: &str) -> Option<u32> {
        if name == "root" || name == "wheel" && self.file_at("etc/group").is_none() {
            return Some(0);
        }
        self.accounts("etc/group")
            .find(|fields| fields[0] == name)
            .and_then(|fields| fields.get(2)?.parse().ok())
    }

    /// Whether the group file was seen, so that a name that is not in it does not exist.
    pub fn groups_seen(&self) -> bool {
        self.file_at("etc/group").is_some()
    }

    fn accounts(&self, source: &str) -> impl Iterator<Item = Vec<&str>> {
        let file = self.file_at(source).filter(|file| file.seen.role == Role::Accounts);
        file.map_or("", |file| file.text())
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(':').collect())
    }
}

impl Principal {
    /// Whether the mode of one file or folder gives this right.
    pub fn may(&self, right: Right, owner: &Owner, mode: u32) -> May {
        let bit = right as u32;
        let (own, group, other) = (mode >> 6 & bit != 0, mode >> 3 & bit != 0, mode & bit != 0);
        let given = |has| if has { May::Yes } else { May::No };
        if self.uid == Some(0) || own && group && other {
            return May::Yes;
        }
        if !own && !group && !other {
            return May::No;
        }
        let (OwnerBasis::FileSystem | OwnerBasis::Mtree, Some(uid)) = (owner.basis, owner.uid) else {
            return May::Unknown("the copy did not keep owners".to_owned());
        };
        match self.uid {
            None => return May::Unknown(format!("the user id of {} is not known", self.name)),
            Some(mine) if mine == uid => return given(own),
            Some(_) => {}
        }
        match owner.gid {
            Some(gid) if self.gids.contains(&gid) => given(group),
            Some(_) if self.groups_known || group == other => given(other),
            None if group == other => given(other),
            _ => May::Unknown(format!("the groups of {} are not known", self.name)),
        }
    }

    /// Whether all of these folders let somebody through.
    pub fn reaches(&self, parents: &[ParentSeen]) -> May {
        all(parents.iter().map(|parent| self.may(Right::Search, &parent.owner, parent.mode)))
    }

    /// Whether entries of a folder can be made in it.
    pub fn may_create_in(&self, owner: &Owner, mode: u32, parents: &[ParentSeen]) -> May {
        let own = [
            self.may(Right::Write, owner, mode),
            self.may(Right::Search, owner, mode),
            self.reaches(parents),
        ];
        all(own.into_iter())
    }

    /// Whether an existing file can be read.
    pub fn may_read(&self, owner: &Owner, mode: u32, parents: &[ParentSeen]) -> May {
        all([self.may(Right::Read, owner, mode), self.reaches(parents)].into_iter())
    }

    /// Whether an existing file can be written.
    pub fn may_write(&self, owner: &Owner, mode: u32, parents: &[ParentSeen]) -> May {
        all([self.may(Right::Write, owner, mode), self.reaches(parents)].into_iter())
    }

    /// Whether a file can be taken away or exchanged: by who may write a folder above it, unless the sticky bit keeps
    /// what belongs to others.
    pub fn may_replace(&self, owner: &Owner, parents: &[ParentSeen]) -> May {
        let mut child = owner;
        let mut unknown = None;
        for (number, parent) in parents.iter().enumerate() {
            let sticky = parent.mode & 0o1000 != 0;
            let keeps = sticky && self.uid.is_some() && child.uid != self.uid && parent.owner.uid != self.uid;
            let may = if keeps {
                May::No
            } else {
                self.may_create_in(&parent.owner, parent.mode, &parents[number + 1..])
            };
            match may {
                May::Yes => return May::Yes,
                May::Unknown(why) => unknown = Some(why),
                May::No => {}
            }
            child = &parent.owner;
        }
        unknown.map_or(May::No, May::Unknown)
    }

    /// Whether the file belongs to this person, who can then change its mode.
    pub fn owns(&self, owner: &Owner) -> bool {
        owner.basis != OwnerBasis::Unknown && owner.uid.is_some() && owner.uid == self.uid
    }
}

/// Yes where all are; no where one is; unknown otherwise.
fn all(answers: impl Iterator<Item = May>) -> May {
    let mut unknown = None;
    for answer in answers {
        match answer {
            May::Yes => {}
            May::No => return May::No,
            May::Unknown(why) => unknown = Some(why),
        }
    }
    unknown.map_or(May::Yes, May::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dev() -> Principal {
        Principal { name: "dev".into(), uid: Some(1000), gids: [1000, 990].into(), groups_known: true }
    }

    fn owner(uid: u32, gid: u32) -> Owner {
        Owner { uid: Some(uid), gid: Some(gid), basis: OwnerBasis::Mtree }
    }

    #[test]
    fn the_first_class_that_fits_decides() {
        for (uid, gid, mode, expected) in [
            (0, 990, 0o620, May::Yes),
            (0, 991, 0o620, May::No),
            (0, 991, 0o622, May::Yes),
            (1000, 0, 0o466, May::No),
            (0, 990, 0o602, May::No),
        ] {
            assert_eq!(dev().may(Right::Write, &owner(uid, gid), mode), expected, "{uid} {gid} {mode:o}");
        }
        let unknown = Owner { uid: None, gid: None, basis: OwnerBasis::Unknown };
        assert_eq!(dev().may(Right::Write, &unknown, 0o666), May::Yes);
        assert_eq!(dev().may(Right::Write, &unknown, 0o444), May::No);
        assert!(matches!(dev().may(Right::Write, &unknown, 0o640), May::Unknown(_)));
    }

    #[test]
    fn a_sticky_folder_keeps_what_belongs_to_others() {
        let folder = |mode| [ParentSeen { path: "var/log/c".into(), owner: owner(0, 990), mode }];
        assert_eq!(dev().may_replace(&owner(0, 990), &folder(0o770)), May::Yes);
        assert_eq!(dev().may_replace(&owner(0, 990), &folder(0o3770)), May::No);
        assert_eq!(dev().may_replace(&owner(1000, 990), &folder(0o3770)), May::Yes);
        assert_eq!(dev().may_replace(&owner(0, 0), &folder(0o755)), May::No);
    }
}
