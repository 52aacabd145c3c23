//! A run on this machine's own file system, where bubblewrap is missing: confined by the kernel, or, where the operator
//! asked for it, not confined at all.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::person::Person;
use super::sandbox::{Job, PATH, launch, outer_uid, person_environment};
use super::stage::{OWN, OWN_VAR, Stage};
use crate::collect::host::Host;
use crate::model::Isolation;

/// Processes beyond those that the user has anyway, enough for twenty runs at once: the kernel counts them all together.
const PROCESSES: u64 = 512;
/// The command of this program that confines itself and then becomes another program.
pub const COMMAND: &str = "confine";

/// What a run on this machine's own file system is given.
#[derive(Default)]
pub struct Ground {
    /// This program: it confines itself before it becomes the hook's shell.
    helper: PathBuf,
    /// What may be read and executed.
    read: Vec<PathBuf>,
    processes: u64,
}

impl Ground {
    /// `scripts`: folders of the person's home that hooks start programs from.
    pub fn of(host: &Host, person: &Person, helper: &Path, own: &[PathBuf]) -> Self {
        let mut read = readable(host);
        read.extend(own.iter().cloned());
        let uid = outer_uid(person).unwrap_or_else(|| rustix::process::geteuid().as_raw());
        Self { helper: helper.to_owned(), read, processes: PROCESSES + processes_of(uid) }
    }
}

/// Whether this kernel confines a process as far as is needed.
pub fn offered(helper: &Path) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no scratch folder: {error}"))?;
    let mut command = confining(
        helper,
        &[PathBuf::from("/bin"), PathBuf::from("/usr"), PathBuf::from("/lib"), PathBuf::from("/lib64")],
        folder.path(),
        None,
    );
    command.args(["/bin/sh", "-c", "exit 7"]).env_clear().current_dir("/").stdin(Stdio::null());
    let said = command.output().map_err(|error| format!("{}: {error}", helper.display()))?;
    if said.status.code() == Some(7) {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&said.stderr);
    Err(why.lines().next().unwrap_or("landlock and seccomp did not take hold").to_owned())
}

fn confining(helper: &Path, read: &[PathBuf], write: &Path, uid: Option<u32>) -> Command {
    let mut command = Command::new(helper);
    command.arg(COMMAND);
    for path in read {
        command.arg("--read").arg(path);
    }
    command.arg("--write").arg(write);
    if let Some(uid) = uid {
        command.arg("--uid").arg(uid.to_string());
    }
    command.arg("--");
    command
}

/// Starts a job in a process group of its own.
pub fn start(stage: &Stage, job: &Job) -> io::Result<Child> {
    if let Some(missing) = job.without {
        let why = format!("{missing} cannot be taken off this machine at this level of isolation");
        return Err(io::Error::other(why));
    }
    put_links(job)?;
    let uid = outer_uid(&stage.person);
    let words = launch(job, stage.ground.processes, Some(job.deadline));
    let mut command = if stage.isolation == Isolation::None {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        if let Some(uid) = uid {
            command.uid(uid).gid(uid);
        }
        command
    } else {
        let mut read = stage.ground.read.clone();
        read.extend(job.binds.iter().filter(|(.., writable)| !writable).map(|(from, ..)| from.clone()));
        let mut command = confining(&stage.ground.helper, &read, &stage.world(), uid);
        command.args(&words);
        command
    };
    command.env_clear().current_dir(job.start_in).process_group(0);
    command.envs(person_environment(&stage.person)).env("TMPDIR", stage.world().join("tmp"));
    command.envs(job.environment.iter().map(|(name, value)| (name, value)));
    command
        .env("PATH", job.environment.iter().find(|(name, _)| name == "PATH").map_or(PATH, |(_, path)| path));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn()
}

fn put_links(job: &Job) -> io::Result<()> {
    for (name, target) in job.links {
        let at = Path::new(job.start_in).join(name);
        if fs::symlink_metadata(&at).is_err() {
            std::os::unix::fs::symlink(target, at)?;
        }
    }
    Ok(())
}

/// Makes the scratch folders anew: nothing of an earlier run is left in them.
pub fn fresh(stage: &Stage, start_in: &str) -> io::Result<PathBuf> {
    let world = stage.world();
    super::sandbox::remove(&world);
    super::sandbox::writable(stage, &world)?;
    super::sandbox::writable(stage, &world.join("tmp"))?;
    let home = Path::new(&stage.person.home);
    super::sandbox::writable(stage, home)?;
    // Programs of hooks stand where they stand in the home, and stay as they are.
    for (path, inside) in super::scratch::parts(&stage.home) {
        let to = home.join(&inside);
        if let Some(parent) = inside.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            super::sandbox::writable(stage, &home.join(parent))?;
        }
        std::os::unix::fs::symlink(path, to)?;
    }
    let start_in = Path::new(start_in);
    if !start_in.exists() {
        super::sandbox::writable(stage, start_in)?;
    }
    Ok(world)
}

/// Everything of the machine but homes, scratch folders, logs and what is not a file.
fn readable(host: &Host) -> Vec<PathBuf> {
    let system = ["bin", "sbin", "lib", "lib32", "lib64", "usr", "etc", "var", "opt"];
    let homes: BTreeSet<&str> = host.users.iter().filter_map(|user| user.home.split('/').next()).collect();
    let below = |folder: &str, left_out: &[&str]| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let kept = entries.filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !left_out.contains(&&*name)
                && (folder != "/" || system.contains(&&*name) || !homes.contains(&*name))
        });
        let mut kept: Vec<PathBuf> = kept.map(|entry| entry.path()).collect();
        kept.sort();
        kept
    };
    let mut read = below("/", &[OWN, &["var"]].concat());
    read.extend(below("/var", OWN_VAR));
    read.extend(
        ["/proc/cpuinfo", "/proc/meminfo", "/proc/filesystems", "/proc/version", "/proc/stat"]
            .map(PathBuf::from),
    );
    read
}

/// Processes and threads that a user has now.
fn processes_of(uid: u32) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
        .filter(|entry| entry.metadata().is_ok_and(|facts| facts.uid() == uid))
        .map(|entry| fs::read_dir(entry.path().join("task")).map_or(1, |tasks| tasks.count() as u64))
        .sum()
}
