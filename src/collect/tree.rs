//! A file tree that can be read without ever leaving it, blocking, or opening anything but ordinary files.
//!
//! Every path is walked name by name from the tree's own descriptor. Links are resolved the way the examined host
//! would resolve them: an absolute link starts again at the root of the tree, never at the root of this machine.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

use super::mtree::Owners;
use super::naming::{shown, shown_name};
use crate::model::{GapReason, Owner, ParentSeen};

/// The kernel's own bound on links in one path.
const LINK_HOPS: usize = 40;
/// More names than this in one path is an attack, not a path.
const PATH_NAMES: usize = 512;
/// More entries than this are not read from one directory.
const DIRECTORY_ENTRIES: usize = 100_000;

#[cfg(any(target_os = "linux", target_os = "android"))]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What a link that points out of the tree means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// The tree is a whole host: its links are resolved inside it.
    InsideHost,
    /// The tree is a part (a repository): a link out of it is not followed.
    StayInside,
}

/// Why a path could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: GapReason,
    pub detail: String,
}

impl Refusal {
    fn new(reason: GapReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    fn of(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::new(GapReason::Absent, "there is no such file"),
            Errno::NOTDIR => Self::new(GapReason::Absent, "a part of the path is not a folder"),
            Errno::ACCESS | Errno::PERM => Self::new(
                GapReason::NotPermitted,
                "the operating system refused; run as a user who may read it",
            ),
            Errno::LOOP => Self::new(GapReason::NotAFile, "a loop of symbolic links"),
            Errno::NAMETOOLONG => Self::new(GapReason::Absent, "the name is longer than a file name can be"),
            other => Self::new(GapReason::Unreadable, format!("reading failed: {other}")),
        }
    }
}

/// A tree and how its owners are known.
pub struct Tree {
    fd: OwnedFd,
    /// Put before every source: nothing for the host, `repo:NAME/` for a repository.
    pub prefix: String,
    links: Links,
    pub owners: Owners,
    /// Where this tree stands below the tree that the owners' list is about, with a slash at its end.
    pub base: String,
    /// Whether the examined host finds a file under any case of its name, as Windows and macOS do.
    pub any_case: bool,
}

/// A path that was walked to its end.
pub struct Place {
    /// The real path, links resolved, below the tree's root.
    pub path: PathBuf,
    folders: Vec<(OsString, OwnedFd)>,
    name: OsString,
    pub stat: Stat,
    /// Folders in which a link of this path stands.
    link_folders: BTreeSet<PathBuf>,
    pub through_link: bool,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub name: OsString,
    pub kind: EntryKind,
}

/// What a name in a folder is, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    File,
    Folder,
    Link,
    Other,
}

/// The entries of a folder, sorted.
pub struct Listing {
    pub entries: Vec<Entry>,
    /// Whether there were more than could be read.
    pub cut: bool,
}

impl Tree {
    /// Opens the folder of this machine as a tree.
    pub fn open(
        path: &Path,
        prefix: String,
        links: Links,
        owners: Owners,
        base: String,
    ) -> Result<Self, Refusal> {
        let flags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(Refusal::of)?;
        Ok(Self { fd, prefix, links, owners, base, any_case: false })
    }

    /// The name of a path of this tree in the snapshot.
    pub fn source(&self, path: &Path) -> String {
        format!("{}{}", self.prefix, shown(path).trim_start_matches('/'))
    }

    /// Facts of the tree's own folder.
    pub fn root_stat(&self) -> Result<Stat, Refusal> {
        fstat(&self.fd).map_err(Refusal::of)
    }

    /// Walks the path to its end, links included.
    pub fn resolve(&self, path: &Path) -> Result<Place, Refusal> {
        let mut pending: VecDeque<OsString> = names_of(path);
        let mut folders: Vec<(OsString, OwnedFd)> = Vec::new();
        let mut link_folders = BTreeSet::new();
        let mut hops = 0;
        while let Some(mut name) = pending.pop_front() {
            if name == ".." {
                if folders.pop().is_none() && self.links == Links::StayInside {
                    return Err(leaves());
                }
                continue;
            }
            let here = folders.last().map_or(self.fd.as_fd(), |(_, fd)| fd.as_fd());
            let stat = match statat(here, name.as_os_str(), AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) if self.any_case => {
                    name = spelled_otherwise(here, &name).ok_or(Refusal::of(Errno::NOENT))?;
                    statat(here, name.as_os_str(), AtFlags::SYMLINK_NOFOLLOW).map_err(Refusal::of)?
                }
                other => other.map_err(Refusal::of)?,
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Symlink => {
                    hops += 1;
                    if hops > LINK_HOPS {
                        return Err(Refusal::of(Errno::LOOP));
                    }
                    link_folders.insert(joined(&folders));
                    let target = readlinkat(here, name.as_os_str(), Vec::new()).map_err(Refusal::of)?;
                    let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                    if target.is_absolute() {
                        if self.links == Links::StayInside {
                            return Err(leaves());
                        }
                        folders.clear();
                    }
                    for part in names_of(&target).into_iter().rev() {
                        pending.push_front(part);
                    }
                    if pending.len() > PATH_NAMES {
                        return Err(Refusal::of(Errno::LOOP));
                    }
                }
                FileType::Directory if pending.iter().any(|rest| rest != ".") => {
                    let fd = openat(here, name.as_os_str(), FOLDER, Mode::empty()).map_err(Refusal::of)?;
                    folders.push((name, fd));
                    if folders.len() > PATH_NAMES {
                        return Err(Refusal::new(GapReason::Unreadable, "the path is nested too deeply"));
                    }
                }
                _ if !pending.is_empty() && FileType::from_raw_mode(stat.st_mode) != FileType::Directory => {
                    return Err(Refusal::of(Errno::NOTDIR));
                }
                _ => {
                    let path = joined(&folders).join(&name);
                    return Ok(Place { path, folders, name, stat, through_link: hops > 0, link_folders });
                }
            }
        }
        // The path ends in a folder that is already open: the root itself, or one reached by `..`.
        let through_link = hops > 0;
        let path = joined(&folders);
        match folders.pop() {
            None => {
                let stat = self.root_stat()?;
                Ok(Place { path, folders, name: OsString::from("."), stat, link_folders, through_link })
            }
            Some((name, fd)) => {
                let stat = fstat(&fd).map_err(Refusal::of)?;
                Ok(Place { path, folders, name, stat, link_folders, through_link })
            }
        }
    }

    /// What a link says, unresolved, where the path's last name is a link.
    pub fn link(&self, path: &Path) -> Option<PathBuf> {
        let name = path.file_name()?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let fd = match parent {
            None => openat(&self.fd, ".", FOLDER, Mode::empty()).ok()?,
            Some(parent) => {
                let place = self.resolve(parent).ok().filter(Place::is_folder)?;
                openat(self.parent(&place), place.name.as_os_str(), FOLDER, Mode::empty()).ok()?
            }
        };
        let target = readlinkat(&fd, name, Vec::new()).ok()?;
        Some(PathBuf::from(OsString::from_vec(target.into_bytes())))
    }

    /// Reads an ordinary file of at most `limit` bytes.
    pub fn read(&self, place: &Place, limit: u64) -> Result<Vec<u8>, Refusal> {
        match FileType::from_raw_mode(place.stat.st_mode) {
            FileType::RegularFile => {}
            kind => return Err(Refusal::new(GapReason::NotAFile, format!("it is {}", kind_words(kind)))),
        }
        let size = u64::try_from(place.stat.st_size).unwrap_or(0);
        if size > limit {
            return Err(too_large(size, limit));
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
        let fd =
            openat(self.parent(place), place.name.as_os_str(), flags, Mode::empty()).map_err(Refusal::of)?;
        let now = fstat(&fd).map_err(Refusal::of)?;
        if (now.st_dev, now.st_ino) != (place.stat.st_dev, place.stat.st_ino) {
            return Err(Refusal::new(GapReason::Unreadable, "the file was replaced while it was being read"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(limit)).unwrap_or(0));
        match File::from(fd).take(limit + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > limit => Err(too_large(bytes.len() as u64, limit)),
            Ok(_) => Ok(bytes),
            Err(error) => Err(match error.raw_os_error() {
                Some(code) => Refusal::of(Errno::from_raw_os_error(code)),
                None => Refusal::new(GapReason::Unreadable, "reading failed"),
            }),
        }
    }

    /// The entries of a folder, sorted by name.
    pub fn list(&self, place: &Place) -> Result<Listing, Refusal> {
        if FileType::from_raw_mode(place.stat.st_mode) != FileType::Directory {
            return Err(Refusal::new(GapReason::Malformed, "a folder was expected here"));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd =
            openat(self.parent(place), place.name.as_os_str(), flags, Mode::empty()).map_err(Refusal::of)?;
        let mut entries = Vec::new();
        let mut cut = false;
        for entry in Dir::read_from(&fd).map_err(Refusal::of)? {
            let entry = entry.map_err(Refusal::of)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            if entries.len() == DIRECTORY_ENTRIES {
                cut = true;
                break;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
                known => known,
            };
            let kind = match kind {
                FileType::RegularFile => EntryKind::File,
                FileType::Directory => EntryKind::Folder,
                FileType::Symlink => EntryKind::Link,
                _ => EntryKind::Other,
            };
            entries.push(Entry { name: name.to_owned(), kind });
        }
        entries.sort();
        Ok(Listing { entries, cut })
    }

    /// Whether the path leads to a folder.
    pub fn has_folder(&self, path: impl AsRef<Path>) -> bool {
        self.resolve(path.as_ref()).is_ok_and(|place| place.is_folder())
    }

    /// Whether the path leads anywhere.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.resolve(path.as_ref()).is_ok()
    }

    /// Who owns the thing, as far as this tree can tell.
    pub fn owner(&self, path: &Path, stat: &Stat) -> Owner {
        self.owners.owner(&self.listed(path), stat.st_uid, stat.st_gid)
    }

    /// Its permission bits, by the file system and the owners' list together.
    #[allow(clippy::unnecessary_cast)] // narrower than u32 on some systems
    pub fn mode(&self, path: &Path, stat: &Stat) -> u32 {
        self.owners.mode(&self.listed(path), stat.st_mode as u32 & 0o7777)
    }

    /// The folders above a place, nearest first, and above every link that led to it.
    pub fn parents(&self, place: &Place) -> Vec<ParentSeen> {
        let mut parents = Vec::new();
        let mut walked = PathBuf::new();
        for (name, fd) in &place.folders {
            walked.push(name);
            if let Ok(stat) = fstat(fd) {
                parents.push(self.parent_seen(&walked, &stat));
            }
        }
        parents.reverse();
        for folder in &place.link_folders {
            for above in folder.ancestors().filter(|above| !above.as_os_str().is_empty()) {
                let shown = self.source(above);
                if parents.iter().all(|known| known.path != shown)
                    && let Ok(at) = self.resolve(above)
                {
                    parents.push(self.parent_seen(above, &at.stat));
                }
            }
        }
        if self.owners.knows_root(&self.base)
            && let Ok(stat) = self.root_stat()
        {
            let mut root = self.parent_seen(Path::new(""), &stat);
            root.path = format!("{}.", self.prefix);
            parents.push(root);
        }
        parents
    }

    fn parent_seen(&self, path: &Path, stat: &Stat) -> ParentSeen {
        ParentSeen { path: self.source(path), owner: self.owner(path, stat), mode: self.mode(path, stat) }
    }

    fn listed(&self, path: &Path) -> String {
        let path = shown(path);
        if path.is_empty() {
            self.base.trim_end_matches('/').to_owned()
        } else {
            format!("{}{path}", self.base)
        }
    }

    fn parent<'a>(&'a self, place: &'a Place) -> BorrowedFd<'a> {
        place.folders.last().map_or(self.fd.as_fd(), |(_, fd)| fd.as_fd())
    }
}

impl Place {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        FileType::from_raw_mode(self.stat.st_mode) == FileType::Directory
    }

    /// Whether it is an ordinary file.
    pub fn is_file(&self) -> bool {
        FileType::from_raw_mode(self.stat.st_mode) == FileType::RegularFile
    }

    /// What it is, when it is no ordinary file.
    pub fn kind_words(&self) -> &'static str {
        kind_words(FileType::from_raw_mode(self.stat.st_mode))
    }
}

impl Entry {
    /// The name as text.
    pub fn shown(&self) -> String {
        shown_name(&self.name)
    }
}

/// The first name of a folder, in order, that differs only in case.
fn spelled_otherwise(folder: BorrowedFd, name: &OsStr) -> Option<OsString> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = openat(folder, ".", flags, Mode::empty()).ok()?;
    let entries = Dir::read_from(&fd).ok()?.take(DIRECTORY_ENTRIES).flatten();
    let names = entries.map(|entry| OsStr::from_bytes(entry.file_name().to_bytes()).to_owned());
    names.filter(|found| found.eq_ignore_ascii_case(name)).min()
}

fn names_of(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            _ => None,
        })
        .collect()
}

fn joined(folders: &[(OsString, OwnedFd)]) -> PathBuf {
    folders.iter().map(|(name, _)| name).collect()
}

fn leaves() -> Refusal {
    Refusal::new(
        GapReason::NotAFile,
        "a symbolic link leads out of the folder under examination; it was not followed",
    )
}

fn too_large(size: u64, limit: u64) -> Refusal {
    Refusal::new(GapReason::TooLarge, format!("{size} bytes; at most {limit} are read"))
}

fn kind_words(kind: FileType) -> &'static str {
    match kind {
        FileType::Directory => "a folder",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Symlink => "a symbolic link",
        FileType::RegularFile => "an ordinary file",
        FileType::Unknown => "not an ordinary file",
    }
}
