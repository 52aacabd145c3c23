//! Files that try to break, hang or fool the collection: each is read or leaves a gap that says why.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Root, at, file, files, gaps};
use crate::model::{FileFault, GapReason, Role, Snapshot};

const MANAGED: &str = "etc/claude-code/managed-settings.json";
const DROP_INS: &str = "etc/claude-code/managed-settings.d";

fn reason(snapshot: &Snapshot, source: &str) -> GapReason {
    let found = gaps(snapshot, source);
    assert_eq!(found.len(), 1, "{source} in {:#?}", snapshot.gaps);
    found[0].reason
}

fn is_settings(role: &Role) -> bool {
    matches!(role, Role::Settings { .. })
}

#[test]
fn odd_bytes_are_read_and_named() {
    let root = Root::linux();
    let put = |name: &str, content: &[u8]| root.write(&format!("{DROP_INS}/{name}"), content);
    put("bom.json", b"\xef\xbb\xbf{}");
    put("utf16.json", b"\xff\xfe{\0}\0");
    put("invalid.json", b"{\"a\":\"\xff\"}");
    put("nul.json", b"{\0}");
    put("comment.json", b"{ // why\n}");
    put("broken.json", b"{\"a\":");
    put("twice.json", b"{\"a\":1,\"a\":2}");
    put("deep.json", "[".repeat(1_000_000).as_bytes());
    put("empty.json", b"");
    put(".hidden.json", b"{}");
    put("notes.txt", b"{}");
    let snapshot = root.collect();
    let faults = |name: &str| file(&snapshot, &format!("{DROP_INS}/{name}"), is_settings).faults.clone();
    assert_eq!(faults("bom.json"), [FileFault::ByteOrderMark]);
    assert_eq!(faults("utf16.json"), [FileFault::ByteOrderMark, FileFault::InvalidUtf8]);
    assert_eq!(faults("invalid.json"), [FileFault::InvalidUtf8]);
    assert_eq!(faults("nul.json"), [FileFault::NulBytes]);
    for (name, text) in [
        ("comment.json", "{ // why\n}"),
        ("broken.json", "{\"a\":"),
        ("twice.json", "{\"a\":1,\"a\":2}"),
        ("empty.json", ""),
        ("utf16.json", "{}"),
    ] {
        assert_eq!(file(&snapshot, &format!("{DROP_INS}/{name}"), is_settings).text.as_deref(), Some(text));
    }
    for unread in [".hidden.json", "notes.txt"] {
        let role = &file(&snapshot, &format!("{DROP_INS}/{unread}"), is_settings).role;
        assert!(format!("{role:?}").contains("UnreadByClient"), "{role:?}");
    }
}

#[test]
fn what_is_no_ordinary_file_is_a_gap_and_nothing_hangs() {
    let mut root = Root::linux();
    let begun = Instant::now();
    let folder = root.path().join(DROP_INS);
    std::fs::create_dir_all(&folder).expect("a folder");
    let fifo = |path: PathBuf| {
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from(0o600),
            0,
        )
        .expect("a pipe");
    };
    fifo(folder.join("pipe.json"));
    symlink("loop.json", folder.join("loop.json")).expect("a link");
    symlink("nowhere", folder.join("dangling.json")).expect("a link");
    symlink("/dev/zero", folder.join("zero.json")).expect("a link");
    symlink(format!("/{}", "../".repeat(50)) + "etc/shadow", folder.join("climb.json")).expect("a link");
    std::os::unix::net::UnixListener::bind(folder.join("socket.json")).expect("a socket");
    std::fs::File::create(folder.join("huge.json"))
        .and_then(|file| file.set_len(100 << 20))
        .expect("a sparse file");
    std::fs::create_dir_all(root.path().join("home/dev/.claude/settings.json")).expect("a folder");
    std::fs::create_dir_all(root.path().join("dev")).expect("a folder");
    fifo(root.path().join("dev/zero"));
    // A repository whose git folder is a trap.
    let repository = root.path().join("src/trap");
    std::fs::create_dir_all(repository.join(".git/objects/pack")).expect("folders");
    std::fs::create_dir_all(repository.join(".git/hooks")).expect("folders");
    fifo(repository.join(".git/HEAD"));
    fifo(repository.join(".git/config"));
    fifo(repository.join(".git/index"));
    fifo(repository.join(".git/hooks/pre-commit"));
    fifo(repository.join(".mcp.json"));
    fifo(repository.join("run.sh"));
    symlink("/etc/passwd", repository.join("escape.sh")).expect("a link");
    symlink("../../etc/passwd", repository.join("climb.sh")).expect("a link");
    root.repositories.push(repository);
    let snapshot = root.collect();
    let of = |name: &str| reason(&snapshot, &format!("{DROP_INS}/{name}"));
    assert_eq!(of("pipe.json"), GapReason::NotAFile);
    assert_eq!(of("loop.json"), GapReason::NotAFile);
    assert_eq!(of("dangling.json"), GapReason::Absent);
    assert_eq!(of("zero.json"), GapReason::NotAFile, "the host's own /dev/zero, which is a pipe here");
    assert_eq!(of("climb.json"), GapReason::Absent, "this machine's files are not the host's");
    assert_eq!(of("socket.json"), GapReason::NotAFile);
    assert_eq!(of("huge.json"), GapReason::TooLarge);
    assert_eq!(reason(&snapshot, "home/dev/.claude/settings.json"), GapReason::NotAFile);
    for trap in [".mcp.json", "run.sh", "escape.sh", "climb.sh"] {
        assert_eq!(reason(&snapshot, &format!("repo:trap/{trap}")), GapReason::NotAFile, "{trap}");
    }
    for trap in ["HEAD", "config", "hooks/pre-commit"] {
        assert!(
            gaps(&snapshot, &format!("repo:trap/.git/{trap}"))
                .iter()
                .any(|gap| gap.reason == GapReason::NotAFile),
            "{trap}: {:#?}",
            snapshot.gaps
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "something was waited for");
}

#[test]
fn a_device_is_not_read() {
    // Only a whole machine has devices; this one's are reached from its own root.
    let tree = super::super::host::open_root(Path::new("/")).expect("a root");
    let place = tree.resolve(Path::new("dev/zero")).expect("a device");
    assert_eq!(tree.read(&place, 10).expect_err("no file").reason, GapReason::NotAFile);
    let place = tree.resolve(Path::new("proc/self/status")).expect("a file of no size");
    assert!(!tree.read(&place, 1 << 20).expect("text").is_empty());
    assert_eq!(tree.read(&place, 10).expect_err("more than it says").reason, GapReason::TooLarge);
}

#[test]
fn links_are_resolved_inside_the_host() {
    let root = Root::linux();
    root.write("srv/policy/real.json", "{\"x\":1}");
    std::fs::create_dir_all(root.path().join("etc/claude-code")).expect("a folder");
    symlink("/srv/policy/real.json", root.path().join(MANAGED)).expect("a link");
    let snapshot = root.collect();
    let seen = file(&snapshot, MANAGED, is_settings);
    assert_eq!(seen.text.as_deref(), Some("{\"x\":1}"));
    assert_eq!(seen.link_target.as_deref(), Some("srv/policy/real.json"));
    let parents: Vec<_> =
        seen.parents.iter().map(|parent| parent.path.as_str()).filter(|path| *path != ".").collect();
    assert_eq!(parents, ["srv/policy", "srv", "etc/claude-code", "etc"]);
}

#[test]
fn what_may_not_be_read_is_a_gap() {
    let root = Root::linux();
    let path = root.write(MANAGED, "{}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).expect("a mode");
    let snapshot = root.collect();
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped in part: the super-user may read everything");
        assert_eq!(file(&snapshot, MANAGED, is_settings).mode, 0);
    } else {
        assert_eq!(reason(&snapshot, MANAGED), GapReason::NotPermitted);
    }
}

#[test]
fn crowds_and_depths_end() {
    let mut root = Root::linux();
    for number in 0..2_100 {
        root.write(&format!("var/log/claude-code/{number:05}.log"), "");
    }
    for number in 0..510 {
        root.write(&format!("{DROP_INS}/{number:05}.json"), "{}");
    }
    let deep: PathBuf = std::iter::repeat_n("d", 400).collect();
    root.write(&format!("home/dev/.claude/agents/{}/a.md", deep.display()), "---\n---\n");
    root.write(&format!("src/deep/{}/run.sh", deep.display()), "claude --dangerously-skip-permissions");
    root.repositories.push(root.path().join("src/deep"));
    let begun = Instant::now();
    let snapshot = root.collect();
    assert!(!gaps(&snapshot, "var/log/claude-code").is_empty());
    assert!(
        snapshot.gaps.iter().any(|gap| gap.source.starts_with(DROP_INS) && gap.reason == GapReason::TooLarge)
    );
    assert!(
        snapshot
            .gaps
            .iter()
            .any(|gap| gap.source.starts_with("home/dev/.claude/agents/d/")
                && gap.reason == GapReason::TooLarge)
    );
    assert!(
        snapshot
            .observations
            .iter()
            .any(|seen| seen.collector == "launchers" && seen.source.starts_with("repo:deep/d/"))
    );
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn no_secret_reaches_the_snapshot() {
    const KEY: &str = "sk-ant-api03-CANARY0123456789abcdefCANARY";
    const PASSWORD: &str = "Canary!pass9word";
    let mut root = Root::linux();
    let settings = format!(
        "{{\"env\":{{\"ANTHROPIC_API_KEY\":\"{KEY}\",\"DB_PASSWORD\":\"{PASSWORD}\"}},\"apiKeyHelper\":\"/opt/h --token {KEY}\"}}"
    );
    for path in [
        MANAGED,
        "home/dev/.claude/settings.json",
        "home/dev/.claude/remote-settings.json",
        "home/dev/.claude/.credentials.json",
        "etc/claude-code/managed-mcp.json",
        "etc/claude-code/CLAUDE.md",
        "etc/claude-code/settings.json",
    ] {
        root.write(path, &settings);
    }
    root.write(
        "home/dev/.claude.json",
        format!("{{\"oauth\":\"{KEY}\",\"mcpServers\":{{\"x\":{{\"env\":{{\"TOKEN\":\"{KEY}\"}}}}}}}}"),
    );
    root.write("home/dev/.bashrc", format!("export ANTHROPIC_API_KEY={KEY}\nexport HTTPS_PROXY=http://u:{PASSWORD}@proxy:3128\nalias c='claude --dangerously-skip-permissions {KEY}'\n"));
    root.write("opt/h", format!("#!/bin/sh\nVAULT_TOKEN={KEY}\ncurl -u x:{KEY} http://vault\n"));
    root.write("opt/vault-get.sh", format!("#!/bin/sh\nVAULT_TOKEN={KEY}\n"));
    root.write("etc/logrotate.d/claude-code", format!("# {KEY}\n"));
    root.write("home/dev/.claude/agents/a.md", format!("---\nx: {KEY}\n---\n"));
    root.write("var/log/claude-code/incidents.log", format!("{KEY}\n"));
    root.write(&format!("var/log/claude-code/{KEY}.log"), "");
    let repository = root.path().join("src/shop");
    for path in [
        ".claude/settings.json",
        ".mcp.json",
        ".github/workflows/ci.yml",
        ".git/hooks/pre-commit",
        ".pre-commit-config.yaml",
        ".claude/hooks/x.sh",
    ] {
        root.write(
            &format!("src/shop/{path}"),
            format!(
                "# claude --dangerously-skip\nKEY: {KEY}\nrun: claude --dangerously-skip-permissions {KEY}\n"
            ),
        );
    }
    root.write("src/shop/.claude/settings.json", format!("{{\"hooks\":{{\"Stop\":[{{\"hooks\":[{{\"command\":\"$X{KEY}/a\"}},{{\"command\":\"/opt/{KEY}\"}}]}}]}}}}"));
    root.write("src/shop/.git/HEAD", format!("ref: refs/heads/{KEY}\n"));
    root.write(
        "src/shop/.git/config",
        format!("[remote \"o\"]\nurl = https://{KEY}@x\n[core]\nhooksPath = /opt/{KEY}\n"),
    );
    root.repositories.push(repository);
    root.documents.push(("policy".to_owned(), root.write("doc.md", format!("key {KEY}"))));
    let snapshot = root.collect();
    let text = serde_json::to_string(&snapshot).expect("JSON");
    for canary in [KEY, PASSWORD, "CANARY0123"] {
        let found = text.find(canary).map(|at| &text[at.saturating_sub(300)..at + 40]);
        assert_eq!(found, None);
    }
    assert_eq!(file(&snapshot, MANAGED, is_settings).secrets.len(), 3);
    assert!(files(&snapshot, "doc.md").is_empty() || !files(&snapshot, "doc.md")[0].secrets.is_empty());
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let mut root = Root::linux();
    root.write(MANAGED, "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"~/x.sh\"}]}]}}");
    for name in ["b", "a", "c"] {
        root.write(&format!("src/{name}/Makefile"), "x:\n\tclaude --dangerously-skip-permissions\n");
        root.repositories.push(root.path().join("src").join(name));
    }
    let bytes = || serde_json::to_string(&root.collect()).expect("JSON");
    let first = bytes();
    assert_eq!(first, bytes());
    assert!(Snapshot::parse(&first).is_ok());
    assert!(!first.contains(&root.path().display().to_string()), "where the copy lies is nobody's business");
}

#[test]
fn a_root_that_is_not_there_is_an_error() {
    assert!(super::super::host::open_root(Path::new("/no/such/root")).is_err());
    let root = Root::bare();
    let path = root.write("file", "");
    assert!(super::super::host::open_root(&path).is_err());
    assert!(at(&root.collect(), "host").len() == 1);
}
