//! How verdicts combine into what is known of a control: the only place with such rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    catalog::{Catalog, Control},
    model::{Basis, CheckId, ControlResult, Finding, Status, Subjects, Verdict},
};

/// The checklist in its order, and the other controls by id.
pub(super) fn results(
    catalog: &Catalog,
    findings: &BTreeMap<&CheckId, Vec<&Finding>>,
) -> (Vec<ControlResult>, Vec<ControlResult>) {
    let all = catalog.controls().map(|control| result(catalog, control, findings));
    all.partition(|result| result.item.is_some())
}

fn result(
    catalog: &Catalog,
    control: &Control,
    findings: &BTreeMap<&CheckId, Vec<&Finding>>,
) -> ControlResult {
    let answer = |basis: Basis| Answer::of(catalog, control, basis, findings);
    let (declared, enforced, operated) =
        (answer(Basis::Declared), answer(Basis::Enforced), answer(Basis::Operated));
    let answers = [(Basis::Declared, &declared), (Basis::Enforced, &enforced), (Basis::Operated, &operated)];
    let (result, reason) = combine(control, &answers);

    let mine: Vec<&Finding> =
        control.checks.iter().filter_map(|check| findings.get(check)).flatten().copied().collect();
    let subjects = |kept: fn(Verdict) -> bool| {
        let named: BTreeSet<&str> = mine
            .iter()
            .filter(|finding| kept(finding.verdict))
            .map(|finding| finding.subject.as_str())
            .collect();
        named.len() as u64
    };
    ControlResult {
        id: control.id.clone(),
        item: control.item,
        text: control.text.clone(),
        result,
        declared: declared.status,
        enforced: enforced.status,
        operated: operated.status,
        reason,
        subjects: Subjects {
            tested: subjects(|verdict| matches!(verdict, Verdict::Pass | Verdict::Fail)),
            in_scope: subjects(|verdict| verdict != Verdict::NotApplicable),
        },
        findings: mine.iter().map(|finding| finding.fingerprint.clone()).collect(),
        attestation: None,
        waiver: None,
    }
}

/// What is known on one basis, and the sentence that says why.
struct Answer {
    status: Status,
    reason: String,
}

impl Answer {
    fn of(
        catalog: &Catalog,
        control: &Control,
        basis: Basis,
        findings: &BTreeMap<&CheckId, Vec<&Finding>>,
    ) -> Self {
        let mut mine: Vec<&Finding> = Vec::new();
        let mut silent = Vec::new();
        for check in &control.checks {
            if catalog.card(check).is_none_or(|card| card.basis != basis) {
                continue;
            }
            match findings.get(check) {
                Some(found) => mine.extend(found),
                None => silent.push(check.as_str()),
            }
        }
        if mine.is_empty() && silent.is_empty() {
            let reason = control.untested.get(&basis).map_or("no check tests it", String::as_str);
            return Self { status: Status::Undetermined, reason: reason.to_owned() };
        }
        // A check that gave no answer at all is an unknown, not an absence.
        let verdict = Verdict::worst(
            mine.iter().map(|finding| finding.verdict).chain(silent.iter().map(|_| Verdict::Undetermined)),
        );
        let is_conflict = |finding: &&&Finding| {
            finding.verdict == Verdict::Undetermined
                && catalog.card(&finding.check).is_some_and(|card| card.conflict)
        };
        let conflict = mine.iter().find(is_conflict).filter(|_| verdict == Verdict::Undetermined);
        let first = conflict.or_else(|| mine.iter().find(|finding| finding.verdict == verdict));
        let reason = match first {
            Some(finding) => format!("{}: {}", finding.subject, finding.message),
            None => format!("no answer from {}", silent.join(", ")),
        };
        Self { status: if conflict.is_some() { Status::Conflict } else { verdict.into() }, reason }
    }
}

/// A failure on any basis fails; then every required basis must pass; then a statement that only a person can make is
/// waited for. Unknown never passes, and a person never overrules a failure.
fn combine(control: &Control, answers: &[(Basis, &Answer); 3]) -> (Status, String) {
    if let Some((basis, answer)) = answers.iter().find(|(_, answer)| answer.status == Status::Fail) {
        return (Status::Fail, format!("{basis}: {}", answer.reason));
    }
    let required: Vec<_> = answers.iter().filter(|(basis, _)| control.requires.contains(basis)).collect();
    if let Some((basis, answer)) = required.iter().find(|(_, answer)| answer.status == Status::Conflict) {
        return (Status::Conflict, format!("{basis}: {}", answer.reason));
    }
    if let Some((basis, answer)) = required.iter().find(|(_, answer)| answer.status == Status::Undetermined) {
        return (Status::Undetermined, format!("{basis}: {}", answer.reason));
    }
    // What the control does not concern, nobody has to vouch for.
    let concerns =
        required.is_empty() || required.iter().any(|(_, answer)| answer.status != Status::NotApplicable);
    if let Some(need) = control.attestation.as_ref().filter(|_| concerns) {
        return (
            Status::AwaitingAttestation,
            format!("a named person must state: {}", need.statement.trim()),
        );
    }
    if let Some((basis, answer)) = required.iter().find(|(_, answer)| answer.status == Status::Pass) {
        let words: Vec<&str> = required.iter().map(|(basis, _)| basis.word()).collect();
        let reason = format!(
            "no exceptions noted on the required bases ({}); {basis}: {}",
            words.join(", "),
            answer.reason
        );
        return (Status::Pass, reason);
    }
    if required.is_empty() {
        return (Status::Undetermined, "the catalogue requires no basis of it".to_owned());
    }
    let reason =
        required.first().map_or(String::new(), |(basis, answer)| format!("{basis}: {}", answer.reason));
    (Status::NotApplicable, reason)
}
