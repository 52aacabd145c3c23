//! Repositories built by the real git, and what the library says of them.

mod assessed;
mod command;
mod history;
mod hooks;
mod hostile;
mod huge;
mod population;
mod signatures;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use workpaper::{
    collect::repository::{self, Conventions, Limits, PopulationRequest, Repository},
    model::{Period, change::Population},
};

/// A repository in a folder that goes away.
pub struct Fixture {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
}

impl Fixture {
    /// An empty repository whose branch is `main`.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("repo");
        std::fs::create_dir(&path).expect("a folder");
        let fixture = Self { folder, path };
        fixture.git(&["init", "-q", "-b", "main"]);
        fixture
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = git(&self.path);
        command.args(arguments);
        command
    }

    /// Runs git and returns what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        output(&mut self.command(arguments))
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("folders");
        std::fs::write(path, content).expect("a file");
    }

    /// Commits everything at a time (RFC 3339) with a message and returns the name of the commit.
    pub fn commit(&self, at: &str, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.at(at, &["commit", "-q", "--allow-empty", "--allow-empty-message", "-m", message]);
        self.head()
    }

    /// Runs git with author and committer at a time.
    pub fn at(&self, at: &str, arguments: &[&str]) -> String {
        let mut command = self.command(arguments);
        output(command.env("GIT_AUTHOR_DATE", at).env("GIT_COMMITTER_DATE", at))
    }

    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Writes an object with this content and returns its name.
    pub fn object(&self, kind: &str, content: &[u8]) -> String {
        let mut command = self.command(&["hash-object", "-w", "--literally", "--stdin", "-t", kind]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git runs");
        child.stdin.take().expect("piped").write_all(content).expect("git reads");
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("a name").trim().to_owned()
    }

    pub fn open(&self) -> Repository {
        repository::open(&self.path, &Limits::default()).expect("opens")
    }

    pub fn population(&self, period: &str) -> Population {
        population_of(&self.open(), period)
    }
}

/// Git with nothing of this host's configuration.
pub fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ann")
        .env("GIT_AUTHOR_EMAIL", "ann@example.org")
        .env("GIT_COMMITTER_NAME", "Cem")
        .env("GIT_COMMITTER_EMAIL", "cem@example.org")
        .env_remove("GIT_DIR");
    command
}

/// What a command prints; it must succeed.
pub fn output(command: &mut Command) -> String {
    let output = command.output().expect("starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn population_of(repository: &Repository, period: &str) -> Population {
    let request = PopulationRequest {
        branch: None,
        period: Period::parse(period).expect("a period"),
        as_of: "2026-11-01T00:00:00Z".parse().expect("a time"),
        conventions: &Conventions::default(),
        with_files: true,
        limits: &Limits::default(),
    };
    repository::population(repository, &request).expect("a population")
}

/// Runs the command that the population prints, through a shell as a reader would, and returns its lines.
pub fn rerun(population: &Population) -> Vec<String> {
    let printed = output(Command::new("sh").arg("-c").arg(&population.query));
    printed.lines().map(str::to_owned).collect()
}

pub fn commits(population: &Population) -> Vec<String> {
    population.changes.iter().map(|change| change.commit.to_string()).collect()
}

/// The list, git's own answer to the printed command and the second count agree.
pub fn assert_ties_out(population: &Population) {
    assert_eq!(commits(population), rerun(population), "{}", population.query);
    assert_eq!(population.tie_out.count, Some(population.rows_after_filters), "{:?}", population.tie_out);
    assert_eq!(population.rows_after_filters, population.changes.len() as u64);
}
