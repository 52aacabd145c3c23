//! Puts together what the threads found: one answer in one order, whatever thread found it.

use std::collections::HashSet;

use gix::ObjectId;

use super::{
    super::{Limits, Repository, commit, object_name, reachable::Node, tree},
    Addition, Hit, MAX_GAPS, MAX_HITS,
};
use crate::model::history::{HistoryGap, HistoryScan, SecretInHistory};

/// What one thread adds to the answer.
#[derive(Default)]
pub(super) struct Partial {
    pub scanned: u64,
    pub bytes: u64,
    pub binary: u64,
    pub lfs: u64,
    pub submodules: u64,
    pub hits: Vec<(usize, Hit, u64, bool)>,
    pub dropped: u64,
    pub gaps: Vec<HistoryGap>,
}

impl Partial {
    pub(super) fn merge_into(&mut self, answer: &mut HistoryScan, nodes: &[Node], fresh: &[Addition]) {
        let part = std::mem::take(self);
        answer.blobs_scanned += part.scanned;
        answer.bytes_scanned += part.bytes;
        answer.binary_blobs += part.binary;
        answer.lfs_pointers += part.lfs;
        answer.submodules += part.submodules;
        answer.hits_dropped += part.dropped;
        for (index, hit, line, new_in_commit) in part.hits {
            if answer.hits.len() >= MAX_HITS {
                answer.hits_dropped += 1;
                continue;
            }
            let addition = &fresh[index];
            let node = &nodes[addition.commit];
            let (path, blob) = (commit::escape_non_utf8(&addition.path), object_name(addition.id));
            let offset = hit.offset as u64;
            answer.hits.push(SecretInHistory {
                commit: object_name(node.id),
                committer_time: node.time,
                fingerprint: SecretInHistory::name(&hit.class, &path, &blob, offset),
                path,
                class: hit.class,
                blob,
                offset,
                line,
                new_in_commit,
                at_tip: false,
            });
        }
        answer.gaps.extend(part.gaps);
    }
}

/// Sorts the answer and marks what still lies at a tip.
pub(super) fn finish(
    repository: &Repository,
    tips: &[(String, ObjectId)],
    limits: &Limits,
    answer: &mut HistoryScan,
) {
    let wanted: HashSet<String> = answer.hits.iter().map(|hit| hit.blob.to_string()).collect();
    let mut present: HashSet<String> = HashSet::new();
    if !wanted.is_empty() {
        let (mut differ, mut files) = (tree::Differ::default(), Vec::new());
        for (_, tip) in tips.iter().take(200) {
            let root = repository
                .inner
                .find_object(*tip)
                .ok()
                .and_then(|object| Some(commit::parse(&object.data)?.tree));
            let Some(root) = root else { continue };
            if differ.changes(&repository.inner, None, root, limits, &mut files).is_ok() {
                present.extend(
                    files
                        .iter()
                        .filter_map(|file| Some(file.new?.0.to_string()))
                        .filter(|id| wanted.contains(id)),
                );
            }
        }
        if tips.len() > 200 {
            answer.incomplete.push(format!(
                "whether a finding is still at a tip was looked up for 200 of {} tips",
                tips.len()
            ));
        }
    }
    for hit in &mut answer.hits {
        hit.at_tip = present.contains(hit.blob.as_str());
    }
    answer.hits.sort();
    answer.gaps.sort();
    answer.gaps.dedup();
    if !answer.gaps.is_empty() {
        answer.incomplete.push(format!("{} files or commits could not be examined", answer.gaps.len()));
    }
    if answer.lfs_pointers > 0 {
        answer
            .incomplete
            .push(format!("{} files are kept in LFS; their content is not in git", answer.lfs_pointers));
    }
    if answer.hits_dropped > 0 {
        answer
            .incomplete
            .push(format!("{} findings beyond the limit were counted, not kept", answer.hits_dropped));
    }
    answer.gaps.truncate(MAX_GAPS);
}
