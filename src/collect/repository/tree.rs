//! Which files one commit changed against another, and what lies at a path of a tree.

use std::ops::ControlFlow;

use gix::{
    ObjectId,
    bstr::{BStr, BString, ByteSlice},
    diff::tree::{Visit, visit},
    objs::{TreeRefIter, tree::EntryKind},
};

use super::Limits;

/// One changed file: a path and what lay and lies there. None means nothing.
pub(super) struct FileChange {
    pub path: BString,
    pub old: Option<(ObjectId, EntryKind)>,
    pub new: Option<(ObjectId, EntryKind)>,
}

/// Why the changes of one commit are not known in full.
#[derive(Debug)]
pub(super) enum TreeFault {
    /// More entries, or longer paths, than the limits allow.
    TooLarge,
    /// A tree is missing or broken.
    Unreadable(String),
}

/// Buffers reused from commit to commit.
#[derive(Default)]
pub(super) struct Differ {
    state: gix::diff::tree::State,
    old: Vec<u8>,
    new: Vec<u8>,
}

impl Differ {
    /// The files that differ between two trees, in no particular order. A file that becomes a folder is gone and
    /// its children are new; renames are a file gone and a file new.
    pub fn changes(
        &mut self,
        repository: &gix::Repository,
        old: Option<ObjectId>,
        new: ObjectId,
        limits: &Limits,
        out: &mut Vec<FileChange>,
    ) -> Result<(), TreeFault> {
        out.clear();
        read_tree(repository, old, &mut self.old)?;
        read_tree(repository, Some(new), &mut self.new)?;
        let kind = repository.object_hash();
        let mut visitor = Visitor {
            queue: std::collections::VecDeque::new(),
            path: BString::default(),
            seen: 0,
            path_bytes: 0,
            limits,
            out,
            stopped: false,
        };
        let result = gix::diff::tree(
            TreeRefIter::from_bytes(&self.old, kind),
            TreeRefIter::from_bytes(&self.new, kind),
            &mut self.state,
            &repository.objects,
            &mut visitor,
        );
        match result {
            _ if visitor.stopped => Err(TreeFault::TooLarge),
            Ok(()) => Ok(()),
            Err(error) => Err(TreeFault::Unreadable(error.to_string())),
        }
    }
}

fn read_tree(
    repository: &gix::Repository,
    id: Option<ObjectId>,
    buffer: &mut Vec<u8>,
) -> Result<(), TreeFault> {
    use gix::objs::Find as _;
    buffer.clear();
    let Some(id) = id.filter(|id| !id.is_empty_tree()) else { return Ok(()) };
    match repository.objects.try_find(&id, buffer) {
        Ok(Some(data)) if data.kind == gix::objs::Kind::Tree => Ok(()),
        Ok(Some(_)) => Err(TreeFault::Unreadable(format!("{id} is no tree"))),
        Ok(None) => Err(TreeFault::Unreadable(format!("tree {id} is missing"))),
        Err(error) => Err(TreeFault::Unreadable(format!("tree {id}: {error}"))),
    }
}

struct Visitor<'a> {
    queue: std::collections::VecDeque<BString>,
    path: BString,
    seen: usize,
    path_bytes: usize,
    limits: &'a Limits,
    out: &'a mut Vec<FileChange>,
    stopped: bool,
}

impl Visitor<'_> {
    fn push(&mut self, name: &BStr) {
        if name.is_empty() {
            return;
        }
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name);
    }
}

impl Visit for Visitor<'_> {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.path = self.queue.pop_front().unwrap_or_default();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.push(component);
        self.path_bytes += self.path.len();
        self.queue.push_back(self.path.clone());
    }

    fn push_path_component(&mut self, component: &BStr) {
        self.push(component);
    }

    fn pop_path_component(&mut self) {
        let parent = self.path.rfind_byte(b'/').unwrap_or(0);
        self.path.truncate(parent);
    }

    fn visit(&mut self, change: visit::Change) -> visit::Action {
        self.seen += 1;
        self.path_bytes += self.path.len();
        if self.seen > self.limits.max_entries || self.path_bytes > self.limits.max_path_bytes {
            self.stopped = true;
            return ControlFlow::Break(());
        }
        let file = |id: ObjectId, mode: gix::objs::tree::EntryMode| {
            Some((id, mode.kind())).filter(|(_, kind)| *kind != EntryKind::Tree)
        };
        let (old, new) = match change {
            visit::Change::Addition { entry_mode, oid, .. } => (None, file(oid, entry_mode)),
            visit::Change::Deletion { entry_mode, oid, .. } => (file(oid, entry_mode), None),
            visit::Change::Modification { previous_entry_mode, previous_oid, entry_mode, oid } => {
                (file(previous_oid, previous_entry_mode), file(oid, entry_mode))
            }
        };
        if old.is_some() || new.is_some() {
            self.out.push(FileChange { path: self.path.clone(), old, new });
        }
        ControlFlow::Continue(())
    }
}

/// The object at a path of a tree, and what it is; nothing where there is none.
pub(super) fn entry_at(
    repository: &gix::Repository,
    root: ObjectId,
    path: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<Option<(ObjectId, EntryKind)>, String> {
    use gix::objs::Find as _;
    let mut at = (root, EntryKind::Tree);
    for part in path.split(|byte| *byte == b'/') {
        let found = repository.objects.try_find(&at.0, buffer).map_err(|error| error.to_string())?;
        let data = found.ok_or_else(|| format!("{} is missing", at.0))?;
        if data.kind != gix::objs::Kind::Tree {
            return Ok(None);
        }
        let mut entries = TreeRefIter::from_bytes(data.data, at.0.kind());
        let entry = entries.find_map(|entry| match entry {
            Ok(entry) if entry.filename == part => Some(Ok((entry.oid.to_owned(), entry.mode.kind()))),
            Ok(_) => None,
            Err(error) => Some(Err(error.to_string())),
        });
        match entry.transpose()? {
            Some(found) => at = found,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}
