//! A run inside bubblewrap: own file system, network, processes and users, with the host's files at their real paths.

use std::io;
use std::process::{Child, Command, Stdio};

use super::sandbox::{Job, PATH, launch, person_environment};
use super::stage::Stage;
use crate::collect::naming::shown;

/// Size of each scratch folder in memory, in bytes.
const SCRATCH: &str = "67108864";
/// Processes of one run: they are counted in the sandbox's own user namespace.
const PROCESSES: u64 = 96;

/// Whether bubblewrap is here and may make namespaces as this user.
pub fn offered(uid: Option<u32>) -> Result<(), String> {
    let mut command = bwrap(uid);
    command.args(["--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--ro-bind", "/", "/"]);
    command.args(["--proc", "/proc", "--dev", "/dev", "--", "/bin/sh", "-c", "exit 7"]);
    let said =
        command.stdin(Stdio::null()).output().map_err(|error| format!("bubblewrap (bwrap): {error}"))?;
    if said.status.code() == Some(7) {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&said.stderr);
    Err(why.lines().next().unwrap_or("bubblewrap did not start").to_owned())
}

fn bwrap(uid: Option<u32>) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("bwrap");
    command.env_clear().env("PATH", PATH).current_dir("/");
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    command
}

/// Starts a job.
pub fn start(stage: &Stage, job: &Job) -> io::Result<Child> {
    let mut command = bwrap(super::sandbox::outer_uid(&stage.person));
    let home = stage.person.home.as_str();
    let mut add = |words: &[&str]| {
        command.args(words);
    };
    add(&["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv"]);
    add(&["--cap-drop", "ALL", "--hostname", "host"]);
    add(&["--uid", &stage.person.uid.to_string(), "--gid", &stage.person.gid.to_string()]);
    add(&["--tmpfs", "/run"]);
    for word in &stage.mounts {
        add(&[word.as_str()]);
    }
    add(&["--proc", "/proc", "--dev", "/dev"]);
    for folder in ["/tmp", "/var/tmp", "/var/log", "/home", "/root", home] {
        add(&["--size", SCRATCH, "--tmpfs", folder]);
    }
    if stage.log_folder {
        add(&["--dir", "/var/log/claude-code"]);
    }
    let nothing = shown(&stage.beside("nothing"));
    for place in job.without.and_then(|missing| stage.found.get(missing)).into_iter().flatten() {
        add(&["--ro-bind", &nothing, place]);
    }
    for (from, to, writable) in job.binds {
        add(&[if *writable { "--bind" } else { "--ro-bind" }, &shown(from), to]);
    }
    add(&["--dir", job.start_in, "--chdir", job.start_in]);
    for (name, target) in job.links {
        add(&["--symlink", target, &format!("{}/{name}", job.start_in)]);
    }
    for (name, value) in person_environment(&stage.person) {
        add(&["--setenv", name, value]);
    }
    for (name, value) in job.environment {
        add(&["--setenv", name, value]);
    }
    add(&["--remount-ro", "/", "--"]);
    for word in launch(job, PROCESSES, None) {
        add(&[word.as_str()]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn()
}
