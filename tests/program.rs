//! Runs the real program, and lays samples out as the deployments that they stand for.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ended {
    /// `None` where a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Longer than this is a hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// The moment and the period that every sample is assessed for.
pub const WHEN: [&str; 4] = ["--as-of", "2026-10-01T09:00:00Z", "--period", "2026-Q3"];

/// Runs `workpaper` in a folder, without any of the tester's own environment.
pub fn workpaper<S: AsRef<str>>(folder: &Path, arguments: &[S]) -> Ended {
    workpaper_with(folder, arguments, &[])
}

/// The same, with variables of the environment set.
pub fn workpaper_with<S: AsRef<str>>(folder: &Path, arguments: &[S], environment: &[(&str, &str)]) -> Ended {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_workpaper"));
    command.args(arguments.iter().map(AsRef::as_ref)).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", scratch.path());
    command.envs(environment.iter().copied());
    run(command, scratch.path())
}

/// Runs a command to its end, with its output in files so that no full pipe can stop it.
pub fn run(mut command: Command, scratch: &Path) -> Ended {
    let [out, err] = ["out", "err"].map(|name| scratch.join(name));
    command.stdin(Stdio::null());
    command.stdout(File::create(&out).expect("a file")).stderr(File::create(&err).expect("a file"));
    let shown = format!("{command:?}");
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("no end after {PATIENCE:?}: {shown}");
        }
        thread::sleep(Duration::from_millis(3));
    };
    let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned();
    Ended { code: status.code(), out: text(&out), err: text(&err) }
}

/// The names of all samples, sorted.
pub fn samples() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(sample_folder(""))
        .expect("samples")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("names of samples are text"))
        .collect();
    names.sort();
    assert!(names.len() >= 8, "only {names:?}");
    names
}

/// Where a sample lies.
pub fn sample_folder(name: &str) -> PathBuf {
    crate::source::project().join("samples").join(name)
}

/// Copies a sample to a folder and makes its repositories real ones. Returns the arguments that name it from there.
pub fn lay_out(name: &str, folder: &Path) -> Vec<String> {
    copy(&sample_folder(name), folder);
    let mut arguments = vec!["--root".to_owned(), "root".to_owned()];
    for repository in folders_of(&folder.join("repos")) {
        commit(&folder.join("repos").join(&repository));
        arguments.extend(["--repo".to_owned(), format!("repos/{repository}")]);
    }
    for (flag, path) in [("--logs", "logs"), ("--policy", "workpaper.yaml")] {
        if folder.join(path).exists() {
            arguments.extend([flag.to_owned(), path.to_owned()]);
        }
    }
    arguments.extend(WHEN.map(str::to_owned));
    arguments
}

fn folders_of(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let named = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = named.map(|entry| entry.file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from).expect("a link"), &to).expect("a link");
        } else if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copy");
        }
    }
}

/// One commit of everything, by the same person at the same moment each time.
fn commit(folder: &Path) {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")]);
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Dana")
                .env(format!("GIT_{who}_EMAIL"), "dana@example.org");
            command.env(format!("GIT_{who}_DATE"), "2026-08-03T09:00:00Z");
        }
        let scratch = tempfile::tempdir().expect("a folder");
        let ended = run(command, scratch.path());
        assert_eq!(ended.code, Some(0), "git {arguments:?}: {}", ended.err);
    };
    git(&["init", "--quiet", "--template=", "--initial-branch=main"]);
    git(&["add", "--all", "--force"]);
    git(&["commit", "--quiet", "--allow-empty", "--message=Start"]);
    if folder.join(".githooks").is_dir() {
        git(&["config", "core.hooksPath", ".githooks"]);
    }
}
