//! What was lost against an earlier assessment. The key is as fine as a verdict is: one check on one subject, and for a
//! failure also what it cites, so that no new failure goes through in the place of an old one.

use std::collections::{BTreeMap, BTreeSet};

use super::gate::{Reason, ReasonClass};
use crate::model::{
    Assessment, Basis, CheckId, ControlResult, Coverage, Finding, Fingerprint, FrameworkId, RequirementId,
    RequirementResult, Severity, Status, Verdict,
};

/// Every loss. Failures below `least` are not new ones.
pub(super) fn losses(before: &Assessment, now: &Assessment, least: Severity) -> Vec<Reason> {
    let mut losses = Vec::new();
    program(before, now, &mut losses);
    scope(before, now, &mut losses);
    requirements(before, now, &mut losses);
    let (old, new) = (by_fingerprint(before), by_fingerprint(now));
    checks(before, now, &mut losses);
    for control in before.all_controls() {
        match now.all_controls().find(|candidate| candidate.id == control.id) {
            Some(successor) => controls(control, successor, &old, &new, &mut losses),
            None => {
                let text = format!("{} was evaluated in the baseline and is gone", control.id);
                losses.push(Reason::control(ReasonClass::ControlDisappeared, &control.id, text));
            }
        }
    }
    let same_program = before.tool == now.tool;
    for finding in &before.findings {
        findings(finding, new.get(&finding.fingerprint).copied(), same_program, &mut losses);
    }
    for finding in &now.findings {
        let known = old.get(&finding.fingerprint).is_some_and(|known| known.verdict == Verdict::Fail);
        if finding.verdict == Verdict::Fail && !known && finding.severity <= least {
            let text = format!("{} ({}): {}", finding.subject, finding.severity, finding.message);
            losses.push(Reason::check(ReasonClass::NewFailure, &finding.check, text));
        }
    }
    losses
}

fn by_fingerprint(assessment: &Assessment) -> BTreeMap<&Fingerprint, &Finding> {
    assessment.findings.iter().map(|finding| (&finding.fingerprint, finding)).collect()
}

/// An older program may lack the very tests that would fail.
fn program(before: &Assessment, now: &Assessment, losses: &mut Vec<Reason>) {
    let pairs = [
        ("the program", &before.tool.version, &now.tool.version),
        ("the client version that the program knows", &before.client_contract, &now.client_contract),
    ];
    for (what, before, now) in pairs {
        let text = match (numbers(before), numbers(now)) {
            (Some(old), Some(new)) if new < old => {
                format!("{what} is {now}, older than the baseline's {before}")
            }
            (Some(_), Some(_)) => continue,
            // What cannot be ordered is only known to be no older where it is the same.
            _ if before == now => continue,
            _ => format!("{what} is {now}, which cannot be ordered against the baseline's {before}"),
        };
        losses.push(Reason::whole(ReasonClass::OlderProgram, text));
    }
}

/// The numbers of a version. A pre-release is older than its release.
fn numbers(version: &str) -> Option<(Vec<u64>, bool)> {
    let version = version.split('+').next()?;
    let (numbers, release) = version.split_once('-').map_or((version, true), |(numbers, _)| (numbers, false));
    let mut numbers = numbers.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
    numbers.resize(4.max(numbers.len()), 0);
    Some((numbers, release))
}

fn scope(before: &Assessment, now: &Assessment, losses: &mut Vec<Reason>) {
    let mut narrowed = |text: String| losses.push(Reason::whole(ReasonClass::ScopeNarrowed, text));
    let (old, new) = (&before.run.scope.repositories, &now.run.scope.repositories);
    // Two repositories may share a name, so they are counted, not only named.
    for name in old.iter().collect::<BTreeSet<_>>() {
        let count = |list: &[String]| list.iter().filter(|other| *other == name).count();
        if count(new) < count(old) {
            narrowed(format!("the repository {name} was examined in the baseline and is not any longer"));
        }
    }
    // Quarters and months differ in length by up to a tenth.
    if now.run.period.days().saturating_mul(10) < before.run.period.days().saturating_mul(9) {
        narrowed(format!(
            "the period has {} days, the baseline's {}",
            now.run.period.days(),
            before.run.period.days()
        ));
    }
    if now.run.as_of < before.run.as_of {
        narrowed(format!("the run speaks of {}, before the baseline's {}", now.run.as_of, before.run.as_of));
    }
}

fn requirements(before: &Assessment, now: &Assessment, losses: &mut Vec<Reason>) {
    fn key(row: &RequirementResult) -> (&FrameworkId, &RequirementId) {
        (&row.framework, &row.id)
    }
    let new: BTreeMap<_, _> = now.requirements.iter().map(|row| (key(row), row)).collect();
    let frameworks: BTreeSet<&FrameworkId> = now.requirements.iter().map(|row| &row.framework).collect();
    let mut gone = BTreeSet::new();
    for row in &before.requirements {
        let Some(successor) = new.get(&key(row)) else {
            // A framework out of scope is one reason, not one for each of its requirements.
            let text = if frameworks.contains(&row.framework) {
                format!("{} {} was answered in the baseline and is not any longer", row.framework, row.id)
            } else if gone.insert(&row.framework) {
                format!("{} was in scope in the baseline and is not any longer", row.framework)
            } else {
                continue;
            };
            losses.push(Reason::whole(ReasonClass::ScopeNarrowed, text));
            continue;
        };
        if rank(successor.coverage) > rank(row.coverage) {
            let text = format!(
                "{} {} is covered as {}, in the baseline as {}",
                row.framework,
                row.id,
                successor.coverage.word(),
                row.coverage.word()
            );
            losses.push(Reason::whole(ReasonClass::MappingWeakened, text));
        }
        for control in row.controls.iter().filter(|control| !successor.controls.contains(control)) {
            let text = format!("{} {} is not answered by {control} any longer", row.framework, row.id);
            losses.push(Reason::control(ReasonClass::MappingWeakened, control, text));
        }
    }
}

const fn rank(coverage: Coverage) -> u8 {
    match coverage {
        Coverage::Full => 0,
        Coverage::Partial => 1,
        Coverage::Related => 2,
        Coverage::None => 3,
    }
}

/// Checks that are gone, and checks that matter less.
fn checks(before: &Assessment, now: &Assessment, losses: &mut Vec<Reason>) {
    let severities = |assessment: &Assessment| {
        let mut all: BTreeMap<CheckId, Severity> = BTreeMap::new();
        for finding in &assessment.findings {
            let known = all.entry(finding.check.clone()).or_insert(finding.severity);
            *known = (*known).min(finding.severity);
        }
        all
    };
    let new = severities(now);
    for (check, severity) in severities(before) {
        match new.get(&check) {
            None => {
                let text = format!("{check} was evaluated in the baseline and is gone");
                losses.push(Reason::check(ReasonClass::CheckDisappeared, &check, text));
            }
            Some(lowered) if *lowered > severity => {
                let text = format!("{check} has severity {lowered}, in the baseline {severity}");
                losses.push(Reason::check(ReasonClass::SeverityLowered, &check, text));
            }
            Some(_) => {}
        }
    }
}

fn controls(
    before: &ControlResult,
    now: &ControlResult,
    old: &BTreeMap<&Fingerprint, &Finding>,
    new: &BTreeMap<&Fingerprint, &Finding>,
    losses: &mut Vec<Reason>,
) {
    let id = &before.id;
    let mut lost = |class, text: String| losses.push(Reason::control(class, id, text));
    if stands(before.result) > stands(now.result) {
        let text =
            format!("{id} was {} in the baseline and is {}: {}", before.result, now.result, now.reason);
        lost(ReasonClass::NoLongerPasses, text);
    }
    if now.subjects.tested < before.subjects.tested {
        let (now, before) = (now.subjects.tested, before.subjects.tested);
        lost(
            ReasonClass::FewerSubjects,
            format!("{id} was tested on {now} subjects, in the baseline on {before}"),
        );
    }
    let tests = |control: &ControlResult, findings: &BTreeMap<&Fingerprint, &Finding>| {
        let cited = control.findings.iter().filter_map(|fingerprint| findings.get(fingerprint));
        cited.map(|finding| (finding.basis, finding.check.clone())).collect::<BTreeSet<(Basis, CheckId)>>()
    };
    let (old_tests, new_tests) = (tests(before, old), tests(now, new));
    for (basis, was, is) in [
        (Basis::Declared, before.declared, now.declared),
        (Basis::Enforced, before.enforced, now.enforced),
        (Basis::Operated, before.operated, now.operated),
    ] {
        let tested = |tests: &BTreeSet<(Basis, CheckId)>| tests.iter().any(|(on, _)| *on == basis);
        if tested(&old_tests) && !tested(&new_tests) {
            lost(
                ReasonClass::BasisDisappeared,
                format!("{id} was tested on the basis {basis} and is not any longer"),
            );
        }
        if stands(was) > stands(is) {
            let text = format!("{id} was {was} on the basis {basis} in the baseline and is {is}");
            lost(ReasonClass::BasisNoLongerPasses, text);
        }
    }
    let checks = |tests: BTreeSet<(Basis, CheckId)>| {
        tests.into_iter().map(|(_, check)| check).collect::<BTreeSet<_>>()
    };
    let new_checks = checks(new_tests);
    for check in checks(old_tests).into_iter().filter(|check| !new_checks.contains(check)) {
        let text = format!("{id} was tested by {check} in the baseline and is not any longer");
        losses.push(Reason {
            class: ReasonClass::CheckDisappeared,
            control: Some(id.clone()),
            check: Some(check),
            text,
        });
    }
}

/// A test that passed stands higher than a person's word, and that higher than everything else.
const fn stands(status: Status) -> u8 {
    match status {
        Status::Pass => 2,
        Status::Attested => 1,
        Status::Fail
        | Status::Undetermined
        | Status::NotApplicable
        | Status::AwaitingAttestation
        | Status::Expired
        | Status::Conflict => 0,
    }
}

/// What became of one finding of the baseline.
fn findings(before: &Finding, now: Option<&Finding>, same_program: bool, losses: &mut Vec<Reason>) {
    let decided = |verdict| matches!(verdict, Verdict::Pass | Verdict::Fail);
    let mut lost = |class, text: String| losses.push(Reason::check(class, &before.check, text));
    if decided(before.verdict) && !now.is_some_and(|now| decided(now.verdict)) {
        let is = now.map_or("not tested".to_owned(), |now| format!("{}: {}", now.verdict, now.message));
        lost(
            ReasonClass::SubjectNotTested,
            format!("{} was {} in the baseline and is {is}", before.subject, before.verdict),
        );
    }
    if let Some(now) = now
        && before.verdict == Verdict::Fail
        && now.verdict == Verdict::Fail
    {
        let more = cited(now)
            .into_iter()
            .find(|(place, count)| *count > cited(before).get(place).copied().unwrap_or(0));
        if let Some((place, _)) = more {
            lost(
                ReasonClass::OtherFailure,
                format!("{} now fails in {place} too: {}", now.subject, now.message),
            );
        } else if same_program && wording(&now.message) != wording(&before.message) {
            // Another program may word the same failure otherwise; the same one does not.
            let text =
                format!("{} fails for something else than in the baseline: {}", now.subject, now.message);
            lost(ReasonClass::OtherFailure, text);
        }
    }
}

/// How often each place is cited. Lines and list indexes move when a file is edited, so they count as one place.
fn cited(finding: &Finding) -> BTreeMap<String, usize> {
    let mut places = BTreeMap::new();
    for evidence in &finding.evidence {
        let locator = evidence.locator.as_deref().map(wording).unwrap_or_default();
        *places.entry(format!("{} {locator}", evidence.source).trim_end().to_owned()).or_insert(0) += 1;
    }
    places
}

/// Text with every run of digits replaced: counts and dates may change without another failure.
fn wording(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_ascii_digit() {
            plain.push(c);
        } else if !plain.ends_with('#') {
            plain.push('#');
        }
    }
    plain
}
