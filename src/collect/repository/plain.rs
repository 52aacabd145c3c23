//! Looks for what would make reading a git folder wait for ever: pipes, sockets and devices where git keeps files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ignore::WalkBuilder;

/// Folders and files of a git folder that are never read here.
const UNREAD: [&str; 7] = ["hooks", "logs", "lfs", "modules", "worktrees", "index", "rr-cache"];
/// Entries looked at; a folder with more of them is refused.
const ENTRIES: usize = 5_000_000;
/// References may have deep names; objects are two levels deep.
const DEPTH: usize = 64;
/// Object stores borrowed from others that borrow themselves.
const BORROWED: usize = 5;

/// Refuses a repository in whose git folder something is neither a file nor a folder, and says where.
pub(super) fn all_files(repository: &Path) -> Result<(), String> {
    let dot = repository.join(".git");
    let own = match fs::metadata(&dot) {
        Ok(metadata) if metadata.is_dir() => dot,
        Ok(metadata) if metadata.is_file() => match line(&dot, "gitdir:") {
            Some(named) => repository.join(named),
            None => return Err(".git is a file that names no folder".to_owned()),
        },
        Ok(_) => return Err(".git is neither a file nor a folder".to_owned()),
        Err(_) => repository.to_owned(),
    };
    ordinary(&own, DEPTH)?;
    let common = line(&own.join("commondir"), "").map_or_else(|| own.clone(), |named| own.join(named));
    if common != own {
        ordinary(&common, DEPTH)?;
    }
    let mut stores = vec![(common.join("objects"), 0)];
    while let Some((store, borrowed)) = stores.pop() {
        let list = fs::read(store.join("info/alternates")).unwrap_or_default();
        for named in String::from_utf8_lossy(&list).lines().filter(|named| !named.trim().is_empty()).take(100)
        {
            if borrowed == BORROWED {
                return Err("its object store borrows from too many others".to_owned());
            }
            let next = store.join(named);
            ordinary(&next, 2)?;
            stores.push((next, borrowed + 1));
        }
    }
    Ok(())
}

/// What follows a mark in a small file. The folder that it stands in was not looked through yet.
fn line(path: &Path, mark: &str) -> Option<PathBuf> {
    fs::metadata(path).ok().filter(|metadata| metadata.is_file() && metadata.len() < 1 << 16)?;
    let text = fs::read_to_string(path).ok()?;
    Some(PathBuf::from(text.strip_prefix(mark)?.trim()))
}

fn ordinary(folder: &Path, depth: usize) -> Result<(), String> {
    let walker = WalkBuilder::new(folder)
        .standard_filters(false)
        .follow_links(true)
        .max_depth(Some(depth))
        .filter_entry(|entry| entry.depth() != 1 || !UNREAD.iter().any(|unread| entry.file_name() == *unread))
        .build();
    for (number, entry) in walker.enumerate() {
        if number == ENTRIES {
            return Err(format!("more than {ENTRIES} files in the git folder"));
        }
        // What cannot be looked at cannot be read either; the reader says so.
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_some_and(|kind| !kind.is_file() && !kind.is_dir()) {
            let place = entry.path().strip_prefix(folder).unwrap_or(entry.path()).display().to_string();
            return Err(format!("{} in the git folder is neither a file nor a folder", place.escape_debug()));
        }
    }
    Ok(())
}
