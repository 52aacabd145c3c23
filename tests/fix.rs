//! `fix` shows what it would change and changes nothing; applied, it makes the items pass that files can decide.

use std::{collections::BTreeMap, fs, path::Path};

use workpaper::{
    catalog::{Battery, Catalog, batteries},
    collect::{Request, collect_and_probe},
    evaluate::evaluate,
    model::{Assessment, Period, Status},
    policy::Policy,
};

use crate::{
    cards::{bubblewrap_works, probing},
    program::{self, lay_out, workpaper},
    samples,
};

const VALUES: [&str; 6] = [
    "--value",
    "organisation=7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "--value",
    "proxy=http://proxy.corp.example:3128",
    "--value",
    "telemetry=https://telemetry.corp.example:4318",
];
/// Rounds until nothing is left to write: a lock that one round sets makes rules dead that the next one takes out.
const ROUNDS: usize = 4;
/// Items whose enforced answer rests on files alone. Who owns the log, and how it is rotated and forwarded (7 and 8), is
/// for the administrator of the host; 13 to 15 are for people.
const DECIDED_BY_FILES: [&str; 10] =
    ["CL-01", "CL-02", "CL-03", "CL-04", "CL-05", "CL-06", "CL-09", "CL-10", "CL-11", "CL-12"];

fn fix(folder: &Path, deployment: &[String], more: &[&str]) -> String {
    let mut arguments = vec!["fix".to_owned()];
    arguments.extend(deployment.to_vec());
    arguments.extend(VALUES.iter().chain(more).map(|word| (*word).to_owned()));
    let ended = workpaper(folder, &arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    ended.out
}

#[test]
fn a_diff_is_shown_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let deployment = lay_out("guide-verbatim", folder.path());
    let before = samples::files(folder.path());
    let out = fix(folder.path(), &deployment, &[]);
    assert!(samples::files(folder.path()) == before, "a file changed without --apply");
    for shown in [
        "+++ b/etc/claude-code/managed-settings.json\n",
        "--- a/home/admin/.claude/settings.json\n",
        "-      \"Bash(*)\",\n",
        "+++ b/usr/local/lib/claude-code/hooks/guard-credentials.sh\n",
        "# bypass_mode_locked_off: ",
        "+        \"TRACKER_TOKEN\": \"${TRACKER_TOKEN}\"\n",
    ] {
        assert!(out.contains(shown), "{shown}\n{out}");
    }
    assert!(!out.contains("tok_4pQ7"), "a secret is shown");
}

#[test]
fn what_only_the_organisation_knows_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut arguments = vec!["fix".to_owned(), "login_restricted_by_managed_settings".to_owned()];
    arguments.extend(lay_out("guide-verbatim", folder.path()));
    let ended = workpaper(folder.path(), &arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("--value organisation=…") && ended.out.contains("# 0 files shown"),
        "{}",
        ended.out
    );
    let wrong = workpaper(folder.path(), &["fix", "no_such_check", "--root", "root"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
}

#[test]
fn the_rest_of_a_file_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let deployment = lay_out("unmanaged-laptop", folder.path());
    let settings = folder.path().join("root/home/sam/.claude/settings.json");
    fix(folder.path(), &deployment, &["--apply", "no_allow_rule_grants_arbitrary_code"]);
    let after = fs::read_to_string(&settings).expect("settings");
    let original = fs::read_to_string(
        program::sample_folder("unmanaged-laptop").join("root/home/sam/.claude/settings.json"),
    );
    let expected = original.expect("settings").replace("      \"Bash(*)\",\n", "");
    assert_eq!(after, expected, "one rule is gone, and nothing else");
}

#[test]
fn applied_to_the_guide_the_items_pass() {
    applied("guide-verbatim");
}

#[test]
fn applied_to_a_laptop_that_nobody_manages_the_items_pass() {
    applied("unmanaged-laptop");
}

fn applied(sample: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let deployment = lay_out(sample, folder.path());
    // No change of settings updates the client: somebody did.
    let package = folder.path().join("root/usr/lib/node_modules/@anthropic-ai/claude-code/package.json");
    fs::create_dir_all(package.parent().expect("a folder")).expect("a folder");
    fs::write(&package, r#"{"name": "@anthropic-ai/claude-code", "version": "2.1.321"}"#).expect("a file");
    let last = (0..ROUNDS)
        .map(|_| fix(folder.path(), &deployment, &["--apply"]))
        .find(|out| out.contains("# 0 files written"));
    assert!(last.is_some(), "{sample}: after {ROUNDS} rounds something is still written");
    own_what_is_new(&folder.path().join("root"));

    if !bubblewrap_works() {
        eprintln!("skipped: bubblewrap is not here, or may not make namespaces");
        return;
    }
    let assessment = judged(folder.path());
    for item in &assessment.checklist {
        let id = item.id.to_string();
        if DECIDED_BY_FILES.contains(&id.as_str()) {
            assert_eq!(item.enforced, Status::Pass, "{sample}: {id}: {}", item.reason);
        }
    }
}

/// The copy's list of owners, for files that an administrator has installed.
fn own_what_is_new(root: &Path) {
    let path = root.join(".mtree");
    let mut list = fs::read_to_string(&path).expect("a list of owners");
    for (file, _) in samples::files(root) {
        let mut below = String::from(".");
        for part in file.split('/') {
            below = format!("{below}/{part}");
            let whole = root.join(below.trim_start_matches("./"));
            let kind = if whole.is_dir() {
                "dir mode=0755"
            } else if below.ends_with(".sh") {
                "file mode=0755"
            } else {
                "file mode=0644"
            };
            let known = list.lines().any(|line| line.split(' ').next() == Some(&below));
            if !known && part != ".mtree" {
                list.push_str(&format!("{below} type={kind} uid=0 gid=0\n"));
            }
        }
    }
    fs::write(path, list).expect("a list of owners");
}

/// Judged with the hooks run, on the calls that decide verdicts.
fn judged(folder: &Path) -> Assessment {
    let catalog = Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:#?}"));
    let batteries = decisive(&catalog);
    let repositories =
        fs::read_dir(folder.join("repos")).expect("repositories").flatten().map(|entry| entry.path());
    let request = Request {
        repositories: repositories.collect(),
        ..Request::new(
            folder.join("root"),
            "root",
            Period::parse("2026-Q3").expect("a quarter"),
            "2026-10-01T09:00:00Z".parse().expect("a time"),
        )
    };
    let running = probing(&batteries, true);
    let snapshot = collect_and_probe(&request, &running).expect("a root that is there");
    evaluate(&snapshot, &catalog, &Policy::default())
}

/// The batteries without what is only counted.
pub fn decisive(catalog: &Catalog) -> Vec<Battery> {
    let files: BTreeMap<String, String> = catalog.files().clone();
    let mut all = batteries(&files).expect("the built-in batteries");
    for battery in &mut all {
        for list in [&mut battery.stop, &mut battery.pass] {
            if list.iter().any(|canary| canary.baseline) {
                list.retain(|canary| canary.baseline);
            }
        }
    }
    all
}
