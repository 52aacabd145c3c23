//! Looks at a folder that claims to be a pack, without trusting anything in it: no link is followed, no pipe opened,
//! nothing read without a limit.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    io::Read as _,
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::{
    manifest::SUMS,
    name::{MAX_DEPTH, PackName, shown},
};
use crate::model::Digest;

/// A manifest larger than this is not ours.
const MAX_MANIFEST: u64 = 64 << 20;

/// Entries that are listed at most; a folder with more is not ours.
const MAX_ENTRIES: usize = 200_000;

/// What stands in a folder: every entry by its name relative to it.
pub(super) struct Tree {
    /// Ordinary files.
    pub files: BTreeSet<String>,
    /// Links, pipes, devices: never part of a pack. The value says what it is.
    pub others: BTreeMap<String, &'static str>,
    pub folders: BTreeSet<String>,
    /// Folders that could not be listed, and why.
    pub closed: BTreeMap<String, String>,
}

impl Tree {
    /// Lists everything below the folder.
    pub(super) fn walk(root: &Path) -> io::Result<Self> {
        let mut tree = Self {
            files: BTreeSet::new(),
            others: BTreeMap::new(),
            folders: BTreeSet::new(),
            closed: BTreeMap::new(),
        };
        let mut pending = vec![(String::new(), root.to_owned(), 0)];
        let mut seen = 0;
        while let Some((name, path, depth)) = pending.pop() {
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) if depth == 0 => return Err(error),
                Err(error) => {
                    tree.closed.insert(name, error.to_string());
                    continue;
                }
            };
            for entry in entries {
                let entry = entry?;
                seen += 1;
                if seen > MAX_ENTRIES {
                    return Err(io::Error::other(format!("it holds more than {MAX_ENTRIES} entries")));
                }
                let raw = entry.file_name();
                // A name that is not UTF-8 is none of ours; it is shown with marks where bytes are wrong.
                let part = raw.to_str().map_or_else(|| format!("{}?", raw.display()), str::to_owned);
                let child = if name.is_empty() { part } else { format!("{name}/{part}") };
                let kind = entry.file_type()?;
                if kind.is_file() {
                    tree.files.insert(child);
                } else if kind.is_dir() && depth < MAX_DEPTH {
                    tree.folders.insert(child.clone());
                    pending.push((child, entry.path(), depth + 1));
                } else if kind.is_dir() {
                    tree.others.insert(child, "folders too deep");
                } else if kind.is_symlink() {
                    tree.others.insert(child, "a symbolic link");
                } else {
                    tree.others.insert(child, "neither a file nor a folder");
                }
            }
        }
        Ok(tree)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.others.is_empty() && self.folders.is_empty()
    }

    /// What is here and not listed: files, links and the like, and folders without a listed file.
    pub(super) fn guests(&self, sums: &BTreeMap<PackName, Digest>) -> Vec<String> {
        let listed: BTreeSet<&str> = sums.keys().map(PackName::as_str).chain([SUMS]).collect();
        let expected: BTreeSet<&str> = sums.keys().flat_map(PackName::folders).collect();
        let files = self.files.iter().chain(self.others.keys());
        let mut guests: Vec<String> =
            files.filter(|name| !listed.contains(name.as_str())).map(|name| shown(name)).collect();
        let folders = self.folders.iter().filter(|name| !expected.contains(name.as_str()));
        guests.extend(folders.map(|name| format!("{}/", shown(name))));
        guests.sort();
        guests
    }
}

/// Opens an ordinary file of the folder. The last part of the path is not followed if it became a link meanwhile, and a
/// pipe does not block.
fn open(folder: &Path, name: &str) -> Result<fs::File, String> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        options.custom_flags(i32::try_from(flags).unwrap_or(0));
    }
    let file = options.open(folder.join(name)).map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if metadata.is_file() { Ok(file) } else { Err("it is not an ordinary file".to_owned()) }
}

/// The content of a file of at most `most` bytes.
pub(super) fn bounded(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = open(folder, name)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most { Err(format!("it is larger than {most} bytes")) } else { Ok(bytes) }
}

/// The content of a manifest.
pub(super) fn small(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    bounded(folder, name, MAX_MANIFEST)
}

/// The digest of a file, in bounded memory. Where its size is not the expected one, nothing is read: it cannot match.
pub(super) fn digest(folder: &Path, name: &str, bytes: Option<u64>) -> Result<Option<Digest>, String> {
    let mut file = open(folder, name)?;
    if let Some(expected) = bytes
        && file.metadata().map_err(|error| error.to_string())?.len() != expected
    {
        return Ok(None);
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut buffer).map_err(|error| error.to_string())?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Digest::try_from(format!("sha256:{hex}")).map(Some)
}
