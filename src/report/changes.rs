//! The change population as an auditor reads it: strata with their counts and limits, and the tables `changes`, `populations` and `samples`.

use serde::{Deserialize, Serialize};

use super::Table;
use crate::{
    evaluate::{
        sampling::{draw, upper_count, upper_rate},
        segregation::{ForgeTieOut, verdict},
    },
    model::{
        Digest, Verdict,
        change::{AiEvidence, Change, ChangeSize, Population, PrSource, SignatureStatus, TimeAnomaly},
    },
};

/// One population with everything that is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeReport {
    pub population: Population,
    /// None where no forge export was given.
    pub forge: Option<ForgeTieOut>,
    /// Where an earlier tip was given: whether it is still part of the branch.
    pub earlier_tip_kept: Option<bool>,
    /// Why signatures stay unverified.
    pub signatures_unverified: Vec<String>,
}

/// How a sample is drawn.
#[derive(Clone, Debug)]
pub struct Sampling {
    pub size: usize,
    pub seed: String,
    /// Who chose the seed: `auditor` or `tool`.
    pub seed_supplied_by: String,
    pub confidence: f64,
}

/// Part of a population with its results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    pub name: &'static str,
    pub changes: usize,
    pub pass: usize,
    pub fail: usize,
    pub undetermined: usize,
}

impl ChangeReport {
    /// Names the population by what it is of.
    pub fn id(&self) -> String {
        let of = &self.population;
        format!("POP-CHG-{}", Digest::of_value(&(&of.repository, &of.branch, &of.tip, of.period)).short())
    }

    /// All changes, and the parts that are looked at apart.
    pub fn strata(&self) -> Vec<Stratum> {
        type Belongs = fn(&Change) -> bool;
        let parts: [(&'static str, Belongs); 7] = [
            ("all changes", |_| true),
            ("with evidence of an agent", |change| change.ai_evidence != AiEvidence::None),
            ("without such evidence", |change| change.ai_evidence == AiEvidence::None),
            ("touching controls", |change| !change.touches_controls.is_empty()),
            ("emergencies", |change| change.is_emergency),
            ("by bots", |change| change.is_bot),
            ("reverts", |change| change.is_revert),
        ];
        parts
            .map(|(name, belongs)| {
                Stratum::of(name, self.population.changes.iter().filter(|change| belongs(change)))
            })
            .into()
    }

    /// What speaks for or against the completeness of the list, in one sentence.
    pub fn completeness(&self) -> String {
        let of = &self.population;
        let mut against = of.incomplete.clone();
        if self.earlier_tip_kept == Some(false) {
            against.push(
                "the tip of the earlier run is no longer part of the branch: history was rewritten"
                    .to_owned(),
            );
        }
        if let Some(forge) = &self.forge
            && !forge.not_landed.is_empty()
        {
            against.push(format!(
                "{} merged pull requests of the export are not among the landings",
                forge.not_landed.len()
            ));
        }
        if against.is_empty() {
            "no exceptions noted: full history, two counts agree".to_owned()
        } else {
            format!("not shown to be complete: {}", against.join("; "))
        }
    }
}

impl Stratum {
    fn of<'a>(name: &'static str, changes: impl Iterator<Item = &'a Change>) -> Self {
        let mut stratum = Self { name, changes: 0, pass: 0, fail: 0, undetermined: 0 };
        for change in changes {
            stratum.changes += 1;
            match verdict(change) {
                Verdict::Pass => stratum.pass += 1,
                Verdict::Fail => stratum.fail += 1,
                _ => stratum.undetermined += 1,
            }
        }
        stratum
    }
}

/// The three tables, in the columns that the evidence pack has (audit-domain 2.4).
pub fn tables(reports: &[ChangeReport], sampling: Option<&Sampling>, as_of: jiff::Timestamp) -> Vec<Table> {
    let mut tables = vec![changes(reports), populations(reports, as_of)];
    tables.extend(sampling.map(|sampling| samples(reports, sampling, as_of)));
    tables
}

fn table(name: &str, columns: &str, rows: Vec<Vec<String>>) -> Table {
    let columns: Vec<String> = columns.split_ascii_whitespace().map(str::to_owned).collect();
    debug_assert!(rows.iter().all(|row| row.len() == columns.len()));
    Table { name: name.to_owned(), columns, rows }
}

/// The word that serde writes for a value without fields.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn words<T: Serialize>(values: &[T]) -> String {
    values.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Not obtained is another thing than not applicable, which is empty.
fn or_unknown(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "UNKNOWN".to_owned(), |value| value.to_string())
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn changes(reports: &[ChangeReport]) -> Table {
    const COLUMNS: &str = "change_id repo branch commit_oid parent_count topology pr_number pr_source author_name \
        author_email author_time committer_name committer_email committer_time time_anomaly ticket_ids ticket_format_ok \
        signature_status signer signer_trusted ai_coauthor ai_evidence co_authors approvers approval_times \
        approved_after_last_push self_approved merged_by sod_result ci_status is_bot is_revert is_emergency emergency_ref \
        post_review_at files_changed lines_added lines_deleted touches_controls evidence_source result exception_id";
    let rows = reports.iter().flat_map(|report| {
        report.population.changes.iter().map(move |change| change_row(&report.population, change))
    });
    table("changes", COLUMNS, rows.collect())
}

fn change_id(population: &Population, change: &Change) -> String {
    let name = population.repository.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    format!("{name}:{}", &change.commit.as_str()[..12])
}

fn change_row(population: &Population, change: &Change) -> Vec<String> {
    let forge = change.forge.as_ref();
    let known = change.pr_source == PrSource::Api;
    let fact = |value: Option<String>| {
        value.unwrap_or_else(|| if known { String::new() } else { "UNKNOWN".to_owned() })
    };
    let size = |pick: fn(&ChangeSize) -> u64| or_unknown(change.size.as_ref().map(pick));
    let people: Vec<String> =
        change.co_authors.iter().map(|person| format!("{} <{}>", person.name, person.email)).collect();
    let result = verdict(change);
    let id = change_id(population, change);
    let unverified = change.signature.status == SignatureStatus::PresentUnverified;
    vec![
        id.clone(),
        population.repository.clone(),
        population.branch.clone(),
        change.commit.to_string(),
        change.parents.len().to_string(),
        word(&change.topology),
        or_empty(change.pr_number),
        word(&change.pr_source),
        change.author.name.clone(),
        change.author.email.clone(),
        or_unknown(change.author_time),
        change.committer.name.clone(),
        change.committer.email.clone(),
        change.committer_time.to_string(),
        words::<TimeAnomaly>(&change.time_anomalies),
        change.ticket_ids.join(" "),
        or_empty(change.ticket_format_ok),
        word(&change.signature.status),
        or_empty(change.signature.signer.as_ref()),
        match change.signature.status {
            SignatureStatus::None => String::new(),
            _ if unverified => "UNKNOWN".to_owned(),
            status => (status == SignatureStatus::Trusted).to_string(),
        },
        or_empty(change.ai_coauthor.as_ref()),
        word(&change.ai_evidence),
        people.join("; "),
        fact(forge.map(|facts| facts.approvers.join(" "))),
        fact(forge.map(|facts| facts.approval_times.join(" "))),
        or_unknown(forge.and_then(|facts| facts.approved_after_last_push)),
        fact(forge.map(|facts| facts.self_approved.to_string())),
        fact(forge.and_then(|facts| facts.merged_by.clone())),
        word(&change.segregation),
        or_unknown(forge.and_then(|facts| facts.ci_status.clone())),
        change.is_bot.to_string(),
        change.is_revert.to_string(),
        change.is_emergency.to_string(),
        or_empty(change.emergency_ref.as_ref()),
        fact(forge.and_then(|facts| facts.post_review_at.clone())),
        size(|size| size.files_changed),
        size(|size| size.lines_added),
        size(|size| size.lines_deleted),
        words(&change.touches_controls),
        word(&change.evidence_source),
        word(&result),
        if result == Verdict::Fail { format!("EXC-{id}") } else { String::new() },
    ]
}

fn populations(reports: &[ChangeReport], as_of: jiff::Timestamp) -> Table {
    const COLUMNS: &str = "population_id definition unit source_system source_locator query_or_command parameters \
        filters_applied period_start period_end extracted_at extracted_by rows_raw rows_after_filters first_item \
        last_item sequence_gaps tie_out_source tie_out_count tie_out_difference difference_explanation \
        completeness_conclusion sha256";
    let rows = reports.iter().map(|report| {
        let of = &report.population;
        let filters: Vec<String> = of
            .filters
            .iter()
            .map(|step| format!("{}: {} of {}", step.name, step.rows_after, step.rows_before))
            .collect();
        let gaps = report
            .forge
            .as_ref()
            .map(|forge| forge.not_landed.iter().map(u64::to_string).collect::<Vec<_>>().join(" "));
        let difference = of.tie_out.count.map(|count| of.rows_after_filters.abs_diff(count));
        vec![
            report.id(),
            format!(
                "every commit on the first-parent chain of {} with a committer time in the period",
                of.branch
            ),
            "landing on the protected branch".to_owned(),
            "git".to_owned(),
            of.repository.clone(),
            of.query.clone(),
            format!("tip {}", of.tip),
            filters.join("; "),
            of.period.start.to_string(),
            of.period.end.to_string(),
            as_of.to_string(),
            format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            of.rows_raw.to_string(),
            of.rows_after_filters.to_string(),
            or_empty(of.changes.last().map(|change| change.commit.as_str())),
            or_empty(of.changes.first().map(|change| change.commit.as_str())),
            gaps.unwrap_or_else(|| "UNKNOWN".to_owned()),
            of.tie_out.source.clone(),
            or_unknown(of.tie_out.count),
            or_unknown(difference),
            of.tie_out.explanation.clone(),
            report.completeness(),
            Digest::of_value(&of.changes).hex().to_owned(),
        ]
    });
    table("populations", COLUMNS, rows.collect())
}

fn samples(reports: &[ChangeReport], sampling: &Sampling, as_of: jiff::Timestamp) -> Table {
    const COLUMNS: &str = "sample_id population_id method size_rule confidence tolerable_rate expected_deviations seed \
        seed_supplied_by selected_at item_rank item_id attribute_a attribute_b attribute_c attribute_d attribute_e \
        attribute_f attribute_g attribute_h result notes evidence_ids";
    let mut rows = Vec::new();
    for report in reports {
        for (method, index) in drawn(&report.population, sampling) {
            let change = &report.population.changes[index];
            let rank = rows.len() + 1;
            let mut row = vec![
                format!("{}-S{rank:04}", report.id()),
                report.id(),
                method.to_owned(),
                if method == "random" {
                    format!("asked for {}", sampling.size)
                } else {
                    "whole stratum: touches controls, or an emergency".to_owned()
                },
                format!("{}", sampling.confidence),
                String::new(),
                if method == "random" { "0".to_owned() } else { String::new() },
                if method == "random" { sampling.seed.clone() } else { String::new() },
                if method == "random" { sampling.seed_supplied_by.clone() } else { String::new() },
                as_of.to_string(),
                rank.to_string(),
                change.commit.to_string(),
            ];
            row.extend(attributes(change));
            row.push(word(&verdict(change)));
            row.push(change.ticket_ids.join(" "));
            row.push(change_id(&report.population, change));
            rows.push(row);
        }
    }
    table("samples", COLUMNS, rows)
}

/// What is handed to the auditor: the random sample, and then all changes to controls and all emergencies, which are
/// never mixed into a projection.
pub fn drawn(population: &Population, sampling: &Sampling) -> Vec<(&'static str, usize)> {
    let ids: Vec<&str> = population.changes.iter().map(|change| change.commit.as_str()).collect();
    let random = draw(&ids, sampling.size, &sampling.seed).into_iter().map(|index| ("random", index));
    let targeted = population.changes.iter().enumerate();
    let targeted = targeted.filter(|(_, change)| !change.touches_controls.is_empty() || change.is_emergency);
    random.chain(targeted.map(|(index, _)| ("100pct", index))).collect()
}

/// Attributes A to H (audit-domain 4.4). What git and the forge's pull requests cannot show is UNKNOWN.
fn attributes(change: &Change) -> [String; 8] {
    let say = |word: &str| word.to_owned();
    let reviewed = word(&verdict(change)).to_ascii_uppercase().replace("UNDETERMINED", "UNKNOWN");
    let forge = change.forge.as_ref();
    [
        // A reference is text; whether the ticket exists and came first, only the tracker knows.
        if change.ticket_ids.is_empty() && change.ticket_format_ok == Some(false) {
            say("FAIL")
        } else {
            say("UNKNOWN")
        },
        if change.subject.trim().is_empty() { say("FAIL") } else { say("PASS") },
        reviewed.clone(),
        match forge.and_then(|facts| facts.ci_status.as_deref()) {
            Some("success") => say("PASS"),
            Some("failure") => say("FAIL"),
            _ => say("UNKNOWN"),
        },
        say("UNKNOWN"),
        say("UNKNOWN"),
        match (change.is_emergency, forge) {
            (false, _) => String::new(),
            (true, Some(facts)) if facts.post_review_at.is_some() => say("PASS"),
            (true, _) => say("UNKNOWN"),
        },
        if change.ai_evidence == AiEvidence::None { String::new() } else { reviewed },
    ]
}

/// What the random sample says about approval, in one sentence. Without a decided result for every item there is no
/// rate to state.
pub fn sample_says(population: &Population, sampling: &Sampling) -> String {
    let results: Vec<Verdict> = drawn(population, sampling)
        .into_iter()
        .filter(|(method, _)| *method == "random")
        .map(|(_, index)| verdict(&population.changes[index]))
        .collect();
    let (size, all) = (results.len() as u64, population.changes.len() as u64);
    let fails = results.iter().filter(|result| **result == Verdict::Fail).count() as u64;
    let open = results.iter().filter(|result| **result == Verdict::Undetermined).count();
    if size == 0 {
        return "sample: no changes to draw from".to_owned();
    }
    let head =
        format!("sample of {size} of {all} (seed {}): {fails} exceptions", sampling.seed.escape_debug());
    if open > 0 {
        return format!("{head}, {open} undetermined, so no upper limit can be stated");
    }
    let confidence = sampling.confidence;
    let endless = upper_rate(size, fails, confidence) * 100.0;
    let most = upper_count(all, size, fails, confidence);
    format!(
        "{head}; at {:.0} % confidence at most {endless:.1} % (binomial), at most {most} of {all} (hypergeometric)",
        confidence * 100.0
    )
}
