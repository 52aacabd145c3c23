//! The manifest of a pack, twice: `manifest.json` for programs, and `manifest.sha256` as `sha256sum -c` reads it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::{PackName, shown};
use crate::model::{Assessment, Digest, Inputs, Tool};

/// The wire name of the pack format. Additions only within a version.
pub const SCHEMA: &str = "workpaper/pack/v1";

/// The manifest for programs.
pub const JSON: &str = "manifest.json";

/// The manifest for `sha256sum -c`. It lists every other file; what names the pack is the digest of this file.
pub const SUMS: &str = "manifest.sha256";

/// Far more than a pack holds, far less than would fill a memory.
const MAX_FILES: usize = 100_000;

/// `manifest.json`: what the pack is, and every file but the two manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub schema: String,
    pub tool: Tool,
    pub run: String,
    pub as_of: Timestamp,
    pub inputs: Inputs,
    /// By name.
    pub files: Vec<Entry>,
}

/// One file of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: PackName,
    pub bytes: u64,
    pub sha256: Digest,
}

impl Manifest {
    /// The manifest of these files.
    pub(super) fn of(assessment: &Assessment, files: &BTreeMap<PackName, Vec<u8>>) -> Self {
        let entry = |(name, bytes): (&PackName, &Vec<u8>)| Entry {
            name: name.clone(),
            bytes: bytes.len() as u64,
            sha256: Digest::of_bytes(bytes),
        };
        Self {
            schema: SCHEMA.to_owned(),
            tool: assessment.tool.clone(),
            run: assessment.run.id.clone(),
            as_of: assessment.run.as_of,
            inputs: assessment.inputs.clone(),
            files: files.iter().map(entry).collect(),
        }
    }

    /// The text of `manifest.json`.
    pub(super) fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("our own types always serialise");
        text + "\n"
    }

    /// Reads `manifest.json`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if manifest.schema == SCHEMA {
            Ok(manifest)
        } else {
            Err(format!("the schema is `{}`, not `{SCHEMA}`", shown(&manifest.schema)))
        }
    }

    /// Name and digest of each file, as `manifest.sha256` must have them too.
    pub(super) fn sums(&self) -> BTreeMap<PackName, Digest> {
        self.files.iter().map(|entry| (entry.name.clone(), entry.sha256.clone())).collect()
    }
}

/// The text of `manifest.sha256`.
pub(super) fn sums_text(sums: &BTreeMap<PackName, Digest>) -> String {
    sums.iter().map(|(name, digest)| format!("{}  {name}\n", digest.hex())).collect()
}

/// Reads `manifest.sha256`, in exactly the spelling that we write: sorted, one spelling a name, no name twice.
pub(super) fn parse_sums(text: &str) -> Result<BTreeMap<PackName, Digest>, String> {
    let mut sums = BTreeMap::new();
    let mut folded = BTreeSet::new();
    for (line, row) in (1..).zip(text.split_inclusive('\n')) {
        let at = |why: &str| format!("{SUMS} line {line}: {why}");
        if line > MAX_FILES {
            return Err(at("there are too many files"));
        }
        let row = row.strip_suffix('\n').ok_or_else(|| at("the line does not end"))?;
        let (digest, name) = row.split_once("  ").ok_or_else(|| at("this is not a digest and a name"))?;
        let digest = Digest::try_from(format!("sha256:{digest}")).map_err(|why| at(&why))?;
        let name = PackName::parse(name).map_err(|why| at(&why))?;
        if sums.last_key_value().is_some_and(|(last, _)| *last >= name) {
            return Err(at("the names are not sorted, or one is there twice"));
        }
        if !folded.insert(name.folded()) {
            return Err(at("two names differ only in case"));
        }
        sums.insert(name, digest);
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_what_it_would_write() {
        let sum = "0".repeat(64);
        let good = format!("{sum}  a\n{sum}  b/c\n");
        assert_eq!(sums_text(&parse_sums(&good).expect("a manifest")), good);
        for bad in [
            format!("{sum}  b\n{sum}  a\n"),
            format!("{sum}  a\n{sum}  a\n"),
            format!("{sum}  A\n{sum}  a\n"),
            format!("{sum}  a"),
            format!("{sum} *a\n"),
            format!("{sum}  ../a\n"),
            format!("{sum}  /a\n"),
            format!("\\{sum}  a\\nb\n"),
            format!("{sum}  a\r\n"),
            format!("{}  a\n", "A".repeat(64)),
            format!("{}  a\n", "0".repeat(63)),
            "\n".to_owned(),
            "garbage\n".to_owned(),
        ] {
            assert!(parse_sums(&bad).is_err(), "{bad:?}");
        }
    }
}
