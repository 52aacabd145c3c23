//! Real files that nobody here wrote, each placed as the real thing: read, or named by a gap; never a crash or a hang.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, Instant},
};

use workpaper::{
    catalog::Catalog,
    collect::{HistoryRequest, Request, collect},
    evaluate::evaluate,
    model::{Assessment, Period, Snapshot, Verdict},
    policy::Policy,
};

/// One file may take no longer, on a busy machine and without optimisation.
const PATIENCE: Duration = Duration::from_secs(20);

fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().expect("a catalogue"));
    &CATALOG
}

/// The files of one corpus; none where the data is not beside the repository.
fn corpus(name: &str) -> Vec<PathBuf> {
    let Some(shared) = crate::shared::folder() else {
        eprintln!("skipped: no corpora beside the repository");
        return Vec::new();
    };
    let entries = fs::read_dir(shared.join("corpora").join(name)).expect("a corpus");
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    assert!(files.len() > 10, "{name}: {} files", files.len());
    files
}

/// A host with one user and, where a path says so, one repository.
struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        let host = Self(tempfile::tempdir().expect("a folder"));
        host.write("root/etc/os-release", b"ID=debian\n");
        host.write(
            "root/etc/passwd",
            b"root:x:0:0:root:/root:/bin/bash\ndev:x:1000:1000::/home/dev:/bin/bash\n",
        );
        fs::create_dir_all(host.0.path().join("root/home/dev")).expect("a home");
        host
    }

    /// A Mac, for what only a Mac reads.
    fn mac() -> Self {
        let host = Self(tempfile::tempdir().expect("a folder"));
        host.write("root/System/Library/CoreServices/SystemVersion.plist", b"<plist><dict/></plist>");
        fs::create_dir_all(host.0.path().join("root/Users/mia")).expect("a home");
        host
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    fn judge(&self) -> (Snapshot, Assessment) {
        let repository = self.0.path().join("repos/app");
        if repository.exists() {
            git2::Repository::init(&repository).expect("a repository");
        }
        let request = Request {
            root: self.0.path().join("root"),
            root_name: "root".to_owned(),
            repositories: if repository.exists() { vec![repository] } else { Vec::new() },
            logs: Vec::new(),
            documents: Vec::new(),
            history: Some(HistoryRequest::default()),
            period: Period::parse("2026-Q3").expect("a quarter"),
            as_of: "2026-10-01T09:00:00Z".parse().expect("a time"),
            earlier: None,
            progress: &|_| {},
        };
        let snapshot = collect(&request).expect("a root that is there");
        let assessment = evaluate(&snapshot, catalog(), &Policy::default());
        (snapshot, assessment)
    }
}

/// Places the file, judges the host, and says what is wrong with the outcome.
fn placed(host: &Host, file: &Path, place: &str) -> Result<(Snapshot, Assessment), String> {
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    host.write(place, &fs::read(file).expect("a file of the corpus"));
    let begun = Instant::now();
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| host.judge()));
    let (snapshot, assessment) = judged.map_err(|_| format!("{name}: a crash"))?;
    if begun.elapsed() > PATIENCE {
        return Err(format!("{name}: {:?}", begun.elapsed()));
    }
    let source =
        place.strip_prefix("root/").map_or_else(|| place.replacen("repos/", "repo:", 1), str::to_owned);
    let read = snapshot.observations.iter().any(|observation| observation.source == source);
    let named = snapshot.gaps.iter().any(|gap| gap.source == source && !gap.detail.is_empty());
    if !read && !named {
        return Err(format!("{name}: neither read nor named by a gap"));
    }
    if assessment.findings.is_empty() || assessment.checklist.len() != 15 {
        return Err(format!("{name}: nothing was evaluated"));
    }
    Ok((snapshot, assessment))
}

fn each(files: &[PathBuf], judge: impl Fn(&Path) -> Result<(), String> + Sync) {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(files.len().max(1));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let share = files.len().div_ceil(workers).max(1);
        let running: Vec<_> = files
            .chunks(share)
            .map(|files| {
                scope.spawn(|| files.iter().filter_map(|file| judge(file).err()).collect::<Vec<_>>())
            })
            .collect();
        running.into_iter().flat_map(|worker| worker.join().expect("a worker ends")).collect()
    });
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

#[test]
fn settings_of_users_and_projects_are_read() {
    each(&corpus("settings"), |file| {
        placed(&Host::new(), file, "root/home/dev/.claude/settings.json")?;
        let local = file.to_string_lossy().contains("settings.local");
        let name = if local { "settings.local.json" } else { "settings.json" };
        placed(&Host::new(), file, &format!("repos/app/.claude/{name}")).map(drop)
    });
}

#[test]
fn managed_settings_are_read() {
    each(&corpus("managed"), |file| {
        let name = file.to_string_lossy().to_lowercase();
        if name.ends_with(".plist") || name.ends_with(".mobileconfig") {
            let extension = if name.ends_with(".plist") { "plist" } else { "mobileconfig" };
            let place = format!("root/Library/Managed Preferences/com.anthropic.claudecode.{extension}");
            placed(&Host::mac(), file, &place).map(drop)
        } else {
            placed(&Host::new(), file, "root/etc/claude-code/managed-settings.json")?;
            placed(&Host::new(), file, "root/etc/claude-code/managed-settings.d/50-it.json").map(drop)
        }
    });
}

#[test]
fn mcp_files_are_read() {
    each(&corpus("mcp"), |file| {
        placed(&Host::new(), file, "repos/app/.mcp.json")?;
        placed(&Host::new(), file, "root/etc/claude-code/managed-mcp.json").map(drop)
    });
}

#[test]
fn rotation_files_are_read() {
    each(&corpus("logrotate"), |file| {
        placed(&Host::new(), file, "root/etc/logrotate.d/claude-code").map(drop)
    });
}

/// Whoever writes deny rules is not worse off for it: with the rules taken out of the file, nothing fails less.
#[test]
fn deny_rules_make_nothing_fail() {
    let with_rules: Vec<PathBuf> = corpus("settings")
        .into_iter()
        .chain(corpus("managed"))
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            value["permissions"]["deny"].as_array().is_some_and(|rules| !rules.is_empty())
        })
        .collect();
    assert!(
        crate::shared::folder().is_none() || with_rules.len() > 10,
        "{} files with deny rules",
        with_rules.len()
    );
    each(&with_rules, |file| {
        let text = fs::read_to_string(file).expect("text");
        let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON, as it was above");
        value["permissions"]["deny"] = serde_json::json!([]);
        let failing = |bytes: &[u8], place: &str| -> Vec<(String, String, String)> {
            let host = Host::new();
            host.write(place, bytes);
            let (_, assessment) = host.judge();
            let failed = assessment.findings.iter().filter(|finding| finding.verdict == Verdict::Fail);
            failed
                .map(|finding| (finding.check.to_string(), finding.subject.clone(), finding.message.clone()))
                .collect()
        };
        let places = ["root/etc/claude-code/managed-settings.json", "root/home/dev/.claude/settings.json"];
        let mut new = Vec::new();
        for place in places {
            let without = failing(value.to_string().as_bytes(), place);
            new.extend(
                failing(text.as_bytes(), place)
                    .into_iter()
                    .filter(|(check, subject, _)| !without.iter().any(|(c, s, _)| c == check && s == subject))
                    // A rule that can never match is a finding about that rule, and a true one.
                    .filter(|(check, _, _)| check != "no_deny_rule_is_dead"),
            );
        }
        if new.is_empty() { Ok(()) } else { Err(format!("{}: {new:?}", file.display())) }
    });
}
