//! Every worked example of every card is a small deployment: collected, evaluated, and held to the verdict it promises.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

use workpaper::{
    catalog::{Battery, Card, Catalog, CommitGiven, Example, batteries},
    checks::{self, Check},
    collect::{HistoryRequest, Probing, Request, collect, collect_and_probe, repository::TrustedSigners},
    evaluate::{evaluate, known_ids},
    facts::Facts,
    model::{
        CheckId, Isolation, LogTrace, Period, Snapshot, Verdict, change::ObjectName, change_set::BranchTip,
        traces,
    },
    policy::Policy,
};

use crate::unseen;

#[test]
fn every_example_gets_its_verdict() {
    try_examples(false);
}

/// Examples whose verdict needs their hooks to be run.
#[test]
fn every_probed_example_gets_its_verdict() {
    if !bubblewrap_works() {
        eprintln!("skipped: bubblewrap is not here, or may not make namespaces");
        return;
    }
    try_examples(true);
}

fn try_examples(probed: bool) {
    let catalog = builtin();
    let only = std::env::var("WORKPAPER_CARD").ok();
    let (mut tried, mut wrong) = (0, Vec::new());
    for check in checks::ALL {
        let id = check.id();
        let Some(card) = catalog.card(&id).filter(|_| only.as_deref().is_none_or(|only| id.as_str() == only))
        else {
            continue;
        };
        for example in card.examples.iter().filter(|example| example.probe == probed) {
            tried += 1;
            if let Err(why) = verdict_of(&catalog, check, example) {
                wrong.push(format!("{id}: {}: {why}", example.name));
            }
        }
    }
    assert!(tried > 0 || only.is_some(), "no example was tried");
    assert!(wrong.is_empty(), "{} of {tried} examples are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Runs hooks in the best sandbox of this machine, by the program under test.
pub fn probing(batteries: &[Battery], repositories: bool) -> Probing<'_> {
    Probing {
        batteries,
        repositories,
        now: jiff::Timestamp::now(),
        levels: Isolation::SANDBOXED,
        helper: Path::new(env!("CARGO_BIN_EXE_workpaper")),
        recorded: None,
    }
}

/// Whether hooks can be run here.
pub fn bubblewrap_works() -> bool {
    let words = ["--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "/bin/true"];
    std::process::Command::new("bwrap").args(words).status().is_ok_and(|status| status.success())
}

#[test]
fn every_check_has_a_card_and_every_card_a_check() {
    let catalog = builtin();
    let built: Vec<CheckId> = checks::ALL.iter().map(checks::Check::id).collect();
    let carded: Vec<CheckId> = catalog.cards().map(|(check, _)| check.clone()).collect();
    let without_card: Vec<_> = built.iter().filter(|check| !carded.contains(check)).collect();
    let without_check: Vec<_> = carded.iter().filter(|check| !built.contains(check)).collect();
    assert!(
        without_card.is_empty() && without_check.is_empty(),
        "no card: {without_card:?}; no check: {without_check:?}"
    );
}

#[test]
fn every_card_shows_a_pass_and_a_failure() {
    for (check, card) in builtin().cards() {
        let shows = |card: &Card, verdict| card.examples.iter().any(|example| example.expect == verdict);
        assert!(shows(card, Verdict::Pass) && shows(card, Verdict::Fail), "{check}");
    }
}

fn builtin() -> Catalog {
    Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Holds an example to its verdict; a failing one also to not passing when any one of its sources is hidden.
fn verdict_of(catalog: &Catalog, check: &Check, example: &Example) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    lay_out(folder.path(), example);
    let policy = policy_of(catalog, example)?;
    let snapshot = snapshot_of(catalog, folder.path(), example, &policy)?;
    let assessment = evaluate(&snapshot, catalog, &policy);
    let id = check.id();
    let mine: Vec<_> = assessment.findings.iter().filter(|finding| finding.check == id).collect();
    let shown: String =
        mine.iter().map(|f| format!("\n    {} [{}] {}", f.verdict, f.subject, f.message)).collect();
    let worst = Verdict::worst(mine.iter().map(|finding| finding.verdict));
    if worst != example.expect {
        return Err(format!("expected {}, got {worst}{shown}", example.expect));
    }
    match &example.says {
        Some(words) if !mine.iter().any(|f| f.verdict == worst && f.message.contains(words.as_str())) => {
            Err(format!("no message of that verdict says `{words}`{shown}"))
        }
        _ if worst == Verdict::Fail => stays_unpassed(check, &snapshot, &policy),
        _ => Ok(()),
    }
}

fn stays_unpassed(check: &Check, snapshot: &Snapshot, policy: &Policy) -> Result<(), String> {
    for source in unseen::sources(snapshot) {
        let hidden = unseen::without(snapshot, source);
        let Ok(findings) = (check.judge)(&Facts::of(&hidden, policy)) else { continue };
        let verdicts = findings.into_conclusions().into_iter().map(|conclusion| conclusion.verdict);
        if Verdict::worst(verdicts) == Verdict::Pass {
            return Err(format!("it passes when {source} is hidden"));
        }
    }
    Ok(())
}

fn policy_of(catalog: &Catalog, example: &Example) -> Result<Policy, String> {
    match &example.policy {
        Some(text) => Policy::parse(text, "policy.yaml", &known_ids(catalog))
            .map_err(|problems| format!("{problems:?}")),
        None => Ok(Policy::default()),
    }
}

fn snapshot_of(
    catalog: &Catalog,
    folder: &Path,
    example: &Example,
    policy: &Policy,
) -> Result<Snapshot, String> {
    let mut repositories: Vec<_> = match fs::read_dir(folder.join("repos")) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    repositories.sort();
    let earlier = earlier_reading(example)?;
    let request = Request {
        root: folder.join("root"),
        root_name: "root".to_owned(),
        repositories,
        logs: Vec::new(),
        documents: policy.document_paths().into_iter().map(|(id, path)| (id, folder.join(path))).collect(),
        history: Some(history_request(folder, policy, example)),
        period: Period::parse("2026-Q3").expect("a quarter"),
        as_of: "2026-10-01T09:00:00Z".parse().expect("a time"),
        earlier,
        progress: &|_| {},
    };
    let snapshot = if example.probe {
        let batteries = batteries(catalog.files()).map_err(|problems| format!("{problems:?}"))?;
        let probing = probing(&batteries, true);
        collect_and_probe(&request, &probing)
    } else {
        collect(&request)
    };
    snapshot.map_err(|error| error.to_string())
}

/// The logs as the example's earlier reading found them.
fn earlier_reading(example: &Example) -> Result<Option<(jiff::Timestamp, Vec<LogTrace>)>, String> {
    if example.earlier.is_empty() {
        return Ok(None);
    }
    let mut before = example.clone();
    before.given.retain(|path, _| !path.starts_with("root/var/log/"));
    before.given.extend(std::mem::take(&mut before.earlier));
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    lay_out(folder.path(), &before);
    let as_of: jiff::Timestamp = "2026-09-25T09:00:00Z".parse().expect("a time");
    let request =
        Request::new(folder.path().join("root"), "root", Period::parse("2026-Q3").expect("a quarter"), as_of);
    let snapshot = collect(&request).map_err(|error| error.to_string())?;
    Ok(Some((as_of, traces(&snapshot.observations))))
}

/// Writes the example's files, with an mtree list that says who owns what: whoever runs the test owns the files.
fn lay_out(folder: &Path, example: &Example) {
    let mut files: BTreeMap<&str, &str> = BTreeMap::new();
    if !example.given.keys().any(|path| is_host_mark(path)) {
        files.insert("root/etc/os-release", "ID=debian\n");
        files.insert(
            "root/etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\ndev:x:1000:1000::/home/dev:/bin/bash\n",
        );
        fs::create_dir_all(folder.join("root/home/dev")).expect("a home");
    }
    files.extend(example.given.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    for repository in repositories(example) {
        let path = folder.join("repos").join(repository);
        fs::create_dir_all(&path).expect("a folder");
        first_commit(&path);
        let commits = example.commits.get(repository).map_or(&[][..], Vec::as_slice);
        let names = further_commits(&path, commits);
        if let Some(text) = &example.forge {
            let filled = names.iter().enumerate().fold(text.clone(), |text, (index, name)| {
                text.replace(&format!("{{commit {}}}", index + 1), name)
            });
            fs::write(folder.join("forge.json"), filled).expect("a file");
        }
    }
    for (path, text) in &files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    }
    for (path, mode) in &example.modes {
        let path = folder.join(path);
        if !path.exists() {
            fs::create_dir_all(&path).expect("a folder");
        }
        let mode = u32::from_str_radix(mode, 8).expect("an octal mode");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let mut list = String::from("#mtree\n. type=dir uid=0 gid=0\n");
    owners(&folder.join("root"), &folder.join("root"), example, &mut list);
    fs::write(folder.join("root/.mtree"), list).expect("the list of owners");
}

/// How the program would read the histories under this policy.
fn history_request(folder: &Path, policy: &Policy, example: &Example) -> HistoryRequest {
    let pattern = |text: &str| regex::Regex::new(text).expect("the policy's patterns were checked");
    let mut request = HistoryRequest { branch: policy.changes.branch.clone(), ..HistoryRequest::default() };
    request.signers = policy.changes.signers.as_ref().map(|signers| TrustedSigners {
        allowed_signers: signers.allowed_signers.as_ref().map(|path| folder.join(path)),
        ..TrustedSigners::default()
    });
    request.conventions.ticket = pattern(&policy.parameters.ticket_pattern);
    let forge = folder.join("forge.json");
    if let Some(tip) = &example.earlier_tip {
        let tip = ObjectName::parse(tip).expect("a whole name");
        let at = "2026-07-01T00:00:00Z".parse().expect("a time");
        for repository in repositories(example) {
            request.earlier.push(BranchTip {
                repository: repository.to_owned(),
                branch: "refs/heads/main".to_owned(),
                tip: tip.clone(),
                origin: None,
                as_of: at,
            });
        }
    }
    request.forge.extend(forge.exists().then_some(forge));
    request
}

fn is_host_mark(path: &str) -> bool {
    [
        "root/etc/os-release",
        "root/etc/passwd",
        "root/Windows",
        "root/System",
        "root/Library",
        "root/Program Files",
    ]
    .iter()
    .any(|mark| path.starts_with(mark))
}

fn repositories(example: &Example) -> Vec<&str> {
    let given = example.given.keys().filter_map(|path| path.strip_prefix("repos/")?.split('/').next());
    let mut names: Vec<&str> = given.chain(example.commits.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn first_commit(path: &Path) {
    let mut options = git2::RepositoryInitOptions::new();
    options.external_template(false).initial_head("main");
    let repository = git2::Repository::init_opts(path, &options).expect("a repository");
    let who = git2::Signature::new("Dana", "dana@example.org", &git2::Time::new(1_781_500_000, 0))
        .expect("a signature");
    let tree = repository.treebuilder(None).and_then(|builder| builder.write()).expect("a tree");
    let tree = repository.find_tree(tree).expect("a tree");
    repository.commit(Some("HEAD"), &who, &who, "Start", &tree, &[]).expect("a commit");
}

/// Commits what the example gives, a day apart, and returns the names.
fn further_commits(path: &Path, commits: &[CommitGiven]) -> Vec<String> {
    let repository = git2::Repository::open(path).expect("a repository");
    let mut names = Vec::new();
    for (day, commit) in (0..).zip(commits) {
        let at = git2::Time::new(1_788_220_800 + day * 86_400, 0);
        let who = git2::Signature::new("Dana", "dana@example.org", &at).expect("a signature");
        let parent = repository.head().and_then(|head| head.peel_to_commit()).expect("a parent");
        let mut update = git2::build::TreeUpdateBuilder::new();
        for (file, text) in &commit.files {
            if text.is_empty() {
                update.remove(file.as_str());
            } else {
                let blob = repository.blob(text.as_bytes()).expect("a blob");
                update.upsert(file.as_str(), blob, git2::FileMode::Blob);
            }
        }
        let tree = update.create_updated(&repository, &parent.tree().expect("a tree")).expect("a tree");
        let tree = repository.find_tree(tree).expect("a tree");
        let content = repository
            .commit_create_buffer(&who, &who, &commit.message, &tree, &[&parent])
            .expect("the content of a commit");
        let content = std::str::from_utf8(&content).expect("text");
        let odb = repository.odb().expect("a store");
        let name = match &commit.signature {
            Some(signature) => repository.commit_signed(content, signature.trim_end(), None),
            None => odb.write(git2::ObjectType::Commit, content.as_bytes()),
        };
        let name = name.expect("a commit");
        repository.reference("refs/heads/main", name, true, "").expect("a branch");
        names.push(name.to_string());
    }
    names
}

fn owners(root: &Path, folder: &Path, example: &Example, list: &mut String) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let shown =
            path.strip_prefix(root).expect("below the root").to_str().expect("names of examples are text");
        let at_home = shown.strip_prefix("home/").or_else(|| shown.strip_prefix("Users/")).is_some();
        let given = example.owners.get(&format!("root/{shown}"));
        let uid = given.copied().unwrap_or(if at_home { 1000 } else { 0 });
        let kind = if path.is_dir() { "dir" } else { "file" };
        list.push_str(&format!("./{} type={kind} uid={uid} gid={uid}\n", shown.replace(' ', "\\040")));
        if path.is_dir() {
            owners(root, &path, example, list);
        }
    }
}
