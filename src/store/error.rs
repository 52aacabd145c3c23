//! How the store fails, each with the path and what to do.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

/// Why a run could not be remembered or recalled.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("find this user's state directory: {0}; name a file with --store")]
    NoStateDirectory(String),
    #[error("open the store {0}: there is none yet; `workpaper assess` makes it")]
    Absent(PathBuf),
    #[error("open the store {0}: it is not an ordinary file")]
    NotAFile(PathBuf),
    #[error("open the store {0}: it is another program's database")]
    Foreign(PathBuf),
    #[error(
        "open the store {path}: its format is version {found}, and this program knows up to {known}; use a newer program"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("write the store {path}: {why}; it or its folder cannot be written by this user")]
    NotWritable { path: PathBuf, why: String },
    #[error(
        "read the store {path}: {why}; the file is damaged: move it away and keep it, packs hold the same runs"
    )]
    Damaged { path: PathBuf, why: String },
    #[error("use the store {0}: another run holds it; try again when that has ended")]
    Busy(PathBuf),
    #[error("prepare the store {path}: {source}")]
    Prepare { path: PathBuf, source: io::Error },
    #[error("use the store {path}: {source}")]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("find the run `{}`: the store has none whose id begins so; `workpaper history` lists them", .0.escape_debug())]
    NoSuchRun(String),
    #[error("find the run `{}`: several begin so: {}", .prefix.escape_debug(), .ids.join(", "))]
    Ambiguous { prefix: String, ids: Vec<String> },
    #[error("read the run {id} of the store {path}: {why}")]
    UnreadableRun { path: PathBuf, id: String, why: String },
}

impl StoreError {
    /// Words for what the database reports.
    pub(super) fn of(path: &std::path::Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(path),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, why },
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::DiskFull,
            ) => Self::NotWritable { path, why },
            _ => Self::Database { path, source: error },
        }
    }
}
