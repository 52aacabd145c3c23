//! Finds the files behind the given paths, puts rotated series in order, and leaves out the same content under a second name.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::source::{READ, Source};
use super::when::{Clock, date_day};
use crate::model::activity::{GapReason, LogGap};

/// Depth to which a directory is searched for logs.
const DEPTH: usize = 8;
/// First bytes that two files must share before their contents are compared.
const SAME_START: usize = 200;
/// Contents that one file is compared with.
const COMPARED: usize = 8;
/// Files that are kept open from listing to reading.
const KEPT_OPEN: usize = 200;
/// Smaller files of different series may be alike by chance.
const TELLING: u64 = 512;

/// Name of a rotated file taken apart: the series it belongs to and its place in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Path without rotation and compression suffixes.
    pub series: PathBuf,
    /// Smaller is older; the file in use is the newest.
    pub age: (u8, i64),
}

/// Takes `audit.log.3.gz`, `audit.log-20260701`, `audit-2026-07-01.log` and the like apart.
pub fn member(path: &Path) -> Member {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut stem = name.as_str();
    for suffix in [".gz", ".zst", ".xz", ".bz2", ".Z"] {
        if let Some(rest) = stem.strip_suffix(suffix) {
            stem = rest;
            break;
        }
    }
    let in_dir = |name: &str| path.with_file_name(name);
    let (body, extension) = match stem.rsplit_once('.') {
        Some((body, ext)) if !ext.is_empty() && ext.bytes().all(|b| b.is_ascii_alphabetic()) => {
            (body, Some(ext))
        }
        _ => (stem, None),
    };
    for (text, ext) in [(stem, None), (body, extension)] {
        let Some(age) = split_age(text) else { continue };
        let (base, age) = age;
        let series = ext.map_or_else(|| base.to_owned(), |e| format!("{base}.{e}"));
        return Member { series: in_dir(&series), age };
    }
    Member { series: in_dir(stem), age: (2, 0) }
}

/// Splits a rotation suffix off: `.3`, `-20260701`, `-2026070112`, `.2026-07-01`, `-1767225600`.
fn split_age(text: &str) -> Option<(&str, (u8, i64))> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = text.split_at(text.len() - digits);
    if let Some(base) = before.strip_suffix(['.', '-', '_']).filter(|b| !b.is_empty()) {
        let value: i64 = number.parse().ok()?;
        let day = |t: &str| date_day(format!("{}-{}-{}", &t[..4], &t[4..6], &t[6..8]).as_bytes());
        match digits {
            8 if day(number).is_some() => return Some((base, (1, day(number)? * 86_400))),
            10 if number.starts_with('2') && day(number).is_some() => {
                return Some((base, (1, day(number)? * 86_400 + number[8..].parse::<i64>().ok()? * 3600)));
            }
            10 => return Some((base, (1, value))),
            1..=4 if before.ends_with('.') => return Some((base, (1, -value))),
            _ => {}
        }
    }
    if text.len() > 11 && text.is_char_boundary(text.len() - 10) {
        let (before, date) = text.split_at(text.len() - 10);
        if let (Some(day), Some(base)) = (date_day(date.as_bytes()), before.strip_suffix(['.', '-', '_'])) {
            return Some((base, (1, day * 86_400)));
        }
    }
    None
}

/// The first time written in the head of a file.
fn first_time(head: &[u8]) -> Option<i64> {
    let mut clock = Clock::default();
    memchr::memchr_iter(b'T', head).take(200).find_map(|at| {
        let start = at.checked_sub(10)?;
        date_day(&head[start..at])?;
        let rest = &head[start..];
        let end = rest
            .iter()
            .take(40)
            .position(|&b| matches!(b, b'"' | b',' | b' ' | b'\n'))
            .unwrap_or(rest.len().min(40));
        clock.read(&rest[..end]).map(|w| w.seconds)
    })
}

/// A file that will be read.
pub struct Found {
    pub source: Source,
    pub member: Member,
    /// Files whose messages may repeat each other are read one after the other: those of one project.
    pub group: Option<PathBuf>,
}

/// Whether the head looks like a session file.
fn is_session_file(head: &[u8]) -> bool {
    let has = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    has(b"\"sessionId\"") && (has(b"\"parentUuid\"") || has(b"\"type\""))
        || has(b"\"leafUuid\"")
        || has(b"\"messageId\"") && has(b"\"snapshot\"")
}

/// The project folder of a session file: sub-agents lie deeper.
fn project(path: &Path) -> PathBuf {
    let parent = path.parent().unwrap_or(Path::new(""));
    match parent.file_name() {
        Some(name) if name == "subagents" => {
            parent.parent().and_then(Path::parent).unwrap_or(parent).to_owned()
        }
        _ => parent.to_owned(),
    }
}

/// Opens everything that is to be read, in order.
pub fn find(paths: &[PathBuf], decoder_kib: u32, copies: bool, gaps: &mut Vec<LogGap>) -> Vec<Found> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, 0, true, &mut files, gaps);
    }
    files.sort();
    files.dedup();
    let mut found: Vec<Found> = Vec::new();
    let mut identities: BTreeMap<(u64, u64), PathBuf> = BTreeMap::new();
    for path in files {
        let mut source = match Source::open(&path, decoder_kib) {
            Ok(source) => source,
            Err(gap) => {
                gaps.push(gap);
                continue;
            }
        };
        if source.identity != (0, 0) {
            if let Some(first) = identities.get(&source.identity) {
                gaps.push(same(&path, first));
                continue;
            }
            identities.insert(source.identity, path.clone());
        }
        if found.len() >= KEPT_OPEN {
            source.let_go();
        }
        let group = is_session_file(&source.head).then(|| project(&path));
        found.push(Found { member: member(&path), source, group });
    }
    if !copies {
        leave_out_copies(&mut found, gaps);
    }
    order(&mut found);
    found
}

fn same(path: &Path, first: &Path) -> LogGap {
    LogGap {
        path: path.display().to_string(),
        reason: GapReason::SameContent,
        detail: format!("its records are those of {}; they were counted once", first.display()),
    }
}

/// Puts series together and oldest first: by the first time written in each, else by the rotation suffix.
fn order(found: &mut Vec<Found>) {
    let mut series: BTreeMap<PathBuf, Vec<Found>> = BTreeMap::new();
    for file in found.drain(..) {
        series.entry(file.member.series.clone()).or_default().push(file);
    }
    for (_, mut files) in series {
        files.sort_by(|a, b| (a.member.age, &a.source.path).cmp(&(b.member.age, &b.source.path)));
        let times: Vec<Option<i64>> = files.iter().map(|f| first_time(&f.source.head)).collect();
        if times.iter().all(Option::is_some) {
            let mut timed: Vec<_> = times.into_iter().zip(files).collect();
            timed.sort_by_key(|a| a.0);
            files = timed.into_iter().map(|(_, f)| f).collect();
        }
        found.extend(files);
    }
}

/// Leaves out each file whose whole content is the start of another file (or all of it).
fn leave_out_copies(found: &mut Vec<Found>, gaps: &mut Vec<LogGap>) {
    let mut starts: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (index, file) in found.iter().enumerate() {
        let head = &file.source.head;
        if !head.is_empty() {
            starts.entry(head[..head.len().min(SAME_START)].to_vec()).or_default().push(index);
        }
    }
    let mut copies = BTreeMap::new();
    for group in starts.values().filter(|g| g.len() > 1) {
        let mut kept: Vec<(usize, u64)> = Vec::new();
        for &index in group {
            let file = &found[index];
            let original = kept.iter().take(COMPARED).position(|&(other, _)| {
                let alike = found[other].member.series == file.member.series || file.source.bytes >= TELLING;
                alike && shared(&found[other].source, &file.source)
            });
            match original {
                // The longer of the two stays: it holds everything the shorter one holds.
                Some(place) if is_longer(&file.source, &found[kept[place].0].source) => {
                    copies.insert(kept[place].0, index);
                    kept[place].0 = index;
                }
                Some(place) => {
                    copies.insert(index, kept[place].0);
                }
                None => kept.push((index, 0)),
            }
        }
    }
    for (&copy, &original) in &copies {
        gaps.push(same(&found[copy].source.path, &found[original].source.path));
    }
    let mut index = 0;
    found.retain(|_| {
        index += 1;
        !copies.contains_key(&(index - 1))
    });
}

fn is_longer(a: &Source, b: &Source) -> bool {
    content_length(a) > content_length(b)
}

fn content_length(source: &Source) -> u64 {
    if source.compression.is_none() {
        return source.bytes;
    }
    let Ok(mut stream) = source.stream() else { return 0 };
    let mut buffer = vec![0u8; READ];
    let mut length = 0;
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        length += n as u64;
    }
    length
}

/// Whether one content is the start of the other, or all of it.
fn shared(a: &Source, b: &Source) -> bool {
    let (Ok(mut a), Ok(mut b)) = (a.stream(), b.stream()) else { return false };
    let (mut left, mut right) = (vec![0u8; READ], vec![0u8; READ]);
    loop {
        let (Ok(n), Ok(m)) = (fill(&mut *a, &mut left), fill(&mut *b, &mut right)) else { return false };
        let both = n.min(m);
        if left[..both] != right[..both] {
            return false;
        }
        if both < READ {
            return true;
        }
    }
}

fn fill(stream: &mut dyn std::io::Read, out: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match stream.read(&mut out[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

/// Files under a path. A path that was named is always taken; in a folder, what is called like a log.
fn collect(path: &Path, depth: usize, named: bool, files: &mut Vec<PathBuf>, gaps: &mut Vec<LogGap>) {
    let meta = if named { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) };
    if !meta.is_ok_and(|m| m.is_dir()) {
        if named || is_called_like_a_log(path) {
            files.push(path.to_owned());
        }
        return;
    }
    if depth >= DEPTH {
        gaps.push(LogGap {
            path: path.display().to_string(),
            reason: GapReason::TooLarge,
            detail: format!("folders deeper than {DEPTH} are not searched"),
        });
        return;
    }
    if path.file_name().is_some_and(|n| n == "tool-results") {
        return;
    }
    match std::fs::read_dir(path) {
        Ok(entries) => {
            let mut inner: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
            inner.sort();
            for entry in inner {
                collect(&entry, depth + 1, false, files, gaps);
            }
        }
        Err(error) => gaps.push(LogGap {
            path: path.display().to_string(),
            reason: GapReason::Unreadable,
            detail: error.to_string(),
        }),
    }
}

fn is_called_like_a_log(path: &Path) -> bool {
    let name =
        member(path).series.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    [".log", ".jsonl", ".json", ".csv", ".ndjson"].iter().any(|e| name.ends_with(e))
        || matches!(name.as_str(), "syslog" | "messages")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_names_are_taken_apart() {
        let series = |name: &str| {
            let m = member(Path::new(name));
            (m.series.display().to_string(), m.age)
        };
        assert_eq!(series("/l/audit.log").1, (2, 0));
        let day = date_day(b"2026-07-01").unwrap() * 86_400;
        for (name, age) in [
            ("/l/audit.log.1", (1, -1)),
            ("/l/audit.log.12.gz", (1, -12)),
            ("/l/audit.log-20260701.zst", (1, day)),
            ("/l/audit.log-2026070105", (1, day + 5 * 3600)),
            ("/l/audit.log.2026-07-01.xz", (1, day)),
            ("/l/audit.log-1767225600", (1, 1_767_225_600)),
            ("/l/audit-20260701.log", (1, day)),
            ("/l/audit.3.log.gz", (1, -3)),
        ] {
            assert_eq!(series(name), ("/l/audit.log".to_owned(), age), "{name}");
        }
        assert_eq!(series("/p/495f32bd-ee4f-4de3-991c-aaa113346727.jsonl").1, (2, 0));
    }
}
