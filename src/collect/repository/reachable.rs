//! Everything that the references reach, and of it the commits of a period.

use std::collections::{BTreeMap, HashSet};

use gix::{ObjectId, objs::Find as _};

use super::{Repository, RepositoryError, ScanRequest, commit};
use crate::model::{change::ClaimedTime, history::HistoryScan};

/// A commit of the period.
pub(super) struct Node {
    pub time: ClaimedTime,
    pub id: ObjectId,
}

/// The references to start from: one branch, or all of them without replacements.
pub(super) fn tips(
    repository: &Repository,
    branch: Option<&str>,
) -> Result<Vec<(String, ObjectId)>, RepositoryError> {
    if branch.is_some() {
        return Ok(vec![repository.branch_tip(branch)?]);
    }
    let mut found = BTreeMap::new();
    let platform = repository.inner.references().map_err(|error| repository.unreadable(error))?;
    for reference in platform.all().map_err(|error| repository.unreadable(error))?.flatten() {
        if let Some(id) = reference.target().try_id()
            && !reference.name().as_bstr().starts_with(b"refs/replace/")
        {
            found.insert(commit::escape_non_utf8(reference.name().as_bstr()), id.to_owned());
        }
    }
    if let Ok(head) = repository.inner.head_id() {
        found.insert("HEAD".to_owned(), head.detach());
    }
    Ok(found.into_iter().collect())
}

/// Everything reachable; of it the commits of the period, oldest first.
pub(super) fn walk(
    repository: &Repository,
    tips: &[(String, ObjectId)],
    shallow: &HashSet<&str>,
    request: &ScanRequest<'_>,
    answer: &mut HistoryScan,
) -> Vec<Node> {
    let objects = &repository.inner.objects;
    let mut buffer = Vec::new();
    let mut seen = HashSet::new();
    let mut queue: Vec<ObjectId> = tips.iter().map(|(_, id)| *id).filter(|id| seen.insert(*id)).collect();
    let mut nodes = Vec::new();
    let mut missing = 0u64;
    let mut undated = 0u64;
    while let Some(id) = queue.pop() {
        if answer.commits_walked as usize >= request.limits.max_commits {
            answer.incomplete.push(format!("the walk stopped after {} commits", answer.commits_walked));
            break;
        }
        let kind = match objects.try_find(&id, &mut buffer) {
            Ok(Some(data)) => data.kind,
            _ => {
                missing += 1;
                continue;
            }
        };
        if kind == gix::objs::Kind::Tag {
            let target = gix::objs::TagRefIter::from_bytes(&buffer, id.kind()).target_id();
            queue.extend(target.ok().filter(|target| seen.insert(*target)));
            continue;
        }
        if kind != gix::objs::Kind::Commit {
            continue;
        }
        let Some(raw) = commit::parse(&buffer) else {
            missing += 1;
            continue;
        };
        answer.commits_walked += 1;
        match commit::actor(raw.committer).time {
            Some(time) if time.timestamp().is_some_and(|at| request.period.contains(at)) => {
                nodes.push(Node { time, id });
            }
            Some(time) if time.timestamp().is_some() => {}
            _ => undated += 1,
        }
        if !shallow.contains(id.to_string().as_str()) {
            queue.extend(raw.parents.into_iter().filter(|parent| seen.insert(*parent)));
        }
    }
    if missing > 0 {
        answer.incomplete.push(format!("{missing} commits are missing or cannot be read"));
    }
    if undated > 0 {
        answer.incomplete.push(format!("{undated} commits have no readable time, so no period holds them"));
    }
    nodes.sort_by(|a, b| (a.time.seconds, &a.id).cmp(&(b.time.seconds, &b.id)));
    nodes
}
