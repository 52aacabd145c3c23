//! The organisation's scope through the real program: users left out, repositories that must be there.

use std::fs;

use serde_json::Value;

use crate::program::{lay_out, workpaper};

fn judged(policy: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let mut arguments = vec!["check".to_owned(), "--format".into(), "json".into()];
    arguments.extend(lay_out("guide-verbatim", folder.path()));
    let text = format!("schema: workpaper/policy/v1\n{policy}");
    fs::write(folder.path().join("scope.yaml"), text).expect("a policy");
    arguments.extend(["--policy".to_owned(), "scope.yaml".into()]);
    let ended = workpaper(folder.path(), &arguments);
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.err))
}

fn subjects(assessment: &Value) -> Vec<&str> {
    let findings = assessment["findings"].as_array().expect("findings");
    findings.iter().filter_map(|finding| finding["subject"].as_str()).collect()
}

#[test]
fn a_user_left_out_is_not_judged_and_is_named_with_the_reason() {
    let whole = judged("");
    assert!(subjects(&whole).iter().any(|subject| subject.contains("reviewer")));
    let without = judged("scope:\n  users:\n    exclude:\n      - {name: reviewer, reason: left in June}\n");
    let left: Vec<&str> =
        subjects(&without).into_iter().filter(|subject| subject.contains("reviewer")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(subjects(&without).iter().any(|subject| subject.contains("user dev")));
    let named = &without["run"]["scope"]["left_out"][0];
    assert_eq!(
        (named["subject"].as_str(), named["reason"].as_str()),
        (Some("user reviewer"), Some("left in June"))
    );
}

#[test]
fn a_repository_in_scope_that_was_not_given_is_unknown() {
    let judged = judged("scope:\n  repositories: [shop, billing]\n");
    let of_billing: Vec<&Value> = judged["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["subject"].as_str().is_some_and(|subject| subject.contains("billing")))
        .collect();
    assert!(!of_billing.is_empty());
    let passed: Vec<&&Value> = of_billing.iter().filter(|finding| finding["verdict"] == "pass").collect();
    assert!(passed.is_empty(), "{passed:?}");
    let gaps = judged["gaps"].as_array().expect("gaps");
    assert!(gaps.iter().any(|gap| gap["source"] == "repo:billing"), "{gaps:?}");
}

#[test]
fn a_mistyped_path_is_an_error_and_not_an_empty_deployment() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = lay_out("hardened", folder.path());
    for (flag, path) in [("--repo", "repos/shp"), ("--logs", "no.log")] {
        let mut all = vec!["check".to_owned()];
        all.extend(arguments.clone());
        all.extend([flag.to_owned(), path.to_owned()]);
        let ended = workpaper(folder.path(), &all);
        assert_eq!(ended.code, Some(3), "{}", ended.err);
        assert!(ended.err.contains(path) && ended.err.contains(flag), "{}", ended.err);
    }
}
