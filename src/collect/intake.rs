//! The only maker of file observations: reads once, notes what is wrong with the bytes, and replaces secrets before
//! anything is kept.

use std::path::Path;

use super::redact::{Redacted, redact};
use super::tree::{Entry, Listing, Place, Refusal, Tree};
use crate::model::{
    Digest, DirectorySeen, FileFault, FileSeen, Gap, GapReason, LaunchFlag, Observation, Role, Scope, Seen,
    Snapshot,
};

/// Larger settings, scripts and configurations than this are not read, in bytes.
pub const FILE_LIMIT: u64 = 4 * 1024 * 1024;
/// One collection keeps no more text than this, in bytes.
const TOTAL_LIMIT: usize = 32 * 1024 * 1024;
/// One collection makes no more observations than this.
const OBSERVATIONS: usize = 50_000;
/// Names of entries kept of one folder.
const ENTRIES: usize = 1_000;

/// Gathers what the collectors see.
pub struct Intake {
    pub observations: Vec<Observation>,
    gaps: Vec<Gap>,
    kept: usize,
}

/// Why a file was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Nothing is there; whether that is a gap is for the collector to say.
    Absent,
    /// It is there and could not be read; the gap is noted.
    Noted,
}

/// A file that was read, before anything of it is kept.
pub struct Opened {
    pub source: String,
    /// The content; empty where only the facts were asked for.
    pub raw: Vec<u8>,
    facts: FileSeen,
}

/// What of a file's content is kept.
pub enum Keep<'a> {
    /// The whole text.
    Whole,
    /// Nothing but the facts.
    Nothing,
    /// This text, made out of the content.
    Instead(&'a str),
}

impl Intake {
    pub fn new() -> Self {
        Self { observations: Vec::new(), gaps: Vec::new(), kept: 0 }
    }

    /// Notes something that was looked for and not seen.
    pub fn gap(&mut self, source: impl Into<String>, reason: GapReason, detail: impl Into<String>) {
        // A path or a message can hold what a file held: no secret leaves through a gap either.
        let (source, detail) = (redact(&source.into()).text, redact(&detail.into()).text);
        self.gaps.push(Gap::new(source, reason, detail));
    }

    /// As [`Intake::gap`], for files whose role is known.
    pub fn gap_of(
        &mut self,
        source: impl Into<String>,
        role: Role,
        reason: GapReason,
        detail: impl Into<String>,
    ) {
        self.gap(source, reason, detail);
        self.sought(role);
    }

    /// Says of the gap noted last what the file would have been.
    fn sought(&mut self, role: Role) {
        if let Some(gap) = self.gaps.pop() {
            self.gaps.push(gap.of_file(role));
        }
    }

    /// Notes an observation that is no file.
    pub fn see(&mut self, source: impl Into<String>, locator: Option<String>, collector: &str, seen: Seen) {
        let (source, locator) = (redact(&source.into()).text, locator.map(|locator| redact(&locator).text));
        if self.observations.len() == OBSERVATIONS {
            self.gap(source, GapReason::TooLarge, format!("more than {OBSERVATIONS} observations; not kept"));
            return;
        }
        self.observations.push(Observation::new(source, locator, collector, seen));
    }

    /// Reads a file's bytes and facts. Where it is there and cannot be read, the gap is noted here.
    pub fn open(&mut self, tree: &Tree, path: &Path) -> Result<Opened, Missed> {
        self.open_within(tree, path, FILE_LIMIT)
    }

    /// As [`Intake::open`], for a file whose role is known before it is read: the gap then tells it.
    pub fn open_as(&mut self, tree: &Tree, path: &Path, role: &Role) -> Result<Opened, Missed> {
        self.open_within(tree, path, limit(role)).inspect_err(|missed| {
            if *missed == Missed::Noted {
                self.sought(role.clone());
            }
        })
    }

    /// As [`Intake::open`], with another limit.
    pub fn open_within(&mut self, tree: &Tree, path: &Path, limit: u64) -> Result<Opened, Missed> {
        let place = self.place(tree, path)?;
        let raw = tree.read(&place, limit).map_err(|refusal| self.missed(tree, path, refusal))?;
        Ok(opened(tree, path, &place, raw, true))
    }

    /// The facts of an ordinary file, without reading its content.
    pub fn facts(&mut self, tree: &Tree, path: &Path, role: &Role) -> Result<Opened, Missed> {
        let place = self.place(tree, path).inspect_err(|missed| {
            if *missed == Missed::Noted {
                self.sought(role.clone());
            }
        })?;
        if !place.is_file() {
            let detail = format!("it is {}", place.kind_words());
            self.gap_of(tree.source(path), role.clone(), GapReason::NotAFile, detail);
            return Err(Missed::Noted);
        }
        Ok(opened(tree, path, &place, Vec::new(), false))
    }

    /// Keeps a file under a role.
    pub fn keep(&mut self, file: &Opened, role: Role, keep: Keep, locator: Option<String>, collector: &str) {
        let mut facts = file.facts.clone();
        let decoded = match keep {
            Keep::Nothing => None,
            Keep::Whole => Some(decode(&file.raw)),
            Keep::Instead(text) => Some((text.to_owned(), Vec::new())),
        };
        if let Some((text, faults)) = decoded {
            let Redacted { text, secrets } = redact(&text);
            facts.faults = faults;
            let script = matches!(role, Role::Script { .. } | Role::Launcher { .. } | Role::SecretsManager);
            if script && spoils_its_interpreter(&text) {
                facts.faults.push(FileFault::CarriageReturns);
            }
            facts.secrets = secrets;
            if self.kept + text.len() > TOTAL_LIMIT {
                let detail = format!(
                    "one collection keeps at most {TOTAL_LIMIT} bytes of text; only the facts of this file are kept"
                );
                self.gap_of(&file.source, role.clone(), GapReason::TooLarge, detail);
            } else {
                self.kept += text.len();
                facts.text = Some(text);
            }
        }
        if matches!(role, Role::Launcher { .. }) {
            facts.parents.clear();
        }
        facts.role = role;
        self.see(&file.source, locator, collector, Seen::File(Box::new(facts)));
    }

    /// Opens a file and keeps its whole text under a role, where it is there.
    pub fn take(&mut self, tree: &Tree, path: &Path, role: Role, collector: &str) -> Result<(), Missed> {
        let file = self.open_as(tree, path, &role)?;
        self.keep(&file, role, Keep::Whole, None, collector);
        Ok(())
    }

    /// The entries of a folder; nothing where it is not there. What cannot be read is noted.
    pub fn list(&mut self, tree: &Tree, path: &Path) -> Option<Listing> {
        let place = self.place(tree, path).ok()?;
        let listing = tree.list(&place).map_err(|refusal| self.missed(tree, path, refusal)).ok()?;
        if listing.cut {
            let detail =
                format!("the folder has more than {} entries; the rest was not read", listing.entries.len());
            self.gap(tree.source(path), GapReason::TooLarge, detail);
        }
        Some(listing)
    }

    /// The first entries of a folder, in order; that there are more is noted.
    pub fn first_entries(&mut self, tree: &Tree, path: &Path, most: usize) -> Vec<Entry> {
        let mut entries = self.list(tree, path).map(|listing| listing.entries).unwrap_or_default();
        if entries.len() > most {
            let detail = format!("{} entries; the {most} first were read", entries.len());
            self.gap(tree.source(path), GapReason::TooLarge, detail);
            entries.truncate(most);
        }
        entries
    }

    /// Keeps the facts of a folder.
    pub fn folder(
        &mut self,
        tree: &Tree,
        path: &Path,
        file_system: Option<String>,
        collector: &str,
    ) -> Result<(), Missed> {
        let place = self.place(tree, path)?;
        if !place.is_folder() {
            let detail = format!("a folder was expected; it is {}", place.kind_words());
            self.gap(tree.source(path), GapReason::NotAFile, detail);
            return Err(Missed::Noted);
        }
        let listing = tree.list(&place).map_err(|refusal| self.missed(tree, path, refusal))?;
        if listing.cut || listing.entries.len() > ENTRIES {
            let detail = format!("more than {ENTRIES} entries; the names of the rest are not kept");
            self.gap(tree.source(path), GapReason::TooLarge, detail);
        }
        let seen = DirectorySeen {
            owner: tree.owner(&place.path, &place.stat),
            mode: tree.mode(&place.path, &place.stat),
            file_system,
            link_target: place.through_link.then(|| redact(&tree.source(&place.path)).text),
            parents: tree.parents(&place),
            entries: listing.entries.iter().take(ENTRIES).map(|entry| redact(&entry.shown()).text).collect(),
        };
        self.see(redact(&tree.source(path)).text, None, collector, Seen::Directory(seen));
        Ok(())
    }

    /// Keeps one place that starts the client with a flag that skips permissions.
    pub fn launch_flag(&mut self, source: &str, line: u64, flag: &str, collector: &str) {
        let seen = Seen::LaunchFlag(LaunchFlag { line, flag: flag.to_owned() });
        self.see(source, Some(format!("L{line}")), collector, seen);
    }

    /// Whether the git facts of a repository were seen.
    pub fn saw_repository(&self, name: &str) -> bool {
        self.observations
            .iter()
            .any(|one| matches!(&one.seen, Seen::Repository(repository) if repository.name == name))
    }

    /// What was seen and not seen until now.
    pub fn so_far(&self) -> (Vec<Observation>, Vec<Gap>) {
        (self.observations.clone(), self.gaps.clone())
    }

    /// Ends the collection.
    pub fn freeze(self, scope: Scope) -> Snapshot {
        Snapshot::new(scope, self.observations, self.gaps)
    }

    fn place(&mut self, tree: &Tree, path: &Path) -> Result<Place, Missed> {
        tree.resolve(path).map_err(|refusal| self.missed(tree, path, refusal))
    }

    fn missed(&mut self, tree: &Tree, path: &Path, refusal: Refusal) -> Missed {
        if refusal.reason == GapReason::Absent {
            return Missed::Absent;
        }
        self.gap(tree.source(path), refusal.reason, refusal.detail);
        Missed::Noted
    }
}

/// How large a file of a role may be and still be read, in bytes.
fn limit(role: &Role) -> u64 {
    match role {
        // Of which little is kept; the client itself lets it grow.
        Role::GlobalConfig { .. } => 32 * 1024 * 1024,
        Role::Launcher { .. } => 1024 * 1024,
        _ => FILE_LIMIT,
    }
}

fn opened(tree: &Tree, path: &Path, place: &Place, raw: Vec<u8>, read: bool) -> Opened {
    let facts = FileSeen {
        role: Role::Log,
        text: None,
        bytes: if read { raw.len() as u64 } else { u64::try_from(place.stat.st_size).unwrap_or(0) },
        sha256: read.then(|| Digest::of_bytes(&raw)),
        owner: tree.owner(&place.path, &place.stat),
        mode: tree.mode(&place.path, &place.stat),
        link_target: place.through_link.then(|| redact(&tree.source(&place.path)).text),
        parents: tree.parents(place),
        faults: Vec::new(),
        secrets: Vec::new(),
    };
    Opened { source: redact(&tree.source(path)).text, raw, facts }
}

/// The text of the bytes, and what is wrong with them. A byte-order mark is not part of the text; UTF-16 is read
/// and said to be no UTF-8.
pub fn decode(bytes: &[u8]) -> (String, Vec<FileFault>) {
    let mut faults = Vec::new();
    let text = if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        faults.extend([FileFault::ByteOrderMark, FileFault::InvalidUtf8]);
        utf16(rest, u16::from_le_bytes)
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        faults.extend([FileFault::ByteOrderMark, FileFault::InvalidUtf8]);
        utf16(rest, u16::from_be_bytes)
    } else {
        let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if rest.len() < bytes.len() {
            faults.push(FileFault::ByteOrderMark);
        }
        match std::str::from_utf8(rest) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                faults.push(FileFault::InvalidUtf8);
                String::from_utf8_lossy(rest).into_owned()
            }
        }
    };
    if text.contains('\0') {
        faults.push(FileFault::NulBytes);
    }
    (text, faults)
}

/// Whether the kernel would look for an interpreter whose name ends in a carriage return. Programs that are not started
/// by such a line (PowerShell's, say) are free to end their lines as they like.
fn spoils_its_interpreter(text: &str) -> bool {
    text.starts_with("#!") && text.split('\n').next().is_some_and(|line| line.ends_with('\r'))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if bytes.len() % 2 == 1 {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_bytes() {
        use FileFault::{ByteOrderMark, InvalidUtf8, NulBytes};
        assert_eq!(decode(b"{}"), ("{}".to_owned(), vec![]));
        assert_eq!(decode(b"\xef\xbb\xbf{}"), ("{}".to_owned(), vec![ByteOrderMark]));
        assert_eq!(decode(b"\xff\xfe{\0}\0"), ("{}".to_owned(), vec![ByteOrderMark, InvalidUtf8]));
        assert_eq!(decode(b"\xfe\xff\0{\0}\0"), ("{}\u{fffd}".to_owned(), vec![ByteOrderMark, InvalidUtf8]));
        assert_eq!(decode(b"a\xffb"), ("a\u{fffd}b".to_owned(), vec![InvalidUtf8]));
        assert_eq!(decode(b"a\0b"), ("a\0b".to_owned(), vec![NulBytes]));
    }
}
