//! Files of a tree, copied for a sandbox with the rights that one person has on them.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::person::Person;
use crate::collect::tree::{EntryKind, Tree};
use crate::model::OwnerBasis;

/// Files copied from one tree, and their bytes together.
const FILES: usize = 50_000;
const BYTES: u64 = 256 * 1024 * 1024;
/// A larger file is no script.
const FILE_BYTES: u64 = 8 * 1024 * 1024;
/// Folders deeper than this are not copied.
const DEPTH: usize = 40;

/// Copies files of a tree, with the rights that one person has on them.
pub struct Copier<'a> {
    tree: &'a Tree,
    person: Option<&'a Person>,
    files: usize,
    bytes: u64,
    pub left_out: Vec<String>,
}

impl<'a> Copier<'a> {
    pub fn new(tree: &'a Tree, person: Option<&'a Person>) -> Self {
        Self { tree, person, files: 0, bytes: 0, left_out: Vec::new() }
    }

    /// A file or a folder; nothing where it is not there.
    pub fn either(&mut self, path: &Path, to: &Path) -> io::Result<()> {
        match self.tree.resolve(path) {
            Ok(place) if place.is_folder() => self.folder(path, to, 0, &|_| false),
            Ok(place) if place.is_file() => {
                if let Some(parent) = to.parent() {
                    fs::create_dir_all(parent)?;
                }
                self.file(path, to)
            }
            _ => Ok(()),
        }
    }

    /// A folder with everything in it, but what is skipped.
    pub fn folder(
        &mut self,
        path: &Path,
        to: &Path,
        depth: usize,
        skip: &dyn Fn(&Path) -> bool,
    ) -> io::Result<()> {
        fs::create_dir_all(to)?;
        let Ok(place) = self.tree.resolve(path) else { return Ok(()) };
        if depth > DEPTH || (depth > 0 && self.rights(path, &place.stat) & 1 == 0) {
            self.left_out.push(self.tree.source(path));
            return Ok(());
        }
        let Ok(listing) = self.tree.list(&place) else {
            self.left_out.push(self.tree.source(path));
            return Ok(());
        };
        for entry in listing.entries {
            let (from, onto) = (path.join(&entry.name), to.join(&entry.name));
            if skip(&from) || fs::symlink_metadata(&onto).is_ok() {
                continue;
            }
            match entry.kind {
                EntryKind::Folder => self.folder(&from, &onto, depth + 1, skip)?,
                EntryKind::File => self.file(&from, &onto)?,
                EntryKind::Link => {
                    if let Some(target) = self.tree.link(&from) {
                        symlink(target, onto)?;
                    }
                }
                EntryKind::Other => {}
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, to: &Path) -> io::Result<()> {
        self.files += 1;
        let read = self.tree.resolve(path).and_then(|place| {
            let rights = self.rights(path, &place.stat);
            Ok((self.tree.read(&place, FILE_BYTES.min(BYTES.saturating_sub(self.bytes)))?, rights))
        });
        let Some((content, rights)) = read.ok().filter(|_| self.files <= FILES) else {
            if self.left_out.len() < 100 {
                self.left_out.push(self.tree.source(path));
            }
            return Ok(());
        };
        self.bytes += content.len() as u64;
        fs::write(to, content)?;
        fs::set_permissions(to, fs::Permissions::from_mode(rights * 0o111))
    }

    /// What the person may do: 4 read, 2 write, 1 execute.
    fn rights(&self, path: &Path, stat: &rustix::fs::Stat) -> u32 {
        let mode = self.tree.mode(path, stat);
        let owner = self.tree.owner(path, stat);
        let Some(person) = self.person.filter(|_| owner.basis != OwnerBasis::Unknown) else {
            return (mode >> 6) & 7;
        };
        if owner.uid == Some(person.uid) {
            (mode >> 6) & 7
        } else if owner.gid.is_some_and(|gid| person.gids.contains(&gid)) {
            (mode >> 3) & 7
        } else {
            mode & 7
        }
    }
}
