//! Whole collections over trees made for the purpose.

use std::path::{Path, PathBuf};

use super::{Request, collect};
use crate::model::{Observation, Period, Snapshot};

/// A root in a temporary folder.
pub struct Root {
    folder: tempfile::TempDir,
    pub repositories: Vec<PathBuf>,
}

impl Root {
    pub fn new() -> Self {
        let root =
            Self { folder: tempfile::tempdir().expect("a temporary folder"), repositories: Vec::new() };
        root.write("etc/os-release", "ID=debian\n");
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
            logs: Vec::new(),
            documents: Vec::new(),
            period: Period::last_quarter(as_of),
            as_of,
            progress: &|_| {},
        };
        collect(&request).expect("a snapshot")
    }
}

pub fn at<'a>(snapshot: &'a Snapshot, source: &str) -> Vec<&'a Observation> {
    snapshot.observations.iter().filter(|seen| seen.source == source).collect()
}

#[test]
fn prints_a_collection() {
    let mut root = Root::new();
    root.write("etc/claude-code/managed-settings.json", "{\"permissions\":{\"deny\":[\"Bash(rm *)\"]}}");
    root.write("etc/passwd", "dev:x:1000:1000::/home/dev:/bin/sh\n");
    root.write("home/dev/.claude/settings.json", "\u{feff}{}");
    root.write("src/shop/.github/workflows/x.yml", "run: claude --dangerously-skip-permissions");
    root.repositories.push(root.path().join("src/shop"));
    let snapshot = root.collect();
    println!("{}", serde_json::to_string_pretty(&snapshot).expect("JSON"));
    assert!(!at(&snapshot, "etc/claude-code/managed-settings.json").is_empty());
}
