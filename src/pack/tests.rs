//! Packs written, checked with stock tools and with our own, damaged in every way, and judged again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::*;
use crate::{
    catalog::Catalog,
    evaluate::evaluate,
    model::{
        Assessment, Basis, CheckId, ControlId, ControlResult, Counts, Digest, Finding, Fingerprint, Inputs,
        Period, Run, RunScope, Scope, Severity, Snapshot, Status, Subjects, Tool, Verdict,
    },
    policy::{KnownIds, Policy},
    render::Rendered,
};

/// A pack's contents, owned.
struct Sample {
    snapshot: Snapshot,
    catalog: BTreeMap<String, String>,
    policy: Policy,
    assessment: Assessment,
    rendered: Vec<Rendered>,
}

impl Sample {
    fn new() -> Self {
        let period = Period::parse("2026-Q3").expect("a quarter");
        let as_of = "2026-10-01T09:00:00Z".parse().expect("an instant");
        let scope = Scope {
            root: "sample".to_owned(),
            repositories: vec!["shop".to_owned()],
            logs: Vec::new(),
            period,
            as_of,
        };
        let (snapshot, policy) = (Snapshot::new(scope, Vec::new(), Vec::new()), Policy::default());
        let rendered = vec![
            file("report.html", b"<!doctype html>"),
            file("data/checklist.csv", b"id,result\n"),
            file("report.pdf", &[0, 159, 146, 150]),
        ];
        let assessment = judge(&snapshot, &policy, Verdict::Fail);
        Self { snapshot, catalog: catalog(), policy, assessment, rendered }
    }

    fn write(&self, folder: &Path) -> Result<Digest, WriteError> {
        write(
            folder,
            &PackContents {
                snapshot: &self.snapshot,
                catalog: &self.catalog,
                policy: self.policy.text(),
                assessment: &self.assessment,
                rendered: &self.rendered,
            },
        )
    }
}

fn file(name: &str, bytes: &[u8]) -> Rendered {
    Rendered { file_name: name.to_owned(), media_type: "text/plain", bytes: bytes.to_vec() }
}

fn catalog() -> BTreeMap<String, String> {
    let files =
        [("frameworks/soc2.yaml", "id: soc2\n"), ("checks/bypass_mode_locked_off.yaml", "title: locked\n")];
    files.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

fn judge(snapshot: &Snapshot, policy: &Policy, verdict: Verdict) -> Assessment {
    let check = CheckId::parse("bypass_mode_locked_off").expect("id");
    let finding = Finding {
        fingerprint: Fingerprint::of(&check, "user dev"),
        check,
        basis: Basis::Enforced,
        severity: Severity::High,
        subject: "user dev".to_owned(),
        verdict,
        message: "the lock is only in the user's own file".to_owned(),
        fix: None,
        evidence: Vec::new(),
    };
    let status = Status::from(verdict);
    Assessment {
        gate: None,
        schema: crate::model::SCHEMA.to_owned(),
        tool: Tool { name: "workpaper".to_owned(), version: "0.1.0".to_owned() },
        client_contract: "2.1.240".to_owned(),
        run: Run {
            id: "wp-0123456789ab".to_owned(),
            as_of: snapshot.scope.as_of,
            period: snapshot.scope.period,
            scope: RunScope {
                root: snapshot.scope.root.clone(),
                repositories: vec!["shop".to_owned()],
                ..RunScope::default()
            },
        },
        inputs: Inputs {
            snapshot: snapshot.digest(),
            catalog: Digest::of_files(&catalog()),
            policy: policy.digest(),
        },
        checklist: vec![ControlResult {
            id: ControlId::parse("CL-01").expect("id"),
            item: Some(1),
            text: "an item".to_owned(),
            result: status,
            declared: Status::Undetermined,
            enforced: status,
            operated: Status::Undetermined,
            reason: "because".to_owned(),
            subjects: Subjects { tested: 1, in_scope: 1 },
            findings: vec![finding.fingerprint.clone()],
            attestation: None,
            waiver: None,
        }],
        controls: Vec::new(),
        requirements: Vec::new(),
        counts: Counts::of(std::slice::from_ref(&finding)),
        findings: vec![finding],
        gaps: Vec::new(),
    }
}

fn made() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = folder.path().join("pack");
    Sample::new().write(&pack).expect("a pack");
    (folder, pack)
}

fn stock(pack: &Path, command: &str) -> (bool, String) {
    let done = Command::new("bash").args(["-c", command]).current_dir(pack).output().expect("bash");
    (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Every file of the pack, by name.
fn names(pack: &Path) -> Vec<String> {
    let (_, listing) = stock(pack, "find . -type f | sed 's|^\\./||' | LC_ALL=C sort");
    listing.lines().map(str::to_owned).collect()
}

#[test]
fn stock_tools_accept_it() {
    let (_keep, pack) = made();
    let (good, listing) = stock(&pack, "sha256sum --strict -c manifest.sha256");
    assert!(good, "{listing}");
    assert_eq!(listing.lines().count(), names(&pack).len() - 1, "every file but the manifest itself");

    let readme = fs::read_to_string(pack.join("README.txt")).expect("the readme");
    let command = readme.lines().find(|line| line.trim_start().starts_with("find . ")).expect("the command");
    assert_eq!(stock(&pack, command), (true, String::new()), "the readme's own command finds nothing added");
    fs::write(pack.join("extra"), "").expect("written");
    assert!(stock(&pack, command).1.contains("extra"));

    let assessment = fs::read_to_string(pack.join("assessment.json")).expect("the assessment");
    let assessment = Assessment::parse(&assessment).expect("an assessment");
    let (_, sums) = stock(&pack, "sha256sum snapshot.json policy.yaml");
    let sums: Vec<&str> = sums.lines().map(|line| &line[..64]).collect();
    assert_eq!(sums, [assessment.inputs.snapshot.hex(), assessment.inputs.policy.hex()]);
}

#[test]
fn the_same_contents_give_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (folder.path().join("a"), folder.path().join("below/b"));
    let first = Sample::new().write(&a).expect("a pack");
    assert_eq!(Sample::new().write(&b).expect("a pack"), first);
    let (same, difference) = stock(folder.path(), "diff -r a below/b");
    assert!(same, "{difference}");
    let verification = verify(&a);
    assert!(verification.holds(), "{verification}");
    assert_eq!(verification.digest, Some(first));
    assert_eq!((verification.intact, verification.listed), (10, 10), "{:?}", names(&a));
    assert_eq!(verification.run.as_deref(), Some("wp-0123456789ab"));
}

#[test]
fn a_flip_of_any_byte_is_found_and_the_file_named() {
    let (_keep, pack) = made();
    for name in names(&pack) {
        let path = pack.join(&name);
        let whole = fs::read(&path).expect("the file");
        // Every byte of a short file; of a longer one some hundred, the first and the last among them.
        let stride = whole.len() / 150 + 1;
        for at in (0..whole.len()).step_by(stride).chain([whole.len() - 1]) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(&path, &flipped).expect("written");
            let found = verify(&pack);
            assert!(!found.holds(), "{name} byte {at}");
            if name != "manifest.sha256" {
                let named: Vec<&str> = found.changed.iter().map(|one| one.name.as_str()).collect();
                assert_eq!(named, [name.as_str()], "byte {at}: {found}");
                assert!(found.not_a_pack.is_none());
            }
            // The stock tool reads on over a damaged manifest, so every few bytes are enough here.
            if at % 50 == 0 {
                assert!(
                    !stock(&pack, "sha256sum --strict -c manifest.sha256").0 || name == "manifest.sha256"
                );
            }
        }
        fs::write(&path, whole).expect("written");
    }
    assert!(verify(&pack).holds());
}

#[test]
fn renaming_removing_and_adding_is_found_and_named() {
    let (_keep, pack) = made();
    for name in names(&pack) {
        let (path, away) = (pack.join(&name), pack.join(format!("{name}.bak")));
        fs::rename(&path, &away).expect("renamed");
        let found = verify(&pack);
        assert!(!found.holds());
        if name == "manifest.sha256" {
            assert_eq!(found.not_a_pack.as_deref(), Some("there is no manifest.sha256"));
        } else {
            assert_eq!((found.missing, found.added), (vec![name.clone()], vec![format!("{name}.bak")]));
        }
        fs::rename(&away, &path).expect("renamed back");

        let cut = fs::read(&path).expect("the file");
        fs::write(&path, &cut[..cut.len() - 1]).expect("cut");
        assert!(!verify(&pack).holds(), "{name} cut");
        fs::write(&path, cut).expect("restored");
    }
    for (added, shown) in [
        ("x", "x"),
        (".hidden", ".hidden"),
        ("SNAPSHOT.json", "SNAPSHOT.json"),
        ("a\nb\u{1b}[2J", "a\\nb\\u{1b}[2J"),
    ] {
        fs::write(pack.join(added), "").expect("written");
        assert_eq!(verify(&pack).added, [shown]);
        fs::remove_file(pack.join(added)).expect("removed");
    }
    fs::create_dir_all(pack.join("catalog/empty/deeper")).expect("folders");
    assert_eq!(verify(&pack).added, ["catalog/empty/", "catalog/empty/deeper/"]);
    fs::remove_dir_all(pack.join("catalog/empty")).expect("removed");
    assert!(verify(&pack).holds());
}

#[cfg(unix)]
#[test]
fn links_pipes_and_folders_in_place_of_files_are_found() {
    use std::os::unix::fs::symlink;
    let (keep, pack) = made();
    // The link leads to the very same bytes, outside.
    let copy = keep.path().join("copy");
    fs::rename(pack.join("report.html"), &copy).expect("moved");
    symlink(&copy, pack.join("report.html")).expect("a link");
    symlink("/etc", pack.join("etc")).expect("a link");
    let found = verify(&pack);
    assert_eq!(found.changed[0].name, "report.html");
    assert_eq!(found.added, ["etc"]);
    fs::remove_file(pack.join("report.html")).expect("removed");
    fs::remove_file(pack.join("etc")).expect("removed");

    assert!(Command::new("mkfifo").arg(pack.join("report.html")).status().expect("mkfifo").success());
    assert_eq!(verify(&pack).changed[0].detail, "neither a file nor a folder stands in its place");
    fs::remove_file(pack.join("report.html")).expect("removed");
    fs::create_dir(pack.join("report.html")).expect("a folder");
    assert_eq!(verify(&pack).changed[0].detail, "a folder stands in its place");
    fs::remove_dir(pack.join("report.html")).expect("removed");

    // A whole folder of the pack swapped for a link to a faithful copy.
    fs::rename(&copy, pack.join("report.html")).expect("back");
    fs::rename(pack.join("catalog"), keep.path().join("catalog")).expect("moved");
    symlink(keep.path().join("catalog"), pack.join("catalog")).expect("a link");
    let found = verify(&pack);
    assert_eq!(found.missing, ["catalog/checks/bypass_mode_locked_off.yaml", "catalog/frameworks/soc2.yaml"]);
    assert_eq!(found.added, ["catalog"]);

    fs::remove_file(pack.join("manifest.sha256")).expect("removed");
    symlink("/dev/zero", pack.join("manifest.sha256")).expect("a link");
    assert!(verify(&pack).not_a_pack.is_some(), "an endless manifest");
}

#[test]
fn a_hostile_manifest_reaches_nothing_outside() {
    let (keep, pack) = made();
    fs::write(keep.path().join("secret"), "outside").expect("written");
    let sum = Digest::of_bytes(b"outside").hex().to_owned();
    let good = fs::read_to_string(pack.join("manifest.sha256")).expect("the manifest");
    for line in [
        format!("{sum}  ../secret\n"),
        format!("{sum}  {}\n", keep.path().join("secret").display()),
        format!("{sum}  catalog/../../secret\n"),
        format!("{sum}  a\\..\\secret\n"),
        good.lines().next().map(|line| format!("{line}\n")).expect("a line"),
        good.lines().next().map(|line| format!("{}\n", line.to_uppercase())).expect("a line"),
    ] {
        for text in [format!("{good}{line}"), format!("{line}{good}")] {
            fs::write(pack.join("manifest.sha256"), text).expect("written");
            assert!(
                verify(&pack).not_a_pack.is_some_and(|why| why.contains("manifest.sha256 line")),
                "{line}"
            );
        }
    }
    fs::write(pack.join("manifest.sha256"), "").expect("written");
    assert!(
        verify(&pack).not_a_pack.is_some(),
        "an empty manifest lists nothing, so nothing would be checked"
    );
    assert!(verify(&keep.path().join("nowhere")).not_a_pack.is_some());
    assert!(verify(keep.path()).not_a_pack.is_some());
    assert!(verify(&keep.path().join("secret")).not_a_pack.is_some());
}

#[test]
fn a_file_listed_in_one_manifest_only_is_found() {
    // Whoever adds a file and its line to the stock manifest still disagrees with the other one.
    let (_keep, pack) = made();
    fs::write(pack.join("zz"), "more").expect("written");
    let mut text = fs::read_to_string(pack.join("manifest.sha256")).expect("the manifest");
    text.push_str(&format!("{}  zz\n", Digest::of_bytes(b"more").hex()));
    fs::write(pack.join("manifest.sha256"), text).expect("written");
    assert!(stock(&pack, "sha256sum --strict -c manifest.sha256").0);
    let found = verify(&pack);
    assert_eq!(found.changed[0].name, "manifest.sha256", "{found}");
}

#[test]
fn replaces_an_earlier_pack_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = folder.path().join("pack");
    let mut sample = Sample::new();
    fs::create_dir(&pack).expect("an empty folder");
    sample.write(&pack).expect("into an empty folder");
    sample.rendered.remove(0);
    sample.write(&pack).expect("over an earlier pack");
    assert!(verify(&pack).holds() && !pack.join("report.html").exists());

    fs::write(pack.join("notes.txt"), "the auditor's").expect("written");
    assert!(matches!(sample.write(&pack), Err(WriteError::Guest { name, .. }) if name == "notes.txt"));
    assert_eq!(fs::read_to_string(pack.join("notes.txt")).expect("the notes"), "the auditor's");

    let other = folder.path().join("other");
    fs::create_dir(&other).expect("a folder");
    fs::write(other.join("manifest.json"), "{}").expect("written");
    assert!(matches!(sample.write(&other), Err(WriteError::Occupied(_))));
    assert!(matches!(sample.write(&other.join("manifest.json")), Err(WriteError::Occupied(_))));
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a listing").collect();
    assert_eq!(left.len(), 2, "nothing half-made is left: {left:?}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_keep, pack) = made();
    let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
    assert_eq!((mode(&pack), mode(&pack.join("snapshot.json"))), (0o700, 0o600));
}

#[test]
fn refuses_names_and_inputs_that_do_not_fit() {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = folder.path().join("pack");
    for name in
        ["../out", "a b", "/x", "manifest.json", "MANIFEST.sha256", "snapshot.json", "Report.HTML", "catalog"]
    {
        let mut sample = Sample::new();
        sample.rendered.push(file(name, b""));
        assert!(matches!(sample.write(&pack), Err(WriteError::Name(_))), "{name}");
    }
    let mut sample = Sample::new();
    sample.assessment.inputs.policy = Digest::of_bytes(b"another");
    assert!(matches!(sample.write(&pack), Err(WriteError::Inconsistent("policy"))));
    let mut sample = Sample::new();
    sample.catalog.insert("checks/easier.yaml".to_owned(), String::new());
    assert!(matches!(sample.write(&pack), Err(WriteError::Inconsistent("catalogue"))));
    let mut sample = Sample::new();
    sample.snapshot.scope.root = "elsewhere".to_owned();
    assert!(matches!(sample.write(&pack), Err(WriteError::Inconsistent("snapshot"))));
    assert!(!pack.exists());
}

#[test]
fn judging_again_gives_the_same_or_says_what_differs() {
    let (_keep, pack) = made();
    let sample = Sample::new();
    let same = reperform(&pack, |inputs| {
        assert_eq!(inputs.snapshot, sample.snapshot);
        assert_eq!(inputs.catalog, sample.catalog);
        assert_eq!(inputs.policy, sample.policy.text());
        Ok(judge(&inputs.snapshot, &sample.policy, Verdict::Fail))
    });
    assert_eq!(same, Reperformance::Same);

    let other = reperform(&pack, |inputs| Ok(judge(&inputs.snapshot, &sample.policy, Verdict::Pass)));
    let Reperformance::Differs(differences) = other else { panic!("{other:?}") };
    let told: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert!(told.contains(&"control CL-01: result: recorded \"fail\", now \"pass\"".to_owned()), "{told:#?}");
    assert!(
        told.iter()
            .any(|line| line.contains("(bypass_mode_locked_off, user dev): verdict: recorded \"fail\"")),
        "{told:#?}"
    );

    let fewer = reperform(&pack, |inputs| {
        let mut now = judge(&inputs.snapshot, &sample.policy, Verdict::Fail);
        now.findings.clear();
        Ok(now)
    });
    let Reperformance::Differs(differences) = fewer else { panic!("{fewer:?}") };
    assert_eq!((differences[0].recorded.as_str(), differences[0].now.as_str()), ("there", "not there"));

    let newer = reperform(&pack, |inputs| {
        let mut now = judge(&inputs.snapshot, &sample.policy, Verdict::Fail);
        now.tool.version = "9.9.9".to_owned();
        Ok(now)
    });
    assert!(
        matches!(newer, Reperformance::NotComparable(why) if why.contains("judge it again with that program"))
    );
    let refused = reperform(&pack, |_| Err("the catalogue has mistakes".to_owned()));
    assert_eq!(refused, Reperformance::NotComparable("the catalogue has mistakes".to_owned()));
}

#[test]
fn an_assessment_whose_digests_were_written_anew_is_found_by_judging_again() {
    // Somebody turns the failure into a pass and writes both manifests anew: every digest agrees.
    let (_keep, pack) = made();
    let mut sample = Sample::new();
    sample.assessment = judge(&sample.snapshot, &sample.policy, Verdict::Pass);
    sample.write(&pack).expect("a pack");
    assert!(verify(&pack).holds());
    let found = reperform(&pack, |inputs| Ok(judge(&inputs.snapshot, &sample.policy, Verdict::Fail)));
    assert!(matches!(found, Reperformance::Differs(_)), "{found:?}");

    fs::write(pack.join("policy.yaml"), "changed").expect("written");
    let found = reperform(&pack, |_| panic!("a changed pack is not judged"));
    assert!(matches!(found, Reperformance::NotComparable(why) if why.contains("policy.yaml")));
}

#[test]
fn the_real_evaluation_is_performed_again_from_the_pack_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = folder.path().join("pack");
    let (builtin, policy) = (Catalog::builtin().expect("the catalogue"), Policy::default());
    let snapshot = Sample::new().snapshot;
    let assessment = evaluate(&snapshot, &builtin, &policy);
    let contents = PackContents {
        snapshot: &snapshot,
        catalog: builtin.files(),
        policy: policy.text(),
        assessment: &assessment,
        rendered: &[],
    };
    write(&pack, &contents).expect("a pack");
    assert!(verify(&pack).holds());
    let again = |inputs: &PackInputs| {
        let catalog = Catalog::parse(&inputs.catalog).map_err(|problems| format!("{problems:?}"))?;
        let policy = Policy::parse(&inputs.policy, "policy.yaml", &KnownIds::default());
        let policy = policy.map_err(|problems| format!("{problems:?}"))?;
        Ok(evaluate(&inputs.snapshot, &catalog, &policy))
    };
    assert_eq!(reperform(&pack, again), Reperformance::Same);
}
