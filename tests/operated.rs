//! The samples' logs get the operated answers that their stories promise.

use std::path::Path;

use workpaper::{
    catalog::Catalog,
    collect::{HistoryRequest, Request, collect},
    evaluate::evaluate,
    model::{Assessment, Period, Snapshot, Verdict},
    policy::Policy,
};

fn asked() -> Request<'static> {
    Request {
        root: std::path::PathBuf::new(),
        root_name: "root".to_owned(),
        repositories: Vec::new(),
        logs: Vec::new(),
        documents: Vec::new(),
        history: Some(HistoryRequest::default()),
        period: Period::parse("2026-Q3").expect("a quarter"),
        as_of: "2026-10-01T09:00:00Z".parse().expect("a time"),
        earlier: None,
        progress: &|_| {},
    }
}

fn snapshot(sample: &str) -> Snapshot {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(sample).join("root");
    collect(&Request { root, ..asked() }).unwrap_or_else(|error| panic!("{sample}: {error}"))
}

fn assessed(sample: &str) -> Assessment {
    let catalog = Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:#?}"));
    evaluate(&snapshot(sample), &catalog, &Policy::default())
}

fn answer<'a>(assessment: &'a Assessment, check: &str) -> (Verdict, &'a str) {
    let mut mine = assessment.findings.iter().filter(|finding| finding.check.as_str() == check);
    let first = mine.next().unwrap_or_else(|| panic!("no finding of {check}"));
    assert!(mine.next().is_none(), "{check} has one subject here");
    (first.verdict, &first.message)
}

#[test]
fn the_guides_own_log_is_no_record_of_tool_calls() {
    let assessment = assessed("guide-verbatim");
    let (verdict, message) = answer(&assessment, "tool_calls_recorded_in_period");
    assert_eq!(verdict, Verdict::Fail);
    for reason in
        ["do not parse as written", "80 of 80 records name no person", "all 80 outcomes are `success`"]
    {
        assert!(message.contains(reason), "{reason} is not in: {message}");
    }
    // It names no mode, so the absence of bypass sessions cannot be shown: absence of data is no absence of events.
    assert_eq!(answer(&assessment, "no_bypass_sessions_in_period").0, Verdict::Undetermined);
    assert_eq!(answer(&assessment, "file_changes_logged_in_period").0, Verdict::Fail);
    assert_eq!(answer(&assessment, "audit_log_current_and_continuous").0, Verdict::Pass);
}

#[test]
fn the_hardened_log_passes_what_it_can_show() {
    let assessment = assessed("hardened");
    for check in [
        "tool_calls_recorded_in_period",
        "audit_log_current_and_continuous",
        "oldest_record_reaches_back_ninety_days",
        "no_bypass_sessions_in_period",
    ] {
        let (verdict, message) = answer(&assessment, check);
        assert_eq!(verdict, Verdict::Pass, "{check}: {message}");
    }
    // The log keeps digests and no commands, so what ran cannot be told from it.
    assert_eq!(answer(&assessment, "no_destructive_command_succeeded_in_period").0, Verdict::Undetermined);
}

#[test]
fn the_same_logs_at_another_place_make_the_same_observation() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/hardened/root");
    let folder = tempfile::tempdir().expect("a folder");
    copy(&from, &folder.path().join("elsewhere"));
    let request = Request { root: folder.path().join("elsewhere"), ..asked() };
    let there = collect(&request).expect("a copy");
    let records = |snapshot: &Snapshot| -> Vec<String> {
        let mine = snapshot.observations.iter().filter(|observation| observation.collector == "activity");
        mine.map(|observation| observation.id.to_string()).collect()
    };
    let here = records(&snapshot("hardened"));
    assert_eq!(here.len(), 2, "what was done, and what one kind of record says of another");
    assert_eq!(here, records(&there));
}

/// One weakness in a good log turns one item red, and no other.
#[test]
fn a_planted_weakness_turns_its_own_item_red() {
    let good = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/hardened/root/var/log/claude-code/audit.log"),
    )
    .expect("the sample's log");
    let last = good.lines().last().expect("a record").to_owned() + "\n";
    let replaced = |from: &str, to: &str| {
        assert!(last.contains(from), "{from}");
        good.clone() + &last.replace(from, to)
    };
    let until_august: String = good
        .lines()
        .filter(|line| line[..40].contains("-07-") || line[..40].contains("-08-"))
        .map(|line| format!("{line}\n"))
        .collect();
    let guide = "{\n\"timestamp\": \"2026-09-30T23:00:00Z\",\n\"user\": \"dev\",\n\"tool\": \"Bash\",\n\
                 \"input_summary\": \"{\"command\":\"ls\"}\",\n\"output_length\": 5,\n\"status\": \"success\"\n}\n";
    let planted = [
        ("nothing", good.clone(), None),
        ("nobody", replaced("\"user\":\"dev\"", "\"user\":\"unknown\""), Some("CL-04")),
        ("several lines", good.clone() + guide, Some("CL-04")),
        (
            "bypass",
            replaced("\"permission_mode\":\"default\"", "\"permission_mode\":\"bypassPermissions\""),
            Some("CL-01"),
        ),
        ("cut off", until_august, Some("CL-07")),
        ("future", replaced("\"time\":\"2026-09-30", "\"time\":\"2031-09-30"), Some("CL-07")),
        ("empty", String::new(), Some("CL-07")),
    ];
    let catalog = Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:#?}"));
    for (what, log, red) in planted {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/hardened/root"), folder.path());
        std::fs::write(folder.path().join("var/log/claude-code/audit.log"), log).expect("a log");
        let request = Request { root: folder.path().to_owned(), ..asked() };
        let assessment = evaluate(&collect(&request).expect("a copy"), &catalog, &Policy::default());
        let failing: Vec<&str> = assessment
            .checklist
            .iter()
            .filter(|item| item.operated.word() == "fail")
            .map(|item| item.id.as_str())
            .collect();
        assert_eq!(failing, red.into_iter().collect::<Vec<_>>(), "{what}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            std::fs::copy(entry.path(), target).map(|_| ()).expect("a file")
        }
    }
}
