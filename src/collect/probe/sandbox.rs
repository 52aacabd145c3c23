//! One run of a program in a sandbox: own file system, no network, an ordinary user, limits, and an end.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::stage::Stage;
use crate::collect::naming::shown;
use crate::model::{End, Isolation};

/// Output kept of each stream, in bytes; the rest is read and dropped, as long as the deadline allows.
pub const OUTPUT: usize = 64 * 1024;
/// Size of each scratch folder in memory, in bytes.
const SCRATCH: &str = "67108864";
/// A scratch folder on disk may grow to this, in bytes.
const DISK: u64 = 64 * 1024 * 1024;
/// Names looked at to see how much a scratch folder holds.
const NAMES: usize = 10_000;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Limits that the shell sets before the hook starts: no core files, processor seconds, file blocks of 512 bytes, open
/// files, memory in KiB, processes. What the shell does not know is left out.
const LIMITS: &str = "ulimit -c 0; ulimit -t 60; ulimit -f 65536; ulimit -n 512; ulimit -d 1572864; \
    ulimit -u 96 2>/dev/null || ulimit -p 96; ";

/// What is run.
pub struct Job<'a> {
    /// Given to the shell; or a program with arguments.
    pub command: &'a str,
    pub args: Option<&'a [String]>,
    pub stdin: &'a [u8],
    pub environment: &'a [(String, String)],
    /// The folder it starts in, as in the sandbox.
    pub start_in: &'a str,
    /// Folders of this machine bound into the sandbox: from, to, writable.
    pub binds: &'a [(PathBuf, String, bool)],
    /// A program taken off the path.
    pub without: Option<&'a str>,
    pub deadline: Duration,
}

/// How it went.
pub struct Done {
    /// `TimedOut` where the deadline passed.
    pub end: End,
    pub stdout: String,
    pub stderr: String,
    pub cut: bool,
}

/// Which isolation this machine offers, tried out once; or why none.
pub fn offered(stage: &Stage) -> Result<Isolation, String> {
    let job = Job {
        command: "exit 7",
        args: None,
        stdin: b"",
        environment: &[],
        start_in: "/",
        binds: &[],
        without: None,
        deadline: Duration::from_secs(20),
    };
    match run(stage, &job) {
        Ok(Done { end: End::Exit(7), .. }) => Ok(Isolation::Bubblewrap),
        Ok(done) => Err(done.stderr.lines().next().unwrap_or("bubblewrap did not start").to_owned()),
        Err(error) => Err(format!("bubblewrap (bwrap): {error}")),
    }
}

/// The user of this machine that the sandbox belongs to: never root.
pub fn outer_uid(stage: &Stage) -> Option<u32> {
    rustix::process::geteuid().is_root().then_some(stage.person.uid)
}

/// Makes a folder that the sandbox may write to.
pub fn writable(stage: &Stage, path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    match outer_uid(stage) {
        Some(uid) => chown(path, Some(uid), Some(uid)),
        None => Ok(()),
    }
}

/// Runs it to its end, or to the deadline; nothing of it lives on.
pub fn run(stage: &Stage, job: &Job) -> io::Result<Done> {
    let mut command = Command::new("bwrap");
    command.env_clear().env("PATH", PATH).current_dir("/");
    let home = stage.person.home.as_str();
    let mut add = |words: &[&str]| {
        command.args(words);
    };
    add(&[
        "--unshare-all",
        "--unshare-user",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--cap-drop",
        "ALL",
    ]);
    add(&[
        "--hostname",
        "host",
        "--uid",
        &stage.person.uid.to_string(),
        "--gid",
        &stage.person.gid.to_string(),
    ]);
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
    for (name, value) in [
        ("PATH", PATH),
        ("HOME", home),
        ("USER", &stage.person.name),
        ("LOGNAME", &stage.person.name),
        ("SHELL", "/bin/sh"),
        ("LANG", "C.UTF-8"),
        ("TERM", "dumb"),
    ] {
        add(&["--setenv", name, value]);
    }
    for (name, value) in job.environment {
        add(&["--setenv", name, value]);
    }
    add(&["--remount-ro", "/", "--", "/bin/sh", "-c"]);
    match job.args {
        None => {
            let shell =
                "if command -v bash >/dev/null 2>&1; then exec bash -c \"$0\"; else exec sh -c \"$0\"; fi";
            add(&[&format!("{LIMITS}{shell}"), job.command]);
        }
        Some(args) => {
            add(&[&format!("{LIMITS}exec \"$0\" \"$@\""), job.command]);
            command.args(args);
        }
    }
    if let Some(uid) = outer_uid(stage) {
        command.uid(uid).gid(uid);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn()?;
    let grown: Vec<&Path> =
        job.binds.iter().filter(|(.., writable)| *writable).map(|(from, ..)| from.as_path()).collect();
    finish(child, job, &grown)
}

fn finish(mut child: Child, job: &Job, scratch: &[&Path]) -> io::Result<Done> {
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    if let Some(mut pipe) = child.stdin.take() {
        let input = job.stdin.to_vec();
        // A hook may never read: the thread ends when the sandbox does.
        thread::spawn(move || drop(pipe.write_all(&input)));
    }
    let started = Instant::now();
    let mut pause = Duration::from_millis(2);
    let mut next_look = Duration::from_millis(300);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        let elapsed = started.elapsed();
        let too_big = elapsed > next_look && {
            next_look = elapsed + Duration::from_millis(300);
            scratch.iter().any(|folder| size(folder) > DISK)
        };
        if elapsed > job.deadline || too_big {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    // Every process of the sandbox is gone, and so are the writing ends; a pipe that stays open is given up on.
    let (out, out_cut) = stdout.recv_timeout(Duration::from_secs(5)).unwrap_or((Vec::new(), true));
    let (err, err_cut) = stderr.recv_timeout(Duration::from_secs(5)).unwrap_or((Vec::new(), true));
    let stderr = String::from_utf8_lossy(&err).into_owned();
    let end = match status {
        None => End::TimedOut,
        Some(status) => match (status.code(), status.signal()) {
            (Some(1), _) if stderr.starts_with("bwrap: ") => End::NotStarted,
            (Some(code), _) => End::Exit(code),
            (None, Some(signal)) => End::Signal(signal),
            (None, None) => End::NotStarted,
        },
    };
    Ok(Done { end, stdout: String::from_utf8_lossy(&out).into_owned(), stderr, cut: out_cut || err_cut })
}

fn collect<R: Read + Send + 'static>(pipe: Option<R>) -> Receiver<(Vec<u8>, bool)> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        let mut cut = false;
        if let Some(mut pipe) = pipe {
            let _ = (&mut pipe).take(OUTPUT as u64).read_to_end(&mut kept);
            cut = io::copy(&mut pipe, &mut io::sink()).unwrap_or(0) > 0;
        }
        let _ = send.send((kept, cut));
    });
    receive
}

/// Bytes below a folder, without following links; many names count as much.
fn size(folder: &Path) -> u64 {
    let (mut total, mut names, mut waiting) = (0, 0, vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            names += 1;
            if names > NAMES {
                return DISK + 1;
            }
            let Ok(facts) = entry.metadata() else { continue };
            if facts.is_dir() {
                waiting.push(entry.path());
            } else {
                total += facts.len();
            }
        }
    }
    total
}

/// Removes a scratch folder, however deep a hook made it: `rm` does not recurse.
pub fn remove(folder: &Path) {
    let _ = Command::new("/bin/rm")
        .args(["-rf", "--"])
        .arg(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
