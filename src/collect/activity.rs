//! Reads the records of the period: the deployment's logs, what the operator names, and the users' session files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::Request;
use super::changes::Landed;
use super::host::Host;
use super::intake::Intake;
use super::log_folders;
use super::logs::{self, Census, Days, Limits, ReadOptions, Scanner};
use super::naming::shown;
use super::reconcile::{self, Around};
use super::redact::redact;
use super::repositories::Repository;
use super::tree::EntryKind;
use crate::catalog::patterns;
use crate::model::activity::{self as seen, LogSummary};
use crate::model::{self, ActivitySeen, Continuity, GapReason, LogKind, LogTrace, Period, Seen};

const COLLECTOR: &str = "activity";
/// Files read at one place.
const FILES: usize = 20_000;
/// Folders below a place are searched to this depth.
const DEPTH: usize = 6;

/// One place and its files, as this machine names them.
struct Place {
    source: String,
    kind: LogKind,
    files: Vec<PathBuf>,
}

/// Reads every place once. What could not be read is a gap. What the records name is given back, to be compared.
pub fn collect(host: &Host, request: &Request, intake: &mut Intake) -> Option<Census> {
    let mut places = log_places(host, request, intake);
    places.extend(transcript_places(host, &request.root, intake));
    places.retain(|place| !place.files.is_empty());
    if places.is_empty() {
        return None;
    }
    let Ok(patterns) = patterns::built_in() else {
        intake.gap(
            "logs",
            GapReason::NotCollected,
            "the built-in patterns could not be read; no log was read",
        );
        return None;
    };
    let scanner = Scanner::new(&patterns);
    let mut options = ReadOptions::new(&scanner);
    options.period = days(request.period);
    options.as_of = Some(request.as_of);
    options.limits = limits();
    options.digest = true;
    options.limits.calls = reconcile::CALLS;
    let census = Mutex::new(Census::new(reconcile::CALLS));
    options.census = Some(&census);
    let probes = request.earlier.iter().flat_map(|(_, traces)| traces.iter().map(LogTrace::bytes)).collect();
    options.probes = &probes;
    for place in places {
        (request.progress)(&format!("records of {}", place.source));
        look(host, request, place, &options, intake);
    }
    Some(census.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What the places say together: how their records agree, and what became of the logs of an earlier reading.
pub fn compare(
    host: &Host,
    request: &Request,
    census: &Census,
    repositories: &[Repository],
    walked: &[Landed],
    intake: &mut Intake,
) {
    let naming = Naming::of_host(host, request);
    let around = Around {
        period: request.period,
        as_of: request.as_of,
        people: host.users.iter().map(|user| logs::person(&user.name)).collect(),
    };
    let mut compared = reconcile::reconcile(census, &around, &|path| redact(&naming.of(&shown(path))).text);
    if !compared.populations.is_empty() {
        compared.commits = reconcile::commits(census, repositories, walked);
        intake.see("reconciliation", None, COLLECTOR, Seen::Reconciliation(Box::new(compared)));
    }
    if let Some((earlier, traces)) = &request.earlier {
        let now = model::traces(&intake.observations);
        let files = traces.iter().map(|trace| trace.found_in(&now)).collect();
        let seen = Continuity { earlier: *earlier, files };
        intake.see("log continuity", None, COLLECTOR, Seen::Continuity(Box::new(seen)));
    }
}

/// What one observation may hold; the counts stay exact beyond these.
fn limits() -> Limits {
    Limits {
        users: 400,
        names: 200,
        paths: 300,
        days: 800,
        located: 20,
        usage_rows: 4_000,
        sources: 1_000,
        ..Limits::default()
    }
}

/// The days that a period touches; a period that ends at midnight does not touch the day after.
pub fn days(period: Period) -> Option<Days> {
    let date = |at: jiff::Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let last = period.end.checked_sub(jiff::SignedDuration::from_nanos(1)).ok()?;
    Some(Days { start: date(period.start), end: date(last) })
}

fn look(host: &Host, request: &Request, place: Place, options: &ReadOptions<'_>, intake: &mut Intake) {
    let naming = Naming::of_host(host, request);
    let (mut summary, mut calls) = logs::read_with_calls(&place.files, options);
    naming.apply(&mut summary);
    for gap in &summary.gaps {
        // The same content under a second name was read: nothing is missing.
        if gap.reason != seen::GapReason::SameContent {
            intake.gap(&gap.path, reason(gap.reason), &gap.detail);
        }
    }
    if summary.gaps_not_listed > 0 {
        let detail = format!("{} further problems of reading are not listed", summary.gaps_not_listed);
        intake.gap(&place.source, GapReason::TooLarge, detail);
    }
    for call in &mut calls.places {
        call.source = redact(&naming.of(&call.source)).text;
    }
    let files = place.files.len() as u64;
    let seen = ActivitySeen { kind: place.kind, files, summary, calls };
    intake.see(place.source, None, COLLECTOR, Seen::Activity(Box::new(seen)));
}

/// Names files below the root, wherever the root lies on this machine.
struct Naming {
    root: Option<String>,
}

impl Naming {
    fn of_host(host: &Host, request: &Request) -> Self {
        Naming { root: (!host.here).then(|| request.root.display().to_string()) }
    }

    fn of(&self, path: &str) -> String {
        let below = self.root.as_deref().and_then(|root| path.strip_prefix(root.trim_end_matches('/')));
        below.unwrap_or(path).trim_start_matches('/').to_owned()
    }

    fn apply(&self, summary: &mut LogSummary) {
        for source in &mut summary.sources {
            source.path = self.of(&source.path);
        }
        for gap in &mut summary.gaps {
            gap.path = self.of(&gap.path);
            if let Some(root) = &self.root {
                gap.detail = gap.detail.replace(&format!("{}/", root.trim_end_matches('/')), "");
            }
        }
        // A finding is named by the path on the examined host, not by where its copy lies.
        for notable in &mut summary.activity.notable {
            let path = usize::try_from(notable.source).ok().and_then(|index| summary.sources.get(index));
            let named = format!("{}\0{}\0{}", path.map_or("", |s| &s.path), notable.offset, notable.class);
            notable.fingerprint = logs::short(&Sha256::digest(named.as_bytes()));
        }
    }
}

fn reason(reason: seen::GapReason) -> GapReason {
    match reason {
        seen::GapReason::Absent => GapReason::Absent,
        seen::GapReason::Unreadable | seen::GapReason::Changed => GapReason::Unreadable,
        seen::GapReason::NotAFile => GapReason::NotAFile,
        seen::GapReason::Damaged | seen::GapReason::NotSupported => GapReason::Malformed,
        seen::GapReason::TooLarge => GapReason::TooLarge,
        seen::GapReason::SameContent => GapReason::NotCollected,
    }
}

/// The folders that the log collector looked at, and what the operator names elsewhere.
fn log_places(host: &Host, request: &Request, intake: &mut Intake) -> Vec<Place> {
    let mut places = Vec::new();
    let mut taken: BTreeSet<PathBuf> = BTreeSet::new();
    let folders: Vec<String> = intake
        .observations
        .iter()
        .filter(|observation| {
            observation.collector == "logs" && matches!(observation.seen, Seen::Directory(_))
        })
        .map(|observation| observation.source.clone())
        .collect();
    // The registers of the guide are read apart: what is asked of a tool call is not asked of them.
    let mut add = |source: String, files: Vec<PathBuf>| {
        let files: Vec<PathBuf> = files.into_iter().filter(|file| taken.insert(file.clone())).collect();
        let (changes, rest): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| is_named(file, "file-change"));
        let (incidents, files): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|file| is_named(file, "incident"));
        places.push(Place {
            source: format!("{source}/file-changes.log"),
            kind: LogKind::FileChanges,
            files: changes,
        });
        places.push(Place {
            source: format!("{source}/incidents.log"),
            kind: LogKind::Incidents,
            files: incidents,
        });
        places.push(Place { source, kind: LogKind::Logs, files });
    };
    for folder in folders {
        let mut files = Vec::new();
        below(host, &request.root, Path::new(&folder), 0, &is_log, &mut files, intake);
        add(folder, files);
    }
    for path in &request.logs {
        let (inside_path, inside) = log_folders::below(path, &request.root, host);
        if !inside {
            let mut files = Vec::new();
            on_this_machine(path, 0, &mut files, intake);
            add(shown(path).trim_start_matches('/').to_owned(), files);
            continue;
        }
        let mut files = Vec::new();
        if host.tree.has_folder(&inside_path) {
            below(host, &request.root, &inside_path, 0, &is_log, &mut files, intake);
        } else if let Ok(place) = host.tree.resolve(&inside_path)
            && place.is_file()
        {
            files.push(request.root.join(place.path));
        }
        add(host.tree.source(&inside_path), files);
    }
    places
}

fn is_named(path: &Path, start: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().starts_with(start))
}

/// Files that records are written to; lock files and archives of cases are none.
fn is_log(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&[".lock", ".pid", ".swp", ".tar.gz", ".tgz", ".tar", ".zip", ".sha256", ".sig", ".md"]) {
        return false;
    }
    [".log", ".json", ".ndjson", ".csv"].iter().any(|mark| name.contains(mark)) || name == "syslog"
}

fn is_session_file(name: &str) -> bool {
    name.ends_with(".jsonl")
}

fn transcript_places(host: &Host, root: &Path, intake: &mut Intake) -> Vec<Place> {
    let mut places = Vec::new();
    for user in &host.users {
        let folder = PathBuf::from(&user.config_dir).join("projects");
        if !host.tree.has_folder(&folder) {
            continue;
        }
        let mut files = Vec::new();
        below(host, root, &folder, 0, &is_session_file, &mut files, intake);
        let kind = LogKind::Transcripts { user: user.name.clone() };
        places.push(Place { source: host.tree.source(&folder), kind, files });
    }
    places
}

/// The files at a path that is not part of the examined host. A link in a folder is not followed.
fn on_this_machine(path: &Path, depth: usize, files: &mut Vec<PathBuf>, intake: &mut Intake) {
    if !path.is_dir() {
        files.push(path.to_owned());
        return;
    }
    let Ok(listing) = std::fs::read_dir(path) else {
        intake.gap(shown(path), GapReason::Unreadable, "the folder could not be listed");
        return;
    };
    let mut entries: Vec<_> = listing.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (inner, kind) = (entry.path(), entry.file_type());
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
            if depth < DEPTH {
                on_this_machine(&inner, depth + 1, files, intake);
            } else {
                intake.gap(
                    shown(&inner),
                    GapReason::TooLarge,
                    format!("folders deeper than {DEPTH} are not searched for logs"),
                );
            }
        } else if kind.is_ok_and(|kind| kind.is_file()) && is_log(&name) {
            if files.len() == FILES {
                intake.gap(
                    shown(&inner),
                    GapReason::TooLarge,
                    format!("more than {FILES} files; this and later ones were not read"),
                );
                return;
            }
            files.push(inner);
        }
    }
}

/// The files below a folder of the tree, with links resolved as the examined host would.
fn below(
    host: &Host,
    root: &Path,
    folder: &Path,
    depth: usize,
    wanted: &dyn Fn(&str) -> bool,
    files: &mut Vec<PathBuf>,
    intake: &mut Intake,
) {
    let Some(listing) = intake.list(&host.tree, folder) else { return };
    for entry in &listing.entries {
        let path = folder.join(&entry.name);
        match entry.kind {
            EntryKind::Folder if depth < DEPTH => below(host, root, &path, depth + 1, wanted, files, intake),
            EntryKind::Folder => {
                let detail = format!("folders deeper than {DEPTH} are not searched for logs");
                intake.gap(host.tree.source(&path), GapReason::TooLarge, detail);
            }
            EntryKind::File | EntryKind::Link if wanted(&entry.shown()) => {
                if files.len() == FILES {
                    let detail = format!("more than {FILES} files; this and later ones were not read");
                    intake.gap(host.tree.source(&path), GapReason::TooLarge, detail);
                    return;
                }
                match host.tree.resolve(&path) {
                    Ok(place) if place.is_file() => files.push(root.join(place.path)),
                    // A link to a folder is not searched: it may lead anywhere, also back to here.
                    Ok(place) => {
                        let detail = format!("it leads to {}, which was not read", place.kind_words());
                        intake.gap(host.tree.source(&path), GapReason::NotAFile, detail);
                    }
                    Err(refusal) => intake.gap(host.tree.source(&path), refusal.reason, refusal.detail),
                }
            }
            _ => {}
        }
    }
}
