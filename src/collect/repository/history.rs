//! Scans every blob that a commit of the period added, once, on all threads, within bounded memory.

mod answer;
mod blobs;

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use gix::{
    ObjectId,
    bstr::BString,
    objs::{Find as _, tree::EntryKind},
};

use self::answer::{Partial, finish};
pub(super) use self::blobs::read_blob;
use super::{
    Limits, Repository, RepositoryError, commit, object_name,
    reachable::{Node, tips, walk},
    state, tree,
};
use crate::model::{
    Period,
    change::ObjectName,
    history::{HistoryGap, HistoryScan},
};

/// One match: the class (or the id) of the pattern and where it begins in the bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub class: String,
    pub offset: usize,
}

/// What to scan.
pub struct ScanRequest<'a> {
    /// One branch, as [`Repository::branch`] takes it; without, every reference.
    pub branch: Option<&'a str>,
    pub period: Period,
    pub limits: &'a Limits,
    /// Called with commits done and commits to do.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// The most findings kept; a history of nothing but secrets must not fill the memory.
const MAX_HITS: usize = 100_000;
/// The most gaps kept.
const MAX_GAPS: usize = 10_000;
/// Commits compared before their blobs are scanned, and the memory that their paths may take meanwhile.
const BATCH_COMMITS: usize = 512;
const BATCH_BYTES: usize = 48 << 20;

/// A blob that a commit adds at a path.
struct Addition {
    commit: usize,
    path: BString,
    id: ObjectId,
    old: Option<ObjectId>,
}

/// Scans what the commits of the period added. `scan` appends the matches in one blob; it is called from all threads.
/// Commits are taken in the order of their times, so the answer does not depend on the number of threads.
pub fn scan_history(
    repository: &Repository,
    request: &ScanRequest<'_>,
    scan: &(dyn Fn(&[u8], &mut Vec<Hit>) + Sync),
) -> Result<HistoryScan, RepositoryError> {
    let tips = tips(repository, request.branch)?;
    let history = state::history_state(repository);
    let mut answer = HistoryScan {
        repository: repository.path.display().to_string(),
        tips: tips.iter().map(|(name, id)| (name.clone(), object_name(*id))).collect(),
        period: request.period,
        commits_walked: 0,
        commits_in_period: 0,
        blobs_added: 0,
        blobs_scanned: 0,
        bytes_scanned: 0,
        binary_blobs: 0,
        lfs_pointers: 0,
        submodules: 0,
        hits: Vec::new(),
        hits_dropped: 0,
        gaps: Vec::new(),
        incomplete: Vec::new(),
    };
    if !history.shallow.is_empty() {
        answer.incomplete.push("the clone is shallow: older commits are not here".to_owned());
    }
    if history.partial {
        answer.incomplete.push("a partial clone: blobs may be missing".to_owned());
    }
    let shallow: HashSet<&str> = history.shallow.iter().map(ObjectName::as_str).collect();
    let nodes = walk(repository, &tips, &shallow, request, &mut answer);
    answer.commits_in_period = nodes.len() as u64;
    let scanner =
        Scanner { nodes: &nodes, limits: request.limits, scan, shallow: &shallow, large: Mutex::new(()) };
    let shared = repository.inner.clone().into_sync();
    let mut workers: Vec<Worker> =
        (0..request.limits.threads.clamp(1, 64)).map(|_| Worker::new(&shared)).collect();
    let mut seen: HashSet<ObjectId> = HashSet::new();
    let mut done = 0;
    while done < nodes.len() {
        let (until, additions) = scanner.additions(&mut workers, done, &seen, &mut answer);
        let fresh = scanner.fresh(&mut workers[0], additions, &mut seen);
        answer.blobs_added += fresh.len() as u64;
        scanner.scan_all(&mut workers, &fresh, &mut answer);
        done = until;
        (request.progress)(done as u64, nodes.len() as u64);
    }
    finish(repository, &tips, request.limits, &mut answer);
    Ok(answer)
}

/// One thread's own handle and buffers.
struct Worker {
    repository: gix::Repository,
    differ: tree::Differ,
    files: Vec<tree::FileChange>,
    blob: Vec<u8>,
    hits: Vec<Hit>,
    partial: Partial,
}

impl Worker {
    fn new(shared: &gix::ThreadSafeRepository) -> Self {
        Self {
            repository: shared.to_thread_local(),
            differ: tree::Differ::default(),
            files: Vec::new(),
            blob: Vec::new(),
            hits: Vec::new(),
            partial: Partial::default(),
        }
    }
}

impl Worker {
    /// Whether this tree has the same file at the same path.
    fn holds(&mut self, tree: ObjectId, addition: &Addition) -> bool {
        let found = tree::entry_at(&self.repository, tree, &addition.path, &mut self.blob);
        matches!(found, Ok(Some((id, _))) if id == addition.id)
    }
}

struct Scanner<'a> {
    nodes: &'a [Node],
    limits: &'a Limits,
    scan: &'a (dyn Fn(&[u8], &mut Vec<Hit>) + Sync),
    shallow: &'a HashSet<&'a str>,
    /// Held while a large file is in memory.
    large: Mutex<()>,
}

/// One commit's additions, and the trees of its other parents where it is a merge.
struct Compared {
    commit: usize,
    additions: Vec<Addition>,
    other_parents: Vec<ObjectId>,
}

impl Scanner<'_> {
    /// Compares the next commits with their first parents, on all threads, until the batch is full.
    fn additions(
        &self,
        workers: &mut [Worker],
        from: usize,
        seen: &HashSet<ObjectId>,
        answer: &mut HistoryScan,
    ) -> (usize, Vec<Compared>) {
        let end = self.nodes.len().min(from + BATCH_COMMITS);
        let next = AtomicUsize::new(from);
        let bytes = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for worker in workers.iter_mut() {
                let (next, bytes, results) = (&next, &bytes, &results);
                scope.spawn(move || {
                    while bytes.load(Ordering::Relaxed) < BATCH_BYTES {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= end {
                            break;
                        }
                        let compared = self.compare(worker, index, seen);
                        let size: usize =
                            compared.additions.iter().map(|addition| addition.path.len() + 96).sum();
                        bytes.fetch_add(size, Ordering::Relaxed);
                        if let Ok(mut results) = results.lock() {
                            results.push(compared);
                        }
                    }
                });
            }
        });
        for worker in workers {
            worker.partial.merge_into(answer, self.nodes, &[]);
        }
        let mut results = results.into_inner().unwrap_or_default();
        results.sort_by_key(|compared| compared.commit);
        (next.into_inner().min(end), results)
    }

    fn compare(&self, worker: &mut Worker, index: usize, seen: &HashSet<ObjectId>) -> Compared {
        let mut compared = Compared { commit: index, additions: Vec::new(), other_parents: Vec::new() };
        let id = self.nodes[index].id;
        let gap = |reason: String| HistoryGap { commit: object_name(id), path: String::new(), reason };
        let trees = match self.trees(worker, id) {
            Ok(trees) => trees,
            Err(reason) => {
                worker.partial.gaps.push(gap(reason));
                return compared;
            }
        };
        let (new, mut parents) = trees;
        let old = (!parents.is_empty()).then(|| parents.remove(0));
        if old == Some(new) {
            return compared;
        }
        if let Err(fault) =
            worker.differ.changes(&worker.repository, old, new, self.limits, &mut worker.files)
        {
            worker.partial.gaps.push(gap(match fault {
                tree::TreeFault::TooLarge => "more files changed than the limit allows".to_owned(),
                tree::TreeFault::Unreadable(reason) => reason,
            }));
            return compared;
        }
        // What a commit moved was there before it.
        let gone = |change: &tree::FileChange| match (change.old, change.new) {
            (Some((id, _)), None) => Some(id),
            _ => None,
        };
        let moved: HashSet<ObjectId> = worker.files.iter().filter_map(gone).collect();
        for change in worker.files.drain(..) {
            let Some((id, kind)) = change.new else { continue };
            if kind == EntryKind::Commit {
                worker.partial.submodules += 1;
            } else if change.old.map(|(old, _)| old) != Some(id)
                && !seen.contains(&id)
                && !moved.contains(&id)
            {
                let old = change.old.filter(|(_, kind)| *kind != EntryKind::Commit).map(|(old, _)| old);
                compared.additions.push(Addition { commit: index, path: change.path, id, old });
            }
        }
        compared.other_parents = parents;
        compared
    }

    /// The tree of a commit and those of its parents. At the edge of a shallow clone there are no parents.
    fn trees(&self, worker: &mut Worker, id: ObjectId) -> Result<(ObjectId, Vec<ObjectId>), String> {
        let read = |buffer: &mut Vec<u8>, id: ObjectId| match worker.repository.objects.try_find(&id, buffer)
        {
            Ok(Some(_)) => commit::parse(buffer)
                .map(|raw| (raw.tree, raw.parents))
                .ok_or_else(|| format!("{id} cannot be read as a commit")),
            Ok(None) => Err(format!("{id} is missing")),
            Err(error) => Err(format!("{id}: {error}")),
        };
        let (tree, mut parents) = read(&mut worker.blob, id)?;
        if !self.shallow.is_empty() && self.shallow.contains(id.to_string().as_str()) {
            parents.clear();
        }
        let mut trees = Vec::with_capacity(parents.len());
        for parent in parents {
            trees.push(read(&mut worker.blob, parent)?.0);
        }
        Ok((tree, trees))
    }

    /// The blobs not met before, in the order of the commits. What a merge took over from another parent was added by
    /// a commit on that side, not by the merge.
    fn fresh(
        &self,
        worker: &mut Worker,
        compared: Vec<Compared>,
        seen: &mut HashSet<ObjectId>,
    ) -> Vec<Addition> {
        let mut fresh = Vec::new();
        for commit in compared {
            for addition in commit.additions {
                if seen.contains(&addition.id)
                    || commit.other_parents.iter().any(|tree| worker.holds(*tree, &addition))
                {
                    continue;
                }
                seen.insert(addition.id);
                fresh.push(addition);
            }
        }
        fresh
    }

    fn scan_all(&self, workers: &mut [Worker], fresh: &[Addition], answer: &mut HistoryScan) {
        const SHARE: usize = 16;
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for worker in workers.iter_mut() {
                let next = &next;
                scope.spawn(move || {
                    loop {
                        let from = next.fetch_add(SHARE, Ordering::Relaxed);
                        let Some(share) =
                            fresh.get(from..fresh.len().min(from + SHARE)).filter(|share| !share.is_empty())
                        else {
                            break;
                        };
                        for (index, addition) in share.iter().enumerate() {
                            self.scan_one(worker, from + index, addition);
                        }
                    }
                });
            }
        });
        for worker in workers {
            worker.partial.merge_into(answer, self.nodes, fresh);
        }
    }
}
