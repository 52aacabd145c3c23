//! One run of a program in a sandbox: its input, its limits, its output, and an end that nothing of it survives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::person::Person;
use super::stage::Stage;
use super::{bubblewrap, confined};
use crate::model::{End, Isolation};

/// Output kept of each stream, in bytes; the rest is read and dropped, as long as the deadline allows.
pub const OUTPUT: usize = 64 * 1024;
/// A scratch folder on disk may grow to this, in bytes.
const DISK: u64 = 64 * 1024 * 1024;
/// Names looked at to see how much a scratch folder holds.
const NAMES: usize = 10_000;
/// All processes of a run together may hold this much memory, in bytes.
const MEMORY: u64 = 2 * 1024 * 1024 * 1024;
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Limits that the shell sets before the hook starts: no core files, processor seconds, file blocks of 512 bytes, open
/// files, memory in KiB. What the shell does not know is left out.
const LIMITS: &str = "ulimit -c 0; ulimit -t 60; ulimit -f 65536; ulimit -n 512; ulimit -d 1572864; ";

/// Ends a run that was not confined; the words `workpaper: ` stand before the reason.
pub const NOT_CONFINED: i32 = 98;

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
    /// Links in the folder that it starts in: name, and what it points to.
    pub links: &'a BTreeMap<String, String>,
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

/// Which isolation this machine offers: the first of `levels` that works; or why none of them does.
pub fn offered(
    levels: &[Isolation],
    here: bool,
    person: &Person,
    helper: &Path,
) -> Result<Isolation, String> {
    let mut reasons = Vec::new();
    for level in levels {
        let tried = match level {
            Isolation::Bubblewrap => bubblewrap::offered(outer_uid(person)),
            _ if !here => Err("without bubblewrap no other root can be shown at its real paths".to_owned()),
            Isolation::LandlockSeccomp => confined::offered(helper),
            Isolation::None => Ok(()),
        };
        match tried {
            Ok(()) => return Ok(*level),
            Err(why) => reasons.push(why),
        }
    }
    reasons.dedup();
    if reasons.is_empty() {
        reasons.push("no level of isolation may be used".to_owned());
    }
    Err(reasons.join("; "))
}

/// The user of this machine that the sandbox belongs to: never root.
pub fn outer_uid(person: &Person) -> Option<u32> {
    rustix::process::geteuid().is_root().then_some(person.uid)
}

/// Makes a folder that the sandbox may write to.
pub fn writable(stage: &Stage, path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    hand_over(stage, path, 0o755)
}

/// Makes an empty file that the sandbox may write to.
pub fn writable_file(stage: &Stage, path: &Path) -> io::Result<()> {
    fs::write(path, "")?;
    hand_over(stage, path, 0o644)
}

fn hand_over(stage: &Stage, path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    match outer_uid(&stage.person) {
        Some(uid) => chown(path, Some(uid), Some(uid)),
        None => Ok(()),
    }
}

/// What stands in the environment besides what the session's settings put there.
pub fn person_environment(person: &Person) -> [(&str, &str); 7] {
    [
        ("PATH", PATH),
        ("HOME", &person.home),
        ("USER", &person.name),
        ("LOGNAME", &person.name),
        ("SHELL", "/bin/sh"),
        ("LANG", "C.UTF-8"),
        ("TERM", "dumb"),
    ]
}

/// The words that start a job: a shell that sets the limits and then becomes the hook. With `last`, a process of the
/// same group ends the group some time after the deadline, should nobody be left to do it.
pub fn launch(job: &Job, processes: u64, last: Option<Duration>) -> Vec<String> {
    let mut before = last.map_or_else(String::new, |deadline| {
        let seconds = deadline.as_secs() + 5;
        format!("( ( sleep {seconds}; kill -9 0 ) </dev/null >/dev/null 2>&1 & ); ")
    });
    before.push_str(&format!("{{ {LIMITS}ulimit -u {processes} || ulimit -p {processes}; }} 2>/dev/null; "));
    before.push_str(match job.args {
        None => "if command -v bash >/dev/null 2>&1; then exec bash -c \"$0\"; else exec sh -c \"$0\"; fi",
        Some(_) => "exec \"$0\" \"$@\"",
    });
    let words = ["/bin/sh", "-c", &before, job.command].map(str::to_owned);
    words.into_iter().chain(job.args.into_iter().flatten().cloned()).collect()
}

/// Runs it to its end, or to the deadline; nothing of it lives on.
pub fn run(stage: &Stage, job: &Job) -> io::Result<Done> {
    let child = match stage.isolation {
        Isolation::Bubblewrap => bubblewrap::start(stage, job)?,
        Isolation::LandlockSeccomp | Isolation::None => confined::start(stage, job)?,
    };
    let grown: Vec<&Path> =
        job.binds.iter().filter(|(.., writable)| *writable).map(|(from, ..)| from.as_path()).collect();
    finish(child, job, &grown, stage.isolation != Isolation::Bubblewrap)
}

/// Why a run was ended.
enum Stopped {
    Deadline,
    /// It used more than a probe gives: what the client would see is not known.
    Limit,
}

fn finish(mut child: Child, job: &Job, scratch: &[&Path], grouped: bool) -> io::Result<Done> {
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    if let Some(mut pipe) = child.stdin.take() {
        let input = job.stdin.to_vec();
        // A hook may never read: the thread ends when the sandbox does.
        thread::spawn(move || drop(pipe.write_all(&input)));
    }
    let started = Instant::now();
    let mut pause = Duration::from_millis(2);
    let mut next_look = Duration::from_millis(200);
    let stopped = loop {
        if ended(&child)? {
            break None;
        }
        let elapsed = started.elapsed();
        if elapsed > job.deadline {
            break Some(Stopped::Deadline);
        }
        if elapsed > next_look {
            next_look = elapsed + Duration::from_millis(200);
            if scratch.iter().any(|folder| size(folder) > DISK) || memory(child.id()) > MEMORY {
                break Some(Stopped::Limit);
            }
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    // The child is waited for last: until then its number, and that of its group, belong to nobody else.
    if grouped && let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    if stopped.is_some() {
        child.kill()?;
    }
    let status = child.wait()?;
    // Every process of the sandbox is gone, and so are the writing ends; a pipe that stays open is given up on.
    let (out, out_cut) = stdout.recv_timeout(Duration::from_secs(5)).unwrap_or((Vec::new(), true));
    let (err, err_cut) = stderr.recv_timeout(Duration::from_secs(5)).unwrap_or((Vec::new(), true));
    let stderr = String::from_utf8_lossy(&err).into_owned();
    let end = match (stopped, status.code(), status.signal()) {
        (Some(Stopped::Deadline), ..) => End::TimedOut,
        (Some(Stopped::Limit), ..) => End::ProbeLimit,
        (None, Some(1), _) if stderr.starts_with("bwrap: ") => End::NotStarted,
        (None, Some(NOT_CONFINED), _) if stderr.starts_with("workpaper: ") => End::NotStarted,
        (None, Some(code), _) => End::Exit(code),
        (None, None, Some(signal)) => End::Signal(signal),
        (None, None, None) => End::NotStarted,
    };
    Ok(Done { end, stdout: String::from_utf8_lossy(&out).into_owned(), stderr, cut: out_cut || err_cut })
}

/// Whether the child has ended; it is not waited for yet.
fn ended(child: &Child) -> io::Result<bool> {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return Ok(true) };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(pid), options)?.is_some())
}

/// Bytes that a process, its descendants and its group hold in memory.
fn memory(root: u32) -> u64 {
    let mut processes: Vec<(u32, u32, u32, u64)> = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name stands in brackets and may hold anything.
        let Some((before, after)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = after.split_whitespace().collect();
        let number = |text: Option<&&str>| text.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let id = before.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0);
        let narrow = |wide: u64| u32::try_from(wide).unwrap_or(0);
        processes.push((
            id,
            narrow(number(fields.get(1))),
            narrow(number(fields.get(2))),
            number(fields.get(21)),
        ));
    }
    let mut mine = BTreeSet::from([root]);
    loop {
        let known = mine.len();
        mine.extend(
            processes
                .iter()
                .filter(|(_, parent, group, _)| mine.contains(parent) || *group == root)
                .map(|(id, ..)| *id)
                .collect::<Vec<_>>(),
        );
        if mine.len() == known {
            break;
        }
    }
    let pages: u64 = processes.iter().filter(|(id, ..)| mine.contains(id)).map(|(.., pages)| pages).sum();
    pages * rustix::param::page_size() as u64
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
