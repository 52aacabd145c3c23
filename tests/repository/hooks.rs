//! The hooks that git would run, against git itself: where it looks, and which hook it really starts.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use workpaper::{
    collect::{Request, collect},
    model::{Period, RepositorySeen, Seen},
};

use super::output;

/// A host with one person, whose clone lies in her home.
struct World {
    folder: tempfile::TempDir,
    root: PathBuf,
    clone: PathBuf,
    /// A variable of Ann's logins.
    login: Option<(&'static str, String)>,
}

const CLONE: &str = "home/ann/work/shop";

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a folder").join("root");
        let world = Self { folder, clone: root.join(CLONE), root, login: None };
        world.write("etc/os-release", "ID=debian\n");
        world.write("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n");
        fs::create_dir_all(&world.clone).expect("folders");
        world.git(&["init", "-q", "-b", "main"]);
        world
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("folders");
        fs::write(&path, text).expect("a file");
        path
    }

    fn script(&self, path: &str, text: &str, mode: u32) {
        let path = self.write(path, text);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    }

    /// A hook that leaves its own name where it ran.
    fn hook(&self, path: &str) {
        self.script(path, &format!("#!/bin/sh\necho \"$PWD/$0\" >>'{}'\n", self.mark().display()), 0o755);
    }

    fn mark(&self) -> PathBuf {
        self.folder.path().join("ran")
    }

    /// Git as Ann has it, with the host's own configuration for the system's.
    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(folder).args(arguments);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        command
            .env_remove("XDG_CONFIG_HOME")
            .env("HOME", self.root.join("home/ann"))
            .env("GIT_CONFIG_SYSTEM", self.root.join("etc/gitconfig"))
            .env("GIT_AUTHOR_NAME", "Ann")
            .env("GIT_AUTHOR_EMAIL", "ann@example.org")
            .env("GIT_COMMITTER_NAME", "Ann")
            .env("GIT_COMMITTER_EMAIL", "ann@example.org")
            .envs(self.login.clone());
        command
    }

    fn git(&self, arguments: &[&str]) -> String {
        output(&mut self.command(&self.clone, arguments))
    }

    fn seen(&self, clone: &Path) -> RepositorySeen {
        let as_of = "2026-11-01T00:00:00Z".parse().expect("a time");
        let period = Period::parse("2026-Q3").expect("a period");
        let mut request = Request::new(self.root.clone(), "host", period, as_of);
        request.repositories = vec![clone.to_owned()];
        let snapshot = collect(&request).expect("collects");
        let seen = snapshot.observations.into_iter().find_map(|observation| match observation.seen {
            Seen::Repository(seen) => Some(*seen),
            _ => None,
        });
        seen.expect("the repository is seen")
    }

    /// The folder that git looks in, and the hooks that ran at a commit.
    fn of_git(&self, clone: &Path) -> (PathBuf, BTreeSet<PathBuf>) {
        let folder = output(&mut self.command(clone, &["rev-parse", "--git-path", "hooks"]));
        let _ = fs::remove_file(self.mark());
        let _ =
            self.command(clone, &["commit", "-q", "--allow-empty", "-m", "x"]).output().expect("git runs");
        let ran = fs::read_to_string(self.mark()).unwrap_or_default();
        // A shell that is started with a whole path names that, whatever folder it stands in.
        let real = |line: &str| {
            let whole = line.rfind(&self.root.display().to_string()).map_or(line, |at| &line[at..]);
            Path::new(whole).canonicalize().expect("a file")
        };
        (plain(&clone.join(folder.trim())), ran.lines().map(real).collect())
    }

    /// Where reports' names of files lead.
    fn place(&self, clone: &Path, name: &str) -> PathBuf {
        if let Some(below) = name.strip_prefix('/') {
            return self.root.join(below);
        }
        match name.strip_prefix(".git/") {
            Some(inside) => {
                let common = output(&mut self.command(clone, &["rev-parse", "--git-common-dir"]));
                clone.join(common.trim()).join(inside)
            }
            None => clone.join(name),
        }
    }

    /// Ours and git's answer are the same; returns what ran.
    fn agrees(&self, what: &str, clone: &Path) -> Vec<String> {
        let seen = self.seen(clone);
        let (folder, ran) = self.of_git(clone);
        assert!(seen.hooks_unclear.is_empty(), "{what}: {:?}", seen.hooks_unclear);
        let events = ["pre-commit", "commit-msg"];
        let ours: Vec<_> =
            seen.hooks.iter().filter(|hook| hook.in_force && events.contains(&hook.event.as_str())).collect();
        let real: BTreeSet<PathBuf> = ours
            .iter()
            .map(|hook| self.place(clone, &hook.path).canonicalize().expect("the hook is there"))
            .collect();
        assert_eq!(real, ran, "{what}: {:#?}", seen.hooks);
        for hook in &seen.hooks {
            let here = plain(self.place(clone, &hook.path).parent().expect("a folder"));
            let moved = hook.why_not.as_deref().is_some_and(|why| why.contains("core.hooksPath"));
            assert!(!moved || here != folder, "{what}: git looks in {}", folder.display());
        }
        ours.into_iter().map(|hook| hook.path.clone()).collect()
    }
}

/// A path without what leads nowhere in it, as far as it exists.
fn plain(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.components().collect())
}

#[test]
fn git_agrees_on_the_folder_whoever_moves_it() {
    // Every file of configuration, and what the hooks are then.
    let cases: &[(&str, &[(&str, &str)], &str)] = &[
        ("nothing moves it", &[], ".git/hooks/pre-commit"),
        ("the clone does", &[(".git/config", "[core]\nhooksPath = tools\n")], "tools/pre-commit"),
        (
            "the person does",
            &[("~/.gitconfig", "[Core]\n\tHOOKSPATH = ~/hooks\n")],
            "/home/ann/hooks/pre-commit",
        ),
        (
            "the person's other file does",
            &[("~/.config/git/config", "[core]\nhooksPath=~/hooks")],
            "/home/ann/hooks/pre-commit",
        ),
        (
            "the first of the person's files gives way to the second",
            &[
                ("~/.config/git/config", "[core]\nhooksPath = tools\n"),
                ("~/.gitconfig", "[core]\nhooksPath = ~/hooks\n"),
            ],
            "/home/ann/hooks/pre-commit",
        ),
        ("the system does", &[("/etc/gitconfig", "[core]\nhooksPath = tools\n")], "tools/pre-commit"),
        (
            "the clone takes it back",
            &[
                ("/etc/gitconfig", "[core]\nhooksPath = tools\n"),
                (".git/config", "[core]\nhooksPath = .git/hooks\n"),
            ],
            ".git/hooks/pre-commit",
        ),
        (
            "an included file does",
            &[
                ("~/.gitconfig", "[include]\npath = git/more\n"),
                ("~/git/more", "[core]\nhooksPath = ~/hooks\n"),
            ],
            "/home/ann/hooks/pre-commit",
        ),
        (
            "a later line than the included file's does",
            &[
                ("~/.gitconfig", "[include]\npath = more\n[core]\nhooksPath = tools\n"),
                ("~/more", "[core]\nhooksPath = ~/hooks\n"),
            ],
            "tools/pre-commit",
        ),
        (
            "a file for the folder does",
            &[
                ("~/.gitconfig", "[includeIf \"gitdir:~/work/\"]\npath = more\n"),
                ("~/more", "[core]\nhooksPath = tools\n"),
            ],
            "tools/pre-commit",
        ),
        (
            "a file for another folder does not",
            &[
                ("~/.gitconfig", "[includeIf \"gitdir:~/home/\"]\npath = more\n"),
                ("~/more", "[core]\nhooksPath = tools\n"),
            ],
            ".git/hooks/pre-commit",
        ),
        (
            "a file for the folder's name alone does",
            &[
                ("~/.gitconfig", "[includeIf \"gitdir:shop/.git\"]\npath = more\n"),
                ("~/more", "[core]\nhooksPath = tools\n"),
            ],
            "tools/pre-commit",
        ),
        (
            "case counts",
            &[
                ("~/.gitconfig", "[includeIf \"gitdir:~/WORK/\"]\npath = more\n"),
                ("~/more", "[core]\nhooksPath = tools\n"),
            ],
            ".git/hooks/pre-commit",
        ),
        (
            "case does not count where it says so",
            &[
                ("~/.gitconfig", "[includeIf \"gitdir/i:~/WORK/\"]\npath = more\n"),
                ("~/more", "[core]\nhooksPath = tools\n"),
            ],
            "tools/pre-commit",
        ),
        (
            "one star is one folder",
            &[
                ("~/.gitconfig", "[includeIf \"gitdir:~/*/.git\"]\npath = more\n"),
                ("~/more", "[core]\nhooksPath = tools\n"),
            ],
            ".git/hooks/pre-commit",
        ),
        (
            "the branch does",
            &[
                ("~/.gitconfig", "[includeIf \"onbranch:ma*\"]\npath = more\n"),
                ("~/more", "[core]\nhooksPath = tools\n"),
            ],
            "tools/pre-commit",
        ),
        (
            "another branch does not",
            &[
                ("~/.gitconfig", "[includeIf \"onbranch:feature/\"]\npath = more\n"),
                ("~/more", "[core]\nhooksPath = tools\n"),
            ],
            ".git/hooks/pre-commit",
        ),
        (
            "the remote does",
            &[
                (
                    "~/.gitconfig",
                    "[includeIf \"hasconfig:remote.*.url:https://git.example.org/**\"]\npath = more\n",
                ),
                ("~/more", "[core]\nhooksPath = tools\n"),
                (".git/config", "[remote \"origin\"]\nurl = https://git.example.org/shop/app\n"),
            ],
            "tools/pre-commit",
        ),
        (
            "another remote does not",
            &[
                (
                    "~/.gitconfig",
                    "[includeIf \"hasconfig:remote.*.url:https://git.example.org/*\"]\npath = more\n",
                ),
                ("~/more", "[core]\nhooksPath = tools\n"),
                (".git/config", "[remote \"origin\"]\nurl = https://git.example.org/shop/app\n"),
            ],
            ".git/hooks/pre-commit",
        ),
        (
            "the work tree's own file says nothing unless the extension is on",
            &[(".git/config.worktree", "[core]\nhooksPath = tools\n")],
            ".git/hooks/pre-commit",
        ),
        (
            "the work tree's own file does",
            &[
                (".git/config", "[extensions]\nworktreeConfig = on\n"),
                (".git/config.worktree", "[core]\nhooksPath = tools\n"),
            ],
            "tools/pre-commit",
        ),
        ("it leads to no folder", &[(".git/config", "[core]\nhooksPath = nowhere\n")], ""),
        ("it leads to no folder on purpose", &[("~/.gitconfig", "[core]\nhooksPath = /dev/null\n")], ""),
    ];
    for (what, files, expected) in cases {
        let world = World::new();
        for hook in [".git/hooks/pre-commit", "tools/pre-commit"] {
            world.hook(&format!("{CLONE}/{hook}"));
        }
        world.hook("home/ann/hooks/pre-commit");
        for (path, text) in *files {
            if let Some(below) = path.strip_prefix("~/") {
                world.write(&format!("home/ann/{below}"), text);
            } else if let Some(below) = path.strip_prefix('/') {
                world.write(below, text);
            } else {
                let before = fs::read_to_string(world.clone.join(path)).unwrap_or_default();
                world.write(&format!("{CLONE}/{path}"), &(before + text));
            }
        }
        let found = world.agrees(what, &world.clone);
        assert_eq!(found.join(" "), *expected, "{what}");
        let value =
            world.command(&world.clone, &["config", "--get", "core.hooksPath"]).output().expect("runs");
        let value = String::from_utf8_lossy(&value.stdout).trim().to_owned();
        assert_eq!(world.seen(&world.clone).hooks_path.unwrap_or_default(), value, "{what}");
    }
}

#[test]
fn variables_of_the_login_move_the_persons_files() {
    for (variable, value, file) in [
        ("XDG_CONFIG_HOME", "$HOME/.conf", "home/ann/.conf/git/config"),
        ("GIT_CONFIG_GLOBAL", "~/mine", "home/ann/mine"),
    ] {
        let mut world = World::new();
        world.hook(&format!("{CLONE}/tools/pre-commit"));
        world.write(file, "[core]\nhooksPath = tools\n");
        assert!(world.agrees(variable, &world.clone).is_empty(), "{variable}: nothing leads to the file yet");
        world.write("home/ann/.profile", &format!("# {variable}=/elsewhere\nexport {variable}={value}\n"));
        let real =
            value.replacen('~', "$HOME", 1).replace("$HOME", &format!("{}/home/ann", world.root.display()));
        world.login = Some((variable, real));
        assert_eq!(world.agrees(variable, &world.clone), ["tools/pre-commit"], "{variable}");
    }
}

#[test]
fn linked_work_trees_share_hooks_and_may_have_their_own_path() {
    let world = World::new();
    world.git(&["commit", "-q", "--allow-empty", "-m", "one"]);
    let linked = world.root.join("home/ann/work/linked");
    world.git(&["worktree", "add", "-q", &linked.display().to_string()]);
    world.hook(&format!("{CLONE}/.git/hooks/pre-commit"));
    world.hook("home/ann/work/linked/mine/pre-commit");
    assert_eq!(world.agrees("the hooks of all", &linked), [".git/hooks/pre-commit"]);
    world.git(&["config", "extensions.worktreeConfig", "true"]);
    output(&mut world.command(&linked, &["config", "--worktree", "core.hooksPath", "mine"]));
    assert_eq!(world.agrees("its own", &linked), ["mine/pre-commit"]);
    assert_eq!(world.agrees("the other's are as before", &world.clone), [".git/hooks/pre-commit"]);
}

#[test]
fn husky_hands_over_to_the_file_behind() {
    let world = World::new();
    let runner = "#!/bin/sh\nname=$(basename \"$0\")\nfile=$(dirname \"$(dirname \"$0\")\")/$name\n\
                  [ -f \"$file\" ] || exit 0\nsh -e \"$file\" \"$@\"\n";
    world.script(&format!("{CLONE}/.husky/_/h"), runner, 0o644);
    for event in ["pre-commit", "commit-msg"] {
        let generated = "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"";
        world.script(&format!("{CLONE}/.husky/_/{event}"), generated, 0o755);
    }
    world.hook(&format!("{CLONE}/.husky/pre-commit"));
    let behind = world.clone.join(".husky/pre-commit");
    fs::set_permissions(behind, fs::Permissions::from_mode(0o644)).expect("a mode");
    assert!(world.agrees("nothing points there", &world.clone).is_empty());
    world.git(&["config", "core.hooksPath", ".husky/_"]);
    assert_eq!(world.agrees("husky is installed", &world.clone), [".husky/pre-commit"]);
    let seen = world.seen(&world.clone);
    let hollow = seen.hooks.iter().find(|hook| hook.path == ".husky/_/commit-msg").expect("listed");
    assert!(hollow.why_not.as_deref().is_some_and(|why| why.contains("does nothing")), "{hollow:?}");
    assert_eq!(seen.managers, ["husky"]);
}

#[test]
fn a_manager_that_is_configured_is_not_yet_in_force() {
    let world = World::new();
    world.write(&format!("{CLONE}/lefthook.yml"), "pre-push:\n  commands: {}\n# commit-msg:\n");
    world.write(&format!("{CLONE}/.pre-commit-config.yaml"), "repos:\n- repo: local\n  hooks:\n  - id: x\n");
    let seen = world.seen(&world.clone);
    assert_eq!(seen.managers, ["lefthook", "pre-commit"]);
    let rows: Vec<_> =
        seen.hooks.iter().map(|hook| (hook.event.as_str(), hook.path.as_str(), hook.in_force)).collect();
    let expected = [("pre-commit", ".pre-commit-config.yaml", false), ("pre-push", "lefthook.yml", false)];
    assert_eq!(rows.iter().filter(|row| !row.1.ends_with(".sample")).copied().collect::<Vec<_>>(), expected);

    let by_pre_commit = "#!/bin/sh\n# File generated by pre-commit\nexec pre-commit hook-impl\n";
    for event in ["pre-commit", "commit-msg"] {
        world.script(&format!("{CLONE}/.git/hooks/{event}"), by_pre_commit, 0o755);
    }
    world.script(&format!("{CLONE}/.git/hooks/pre-push"), "#!/bin/sh\ncall_lefthook run pre-push\n", 0o755);
    world.script(&format!("{CLONE}/.git/hooks/pre-merge-commit"), "#!/bin/sh\ncall_lefthook run x\n", 0o755);
    let seen = world.seen(&world.clone);
    let in_force: Vec<_> =
        seen.hooks.iter().filter(|hook| hook.in_force).map(|hook| hook.event.as_str()).collect();
    assert_eq!(in_force, ["commit-msg", "pre-commit", "pre-push"], "lefthook has nothing for the fourth");
    world.write(
        &format!("{CLONE}/.pre-commit-config.yaml"),
        "repos:\n- repo: local\n  hooks:\n  - id: x\n    stages: [pre-commit]\n",
    );
    let seen = world.seen(&world.clone);
    let hollow = seen.hooks.iter().find(|hook| hook.path == ".git/hooks/commit-msg").expect("listed");
    assert!(!hollow.in_force, "pre-commit has nothing to run there: {hollow:?}");
}

#[test]
fn what_git_passes_over_is_not_in_force() {
    let world = World::new();
    let folder = world.clone.join(".git/hooks");
    world.script(&format!("{CLONE}/.git/hooks/pre-push.sample"), "#!/bin/sh\n", 0o755);
    world.hook(&format!("{CLONE}/.git/hooks/pre-commit"));
    fs::set_permissions(folder.join("pre-commit"), fs::Permissions::from_mode(0o644)).expect("a mode");
    assert!(world.agrees("not executable", &world.clone).is_empty());
    fs::set_permissions(folder.join("pre-commit"), fs::Permissions::from_mode(0o755)).expect("a mode");
    assert_eq!(world.agrees("executable", &world.clone), [".git/hooks/pre-commit"]);

    fs::remove_file(folder.join("pre-commit")).expect("removed");
    std::os::unix::fs::symlink("/nowhere/at/all", folder.join("pre-commit")).expect("a link");
    std::os::unix::fs::symlink("/etc/passwd", folder.join("update")).expect("a link");
    fs::create_dir_all(folder.join("pre-rebase")).expect("a folder");
    output(Command::new("mkfifo").arg("-m").arg("755").arg(folder.join("pre-push")));
    assert!(world.agrees("links and pipes", &world.clone).is_empty());
    let seen = world.seen(&world.clone);
    let wrong: Vec<_> = seen.hooks.iter().filter(|hook| hook.in_force).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let link = seen.hooks.iter().find(|hook| hook.event == "update").expect("listed");
    assert!(link.text.is_none(), "a link out of the repository shows nothing of what it leads to");
}

#[test]
fn people_of_one_clone_may_have_different_hooks() {
    let world = World::new();
    world.write("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\nben:x:1001:1001::/home/ben:/bin/sh\n");
    let shared = world.root.join("srv/shop");
    fs::create_dir_all(&shared).expect("folders");
    output(&mut world.command(&shared, &["init", "-q", "-b", "main"]));
    world.hook("srv/shop/.git/hooks/pre-commit");
    world.write("home/ben/.gitconfig", "[core]\nhooksPath = ~/none\n");
    let seen = world.seen(&shared);
    let hook = seen.hooks.iter().find(|hook| hook.path == ".git/hooks/pre-commit").expect("listed");
    assert!(!hook.in_force, "Ben's git does not run it");
    assert!(hook.why_not.as_deref().is_some_and(|why| why.contains("ben")), "{hook:?}");
    world.write("home/ben/.gitconfig", "[user]\nname = Ben\n");
    let seen = world.seen(&shared);
    assert!(seen.hooks.iter().any(|hook| hook.in_force && hook.path == ".git/hooks/pre-commit"));
}

#[test]
fn what_cannot_be_told_is_said() {
    for (text, part) in [
        ("[include]\npath = ~ben/more\n", "whose place is not known"),
        ("[includeIf \"phase:full\"]\npath = more\n", "which cannot be told here"),
        ("[core]\nhooksPath = ~ben/hooks\n", "the accounts and programs of the host decide"),
        ("[core\nbroken", "cannot be read as git's configuration"),
        ("[include]\npath = /dev/zero\n", "cannot be read"),
        ("[include]\npath = .gitconfig\n", "includes files more than 10 deep"),
        ("[hook \"x\"]\nevent = pre-commit\ncommand = scan\n", "depends on git's version"),
    ] {
        let world = World::new();
        world.hook(&format!("{CLONE}/.git/hooks/pre-commit"));
        world.write("home/ann/.gitconfig", text);
        world.write("dev/zero", "");
        let zero = world.root.join("dev/zero");
        fs::remove_file(&zero).expect("removed");
        output(Command::new("mkfifo").arg(&zero));
        let seen = world.seen(&world.clone);
        assert!(
            seen.hooks_unclear.iter().any(|open| open.why.contains(part)),
            "{part}: {:?}",
            seen.hooks_unclear
        );
    }
}
