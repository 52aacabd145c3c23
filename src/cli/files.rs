//! The files of a deployment by the names that reports give them: read and written below the root and the repositories
//! alone, through no link.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Component, Path, PathBuf},
};

use workpaper::repair::{ASIDE, FileChange};

/// Where the sources of a deployment stand on this machine.
pub(super) struct Files {
    root: PathBuf,
    /// By name.
    repositories: BTreeMap<String, PathBuf>,
}

/// A settings file larger than this is not changed.
const MOST_BYTES: u64 = 4 << 20;

impl Files {
    pub(super) fn new(root: PathBuf, repositories: BTreeMap<String, PathBuf>) -> Self {
        Self { root, repositories }
    }

    /// The text of a file; nothing where it is not there.
    pub(super) fn read(&self, source: &str) -> Result<Option<String>, String> {
        let path = self.place(source)?;
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{source} cannot be read: {error}")),
            Ok(seen) if !seen.is_file() => {
                return Err(format!("{source} is no ordinary file: it is left alone"));
            }
            Ok(seen) if seen.len() > MOST_BYTES => {
                return Err(format!("{source} is too large to be changed"));
            }
            Ok(_) => {}
        }
        fs::read_to_string(&path).map(Some).map_err(|error| format!("{source} cannot be read: {error}"))
    }

    /// Writes one change: the file whole or not at all, and only if it is still what the change was made for.
    pub(super) fn write(&self, change: &FileChange) -> Result<(), String> {
        if self.read(&change.source)? != change.before {
            return Err("it changed since it was read; nothing was written to it".to_owned());
        }
        let path = self.place(&change.source)?;
        let Some(text) = &change.after else {
            let mut aside = path.clone().into_os_string();
            aside.push(ASIDE);
            if Path::new(&aside).symlink_metadata().is_ok() {
                return Err(format!("{} is there already", Path::new(&aside).display()));
            }
            return fs::rename(&path, &aside).map_err(|error| error.to_string());
        };
        let folder = path.parent().ok_or("it stands in no folder")?;
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let mut whole = tempfile::NamedTempFile::new_in(folder).map_err(|error| error.to_string())?;
        whole.write_all(text.as_bytes()).map_err(|error| error.to_string())?;
        let mode = match fs::symlink_metadata(&path) {
            Ok(seen) => {
                keep_owner(whole.path(), &seen)?;
                seen.permissions().mode() & 0o7777 | if change.executable { 0o111 } else { 0 }
            }
            Err(_) => 0o644 | if change.executable { 0o111 } else { 0 },
        };
        fs::set_permissions(whole.path(), fs::Permissions::from_mode(mode))
            .map_err(|error| error.to_string())?;
        whole.as_file().sync_all().map_err(|error| error.to_string())?;
        whole.persist(&path).map(drop).map_err(|error| error.to_string())
    }

    /// Where a source stands. Every folder on the way must be a real one: a link could lead out of the root.
    fn place(&self, source: &str) -> Result<PathBuf, String> {
        let (base, below) = match source.strip_prefix("repo:").and_then(|rest| rest.split_once('/')) {
            Some((name, below)) => {
                (self.repositories.get(name).ok_or_else(|| format!("no repository is called {name}"))?, below)
            }
            None => (&self.root, source),
        };
        let mut path = base.clone();
        for part in Path::new(below).components() {
            let Component::Normal(part) = part else {
                return Err(format!("{source} leads out of its folder"));
            };
            path.push(part);
            if fs::symlink_metadata(&path).is_ok_and(|seen| seen.is_symlink()) {
                return Err(format!("{} is a link: nothing is changed through it", path.display()));
            }
        }
        Ok(path)
    }
}

/// The new file belongs to whom the old one did; only an administrator can give a file away.
fn keep_owner(path: &Path, seen: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    let new = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if (new.uid(), new.gid()) == (seen.uid(), seen.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(path, Some(seen.uid()), Some(seen.gid()))
        .map_err(|error| format!("its owner cannot be kept: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(source: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
        FileChange {
            source: source.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            executable: false,
            because: BTreeMap::new(),
        }
    }

    #[test]
    fn a_file_that_changed_since_is_left_alone() {
        let root = tempfile::tempdir().expect("a folder");
        let files = Files::new(root.path().to_owned(), BTreeMap::new());
        fs::write(root.path().join("a"), "new").expect("a file");
        assert!(files.write(&change("a", Some("old"), Some("ours"))).is_err());
        assert!(files.write(&change("a", None, Some("ours"))).is_err());
        assert_eq!(fs::read_to_string(root.path().join("a")).expect("a file"), "new");
        files.write(&change("a", Some("new"), Some("ours"))).expect("the same text");
        assert_eq!(fs::read_to_string(root.path().join("a")).expect("a file"), "ours");
    }

    #[test]
    fn nothing_is_touched_through_a_link_or_outside_of_the_root() {
        let (root, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        fs::write(other.path().join("a"), "theirs").expect("a file");
        std::os::unix::fs::symlink(other.path(), root.path().join("etc")).expect("a link");
        std::os::unix::fs::symlink(other.path().join("a"), root.path().join("b")).expect("a link");
        let files = Files::new(root.path().to_owned(), BTreeMap::new());
        for source in ["etc/a", "etc/new", "b", "../a", "repo:unknown/a"] {
            assert!(files.read(source).is_err(), "{source}");
            assert!(files.write(&change(source, None, Some("ours"))).is_err(), "{source}");
        }
        assert_eq!(fs::read_to_string(other.path().join("a")).expect("a file"), "theirs");
        assert!(!other.path().join("new").exists());
    }

    #[test]
    fn modes_stay_and_programs_can_run() {
        let root = tempfile::tempdir().expect("a folder");
        let files = Files::new(root.path().to_owned(), BTreeMap::new());
        let mode =
            |name: &str| fs::metadata(root.path().join(name)).expect("a file").permissions().mode() & 0o7777;
        fs::write(root.path().join("private"), "old").expect("a file");
        fs::set_permissions(root.path().join("private"), fs::Permissions::from_mode(0o600)).expect("a mode");
        files.write(&change("private", Some("old"), Some("new"))).expect("a change");
        let hook = FileChange { executable: true, ..change("hooks/guard.sh", None, Some("#!/bin/sh\n")) };
        files.write(&hook).expect("a new file");
        assert_eq!((mode("private"), mode("hooks/guard.sh")), (0o600, 0o755));
        files.write(&change("private", Some("new"), None)).expect("out of the way");
        assert_eq!(mode(&format!("private{ASIDE}")), 0o600);
    }
}
