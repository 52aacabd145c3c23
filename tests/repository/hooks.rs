//! The hooks that git would run, against git itself.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use workpaper::{
    collect::repository::{self, HookContext, Limits, hooks_in_force},
    model::git_hook::{HookFault, HookManager, HooksInForce},
};

use super::Fixture;

fn script(path: &Path, content: &str, mode: u32) {
    std::fs::create_dir_all(path.parent().expect("has a parent")).expect("folders");
    std::fs::write(path, content).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("mode set");
}

fn hooks(fixture: &Fixture) -> HooksInForce {
    hooks_in_force(&fixture.open(), &HookContext::default())
}

/// Whether git itself runs a pre-commit hook here that writes `ran` beside the repository.
fn git_runs_pre_commit(fixture: &Fixture) -> bool {
    let mark = fixture.folder.path().join("ran");
    let _ = std::fs::remove_file(&mark);
    let _ = fixture.command(&["commit", "-q", "--allow-empty", "-m", "x"]).output().expect("git runs");
    mark.exists()
}

fn marking(fixture: &Fixture) -> String {
    format!("#!/bin/sh\ntouch '{}'\n", fixture.folder.path().join("ran").display())
}

#[test]
fn samples_and_files_without_the_bit_are_not_in_force() {
    let fixture = Fixture::new();
    script(&fixture.path.join(".git/hooks/pre-push.sample"), "#!/bin/sh\n", 0o755);
    script(&fixture.path.join(".git/hooks/pre-commit"), &marking(&fixture), 0o644);
    let found = hooks(&fixture);
    assert_eq!(found.hooks.len(), 1);
    assert_eq!(found.hooks[0].faults, [HookFault::NotExecutable]);
    assert!(found.hooks[0].scripts.is_empty(), "what cannot run is not read");
    assert!(found.running("pre-commit").is_none());
    assert!(!git_runs_pre_commit(&fixture));
    script(&fixture.path.join(".git/hooks/pre-commit"), &marking(&fixture), 0o755);
    let found = hooks(&fixture);
    let hook = found.running("pre-commit").expect("in force");
    assert_eq!(hook.manager, HookManager::Plain);
    assert_eq!(hook.path, ".git/hooks/pre-commit");
    assert_eq!(hook.scripts[0].text.as_deref(), Some(marking(&fixture).as_str()));
    assert!(git_runs_pre_commit(&fixture));
}

#[test]
fn hooks_path_shadows_the_default_folder() {
    let fixture = Fixture::new();
    script(&fixture.path.join(".git/hooks/pre-commit"), &marking(&fixture), 0o755);
    fixture.git(&["config", "core.hooksPath", "tools/hooks"]);
    let found = hooks(&fixture);
    assert_eq!(found.folder, "tools/hooks");
    assert!(found.running("pre-commit").is_none());
    assert_eq!(found.hooks[0].faults, [HookFault::Shadowed]);
    assert!(!git_runs_pre_commit(&fixture));
    script(&fixture.path.join("tools/hooks/pre-commit"), &marking(&fixture), 0o755);
    let found = hooks(&fixture);
    assert_eq!(found.running("pre-commit").expect("in force").path, "tools/hooks/pre-commit");
    assert_eq!(found.hooks_path, Some((".git/config".to_owned(), "tools/hooks".to_owned())));
    assert!(git_runs_pre_commit(&fixture));
}

#[test]
fn linked_work_trees_share_hooks_and_may_have_their_own_path() {
    let fixture = Fixture::new();
    fixture.commit("2026-07-01T00:00:00Z", "one");
    let linked = fixture.folder.path().join("linked");
    fixture.git(&["worktree", "add", "-q", &linked.display().to_string()]);
    script(&fixture.path.join(".git/hooks/pre-commit"), "#!/bin/sh\n", 0o755);
    let open = || repository::open(&linked, &Limits::default()).expect("opens");
    let found = hooks_in_force(&open(), &HookContext::default());
    assert!(found.running("pre-commit").is_some(), "{found:?}");
    fixture.git(&["config", "extensions.worktreeConfig", "true"]);
    let mut own = super::git(&linked);
    super::output(own.args(["config", "--worktree", "core.hooksPath", "mine"]));
    let found = hooks_in_force(&open(), &HookContext::default());
    assert!(found.running("pre-commit").is_none());
    assert_eq!(found.folder, "mine");
    script(&linked.join("mine/pre-commit"), "#!/bin/sh\n", 0o755);
    assert!(hooks_in_force(&open(), &HookContext::default()).running("pre-commit").is_some());
    let main = hooks(&fixture);
    assert_eq!(main.hooks_path, None, "the other tree's configuration is its own");
}

#[test]
fn the_users_configuration_counts_where_it_is_given() {
    let fixture = Fixture::new();
    script(&fixture.path.join(".git/hooks/pre-commit"), "#!/bin/sh\n", 0o755);
    assert!(!hooks(&fixture).uncertain.is_empty(), "without it the answer is not sure");
    let user = fixture.folder.path().join("home/.gitconfig");
    script(&user, "[Core]\n\tHooksPath = ~/hooks\n", 0o644);
    let context = HookContext {
        outer_configs: vec![fixture.folder.path().join("absent"), user],
        home: Some(fixture.folder.path().join("home")),
    };
    let found = hooks_in_force(&fixture.open(), &context);
    assert!(found.running("pre-commit").is_none());
    assert!(found.uncertain.is_empty(), "{:?}", found.uncertain);
    script(&fixture.folder.path().join("home/hooks/pre-commit"), "#!/bin/sh\n", 0o755);
    let found = hooks_in_force(&fixture.open(), &context);
    assert!(found.running("pre-commit").is_some());
    fixture.git(&["config", "core.hooksPath", ".git/hooks"]);
    let found = hooks_in_force(&fixture.open(), &context);
    assert_eq!(
        found.running("pre-commit").expect("in force").path,
        ".git/hooks/pre-commit",
        "the repository's wins"
    );
}

#[test]
fn managers_configured_and_installed_are_two_things() {
    let fixture = Fixture::new();
    fixture.write(".husky/pre-commit", "npx lint-staged\n");
    fixture.write("lefthook.yml", "pre-push:\n  commands: {}\n# commit-msg:\n");
    fixture.write(".pre-commit-config.yaml", "repos: []\n");
    let found = hooks(&fixture);
    assert_eq!(
        found.managers.iter().map(|managed| (managed.manager, managed.installed.len())).collect::<Vec<_>>(),
        [(HookManager::Husky, 0), (HookManager::Lefthook, 0), (HookManager::PreCommit, 0)]
    );
    assert_eq!(found.managers[1].configured, ["pre-push"]);

    fixture.git(&["config", "core.hooksPath", ".husky/_"]);
    let wrapper = "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"";
    script(&fixture.path.join(".husky/_/pre-commit"), wrapper, 0o755);
    script(&fixture.path.join(".husky/_/commit-msg"), wrapper, 0o755);
    let found = hooks(&fixture);
    let hook = found.running("pre-commit").expect("in force");
    assert_eq!(hook.manager, HookManager::Husky);
    assert_eq!(
        hook.scripts.iter().map(|script| script.path.as_str()).collect::<Vec<_>>(),
        [".husky/_/pre-commit", ".husky/pre-commit"]
    );
    assert_eq!(found.managers[0].installed, ["pre-commit"]);
    let hollow = found.hooks.iter().find(|hook| hook.name == "commit-msg").expect("listed");
    assert_eq!(hollow.faults, [HookFault::DelegateMissing]);

    fixture.git(&["config", "--unset", "core.hooksPath"]);
    script(
        &fixture.path.join(".git/hooks/pre-commit"),
        "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n",
        0o755,
    );
    script(&fixture.path.join(".git/hooks/pre-push"), "#!/bin/sh\nlefthook run pre-push\n", 0o755);
    let found = hooks(&fixture);
    let installed: Vec<_> = found.managers.iter().map(|managed| managed.installed.join(" ")).collect();
    assert_eq!(installed, ["", "pre-push", "pre-commit"]);
}

#[test]
fn links_pipes_and_folders_are_no_hooks() {
    let fixture = Fixture::new();
    let folder = fixture.path.join(".git/hooks");
    std::fs::create_dir_all(folder.join("pre-push")).expect("a folder");
    std::os::unix::fs::symlink("/nowhere/at/all", folder.join("pre-commit")).expect("a link");
    std::os::unix::fs::symlink("/etc/passwd", folder.join("update")).expect("a link");
    super::output(std::process::Command::new("mkfifo").arg("-m").arg("755").arg(folder.join("commit-msg")));
    let found = hooks(&fixture);
    assert_eq!(found.hooks.len(), 4);
    assert!(found.hooks.iter().all(|hook| !hook.in_force && hook.scripts.is_empty()), "{:?}", found.hooks);
    let fault =
        |name: &str| found.hooks.iter().find(|hook| hook.name == name).expect("listed").faults.clone();
    assert_eq!(fault("update"), [HookFault::NotExecutable], "a link to a private file shows nothing of it");
    assert_eq!(fault("commit-msg"), [HookFault::NotAFile]);
}
