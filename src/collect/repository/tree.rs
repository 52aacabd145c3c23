//! What one commit changed against its first parent: the files, the controls among them, and the lines.

use std::ops::ControlFlow;

use gix::{
    ObjectId,
    bstr::{BStr, BString, ByteSlice},
    diff::tree::{Visit, visit},
    objs::{TreeRefIter, tree::EntryKind},
};

use super::Limits;
use crate::model::change::{ChangeSize, ControlKind, MAX_CONTROL_PATHS};

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

/// Which controls these files belong to, and the paths that do, sorted and bounded.
pub(super) fn controls(changes: &[FileChange]) -> (Vec<ControlKind>, Vec<String>) {
    let mut kinds = Vec::new();
    let mut paths = Vec::new();
    for change in changes {
        let found = control_kinds(&change.path);
        if !found.is_empty() {
            kinds.extend(found);
            paths.push(super::commit::escape_non_utf8(&change.path));
        }
    }
    kinds.sort();
    kinds.dedup();
    paths.sort();
    paths.dedup();
    paths.truncate(MAX_CONTROL_PATHS);
    (kinds, paths)
}

/// The controls that a path belongs to. Letter case is ignored: some file systems do, and a control that is missed is
/// worse than one shown twice.
pub(super) fn control_kinds(path: &[u8]) -> Vec<ControlKind> {
    let lower = path.to_ascii_lowercase();
    let parts: Vec<&[u8]> = lower.split(|byte| *byte == b'/').collect();
    let Some((name, folders)) = parts.split_last() else { return Vec::new() };
    let inside = |folder: &[u8]| folders.contains(&folder);
    let below =
        |first: &[u8], second: &[u8]| folders.windows(2).any(|pair| pair[0] == first && pair[1] == second);
    let mut kinds = Vec::new();
    if inside(b".claude")
        || matches!(*name, b"claude.md" | b"claude.local.md" | b".mcp.json" | b".claude.json")
    {
        kinds.push(ControlKind::Settings);
    }
    if below(b".claude", b"hooks")
        || [&b".husky"[..], b".githooks", b"githooks", b".git-hooks", b"git-hooks", b".lefthook"]
            .into_iter()
            .any(inside)
        || name.starts_with(b".pre-commit-config.")
        || name.starts_with(b"lefthook") && name.contains(&b'.')
        || name.starts_with(b".lefthook")
        || name.starts_with(b".huskyrc")
        || matches!(
            *name,
            b".gitleaks.toml" | b".gitleaksignore" | b".overcommit.yml" | b".simple-git-hooks.json"
        )
    {
        kinds.push(ControlKind::Hooks);
    }
    if below(b".github", b"workflows")
        || below(b".github", b"actions")
        || below(b".github", b"rulesets")
        || [&b".circleci"[..], b".buildkite", b".gitlab"].into_iter().any(inside)
        || name.starts_with(b"jenkinsfile")
        || name.starts_with(b".gitlab-ci")
        || name.starts_with(b"azure-pipelines")
        || name.starts_with(b"bitbucket-pipelines")
        || matches!(
            *name,
            b".travis.yml" | b".drone.yml" | b"cloudbuild.yaml" | b"cloudbuild.yml" | b"appveyor.yml"
        )
        || (inside(b".github") && matches!(*name, b"settings.yml" | b"dependabot.yml" | b"dependabot.yaml"))
    {
        kinds.push(ControlKind::Ci);
    }
    if *name == b"codeowners" || *name == b".gitattributes" {
        kinds.push(ControlKind::CodeOwners);
    }
    let managed = inside(b"managed-settings.d")
        || name.starts_with(b"managed-settings")
        || name.starts_with(b"managed-mcp");
    if managed
        || *name == b"com.anthropic.claudecode.plist"
        || *name == b"com.anthropic.claudecode.mobileconfig"
    {
        kinds.push(ControlKind::Managed);
    }
    kinds
}

/// Counts files and lines. The line counts come from libgit2, whose diff is git's own, so that they agree with
/// `git log --numstat --no-renames`; attributes of the repository are not asked.
pub(super) fn size(
    repository: &gix::Repository,
    changes: &[FileChange],
    limits: &Limits,
    buffers: &mut (Vec<u8>, Vec<u8>),
) -> Result<ChangeSize, String> {
    let mut size = ChangeSize { files_changed: changes.len() as u64, ..ChangeSize::default() };
    let mut read_bytes = 0u64;
    for change in changes {
        let submodule =
            |side: Option<(ObjectId, EntryKind)>| side.is_some_and(|(_, kind)| kind == EntryKind::Commit);
        if submodule(change.old) || submodule(change.new) {
            size.files_uncounted += 1;
            continue;
        }
        if change.old.map(|(id, _)| id) == change.new.map(|(id, _)| id) {
            continue;
        }
        if read_bytes > limits.max_diff_bytes_per_change
            || !blob(repository, change.old, limits.max_diff_blob, &mut buffers.0)?
            || !blob(repository, change.new, limits.max_diff_blob, &mut buffers.1)?
            || is_binary(&buffers.0)
            || is_binary(&buffers.1)
        {
            size.files_uncounted += 1;
            continue;
        }
        read_bytes += (buffers.0.len() + buffers.1.len()) as u64;
        match lines(&buffers.0, &buffers.1) {
            Some((added, deleted)) => {
                size.lines_added += added;
                size.lines_deleted += deleted;
            }
            None => size.files_uncounted += 1,
        }
    }
    Ok(size)
}

/// Added and deleted lines between two texts.
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
    let breaks = memchr_count(text);
    breaks + u64::from(text.last().is_some_and(|byte| *byte != b'\n'))
}

fn memchr_count(text: &[u8]) -> u64 {
    text.find_iter(b"\n").count() as u64
}

/// Git's own test for binary content: a zero byte among the first 8000.
pub(super) fn is_binary(data: &[u8]) -> bool {
    data[..data.len().min(8000)].contains(&0)
}

/// Reads a blob; false where it is larger than the limit.
fn blob(
    repository: &gix::Repository,
    side: Option<(ObjectId, EntryKind)>,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Result<bool, String> {
    use gix::objs::{Find as _, FindHeader as _};
    buffer.clear();
    let Some((id, _)) = side else { return Ok(true) };
    match repository.objects.try_header(&id) {
        Ok(Some(header)) if header.size > limit => return Ok(false),
        Ok(Some(header)) if header.kind != gix::objs::Kind::Blob => return Err(format!("{id} is no blob")),
        Ok(Some(_)) => {}
        Ok(None) => return Err(format!("blob {id} is missing")),
        Err(error) => return Err(format!("blob {id}: {error}")),
    }
    match repository.objects.try_find(&id, buffer) {
        Ok(Some(_)) => Ok(true),
        Ok(None) => Err(format!("blob {id} is missing")),
        Err(error) => Err(format!("blob {id}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_controls_by_their_paths() {
        use ControlKind::*;
        for (path, expected) in [
            (".claude/settings.json", &[Settings][..]),
            ("sub/.CLAUDE/settings.json", &[Settings]),
            (".claude/hooks/x.sh", &[Settings, Hooks]),
            ("CLAUDE.md", &[Settings]),
            (".mcp.json", &[Settings]),
            (".husky/pre-commit", &[Hooks]),
            ("lefthook.yml", &[Hooks]),
            (".pre-commit-config.yaml", &[Hooks]),
            (".github/workflows/ci.yml", &[Ci]),
            (".gitlab-ci.yml", &[Ci]),
            ("Jenkinsfile", &[Ci]),
            ("docs/CODEOWNERS", &[CodeOwners]),
            ("etc/claude-code/managed-settings.json", &[Managed]),
            ("etc/claude-code/managed-settings.d/10.json", &[Managed]),
            ("src/main.rs", &[]),
            ("src/claude/main.rs", &[]),
            ("lefthook", &[]),
            ("", &[]),
        ] {
            assert_eq!(control_kinds(path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn counts_lines_as_git_does() {
        assert_eq!(lines(b"", b"a\nb"), Some((2, 0)));
        assert_eq!(lines(b"a\nb\n", b"a\nc\nb\n"), Some((1, 0)));
        assert_eq!(lines(b"a\nb\n", b"a\nb"), Some((1, 1)));
        assert_eq!(lines(b"x\n", b"x\n"), Some((0, 0)));
    }
}
