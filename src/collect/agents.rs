//! Sub-agents, skills and plugins: the places besides settings that may set a mode, hooks or MCP servers.

use std::path::{Path, PathBuf};

use super::host::Host;
use super::intake::{Intake, Keep, decode};
use super::settings::config_folders;
use super::tree::{EntryKind, Tree};
use crate::model::{GapReason, Role};

const COLLECTOR: &str = "agents";
/// Folders looked through below one place.
const FOLDERS: usize = 5_000;
const DEPTH: usize = 8;

/// Reads those of every person.
pub fn of_users(host: &Host, intake: &mut Intake) {
    for user in &host.users {
        for folder in config_folders(&user.home, &user.config_dir) {
            definitions(&host.tree, &folder, None, Some(&user.name), intake);
            plugins(&host.tree, &folder.join("plugins"), &user.name, intake);
        }
    }
}

/// Keeps the front matter of every agent, skill and command definition below a `.claude` folder.
pub fn definitions(
    tree: &Tree,
    folder: &Path,
    repository: Option<&str>,
    user: Option<&str>,
    intake: &mut Intake,
) {
    for kind in ["agents", "skills", "commands"] {
        for path in walk(tree, &folder.join(kind), intake) {
            let name = path.file_name().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
            let wanted =
                if kind == "skills" { name == "skill.md" } else { name.as_encoded_bytes().ends_with(b".md") };
            if !wanted {
                continue;
            }
            let role = Role::AgentDefinition {
                repository: repository.map(str::to_owned),
                user: user.map(str::to_owned),
            };
            let Ok(file) = intake.open_as(tree, &path, &role) else { continue };
            let (text, _) = decode(&file.raw);
            let front = front_matter(&text);
            if front.is_empty() && kind != "agents" {
                continue;
            }
            intake.keep(&file, role, Keep::Instead(front), Some("front matter".to_owned()), COLLECTOR);
        }
    }
}

/// Keeps hooks, manifests and MCP servers of installed plugins.
fn plugins(tree: &Tree, folder: &Path, user: &str, intake: &mut Intake) {
    for path in walk(tree, folder, intake) {
        let wanted =
            ["hooks.json", "plugin.json", ".mcp.json", "installed_plugins.json", "known_marketplaces.json"];
        if path.file_name().is_some_and(|name| wanted.iter().any(|wanted| name == *wanted)) {
            let _ = intake.take(tree, &path, Role::Plugin { user: user.to_owned() }, COLLECTOR);
        }
    }
}

/// The part between the first two `---` lines; the prose below is nobody's business.
fn front_matter(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("---").filter(|rest| rest.starts_with(['\n', '\r'])) else {
        return "";
    };
    match rest.find("\n---") {
        Some(end) => &text[..3 + end + 4],
        None => "",
    }
}

/// Every file below a folder, links not followed, sorted.
fn walk(tree: &Tree, folder: &Path, intake: &mut Intake) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![(folder.to_owned(), 0)];
    let mut looked = 0;
    while let Some((folder, depth)) = pending.pop() {
        looked += 1;
        if looked > FOLDERS {
            intake.gap(
                tree.source(&folder),
                GapReason::TooLarge,
                format!("more than {FOLDERS} folders; the rest was not read"),
            );
            break;
        }
        for entry in intake.list(tree, &folder).map(|listing| listing.entries).unwrap_or_default() {
            let path = folder.join(&entry.name);
            match entry.kind {
                EntryKind::Folder if entry.name == ".git" || entry.name == "node_modules" => {}
                EntryKind::Folder if depth < DEPTH => pending.push((path, depth + 1)),
                EntryKind::Folder => {
                    intake.gap(
                        tree.source(&path),
                        GapReason::TooLarge,
                        format!("nested more than {DEPTH} folders deep; not read"),
                    );
                }
                EntryKind::File | EntryKind::Link | EntryKind::Other => found.push(path),
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_front_matter_only() {
        assert_eq!(
            front_matter("---\npermissionMode: plan\n---\nsecret prose"),
            "---\npermissionMode: plan\n---"
        );
        assert_eq!(front_matter("no front matter"), "");
        assert_eq!(front_matter("---\nnever ends"), "");
    }
}
