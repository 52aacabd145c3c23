//! The files that changed in the period, out of the history: a file's own time says when it was checked out.

use std::collections::BTreeMap;

use gix::{ObjectId, objs::Find as _};

use super::{Limits, Repository, commit, tree};
use crate::model::{
    change::{Change, Population},
    change_set::FileTouched,
};

/// Every file that a change of the population touched, by path. What could not be compared is a gap of the population.
pub fn files_changed(repository: &Repository, population: &Population, limits: &Limits) -> Vec<FileTouched> {
    let mut touched: BTreeMap<Vec<u8>, FileTouched> = BTreeMap::new();
    let (mut differ, mut files) = (tree::Differ::default(), Vec::new());
    // Oldest first, so that the last word is the newest one.
    for change in population.changes.iter().rev() {
        let Some(new) = tree_of(repository, change.commit.as_str()) else { continue };
        let old = change.parents.first().map(|parent| tree_of(repository, parent.as_str()));
        if old == Some(None)
            || differ.changes(&repository.inner, old.flatten(), new, limits, &mut files).is_err()
        {
            continue;
        }
        for file in &files {
            let known = touched.entry(file.path.to_vec()).or_insert_with(|| FileTouched {
                path: commit::escape_non_utf8(&file.path),
                changes: 0,
                first: change.committer_time,
                last: change.committer_time,
                last_commit: change.commit.clone(),
                last_author: change.author.clone(),
                present: true,
            });
            note(known, change, file.new.is_some());
        }
    }
    touched.into_values().collect()
}

fn note(file: &mut FileTouched, change: &Change, present: bool) {
    file.changes += 1;
    file.last = change.committer_time;
    file.last_commit.clone_from(&change.commit);
    file.last_author.clone_from(&change.author);
    file.present = present;
}

fn tree_of(repository: &Repository, name: &str) -> Option<ObjectId> {
    let id = ObjectId::from_hex(name.as_bytes()).ok()?;
    let mut buffer = Vec::new();
    repository.inner.objects.try_find(&id, &mut buffer).ok()??;
    Some(commit::parse(&buffer)?.tree)
}
