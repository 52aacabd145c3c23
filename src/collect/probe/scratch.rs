//! The folders that one run may write to, and what it left in them.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::run::Ready;
use super::sandbox::{self, Done};
use super::stage::Stage;
use super::{confined, records};
use crate::model::{End, Isolation, Written};

/// Gives a run its home and, where it may write records, folders that can be read back.
pub fn with_scratch(
    one: &Ready,
    stage: &Stage,
    scratch: &Path,
    records: bool,
    run: impl FnOnce(&[(PathBuf, String, bool)]) -> Done,
) -> Done {
    match binds(one, stage, scratch, records) {
        Ok(binds) => run(&binds),
        Err(error) => Done {
            end: End::NotStarted,
            stdout: String::new(),
            stderr: format!("no scratch folder: {error}"),
            cut: false,
        },
    }
}

fn binds(
    one: &Ready,
    stage: &Stage,
    scratch: &Path,
    records: bool,
) -> std::io::Result<Vec<(PathBuf, String, bool)>> {
    if stage.isolation != Isolation::Bubblewrap {
        if let Some(checkout) = &one.checkout {
            return confined::fresh(stage, &stage.person.home).and_then(|world| {
                std::os::unix::fs::symlink(checkout, &one.project)?;
                Ok(vec![(world, String::new(), true)])
            });
        }
        return Ok(vec![(confined::fresh(stage, &one.project)?, String::new(), true)]);
    }
    let mut binds = Vec::new();
    let home = &stage.person.home;
    if records || !stage.logs.is_empty() {
        binds.push((empty_logs(stage, scratch)?, "/var/log".to_owned(), true));
    }
    if records {
        let own = scratch.join("home");
        sandbox::writable(stage, &own)?;
        binds.push((own.clone(), home.clone(), true));
        for (path, inside) in parts(&stage.home) {
            // Loggers write beside their scripts: the folders are theirs, the scripts stay as they are.
            let parent = inside.parent().unwrap_or(Path::new(""));
            let mut made = own.clone();
            for name in parent {
                made.push(name);
                sandbox::writable(stage, &made)?;
            }
            binds.push((path, format!("{home}/{}", inside.display()), false));
        }
    } else {
        for (path, inside) in parts(&stage.home) {
            binds.push((path, format!("{home}/{}", inside.display()), false));
        }
    }
    if let Some(checkout) = &one.checkout {
        binds.push((checkout.clone(), one.project.clone(), false));
    }
    Ok(binds)
}

/// The host's folder of logs, each log in it empty.
fn empty_logs(stage: &Stage, scratch: &Path) -> std::io::Result<PathBuf> {
    let logs = scratch.join("log");
    sandbox::writable(stage, &logs)?;
    if stage.log_folder {
        sandbox::writable(stage, &logs.join("claude-code"))?;
    }
    for path in &stage.logs {
        match path.strip_suffix('/') {
            Some(folder) => sandbox::writable(stage, &logs.join(folder))?,
            None => sandbox::writable_file(stage, &logs.join(path))?,
        }
    }
    Ok(logs)
}

/// The folders and files of a staged home that hooks need, two levels down.
pub fn parts(home: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    for top in entries(home) {
        let inner = if top.is_dir() && !top.is_symlink() { entries(&top) } else { vec![top] };
        for path in inner.into_iter().filter(|path| !path.is_symlink()) {
            if let Ok(inside) = path.strip_prefix(home).map(Path::to_owned) {
                found.push((path, inside));
            }
        }
    }
    found
}

pub fn wrote(scratch: &Path, stage: &Stage, now: Timestamp, known: &str) -> Vec<Written> {
    let home = stage.home_below_root();
    if stage.isolation != Isolation::Bubblewrap {
        let mut wrote = records::written(Path::new(&stage.person.home), home, now, known);
        for file in &mut wrote {
            file.lines.iter_mut().for_each(|line| *line = stage.named(line));
        }
        return wrote;
    }
    let mut wrote = records::written(&scratch.join("log"), "var/log", now, known);
    wrote.extend(records::written(&scratch.join("home"), home, now, known));
    wrote
}
