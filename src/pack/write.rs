//! Writes a pack: into a new folder beside the target, then in one step into its place. Never half a pack.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    manifest::{JSON, Manifest, SUMS, parse_sums, sums_text},
    name::PackName,
    read::{self, Tree},
};
use crate::{
    model::{Assessment, Digest, Snapshot, canonical_json},
    render::{Rendered, json},
};

pub(super) const SNAPSHOT: &str = "snapshot.json";
pub(super) const POLICY: &str = "policy.yaml";
pub(super) const ASSESSMENT: &str = "assessment.json";
pub(super) const CATALOG: &str = "catalog";
const README: &str = "README.txt";

/// What goes into a pack.
#[derive(Clone, Copy, Debug)]
pub struct PackContents<'a> {
    pub snapshot: &'a Snapshot,
    /// Path below `controls/` and text of every catalogue file that was used.
    pub catalog: &'a BTreeMap<String, String>,
    /// The exact text of the policy.
    pub policy: &'a str,
    pub assessment: &'a Assessment,
    pub rendered: &'a [Rendered],
}

/// Why a pack was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("write the pack: {0}")]
    Name(String),
    #[error("write the pack: the {0} is not the one that the assessment was made from")]
    Inconsistent(&'static str),
    #[error("write the pack {0}: there is something else in this place; name a new folder with --out")]
    Occupied(PathBuf),
    #[error("replace the pack {path}: it holds `{name}`, which is no part of it; move that file away first")]
    Guest { path: PathBuf, name: String },
    #[error("write the pack {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

/// Writes the pack and returns the digest of its `manifest.sha256`, which names it. An earlier pack in this place is
/// replaced if it holds nothing but what its manifest lists; anything else is left alone, with an error.
pub fn write(folder: &Path, contents: &PackContents<'_>) -> Result<Digest, WriteError> {
    let files = files(contents)?;
    let manifest = Manifest::of(contents.assessment, &files);
    let json = manifest.json();
    let mut sums = manifest.sums();
    sums.insert(own(JSON), Digest::of_bytes(json.as_bytes()));
    let sums = sums_text(&sums);

    let failed = |source| WriteError::Io { path: folder.to_owned(), source };
    let replaces = place(folder)?;
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(failed)?;
    // The new folder is removed again when anything below fails.
    let new = beside(parent, ".workpaper-pack-").map_err(failed)?;
    let mut all: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    all.push((JSON, json.as_bytes()));
    // Last, so that a folder with this file is a whole pack.
    all.push((SUMS, sums.as_bytes()));
    fill(new.path(), &all).map_err(failed)?;
    swap(new, folder, replaces).map_err(failed)?;
    flush(parent).map_err(failed)?;
    Ok(Digest::of_bytes(sums.as_bytes()))
}

fn own(name: &str) -> PackName {
    PackName::parse(name).expect("our own names are plain")
}

/// Every file but the manifests.
fn files(contents: &PackContents<'_>) -> Result<BTreeMap<PackName, Vec<u8>>, WriteError> {
    let inputs = &contents.assessment.inputs;
    // No line end after it: the digest of the file is the digest that names the snapshot.
    let snapshot = canonical_json(contents.snapshot);
    if Digest::of_bytes(snapshot.as_bytes()) != inputs.snapshot {
        return Err(WriteError::Inconsistent("snapshot"));
    }
    if Digest::of_bytes(contents.policy.as_bytes()) != inputs.policy {
        return Err(WriteError::Inconsistent("policy"));
    }
    if Digest::of_files(contents.catalog) != inputs.catalog {
        return Err(WriteError::Inconsistent("catalogue"));
    }
    let mut files = BTreeMap::from([
        (own(SNAPSHOT), snapshot.into_bytes()),
        (own(POLICY), contents.policy.as_bytes().to_vec()),
        (own(ASSESSMENT), json::render(contents.assessment).into_bytes()),
        (own(README), readme(contents.assessment).into_bytes()),
    ]);
    let mut folded: BTreeSet<String> = files.keys().map(PackName::folded).collect();
    folded.extend([JSON, SUMS, CATALOG].map(str::to_owned));
    let named = contents.catalog.iter().map(|(name, text)| (format!("{CATALOG}/{name}"), text.as_bytes()));
    let rendered = contents.rendered.iter().map(|file| (file.file_name.clone(), file.bytes.as_slice()));
    for (name, bytes) in named.chain(rendered) {
        let name = PackName::parse(&name).map_err(WriteError::Name)?;
        if !folded.insert(name.folded()) {
            return Err(WriteError::Name(format!("two files are named `{name}`, or differ only in case")));
        }
        files.insert(name, bytes.to_vec());
    }
    Ok(files)
}

/// What a reader without this program needs.
fn readme(assessment: &Assessment) -> String {
    format!(
        "This folder is an evidence pack: one run of {tool} {version} with its inputs and reports.\n\
         Run {run}, as of {as_of}.\n\n\
         What is here\n\
         \x20 snapshot.json     what was seen and what could not be seen, secrets already replaced\n\
         \x20 catalog/          the requirements, controls and tests that were used\n\
         \x20 policy.yaml       what the organisation decided: scope, parameters, people\n\
         \x20 assessment.json   every result; it follows from the three above and from nothing else\n\
         \x20 manifest.json     what this pack is, and the digest of each file\n\
         \x20 manifest.sha256   the digest of each file for sha256sum\n\
         \x20 the other files   the same results for readers: one report, several formats\n\n\
         How to check it without this program, in this folder\n\
         \x20 Changed or missing files (Linux; on macOS: shasum -a 256 -c manifest.sha256):\n\
         \x20   sha256sum -c manifest.sha256\n\
         \x20 Added files (the answer must be empty):\n\
         \x20   find . ! -type d ! -name manifest.sha256 | sed 's|^\\./||' | LC_ALL=C sort | diff - <(cut -c67- manifest.sha256)\n\
         \x20 That the pack is the one you were told of: compare the digest of manifest.sha256 with the digest that you\n\
         \x20 got on another way. Who can change a pack can also write a new manifest for it.\n\
         \x20   sha256sum manifest.sha256\n\
         \x20 That the inputs are those that the results name, in assessment.json under \"inputs\":\n\
         \x20   sha256sum snapshot.json policy.yaml\n\n\
         How to check it with this program\n\
         \x20 workpaper verify FOLDER      any changed, added or missing file\n\
         \x20 workpaper reperform FOLDER   judges the inputs again and compares every result\n\n\
         This pack is evidence of what was found as of the moment above. It is not an opinion of an auditor.\n",
        tool = assessment.tool.name,
        version = assessment.tool.version,
        run = assessment.run.id,
        as_of = assessment.run.as_of,
    )
}

/// Whether the place is free (`false`), or holds an earlier pack that may be replaced (`true`).
fn place(folder: &Path) -> Result<bool, WriteError> {
    let failed = |source| WriteError::Io { path: folder.to_owned(), source };
    let occupied = || WriteError::Occupied(folder.to_owned());
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(occupied()),
        Ok(_) => {}
    }
    let tree = Tree::walk(folder).map_err(failed)?;
    if tree.is_empty() {
        return Ok(true);
    }
    let manifest = read::small(folder, JSON).and_then(|bytes| Manifest::parse(&bytes));
    let sums = read::small(folder, SUMS).and_then(|bytes| {
        let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        parse_sums(&text)
    });
    let (Ok(_), Ok(sums)) = (manifest, sums) else { return Err(occupied()) };
    match tree.guests(&sums).into_iter().next() {
        Some(name) => Err(WriteError::Guest { path: folder.to_owned(), name }),
        None => Ok(true),
    }
}

/// A new folder for its owner alone: a pack tells much about a host.
fn beside(parent: &Path, prefix: &str) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

fn fill(folder: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    use io::Write as _;
    let mut folders = BTreeSet::from([folder.to_owned()]);
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent()
            && folders.insert(parent.to_owned())
        {
            fs::create_dir_all(parent)?;
            // Folders between, so that each is flushed.
            folders.extend(parent.ancestors().take_while(|above| *above != folder).map(Path::to_owned));
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?.write_all(bytes)?;
    }
    // After all writing and several at once, so that the file system flushes many in one go.
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    std::thread::scope(|scope| {
        let flushes: Vec<_> = names
            .chunks(names.len().div_ceil(FLUSHES).max(1))
            .map(|chunk| {
                scope.spawn(move || chunk.iter().try_for_each(|name| flush_file(&folder.join(name))))
            })
            .collect();
        let broken = |_| Err(io::Error::other("a flush ended early"));
        flushes.into_iter().try_for_each(|flush| flush.join().unwrap_or_else(broken))
    })?;
    folders.iter().try_for_each(|folder| flush(folder))
}

/// How many files are flushed at once.
const FLUSHES: usize = 16;

/// Makes sure that a file's content is on the disk.
fn flush_file(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(path)?.sync_all()
}

/// Makes sure that the names in a folder are on the disk.
fn flush(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Puts the new folder into its place.
fn swap(new: tempfile::TempDir, folder: &Path, replaces: bool) -> io::Result<()> {
    if !replaces {
        fs::rename(new.path(), folder)?;
        drop(new.keep());
        return Ok(());
    }
    if exchange(new.path(), folder) {
        // The old pack now stands where the new one was made.
        return new.close();
    }
    // Without an exchange there is a moment with no pack, but never half of one.
    let parent = new.path().parent().unwrap_or(Path::new("."));
    let old = beside(parent, ".workpaper-old-")?;
    let aside = old.path().join("pack");
    fs::rename(folder, &aside)?;
    if let Err(error) = fs::rename(new.path(), folder) {
        fs::rename(&aside, folder)?;
        return Err(error);
    }
    drop(new.keep());
    old.close()
}

#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> bool {
    false
}
