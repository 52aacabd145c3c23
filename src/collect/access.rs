//! Who may read a file: its owner, mode and groups, and the accounts of the host that they and the folders above let in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Larger account files are not read.
const MOST_BYTES: u64 = 16 << 20;

/// The accounts of a host, out of its `etc/passwd` and `etc/group`.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    users: Vec<Account>,
    groups: BTreeMap<u32, String>,
    /// Both files were read: who is not in them has no account here.
    pub known: bool,
}

#[derive(Clone, Debug)]
struct Account {
    name: String,
    uid: u32,
    gids: BTreeSet<u32>,
}

/// What lets people at one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    pub owner: String,
    pub group: String,
    /// The permission bits, as of `chmod`.
    pub mode: u32,
    /// Accounts that may read it, sorted; root always may.
    pub readers: Vec<String>,
}

impl Accounts {
    /// Reads the account files below a root.
    pub fn of(root: &Path) -> Self {
        let read = |name: &str| {
            let path = root.join("etc").join(name);
            let seen = std::fs::metadata(&path).ok()?;
            if !seen.is_file() || seen.len() > MOST_BYTES {
                return None;
            }
            std::fs::read(&path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let (users, groups) = (read("passwd"), read("group"));
        let known = users.is_some() && groups.is_some();
        Self::parse(&users.unwrap_or_default(), &groups.unwrap_or_default(), known)
    }

    fn parse(passwd: &str, group: &str, known: bool) -> Self {
        let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
        let mut names = BTreeMap::new();
        let mut members: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for line in group.lines().map(fields) {
            let (Some(name), Some(Ok(gid))) = (line.first(), line.get(2).map(|gid| gid.parse::<u32>()))
            else {
                continue;
            };
            names.entry(gid).or_insert_with(|| name.clone());
            for member in
                line.get(3).map_or("", String::as_str).split(',').filter(|member| !member.is_empty())
            {
                members.entry(member.to_owned()).or_default().insert(gid);
            }
        }
        let account = |line: Vec<String>| {
            let (uid, gid) = (line.get(2)?.parse().ok()?, line.get(3)?.parse().ok()?);
            let name = line.first()?.clone();
            let mut gids = members.get(&name).cloned().unwrap_or_default();
            gids.insert(gid);
            Some(Account { name, uid, gids })
        };
        let mut users: Vec<Account> = passwd.lines().map(fields).filter_map(account).collect();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Accounts { users, groups: names, known }
    }

    /// Who may read a file. Access lists beside the mode are not looked at.
    ///
    /// # Errors
    /// The file or a folder above it cannot be looked at.
    #[cfg(unix)]
    pub fn access(&self, path: &Path) -> std::io::Result<Access> {
        use std::os::unix::fs::MetadataExt as _;
        let path = path.canonicalize()?;
        let seen = std::fs::metadata(&path)?;
        let mut folders = Vec::new();
        for folder in path.ancestors().skip(1) {
            let seen = std::fs::metadata(folder)?;
            folders.push((seen.uid(), seen.gid(), seen.mode()));
        }
        let own = (seen.uid(), seen.gid(), seen.mode());
        let may_read = |account: &Account| {
            account.uid == 0 || account.may(4, own) && folders.iter().all(|&folder| account.may(1, folder))
        };
        let readers = self.users.iter().filter(|account| may_read(account));
        let owner = self.users.iter().find(|account| account.uid == own.0);
        Ok(Access {
            owner: owner.map_or_else(|| format!("uid {}", own.0), |account| account.name.clone()),
            group: self.groups.get(&own.1).cloned().unwrap_or_else(|| format!("gid {}", own.1)),
            mode: own.2 & 0o7777,
            readers: readers.map(|account| account.name.clone()).collect(),
        })
    }

    /// Owners and modes are not told here.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(unix))]
    pub fn access(&self, _: &Path) -> std::io::Result<Access> {
        Err(std::io::Error::other("owner and mode are not read on this system"))
    }
}

impl Account {
    /// The system asks one class of bits alone: the owner's, else the group's, else everyone's.
    fn may(&self, bit: u32, (uid, gid, mode): (u32, u32, u32)) -> bool {
        let shift = if self.uid == uid {
            6
        } else if self.gids.contains(&gid) {
            3
        } else {
            0
        };
        mode >> shift & bit != 0
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn the_mode_of_the_file_and_of_every_folder_above_decide() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("audit.log");
        std::fs::write(&file, "x").expect("a file");
        let seen = std::fs::metadata(&file).expect("seen");
        let (uid, gid) = (seen.uid(), seen.gid());
        let [owner, member, stranger, group] = [uid.max(1), 70_001, 70_002, gid];
        let passwd = format!(
            "root:x:0:0::/root:/bin/sh\nown:x:{owner}:7::/:\nmember:x:{member}:7::/:\nstranger:x:{stranger}:7::/:\n"
        );
        let accounts = Accounts::parse(&passwd, &format!("audit:x:{group}:member\n"), true);
        let readers = |file_mode: u32, folder_mode: u32| {
            let set = |path: &Path, mode| {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
            };
            set(&file, file_mode);
            set(folder.path(), folder_mode);
            accounts.access(&file).expect("seen").readers.into_iter().filter(|name| name != "own").collect()
        };
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
        let everyone: Vec<String> = readers(0o644, 0o755);
        assert_eq!(everyone, of(&["member", "root", "stranger"]));
        let members: Vec<String> = readers(0o640, 0o755);
        assert_eq!(members, of(&["member", "root"]));
        // The group's bits are asked, although everyone else's would do.
        let others: Vec<String> = readers(0o604, 0o755);
        assert_eq!(others, of(&["root", "stranger"]));
        let closed: Vec<String> = readers(0o644, 0o700);
        assert_eq!(closed, of(&["root"]));
    }
}
