//! Checks a pack against its manifests: what was changed, added, taken away or cannot be read.

use std::{collections::BTreeMap, fmt, path::Path};

use super::{
    manifest::{JSON, Manifest, SUMS, parse_sums},
    name::PackName,
    read::{self, Tree},
};
use crate::model::Digest;

/// One file that is not as the manifest says, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Discrepancy {
    /// Fit to be printed, whatever the file is called.
    pub name: String,
    pub detail: String,
}

/// What a check of a pack found. Everything is sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Content differs, or a link or something else stands in place of the file.
    pub changed: Vec<Discrepancy>,
    /// There and not listed; folders end in `/`.
    pub added: Vec<String>,
    /// Listed and not there.
    pub missing: Vec<String>,
    pub unreadable: Vec<Discrepancy>,
    /// Why this is no pack at all.
    pub not_a_pack: Option<String>,
    /// The digest of `manifest.sha256`, which names the pack: to be compared with one kept elsewhere.
    pub digest: Option<Digest>,
    /// The run that the pack is of.
    pub run: Option<String>,
    /// How many listed files have the content that is listed, of how many.
    pub intact: u64,
    pub listed: u64,
}

impl Verification {
    /// Whether every listed file is as listed, and nothing else is there.
    pub fn holds(&self) -> bool {
        self.not_a_pack.is_none()
            && self.changed.is_empty()
            && self.added.is_empty()
            && self.missing.is_empty()
            && self.unreadable.is_empty()
    }
}

impl fmt::Display for Verification {
    /// One line a discrepancy; nothing where the pack holds.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = &self.not_a_pack {
            writeln!(out, "not a pack: {why}")?;
        }
        for found in &self.changed {
            writeln!(out, "changed: {}: {}", found.name, found.detail)?;
        }
        for name in &self.added {
            writeln!(out, "added: {name}")?;
        }
        for name in &self.missing {
            writeln!(out, "missing: {name}")?;
        }
        for found in &self.unreadable {
            writeln!(out, "unreadable: {}: {}", found.name, found.detail)?;
        }
        Ok(())
    }
}

/// Checks every file of the pack. A folder that cannot be read at all is not a pack, and says why.
pub fn verify(folder: &Path) -> Verification {
    let mut found = Verification::default();
    if let Err(why) = check(folder, &mut found) {
        found.not_a_pack = Some(why);
    }
    found.changed.sort();
    found
}

fn check(folder: &Path, found: &mut Verification) -> Result<(), String> {
    let tree = Tree::walk(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    if !tree.files.contains(SUMS) {
        return Err(format!("there is no {SUMS}"));
    }
    let text = read::small(folder, SUMS).map_err(|why| format!("{SUMS}: {why}"))?;
    found.digest = Some(Digest::of_bytes(&text));
    let text = String::from_utf8(text).map_err(|_| format!("{SUMS} is not text"))?;
    let sums = parse_sums(&text)?;
    let json = PackName::parse(JSON).expect("a plain name");
    if !sums.contains_key(&json) {
        return Err(format!("{SUMS} does not list {JSON}"));
    }
    found.listed = sums.len() as u64;
    found.added = tree.guests(&sums);
    for (name, why) in &tree.closed {
        found.unreadable.push(Discrepancy { name: super::name::shown(name), detail: why.clone() });
    }

    let sizes = agree(folder, &sums, &json, found)?;
    for (name, expected) in &sums {
        let changed = |detail: &str| Discrepancy { name: name.to_string(), detail: detail.to_owned() };
        if let Some(what) = tree.others.get(name.as_str()) {
            found.changed.push(changed(&format!("{what} stands in its place")));
        } else if tree.folders.contains(name.as_str()) {
            found.changed.push(changed("a folder stands in its place"));
        } else if !tree.files.contains(name.as_str()) {
            found.missing.push(name.to_string());
        } else {
            match read::digest(folder, name.as_str(), sizes.get(name).copied()) {
                Ok(Some(digest)) if digest == *expected => found.intact += 1,
                Ok(_) => found.changed.push(changed("its content is not what the manifest lists")),
                Err(detail) => found.unreadable.push(Discrepancy { name: name.to_string(), detail }),
            }
        }
    }
    Ok(())
}

/// Whether the two manifests list the same; the sizes that the one for programs adds, where it can be believed.
fn agree(
    folder: &Path,
    sums: &BTreeMap<PackName, Digest>,
    json: &PackName,
    found: &mut Verification,
) -> Result<BTreeMap<PackName, u64>, String> {
    // A missing, changed or unreadable one is reported with the other files.
    let Ok(bytes) = read::small(folder, JSON) else { return Ok(BTreeMap::new()) };
    if sums.get(json) != Some(&Digest::of_bytes(&bytes)) {
        return Ok(BTreeMap::new());
    }
    let manifest = Manifest::parse(&bytes).map_err(|why| format!("{JSON}: {why}"))?;
    found.run = Some(super::name::shown(&manifest.run));
    let mut both = manifest.sums();
    let repeated = both.len() != manifest.files.len();
    if both.contains_key(json) {
        return Err(format!("{JSON} lists itself"));
    }
    both.insert(json.clone(), Digest::of_bytes(&bytes));
    if repeated || both != *sums {
        let detail = format!("it does not list what {JSON} lists");
        found.changed.push(Discrepancy { name: SUMS.to_owned(), detail });
        return Ok(BTreeMap::new());
    }
    Ok(manifest.files.into_iter().map(|entry| (entry.name, entry.bytes)).collect())
}
