//! Files that set environment variables for logins: only the lines that concern the client are kept.

use std::path::{Path, PathBuf};

use super::host::Host;
use super::intake::{Intake, Keep, decode};
use super::naming::below_root;
use super::tree::Tree;
use super::{launchers, naming};
use crate::model::{Os, Role, UserHome};

const COLLECTOR: &str = "environment";
/// Scripts looked at in `profile.d` and `environment.d`.
const SCRIPTS: usize = 500;

const USER_FILES: &[&str] = &[
    ".profile",
    ".bash_profile",
    ".bash_login",
    ".bashrc",
    ".bash_aliases",
    ".zshenv",
    ".zprofile",
    ".zshrc",
    ".zlogin",
    ".aliases",
    ".pam_environment",
    ".config/fish/config.fish",
    ".envrc",
    "Documents/PowerShell/Microsoft.PowerShell_profile.ps1",
    "Documents/WindowsPowerShell/Microsoft.PowerShell_profile.ps1",
];
const SYSTEM_FILES: &[&str] = &[
    "etc/environment",
    "etc/profile",
    "etc/bash.bashrc",
    "etc/bashrc",
    "etc/zsh/zshenv",
    "etc/zsh/zshrc",
    "etc/zshenv",
    "etc/zshrc",
];
const SYSTEM_FOLDERS: &[&str] =
    &["etc/profile.d", "etc/environment.d", "usr/lib/environment.d", "etc/systemd/system.conf.d"];

/// Words of which one stands in every line that is kept.
const CONCERNS: &[&str] = &[
    "CLAUDE",
    "ANTHROPIC_",
    "OTEL_",
    "AWS_",
    "VAULT_",
    "GOOGLE_",
    "AZURE_",
    "DISABLE_TELEMETRY",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_AUTOUPDATER",
    "DISABLE_UPDATES",
    "DO_NOT_TRACK",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "NODE_EXTRA_CA_CERTS",
    "CLOUD_ML_REGION",
];

/// Reads the files of the system and of every person.
pub fn collect(host: &Host, intake: &mut Intake) {
    let mut system: Vec<PathBuf> = SYSTEM_FILES.iter().map(PathBuf::from).collect();
    for folder in SYSTEM_FOLDERS {
        let entries = intake.first_entries(&host.tree, Path::new(folder), SCRIPTS);
        system.extend(entries.iter().map(|entry| Path::new(folder).join(&entry.name)));
    }
    for path in system {
        file(&host.tree, &path, None, intake);
    }
    for user in &host.users {
        for path in user_files(&host.tree, user, intake) {
            file(&host.tree, &path, Some(&user.name), intake);
        }
    }
}

fn user_files(tree: &Tree, user: &UserHome, intake: &mut Intake) -> Vec<PathBuf> {
    let home = Path::new(&user.home);
    let mut files: Vec<PathBuf> = USER_FILES.iter().map(|name| home.join(name)).collect();
    let folder = home.join(".config/environment.d");
    let entries = intake.first_entries(tree, &folder, SCRIPTS);
    files.extend(entries.iter().map(|entry| folder.join(&entry.name)));
    files
}

fn file(tree: &Tree, path: &Path, user: Option<&str>, intake: &mut Intake) {
    if path.file_name().is_some_and(|name| name == "README" || name.as_encoded_bytes().ends_with(b".csh")) {
        return;
    }
    let role = Role::Environment { user: user.map(str::to_owned) };
    let Ok(file) = intake.open_as(tree, path, &role) else { return };
    let (text, _) = decode(&file.raw);
    let kept: String =
        text.lines().map(|line| if concerns(line) { line } else { "" }.to_owned() + "\n").collect();
    if !kept.trim().is_empty() {
        intake.keep(&file, role, Keep::Instead(kept.trim_end_matches('\n')), None, COLLECTOR);
    }
    launchers::of_person_file(&file, &text, intake);
}

/// Whether a line sets a variable, in the syntax of any shell.
fn assigns(line: &str) -> bool {
    let line = line.trim_start();
    !line.starts_with('#') && (line.contains('=') || line.starts_with("set ") || line.starts_with("setenv "))
}

/// Whether a line sets a variable that decides about the client, its proxy or its credentials.
fn concerns(line: &str) -> bool {
    let upper = line.to_ascii_uppercase();
    assigns(line) && (CONCERNS.iter().any(|word| upper.contains(word)) || upper.contains("_PROXY"))
}

/// The folder that a variable names in the login files of a person, below the root.
pub fn folder_of(
    variable: &str,
    tree: &Tree,
    os: Os,
    user: &UserHome,
    intake: &mut Intake,
) -> Option<String> {
    let own = user_files(tree, user, intake);
    let system = ["etc/environment", "etc/profile"].map(PathBuf::from);
    let mut last = None;
    for path in system.into_iter().chain(own) {
        // What cannot be read is noted once, when the file itself is collected.
        let Ok(place) = tree.resolve(&path) else { continue };
        let Ok(raw) = tree.read(&place, super::intake::FILE_LIMIT) else { continue };
        let (text, _) = decode(&raw);
        for value in text.lines().filter(|line| assigns(line)).filter_map(|line| assigned(line, variable)) {
            last = expanded(value, user, os);
        }
    }
    last
}

/// The value that a line gives the variable, in the syntax of shells, fish and environment files.
fn assigned<'a>(line: &'a str, variable: &str) -> Option<&'a str> {
    let (before, after) = line.split_once(variable)?;
    if before.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == '$' || last == '{') {
        return None;
    }
    let value = after.trim_start().strip_prefix('=').unwrap_or(after).trim();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split([' ', '\t', ';', '#']).next()?,
    };
    (!value.is_empty()).then_some(value)
}

fn expanded(value: &str, user: &UserHome, os: Os) -> Option<String> {
    let value = if os == Os::Windows { value.replace('\\', "/") } else { value.to_owned() };
    let home = format!("/{}", user.home);
    let mut path = value;
    for name in ["${HOME}", "$HOME", "$env:USERPROFILE", "%USERPROFILE%"] {
        path = path.replace(name, &home);
    }
    for name in ["${USER}", "$USER", "${LOGNAME}", "$LOGNAME"] {
        path = path.replace(name, &user.name);
    }
    if let Some(rest) = path.strip_prefix("~/") {
        path = format!("{home}/{rest}");
    }
    if os == Os::Windows && path.get(1..3) == Some(":/") {
        path.drain(..2);
    }
    let absolute = path.starts_with('/') && !path.contains(['$', '%', '`']);
    absolute.then(|| naming::shown(Path::new(below_root(path.trim_end_matches('/')))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_assignments_of_every_syntax() {
        for (line, value) in [
            ("export CLAUDE_CONFIG_DIR=$HOME/.cc", Some("$HOME/.cc")),
            ("CLAUDE_CONFIG_DIR=\"/opt/a b\" # x", Some("/opt/a b")),
            ("set -gx CLAUDE_CONFIG_DIR ~/.cc", Some("~/.cc")),
            ("export X=$CLAUDE_CONFIG_DIR", None),
            ("export MY_CLAUDE_CONFIG_DIR=/x", None),
        ] {
            assert_eq!(assigned(line, "CLAUDE_CONFIG_DIR"), value, "{line}");
        }
    }

    #[test]
    fn keeps_only_lines_that_concern_the_client() {
        assert!(
            concerns("export HTTPS_PROXY=http://p:3128") && concerns("set -gx ANTHROPIC_BASE_URL http://x")
        );
        assert!(
            !concerns("# export HTTPS_PROXY=x")
                && !concerns("alias ll='ls -l'")
                && !concerns("export SECRET_DIARY=x")
        );
    }
}
