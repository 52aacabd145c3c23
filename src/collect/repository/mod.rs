//! Opens a git repository without trusting it, and reads its change population and history.
//!
//! Nothing of the repository is ever run: objects are read by a library that knows no hooks, monitors or filters; of
//! the configuration only the repository's own file is read, without following includes, and no key of it that names
//! a command is used. Replacement objects and grafts are not followed but reported.

mod commit;
mod controls;
mod files;
mod history;
mod landings;
mod message;
mod plain;
mod reachable;
mod signature;
mod sizes;
mod state;
mod tree;
mod versions;

use std::path::{Path, PathBuf};

use gix::ObjectId;
use thiserror::Error;

use crate::model::change::ObjectName;

pub use files::files_changed;
pub use history::{Hit, ScanRequest, scan_history};
pub use landings::{PopulationRequest, population};
pub use message::{Conventions, DEFAULT_EMERGENCY, DEFAULT_TICKET};
pub use signature::{TrustedSigners, verify_signatures};
pub use state::{is_ancestor, origin};
pub use versions::settings_versions;

/// A repository opened for reading.
pub struct Repository {
    inner: gix::Repository,
    path: PathBuf,
}

/// Bounds on what one repository may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// No object larger than this is taken into memory.
    pub max_object: u64,
    /// Changed entries of one commit.
    pub max_entries: usize,
    /// The sum of the lengths of all paths of one commit.
    pub max_path_bytes: usize,
    /// A larger file gets no line counts.
    pub max_diff_blob: u64,
    /// After so many bytes of one change, further files get no line counts.
    pub max_diff_bytes_per_change: u64,
    /// Commits walked.
    pub max_commits: usize,
    /// A larger blob is not scanned but named as a gap.
    pub max_scan_blob: u64,
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_object: 64 << 20,
            max_entries: 500_000,
            max_path_bytes: 64 << 20,
            max_diff_blob: 1 << 20,
            max_diff_bytes_per_change: 32 << 20,
            max_commits: 5_000_000,
            max_scan_blob: 32 << 20,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// Why a repository, or a branch of it, could not be examined at all.
#[derive(Debug, Error)]
pub enum RepositoryError {
    #[error("{path} cannot be opened as a git repository: {reason}")]
    Open { path: String, reason: String },
    #[error("no branch `{branch}` in {path}; name one with --branch, such as refs/remotes/origin/main")]
    NoBranch { path: String, branch: String },
    #[error("{path}: {reason}")]
    Unreadable { path: String, reason: String },
}

/// Opens the repository at a folder: a work tree, a linked work tree, a `.git` folder or a bare repository. Parent
/// folders are not searched.
pub fn open(path: &Path, limits: &Limits) -> Result<Repository, RepositoryError> {
    let overrides = [
        format!("gitoxide.objects.allocLimit={}", limits.max_object),
        "gitoxide.objects.noReplace=true".to_owned(),
        "gitoxide.objects.cacheLimit=0".to_owned(),
        // For each thread: with three of them the memory stays bounded whatever the history.
        "gitoxide.core.deltaBaseCacheLimit=25165824".to_owned(),
        "core.deltaBaseCacheLimit=25165824".to_owned(),
        "core.useReplaceRefs=false".to_owned(),
    ];
    let options = gix::open::Options::isolated()
        .with(gix::sec::Trust::Full)
        .config_overrides(overrides.iter().map(String::as_str))
        .cli_overrides(overrides.iter().map(String::as_str));
    let refused = |reason: String| RepositoryError::Open { path: path.display().to_string(), reason };
    plain::all_files(path).map_err(refused)?;
    let inner = gix::open_opts(path, options).map_err(|error| refused(error.to_string()))?;
    Ok(Repository { inner, path: path.to_owned() })
}

impl Repository {
    /// The folder as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn unreadable(&self, reason: impl ToString) -> RepositoryError {
        RepositoryError::Unreadable { path: self.path.display().to_string(), reason: reason.to_string() }
    }

    /// The full name and the tip of a branch: as named, below `origin`, or local, in this order; without a name, the
    /// default branch of `origin`, else the checked-out one.
    pub fn branch(&self, name: Option<&str>) -> Result<(String, ObjectName), RepositoryError> {
        let (name, tip) = self.branch_tip(name)?;
        Ok((name, object_name(tip)))
    }

    fn branch_tip(&self, name: Option<&str>) -> Result<(String, ObjectId), RepositoryError> {
        let candidates = match name {
            Some(name) if name.starts_with("refs/") || name == "HEAD" => vec![name.to_owned()],
            Some(name) => vec![
                format!("refs/remotes/origin/{name}"),
                format!("refs/heads/{name}"),
                format!("refs/remotes/{name}"),
            ],
            None => vec!["refs/remotes/origin/HEAD".to_owned(), "HEAD".to_owned()],
        };
        for candidate in &candidates {
            let Ok(Some(mut reference)) = self.inner.try_find_reference(candidate.as_str()) else { continue };
            // A symbolic reference is followed a few steps and no further: it may point in a circle.
            for _ in 0..5 {
                match reference.follow() {
                    Some(Ok(next)) => reference = next,
                    _ => break,
                }
            }
            if let Some(id) = reference.target().try_id() {
                let name = commit::escape_non_utf8(reference.name().as_bstr());
                return Ok((name, id.to_owned()));
            }
        }
        Err(RepositoryError::NoBranch {
            path: self.path.display().to_string(),
            branch: name.unwrap_or("HEAD").escape_debug().to_string(),
        })
    }
}

fn object_name(id: ObjectId) -> ObjectName {
    let mut digits = [0; 64];
    ObjectName::parse(id.hex_to_buf(&mut digits))
        .expect("an object id is written as 40 or 64 hexadecimal digits")
}
