//! Who a hook runs as: an ordinary account of the host.

use std::collections::BTreeSet;
use std::path::Path;

use crate::collect::host::Host;
use crate::model::UserHome;

/// Who the hook runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub gids: BTreeSet<u32>,
    /// Absolute, as in the sandbox.
    pub home: String,
    /// Below the root.
    pub config_dir: String,
}

impl Person {
    /// The account of the host; an invented one where the host shows none that is ordinary.
    pub fn of(user: Option<&UserHome>, host: &Host) -> Self {
        let text = |path: &str| {
            let place = host.tree.resolve(Path::new(path)).ok()?;
            Some(String::from_utf8_lossy(&host.tree.read(&place, 4 << 20).ok()?).into_owned())
        };
        let name = user.map_or("user", |user| user.name.as_str());
        let passwd = text("etc/passwd").unwrap_or_default();
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name));
        let number = |at: usize| line.and_then(|line| line.split(':').nth(at)?.parse().ok());
        let uid =
            user.and_then(|user| user.uid).or_else(|| number(2)).filter(|uid| *uid != 0).unwrap_or(1000);
        let gid = number(3).filter(|gid| *gid != 0).unwrap_or(uid);
        let mut gids = BTreeSet::from([gid]);
        for line in text("etc/group").unwrap_or_default().lines() {
            let fields: Vec<&str> = line.split(':').collect();
            if let [_, _, number, members] = fields[..]
                && members.split(',').any(|member| member == name)
                && let Ok(number) = number.parse()
            {
                gids.insert(number);
            }
        }
        let home = user.map_or_else(|| "/home/user".to_owned(), |user| format!("/{}", user.home));
        let config_dir = user.map_or_else(|| "home/user/.claude".to_owned(), |user| user.config_dir.clone());
        Self { name: name.to_owned(), uid, gid, gids, home, config_dir }
    }
}
