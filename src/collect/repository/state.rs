//! What may make a repository's history other than what happened, and a second count of it by another library.

use std::{collections::HashSet, path::Path};

use gix::{ObjectId, bstr::ByteSlice, objs::commit::ref_iter::Token};

use super::{Limits, Repository, commit::escape_non_utf8, object_name};
use crate::model::{
    Period,
    change::{HistoryState, ObjectName, Population, TieOut},
};

/// The most of each kind that is named; counts go beyond.
const MAX_NAMED: usize = 10_000;
/// Files of the git folder are small; a larger one is cut.
const MAX_FILE: u64 = 4 << 20;

/// Reads the marks of cut, borrowed and rewritten history.
pub(super) fn history_state(repository: &Repository) -> HistoryState {
    let inner = &repository.inner;
    let common = inner.common_dir();
    let mut state = HistoryState::default();
    for line in small_file(&common.join("shallow")).lines().take(MAX_NAMED) {
        state
            .shallow
            .extend(std::str::from_utf8(line).ok().and_then(|line| ObjectName::parse(line.trim()).ok()));
    }
    state.shallow.sort();
    state.grafts = small_file(&common.join("info/grafts"))
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with(b"#"))
        .count() as u64;
    let config = inner.config_snapshot();
    let promises = |key: &str| config.string(key).is_some_and(|value| !value.is_empty());
    state.partial = promises("extensions.partialClone")
        || config.plumbing().sections_by_name("remote").into_iter().flatten().any(|section| {
            section.value("promisor").is_some() || section.value("partialclonefilter").is_some()
        })
        || std::fs::read_dir(inner.objects.store_ref().path().join("pack"))
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| entry.path().extension().is_some_and(|extension| extension == "promisor"));
    if let Ok(platform) = inner.references()
        && let Ok(replaced) = platform.prefixed("refs/replace/")
    {
        for reference in replaced.take(MAX_NAMED).flatten() {
            let name = reference.name().as_bstr().to_str_lossy().into_owned();
            state.replaced.extend(name.rsplit('/').next().and_then(|last| ObjectName::parse(last).ok()));
        }
    }
    state.replaced.sort();
    let alternates = inner.objects.store_ref().path().join("info/alternates");
    for line in small_file(&alternates).lines().take(100).filter(|line| !line.trim().is_empty()) {
        state.alternates.push(escape_non_utf8(line));
    }
    state
}

/// The bytes of a file of the git folder, cut at a limit; empty where there is none.
pub(super) fn small_file(path: &Path) -> Vec<u8> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
        && let Ok(file) = std::fs::File::open(path)
    {
        // What a read error leaves is still true as far as it goes; the walk itself finds what is missing.
        let _ = file.take(MAX_FILE).read_to_end(&mut bytes);
    }
    bytes
}

/// A second count of the landings: by another reader of commits, over objects whose content the walk held against their
/// names, so that how they were unpacked cannot matter.
#[derive(Default)]
pub(super) struct SecondCount {
    /// In the order of the walk: the commit, its first parent, its committer's time in seconds.
    read: Vec<(ObjectId, Option<ObjectId>, i64)>,
    /// The first commit that the reader does not take for one, and why.
    refused: Option<String>,
}

impl SecondCount {
    pub(super) fn note(&mut self, id: ObjectId, data: &[u8]) {
        match first_parent_and_time(id, data) {
            Ok((parent, seconds)) => self.read.push((id, parent, seconds)),
            Err(error) if self.refused.is_none() => self.refused = Some(format!("{id}: {error}")),
            Err(_) => {}
        }
    }

    /// Follows the first parents from the tip to a root, or to where the clone was cut, and counts those in the period.
    pub(super) fn of(self, tip: ObjectId, period: &Period, cut: &HashSet<ObjectId>) -> TieOut {
        let source = "gitoxide's own reader, first parents from the same tip".to_owned();
        let uncounted = |explanation: String| TieOut { source: source.clone(), count: None, explanation };
        if let Some(why) = self.refused {
            return uncounted(why);
        }
        let (mut next, mut count) = (Some(tip), 0);
        for (id, parent, seconds) in self.read {
            if next != Some(id) {
                return uncounted(format!("{id} is no first parent of the landing before it"));
            }
            count += u64::from(jiff::Timestamp::from_second(seconds).is_ok_and(|at| period.contains(at)));
            next = parent.filter(|_| !cut.contains(&id));
        }
        match next {
            None => TieOut { source, count: Some(count), explanation: String::new() },
            Some(id) => uncounted(format!("the walk ended before {id}, which a landing names as its parent")),
        }
    }
}

fn first_parent_and_time(id: ObjectId, data: &[u8]) -> Result<(Option<ObjectId>, i64), String> {
    let mut parent = None;
    for token in gix::objs::CommitRefIter::from_bytes(data, id.kind()) {
        match token.map_err(|error| error.to_string())? {
            Token::Parent { id } => parent = parent.or(Some(id)),
            Token::Committer { signature } => return Ok((parent, signature.seconds())),
            _ => {}
        }
    }
    Err("it names no committer".to_owned())
}

/// Whether an earlier tip is still part of the branch. `Some(false)` is a rewritten history; none where the older
/// commit is not in the repository any more, which a fresh clone cannot tell from a rewrite that was cleaned up.
pub fn is_ancestor(repository: &Repository, older: &ObjectName, newer: &ObjectName) -> Option<bool> {
    let older = ObjectId::from_hex(older.as_str().as_bytes()).ok()?;
    let newer = ObjectId::from_hex(newer.as_str().as_bytes()).ok()?;
    if !repository.inner.has_object(older) {
        return None;
    }
    let mut seen = HashSet::from([newer]);
    let mut queue = vec![newer];
    while let Some(id) = queue.pop() {
        if id == older {
            return Some(true);
        }
        let Ok(object) = repository.inner.find_object(id) else { continue };
        let Some(commit) = super::commit::parse(&object.data) else { continue };
        queue.extend(commit.parents.into_iter().filter(|parent| seen.insert(*parent)));
    }
    Some(false)
}

/// The first commit of the branch that the population is of; nothing where the walk did not come so far.
pub fn origin(repository: &Repository, population: &Population, limits: &Limits) -> Option<ObjectName> {
    if !population.history.shallow.is_empty() {
        return None;
    }
    // From the oldest change that is known, so that a history of the whole period costs nothing.
    let from = population.changes.last().map_or(&population.tip, |change| &change.commit);
    let mut id = ObjectId::from_hex(from.as_str().as_bytes()).ok()?;
    for _ in 0..limits.max_commits {
        let object = repository.inner.find_object(id).ok()?;
        match super::commit::parse(&object.data)?.parents.first() {
            Some(parent) => id = *parent,
            None => return Some(object_name(id)),
        }
    }
    None
}

/// The command that lists the same commits with git itself: `--since` alone would stop at the first old commit, so the
/// period is applied as a filter; nothing of the repository's or the user's configuration takes part.
pub(super) fn query(repository: &Repository, tip: ObjectId, period: &Period) -> String {
    let last = period.end.as_second() - i64::from(period.end.subsec_nanosecond() == 0);
    let first = period.start.as_second() + i64::from(period.start.subsec_nanosecond() > 0);
    let at = |second| jiff::Timestamp::from_second(second).unwrap_or(period.end);
    format!(
        "GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_GRAFT_FILE=/dev/null git --no-replace-objects \
         -c core.fsmonitor= -c core.hooksPath=/dev/null -c core.commitGraph=false -c advice.graftFileDeprecated=false -C {} \
         rev-list --first-parent --since-as-filter={} --until={} {}",
        shell_quoted(&repository.path.display().to_string()),
        at(first),
        at(last),
        object_name(tip)
    )
}

fn shell_quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
