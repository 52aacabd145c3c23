//! Judges a frozen snapshot by a catalogue and a policy. Pure and infallible: the three travel in the pack, so
//! anyone can re-perform every verdict from the pack alone.

mod baseline;
mod control;
pub mod diff;
pub mod gate;
mod requirement;
pub mod sampling;

use std::collections::BTreeMap;

use crate::{
    catalog::Catalog,
    checks::{self, Check},
    client::version::CONTRACT,
    facts::{Facts, Impairment, Releases, in_scope, left_out},
    model::{
        Assessment, CheckId, Conclusion, Counts, Digest, Finding, Fingerprint, Inputs, Run, RunScope, SCHEMA,
        Snapshot, Tool, Verdict,
    },
    policy::{KnownIds, Policy},
};

/// The subject of a finding that concerns the deployment as a whole.
const WHOLE: &str = "deployment";
/// What mends a control that a flaw of the client breaks.
const UPDATE: &str =
    "Update the client to the newest release, and require it with \"requiredMinimumVersion\".";

/// Everything that follows from the three inputs.
pub fn evaluate(snapshot: &Snapshot, catalog: &Catalog, policy: &Policy) -> Assessment {
    let judged = in_scope(snapshot, policy);
    let facts = Facts::of(&judged, policy).trying(catalog.batteries());
    let releases = facts.releases();
    let mut findings = Vec::new();
    for check in checks::ALL {
        findings.extend(judge(check, &facts, &releases, catalog));
    }
    findings.sort_by(|a, b| (&a.check, &a.subject).cmp(&(&b.check, &b.subject)));

    let by_check = group(&findings);
    let (checklist, controls) = control::results(catalog, &by_check);
    let requirements = requirement::results(catalog, policy, checklist.iter().chain(&controls));
    let inputs = Inputs { snapshot: snapshot.digest(), catalog: catalog.digest(), policy: policy.digest() };
    Assessment {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        client_contract: CONTRACT.to_string(),
        run: Run {
            id: run_id(&inputs),
            as_of: snapshot.scope.as_of,
            period: snapshot.scope.period,
            scope: RunScope {
                root: snapshot.scope.root.clone(),
                repositories: snapshot.scope.repositories.clone(),
                left_out: left_out(policy),
            },
        },
        inputs,
        checklist,
        controls,
        requirements,
        gaps: judged.gaps.clone(),
        counts: Counts::of(&findings),
        findings,
        gate: None,
    }
}

/// A run is named by what it is a function of, the program included.
fn run_id(inputs: &Inputs) -> String {
    let digest =
        Digest::of_value(&(env!("CARGO_PKG_VERSION"), &inputs.snapshot, &inputs.catalog, &inputs.policy));
    format!("wp-{}", digest.short())
}

/// What flaws of the client in use take away from a pass: a control that rests on a broken mechanism is not enforced.
/// Where nothing is known of the version, the pass holds for the version that the assessment names, and the check
/// `enforcement_not_impaired` says so once.
fn impaired(conclusion: Conclusion, impairment: &Impairment) -> Conclusion {
    if conclusion.verdict != Verdict::Pass {
        return conclusion;
    }
    match impairment {
        Impairment::None { .. } | Impairment::NotKnown => conclusion,
        Impairment::Certain { why, evidence } => {
            let message = format!("impaired: {why}. Otherwise: {}", conclusion.message);
            let cited = evidence.iter().cloned().chain(conclusion.evidence).collect();
            Conclusion::fail(conclusion.subject, cited, message).fix(UPDATE)
        }
        Impairment::Possible { why } => {
            let message = format!("may be impaired: {why}. Otherwise: {}", conclusion.message);
            Conclusion::undetermined(conclusion.subject, message)
        }
    }
}

/// Every id that a policy or a gate may name with this catalogue.
pub fn known_ids(catalog: &Catalog) -> KnownIds {
    KnownIds {
        frameworks: catalog.frameworks().map(|framework| framework.id.clone()).collect(),
        controls: catalog.controls().map(|control| control.id.clone()).collect(),
        checks: catalog.cards().map(|(check, _)| check.clone()).collect(),
    }
}

/// One check's findings; a catalogue without its card does not ask for it.
fn judge(check: &Check, facts: &Facts<'_>, releases: &Releases, catalog: &Catalog) -> Vec<Finding> {
    let id = check.id();
    let Some(card) = catalog.card(&id) else { return Vec::new() };
    let judgement = match facts.nothing_to_judge() {
        Some(gap) => Err(gap),
        None => (check.judge)(facts),
    };
    let conclusions = match judgement {
        Ok(findings) => findings.into_conclusions(),
        Err(gap) => vec![Conclusion::undetermined(WHOLE, gap.sentence())],
    };
    let impairment = facts.impairment(releases, &card.relies_on);
    merge(conclusions)
        .into_iter()
        .map(|conclusion| impaired(conclusion, &impairment))
        .map(|conclusion| Finding {
            fingerprint: Fingerprint::of(&id, &conclusion.subject),
            check: id.clone(),
            basis: card.basis,
            severity: card.severity,
            fix: (conclusion.verdict == Verdict::Fail)
                .then(|| conclusion.fix.unwrap_or_else(|| card.fix.trim().to_owned())),
            subject: conclusion.subject,
            verdict: conclusion.verdict,
            message: conclusion.message,
            evidence: conclusion.evidence,
        })
        .collect()
}

/// A fingerprint names one finding, so several conclusions about one subject become one: the worst verdict, and the
/// messages of that verdict.
fn merge(conclusions: Vec<Conclusion>) -> Vec<Conclusion> {
    let mut merged: BTreeMap<String, Conclusion> = BTreeMap::new();
    for conclusion in conclusions {
        let Some(known) = merged.get_mut(&conclusion.subject) else {
            merged.insert(conclusion.subject.clone(), conclusion);
            continue;
        };
        let worst = Verdict::worst([known.verdict, conclusion.verdict]);
        if conclusion.verdict == known.verdict {
            if !known.message.contains(&conclusion.message) {
                known.message = format!("{}; {}", known.message.trim_end_matches('.'), conclusion.message);
            }
            known.fix = match (known.fix.take(), conclusion.fix) {
                (Some(a), Some(b)) if !a.contains(&b) => Some(format!("{a}\n{b}")),
                (a, b) => a.or(b),
            };
            known.evidence.extend(conclusion.evidence);
        } else if worst == conclusion.verdict {
            *known = conclusion;
        }
        known.evidence.sort();
        known.evidence.dedup();
    }
    merged.into_values().collect()
}

fn group(findings: &[Finding]) -> BTreeMap<&CheckId, Vec<&Finding>> {
    let mut groups: BTreeMap<&CheckId, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry(&finding.check).or_default().push(finding);
    }
    groups
}
