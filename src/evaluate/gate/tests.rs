//! The gate, asked about small assessments that differ from a baseline in one thing each.

use super::*;
use crate::{
    evaluate::gate::ReasonClass::{
        BasisDisappeared, BasisNoLongerPasses, CheckDisappeared, ControlDisappeared, Expired, Fails,
        FewerSubjects, MappingWeakened, NewFailure, NoLongerPasses, NothingEvaluated, OlderProgram,
        OtherFailure, ScopeNarrowed, SevereFailure, SeverityLowered, SubjectNotTested, Undecided,
    },
    model::{
        Basis, Counts, Coverage, Digest, Evidence, Fingerprint, FrameworkId, Inputs, Period, RequirementId,
        RequirementResult, Run, RunScope, SCHEMA, Severity, Subjects, Tool,
    },
    policy::KnownIds,
};

pub(in crate::evaluate) fn finding(check: &str, basis: Basis, subject: &str, verdict: Verdict) -> Finding {
    let check = CheckId::parse(check).expect("id");
    Finding {
        fingerprint: Fingerprint::of(&check, subject),
        check,
        basis,
        severity: Severity::High,
        subject: subject.to_owned(),
        verdict,
        message: format!("{verdict} in 3 places"),
        fix: None,
        evidence: Vec::new(),
    }
}

/// A control over the findings of these checks, combined as the evaluation does.
pub(in crate::evaluate) fn control(id: &str, checks: &[&str], findings: &[Finding]) -> ControlResult {
    let mine: Vec<&Finding> =
        findings.iter().filter(|finding| checks.contains(&finding.check.as_str())).collect();
    let on = |basis: Basis| {
        let verdicts = mine.iter().filter(|finding| finding.basis == basis).map(|finding| finding.verdict);
        Status::from(Verdict::worst(verdicts))
    };
    let tested = |finding: &&&Finding| matches!(finding.verdict, Verdict::Pass | Verdict::Fail);
    let subjects: BTreeSet<&str> =
        mine.iter().filter(tested).map(|finding| finding.subject.as_str()).collect();
    ControlResult {
        id: ControlId::parse(id).expect("id"),
        item: id.strip_prefix("CL-").and_then(|digits| digits.parse().ok()),
        text: "an item".to_owned(),
        result: Verdict::worst(mine.iter().map(|finding| finding.verdict)).into(),
        declared: on(Basis::Declared),
        enforced: on(Basis::Enforced),
        operated: on(Basis::Operated),
        reason: "the reason".to_owned(),
        subjects: Subjects { tested: subjects.len() as u64, in_scope: subjects.len() as u64 },
        findings: mine.iter().map(|finding| finding.fingerprint.clone()).collect(),
        attestation: None,
        waiver: None,
    }
}

/// Two items and one other control over five findings that all pass, and one that fails.
pub(in crate::evaluate) fn example() -> Assessment {
    let findings = vec![
        finding("logs_kept", Basis::Declared, "deployment", Verdict::Pass),
        finding("logs_kept_long", Basis::Operated, "deployment", Verdict::Pass),
        finding("mode_locked", Basis::Enforced, "user ana", Verdict::Pass),
        finding("mode_locked", Basis::Enforced, "user bo", Verdict::Pass),
        finding("mode_set", Basis::Declared, "user ana", Verdict::Pass),
        finding("model_pinned", Basis::Declared, "deployment", Verdict::Fail),
    ];
    let with = |findings: Vec<Finding>| Assessment {
        gate: None,
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "workpaper".to_owned(), version: "0.2.0".to_owned() },
        client_contract: "2.1.240".to_owned(),
        run: Run {
            id: "wp-1".to_owned(),
            as_of: "2026-10-01T09:00:00Z".parse().expect("an instant"),
            period: Period::parse("2026-Q3").expect("a quarter"),
            scope: RunScope {
                root: "/".to_owned(),
                repositories: vec!["api".to_owned(), "shop".to_owned()],
                ..RunScope::default()
            },
        },
        inputs: Inputs {
            snapshot: Digest::of_bytes(b"s"),
            catalog: Digest::of_bytes(b"c"),
            policy: Digest::of_bytes(b"p"),
        },
        checklist: vec![
            control("CL-01", &["mode_locked", "mode_set"], &findings),
            control("CL-08", &["logs_kept", "logs_kept_long"], &findings),
        ],
        controls: vec![control("EX-09", &["model_pinned"], &findings)],
        requirements: vec![RequirementResult {
            framework: FrameworkId::parse("soc2").expect("id"),
            id: RequirementId::parse("CC6.1").expect("id"),
            status: Status::Pass,
            controls: vec![ControlId::parse("CL-01").expect("id"), ControlId::parse("EX-09").expect("id")],
            coverage: Coverage::Partial,
        }],
        counts: Counts::of(&findings),
        findings,
        gaps: Vec::new(),
    };
    with(findings)
}

/// The example with its findings changed, and the controls made anew from them.
pub(in crate::evaluate) fn changed(change: impl FnOnce(&mut Vec<Finding>)) -> Assessment {
    let mut assessment = example();
    change(&mut assessment.findings);
    let findings = &assessment.findings;
    assessment.checklist = vec![
        control("CL-01", &["mode_locked", "mode_set"], findings),
        control("CL-08", &["logs_kept", "logs_kept_long"], findings),
    ];
    assessment.controls = vec![control("EX-09", &["model_pinned"], findings)];
    assessment.counts = Counts::of(findings);
    assessment
}

fn set(findings: &mut [Finding], check: &str, subject: &str, change: impl FnOnce(&mut Finding)) {
    let found =
        findings.iter_mut().find(|finding| finding.check.as_str() == check && finding.subject == subject);
    change(found.expect("a finding of the example"));
}

fn regressions(now: &Assessment) -> Gate {
    gate(now, Some(&example()), &FailOn::regressions()).expect("a gate")
}

fn classes(gate: &Gate) -> Vec<ReasonClass> {
    let mut classes: Vec<ReasonClass> = gate.reasons.iter().map(|reason| reason.class).collect();
    classes.dedup();
    classes
}

fn known() -> KnownIds {
    KnownIds {
        controls: example().all_controls().map(|control| control.id.clone()).collect(),
        ..KnownIds::default()
    }
}

fn words(words: &[&str]) -> FailOn {
    FailOn::parse(words.iter().copied(), &known()).expect("words")
}

#[test]
fn without_a_baseline_failing_items_close() {
    let open = gate(&example(), None, &FailOn::default()).expect("a gate");
    assert_eq!(
        open,
        Gate { open: true, reasons: Vec::new(), exit: 0 },
        "a control off the checklist does not close"
    );

    let failing =
        changed(|findings| set(findings, "mode_set", "user ana", |one| one.verdict = Verdict::Fail));
    let closed = gate(&failing, None, &FailOn::default()).expect("a gate");
    assert_eq!((closed.open, closed.exit, classes(&closed)), (false, 1, vec![Fails]));
    assert_eq!(closed.reasons[0].control.as_ref().map(ControlId::as_str), Some("CL-01"));

    let unknown =
        changed(|findings| set(findings, "mode_set", "user ana", |one| one.verdict = Verdict::Undetermined));
    assert!(gate(&unknown, None, &FailOn::default()).expect("a gate").open);
    let strict = gate(&unknown, None, &FailOn::strict()).expect("a gate");
    assert_eq!((strict.exit, classes(&strict)), (1, vec![Undecided]));
}

#[test]
fn severities_and_controls_can_be_asked_for() {
    let severe = |word| gate(&example(), None, &words(&[word])).expect("a gate");
    assert_eq!(classes(&severe("high")), [SevereFailure]);
    assert_eq!(classes(&severe("low")), [SevereFailure]);
    assert!(severe("critical").open);
    assert_eq!(classes(&severe("EX-09")), [Fails]);
    assert!(severe("CL-08").open);

    let mut gone = example();
    gone.controls.clear();
    assert_eq!(
        classes(&gate(&gone, None, &words(&["EX-09"])).expect("a gate")),
        [Undecided],
        "absent is not passed"
    );
    assert_eq!(gate(&example(), None, &FailOn::regressions()), Err(GateError::AlwaysOpen));
}

#[test]
fn nothing_evaluated_is_never_open() {
    let silent = changed(|findings| findings.iter_mut().for_each(|one| one.verdict = Verdict::NotApplicable));
    let unknown = changed(|findings| findings.iter_mut().for_each(|one| one.verdict = Verdict::Undetermined));
    let empty = changed(Vec::clear);
    let mut listless = example();
    listless.checklist.clear();
    for assessment in [silent, unknown, empty, listless] {
        let closed = gate(&assessment, None, &words(&["critical"])).expect("a gate");
        assert_eq!((closed.open, closed.exit, classes(&closed)), (false, 5, vec![NothingEvaluated]));
    }
}

#[test]
fn the_first_code_wins_and_every_reason_is_told() {
    let mut all = example();
    all.checklist[0].result = Status::Fail;
    all.checklist[1].result = Status::Expired;
    let closed = gate(&all, None, &FailOn::default()).expect("a gate");
    assert_eq!((closed.exit, classes(&closed)), (1, vec![Fails, Expired]));
    all.findings.clear();
    let closed = gate(&all, None, &FailOn::default()).expect("a gate");
    assert_eq!((closed.exit, classes(&closed)), (5, vec![NothingEvaluated, Fails, Expired]));
    let mut expired = example();
    expired.checklist[1].result = Status::Expired;
    let closed = gate(&expired, None, &words(&["critical"])).expect("a gate");
    assert_eq!((closed.exit, classes(&closed)), (6, vec![Expired]), "whatever closes, an expiry does");
}

#[test]
fn an_unchanged_run_is_open_against_its_baseline() {
    assert!(regressions(&example()).open, "an old failure was accepted with the baseline");
    let with_fail = gate(&example(), Some(&example()), &words(&["high"])).expect("a gate");
    assert_eq!(classes(&with_fail), [SevereFailure], "unless it is asked for");

    // Better in everything: more subjects, more checks, a failure gone, a longer period.
    let mut better = changed(|findings| {
        set(findings, "model_pinned", "deployment", |one| one.verdict = Verdict::Pass);
        findings.push(finding("mode_locked", Basis::Enforced, "user cy", Verdict::Pass));
        findings.push(finding("newer", Basis::Enforced, "user cy", Verdict::Pass));
    });
    better.run.scope.repositories.push("web".to_owned());
    better.run.period = Period::parse("2026-Q4").expect("a quarter");
    better.tool.version = "0.10.0".to_owned();
    let gate = regressions(&better);
    assert!(gate.open, "{gate:#?}");
}

/// A name, what is changed, the classes of the reasons, the code.
type Loss = (&'static str, Assessment, &'static [ReasonClass], u8);

fn losses() -> Vec<Loss> {
    let verdict = |check: &'static str, subject: &'static str, verdict| {
        changed(|findings| set(findings, check, subject, |one| one.verdict = verdict))
    };
    let edited = |edit: fn(&mut Assessment)| {
        let mut assessment = example();
        edit(&mut assessment);
        assessment
    };
    vec![
        (
            "an item fails",
            verdict("mode_locked", "user bo", Verdict::Fail),
            &[NoLongerPasses, BasisNoLongerPasses, NewFailure],
            1,
        ),
        (
            "an item cannot be decided",
            verdict("mode_locked", "user bo", Verdict::Undetermined),
            &[FewerSubjects, SubjectNotTested, NoLongerPasses, BasisNoLongerPasses],
            5,
        ),
        (
            "a subject is called not applicable",
            verdict("mode_locked", "user bo", Verdict::NotApplicable),
            &[FewerSubjects, SubjectNotTested],
            5,
        ),
        (
            "a subject is gone",
            changed(|findings| findings.retain(|one| one.subject != "user bo")),
            &[FewerSubjects, SubjectNotTested],
            5,
        ),
        (
            "one subject was swapped for another: the count is the same",
            changed(|findings| {
                findings.retain(|one| one.subject != "user bo");
                findings.push(finding("mode_locked", Basis::Enforced, "user cy", Verdict::Pass));
            }),
            &[SubjectNotTested],
            5,
        ),
        (
            "a check is gone",
            changed(|findings| findings.retain(|one| one.check.as_str() != "mode_set")),
            &[BasisDisappeared, CheckDisappeared, SubjectNotTested, BasisNoLongerPasses],
            5,
        ),
        (
            "a check was swapped for another on the same basis",
            edited(|assessment| {
                assessment.findings.push(finding("easier", Basis::Declared, "user ana", Verdict::Pass));
                assessment.findings.retain(|one| one.check.as_str() != "mode_set");
                assessment.checklist[0] = control("CL-01", &["mode_locked", "easier"], &assessment.findings);
            }),
            &[CheckDisappeared, SubjectNotTested],
            5,
        ),
        (
            "a check was taken from a control and still runs",
            edited(|assessment| {
                assessment.checklist[0] = control("CL-01", &["mode_locked"], &assessment.findings);
            }),
            &[BasisDisappeared, CheckDisappeared, BasisNoLongerPasses],
            5,
        ),
        ("a control is gone", edited(|assessment| assessment.controls.clear()), &[ControlDisappeared], 5),
        ("an item is gone", edited(|assessment| drop(assessment.checklist.pop())), &[ControlDisappeared], 5),
        (
            "a new failure off the checklist",
            changed(|findings| findings.push(finding("other", Basis::Enforced, "user ana", Verdict::Fail))),
            &[NewFailure],
            1,
        ),
        (
            "an item is vouched for that was tested",
            edited(|assessment| assessment.checklist[1].result = Status::Attested),
            &[NoLongerPasses],
            1,
        ),
        (
            "an item waits for a person that passed",
            edited(|assessment| assessment.checklist[1].result = Status::AwaitingAttestation),
            &[NoLongerPasses],
            1,
        ),
        (
            "an item expired",
            edited(|assessment| assessment.checklist[1].result = Status::Expired),
            &[NoLongerPasses, Expired],
            1,
        ),
        (
            "fewer subjects were tested",
            edited(|assessment| assessment.checklist[1].subjects.tested = 0),
            &[FewerSubjects],
            5,
        ),
        (
            "a repository is left out",
            edited(|assessment| assessment.run.scope.repositories = vec!["shop".to_owned()]),
            &[ScopeNarrowed],
            5,
        ),
        (
            "a repository was swapped for another",
            edited(|assessment| {
                assessment.run.scope.repositories = vec!["shop".to_owned(), "toy".to_owned()]
            }),
            &[ScopeNarrowed],
            5,
        ),
        (
            "the period is one month of the quarter",
            edited(|assessment| assessment.run.period = Period::parse("2026-09").expect("a month")),
            &[ScopeNarrowed],
            5,
        ),
        (
            "an old run",
            edited(|assessment| assessment.run.as_of = "2026-09-01T00:00:00Z".parse().expect("an instant")),
            &[ScopeNarrowed],
            5,
        ),
        (
            "a framework is out of scope",
            edited(|assessment| assessment.requirements.clear()),
            &[ScopeNarrowed],
            5,
        ),
        (
            "a requirement is covered less",
            edited(|assessment| assessment.requirements[0].coverage = Coverage::Related),
            &[MappingWeakened],
            5,
        ),
        (
            "a requirement lost a control",
            edited(|assessment| drop(assessment.requirements[0].controls.pop())),
            &[MappingWeakened],
            5,
        ),
        (
            "a check matters less",
            changed(|findings| set(findings, "mode_set", "user ana", |one| one.severity = Severity::Low)),
            &[SeverityLowered],
            5,
        ),
        (
            "an older program",
            edited(|assessment| assessment.tool.version = "0.1.99".to_owned()),
            &[OlderProgram],
            5,
        ),
        (
            "a pre-release of the same program",
            edited(|assessment| assessment.tool.version = "0.2.0-rc.1".to_owned()),
            &[OlderProgram],
            5,
        ),
        (
            "an older client contract",
            edited(|assessment| assessment.client_contract = "2.1.99".to_owned()),
            &[OlderProgram],
            5,
        ),
        (
            "a version that is none",
            edited(|assessment| assessment.client_contract = "latest".to_owned()),
            &[OlderProgram],
            5,
        ),
        (
            "an accepted failure is another one now",
            changed(|findings| {
                set(findings, "model_pinned", "deployment", |one| one.message = "fails otherwise".to_owned());
            }),
            &[OtherFailure],
            1,
        ),
    ]
}

#[test]
fn every_loss_closes_and_says_which() {
    for (name, now, expected, exit) in losses() {
        let closed = regressions(&now);
        assert_eq!(classes(&closed), expected, "{name}: {:#?}", closed.reasons);
        assert_eq!((closed.open, closed.exit), (false, exit), "{name}");
        assert!(closed.reasons.iter().all(|reason| !reason.text.is_empty()), "{name}");
    }
}

#[test]
fn numbers_and_lines_that_move_are_no_new_failure() {
    let cite = |source: &str, locator: &str| {
        let digest = Digest::of_bytes(source.as_bytes());
        Evidence { observation: digest, source: source.to_owned(), locator: Some(locator.to_owned()) }
    };
    let failing = |evidence: Vec<Evidence>, message: &str| {
        changed(|findings| {
            set(findings, "model_pinned", "deployment", |one| {
                one.evidence = evidence;
                one.message = message.to_owned();
            });
        })
    };
    let before = failing(vec![cite("a.log", "L12"), cite("a.log", "L90")], "2 of 40 records name nobody");
    let against = |now: &Assessment| gate(now, Some(&before), &FailOn::regressions()).expect("a gate");
    let moved = failing(vec![cite("a.log", "L14"), cite("a.log", "L99")], "2 of 1204 records name nobody");
    assert!(against(&moved).open, "{:#?}", against(&moved));
    let fixed_in_part = failing(vec![cite("a.log", "L14")], "1 of 1204 records name nobody");
    assert!(against(&fixed_in_part).open);
    let more = failing(
        vec![cite("a.log", "L1"), cite("a.log", "L2"), cite("a.log", "L3")],
        "3 of 40 records name nobody",
    );
    assert_eq!(classes(&against(&more)), [OtherFailure]);
    let swapped = failing(vec![cite("a.log", "L1"), cite("b.log", "L2")], "2 of 40 records name nobody");
    assert_eq!(classes(&against(&swapped)), [OtherFailure]);

    let mut newer = failing(before.findings[5].evidence.clone(), "nobody is named in 2 records of 40");
    newer.tool.version = "0.3.0".to_owned();
    assert!(against(&newer).open, "another program may word it otherwise");
}

#[test]
fn severity_bounds_new_failures_only() {
    let failing = |severity| {
        changed(|findings| {
            let mut new = finding("other", Basis::Enforced, "user ana", Verdict::Fail);
            new.severity = severity;
            findings.push(new);
        })
    };
    let fail_on = words(&["regression", "critical"]);
    assert!(gate(&failing(Severity::High), Some(&example()), &fail_on).expect("a gate").open);
    let closed = gate(&failing(Severity::Critical), Some(&example()), &fail_on).expect("a gate");
    assert_eq!(classes(&closed), [NewFailure, SevereFailure]);
}

#[test]
fn a_baseline_that_cannot_be_compared_is_refused() {
    let text = |assessment: &Assessment| serde_json::to_string(assessment).expect("json");
    assert_eq!(read_baseline(&text(&example())), Ok(example()));
    let printed = text(&example()).replacen('{', r#"{"gate":{"open":true,"reasons":[],"exit":0},"#, 1);
    assert_eq!(read_baseline(&printed), Ok(example()), "as check --format json prints it");
    let mut other = example();
    other.schema = "workpaper/assessment/v2".to_owned();
    let mut twice = example();
    twice.checklist.push(twice.checklist[0].clone());
    let mut repeated = example();
    repeated.findings.push(repeated.findings[0].clone());
    let mut dangling = example();
    dangling.findings.pop();
    let mut empty = changed(Vec::clear);
    empty.controls.clear();
    for (bad, why) in [
        (text(&other), "the schema is"),
        (text(&twice), "it has CL-01 twice"),
        (text(&repeated), "twice"),
        (text(&dangling), "EX-09 cites the finding"),
        (text(&empty), "nothing was evaluated in it"),
        (text(&example()).replace("CL-01", "XX-01"), "is not a control id"),
        (text(&example()).replacen("\"schema\"", "\"scheme\"", 1), "unknown field `scheme`"),
        (text(&example()).replacen("\"pass\"", "\"passed\"", 1), "unknown variant `passed`"),
        (String::new(), "EOF"),
        ("[]".to_owned(), "invalid"),
        (
            text(&example()).replacen("\"waiver\":null", &format!("\"waiver\":{}", "[".repeat(9_999)), 1),
            "recursion",
        ),
    ] {
        let refused = read_baseline(&bad).expect_err(why).to_string();
        assert!(refused.contains(why), "{why}: {refused}");
    }
    let refused = gate(&example(), Some(&repeated), &FailOn::default());
    assert!(matches!(refused, Err(GateError::Baseline(_))), "however it was read");
}
