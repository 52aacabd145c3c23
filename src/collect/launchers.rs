//! Files that may start the client, and the flags in them that skip permissions.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use regex::Regex;

use super::host::Host;
use super::intake::{Intake, Keep, Opened, decode};
use super::tree::EntryKind;
use crate::model::Role;

const COLLECTOR: &str = "launchers";
/// Jobs and services looked at in one folder.
const JOBS: usize = 2_000;

/// Whether a path of a repository (below it) is one that starts programs: CI, container, build and shell files.
pub fn is_launcher(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let name = name.to_ascii_lowercase();
    let below = |folder: &str| {
        path.parent().is_some_and(|parent| parent.iter().any(|part| part.eq_ignore_ascii_case(folder)))
    };
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let yaml = ends(&[".yml", ".yaml"]);
    if ends(&[
        ".sh",
        ".bash",
        ".zsh",
        ".fish",
        ".ksh",
        ".ps1",
        ".cmd",
        ".bat",
        ".mk",
        ".dockerfile",
        ".service",
        ".command",
        ".nix",
    ]) {
        return true;
    }
    if ["dockerfile", "containerfile", "jenkinsfile", "crontab"].iter().any(|start| name.starts_with(start)) {
        return true;
    }
    if yaml
        && (["github", "gitlab", "circleci", "buildkite", "woodpecker", "gitea", "forgejo", "tekton"]
            .iter()
            .any(|ci| below(&format!(".{ci}")))
            || [
                "docker-compose",
                "compose",
                "azure-pipelines",
                "bitbucket-pipelines",
                "taskfile",
                ".gitlab-ci",
                ".travis",
                ".drone",
                ".woodpecker",
                "action",
                "cloudbuild",
                "appveyor",
                "buildspec",
            ]
            .iter()
            .any(|start| name.starts_with(start)))
    {
        return true;
    }
    if name.ends_with(".json")
        && (below(".devcontainer")
            || below(".vscode")
            || matches!(
                name.as_str(),
                "package.json" | ".devcontainer.json" | "devcontainer.json" | "deno.json"
            ))
    {
        return true;
    }
    if matches!(
        name.as_str(),
        "makefile"
            | "gnumakefile"
            | "justfile"
            | ".justfile"
            | "procfile"
            | "vagrantfile"
            | "earthfile"
            | "tiltfile"
            | "rakefile"
            | ".envrc"
            | ".bashrc"
            | ".zshrc"
            | ".profile"
            | ".bash_profile"
            | ".bash_aliases"
            | ".aliases"
    ) {
        return true;
    }
    !name.contains('.')
        && path.parent().and_then(Path::file_name).is_some_and(|parent| {
            ["bin", "scripts", "script", "tools", "ci", "hack", ".husky", ".githooks", "hooks"]
                .iter()
                .any(|folder| parent == *folder)
        })
}

/// Keeps a launcher of a repository: with its text where it skips permissions, else its facts.
pub fn of_repository(file: &Opened, text: &str, repository: &str, intake: &mut Intake) {
    let flags = flags(text);
    let role = Role::Launcher { repository: Some(repository.to_owned()) };
    let keep = if flags.is_empty() { Keep::Nothing } else { Keep::Whole };
    intake.keep(file, role, keep, None, COLLECTOR);
    for (line, flag) in flags {
        intake.launch_flag(&file.source, line, flag, COLLECTOR);
    }
}

/// Looks at the jobs and services of the host.
pub fn of_host(host: &Host, intake: &mut Intake) {
    let mut folders: Vec<PathBuf> = [
        "etc/cron.d",
        "etc/cron.daily",
        "etc/cron.hourly",
        "var/spool/cron",
        "var/spool/cron/crontabs",
        "etc/systemd/system",
        "Library/LaunchAgents",
        "Library/LaunchDaemons",
    ]
    .iter()
    .map(PathBuf::from)
    .collect();
    for user in &host.users {
        folders.push(Path::new(&user.home).join(".config/systemd/user"));
        folders.push(Path::new(&user.home).join("Library/LaunchAgents"));
    }
    let mut files = vec![PathBuf::from("etc/crontab")];
    for folder in folders {
        let entries = intake.first_entries(&host.tree, &folder, JOBS);
        let entries = entries.iter().filter(|entry| entry.kind != EntryKind::Folder);
        files.extend(entries.map(|entry| folder.join(&entry.name)));
    }
    for path in files {
        // A unit that is masked is a link to nothing, or to a device.
        if !host.tree.resolve(&path).is_ok_and(|place| place.is_file()) {
            continue;
        }
        if let Ok(file) = intake.open_as(&host.tree, &path, &Role::Launcher { repository: None }) {
            let (text, _) = decode(&file.raw);
            of_person_file(&file, &text, intake);
        }
    }
}

/// Looks at a login file, alias file or script of the host; only the lines that skip permissions are kept.
pub fn of_person_file(file: &Opened, text: &str, intake: &mut Intake) {
    let flags = flags(text);
    if flags.is_empty() {
        return;
    }
    let mut kept = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        if flags.iter().any(|(at, _)| *at == number) {
            kept.push_str(line);
        }
        kept.push('\n');
    }
    intake.keep(
        file,
        Role::Launcher { repository: None },
        Keep::Instead(kept.trim_end_matches('\n')),
        None,
        COLLECTOR,
    );
    for (line, flag) in flags {
        intake.launch_flag(&file.source, line, flag, COLLECTOR);
    }
}

/// Lines (from 1) and flags that skip permissions, comments and searches for the flag left out.
pub fn flags(text: &str) -> Vec<(u64, &'static str)> {
    if !text.contains("skip-permissions") && !text.contains("bypassPermissions") {
        return Vec::new();
    }
    static MODE: OnceLock<Option<Regex>> = OnceLock::new();
    let mode = MODE.get_or_init(|| {
        Regex::new(r#"(?:--permission-mode|permission[-_]?[mM]ode|defaultMode)\\?["']?(?:[ \t]*[:=,]?[ \t]*|[ \t,]*\\?\r?\n[ \t]*-?[ \t]*|</string>\s*<string>)\\?["']?bypassPermissions"#).ok()
    });
    let mut found = Vec::new();
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let start = at;
        at += line.len();
        let trimmed = line.trim_start();
        let comment = (trimmed.starts_with('#') && !trimmed.starts_with("#!"))
            || trimmed.starts_with("//")
            || trimmed.to_ascii_lowercase().starts_with("rem ");
        if comment || searches(trimmed) {
            continue;
        }
        let code = before_comment(line);
        if code.contains("--allow-dangerously-skip-permissions") {
            found.push((number, "--allow-dangerously-skip-permissions"));
        }
        if code.replace("--allow-dangerously-skip-permissions", "").contains("--dangerously-skip-permissions")
        {
            found.push((number, "--dangerously-skip-permissions"));
        }
        if let Some(hit) = mode.as_ref().and_then(|mode| mode.find(text.get(start..).unwrap_or_default()))
            && hit.start() < code.len()
        {
            let flag = if hit.as_str().starts_with("--") {
                "--permission-mode bypassPermissions"
            } else {
                "permission mode bypassPermissions"
            };
            found.push((number, flag));
        }
    }
    found
}

/// The line without a shell comment at its end.
fn before_comment(line: &str) -> &str {
    line.find(" # ").map_or(line, |end| {
        if line[..end].matches(['"', '\'']).count().is_multiple_of(2) { &line[..end] } else { line }
    })
}

/// A line that looks for the flag, to forbid it, does not use it: a search program stands before the flag in the same
/// command, and the client is not started with it further on.
fn searches(line: &str) -> bool {
    const FLAGS: [&str; 2] = ["skip-permissions", "bypassPermissions"];
    let Some(at) = FLAGS.iter().filter_map(|flag| line.find(flag)).min() else { return false };
    let (before, after) = line.split_at(at);
    let command = before.rsplit([';', '|', '&', ')', '`']).next().unwrap_or(before);
    let mut words = command.split(|next: char| !next.is_alphanumeric());
    let searching = words.any(|word| matches!(word, "grep" | "egrep" | "fgrep" | "rg"));
    let again =
        after.rfind("claude").is_some_and(|client| FLAGS.iter().any(|flag| after[client..].contains(flag)));
    searching && !again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_flags_in_every_syntax() {
        for (text, line) in [
            ("a\nclaude --dangerously-skip-permissions -p x", 2),
            ("alias cc='claude --allow-dangerously-skip-permissions'", 1),
            ("claude --permission-mode bypassPermissions", 1),
            ("claude --permission-mode=bypassPermissions", 1),
            ("CMD [\"claude\", \"--permission-mode\", \"bypassPermissions\"]", 1),
            ("args:\n  - --permission-mode\n  - bypassPermissions", 2),
            ("claude_args: |\n  --permission-mode \"bypassPermissions\"", 2),
            ("settings: '{\"permissions\":{\"defaultMode\":\"bypassPermissions\"}}'", 1),
            ("echo ok | grep ok && claude --dangerously-skip-permissions", 1),
            ("V=$(grep x f); exec \"$CLI\" --dangerously-skip-permissions", 1),
            ("grep -q -- --dangerously-skip-permissions f && claude --dangerously-skip-permissions", 1),
        ] {
            assert_eq!(flags(text).first().map(|found| found.0), Some(line), "{text}: {:?}", flags(text));
        }
    }

    #[test]
    fn a_comment_or_a_search_is_no_use() {
        for text in [
            "# claude --dangerously-skip-permissions",
            "grep -rn -- --dangerously-skip-permissions . && exit 1",
            "claude -p x # never --dangerously-skip-permissions",
        ] {
            assert_eq!(flags(text), [], "{text}");
        }
    }

    #[test]
    fn knows_launchers_by_their_paths() {
        for path in [
            ".github/workflows/ci.yml",
            "Dockerfile.dev",
            "a/b/run.sh",
            "Makefile",
            "package.json",
            ".devcontainer/devcontainer.json",
            "scripts/deploy",
            "Jenkinsfile",
        ] {
            assert!(is_launcher(Path::new(path)), "{path}");
        }
        for path in ["src/main.rs", "docs/readme.md", "data/config.yml", "tsconfig.json"] {
            assert!(!is_launcher(Path::new(path)), "{path}");
        }
    }
}
