//! Reads and scans one added blob: what it holds, and what of that is new with its commit.

use std::collections::HashSet;

use gix::{
    ObjectId,
    objs::{Find as _, FindHeader as _},
};

use super::{
    super::{commit, object_name, sizes},
    Addition, Hit, MAX_HITS, Scanner, Worker,
};
use crate::model::{Digest, history::HistoryGap};

/// Files larger than this are unpacked one at a time.
const LARGE: u64 = 4 << 20;

impl Scanner<'_> {
    /// Scans one blob and gives back the memory that a large one took.
    pub(super) fn scan_one(&self, worker: &mut Worker, index: usize, addition: &Addition) {
        self.examine(worker, index, addition);
        worker.blob.clear();
        worker.blob.shrink_to(LARGE as usize);
    }

    fn examine(&self, worker: &mut Worker, index: usize, addition: &Addition) {
        let size = size_within(&worker.repository, addition.id, self.limits.max_scan_blob);
        // Large files wait for each other: unpacking one takes a multiple of its size.
        let _turn = size.as_ref().is_ok_and(|size| *size > LARGE).then(|| self.large.lock());
        if let Err(reason) = size.and_then(|_| unpack(&worker.repository, addition.id, &mut worker.blob)) {
            worker.partial.gaps.push(HistoryGap {
                commit: object_name(self.nodes[addition.commit].id),
                path: commit::escape_non_utf8(&addition.path),
                reason,
            });
            return;
        }
        let partial = &mut worker.partial;
        partial.scanned += 1;
        partial.bytes += worker.blob.len() as u64;
        partial.binary += u64::from(sizes::is_binary(&worker.blob));
        partial.lfs += u64::from(
            worker.blob.len() < 1024 && worker.blob.starts_with(b"version https://git-lfs.github.com/spec/"),
        );
        worker.hits.clear();
        (self.scan)(&worker.blob, &mut worker.hits);
        if worker.hits.is_empty() {
            return;
        }
        let blob = std::mem::take(&mut worker.blob);
        let mut hits = std::mem::take(&mut worker.hits);
        hits.sort();
        hits.dedup();
        let before = self.matches_before(worker, addition);
        let (mut at, mut line) = (0, 1);
        hits.sort_by_key(|hit| hit.offset);
        for hit in &hits {
            let offset = hit.offset.min(blob.len());
            line += blob[at..offset].iter().filter(|byte| **byte == b'\n').count() as u64;
            at = offset;
            if worker.partial.hits.len() < MAX_HITS {
                let is_new = !before.contains(&matched(&blob, hit));
                worker.partial.hits.push((index, hit.clone(), line, is_new));
            } else {
                worker.partial.dropped += 1;
            }
        }
        (worker.blob, worker.hits) = (blob, hits);
    }

    /// What already matched in the file that the commit replaced.
    fn matches_before(&self, worker: &mut Worker, addition: &Addition) -> HashSet<Digest> {
        let mut found = HashSet::new();
        let (mut blob, mut hits) = (Vec::new(), Vec::new());
        if let Some(old) = addition.old
            && read_blob(&worker.repository, old, self.limits.max_scan_blob, &mut blob).is_ok()
        {
            (self.scan)(&blob, &mut hits);
            found.extend(hits.iter().map(|hit| matched(&blob, hit)));
        }
        found
    }
}

/// What tells one match from another in the same file: the class and a digest of the text from the match to the end
/// of its line, so that a match which only moved is not taken for a new one.
fn matched(blob: &[u8], hit: &Hit) -> Digest {
    const REACH: usize = 64;
    let rest = blob.get(hit.offset..).unwrap_or_default();
    let rest = &rest[..rest.len().min(REACH)];
    let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
    Digest::of_parts(&[hit.class.as_bytes(), b"\0", &rest[..end]])
}

/// Reads a blob whose size is within the limit.
pub(in crate::collect::repository) fn read_blob(
    repository: &gix::Repository,
    id: ObjectId,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Result<(), String> {
    size_within(repository, id, limit)?;
    unpack(repository, id, buffer)
}

fn unpack(repository: &gix::Repository, id: ObjectId, buffer: &mut Vec<u8>) -> Result<(), String> {
    buffer.clear();
    match repository.objects.try_find(&id, buffer) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(format!("blob {id} is missing")),
        Err(error) => Err(format!("blob {id}: {error}")),
    }
}

/// The size of a blob, read without unpacking it.
fn size_within(repository: &gix::Repository, id: ObjectId, limit: u64) -> Result<u64, String> {
    match repository.objects.try_header(&id) {
        Ok(Some(header)) if header.kind != gix::objs::Kind::Blob => Err(format!("{id} is no blob")),
        Ok(Some(header)) if header.size > limit => {
            Err(format!("{} bytes are more than the limit of {limit}", header.size))
        }
        Ok(Some(header)) => Ok(header.size),
        Ok(None) => Err(format!("blob {id} is missing")),
        Err(error) => Err(format!("blob {id}: {error}")),
    }
}
