//! The programs that hooks and helper keys name: found, read and kept, or a gap that says which hook misses them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::commands::{Meaning, Program, expand};
use super::hook_commands::{of_front_matter, of_settings};
use super::host::Host;
use super::intake::{FILE_LIMIT, Intake, Keep, Missed};
use super::naming::below_root;
use super::repositories::Repository;
use super::tree::Tree;
use crate::model::{GapReason, Os, Role, Seen, SettingsScope};

const COLLECTOR: &str = "hooks";
/// Commands looked at in one collection.
const COMMANDS: usize = 5_000;
/// Stands for the project's folder while a word is expanded.
const PROJECT: &str = "\u{2}";

/// Where a bare name is looked for: the folders of the organisation, then those of the system.
const OWN_FOLDERS: &[&str] = &["usr/local/sbin", "usr/local/bin", "opt/homebrew/bin", "opt/bin"];
const SYSTEM_FOLDERS: &[&str] = &["usr/sbin", "usr/bin", "sbin", "bin"];

/// A command of one settings text.
struct Command {
    /// `SOURCE#POINTER`.
    by: String,
    programs: Vec<Program>,
    repository: Option<String>,
    user: Option<String>,
    plugin_root: Option<String>,
}

/// A file in one of the trees: the host's (nothing), or a repository's.
type Target = (Option<usize>, PathBuf);

/// Finds the programs of every settings text already taken in.
pub fn collect(host: &Host, repositories: &[Repository], intake: &mut Intake) {
    let commands = commands(host.os, intake);
    let mut targets: BTreeMap<Target, BTreeSet<String>> = BTreeMap::new();
    for command in &commands {
        for program in &command.programs {
            locate(command, program, host, repositories, &mut targets, intake);
        }
    }
    for ((tree, path), by) in targets {
        let tree = tree.map_or(&host.tree, |number| &repositories[number].tree);
        take(tree, &path, by, intake);
    }
}

fn take(tree: &Tree, path: &Path, by: BTreeSet<String>, intake: &mut Intake) {
    let named: Vec<String> = by.into_iter().collect();
    let role = Role::Script { named_by: named.clone() };
    match intake.open_as(tree, path, &role) {
        Ok(file) => {
            let program = file.raw.iter().take(1024).any(|byte| *byte == 0);
            let keep = if program { Keep::Nothing } else { Keep::Whole };
            intake.keep(&file, role, keep, None, COLLECTOR);
        }
        Err(Missed::Absent) => {
            let detail = format!("{} names it and it is not there", named.join(", "));
            intake.gap_of(tree.source(path), role, GapReason::Absent, detail);
        }
        Err(Missed::Noted) => {
            // Too large to read: a program, whose owner and mode still matter.
            if tree.resolve(path).is_ok_and(|place| {
                place.is_file() && u64::try_from(place.stat.st_size).unwrap_or(0) > FILE_LIMIT
            }) {
                let _ = super::host::keep_facts(tree, path, role, COLLECTOR, intake);
            }
        }
    }
}

fn commands(os: Os, intake: &mut Intake) -> Vec<Command> {
    let mut found = Vec::new();
    let mut too_many = false;
    for observation in &intake.observations {
        let Seen::File(file) = &observation.seen else { continue };
        let Some(text) = &file.text else { continue };
        let text = &if os == Os::Windows { forward_slashes(text) } else { text.clone() };
        let (repository, user, plugin_root) = match &file.role {
            Role::Settings { scope } => match scope {
                SettingsScope::Managed { user, .. } => (None, user.clone(), None),
                SettingsScope::User { user } => (None, Some(user.clone()), None),
                SettingsScope::Project { repository } | SettingsScope::Local { repository } => {
                    (Some(repository.clone()), None, None)
                }
                SettingsScope::UnreadByClient { .. } => (None, None, None),
            },
            Role::Plugin { user } if observation.source.ends_with(".json") => {
                let folder = Path::new(&observation.source).parent().unwrap_or(Path::new(""));
                let root = if folder.ends_with("hooks") || folder.ends_with(".claude-plugin") {
                    folder.parent()
                } else {
                    Some(folder)
                };
                (None, Some(user.clone()), root.map(|root| format!("/{}", root.display())))
            }
            Role::AgentDefinition { repository, user } => (repository.clone(), user.clone(), None),
            _ => continue,
        };
        let lines = if matches!(file.role, Role::AgentDefinition { .. }) {
            of_front_matter(text)
        } else {
            of_settings(text)
        };
        for (pointer, programs) in lines {
            if found.len() == COMMANDS {
                too_many = true;
                break;
            }
            let by = format!("{}#{pointer}", observation.source);
            found.push(Command {
                by,
                programs,
                repository: repository.clone(),
                user: user.clone(),
                plugin_root: plugin_root.clone(),
            });
        }
    }
    if too_many {
        intake.gap(
            "hooks",
            GapReason::TooLarge,
            format!("more than {COMMANDS} commands; the programs of the rest were not looked for"),
        );
    }
    found
}

/// JSON text in which the separators of Windows paths are written the other way round, so that the shell's reading of
/// a backslash does not hide which file is meant. Whether the client's shell finds it is for the client's model.
fn forward_slashes(text: &str) -> String {
    text.replace("\\\\", "/")
}

fn locate(
    command: &Command,
    program: &Program,
    host: &Host,
    repositories: &[Repository],
    targets: &mut BTreeMap<Target, BTreeSet<String>>,
    intake: &mut Intake,
) {
    if program.bare {
        bare(command, &program.word, host, targets, intake);
        return;
    }
    let written = |word: &str| if host.os == Os::Windows { word.replace('\\', "/") } else { word.to_owned() };
    let (word, folder) = (written(&program.word), program.folder.as_deref().map(written));
    let of_person = |word: &str| {
        ["~", "$HOME", "${HOME", "USERPROFILE", "$USER", "${USER", "LOGNAME"]
            .iter()
            .any(|name| word.contains(name))
    };
    let people: Vec<(Option<String>, Option<String>)> = if of_person(&word)
        || folder.as_deref().is_some_and(of_person)
    {
        people(command, host).into_iter().map(|(name, home)| (Some(name), Some(format!("/{home}")))).collect()
    } else {
        vec![(None, None)]
    };
    if people.is_empty() {
        intake.gap(
            &command.by,
            GapReason::NotCollected,
            format!("it names `{word}` in a person's home, and no home was found"),
        );
    }
    for (user, home) in people {
        let meaning = Meaning {
            home: home.as_deref(),
            user: user.as_deref(),
            plugin_root: command.plugin_root.as_deref(),
            project: PROJECT,
        };
        let expanded = expand(&word, &meaning).and_then(|word| {
            let relative = !word.starts_with('/') && !word.starts_with(PROJECT) && !is_drive(&word, host.os);
            match (&folder, relative) {
                (Some(folder), true) => Ok(format!("{}/{word}", expand(folder, &meaning)?)),
                _ => Ok(word),
            }
        });
        let path = match expanded {
            Ok(path) => path,
            Err(unknown) => {
                let detail = format!(
                    "it names `{word}`, and what {unknown} stands for is not known; the program was not looked at"
                );
                intake.gap(&command.by, GapReason::NotCollected, detail);
                continue;
            }
        };
        if is_drive(&path, host.os) {
            add(targets, (None, PathBuf::from(below_root(&path[2..]))), command);
        } else if path.starts_with('/') {
            add(targets, (None, PathBuf::from(below_root(&path))), command);
        } else {
            in_projects(command, path.trim_start_matches(PROJECT), repositories, targets, intake);
        }
    }
}

fn is_drive(path: &str, os: Os) -> bool {
    os == Os::Windows && path.get(1..3) == Some(":/") && path.as_bytes()[0].is_ascii_alphabetic()
}

fn add(targets: &mut BTreeMap<Target, BTreeSet<String>>, target: Target, command: &Command) {
    let plain: PathBuf =
        target.1.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    targets.entry((target.0, plain)).or_default().insert(command.by.clone());
}

/// A path of the project's folder: that of the settings' own repository, else of every repository looked at.
fn in_projects(
    command: &Command,
    path: &str,
    repositories: &[Repository],
    targets: &mut BTreeMap<Target, BTreeSet<String>>,
    intake: &mut Intake,
) {
    let path = PathBuf::from(below_root(path));
    let mut any = false;
    for (number, repository) in repositories.iter().enumerate() {
        if command.repository.as_ref().is_none_or(|name| *name == repository.name) {
            add(targets, (Some(number), path.clone()), command);
            any = true;
        }
    }
    if !any {
        let detail = format!(
            "it names `{}` below the folder that a session starts in; no repository was named to look in",
            path.display()
        );
        intake.gap(&command.by, GapReason::NotCollected, detail);
    }
}

/// Whose homes a command may mean: the person's own; for managed settings everybody who uses the client.
fn people(command: &Command, host: &Host) -> Vec<(String, String)> {
    let pick = |wanted: &dyn Fn(&crate::model::UserHome) -> bool| -> Vec<(String, String)> {
        host.users
            .iter()
            .filter(|user| wanted(user))
            .map(|user| (user.name.clone(), user.home.clone()))
            .collect()
    };
    if let Some(name) = &command.user {
        return pick(&|user| user.name == *name);
    }
    let using = pick(&|user| host.tree.has_folder(&user.config_dir));
    if !using.is_empty() {
        return using;
    }
    let people = pick(&|user| user.uid != Some(0) && user.name != "root");
    if people.is_empty() { pick(&|_| true) } else { people }
}

/// A bare name: kept where the organisation or a person installed it; the system's own programs are not scripts.
fn bare(
    command: &Command,
    name: &str,
    host: &Host,
    targets: &mut BTreeMap<Target, BTreeSet<String>>,
    intake: &mut Intake,
) {
    let personal = people(command, host)
        .into_iter()
        .flat_map(|(_, home)| [format!("{home}/.local/bin"), format!("{home}/bin")]);
    let own = OWN_FOLDERS.iter().map(|&folder| folder.to_owned());
    let mut found = false;
    for folder in own.chain(personal) {
        let path = Path::new(&folder).join(name);
        if host.tree.has(&path) {
            add(targets, (None, path), command);
            found = true;
        }
    }
    let system = SYSTEM_FOLDERS.iter().any(|folder| host.tree.has(Path::new(folder).join(name)));
    if !found && !system && host.tree.has_folder("usr/bin") {
        let detail = format!("it starts `{name}`, which is in none of the usual folders for programs");
        intake.gap(&command.by, GapReason::Absent, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_commands_in_every_shape() {
        let settings = r#"{ // a comment
            "hooks": {"PreToolUse": [{"matcher": "*", "hooks": [{"type": "command", "command": "/opt/a"}]}],
                      "Stop": {"command": "/opt/b"}, "Odd": 7, "Even/Odder": [[["x"]]]},
            "managedSettings": {"hooks": {"PostToolUse": [{"hooks": [{"command": "/opt/c", "args": ["x"]}]}]}},
            "apiKeyHelper": "/opt/d --x", "statusLine": {"command": "bash /opt/e"}, }"#;
        let found = of_settings(settings);
        let words: Vec<_> =
            found.iter().map(|(pointer, programs)| (pointer.as_str(), programs[0].word.as_str())).collect();
        assert_eq!(
            words,
            [
                ("/hooks/PreToolUse/0/hooks/0", "/opt/a"),
                ("/hooks/Stop", "/opt/b"),
                ("/apiKeyHelper", "/opt/d"),
                ("/statusLine/command", "/opt/e"),
                ("/managedSettings/hooks/PostToolUse/0/hooks/0", "/opt/c"),
            ]
        );
        assert!(of_settings(&"[".repeat(1_000_000)).is_empty());
    }
}
