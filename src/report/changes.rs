//! The change population as an auditor reads it: strata with their counts and limits, and the tables `changes`, `populations` and `samples`.

mod history;
mod pages;

use serde::Serialize;

pub use history::{drift, files, secrets, secrets_say};

use super::{Note, Report, Table, wording};
use crate::model::{
    Digest, Verdict,
    change::{AiEvidence, Change, ChangeSize, Population, PrSource, SignatureStatus, TimeAnomaly},
    change_set::ChangeSet,
    drift::Stretch,
    history::JudgedScan,
    sample::{Attribute, Sample, Selection},
};

/// Part of a population with its results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    pub name: &'static str,
    pub changes: usize,
    pub pass: usize,
    pub fail: usize,
    pub undetermined: usize,
}

/// Names the population by what it is of.
pub fn population_id(set: &ChangeSet) -> String {
    let of = &set.population;
    format!("POP-CHG-{}", Digest::of_value(&(&of.repository, &of.branch, &of.tip, of.period)).short())
}

/// All changes, and the parts that are looked at apart.
pub fn strata(set: &ChangeSet) -> Vec<Stratum> {
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
            Stratum::of(name, set.population.changes.iter().filter(|change| belongs(change)))
        })
        .into()
}

/// What speaks for or against the completeness of the list, in one sentence.
pub fn completeness(set: &ChangeSet) -> String {
    let against = set.against_completeness();
    if against.is_empty() {
        "no exceptions noted: full history, two counts agree".to_owned()
    } else {
        format!("not shown to be complete: {}", against.join("; "))
    }
}

impl Stratum {
    fn of<'a>(name: &'static str, changes: impl Iterator<Item = &'a Change>) -> Self {
        let mut stratum = Self { name, changes: 0, pass: 0, fail: 0, undetermined: 0 };
        for change in changes {
            stratum.changes += 1;
            match change.approval() {
                Verdict::Pass => stratum.pass += 1,
                Verdict::Fail => stratum.fail += 1,
                _ => stratum.undetermined += 1,
            }
        }
        stratum
    }
}

impl Report {
    /// Adds the tables of changes, and a passage with the counts of each repository.
    #[must_use]
    pub fn with_changes(
        mut self,
        sets: &[ChangeSet],
        samples: &[Sample],
        drift: &[Stretch],
        secrets: &[JudgedScan],
    ) -> Self {
        if sets.is_empty() {
            return self;
        }
        let as_of = self.cover.as_of.parse().unwrap_or_default();
        let mut tables = tables(sets, Some(samples), as_of);
        tables.push(history::drift(drift));
        tables.push(history::secrets(secrets));
        for table in tables {
            match self.tables.iter_mut().find(|known| known.name == table.name) {
                Some(known) => known.rows.extend(table.rows),
                None => self.tables.push(table),
            }
        }
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.changes = pages::listings(sets, samples, drift);
        let mut paragraphs: Vec<String> =
            sets.iter().zip(samples).map(|(set, sample)| passage(set, sample)).collect();
        paragraphs.extend(secrets.iter().map(secrets_say));
        self.notes.insert(0, Note { heading: wording::CHANGES_HEADING.to_owned(), paragraphs });
        self
    }
}

/// One repository's changes in a few sentences.
fn passage(set: &ChangeSet, sample: &Sample) -> String {
    let of = &set.population;
    let mut text = format!(
        "{}, {} at {}: {} changes landed in [{}, {}), of {} in all; {}. Approved by someone independent (pass, fail, \
         undetermined): ",
        of.repository,
        of.branch,
        &of.tip.as_str()[..12],
        of.rows_after_filters,
        of.period.start,
        of.period.end,
        of.rows_raw,
        completeness(set)
    );
    let parts: Vec<String> = strata(set)
        .iter()
        .filter(|stratum| stratum.changes > 0)
        .map(|part| {
            format!("{} {} ({}, {}, {})", part.name, part.changes, part.pass, part.fail, part.undetermined)
        })
        .collect();
    text.push_str(&parts.join("; "));
    let forge = match &set.forge {
        None => "no export of the forge was given, so approval is not tested".to_owned(),
        Some(forge) => format!(
            "of {} pull requests merged in the period {} are among the landings",
            forge.merged_in_period, forge.matched
        ),
    };
    text.push_str(&format!(". Forge: {forge}. Random {}.", sample_says(sample)));
    text
}

/// The table of changes alone, a row at a time: a long list takes no memory.
pub fn listed(reports: &[ChangeSet]) -> (Vec<String>, impl Iterator<Item = Vec<String>>) {
    (words_of(CHANGE_COLUMNS), change_rows(reports))
}

/// The three tables, in the columns that the evidence pack has (audit-domain 2.4).
pub fn tables(reports: &[ChangeSet], samples: Option<&[Sample]>, as_of: jiff::Timestamp) -> Vec<Table> {
    let mut tables = vec![changes(reports), populations(reports, as_of)];
    tables.extend(samples.map(|samples| self::samples(reports, samples, as_of)));
    tables
}

fn table(name: &str, columns: &str, rows: Vec<Vec<String>>) -> Table {
    let columns = words_of(columns);
    debug_assert!(rows.iter().all(|row| row.len() == columns.len()));
    Table { name: name.to_owned(), columns, rows }
}

fn words_of(columns: &str) -> Vec<String> {
    columns.split_ascii_whitespace().map(str::to_owned).collect()
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

const CHANGE_COLUMNS: &str = "change_id repo branch commit_oid parent_count topology pr_number pr_source author_name \
    author_email author_time committer_name committer_email committer_time time_anomaly ticket_ids ticket_format_ok \
    signature_status signer signer_trusted ai_coauthor ai_evidence co_authors approvers approval_times \
    approved_after_last_push self_approved merged_by sod_result ci_status is_bot is_revert is_emergency emergency_ref \
    post_review_at files_changed lines_added lines_deleted touches_controls evidence_source result exception_id";

fn changes(reports: &[ChangeSet]) -> Table {
    table("changes", CHANGE_COLUMNS, change_rows(reports).collect())
}

fn change_rows(reports: &[ChangeSet]) -> impl Iterator<Item = Vec<String>> {
    reports.iter().flat_map(|report| {
        report.population.changes.iter().map(move |change| change_row(&report.population, change))
    })
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
    let result = change.approval();
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

fn populations(reports: &[ChangeSet], as_of: jiff::Timestamp) -> Table {
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
            population_id(report),
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
            completeness(report),
            Digest::of_value(&of.changes).hex().to_owned(),
        ]
    });
    table("populations", COLUMNS, rows.collect())
}

fn samples(reports: &[ChangeSet], samples: &[Sample], as_of: jiff::Timestamp) -> Table {
    const COLUMNS: &str = "sample_id population_id method size_rule confidence tolerable_rate expected_deviations seed \
        seed_supplied_by selected_at item_rank item_id attribute_a attribute_b attribute_c attribute_d attribute_e \
        attribute_f attribute_g attribute_h result notes evidence_ids";
    let mut rows = Vec::new();
    for (report, sample) in reports.iter().zip(samples) {
        let (population, sampling) = (&report.population, &sample.sampling);
        for (selection, index) in &sample.drawn {
            let change = &population.changes[*index];
            let rank = rows.len() + 1;
            let if_random = |text: &str| match selection {
                Selection::Random => text.to_owned(),
                Selection::WholeStratum => String::new(),
            };
            let (method, rule) = match selection {
                Selection::Random => ("random", format!("asked for {}", sampling.size)),
                Selection::WholeStratum => {
                    ("100pct", "whole stratum: touches controls, or an emergency".to_owned())
                }
            };
            let mut row = vec![
                format!("{}-S{rank:04}", population_id(report)),
                population_id(report),
                method.to_owned(),
                rule,
                format!("{}", sampling.confidence),
                String::new(),
                if_random("0"),
                if_random(&sampling.seed),
                if_random(&sampling.seed_supplied_by),
                as_of.to_string(),
                rank.to_string(),
                change.commit.to_string(),
            ];
            row.extend(attributes(change));
            row.push(word(&change.approval()));
            row.push(change.ticket_ids.join(" "));
            row.push(change_id(population, change));
            rows.push(row);
        }
    }
    table("samples", COLUMNS, rows)
}

/// Attributes A to H as the table writes them: empty where one does not apply.
fn attributes(change: &Change) -> [String; 8] {
    Attribute::ALL.map(|attribute| {
        let shown = match attribute.of(change) {
            Verdict::Pass => "PASS",
            Verdict::Fail => "FAIL",
            Verdict::Undetermined => "UNKNOWN",
            Verdict::NotApplicable => "",
        };
        shown.to_owned()
    })
}

/// What the random sample says about approval, in one sentence. Without a decided result for every item there is no
/// rate to state.
pub fn sample_says(sample: &Sample) -> String {
    let Sample { size, deviations, undetermined, population, .. } = sample;
    if *size == 0 {
        return "sample: no changes to draw from".to_owned();
    }
    let seed = sample.sampling.seed.escape_debug();
    let head = format!("sample of {size} of {population} (seed {seed}): {deviations} exceptions");
    match sample.limits {
        None => format!("{head}, {undetermined} undetermined, so no upper limit can be stated"),
        Some(limits) => format!(
            "{head}; at {:.0} % confidence at most {:.1} % (binomial), at most {} of {population} (hypergeometric)",
            sample.sampling.confidence * 100.0,
            limits.rate * 100.0,
            limits.count
        ),
    }
}
