//! A repository that wants to run something, read something or never end gets nothing.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use workpaper::{
    collect::{
        HistoryRequest, Request, collect,
        repository::{self, Hit, Limits, ScanRequest, TrustedSigners, scan_history, verify_signatures},
    },
    model::{Period, Seen},
};

use super::{Fixture, population_of};

/// Plants a program that leaves a mark when it runs, everywhere where git would run it.
fn booby_trapped() -> (Fixture, PathBuf) {
    let fixture = Fixture::new();
    let mark = fixture.folder.path().join("IT-RAN");
    let script = fixture.folder.path().join("trap.sh");
    std::fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", mark.display())).expect("written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("executable");
    fixture.write(".gitattributes", "* filter=trap diff=trap merge=trap\n");
    fixture.write(".mailmap", "A <a@x> <ann@example.org>\n");
    fixture.write("a.txt", "secret=hunter2\n");
    fixture.commit("2026-07-01T00:00:00Z", "one");
    fixture.write("a.txt", "b\n");
    fixture.commit("2026-07-02T00:00:00Z", "two\n\ngpgsig");
    let trap = script.display().to_string();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.editor",
        "core.pager",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
        "filter.trap.clean",
        "filter.trap.smudge",
        "filter.trap.process",
        "merge.trap.driver",
        "gpg.program",
        "gpg.ssh.program",
        "gpg.x509.program",
        "gpg.ssh.defaultKeyCommand",
        "credential.helper",
        "trailer.x.cmd",
        "trailer.x.command",
        "uploadpack.packObjectsHook",
        "sequence.editor",
        "hook.x.command",
        "alias.rev-list",
        "pager.rev-list",
        "log.showSignature",
        "remote.origin.uploadpack",
        "core.notesRef",
    ] {
        fixture.git(&["config", key, &trap]);
    }
    fixture.git(&["config", "filter.trap.required", "true"]);
    fixture.git(&["config", "hook.x.event", "pre-commit"]);
    fixture.git(&["config", "log.showSignature", "true"]);
    let hooks = fixture.folder.path().join("trap-hooks");
    std::fs::create_dir(&hooks).expect("a folder");
    for name in ["pre-commit", "post-checkout", "reference-transaction", "post-index-change", "pre-push"] {
        std::fs::copy(&script, hooks.join(name)).expect("copied");
        std::fs::copy(&script, fixture.path.join(".git/hooks").join(name)).expect("copied");
    }
    fixture.git(&["config", "core.hooksPath", &hooks.display().to_string()]);
    assert!(!mark.exists(), "nothing ran while building");
    (fixture, mark)
}

#[test]
fn nothing_of_the_repository_runs() {
    let (fixture, mark) = booby_trapped();
    let repository = fixture.open();
    let mut population = population_of(&repository, "2026-Q3");
    assert_eq!(population.changes.len(), 2);
    assert_eq!(super::rerun(&population).len(), 2, "the printed command runs nothing either");
    let signers = TrustedSigners::default();
    verify_signatures(&repository, &mut population, &signers, 2, &|_, _| {});
    let as_of = "2026-11-01T00:00:00Z".parse().expect("a time");
    let period = Period::parse("2026-Q3").expect("a period");
    let mut collected = Request::new(fixture.folder.path().to_owned(), "host", period, as_of);
    collected.repositories = vec![fixture.path.clone()];
    collected.history = Some(HistoryRequest::default());
    let snapshot = collect(&collected).expect("collects");
    assert!(
        snapshot.observations.iter().any(|one| matches!(&one.seen, Seen::History(_))),
        "all of it was read"
    );
    let limits = Limits::default();
    let request = ScanRequest {
        branch: None,
        period: Period::parse("2026-Q3").expect("a period"),
        limits: &limits,
        progress: &|_, _| {},
    };
    let scanned = scan_history(&repository, &request, &|_, _: &mut Vec<Hit>| {}).expect("scans");
    assert_eq!(scanned.commits_in_period, 2);
    assert!(!mark.exists(), "a program of the repository ran");

    // The trap works: git itself, asked plainly, falls into it.
    let mut plain = fixture.command(&["status"]);
    let _ = plain.output().expect("git runs");
    assert!(mark.exists(), "the trap is no trap, so this test proves nothing");
}

#[test]
fn huge_deep_and_exploding_trees_end_in_time() {
    let fixture = Fixture::new();
    let parent = fixture.commit("2026-07-01T00:00:00Z", "good");
    let blob = fixture.object("blob", b"x");
    // Ten entries on each of ten levels: ten thousand million files in eleven objects.
    let entry = |mode: &str, name: &str, id: &str| {
        let mut bytes = format!("{mode} {name}\0").into_bytes();
        bytes.extend((0..20).map(|at| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).expect("hexadecimal")));
        bytes
    };
    let mut tree = fixture.object("tree", &entry("100644", "f", &blob));
    for _ in 0..10 {
        let level: Vec<u8> = (0..10).flat_map(|n| entry("40000", &format!("d{n}"), &tree)).collect();
        tree = fixture.object("tree", &level);
    }
    let mut deep = fixture.object("tree", &entry("100644", "f", &blob));
    let mut chain = String::new();
    let _ = &mut chain;
    for _ in 0..600 {
        deep = fixture.object("tree", &entry("40000", "d", &deep));
    }
    let commit = |tree: &str, parent: &str, day: u8| {
        let who = format!("A <a> {} +0000", 1_782_864_000 + u64::from(day) * 86_400);
        fixture.object(
            "commit",
            format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nx\n").as_bytes(),
        )
    };
    let bomb = commit(&tree, &parent, 1);
    let deep = commit(&deep, &bomb, 2);
    let escape = fixture.object(
        "tree",
        &[
            entry("100644", "..", &blob),
            entry("120000", ".git", &blob),
            entry("100644", "/etc/passwd", &blob),
        ]
        .concat(),
    );
    let escape = commit(&escape, &deep, 3);
    fixture.git(&["update-ref", "refs/heads/main", &escape]);
    let started = Instant::now();
    let population = fixture.population("2026-Q3");
    assert_eq!(population.changes.len(), 4);
    let gap = population.gaps.iter().find(|gap| gap.commit.as_str() == bomb).expect("the bomb is a gap");
    assert!(gap.reason.contains("limit"), "{gap:?}");
    let limits = Limits::default();
    let request = ScanRequest {
        branch: None,
        period: Period::parse("2026-Q3").expect("a period"),
        limits: &limits,
        progress: &|_, _| {},
    };
    let scanned = scan_history(&fixture.open(), &request, &|_, _: &mut Vec<Hit>| {}).expect("scans");
    assert!(!scanned.incomplete.is_empty());
    // Ten thousand million files would take days; the limit takes seconds, on a busy machine a minute.
    assert!(started.elapsed() < Duration::from_secs(600), "{:?}", started.elapsed());
}

#[test]
fn references_in_a_circle_and_rubbish_are_errors() {
    let fixture = Fixture::new();
    fixture.commit("2026-07-01T00:00:00Z", "one");
    std::fs::create_dir_all(fixture.path.join(".git/refs/remotes/origin")).expect("folders");
    let refs = fixture.path.join(".git/refs");
    std::fs::write(refs.join("remotes/origin/HEAD"), "ref: refs/heads/circle\n").expect("written");
    std::fs::write(refs.join("heads/circle"), "ref: refs/remotes/origin/HEAD\n").expect("written");
    assert_eq!(fixture.population("2026-Q3").branch, "refs/heads/main");
    std::fs::write(fixture.path.join(".git/HEAD"), "ref: refs/heads/nowhere\n").expect("written");
    assert!(fixture.open().branch(None).is_err());
    std::fs::write(fixture.path.join(".git/config"), "[core\nbroken").expect("written");
    assert!(repository::open(&fixture.path, &Limits::default()).is_err());
    assert!(
        repository::open(fixture.folder.path(), &Limits::default()).is_err(),
        "no search in parents or children"
    );
}

#[test]
fn pipes_where_git_keeps_files_are_refused_at_once() {
    for place in
        ["HEAD", "config", "packed-refs", "refs/heads/x/y", "objects/pack/pack-1.idx", "objects/ab/cdef"]
    {
        let fixture = Fixture::new();
        fixture.commit("2026-07-01T00:00:00Z", "one");
        let pipe = fixture.path.join(".git").join(place);
        std::fs::create_dir_all(pipe.parent().expect("a folder")).expect("folders");
        let _ = std::fs::remove_file(&pipe);
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is here");
        assert!(made.success());
        let error = workpaper::collect::repository::open(&fixture.path, &Limits::default()).err();
        let said = error.expect("refused").to_string();
        assert!(said.contains("neither a file nor a folder"), "{place}: {said}");
    }
}
