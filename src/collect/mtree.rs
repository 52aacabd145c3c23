//! Who owns what: the file system's word where it can be trusted, else an mtree list that came with the copy.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{Owner, OwnerBasis};

/// More entries than this are not kept; the rest of the tree then has unknown owners.
const ENTRIES: usize = 500_000;

/// How owners of a tree are known.
#[derive(Clone, Debug)]
pub enum Owners {
    /// The file system is the host's own, or a faithful copy.
    FileSystem,
    /// A list that came with the copy.
    Listed(Rc<OwnerList>),
    /// The copy belongs to whoever made it.
    Unknown,
}

/// Owner, group and permission bits by path below the root.
#[derive(Debug, Default)]
pub struct OwnerList {
    entries: BTreeMap<String, Listed>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Listed {
    uid: Option<u32>,
    gid: Option<u32>,
    mode: Option<u32>,
}

impl Owners {
    /// The owner of a path below the root, given what the file system says.
    pub fn owner(&self, path: &str, uid: u32, gid: u32) -> Owner {
        match self {
            Self::FileSystem => Owner { uid: Some(uid), gid: Some(gid), basis: OwnerBasis::FileSystem },
            Self::Listed(list) => match list.entries.get(path) {
                Some(listed) if listed.uid.is_some() || listed.gid.is_some() => {
                    Owner { uid: listed.uid, gid: listed.gid, basis: OwnerBasis::Mtree }
                }
                _ => UNKNOWN,
            },
            Self::Unknown => UNKNOWN,
        }
    }

    /// The permission bits that the list adds.
    pub fn mode(&self, path: &str) -> u32 {
        match self {
            Self::Listed(list) => list.entries.get(path).and_then(|listed| listed.mode).unwrap_or(0),
            _ => 0,
        }
    }

    /// Whether the root folder's own owner and mode mean anything: a copy's root is just a folder of the copier.
    pub fn knows_root(&self, base: &str) -> bool {
        match self {
            Self::FileSystem => true,
            Self::Listed(list) => list.entries.contains_key(base.trim_end_matches('/')),
            Self::Unknown => false,
        }
    }

    /// Whether owners are those of the host.
    pub fn preserved(&self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

const UNKNOWN: Owner = Owner { uid: None, gid: None, basis: OwnerBasis::Unknown };

impl OwnerList {
    /// Reads an mtree list: full paths (`./etc/passwd`) as `bsdtar --format=mtree` writes them, and the nested form
    /// with `..` of BSD's mtree; `/set` and `/unset` give defaults. Unknown keywords are passed over.
    /// The error says which line makes no sense.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut entries = BTreeMap::new();
        let mut defaults = Listed::default();
        let mut folder: Vec<String> = Vec::new();
        let mut pending = String::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(start) = line.strip_suffix('\\') {
                pending.push_str(start);
                pending.push(' ');
                continue;
            }
            let whole = std::mem::take(&mut pending) + line;
            if whole.is_empty() || whole.starts_with('#') {
                continue;
            }
            let mut words = whole.split_ascii_whitespace();
            let Some(name) = words.next() else { continue };
            match name {
                "/set" => {
                    read_keywords(words, &mut defaults).map_err(|bad| at(number, &bad))?;
                    continue;
                }
                "/unset" => {
                    for word in words {
                        match word {
                            "uid" => defaults.uid = None,
                            "gid" => defaults.gid = None,
                            "mode" => defaults.mode = None,
                            "all" => defaults = Listed::default(),
                            _ => {}
                        }
                    }
                    continue;
                }
                ".." => {
                    folder.pop();
                    continue;
                }
                _ => {}
            }
            let mut listed = defaults;
            let kind = read_keywords(words, &mut listed).map_err(|bad| at(number, &bad))?;
            let name = unescape(name).ok_or_else(|| at(number, name))?;
            let path = if name.contains('/') {
                name.trim_start_matches("./").trim_matches('/').to_owned()
            } else if name == "." {
                String::new()
            } else {
                folder.iter().chain([&name]).cloned().collect::<Vec<_>>().join("/")
            };
            if kind.as_deref() == Some("dir") && !name.contains('/') && name != "." {
                folder.push(name);
            }
            if folder.len() > 256 || entries.len() >= ENTRIES {
                return Err(format!("line {}: the list is too large", number + 1));
            }
            entries.insert(path, listed);
        }
        if entries.is_empty() {
            return Err("the list names no file".to_owned());
        }
        Ok(Self { entries })
    }

    /// Whether the list says anything about owners.
    pub fn has_owners(&self) -> bool {
        self.entries.values().any(|listed| listed.uid.is_some())
    }
}

fn at(number: usize, what: &str) -> String {
    format!("line {}: `{}` is not understood", number + 1, what.escape_debug())
}

/// Reads `uid=0 gid=0 mode=0644`; gives back the `type`.
fn read_keywords<'a>(
    words: impl Iterator<Item = &'a str>,
    listed: &mut Listed,
) -> Result<Option<String>, String> {
    let mut kind = None;
    for word in words {
        let Some((key, value)) = word.split_once('=') else { continue };
        match key {
            "uid" => listed.uid = Some(value.parse().map_err(|_| word.to_owned())?),
            "gid" => listed.gid = Some(value.parse().map_err(|_| word.to_owned())?),
            "mode" => {
                listed.mode = Some(u32::from_str_radix(value, 8).map_err(|_| word.to_owned())? & 0o7777)
            }
            "uname" if value == "root" && listed.uid.is_none() => listed.uid = Some(0),
            "gname" if (value == "root" || value == "wheel") && listed.gid.is_none() => listed.gid = Some(0),
            "type" => kind = Some(value.to_owned()),
            _ => {}
        }
    }
    Ok(kind)
}

/// Undoes the escapes of vis(3): `\040` octal, `\s` space, `\t` tab, `\n` newline, `\#`, `\\`.
fn unescape(name: &str) -> Option<String> {
    if !name.contains('\\') {
        return Some(name.to_owned());
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            bytes.push(first);
            continue;
        }
        let (&next, after) = rest.split_first()?;
        match next {
            b's' => bytes.push(b' '),
            b't' => bytes.push(b'\t'),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b'0'..=b'7' => {
                let digits = rest.get(..3)?;
                let value = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?;
                bytes.push(u8::try_from(value).ok()?);
                rest = &rest[3..];
                continue;
            }
            other => bytes.push(other),
        }
        rest = after;
    }
    // Written as the rest of the snapshot writes paths that are not UTF-8.
    Some(super::naming::shown_name(std::os::unix::ffi::OsStrExt::from_bytes(bytes.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_full_paths_defaults_and_escapes() {
        let list = OwnerList::parse(
            "#mtree\n/set type=file uid=0 gid=0 mode=644\n. type=dir mode=755\n./etc type=dir mode=755\n\
             ./etc/a\\040b uid=1000 \\\n mode=0600\n/set uid=7\n./x\n/unset uid\n./y\n",
        )
        .expect("a list");
        let owners = Owners::Listed(Rc::new(list));
        assert_eq!(owners.owner("etc", 5, 5).uid, Some(0));
        assert_eq!(owners.owner("etc/a b", 5, 5).uid, Some(1000));
        assert_eq!(owners.mode("etc/a b"), 0o600);
        assert_eq!(owners.owner("x", 5, 5).uid, Some(7));
        assert_eq!(owners.owner("y", 5, 5).uid, None);
        assert_eq!(owners.owner("not/listed", 5, 5), UNKNOWN);
        assert!(owners.knows_root(""));
    }

    #[test]
    fn reads_the_nested_form() {
        let list = OwnerList::parse(
            "/set uid=0\n. type=dir\netc type=dir\nclaude-code type=dir\nf uid=3\n..\n..\nvar type=dir\n",
        )
        .expect("a list");
        assert_eq!(list.entries["etc/claude-code/f"].uid, Some(3));
        assert_eq!(list.entries["var"].uid, Some(0));
    }

    #[test]
    fn refuses_what_is_no_list() {
        for bad in ["", "# only a comment", "./a uid=minus", "./a mode=999", "./a\\4"] {
            assert!(OwnerList::parse(bad).is_err(), "{bad}");
        }
    }
}
