//! The file system that a hook sees: the host's own files at their real paths, copied or bound read-only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::confined::Ground;
use super::copier::Copier;
use super::person::Person;
use super::sandbox::outer_uid;
use crate::collect::host::Host;
use crate::collect::naming::shown;
use crate::collect::tree::EntryKind;
use crate::model::{Isolation, Programs};

/// Folders deeper than this are not gone into.
const DEPTH: usize = 40;
/// What stands here in the sandbox is its own.
pub const OWN: &[&str] =
    &["proc", "sys", "dev", "tmp", "run", "home", "root", "Users", "mnt", "media", "lost+found"];
/// The same below `/var`.
pub const OWN_VAR: &[&str] = &["log", "tmp", "run", "lock", "cache", "spool"];
/// Of the machine that runs the probe, only these folders ever enter the sandbox.
pub const MACHINE: &[&str] = &["bin", "sbin", "lib", "lib32", "lib64", "libexec", "share"];
/// Where they stand there.
pub const MACHINE_AT: &str = "/run/machine";
/// So many folders and files of /var/log are made anew for hooks.
const LOGS: usize = 200;
const TOP_LINKS: &[&str] = &["bin", "sbin", "lib", "lib32", "lib64"];

/// A prepared file system, for one person.
pub struct Stage {
    folder: TempDir,
    pub isolation: Isolation,
    /// What a run outside of bubblewrap is given.
    pub ground: Ground,
    /// Whose home a scratch folder stands for, where hooks see this machine's own file system.
    stands_for: Option<String>,
    /// Arguments of bubblewrap that put it together.
    pub mounts: Vec<String>,
    pub programs: Programs,
    /// Who the stage was prepared for.
    pub of: Person,
    /// The same, with the home that hooks see.
    pub person: Person,
    /// Files of the person's home that hooks need, on this machine.
    pub home: PathBuf,
    /// Where programs that a fault takes away stand in the sandbox.
    pub found: BTreeMap<String, Vec<String>>,
    /// Whether the folder that the guide logs to is there; where the copy brought no /var/log at all, it is taken to be.
    pub log_folder: bool,
    /// Folders (with a `/` behind) and files that the host has below /var/log: hooks that append to a log, and do not
    /// make one, find an empty one.
    pub logs: Vec<String>,
    /// What could not be brought in.
    pub left_out: Vec<String>,
}

impl Stage {
    /// Prepares the host's files. `scripts`: what hooks start, below the root. `helper`: this program.
    pub fn prepare(
        host: &Host,
        root: &Path,
        mut person: Person,
        scripts: &BTreeSet<PathBuf>,
        isolation: Isolation,
        helper: &Path,
    ) -> io::Result<Self> {
        let folder = private_folder(&person)?;
        let (mut mounts, mut left_out) = (Vec::new(), Vec::new());
        let whole = ["bin/sh", "usr/bin/sh"].iter().any(|shell| host.tree.has(shell));
        let programs = if isolation != Isolation::Bubblewrap {
            Programs::OfTheHost
        } else if whole {
            bind_host(host, root, &mut mounts);
            Programs::OfTheHost
        } else {
            let copy = folder.path().join("root");
            let mut copier = Copier::new(&host.tree, Some(&person));
            copier.folder(Path::new(""), &copy, 0, &|path: &Path| {
                let name = shown(path);
                OWN.contains(&name.as_str())
                    || ["var/log", "var/cache", "var/tmp", "var/run", "var/lock", "var/spool"]
                        .contains(&name.as_str())
            })?;
            left_out.append(&mut copier.left_out);
            bring_machine(&copy, &mut mounts)?;
            with_account(&copy, &person)?;
            // Scratch folders stand below /var, so its parts are bound one by one.
            let parts = sorted(&copy)?.into_iter().filter(|entry| !entry.ends_with("var"));
            for entry in parts.chain(sorted(&copy.join("var")).unwrap_or_default()) {
                let Ok(at) = entry.strip_prefix(&copy).map(shown) else { continue };
                match fs::read_link(&entry) {
                    Ok(target) => mounts.extend(["--symlink".to_owned(), shown(&target), format!("/{at}")]),
                    Err(_) => mounts.extend(["--ro-bind".to_owned(), shown(&entry), format!("/{at}")]),
                }
            }
            Programs::OfThisMachine
        };
        let home = folder.path().join("home");
        let mut copier = Copier::new(&host.tree, Some(&person));
        let below = PathBuf::from(person.home.trim_start_matches('/'));
        let config = PathBuf::from(&person.config_dir);
        let mut wanted: BTreeSet<PathBuf> =
            ["hooks", "scripts", "bin", "lib"].iter().map(|name| config.join(name)).collect();
        wanted.extend(scripts.iter().filter(|script| script.starts_with(&below)).filter_map(|script| {
            let parent = script.parent()?;
            Some(if parent == below || parent == config { script.clone() } else { parent.to_owned() })
        }));
        fs::create_dir_all(&home)?;
        let mut own = vec![home.clone()];
        for path in wanted {
            let Ok(inside) = path.strip_prefix(&below) else { continue };
            copier.either(&path, &home.join(inside))?;
            own.push(Path::new("/").join(path));
        }
        left_out.append(&mut copier.left_out);
        let log_folder = host.tree.has_folder("var/log/claude-code") || !host.tree.has_folder("var/log");
        let mut logs = Vec::new();
        logs_below(host, "", &mut logs);
        let of = person.clone();
        let (mut ground, mut stands_for) = (Ground::default(), None);
        if isolation != Isolation::Bubblewrap {
            own.push(folder.path().join("checkouts"));
            ground = Ground::of(host, &person, helper, &own);
            let scratch = shown(&folder.path().join("world/home"));
            stands_for = Some(std::mem::replace(&mut person.home, scratch));
        }
        let found = BTreeMap::new();
        let mut stage = Self {
            folder,
            isolation,
            ground,
            stands_for,
            mounts,
            programs,
            of,
            person,
            home,
            found,
            log_folder,
            logs,
            left_out,
        };
        stage.find_programs(host)?;
        Ok(stage)
    }

    /// The scratch folder of runs on this machine's own file system.
    pub fn world(&self) -> PathBuf {
        self.beside("world")
    }

    /// Text with the person's home where a scratch folder stood for it: the same in every run.
    pub fn named(&self, text: &str) -> String {
        match &self.stands_for {
            Some(home) => {
                text.replace(&self.person.home, home).replace(&shown(self.folder.path()), "/scratch")
            }
            None => text.to_owned(),
        }
    }

    /// The person's home as the host knows it, below the root.
    pub fn home_below_root(&self) -> &str {
        self.stands_for.as_ref().unwrap_or(&self.person.home).trim_start_matches('/')
    }

    /// How many runs may go on at once: outside of bubblewrap they share the count of their user's processes and their
    /// scratch folder, and one must not disturb the other.
    pub fn side_by_side(&self) -> bool {
        self.isolation == Isolation::Bubblewrap
    }

    /// A folder of this machine beside the staged files.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where each program that a fault takes away stands in the sandbox.
    fn find_programs(&mut self, host: &Host) -> io::Result<()> {
        fs::write(self.beside("nothing"), "")?;
        fs::set_permissions(self.beside("nothing"), fs::Permissions::from_mode(0o644))?;
        for program in ["jq", "grep", "python3"] {
            let mut places = Vec::new();
            for folder in ["usr/local/bin", "usr/bin", "bin"] {
                let path = Path::new(folder).join(program);
                if let Ok(place) = host.tree.resolve(&path) {
                    places.push(format!("/{}", shown(&place.path)));
                } else if self.programs == Programs::OfThisMachine
                    && folder != "usr/local/bin"
                    && let Ok(real) = Path::new("/").join(&path).canonicalize()
                {
                    places.push(format!("{MACHINE_AT}{}", shown(&real)));
                }
            }
            places.sort();
            places.dedup();
            self.found.insert(program.to_owned(), places);
        }
        Ok(())
    }
}

/// What the host has below /var/log, two levels down, parents before what is in them.
fn logs_below(host: &Host, inside: &str, found: &mut Vec<String>) {
    let Ok(place) = host.tree.resolve(&Path::new("var/log").join(inside)) else { return };
    let Ok(listing) = host.tree.list(&place) else { return };
    for entry in listing.entries {
        let path = format!("{inside}{}", entry.shown());
        match entry.kind {
            _ if found.len() >= LOGS => return,
            EntryKind::Folder if inside.matches('/').count() < 2 => {
                found.push(format!("{path}/"));
                logs_below(host, &format!("{path}/"), found);
            }
            EntryKind::File => found.push(path),
            _ => {}
        }
    }
}

/// A folder that only its owner and the sandbox's user can enter: what a hook leaves in it is nobody else's.
fn private_folder(person: &Person) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("workpaper-probe-").tempdir()?;
    if let Some(uid) = outer_uid(person) {
        chown(folder.path(), None, Some(uid))?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o710))?;
    }
    Ok(folder)
}

fn shown_os(name: &std::ffi::OsStr) -> String {
    shown(Path::new(name))
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    Ok(entries)
}

/// The host brings its own programs: its folders are bound as they are.
fn bind_host(host: &Host, root: &Path, mounts: &mut Vec<String>) {
    let mut bind = |folder: &str, skipped: &[&str]| {
        let Ok(place) = host.tree.resolve(Path::new(folder)) else { return };
        let Ok(listing) = host.tree.list(&place) else { return };
        for entry in listing.entries {
            let name = entry.shown();
            if skipped.contains(&name.as_str()) {
                continue;
            }
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let real = root.join(&path);
            match entry.kind {
                EntryKind::Link => {
                    if let Ok(target) = fs::read_link(&real) {
                        mounts.extend(["--symlink".to_owned(), shown(&target), format!("/{path}")]);
                    }
                }
                EntryKind::Folder => {
                    mounts.extend(["--ro-bind-try".to_owned(), shown(&real), format!("/{path}")])
                }
                EntryKind::File | EntryKind::Other => {}
            }
        }
    };
    bind("", &[OWN, &["var"]].concat());
    bind("var", OWN_VAR);
}

/// Fills the gaps of a copied root with this machine's programs and libraries, by links.
fn bring_machine(copy: &Path, mounts: &mut Vec<String>) -> io::Result<()> {
    fs::create_dir_all(copy.join("usr"))?;
    for name in MACHINE {
        let own = Path::new("/usr").join(name);
        if own.is_dir() {
            mounts.extend(["--ro-bind".to_owned(), shown(&own), format!("{MACHINE_AT}/usr/{name}")]);
            merge(&own, &copy.join("usr").join(name), &format!("{MACHINE_AT}/usr/{name}"), 0)?;
        }
    }
    for name in TOP_LINKS {
        let (own, here) = (Path::new("/").join(name), copy.join(name));
        match fs::read_link(&own) {
            Ok(target) => {
                // Relative links inside the bound folders climb up to here.
                mounts.extend([
                    "--symlink".to_owned(),
                    format!("usr/{name}"),
                    format!("{MACHINE_AT}/{name}"),
                ]);
                if here.is_dir() {
                    merge(&Path::new("/usr").join(name), &here, &format!("{MACHINE_AT}/usr/{name}"), 0)?;
                } else {
                    symlink(target, here)?;
                }
            }
            Err(_) if own.is_dir() => {
                mounts.extend(["--ro-bind".to_owned(), shown(&own), format!("{MACHINE_AT}/{name}")]);
                merge(&own, &here, &format!("{MACHINE_AT}/{name}"), 0)?;
            }
            Err(_) => {}
        }
    }
    fs::create_dir_all(copy.join("etc"))?;
    let alternatives = copy.join("etc/alternatives");
    if !alternatives.exists()
        && let Ok(entries) = fs::read_dir("/etc/alternatives")
    {
        fs::create_dir_all(&alternatives)?;
        for entry in entries.flatten() {
            if let Ok(target) = fs::read_link(entry.path()) {
                let _ = symlink(target, alternatives.join(entry.file_name()));
            }
        }
    }
    if !copy.join("etc/ld.so.cache").exists() {
        let _ = fs::copy("/etc/ld.so.cache", copy.join("etc/ld.so.cache"));
    }
    Ok(())
}

/// What the machine has and the copy has not becomes a link; folders of both are gone into.
fn merge(machine: &Path, copy: &Path, at: &str, depth: usize) -> io::Result<()> {
    if fs::symlink_metadata(copy).is_err() {
        return symlink(at, copy);
    }
    if depth > DEPTH || !copy.is_dir() || copy.is_symlink() {
        return Ok(());
    }
    for entry in sorted(machine)? {
        let Some(name) = entry.file_name() else { continue };
        let (here, there) = (copy.join(name), format!("{at}/{}", shown_os(name)));
        if fs::symlink_metadata(&here).is_err() {
            symlink(there, here)?;
        } else if entry.is_dir() && !entry.is_symlink() {
            merge(&entry, &here, &there, depth + 1)?;
        }
    }
    Ok(())
}

/// `id -un` names the person also where the copy brought no account file.
fn with_account(copy: &Path, person: &Person) -> io::Result<()> {
    let path = copy.join("etc/passwd");
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    if !text.lines().any(|line| line.split(':').nth(2) == Some(&person.uid.to_string())) {
        text.push_str(&format!("{}:x:{}:{}::{}:/bin/sh\n", person.name, person.uid, person.gid, person.home));
        let _ = fs::remove_file(&path);
        fs::write(&path, text)?;
    }
    Ok(())
}
