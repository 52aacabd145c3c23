//! The tables for machines that are made from the assessment: results, exceptions, mappings, gaps.

use std::collections::{BTreeMap, BTreeSet};

use super::build::evidence_row;
use super::{FindingRow, Report, Table, logs, seen, wording};
use crate::catalog::{Catalog, Control, CrosswalkBasis};
use crate::model::{Assessment, ControlResult, Finding, Seen, Snapshot, Status, Verdict};

/// Where an observation lies in the pack.
pub(super) const SNAPSHOT_FILE: &str = "snapshot.json";

/// Every table that has data, by name.
pub(super) fn all(
    report: &Report,
    failing: &[FindingRow],
    assessment: &Assessment,
    snapshot: &Snapshot,
    catalog: &Catalog,
) -> Vec<Table> {
    let facts = Facts::new(assessment, snapshot, catalog);
    let mut tables = vec![
        facts.index(),
        facts.control_matrix(),
        facts.checklist(),
        facts.tests_results(report),
        facts.exceptions(failing),
        facts.findings(report),
        facts.gaps(),
        facts.evidence_manifest(),
        facts.crosswalk(),
        facts.cuec(),
        seen::hosts(assessment, snapshot),
        seen::hooks(snapshot),
        seen::mcp_servers(snapshot),
        seen::retention(snapshot),
        logs::log_coverage(snapshot),
        logs::populations(assessment, snapshot),
    ];
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    tables
}

/// A table whose columns are written as the header line is.
pub(super) fn table(name: &str, columns: &str, rows: Vec<Vec<String>>) -> Table {
    let columns: Vec<String> = columns.split(',').map(|column| column.trim().to_owned()).collect();
    debug_assert!(rows.iter().all(|row| row.len() == columns.len()), "{name}: a row does not fit its header");
    Table { name: name.to_owned(), columns, rows }
}

/// Several values in one cell.
pub(super) fn joined<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for value in values {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(value.as_ref());
    }
    text
}

fn unknown() -> String {
    wording::UNKNOWN.to_owned()
}

struct Facts<'a> {
    assessment: &'a Assessment,
    snapshot: &'a Snapshot,
    catalog: &'a Catalog,
    as_of: String,
    start: String,
    end: String,
    tool: String,
    /// Controls by check.
    served: BTreeMap<&'a str, Vec<&'a Control>>,
    /// Failing findings and findings with an answer, by check.
    deviations: BTreeMap<&'a str, (u64, u64)>,
}

impl<'a> Facts<'a> {
    fn new(assessment: &'a Assessment, snapshot: &'a Snapshot, catalog: &'a Catalog) -> Self {
        let mut served: BTreeMap<&str, Vec<&Control>> = BTreeMap::new();
        for control in catalog.controls() {
            for check in &control.checks {
                served.entry(check.as_str()).or_default().push(control);
            }
        }
        let mut deviations: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for finding in &assessment.findings {
            let entry = deviations.entry(finding.check.as_str()).or_default();
            match finding.verdict {
                Verdict::Fail => *entry = (entry.0 + 1, entry.1 + 1),
                Verdict::Pass => entry.1 += 1,
                Verdict::Undetermined | Verdict::NotApplicable => {}
            }
        }
        let run = &assessment.run;
        Self {
            assessment,
            snapshot,
            catalog,
            as_of: run.as_of.to_string(),
            start: run.period.start.to_string(),
            end: run.period.end.to_string(),
            tool: format!("{} {}", assessment.tool.name, assessment.tool.version),
            served,
            deviations,
        }
    }

    fn controls_of(&self, check: &str) -> &[&'a Control] {
        self.served.get(check).map_or(&[], Vec::as_slice)
    }

    fn requirements_of(&self, check: &str) -> String {
        let ids: BTreeSet<&str> = self
            .controls_of(check)
            .iter()
            .flat_map(|control| control.requirements.iter().map(|edge| edge.id.as_str()))
            .collect();
        joined(ids)
    }

    fn index(&self) -> Table {
        let mut cited: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for finding in &self.assessment.findings {
            for evidence in &finding.evidence {
                let controls =
                    self.controls_of(finding.check.as_str()).iter().map(|control| control.id.as_str());
                cited.entry(evidence.observation.to_string()).or_default().extend(controls);
            }
        }
        let row = |observation| {
            let row = evidence_row(observation);
            let redacted = row.redactions.parse().is_ok_and(|count: u64| count > 0);
            vec![
                row.id.clone(),
                "evidence".to_owned(),
                format!("{}: {}", row.kind, row.source),
                SNAPSHOT_FILE.to_owned(),
                "application/json".to_owned(),
                row.bytes,
                row.sha256,
                self.as_of.clone(),
                row.collector,
                cited.get(&row.id).map(joined).unwrap_or_default(),
                self.start.clone(),
                self.end.clone(),
                self.as_of.clone(),
                redacted.to_string(),
                if redacted { "literal secret".to_owned() } else { String::new() },
                unknown(),
                unknown(),
            ]
        };
        table(
            "index",
            "evidence_id,section,title,path,media_type,bytes,sha256,produced_at,produced_by,control_ids,period_start,\
             period_end,as_of,redacted,redaction_reason,retention_class,keep_until",
            self.snapshot.observations.iter().map(row).collect(),
        )
    }

    fn control_matrix(&self) -> Table {
        let mut rows = Vec::new();
        for result in self.assessment.all_controls() {
            let Some(control) = self.catalog.control(&result.id) else { continue };
            for edge in &control.requirements {
                let framework = self.catalog.framework(&edge.framework);
                let requirement = self.catalog.requirement(&edge.framework, edge.id.as_str());
                let in_scope = result.result != Status::NotApplicable;
                rows.push(vec![
                    control.id.to_string(),
                    control.statement.clone(),
                    edge.framework.to_string(),
                    framework.map(|framework| framework.version.clone()).unwrap_or_default(),
                    edge.id.to_string(),
                    requirement.map(|requirement| requirement.text.clone()).unwrap_or_default(),
                    control.owner.clone(),
                    super::build::frequency(control.frequency).to_owned(),
                    super::build::purpose(control.purpose).to_owned(),
                    super::build::nature(control.nature).to_owned(),
                    unknown(),
                    control.item.map(|item| item.to_string()).unwrap_or_default(),
                    joined(control.checks.iter().map(|check| check.as_str())),
                    wording::test_result(design(result).word()).to_owned(),
                    wording::test_result(result.operated.word()).to_owned(),
                    result.result.word().to_owned(),
                    self.failing(result).count().to_string(),
                    in_scope.to_string(),
                    if in_scope { String::new() } else { result.reason.clone() },
                ]);
            }
        }
        table(
            "control_matrix",
            "control_id,control_statement,framework,framework_version,requirement_id,requirement_paraphrase,\
             control_owner,frequency,control_type,nature,key_control,checklist_items,test_ids,tod_result,toe_result,\
             overall_result,exceptions_count,in_scope,scope_rationale",
            rows,
        )
    }

    fn cited(&self, result: &'a ControlResult) -> impl Iterator<Item = &'a Finding> {
        self.assessment.findings.iter().filter(|finding| result.findings.contains(&finding.fingerprint))
    }

    fn failing(&self, result: &'a ControlResult) -> impl Iterator<Item = &'a Finding> {
        self.cited(result).filter(|finding| finding.verdict == Verdict::Fail)
    }

    fn checklist(&self) -> Table {
        let row = |result: &'a ControlResult| {
            let control = self.catalog.control(&result.id);
            let evidence: BTreeSet<String> = self
                .cited(result)
                .flat_map(|finding| finding.evidence.iter().map(|evidence| evidence.observation.to_string()))
                .collect();
            let fixes: Vec<String> = self
                .failing(result)
                .filter_map(|finding| {
                    let card = self.catalog.card(&finding.check);
                    finding.fix.clone().or_else(|| card.map(|card| card.fix.clone()))
                })
                .collect::<BTreeSet<String>>()
                .into_iter()
                .collect();
            vec![
                result.item.map(|item| item.to_string()).unwrap_or_default(),
                result.text.clone(),
                control.map(|control| super::build::nature(control.nature).to_owned()).unwrap_or_default(),
                result.declared.word().to_owned(),
                result.enforced.word().to_owned(),
                result.result.word().to_owned(),
                result.subjects.tested.to_string(),
                result.subjects.in_scope.to_string(),
                String::new(),
                String::new(),
                String::new(),
                joined(evidence),
                joined(self.failing(result).map(|finding| finding.fingerprint.to_string())),
                String::new(),
                String::new(),
                joined(fixes),
            ]
        };
        table(
            "checklist",
            "item_no,item_text,method,seed_result,product_result,overall_result,coverage_tested,coverage_in_scope,\
             first_failed_at,baseline_result,regression,evidence_ids,exception_ids,attestation_id,\
             attestation_expires,remediation",
            self.assessment.checklist.iter().map(row).collect(),
        )
    }

    fn tests_results(&self, report: &Report) -> Table {
        let row = |(finding, shown): (&Finding, &FindingRow)| {
            let decided = matches!(finding.verdict, Verdict::Pass | Verdict::Fail);
            vec![
                shown.check.clone(),
                joined(&shown.controls),
                self.requirements_of(&shown.check),
                shown.title.clone(),
                procedure(&shown.procedure).to_owned(),
                shown.procedure.clone(),
                shown.title.clone(),
                String::new(),
                shown.basis.clone(),
                self.as_of.clone(),
                self.tool.clone(),
                shown.subject.split(' ').next().unwrap_or_default().to_owned(),
                shown.subject.clone(),
                String::new(),
                u8::from(decided).to_string(),
                u8::from(finding.verdict == Verdict::Fail).to_string(),
                wording::test_result(&shown.verdict).to_owned(),
                shown.severity.clone(),
                shown.message.clone(),
                shown.title.clone(),
                joined(finding.evidence.iter().map(|evidence| evidence.observation.to_string())),
                if finding.verdict == Verdict::Fail { shown.fingerprint.clone() } else { String::new() },
                self.assessment.tool.version.clone(),
                self.assessment.inputs.catalog.to_string(),
            ]
        };
        table(
            "tests_results",
            "test_id,control_id,requirement_ids,test_objective,procedure,test_steps,assertion,parameters,dialect,\
             executed_at,executed_by,subject_type,subject_id,population_id,items_tested,items_failed,result,severity,\
             observed,expected,evidence_ids,exception_ids,tool_version,catalog_version",
            self.assessment.findings.iter().zip(&report.findings).map(row).collect(),
        )
    }

    /// One row a failing finding, worst first.
    fn exceptions(&self, failing: &[FindingRow]) -> Table {
        let evidence: BTreeMap<String, &Finding> = self
            .assessment
            .findings
            .iter()
            .map(|finding| (finding.fingerprint.to_string(), finding))
            .collect();
        let row = |shown: &FindingRow| {
            let (failed, decided) = self.deviations.get(shown.check.as_str()).copied().unwrap_or_default();
            let owners: BTreeSet<&str> =
                self.controls_of(&shown.check).iter().map(|control| control.owner.as_str()).collect();
            let cited = evidence.get(&shown.fingerprint).map(|finding| finding.evidence.as_slice());
            let mut row = vec![
                shown.fingerprint.clone(),
                self.as_of.clone(),
                format!("{}/{}", self.start, self.end),
                joined(&shown.controls),
                self.requirements_of(&shown.check),
                shown.check.clone(),
                shown.subject.clone(),
                shown.message.clone(),
                failed.to_string(),
                decided.to_string(),
                unknown(),
                shown.why.clone(),
                unknown(),
                unknown(),
            ];
            row.extend([String::new(), String::new(), joined(owners), String::new(), "open".to_owned()]);
            row.extend([String::new(), String::new(), String::new(), String::new()]);
            row.push(joined(
                cited.unwrap_or_default().iter().map(|evidence| evidence.observation.to_string()),
            ));
            row
        };
        table(
            "exceptions",
            "exception_id,detected_at,period,control_id,requirement_ids,test_id,subject_id,description,\
             count_deviations,count_tested,root_cause,impact,compensating_control,management_response,response_by,\
             response_at,owner,due_date,status,accepted_by,acceptance_expires,retest_id,retest_result,evidence_ids",
            failing.iter().map(row).collect(),
        )
    }

    fn findings(&self, report: &Report) -> Table {
        let row = |shown: &FindingRow| {
            vec![
                shown.fingerprint.clone(),
                shown.check.clone(),
                shown.basis.clone(),
                shown.severity.clone(),
                shown.subject.clone(),
                shown.verdict.clone(),
                shown.message.clone(),
                shown.fix.clone(),
                joined(&shown.controls),
                joined(&shown.evidence),
            ]
        };
        table(
            "findings",
            "fingerprint,check_id,basis,severity,subject,verdict,message,fix,control_ids,evidence",
            report.findings.iter().map(row).collect(),
        )
    }

    fn gaps(&self) -> Table {
        let rows = self.assessment.gaps.iter();
        let rows = rows.map(|gap| vec![gap.source.clone(), gap.reason.word().to_owned(), gap.detail.clone()]);
        table("gaps", "source,reason,detail", rows.collect())
    }

    fn evidence_manifest(&self) -> Table {
        let host = self.snapshot.observations.iter().find_map(|observation| match &observation.seen {
            Seen::Host(host) => host.hostname.clone(),
            _ => None,
        });
        let host = host.unwrap_or_else(unknown);
        let row = |observation: &crate::model::Observation| {
            let shown = evidence_row(observation);
            let (redacted, log) = match &observation.seen {
                Seen::File(file) if !file.secrets.is_empty() => (
                    SNAPSHOT_FILE.to_owned(),
                    joined(
                        file.secrets
                            .iter()
                            .map(|hit| format!("{} at L{} ({})", hit.class, hit.line, hit.fingerprint)),
                    ),
                ),
                _ => (String::new(), String::new()),
            };
            vec![
                shown.id,
                host.clone(),
                shown.source,
                shown.collector,
                self.as_of.clone(),
                self.tool.clone(),
                self.assessment.tool.version.clone(),
                unknown(),
                unknown(),
                shown.owner,
                shown.mode,
                shown.bytes,
                shown.sha256,
                unknown(),
                SNAPSHOT_FILE.to_owned(),
                redacted,
                log,
            ]
        };
        table(
            "evidence_manifest",
            "evidence_id,source_host,source_path_or_url,collection_command,collected_at,collected_by,\
             collector_version,run_as,source_mtime,source_owner,source_mode,bytes,sha256,clock_offset_ms,stored_path,\
             redacted_path,redaction_log",
            self.snapshot.observations.iter().map(row).collect(),
        )
    }

    fn crosswalk(&self) -> Table {
        let mut rows = Vec::new();
        for framework in self.catalog.frameworks() {
            for requirement in &framework.requirements {
                for cross in &requirement.crosswalk {
                    let version = cross.target.rsplit_once(':').map_or("", |(_, version)| version);
                    let (basis, verified) = match cross.basis {
                        CrosswalkBasis::Published => ("published", true),
                        CrosswalkBasis::Judgement => ("judgement", true),
                        CrosswalkBasis::Unverified => ("judgement", false),
                    };
                    for id in &cross.ids {
                        rows.push(vec![
                            requirement.id.to_string(),
                            framework.id.to_string(),
                            cross.target.clone(),
                            version.to_owned(),
                            id.clone(),
                            "related".to_owned(),
                            basis.to_owned(),
                            verified.to_string(),
                        ]);
                    }
                }
            }
        }
        table(
            "crosswalk",
            "requirement_id,framework,target_framework,target_version,target_id,relationship,basis,verified",
            rows,
        )
    }

    /// What stays with people and other parties: from the requirements, and from controls that need a statement.
    fn cuec(&self) -> Table {
        let mut people: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for framework in self.catalog.frameworks() {
            for requirement in framework.requirements.iter().filter(|entry| !entry.people.trim().is_empty()) {
                people.entry(&requirement.people).or_default().insert(requirement.id.as_str());
            }
        }
        let mut rows: Vec<Vec<String>> = people
            .into_iter()
            .map(|(responsibility, ids)| {
                vec![
                    "organisation".to_owned(),
                    responsibility.to_owned(),
                    joined(ids),
                    unknown(),
                    unknown(),
                    "not evidenced by this pack".to_owned(),
                ]
            })
            .collect();
        for control in self.catalog.controls() {
            let result = self.assessment.all_controls().find(|result| result.id == control.id);
            if let (Some(need), Some(result)) = (&control.attestation, result) {
                rows.push(vec![
                    control.owner.clone(),
                    format!("{}: {}", control.id, need.statement),
                    joined(control.requirements.iter().map(|edge| edge.id.as_str())),
                    need.supporting.clone(),
                    if result.attestation.is_some() { "statement".to_owned() } else { unknown() },
                    result.result.word().to_owned(),
                ]);
            }
        }
        table("cuec", "party,responsibility,requirement_ids,evidence_expected,evidence_received,status", rows)
    }
}

/// The test of design: what the declared and enforced answers say together; an unknown half keeps it unknown.
fn design(result: &ControlResult) -> Status {
    let halves = [result.declared, result.enforced];
    let holds = |status| halves.contains(&status);
    if holds(Status::Fail) {
        Status::Fail
    } else if holds(Status::Conflict) {
        Status::Conflict
    } else if holds(Status::Pass)
        && halves.iter().all(|half| matches!(half, Status::Pass | Status::NotApplicable))
    {
        Status::Pass
    } else if halves == [Status::NotApplicable; 2] {
        Status::NotApplicable
    } else {
        Status::Undetermined
    }
}

/// The kind of procedure that a card's words describe. What only reads is inspection.
fn procedure(words: &str) -> &'static str {
    let words = words.to_lowercase();
    if ["re-perform", "reperform", "replay"].iter().any(|word| words.contains(word)) {
        "reperformance"
    } else if words.contains("recalculat") {
        "recalculation"
    } else if words.is_empty() {
        wording::UNKNOWN
    } else {
        "inspection"
    }
}
