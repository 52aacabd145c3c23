//! Whole collections over trees made for the purpose.

mod hostile;
mod systems;

use std::path::{Path, PathBuf};

use super::{Request, collect};
use crate::model::{FileSeen, Gap, Observation, Period, Role, Seen, Snapshot};

/// A root in a temporary folder.
pub struct Root {
    folder: tempfile::TempDir,
    pub repositories: Vec<PathBuf>,
    pub documents: Vec<(String, PathBuf)>,
    pub logs: Vec<PathBuf>,
}

impl Root {
    /// An empty folder.
    pub fn bare() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, repositories: Vec::new(), documents: Vec::new(), logs: Vec::new() }
    }

    /// A Linux host with one person.
    pub fn linux() -> Self {
        let root = Self::bare();
        root.write("etc/os-release", "ID=debian\n");
        root.write("etc/passwd", "root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n");
        root.write("etc/group", "dev:x:1000:\nauditors:x:1001:dev\n");
        std::fs::create_dir_all(root.path().join("home/dev/.claude")).expect("a home");
        root
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(&path, content).expect("a file");
        path
    }

    pub fn collect(&self) -> Snapshot {
        let as_of = "2026-11-22T10:00:00Z".parse().expect("a time");
        let request = Request {
            root: self.path().to_owned(),
            root_name: "test".to_owned(),
            repositories: self.repositories.clone(),
            logs: self.logs.clone(),
            documents: self.documents.clone(),
            history: Some(super::HistoryRequest::default()),
            period: Period::last_quarter(as_of),
            as_of,
            earlier: None,
            progress: &|_| {},
        };
        collect(&request).expect("a snapshot")
    }
}

/// The observations of one source.
pub fn at<'a>(snapshot: &'a Snapshot, source: &str) -> Vec<&'a Observation> {
    snapshot.observations.iter().filter(|seen| seen.source == source).collect()
}

/// The file observations of one source.
pub fn files<'a>(snapshot: &'a Snapshot, source: &str) -> Vec<&'a FileSeen> {
    at(snapshot, source)
        .into_iter()
        .filter_map(|seen| if let Seen::File(file) = &seen.seen { Some(&**file) } else { None })
        .collect()
}

/// The one file observation of a source under a role that fits.
pub fn file<'a>(snapshot: &'a Snapshot, source: &str, fits: impl Fn(&Role) -> bool) -> &'a FileSeen {
    let found: Vec<_> = files(snapshot, source).into_iter().filter(|file| fits(&file.role)).collect();
    assert_eq!(found.len(), 1, "{source} in {:#?}\n{:#?}", snapshot.observations, snapshot.gaps);
    found[0]
}

/// The gaps of one source.
pub fn gaps<'a>(snapshot: &'a Snapshot, source: &str) -> Vec<&'a Gap> {
    snapshot.gaps.iter().filter(|gap| gap.source == source).collect()
}
