//! The settings files of a branch through the period: as they stood when it began, and every version that landed since.

use std::collections::BTreeSet;

use gix::{ObjectId, objs::Find as _};

use super::{Limits, Repository, commit, object_name, tree};
use crate::{
    collect::redact::redact,
    model::{
        change::{ClaimedTime, ControlKind, ObjectName, Person, Population},
        change_set::SettingsVersion,
    },
};

/// Settings that a repository has at its top in most cases: looked up even where nobody touched them.
const AT_THE_TOP: [&str; 3] = [".claude/settings.json", ".claude/settings.local.json", ".mcp.json"];
/// A settings file larger than this is not kept, in bytes.
const MAX_TEXT: u64 = 256 << 10;
/// Versions kept of one repository.
const MAX_VERSIONS: usize = 500;

/// The versions, and how many more there are. Landings without readable files bring no version; they are gaps of the
/// population.
pub fn settings_versions(
    repository: &Repository,
    population: &Population,
    limits: &Limits,
) -> (Vec<SettingsVersion>, u64) {
    let mut paths: BTreeSet<String> = AT_THE_TOP.map(str::to_owned).into();
    let touched = population.changes.iter().flat_map(|change| &change.control_paths);
    paths.extend(touched.filter(|path| is_settings(path)).cloned());
    let before = standing(repository, population, limits);
    let (mut versions, mut left_out) = (Vec::new(), 0);
    for path in paths {
        let first = before.as_ref().map(|found| (found.id, &found.author, None));
        let later = population.changes.iter().rev().filter(|change| change.control_paths.contains(&path));
        let later = later.filter_map(|change| {
            let id = ObjectId::from_hex(change.commit.as_str().as_bytes()).ok()?;
            Some((id, &change.author, Some(change.committer_time)))
        });
        let mut number = 0;
        for (id, author, since) in first.into_iter().chain(later) {
            let version = version(repository, &path, id, author, since, number);
            // What was never there has no history.
            if number == 0 && version.blob.is_none() && version.unread.is_none() {
                continue;
            }
            number += 1;
            if versions.len() < MAX_VERSIONS { versions.push(version) } else { left_out += 1 }
        }
    }
    (versions, left_out)
}

/// The landing on which the oldest change of the period stands; where there is none, the newest landing before it.
struct Standing {
    id: ObjectId,
    author: Person,
}

fn standing(repository: &Repository, population: &Population, limits: &Limits) -> Option<Standing> {
    let name = match population.changes.last() {
        Some(oldest) => oldest.parents.first()?,
        None => &population.tip,
    };
    let mut next = ObjectId::from_hex(name.as_str().as_bytes()).ok();
    let mut buffer = Vec::new();
    for _ in 0..limits.max_commits {
        let id = next?;
        repository.inner.objects.try_find(&id, &mut buffer).ok()??;
        let raw = commit::parse(&buffer)?;
        let at = commit::actor(raw.committer).time.and_then(ClaimedTime::timestamp);
        if !population.changes.is_empty() || at.is_some_and(|at| at < population.period.start) {
            let author = commit::person(&commit::actor(raw.author), raw.encoding, &mut false);
            return Some(Standing { id, author });
        }
        next = raw.parents.first().copied();
    }
    None
}

fn version(
    repository: &Repository,
    path: &str,
    id: ObjectId,
    author: &Person,
    since: Option<ClaimedTime>,
    number: u64,
) -> SettingsVersion {
    let mut version = SettingsVersion {
        path: path.to_owned(),
        kind: if path.contains("managed-") { ControlKind::Managed } else { ControlKind::Settings },
        number,
        commit: object_name(id),
        author: author.clone(),
        since,
        blob: None,
        text: None,
        unread: None,
    };
    match read(repository, id, path) {
        Ok(Some((blob, text))) => (version.blob, version.text) = (Some(blob), Some(text)),
        Ok(None) => {}
        Err((blob, why)) => (version.blob, version.unread) = (blob, Some(why)),
    }
    version
}

type Unread = (Option<ObjectName>, String);

fn read(repository: &Repository, id: ObjectId, path: &str) -> Result<Option<(ObjectName, String)>, Unread> {
    let unread = |why: String| (None, why);
    let objects = &repository.inner.objects;
    let mut buffer = Vec::new();
    let found = objects.try_find(&id, &mut buffer).map_err(|error| unread(error.to_string()))?;
    let root = found.and_then(|data| commit::parse(data.data)).map(|raw| raw.tree);
    let root = root.ok_or_else(|| unread(format!("{id} cannot be read as a commit")))?;
    let entry = tree::entry_at(&repository.inner, root, path.as_bytes(), &mut buffer)
        .map_err(|why| unread(format!("the tree of {id}: {why}")))?;
    let Some((blob, kind)) = entry else { return Ok(None) };
    let name = Some(object_name(blob));
    if !matches!(kind, gix::objs::tree::EntryKind::Blob | gix::objs::tree::EntryKind::BlobExecutable) {
        return Err((name, "it is no ordinary file".to_owned()));
    }
    super::history::read_blob(&repository.inner, blob, MAX_TEXT, &mut buffer)
        .map_err(|why| (name.clone(), why))?;
    match std::str::from_utf8(&buffer) {
        Ok(text) => Ok(Some((object_name(blob), redact(text).text))),
        Err(_) => Err((name, "it is no text".to_owned())),
    }
}

/// Files whose keys decide what the client allows. Letter case is ignored, as the stratum of controls does.
fn is_settings(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let folder = folders.rsplit('/').next().unwrap_or_default();
    match name {
        "settings.json" | "settings.local.json" => folder == ".claude",
        ".mcp.json" | "managed-settings.json" | "managed-mcp.json" => true,
        _ => folder == "managed-settings.d" && name.ends_with(".json"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_settings;

    #[test]
    fn knows_the_files_whose_keys_decide() {
        for path in [
            ".claude/settings.json",
            "a/.CLAUDE/settings.local.json",
            ".mcp.json",
            "x/managed-settings.d/1.json",
        ] {
            assert!(is_settings(path), "{path}");
        }
        for path in ["settings.json", ".claude/agents/a.md", ".claude/x/settings.json", "managed-settings.d"]
        {
            assert!(!is_settings(path), "{path}");
        }
    }
}
