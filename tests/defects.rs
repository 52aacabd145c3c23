//! What is wrong with the guide's own deployment: every defect of the list is reported, with file, reason and fix.

use std::collections::BTreeSet;

use serde_json::Value;
use workpaper::{
    catalog::Catalog,
    collect::{Request, collect_and_probe},
    evaluate::evaluate,
    model::Period,
    policy::Policy,
};

use crate::{
    cards::{bubblewrap_works, probing},
    fix::decisive,
    program::sample_folder,
    samples,
};

/// One row of `samples/guide-verbatim/defects.tsv`.
struct Defect {
    id: String,
    /// Whether the hooks must be run for it.
    run: bool,
    check: String,
    file: String,
    says: String,
}

fn defects() -> Vec<Defect> {
    let path = sample_folder("guide-verbatim").join("defects.tsv");
    let text = std::fs::read_to_string(path).expect("the list of defects");
    let rows = text.lines().filter(|row| !row.starts_with('#')).skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [id, run, what, check, file, says] = cells[..] else { panic!("six cells are expected: {row}") };
        assert!(!what.is_empty() && says.len() > 5, "{row}");
        let [id, check, file, says] = [id, check, file, says].map(str::to_owned);
        Defect { id, run: run == "run", check, file, says }
    })
    .collect()
}

/// The defects that no failing finding reports with the file, the words and a fix.
fn lost(assessment: &Value, defects: &[&Defect]) -> Vec<String> {
    let findings = assessment["findings"].as_array().expect("findings");
    let reports = |defect: &Defect, finding: &Value| {
        let cites = |evidence: &Value| evidence["source"] == *defect.file;
        finding["check"] == *defect.check
            && finding["verdict"] == "fail"
            && finding["message"].as_str().is_some_and(|message| message.contains(&defect.says))
            && finding["evidence"].as_array().is_some_and(|cited| cited.iter().any(cites))
            && finding["fix"].as_str().is_some_and(|fix| fix.len() > 10)
    };
    let lost = defects.iter().filter(|defect| !findings.iter().any(|finding| reports(defect, finding)));
    lost.map(|defect| {
        format!("{}: {} does not say `{}` of {}", defect.id, defect.check, defect.says, defect.file)
    })
    .collect()
}

#[test]
fn every_defect_of_the_guide_is_reported() {
    let all = defects();
    let ids: BTreeSet<&str> = all.iter().map(|defect| defect.id.as_str()).collect();
    assert!(all.len() >= 66 && ids.len() == all.len(), "{} rows, {} ids", all.len(), ids.len());
    let sample =
        samples::assessed().iter().find(|sample| sample.name == "guide-verbatim").expect("the sample");
    let read: Vec<&Defect> = all.iter().filter(|defect| !defect.run).collect();
    let lost = lost(&samples::assessment(&sample.first), &read);
    assert!(lost.is_empty(), "{} of {} are lost:\n{}", lost.len(), read.len(), lost.join("\n"));
}

#[test]
fn every_defect_that_running_shows_is_reported() {
    if !bubblewrap_works() {
        eprintln!("skipped: bubblewrap is not here, or may not make namespaces");
        return;
    }
    let catalog = Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:#?}"));
    let batteries = decisive(&catalog);
    let request = Request::new(
        sample_folder("guide-verbatim").join("root"),
        "root",
        Period::parse("2026-Q3").expect("a quarter"),
        "2026-10-01T09:00:00Z".parse().expect("a time"),
    );
    let running = probing(&batteries, false);
    let snapshot = collect_and_probe(&request, &running).expect("a root that is there");
    let assessment = serde_json::to_value(evaluate(&snapshot, &catalog, &Policy::default())).expect("JSON");
    let all = defects();
    let run: Vec<&Defect> = all.iter().filter(|defect| defect.run).collect();
    let lost = lost(&assessment, &run);
    assert!(lost.is_empty(), "{} of {} are lost:\n{}", lost.len(), run.len(), lost.join("\n"));
}

/// The comparison itself: an assessment without the finding, or with an empty fix, loses the row.
#[test]
fn a_lost_row_is_seen() {
    let defect = Defect {
        id: "x".into(),
        run: false,
        check: "a_check".into(),
        file: "etc/x".into(),
        says: "the words".into(),
    };
    let finding = |verdict: &str, fix: &str, file: &str| {
        serde_json::json!({"findings": [{"check": "a_check", "verdict": verdict, "message": "all the words", "fix": fix,
            "evidence": [{"source": file}]}]})
    };
    assert!(lost(&finding("fail", "Do that instead.", "etc/x"), &[&defect]).is_empty());
    for other in [
        finding("pass", "Do that instead.", "etc/x"),
        finding("fail", "", "etc/x"),
        finding("fail", "Do that instead.", "etc/y"),
        serde_json::json!({"findings": []}),
    ] {
        assert_eq!(lost(&other, &[&defect]).len(), 1, "{other}");
    }
}
