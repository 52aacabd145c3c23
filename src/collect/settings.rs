//! The settings of every scope of the host: managed sources, each person's own files, the global configuration.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::host::{Host, keep_facts};
use super::intake::{Intake, Keep, Missed, decode};
use super::places::{self, Stands, UnreadPlace};
use super::tree::{EntryKind, Tree};
use super::{preferences, registry};
use crate::model::{GapReason, ManagedOrigin, Os, Role, SettingsScope};

pub const COLLECTOR: &str = "settings";
/// Ends of the names of copies that editors, package managers and people put aside: nobody takes them for controls.
const SET_ASIDE: [&str; 14] = [
    "~",
    ".bak",
    ".backup",
    ".disabled",
    ".dpkg-dist",
    ".dpkg-new",
    ".dpkg-old",
    ".md",
    ".old",
    ".orig",
    ".rpmnew",
    ".rpmsave",
    ".save",
    ".swp",
];
/// Drop-ins read of one folder.
const DROP_INS: usize = 500;

/// Reads every settings source of the host.
pub fn collect(host: &Host, intake: &mut Intake) {
    managed(host, intake);
    match host.os {
        Os::MacOs => preferences::collect(host, intake),
        Os::Windows => registry::collect(host, intake),
        Os::Linux => {}
    }
    unread(
        &host.tree,
        Path::new(places::managed_folder(host.os)),
        places::UNREAD_OF_THE_MANAGED_FOLDER,
        intake,
    );
    for user in &host.users {
        for folder in config_folders(&user.home, &user.config_dir) {
            let name = || user.name.clone();
            unread(&host.tree, &folder, places::UNREAD_OF_A_PERSON, intake);
            let scope = SettingsScope::User { user: name() };
            let _ =
                intake.take(&host.tree, &folder.join("settings.json"), Role::Settings { scope }, COLLECTOR);
            let scope = SettingsScope::Managed { origin: ManagedOrigin::Server, user: Some(name()) };
            let _ = intake.take(
                &host.tree,
                &folder.join("remote-settings.json"),
                Role::Settings { scope },
                COLLECTOR,
            );
            let role = Role::Credentials { user: name() };
            let _ = keep_facts(&host.tree, &folder.join(".credentials.json"), role, COLLECTOR, intake);
        }
        let default = Path::new(&user.home).join(".claude.json");
        let moved = Path::new(&user.config_dir).join(".claude.json");
        for path in [default, moved] {
            global_config(host, &path, &user.name, intake);
        }
    }
}

/// Where a person's client may keep its files: the place that the login files name, and the default, which a client
/// started without those files (an editor, a scheduled job) still uses.
pub fn config_folders(home: &str, config_dir: &str) -> Vec<PathBuf> {
    let default = Path::new(home).join(".claude");
    let moved = PathBuf::from(config_dir);
    if moved == default { vec![default] } else { vec![moved, default] }
}

fn managed(host: &Host, intake: &mut Intake) {
    let tree = &host.tree;
    let _ = intake.folder(tree, Path::new(places::managed_folder(host.os)), None, COLLECTOR);
    for place in places::of(host.os) {
        let path = Path::new(place.path);
        let role = match place.stands {
            Stands::Settings(origin) => settings_role(origin),
            Stands::ManagedMcp => Role::ManagedMcp,
            Stands::ManagedMemory => Role::ManagedMemory,
            Stands::Unread(why) if place.path.ends_with(".plist") => {
                preferences::keep(host, path, SettingsScope::UnreadByClient { why: why.to_owned() }, intake);
                continue;
            }
            Stands::Unread(why) => unread_role(why),
            Stands::Preferences => {
                let scope = SettingsScope::Managed { origin: ManagedOrigin::Mdm, user: None };
                preferences::keep(host, path, scope, intake);
                continue;
            }
            Stands::DropIns => {
                drop_ins(host, path, intake);
                continue;
            }
        };
        if intake.take(tree, path, role, COLLECTOR) == Err(Missed::Absent)
            && let Stands::Settings(_) = place.stands
        {
            intake.gap(
                place.path,
                GapReason::Absent,
                "the client reads its managed settings here; nothing is there",
            );
        }
    }
}

fn drop_ins(host: &Host, folder: &Path, intake: &mut Intake) {
    let Some(listing) = intake.list(&host.tree, folder) else { return };
    let _ = intake.folder(&host.tree, folder, None, COLLECTOR);
    for (number, entry) in listing.entries.iter().enumerate() {
        let path = folder.join(&entry.name);
        if number == DROP_INS {
            let detail = format!("more than {DROP_INS} drop-ins; this and later ones were not read");
            let role = settings_role(ManagedOrigin::DropIn);
            intake.gap_of(host.tree.source(&path), role, GapReason::TooLarge, detail);
            return;
        }
        let name = entry.shown();
        if entry.kind == EntryKind::Folder || SET_ASIDE.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let role = if name.starts_with('.') {
            unread_role("the client passes over hidden drop-ins")
        } else if !name.ends_with(".json") {
            unread_role("the client passes over drop-ins that do not end in .json")
        } else {
            settings_role(ManagedOrigin::DropIn)
        };
        if intake.take(&host.tree, &path, role, COLLECTOR) == Err(Missed::Absent) {
            intake.gap(host.tree.source(&path), GapReason::Absent, "the link leads nowhere");
        }
    }
}

/// Takes in what looks like a file of the client and is none.
pub fn unread(tree: &Tree, folder: &Path, files: &[UnreadPlace], intake: &mut Intake) {
    for place in files {
        let role = Role::Unread { why: place.why.to_owned(), instead: place.instead.to_owned() };
        // Mostly absent, and an absence is no gap: nothing is missing.
        let _ = intake.take(tree, &folder.join(place.path), role, COLLECTOR);
    }
}

fn settings_role(origin: ManagedOrigin) -> Role {
    Role::Settings { scope: SettingsScope::Managed { origin, user: None } }
}

fn unread_role(why: &str) -> Role {
    Role::Settings { scope: SettingsScope::UnreadByClient { why: why.to_owned() } }
}

/// Keeps of `~/.claude.json` what decides about MCP servers, trust and the bypass mode; the rest (login state,
/// histories) is dropped before anything is stored.
fn global_config(host: &Host, path: &Path, user: &str, intake: &mut Intake) {
    let role = Role::GlobalConfig { user: user.to_owned() };
    let Ok(file) = intake.open_as(&host.tree, path, &role) else { return };
    match kept_of_global_config(&decode(&file.raw).0) {
        Ok(text) => intake.keep(&file, role, Keep::Instead(&text), None, COLLECTOR),
        Err(problem) => {
            intake.gap_of(&file.source, role.clone(), GapReason::Malformed, problem);
            intake.keep(&file, role, Keep::Nothing, None, COLLECTOR);
        }
    }
}

fn kept_of_global_config(text: &str) -> Result<String, String> {
    const TOP: &[&str] =
        &["mcpServers", "bypassPermissionsModeAccepted", "hasTrustDialogAccepted", "installMethod"];
    const PROJECT: &[&str] = &[
        "mcpServers",
        "hasTrustDialogAccepted",
        "enabledMcpjsonServers",
        "disabledMcpjsonServers",
        "enableAllProjectMcpServers",
        "allowedTools",
        "hasClaudeMdExternalIncludesApproved",
    ];
    let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Object(all) = value else { return Err("an object was expected".to_owned()) };
    let pick = |object: &Map<String, Value>, keys: &[&str]| -> Map<String, Value> {
        object
            .iter()
            .filter(|(key, _)| keys.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let mut kept = pick(&all, TOP);
    if let Some(Value::Object(projects)) = all.get("projects") {
        let projects: Map<String, Value> = projects
            .iter()
            .filter_map(|(path, project)| {
                Some((path.clone(), Value::Object(pick(project.as_object()?, PROJECT))))
            })
            .collect();
        kept.insert("projects".to_owned(), Value::Object(projects));
    }
    serde_json::to_string_pretty(&kept).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_of_the_global_config_only_what_decides() {
        let kept = kept_of_global_config(
            r#"{"oauthAccount":{"emailAddress":"a@b"},"mcpServers":{"x":{"command":"y"}},
                "projects":{"/p":{"history":["secret prompt"],"hasTrustDialogAccepted":true},"/q":7}}"#,
        )
        .expect("JSON");
        assert!(kept.contains("hasTrustDialogAccepted") && kept.contains("\"y\""));
        assert!(!kept.contains("a@b") && !kept.contains("secret prompt"));
        assert!(kept_of_global_config("[").is_err());
        assert!(kept_of_global_config(&"[".repeat(1_000_000)).is_err());
    }
}
