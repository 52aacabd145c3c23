//! Each system's own sources, people, hooks and repositories.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Root, at, file, files, gaps};
use crate::model::{
    FileFault, GapReason, Host, ManagedOrigin, Observation, Os, OwnerBasis, RepositorySeen, Role, Seen,
    SettingsScope, Snapshot,
};

fn host(snapshot: &Snapshot) -> &Host {
    match &at(snapshot, "host")[..] {
        [only] => match &only.seen {
            Seen::Host(host) => host,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn repository<'a>(snapshot: &'a Snapshot, name: &str) -> &'a RepositorySeen {
    let source = format!("repo:{name}");
    let found = at(snapshot, &source)
        .into_iter()
        .find_map(|seen| if let Seen::Repository(seen) = &seen.seen { Some(&**seen) } else { None });
    found.unwrap_or_else(|| panic!("{source} in {:#?}", snapshot.gaps))
}

fn scope_of(role: &Role) -> &SettingsScope {
    match role {
        Role::Settings { scope } => scope,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_linux_host() {
    let root = Root::linux();
    root.write("etc/hostname", "build-7\n");
    root.write("etc/claude-code/managed-settings.json", "{}");
    root.write("etc/claude-code/managed-settings.d/10-a.json", "{}");
    root.write("etc/claude-code/settings.json", "{}");
    root.write("home/dev/.profile", "export CLAUDE_CONFIG_DIR=$HOME/cc\n");
    root.write("home/dev/cc/settings.json", "{\"a\":1}");
    root.write("home/dev/.claude/settings.json", "{\"b\":1}");
    root.write("home/dev/.claude/.credentials.json", "{}");
    root.write("home/dev/.local/share/claude/versions/2.1.240", "ELF");
    root.write("usr/lib/node_modules/@anthropic-ai/claude-code/package.json", "{\"version\":\"2.1.201\"}");
    root.write("home/eve/.claude/settings.json", "{}");
    root.write("etc/cron.d/nightly", "0 1 * * * dev claude -p x --permission-mode bypassPermissions\n");
    root.write("home/dev/.bash_aliases", "alias y='claude --dangerously-skip-permissions'\n");
    root.write("var/log/claude-code/audit.log", "{}\n");
    root.write("etc/logrotate.conf", "include /etc/other.d\n");
    root.write(
        "etc/other.d/x",
        "/var/log/claude-code/*.log {\n postrotate\n /opt/claude-code/archive.sh\n endscript\n}\n",
    );
    root.write("var/lib/logrotate/status", "logrotate state -- version 2\n");
    root.write("etc/environment", "HTTPS_PROXY=http://proxy:3128\nLANG=C\n");
    root.write("etc/vault.d/agent.hcl", "vault { address = \"https://vault:8200\" }\n");
    root.write("opt/x/vault-credential-retrieval.sh", "#!/bin/bash\r\ncurl $VAULT_ADDR\r\n");
    root.write("opt/x/incident-response-credential-leak.sh", "#!/bin/bash\n");
    let snapshot = root.collect();
    let seen = host(&snapshot);
    assert_eq!((seen.os, seen.hostname.as_deref()), (Os::Linux, Some("build-7")));
    assert_eq!(seen.client_versions, ["2.1.201", "2.1.240"]);
    let users: Vec<_> =
        seen.users.iter().map(|user| (user.name.as_str(), user.config_dir.as_str(), user.uid)).collect();
    assert_eq!(users, [("dev", "home/dev/cc", Some(1000)), ("eve", "home/eve/.claude", None)]);
    assert_eq!(seen.users[0].groups, ["auditors", "dev"]);
    let scope = |source: &str| scope_of(&files(&snapshot, source)[0].role).clone();
    assert_eq!(
        scope("etc/claude-code/managed-settings.json"),
        SettingsScope::Managed { origin: ManagedOrigin::File, user: None }
    );
    assert_eq!(
        scope("etc/claude-code/managed-settings.d/10-a.json"),
        SettingsScope::Managed { origin: ManagedOrigin::DropIn, user: None }
    );
    assert!(matches!(scope("etc/claude-code/settings.json"), SettingsScope::UnreadByClient { .. }));
    assert_eq!(scope("home/dev/cc/settings.json"), SettingsScope::User { user: "dev".to_owned() });
    assert_eq!(scope("home/dev/.claude/settings.json"), SettingsScope::User { user: "dev".to_owned() });
    assert_eq!(files(&snapshot, "home/dev/.claude/.credentials.json")[0].text, None);
    assert_eq!(files(&snapshot, "home/dev/.claude/.credentials.json")[0].sha256, None);
    assert_eq!(files(&snapshot, "etc/environment")[0].text.as_deref(), Some("HTTPS_PROXY=http://proxy:3128"));
    assert!(matches!(files(&snapshot, "etc/other.d/x")[0].role, Role::Rotation { .. }));
    assert_eq!(gaps(&snapshot, "opt/claude-code/archive.sh")[0].reason, GapReason::Absent);
    let starts = |seen: &&Observation| matches!(seen.seen, Seen::LaunchFlag(_));
    let flags: Vec<_> =
        snapshot.observations.iter().filter(starts).map(|seen| seen.source.as_str()).collect();
    assert_eq!(flags, ["etc/cron.d/nightly", "home/dev/.bash_aliases"]);
    assert!(matches!(files(&snapshot, "etc/vault.d/agent.hcl")[0].role, Role::SecretsManager));
    let script =
        file(&snapshot, "opt/x/vault-credential-retrieval.sh", |role| matches!(role, Role::SecretsManager));
    assert_eq!(script.faults, [FileFault::CarriageReturns]);
    assert!(matches!(files(&snapshot, "opt/x/incident-response-credential-leak.sh")[0].role, Role::Incident));
    assert!(
        at(&snapshot, "var/log/claude-code")
            .iter()
            .any(|seen| matches!(&seen.seen, Seen::Directory(folder) if folder.entries == ["audit.log"]))
    );
    assert_eq!(files(&snapshot, "var/log/claude-code/audit.log")[0].text, None);
}

#[test]
fn a_mac() {
    let root = Root::bare();
    root.write("System/Library/CoreServices/SystemVersion.plist", "");
    let list = |inner: &str| format!("<?xml version=\"1.0\"?><plist version=\"1.0\">{inner}</plist>");
    let policy = "<dict><key>permissions</key><dict><key>deny</key><array><string>Bash(rm *)</string></array></dict></dict>";
    root.write("Library/Managed Preferences/com.anthropic.claudecode.plist", list(policy));
    root.write("Library/Managed Preferences/jane/com.anthropic.claudecode.plist", list(policy));
    let profile = format!(
        "<dict><key>PayloadContent</key><array><dict><key>PayloadType</key><string>com.apple.ManagedClient.preferences</string>\
         <key>PayloadContent</key><dict><key>com.anthropic.claudecode</key><dict><key>Forced</key><array><dict>\
         <key>mcx_preference_settings</key>{policy}</dict></array></dict></dict></dict></array></dict>"
    );
    root.write(
        "claude.mobileconfig",
        [b"\x30\x82signed".as_slice(), list(&profile).as_bytes(), b"\0tail"].concat(),
    );
    root.write(
        "private/var/db/ConfigurationProfiles/Store/x.mobileconfig",
        list(&format!("{}{}", "<array>".repeat(9_000), "</array>".repeat(9_000))),
    );
    root.write("Library/Application Support/ClaudeCode/settings.json", "{}");
    root.write("Users/jane/.claude/settings.json", "{}");
    let snapshot = root.collect();
    assert_eq!(host(&snapshot).os, Os::MacOs);
    let expected = serde_json::json!({"permissions": {"deny": ["Bash(rm *)"]}});
    for source in [
        "Library/Managed Preferences/com.anthropic.claudecode.plist",
        "Library/Managed Preferences/jane/com.anthropic.claudecode.plist",
        "claude.mobileconfig",
    ] {
        let seen = file(&snapshot, source, |role| matches!(role, Role::Settings { .. }));
        assert!(matches!(scope_of(&seen.role), SettingsScope::Managed { origin: ManagedOrigin::Mdm, .. }));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(seen.text.as_deref().expect("text")).expect("JSON"),
            expected
        );
    }
    assert_eq!(
        gaps(&snapshot, "private/var/db/ConfigurationProfiles/Store/x.mobileconfig")[0].reason,
        GapReason::Malformed
    );
    assert!(matches!(
        scope_of(&files(&snapshot, "Library/Application Support/ClaudeCode/settings.json")[0].role),
        SettingsScope::UnreadByClient { .. }
    ));
    assert_eq!(host(&snapshot).users[0].name, "jane");
    assert!(!host(&snapshot).owners_preserved, "jane's home is not root's: whoever made the copy owns it");
}

#[test]
fn a_windows_host() {
    let root = Root::bare();
    std::fs::create_dir_all(root.path().join("Windows/System32")).expect("folders");
    let export = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\ClaudeCode]\r\n\"Settings\"=\"{\\\"a\\\":1}\"\r\n\"PermissionMode\"=\"plan\"\r\n\r\n[HKEY_CURRENT_USER\\Software\\Policies\\ClaudeCode]\r\n\"Settings\"=\"{\\\"b\\\":1}\"\r\n";
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(export.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    root.write("Registry/policies.reg", wide);
    root.write("Program Files/ClaudeCode/managed-settings.json", r#"{"hooks":{"Stop":[{"hooks":[{"command":"powershell -File \"C:\\Program Files\\ClaudeCode\\audit.ps1\""},
            {"command":"powershell -File C:\\ProgramData\\guard.ps1"}]}]}}"#);
    root.write("Program Files/ClaudeCode/Audit.PS1", "exit 0");
    root.write("ProgramData/ClaudeCode/managed-settings.json", "{}");
    root.write("ProgramData/guard.ps1", "exit 2");
    root.write("Users/jane/.claude/settings.json", "{}");
    let snapshot = root.collect();
    assert_eq!(host(&snapshot).os, Os::Windows);
    let registry: Vec<_> = files(&snapshot, "Registry/policies.reg")
        .iter()
        .map(|file| (scope_of(&file.role).clone(), file.text.clone().unwrap_or_default()))
        .collect();
    assert_eq!(registry.len(), 3, "{registry:#?}");
    assert!(registry.contains(&(
        SettingsScope::Managed { origin: ManagedOrigin::Mdm, user: None },
        "{\"a\":1}".to_owned()
    )));
    assert!(registry.contains(&(
        SettingsScope::Managed { origin: ManagedOrigin::UserRegistry, user: None },
        "{\"b\":1}".to_owned()
    )));
    assert!(registry.iter().any(|(scope, text)| matches!(scope, SettingsScope::UnreadByClient { .. })
        && text.contains("PermissionMode")));
    assert!(matches!(
        scope_of(&files(&snapshot, "ProgramData/ClaudeCode/managed-settings.json")[0].role),
        SettingsScope::UnreadByClient { .. }
    ));
    assert!(matches!(files(&snapshot, "ProgramData/guard.ps1")[0].role, Role::Script { .. }));
    assert!(matches!(files(&snapshot, "Program Files/ClaudeCode/audit.ps1")[0].role, Role::Script { .. }));
    assert_eq!(files(&snapshot, "Users/jane/.claude/settings.json")[0].owner.basis, OwnerBasis::Unknown);
}

#[test]
fn hooks_lead_to_their_scripts() {
    let mut root = Root::linux();
    root.write(
        "etc/claude-code/managed-settings.json",
        r#"{"hooks":{"PreToolUse":[{"matcher":"*","hooks":[
            {"type":"command","command":"/opt/guard.sh"},{"type":"command","command":"bash ~/hooks/mine.sh"},
            {"type":"command","command":"/opt/missing.sh"},{"type":"command","command":"$ELSEWHERE/x.sh"},
            {"type":"command","command":"\"$CLAUDE_PROJECT_DIR\"/.claude/hooks/p.sh"}]}]},"apiKeyHelper":"/opt/helper"}"#,
    );
    root.write("opt/guard.sh", "#!/bin/sh\nexit 2\n");
    root.write("opt/helper", b"\x7fELF\0\0\0");
    root.write("home/dev/hooks/mine.sh", "exit 0\n");
    root.write("src/shop/.claude/settings.json", r#"{"hooks":{"Stop":[{"hooks":[{"command":"cd .claude && ./hooks/q.sh"},{"command":"/opt/guard.sh"}]}]}}"#);
    root.write("src/shop/.claude/hooks/p.sh", "exit 0\n");
    root.write("src/shop/.claude/hooks/q.sh", "exit 0\n");
    root.write(
        "home/dev/.claude/plugins/cache/m/p/hooks/hooks.json",
        r#"{"hooks":{"Stop":[{"hooks":[{"command":"${CLAUDE_PLUGIN_ROOT}/run.sh"}]}]}}"#,
    );
    root.write("home/dev/.claude/plugins/cache/m/p/run.sh", "exit 0\n");
    root.repositories.push(root.path().join("src/shop"));
    let snapshot = root.collect();
    let script =
        |source: &str| match &file(&snapshot, source, |role| matches!(role, Role::Script { .. })).role {
            Role::Script { named_by } => named_by.clone(),
            other => panic!("{other:?}"),
        };
    let managed = |pointer: &str| format!("etc/claude-code/managed-settings.json#{pointer}");
    assert_eq!(
        script("opt/guard.sh"),
        [
            managed("/hooks/PreToolUse/0/hooks/0"),
            "repo:shop/.claude/settings.json#/hooks/Stop/0/hooks/1".to_owned()
        ]
    );
    assert_eq!(script("home/dev/hooks/mine.sh"), [managed("/hooks/PreToolUse/0/hooks/1")]);
    assert_eq!(script("opt/helper"), [managed("/apiKeyHelper")]);
    assert_eq!(script("repo:shop/.claude/hooks/p.sh"), [managed("/hooks/PreToolUse/0/hooks/4")]);
    assert_eq!(
        script("repo:shop/.claude/hooks/q.sh"),
        ["repo:shop/.claude/settings.json#/hooks/Stop/0/hooks/0"]
    );
    assert_eq!(script("home/dev/.claude/plugins/cache/m/p/run.sh").len(), 1);
    assert_eq!(files(&snapshot, "opt/helper")[0].text, None);
    let missing = gaps(&snapshot, "opt/missing.sh");
    assert_eq!(missing[0].reason, GapReason::Absent);
    assert!(missing[0].detail.contains("/hooks/PreToolUse/0/hooks/2"), "{missing:?}");
    assert!(gaps(&snapshot, &managed("/hooks/PreToolUse/0/hooks/3"))[0].detail.contains("$ELSEWHERE"));
}

#[test]
fn owners_come_from_where_they_can_be_known() {
    let root = Root::linux();
    let path = root.write("etc/claude-code/managed-settings.json", "{}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("a mode");
    let managed = |snapshot: &Snapshot| files(snapshot, "etc/claude-code/managed-settings.json")[0].clone();
    // Whoever made this copy, the home of uid 1000 is not root's, or the root is not: either way nothing is known,
    // unless the tests themselves run as uid 1000.
    if rustix::process::geteuid().is_root() {
        let snapshot = root.collect();
        assert!(!host(&snapshot).owners_preserved);
        assert_eq!(managed(&snapshot).owner.basis, OwnerBasis::Unknown);
        std::os::unix::fs::chown(root.path().join("home/dev"), Some(1000), Some(1000)).expect("an owner");
        let snapshot = root.collect();
        assert!(host(&snapshot).owners_preserved);
        assert_eq!(
            (managed(&snapshot).owner.uid, managed(&snapshot).owner.basis),
            (Some(0), OwnerBasis::FileSystem)
        );
    } else {
        eprintln!("skipped in part: only the super-user gives files away");
        assert_eq!(managed(&root.collect()).owner.basis, OwnerBasis::Unknown);
    }
    root.write(".mtree", "#mtree\n./etc type=dir uid=0 gid=0 mode=0777\n./etc/claude-code/managed-settings.json type=file uid=1000 gid=7 mode=0604\n");
    let seen = managed(&root.collect());
    assert_eq!(
        (seen.owner.uid, seen.owner.gid, seen.owner.basis, seen.mode),
        (Some(1000), Some(7), OwnerBasis::Mtree, 0o604)
    );
    assert_eq!(
        seen.parents.iter().map(|parent| (parent.path.as_str(), parent.owner.basis)).collect::<Vec<_>>(),
        [("etc/claude-code", OwnerBasis::Unknown), ("etc", OwnerBasis::Mtree)]
    );
    assert_eq!(seen.parents[1].mode & 0o002, 0o002);
    root.write(".mtree", "what is this");
    assert!(!host(&root.collect()).owners_preserved);
}

fn commit(path: &Path) -> git2::Repository {
    let repository = git2::Repository::init(path).expect("a repository");
    {
        let mut index = repository.index().expect("an index");
        index.add_all(["*"], git2::IndexAddOption::FORCE, None).expect("files");
        index.write().expect("an index");
        let tree = repository.find_tree(index.write_tree().expect("a tree")).expect("a tree");
        let when = git2::Time::new(1_780_000_000, 0);
        let person = git2::Signature::new("A", "a@example.org", &when).expect("a person");
        let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        repository
            .commit(Some("HEAD"), &person, &person, "x", &tree, &parent.iter().collect::<Vec<_>>())
            .expect("a commit");
    }
    repository
}

#[test]
fn a_repository_and_its_hooks() {
    let mut root = Root::linux();
    let path = root.path().join("src/shop");
    root.write("src/shop/.claude/settings.local.json", "{}");
    root.write("src/shop/.pre-commit-config.yaml", "repos: []\n");
    root.write("src/shop/.husky/pre-commit", "npm test\n");
    root.write(
        "src/shop/.github/workflows/ci.yml",
        "steps:\n  - run: claude --dangerously-skip-permissions -p x\n",
    );
    root.write("src/shop/node_modules/x/run.sh", "claude --dangerously-skip-permissions\n");
    root.write("src/shop/Makefile", "all:\n");
    root.repositories.push(path.clone());
    commit(&path);
    let hook = |name: &str, mode: u32| {
        let hook = root.write(&format!("src/shop/.git/hooks/{name}"), "#!/bin/sh\nexit 1\n");
        std::fs::set_permissions(hook, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    hook("pre-commit", 0o755);
    hook("pre-push", 0o644);
    hook("commit-msg.sample", 0o755);
    commit(&path);
    let snapshot = root.collect();
    let seen = repository(&snapshot, "shop");
    assert_eq!((seen.commits, seen.shallow, seen.local_settings_tracked), (Some(2), false, true));
    assert_eq!(seen.head.as_ref().map(String::len), Some(40));
    assert!(seen.branch.is_some());
    assert_eq!(seen.managers, ["husky", "pre-commit"]);
    let in_force: Vec<_> =
        seen.hooks.iter().filter(|hook| hook.in_force).map(|hook| hook.path.as_str()).collect();
    assert_eq!(in_force, [".git/hooks/pre-commit"]);
    let why = |path: &str| {
        seen.hooks
            .iter()
            .find(|hook| hook.path == path)
            .and_then(|hook| hook.why_not.clone())
            .unwrap_or_default()
    };
    assert!(why(".git/hooks/pre-push").contains("not executable"));
    assert!(why(".git/hooks/commit-msg.sample").contains(".sample"));
    assert!(why(".husky/pre-commit").contains("core.hooksPath"));
    let flags: Vec<_> = snapshot
        .observations
        .iter()
        .filter(|seen| matches!(seen.seen, Seen::LaunchFlag(_)))
        .map(|seen| (seen.source.as_str(), seen.locator.as_deref()))
        .collect();
    assert_eq!(flags, [("repo:shop/.github/workflows/ci.yml", Some("L2"))]);
    assert_eq!(files(&snapshot, "repo:shop/Makefile")[0].text, None, "looked at, nothing to keep");
    // Hooks moved elsewhere.
    commit(&path).config().expect("configuration").set_str("core.hooksPath", ".husky").expect("a setting");
    std::fs::set_permissions(path.join(".husky/pre-commit"), std::fs::Permissions::from_mode(0o755))
        .expect("a mode");
    let snapshot = root.collect();
    let seen = repository(&snapshot, "shop");
    let in_force: Vec<_> =
        seen.hooks.iter().filter(|hook| hook.in_force).map(|hook| hook.path.as_str()).collect();
    assert_eq!(in_force, [".husky/pre-commit"]);
    assert_eq!(seen.hooks_path.as_deref(), Some(".husky"));
}

#[test]
fn what_is_named_and_missing_is_a_gap() {
    let mut root = Root::linux();
    root.repositories.push(root.path().join("no/such/repository"));
    root.repositories.push(root.path().join("etc"));
    root.documents.push(("dpia".to_owned(), root.path().join("no.md")));
    root.logs.push(root.path().join("var/log/none"));
    let snapshot = root.collect();
    for part in [
        "no.md",
        "var/log/none",
        "repo:etc/.git",
        "etc/claude-code/managed-settings.json",
        "var/log/claude-code",
    ] {
        assert!(
            snapshot.gaps.iter().any(|gap| gap.source.ends_with(part) && gap.reason == GapReason::Absent),
            "{part} in {:#?}",
            snapshot.gaps
        );
    }
    // It stays in scope, so that nobody takes it for examined or forgotten.
    assert_eq!(snapshot.scope.repositories, ["etc", "repository"]);
    assert!(
        snapshot.gaps.iter().any(|gap| gap.source == "repo:repository" && gap.reason != GapReason::Absent),
        "{:#?}",
        snapshot.gaps
    );
}

#[test]
fn a_repository_behind_a_link_to_this_machine_is_not_read() {
    let outside = Root::bare();
    outside.write(".claude/settings.json", "{}");
    let mut root = Root::linux();
    std::os::unix::fs::symlink(outside.path(), root.path().join("srv")).expect("a link");
    root.repositories.push(root.path().join("srv"));
    let snapshot = root.collect();
    assert_eq!(snapshot.scope.repositories, ["srv"]);
    assert!(!snapshot.observations.iter().any(|seen| seen.source.contains("settings.json")));
    assert!(
        snapshot.gaps.iter().any(|gap| gap.detail.contains("leads out of the host")),
        "{:#?}",
        snapshot.gaps
    );
}

/// Where the shared corpora are, where this machine has them.
fn corpora() -> Option<PathBuf> {
    let named = std::env::var_os("WORKPAPER_SHARED").map(PathBuf::from);
    named
        .into_iter()
        .chain(["../shared", "../../shared"].map(PathBuf::from))
        .map(|shared| shared.join("corpora"))
        .find(|folder| folder.is_dir())
}

#[test]
fn files_of_the_world_are_read_or_leave_a_gap() {
    let Some(corpora) = corpora() else {
        eprintln!("skipped: the corpora are not on this machine");
        return;
    };
    let mut root = Root::linux();
    let mac = Root::bare();
    mac.write("System/Library/CoreServices/SystemVersion.plist", "");
    let mut expected = Vec::new();
    for kind in ["settings", "managed", "mcp", "logrotate"] {
        let mut paths: Vec<_> = std::fs::read_dir(corpora.join(kind))
            .expect("a corpus")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        for (number, path) in paths.iter().enumerate() {
            let content = std::fs::read(path).expect("a file");
            let place = match (kind, path.extension().and_then(|end| end.to_str())) {
                ("settings", _) => format!("src/s{number}/.claude/settings.json"),
                ("mcp", _) => format!("src/m{number}/.mcp.json"),
                ("managed", Some("mobileconfig")) => {
                    mac.write("p.mobileconfig", content);
                    continue;
                }
                ("managed", Some("plist")) => {
                    mac.write("Library/Managed Preferences/com.anthropic.claudecode.plist", content);
                    continue;
                }
                ("managed", _) => format!("etc/claude-code/managed-settings.d/{number:03}.json"),
                _ => format!("etc/logrotate.d/{number:03}"),
            };
            root.write(&place, content);
            if place.starts_with("src/") {
                root.repositories.push(root.path().join(place.split('/').take(2).collect::<PathBuf>()));
            }
            expected.push(place.strip_prefix("src/").map_or(place.clone(), |below| format!("repo:{below}")));
        }
    }
    assert!(expected.len() > 500, "{}", expected.len());
    let snapshot = root.collect();
    for source in &expected {
        let read = files(&snapshot, source).iter().any(|file| file.text.is_some());
        assert!(read || !gaps(&snapshot, source).is_empty(), "{source} was passed over in silence");
    }
    let snapshot = mac.collect();
    for source in ["p.mobileconfig", "Library/Managed Preferences/com.anthropic.claudecode.plist"] {
        assert!(
            files(&snapshot, source)[0]
                .text
                .as_deref()
                .is_some_and(|text| text.contains("disableBypassPermissionsMode")),
            "{source}"
        );
    }
}
