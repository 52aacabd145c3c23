//! What each landing changed against its first parent: files, lines, and the controls among them.

use gix::{ObjectId, bstr::ByteSlice as _, objs::tree::EntryKind};

use super::{Limits, Repository, commit, controls, landings::Row, tree};
use crate::model::change::{Change, ChangeGap, ChangeSize};

/// The rows without a look at their files.
pub(super) fn bare(rows: Vec<Row>) -> (Vec<Change>, Vec<ChangeGap>) {
    (rows.into_iter().map(|row| row.change).collect(), Vec::new())
}

/// Adds size and controls to each row, on all threads; rows keep their order.
pub(super) fn with_files(
    repository: &Repository,
    mut rows: Vec<Row>,
    limits: &Limits,
) -> (Vec<Change>, Vec<ChangeGap>) {
    // Small shares: one landing may cost as much as a thousand others. Neighbours stay together, because they share
    // trees and delta bases.
    const SHARE: usize = 64;
    let shared = repository.inner.clone().into_sync();
    let shares = std::sync::Mutex::new(rows.chunks_mut(SHARE));
    let mut gaps: Vec<ChangeGap> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..limits.threads.clamp(1, 64))
            .map(|_| {
                scope.spawn(|| {
                    let mut reader = Reader::new(shared.to_thread_local(), limits);
                    let mut gaps = Vec::new();
                    while let Some(share) = shares.lock().ok().and_then(|mut shares| shares.next()) {
                        gaps.extend(share.iter_mut().filter_map(|row| reader.look(row).err()));
                    }
                    gaps
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    gaps.sort();
    (rows.into_iter().map(|row| row.change).collect(), gaps)
}

/// One thread's handle and buffers.
struct Reader<'a> {
    repository: gix::Repository,
    limits: &'a Limits,
    differ: tree::Differ,
    files: Vec<tree::FileChange>,
    old: Vec<u8>,
    new: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn new(repository: gix::Repository, limits: &'a Limits) -> Self {
        let (differ, files, old, new) = Default::default();
        Self { repository, limits, differ, files, old, new }
    }

    fn look(&mut self, row: &mut Row) -> Result<(), ChangeGap> {
        let gap = |reason: String| ChangeGap { commit: row.change.commit.clone(), reason };
        let old = self.parent_tree(row).map_err(gap)?;
        self.differ.changes(&self.repository, old, row.tree, self.limits, &mut self.files).map_err(
            |fault| {
                gap(match fault {
                    tree::TreeFault::TooLarge => "more files changed than the limit allows".to_owned(),
                    tree::TreeFault::Unreadable(reason) => reason,
                })
            },
        )?;
        (row.change.touches_controls, row.change.control_paths) = controls::controls(&self.files);
        row.change.size = Some(self.size().map_err(gap)?);
        Ok(())
    }

    fn parent_tree(&self, row: &Row) -> Result<Option<ObjectId>, String> {
        match (row.first_parent, row.parent_tree) {
            (None, _) => Ok(None),
            (_, Some(tree)) => Ok(Some(tree)),
            (Some(parent), None) => {
                let object = self.repository.find_object(parent).ok();
                let tree = object.and_then(|object| Some(commit::parse(&object.data)?.tree));
                tree.map(Some)
                    .ok_or_else(|| format!("the parent {parent} is missing, so what changed is not known"))
            }
        }
    }

    /// Counts files and lines, as `git log --numstat --no-renames` does; attributes of the repository are not asked.
    fn size(&mut self) -> Result<ChangeSize, String> {
        let mut size = ChangeSize { files_changed: self.files.len() as u64, ..ChangeSize::default() };
        let mut left = self.limits.max_diff_bytes_per_change;
        let files = std::mem::take(&mut self.files);
        for change in &files {
            let counted = match same_kind_of_content(change) {
                Content::Same => Some((0, 0)),
                Content::Submodule => None,
                Content::Other if left == 0 => None,
                Content::Other => {
                    let counted = self.lines_of(change)?;
                    left = left.saturating_sub((self.old.len() + self.new.len()) as u64);
                    counted
                }
            };
            match counted {
                Some((added, deleted)) => {
                    size.lines_added += added;
                    size.lines_deleted += deleted;
                }
                None => size.files_uncounted += 1,
            }
        }
        self.files = files;
        Ok(size)
    }

    /// None where a side is too large or binary.
    fn lines_of(&mut self, change: &tree::FileChange) -> Result<Option<(u64, u64)>, String> {
        let limit = self.limits.max_diff_blob;
        self.new.clear();
        let readable = blob(&self.repository, change.old, limit, &mut self.old)?
            && blob(&self.repository, change.new, limit, &mut self.new)?;
        if !readable || is_binary(&self.old) || is_binary(&self.new) {
            return Ok(None);
        }
        Ok(lines(&self.old, &self.new))
    }
}

enum Content {
    /// Only the mode differs.
    Same,
    Submodule,
    Other,
}

fn same_kind_of_content(change: &tree::FileChange) -> Content {
    let submodule =
        |side: Option<(ObjectId, EntryKind)>| side.is_some_and(|(_, kind)| kind == EntryKind::Commit);
    if submodule(change.old) || submodule(change.new) {
        Content::Submodule
    } else if change.old.map(|(id, _)| id) == change.new.map(|(id, _)| id) {
        Content::Same
    } else {
        Content::Other
    }
}

/// Added and deleted lines between two texts, by libgit2, whose diff is git's own: another implementation of the same
/// algorithm differed from `git log --numstat` in one of seven real changes.
fn lines(old: &[u8], new: &[u8]) -> Option<(u64, u64)> {
    if old.is_empty() || new.is_empty() {
        return Some((count_lines(new), count_lines(old)));
    }
    let mut options = git2::DiffOptions::new();
    options.context_lines(0).force_text(true);
    let patch = git2::Patch::from_buffers(old, None, new, None, Some(&mut options)).ok()?;
    let (_, added, deleted) = patch.line_stats().ok()?;
    Some((added as u64, deleted as u64))
}

fn count_lines(text: &[u8]) -> u64 {
    let breaks = text.find_iter(b"\n").count() as u64;
    breaks + u64::from(text.last().is_some_and(|byte| *byte != b'\n'))
}

/// Git's own test for binary content: a zero byte among the first 8000.
pub(super) fn is_binary(data: &[u8]) -> bool {
    data[..data.len().min(8000)].contains(&0)
}

/// Reads a blob; false where it is larger than the limit. What would not fit the memory is never unpacked: the
/// repository is opened with a limit of its own, and only what that refuses is asked for its size.
fn blob(
    repository: &gix::Repository,
    side: Option<(ObjectId, EntryKind)>,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Result<bool, String> {
    use gix::objs::{Find as _, FindHeader as _};
    buffer.clear();
    let Some((id, _)) = side else { return Ok(true) };
    match repository.objects.try_find(&id, buffer) {
        Ok(Some(data)) if data.kind != gix::objs::Kind::Blob => Err(format!("{id} is no blob")),
        Ok(Some(_)) => Ok(buffer.len() as u64 <= limit),
        Ok(None) => Err(format!("blob {id} is missing")),
        Err(error) => match repository.objects.try_header(&id) {
            Ok(Some(header)) if header.size > limit => {
                buffer.clear();
                Ok(false)
            }
            _ => Err(format!("blob {id}: {error}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_as_git_does() {
        for (old, new, expected) in [
            ("", "a\nb", (2, 0)),
            ("a\nb\n", "a\nc\nb\n", (1, 0)),
            ("a\nb\n", "a\nb", (1, 1)),
            ("x\n", "x\n", (0, 0)),
            ("a\na\n", "a\na\na\n", (1, 0)),
            ("xb\n", "yb\n", (1, 1)),
            ("b", "\nb", (1, 0)),
        ] {
            let found = lines(old.as_bytes(), new.as_bytes());
            assert_eq!(found, Some(expected), "{old:?} {new:?}");
        }
    }
}
