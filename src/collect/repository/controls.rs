//! Which controls a changed file belongs to, by its path.

use super::tree::FileChange;
use crate::model::change::{ControlKind, MAX_CONTROL_PATHS};

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
}
