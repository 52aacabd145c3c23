//! Which host this is: its system, its people, its installed clients, and whether its owners can be known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::CollectError;
use super::environment::folder_of;
use super::intake::{Intake, Keep, Missed, decode};
use super::mtree::{OwnerList, Owners};
use super::naming::{below_root, shown};
use super::tree::{EntryKind, Links, Tree};
use crate::model::{GapReason, Os, Role, Seen, UserHome};

const COLLECTOR: &str = "host";
/// The list of owners that a copy of a host may bring along.
const OWNER_LIST: &str = ".mtree";
/// An owners' list is read up to this size, in bytes.
const OWNER_LIST_LIMIT: u64 = 64 * 1024 * 1024;
/// Homes looked into on one host.
const HOMES: usize = 500;

/// The host under examination, for the other collectors.
pub struct Host {
    pub tree: Tree,
    pub os: Os,
    /// Sorted by name.
    pub users: Vec<UserHome>,
    /// Whether it is this machine.
    pub here: bool,
}

/// What shows which system a tree is; the first system with a match wins.
const LAYOUTS: &[(Os, &[&str])] = &[
    (Os::Windows, &["Windows/System32", "Windows", "Program Files", "ProgramData"]),
    (
        Os::MacOs,
        &[
            "System/Library/CoreServices/SystemVersion.plist",
            "Library/Managed Preferences",
            "Library/Application Support",
            "private/var/db/ConfigurationProfiles",
        ],
    ),
    (Os::Linux, &["etc/os-release", "usr/lib/os-release", "etc/passwd", "etc/claude-code", "etc"]),
];

/// Opens the root; without it there is nothing to collect.
pub fn open_root(path: &Path) -> Result<Tree, CollectError> {
    Tree::open(path, String::new(), Links::InsideHost, Owners::Unknown, String::new())
        .map_err(|refusal| CollectError::Root { path: shown(path), reason: refusal.detail })
}

/// Looks at the host as a whole.
pub fn look(mut tree: Tree, root: &Path, intake: &mut Intake) -> Host {
    let here = root == Path::new("/");
    let (os, recognised_by) = system(&tree);
    if recognised_by.is_empty() {
        intake.gap(
            "host",
            GapReason::Malformed,
            "the layout is that of no known system (etc/passwd, System/Library, Program Files); it was read as Linux",
        );
    }
    tree.any_case = !here && os != Os::Linux;
    let accounts = accounts(&tree, os, intake);
    tree.owners = owners(&tree, here, os, &accounts, intake);
    if matches!(os, Os::Linux) {
        for path in ["etc/passwd", "etc/group"] {
            let _ = intake.take(&tree, Path::new(path), Role::Accounts, COLLECTOR);
        }
    }
    let mut users = homes(&tree, os, accounts, intake);
    for user in &mut users {
        if let Some(moved) = folder_of("CLAUDE_CONFIG_DIR", &tree, os, user, intake) {
            user.config_dir = moved;
        }
    }
    let seen = crate::model::Host {
        os,
        recognised_by,
        hostname: hostname(&tree, here, intake),
        users: users.clone(),
        client_versions: client_versions(&tree, os, &users, intake),
        owners_preserved: tree.owners.preserved(),
    };
    intake.see("host", None, COLLECTOR, Seen::Host(seen));
    Host { tree, os, users, here }
}

fn system(tree: &Tree) -> (Os, Vec<String>) {
    for (os, marks) in LAYOUTS {
        let found: Vec<String> =
            marks.iter().filter(|mark| tree.has(mark)).map(|&mark| mark.to_owned()).collect();
        if !found.is_empty() {
            return (*os, found);
        }
    }
    (Os::Linux, Vec::new())
}

struct Account {
    name: String,
    uid: Option<u32>,
    gid: Option<u32>,
    home: String,
}

/// The people in the account file whose homes exist.
fn accounts(tree: &Tree, os: Os, intake: &mut Intake) -> Vec<Account> {
    if os == Os::Windows {
        return Vec::new();
    }
    let Ok(file) = intake.open(tree, Path::new("etc/passwd")) else { return Vec::new() };
    let (text, _) = decode(&file.raw);
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, _, home, ..] = fields[..] else { continue };
        let (uid, home) = (uid.parse::<u32>().ok(), below_root(home).trim_end_matches('/'));
        let person = uid
            .is_some_and(|uid| uid == 0 || (1000..65534).contains(&uid) || (os == Os::MacOs && uid >= 500));
        if home.is_empty() || name.is_empty() || !(person || tree.has_folder(Path::new(home).join(".claude")))
        {
            continue;
        }
        if tree.has_folder(home) {
            found.push(Account { name: name.to_owned(), uid, gid: gid.parse().ok(), home: home.to_owned() });
        }
    }
    found
}

/// How owners can be known. A copy made by root keeps root's own name on everything unless the copier took care:
/// where a person's home belongs to root, the copy did not keep owners.
fn owners(tree: &Tree, here: bool, os: Os, accounts: &[Account], intake: &mut Intake) -> Owners {
    if here {
        return Owners::FileSystem;
    }
    match intake.open_within(tree, Path::new(OWNER_LIST), OWNER_LIST_LIMIT) {
        Ok(file) => {
            let problem = match OwnerList::parse(&decode(&file.raw).0) {
                Ok(list) if list.has_owners() => return Owners::Listed(Rc::new(list)),
                Ok(_) => "the list names no owner (uid=)".to_owned(),
                Err(problem) => problem,
            };
            intake.gap(OWNER_LIST, GapReason::Malformed, problem);
            return Owners::Unknown;
        }
        Err(Missed::Absent) => {}
        Err(Missed::Noted) => return Owners::Unknown,
    }
    let root_owned = tree.root_stat().is_ok_and(|stat| stat.st_uid == 0);
    let homes = people_folders(tree, os, intake);
    let elses = accounts.iter().filter(|account| account.uid.is_some_and(|uid| uid != 0));
    let homes = elses.map(|account| account.home.clone()).chain(homes.into_iter().map(|(_, home)| home));
    let contradicted =
        homes.filter_map(|home| tree.resolve(Path::new(&home)).ok()).any(|place| place.stat.st_uid == 0);
    if root_owned && !contradicted && os != Os::Windows {
        return Owners::FileSystem;
    }
    let detail = if os == Os::Windows {
        "owners of a Windows host are access lists, which this copy does not carry"
    } else {
        "this copy did not keep the owners of files; copy as root with `tar --numeric-owner`, or put an mtree list \
         beside it: `bsdtar -cf .mtree --format=mtree --options='!all,type,uid,gid,mode' .`"
    };
    intake.gap("host", GapReason::NotCollected, detail);
    Owners::Unknown
}

/// Everybody's home: those of the account file, and the folders where homes stand.
fn homes(tree: &Tree, os: Os, accounts: Vec<Account>, intake: &mut Intake) -> Vec<UserHome> {
    let groups = groups(tree, os, intake);
    let mut users: BTreeMap<String, UserHome> = BTreeMap::new();
    for account in accounts {
        let mut member: BTreeSet<String> = groups.members.get(&account.name).cloned().unwrap_or_default();
        member.extend(account.gid.and_then(|gid| groups.by_id.get(&gid).cloned()));
        users.entry(account.home.clone()).or_insert_with(|| UserHome {
            config_dir: format!("{}/.claude", account.home),
            name: account.name,
            home: account.home,
            uid: account.uid,
            groups: member.into_iter().collect(),
        });
    }
    let mut found = people_folders(tree, os, intake);
    if os != Os::Windows {
        found.push(("root".to_owned(), if os == Os::MacOs { "var/root" } else { "root" }.to_owned()));
    }
    for (name, home) in found {
        if users.contains_key(&home) || !tree.has_folder(&home) {
            continue;
        }
        if users.len() == HOMES {
            intake.gap(
                &home,
                GapReason::TooLarge,
                format!("more than {HOMES} homes; this and later ones were not looked into"),
            );
            break;
        }
        let groups =
            groups.members.get(&name).map(|names| names.iter().cloned().collect()).unwrap_or_default();
        let config_dir = format!("{home}/.claude");
        users.insert(home.clone(), UserHome { name, home, uid: None, config_dir, groups });
    }
    let mut users: Vec<UserHome> = users.into_values().collect();
    users.sort();
    users
}

/// The folders where homes of people stand: name and path.
fn people_folders(tree: &Tree, os: Os, intake: &mut Intake) -> Vec<(String, String)> {
    const NOBODY: &[&str] =
        &["Shared", "Public", "Default", "Default User", "All Users", "Guest", "lost+found"];
    let folder = if os == Os::Linux { "home" } else { "Users" };
    let mut found = Vec::new();
    for entry in intake.list(tree, Path::new(folder)).map(|listing| listing.entries).unwrap_or_default() {
        let name = entry.shown();
        let person = !NOBODY.contains(&name.as_str()) && !name.starts_with('.');
        if person && matches!(entry.kind, EntryKind::Folder | EntryKind::Link) {
            found.push((name.clone(), format!("{folder}/{name}")));
        }
    }
    found
}

#[derive(Default)]
struct Groups {
    members: BTreeMap<String, BTreeSet<String>>,
    by_id: BTreeMap<u32, String>,
}

fn groups(tree: &Tree, os: Os, intake: &mut Intake) -> Groups {
    let mut groups = Groups::default();
    if os == Os::Windows {
        return groups;
    }
    let Ok(file) = intake.open(tree, Path::new("etc/group")) else { return groups };
    for line in decode(&file.raw).0.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, gid, members] = fields[..] else { continue };
        if let Ok(gid) = gid.parse() {
            groups.by_id.insert(gid, name.to_owned());
        }
        for member in members.split(',').map(str::trim).filter(|member| !member.is_empty()) {
            groups.members.entry(member.to_owned()).or_default().insert(name.to_owned());
        }
    }
    groups
}

fn hostname(tree: &Tree, here: bool, intake: &mut Intake) -> Option<String> {
    let written = intake.open(tree, Path::new("etc/hostname")).ok().and_then(|file| {
        let (text, _) = decode(&file.raw);
        text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned)
    });
    let named = written.filter(|name| name.len() <= 255);
    match named {
        None if here => rustix::system::uname().nodename().to_str().ok().map(str::to_owned),
        other => other,
    }
}

/// Versions of the client that are installed, from where its installers put it.
fn client_versions(tree: &Tree, os: Os, users: &[UserHome], intake: &mut Intake) -> Vec<String> {
    const PACKAGE: &str = "node_modules/@anthropic-ai/claude-code/package.json";
    let mut versions = BTreeSet::new();
    let mut packages: Vec<PathBuf> =
        ["usr/lib", "usr/local/lib", "opt/homebrew/lib", "opt/node/lib", "opt/nodejs/lib"]
            .iter()
            .map(|folder| Path::new(folder).join(PACKAGE))
            .collect();
    for user in users {
        let home = Path::new(&user.home);
        let native = home.join(".local/share/claude/versions");
        for entry in intake.list(tree, &native).map(|listing| listing.entries).unwrap_or_default() {
            versions.extend(version(&entry.shown()));
        }
        for folder in
            [".npm-global/lib", ".local/lib", ".npm-packages/lib", ".claude/local", ".bun/install/global"]
        {
            packages.push(home.join(folder).join(PACKAGE));
        }
        for entry in intake
            .list(tree, &home.join(".nvm/versions/node"))
            .map(|listing| listing.entries)
            .unwrap_or_default()
        {
            packages.push(home.join(".nvm/versions/node").join(&entry.name).join("lib").join(PACKAGE));
        }
        if os == Os::Windows {
            packages.push(home.join("AppData/Roaming/npm").join(PACKAGE));
        }
    }
    for path in packages {
        let Ok(file) = intake.open(tree, &path) else { continue };
        match serde_json::from_slice::<serde_json::Value>(&file.raw) {
            Ok(package) => versions.extend(package.get("version").and_then(|found| version(found.as_str()?))),
            Err(error) => intake.gap(
                &file.source,
                GapReason::Malformed,
                format!("the installed client's package file: {error}"),
            ),
        }
    }
    versions.into_iter().collect()
}

fn version(text: &str) -> Option<String> {
    let plausible = text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'));
    plausible.then(|| text.to_owned())
}

/// Keeps a file for its facts only.
pub fn keep_facts(
    tree: &Tree,
    path: &Path,
    role: Role,
    collector: &str,
    intake: &mut Intake,
) -> Result<(), Missed> {
    let file = intake.facts(tree, path, &role)?;
    intake.keep(&file, role, Keep::Nothing, None, collector);
    Ok(())
}
