//! Two small assessments, and what is said of their difference.

use super::*;
use crate::{
    evaluate::gate::tests::{changed, example, finding},
    model::Basis,
};

#[test]
fn the_same_is_empty() {
    let none = diff(&example(), &example());
    assert!(none.is_empty() && none.inputs.is_empty());
}

#[test]
fn says_what_got_worse_better_new_and_lost() {
    let later = changed(|findings| {
        for one in findings.iter_mut() {
            match one.check.as_str() {
                "mode_set" => one.verdict = Verdict::Fail,
                "model_pinned" => one.verdict = Verdict::Pass,
                "logs_kept" => one.message = "otherwise".to_owned(),
                _ => {}
            }
        }
        findings.retain(|one| one.subject != "user bo");
        findings.push(finding("newer", Basis::Enforced, "user ana", Verdict::Pass));
    });
    let found = diff(&example(), &later);
    let findings: Vec<(&str, &str, Move)> = found
        .findings
        .iter()
        .map(|change| (change.check.as_str(), change.subject.as_str(), change.direction))
        .collect();
    assert_eq!(
        findings,
        [
            ("logs_kept", "deployment", Move::Other),
            ("mode_locked", "user bo", Move::Disappeared),
            ("mode_set", "user ana", Move::Worse),
            ("model_pinned", "deployment", Move::Better),
            ("newer", "user ana", Move::Appeared),
        ]
    );
    let controls: Vec<(&str, Move)> =
        found.controls.iter().map(|change| (change.id.as_str(), change.direction)).collect();
    assert_eq!(controls, [("CL-01", Move::Worse), ("EX-09", Move::Better)]);
    let first = &found.controls[0];
    assert_eq!(first.result, Some(Change { before: Some(Status::Pass), after: Some(Status::Fail) }));
    assert_eq!(first.declared, Some(Change { before: Some(Status::Pass), after: Some(Status::Fail) }));
    assert_eq!(first.enforced, None);
    assert_eq!(first.tested, Some(Change { before: Some(2), after: Some(1) }));

    let back = diff(&later, &example());
    assert_eq!(back.controls[0].direction, Move::Better);
}

#[test]
fn controls_that_are_gone_come_last() {
    let mut later = example();
    later.checklist.remove(0);
    later.inputs.catalog = crate::model::Digest::of_bytes(b"another");
    later.tool.version = "0.3.0".to_owned();
    let found = diff(&example(), &later);
    assert_eq!(found.inputs, ["catalog", "program"]);
    assert_eq!(found.controls.len(), 1);
    assert_eq!((found.controls[0].id.as_str(), found.controls[0].direction), ("CL-01", Move::Disappeared));
}
