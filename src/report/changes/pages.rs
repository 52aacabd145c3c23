//! What pages show of the changes: counts before and after each filter, rates, exceptions and drift.

use super::{completeness, strata, word};
use crate::{
    model::{
        Verdict,
        change::{AiEvidence, Change, SignatureStatus},
        change_set::ChangeSet,
        drift::Stretch,
        sample::{Attribute, AttributeRate, Sample},
    },
    report::Listing,
};

/// The most rows of exceptions and of drift on a page; the tables for machines have all.
const SHOWN: usize = 100;

/// The tables of the section, in reading order; those without a row are left out.
pub(super) fn listings(sets: &[ChangeSet], samples: &[Sample], drift: &[Stretch]) -> Vec<Listing> {
    let all = [
        counts(sets),
        results(sets),
        attributes(sets),
        sampled(sets, samples),
        exceptions(sets),
        stretches(drift),
    ];
    all.into_iter().filter(|listing| !listing.rows.is_empty()).collect()
}

fn counts(sets: &[ChangeSet]) -> Listing {
    let mut rows = Vec::new();
    for set in sets {
        let of = &set.population;
        let mut row = |step: String, before: String, after: String, note: String| {
            rows.push(vec![of.repository.clone(), step, before, after, note]);
        };
        let tip = format!("{} at {}", of.branch, &of.tip.as_str()[..12]);
        row("landings on the branch".to_owned(), String::new(), of.rows_raw.to_string(), tip);
        for step in &of.filters {
            row(step.name.clone(), step.rows_before.to_string(), step.rows_after.to_string(), String::new());
        }
        let second = of.tie_out.count.map_or_else(|| "UNKNOWN".to_owned(), |count| count.to_string());
        row("second count".to_owned(), String::new(), second, of.tie_out.source.clone());
        if let Some(forge) = &set.forge {
            let words = "pull requests merged in the period, and those among the landings".to_owned();
            let (merged, matched) = (forge.merged_in_period.to_string(), forge.matched.to_string());
            row("forge".to_owned(), merged, matched, words);
        }
        row("completeness".to_owned(), String::new(), String::new(), completeness(set));
    }
    Listing {
        caption: "The population: landings before and after each filter".to_owned(),
        columns: &[("Repository", 18.0), ("Step", 34.0), ("Before", 8.0), ("After", 8.0), ("Note", 32.0)],
        rows,
        left_out: String::new(),
        whole: "populations",
    }
}

fn results(sets: &[ChangeSet]) -> Listing {
    let mut rows = Vec::new();
    for set in sets {
        for part in strata(set).iter().filter(|part| part.changes > 0) {
            let figures = [part.changes, part.pass, part.fail, part.undetermined];
            let mut row = vec![set.population.repository.clone(), part.name.to_owned()];
            row.extend(figures.map(|figure| figure.to_string()));
            rows.push(row);
        }
    }
    Listing {
        caption:
            "Approved by someone independent, after the last push: all changes, and parts looked at apart"
                .to_owned(),
        columns: &[
            ("Repository", 22.0),
            ("Changes", 32.0),
            ("Number", 10.0),
            ("Pass", 10.0),
            ("Fail", 10.0),
            ("Undetermined", 16.0),
        ],
        rows,
        left_out: String::new(),
        whole: "changes",
    }
}

/// Attributes that are known of every change, so that the rate is exact and needs no limit.
fn attributes(sets: &[ChangeSet]) -> Listing {
    type Holds = fn(&Change) -> Option<bool>;
    let attributes: [(&str, Holds); 6] = [
        ("ticket reference in the required form", |change| change.ticket_format_ok),
        ("signature present", |change| Some(change.signature.status != SignatureStatus::None)),
        ("signature by a trusted signer", |change| match change.signature.status {
            SignatureStatus::PresentUnverified => None,
            status => Some(status == SignatureStatus::Trusted),
        }),
        ("evidence of an agent", |change| Some(change.ai_evidence != AiEvidence::None)),
        ("touches controls", |change| Some(!change.touches_controls.is_empty())),
        ("emergency", |change| Some(change.is_emergency)),
    ];
    let mut rows = Vec::new();
    for set in sets.iter().filter(|set| !set.population.changes.is_empty()) {
        for (name, holds) in attributes {
            let known: Vec<bool> = set.population.changes.iter().filter_map(holds).collect();
            let yes = known.iter().filter(|holds| **holds).count();
            let rate = match known.len() {
                0 => "UNKNOWN".to_owned(),
                all => format!("{:.1} %", yes as f64 * 100.0 / all as f64),
            };
            let unknown = set.population.changes.len() - known.len();
            let figures = [yes.to_string(), known.len().to_string(), unknown.to_string(), rate];
            let mut row = vec![set.population.repository.clone(), name.to_owned()];
            row.extend(figures);
            rows.push(row);
        }
    }
    Listing {
        caption:
            "Attributes of all changes: counted, not projected. Where the form of a reference does not apply \
                  (merges, reverts, bots) or a signature was not verified, the change is not counted"
                .to_owned(),
        columns: &[
            ("Repository", 22.0),
            ("Attribute", 34.0),
            ("Yes", 11.0),
            ("Of", 11.0),
            ("Not counted", 11.0),
            ("Rate", 11.0),
        ],
        rows,
        left_out: String::new(),
        whole: "changes",
    }
}

fn name_of(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Ticket => "A  ticket exists and predates the work",
        Attribute::Description => "B  described",
        Attribute::Reviewed => "C  reviewed by someone else, after the last push",
        Attribute::Tested => "D  checks passed",
        Attribute::ApprovedBeforeDeployment => "E  approved before deployment",
        Attribute::DeployerIndependent => "F  deployed by someone authorised",
        Attribute::EmergencyDocumented => "G  emergency documented afterwards",
        Attribute::AgentReviewed => "H  agent's work reviewed the same way",
    }
}

fn sampled(sets: &[ChangeSet], samples: &[Sample]) -> Listing {
    let mut rows = Vec::new();
    let drawn = sets.iter().zip(samples).filter(|(_, sample)| sample.size > 0);
    for (set, sample) in drawn.clone() {
        for (attribute, rate) in Attribute::ALL.into_iter().zip(&sample.attributes) {
            let figures = [rate.items, rate.deviations, rate.undetermined].map(|figure| figure.to_string());
            let mut row = vec![set.population.repository.clone(), name_of(attribute).to_owned()];
            row.extend(figures);
            row.push(limit(rate, sample));
            rows.push(row);
        }
    }
    let confidence = samples.first().map_or(0.0, |sample| sample.sampling.confidence * 100.0);
    let seeds: Vec<String> = drawn
        .map(|(_, sample)| {
            let seed = sample.sampling.seed.escape_debug();
            format!("{} of {} drawn by the seed {seed}", sample.size, sample.population)
        })
        .collect();
    Listing {
        caption: format!(
            "The random sample by attribute, with the most that the population may deviate at {confidence:.0} % \
             confidence: {}",
            seeds.join("; ")
        ),
        columns: &[
            ("Repository", 18.0),
            ("Attribute", 32.0),
            ("Items", 8.0),
            ("Exceptions", 10.0),
            ("Unknown", 9.0),
            ("Upper limit", 23.0),
        ],
        rows,
        left_out: String::new(),
        whole: "samples",
    }
}

fn limit(rate: &AttributeRate, sample: &Sample) -> String {
    match rate.limits {
        Some(limits) => format!(
            "{:.1} % (binomial); {} of {} (hypergeometric)",
            limits.rate * 100.0,
            limits.count,
            sample.population
        ),
        None if rate.items == 0 => "does not apply to an item".to_owned(),
        None if rate.undetermined > 0 => "none: not every item is decided".to_owned(),
        None => "none: it does not apply to every item".to_owned(),
    }
}

fn exceptions(sets: &[ChangeSet]) -> Listing {
    let failing = |set: &'_ ChangeSet| -> Vec<Vec<String>> {
        let of = &set.population;
        of.changes
            .iter()
            .filter(|change| change.approval() == Verdict::Fail)
            .map(|change| {
                vec![
                    of.repository.clone(),
                    change.commit.as_str()[..12].to_owned(),
                    change.committer_time.to_string(),
                    change.author.name.clone(),
                    change.subject.clone(),
                    why(change),
                ]
            })
            .collect()
    };
    let (rows, left_out) = cut(sets.iter().flat_map(failing).collect(), "changes");
    Listing {
        caption: "Exceptions: changes without an independent approval of what landed".to_owned(),
        columns: &[
            ("Repository", 16.0),
            ("Commit", 11.0),
            ("Committed", 19.0),
            ("Author", 14.0),
            ("Subject", 24.0),
            ("Result", 16.0),
        ],
        rows,
        left_out,
        whole: "changes",
    }
}

fn why(change: &Change) -> String {
    let stale = change.forge.as_ref().and_then(|facts| facts.approved_after_last_push) == Some(false);
    let word = word(&change.segregation).to_ascii_lowercase().replace('_', " ");
    if stale { format!("{word}, but before the last push") } else { word }
}

fn stretches(drift: &[Stretch]) -> Listing {
    let time = |at: Option<crate::model::change::ClaimedTime>, open: &str| {
        at.map_or_else(|| open.to_owned(), |at| at.to_string())
    };
    let rows = drift.iter().map(|stretch| {
        vec![
            format!("{} {}", stretch.repository, stretch.path),
            stretch.requirement.words().to_owned(),
            time(stretch.from, "the start"),
            time(stretch.to, "the end"),
            stretch.verdict.word().to_owned(),
            format!("{} ({} by {})", stretch.observed, &stretch.commit.as_str()[..12], stretch.author.email),
        ]
    });
    let (rows, left_out) = cut(rows.collect(), "drift");
    Listing {
        caption: "Drift of settings in the period: when each requirement held, and who changed that"
            .to_owned(),
        columns: &[
            ("File", 22.0),
            ("Requirement", 13.0),
            ("From", 16.0),
            ("To", 16.0),
            ("Result", 9.0),
            ("What was there, and whose commit brought it", 24.0),
        ],
        rows,
        left_out,
        whole: "drift",
    }
}

fn cut(mut rows: Vec<Vec<String>>, table: &str) -> (Vec<Vec<String>>, String) {
    let beyond = rows.len().saturating_sub(SHOWN);
    rows.truncate(SHOWN);
    let left_out = if beyond > 0 { format!("{beyond} more are in data/{table}.csv.") } else { String::new() };
    (rows, left_out)
}
