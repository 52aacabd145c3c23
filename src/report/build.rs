//! Builds the report out of an assessment, its snapshot and the catalogue: counting, ordering and wording.

use std::collections::BTreeMap;

use super::seen::{file_digest, mode, owner};
use super::{
    ControlRow, Cover, EvidenceRow, FindingRow, FrameworkSection, GapRow, Report, RequirementRow, exceptions,
    tables, wording,
};
use crate::catalog::{Catalog, Control, Designation, Frequency, Nature, Purpose, Relation};
use crate::model::{
    Assessment, ControlResult, Evidence, Finding, Fingerprint, Gap, Host, Observation, Os, RequirementResult,
    Seen, Snapshot, Status, Verdict,
};

/// Names listed on one line of the scope before the rest is counted.
const NAMES_SHOWN: usize = 24;

impl Report {
    /// What a reader sees of this assessment, with the tables that a pack holds. The same three inputs make the same report.
    pub fn of(assessment: &Assessment, snapshot: &Snapshot, catalog: &Catalog) -> Self {
        let context = Context::new(assessment, snapshot, catalog);
        let failing = context.failing();
        let mut report = Self::without_tables(&context, &failing);
        report.tables = tables::all(&report, &failing, assessment, snapshot, catalog);
        report
    }

    /// The same for what is only shown: the tables would take longer than the rest.
    pub fn brief(assessment: &Assessment, snapshot: &Snapshot, catalog: &Catalog) -> Self {
        let context = Context::new(assessment, snapshot, catalog);
        Self::without_tables(&context, &context.failing())
    }

    fn without_tables(context: &Context<'_>, failing: &[FindingRow]) -> Self {
        let (assessment, snapshot) = (context.assessment, context.snapshot);
        Self {
            cover: context.cover(),
            checklist: assessment.checklist.iter().map(|result| context.control(result)).collect(),
            controls: assessment.controls.iter().map(|result| context.control(result)).collect(),
            frameworks: context.frameworks(),
            tests: context.tests(),
            exceptions: exceptions::group(failing),
            findings: assessment.findings.iter().map(|finding| context.finding(finding)).collect(),
            guards: Vec::new(),
            gaps: assessment.gaps.iter().map(gap_row).collect(),
            evidence: snapshot.observations.iter().map(evidence_row).collect(),
            logs: None,
            changes: Vec::new(),
            notes: wording::notes(),
            tables: Vec::new(),
            annotations: context.annotations(),
            stops: None,
        }
    }

    /// `3 exceptions in 12 failing findings, of 40 findings`: the same words in every format.
    pub fn exceptions_counted(&self) -> String {
        let failing = self.exceptions.iter().map(|exception| exception.failing).sum();
        wording::exceptions(self.exceptions.len(), failing, self.findings.len())
    }

    /// Names the organisation on the first page; an empty name leaves it unnamed.
    #[must_use]
    pub fn for_organisation(mut self, name: &str) -> Self {
        if !name.is_empty() {
            name.clone_into(&mut self.cover.organisation);
        }
        self
    }
}

/// The inputs, and what is looked up in them more than once.
pub(super) struct Context<'a> {
    pub(super) assessment: &'a Assessment,
    pub(super) snapshot: &'a Snapshot,
    pub(super) catalog: &'a Catalog,
    pub(super) by_fingerprint: BTreeMap<&'a Fingerprint, &'a Finding>,
    pub(super) as_of: String,
    pub(super) period: String,
}

impl<'a> Context<'a> {
    fn new(assessment: &'a Assessment, snapshot: &'a Snapshot, catalog: &'a Catalog) -> Self {
        let run = &assessment.run;
        let by_fingerprint =
            assessment.findings.iter().map(|finding| (&finding.fingerprint, finding)).collect();
        Self {
            assessment,
            snapshot,
            catalog,
            by_fingerprint,
            as_of: run.as_of.to_string(),
            period: period_text(run.period.start, run.period.end),
        }
    }

    fn cover(&self) -> Cover {
        let Assessment { tool, run, inputs, counts, .. } = self.assessment;
        let checklist_counts: Vec<(String, u64)> = wording::status_words()
            .map(|word| {
                let count =
                    self.assessment.checklist.iter().filter(|item| item.result.word() == word).count();
                (word.to_owned(), count as u64)
            })
            .collect();
        let finding_counts = [
            (Verdict::Pass, counts.pass),
            (Verdict::Fail, counts.fail),
            (Verdict::Undetermined, counts.undetermined),
            (Verdict::NotApplicable, counts.not_applicable),
        ]
        .map(|(verdict, count)| (verdict.word().to_owned(), count))
        .to_vec();
        Cover {
            title: wording::TITLE.to_owned(),
            organisation: wording::NO_ORGANISATION.to_owned(),
            pack_id: run.id.clone(),
            as_of: self.as_of.clone(),
            period: self.period.clone(),
            scope: self.scope(),
            tool: format!("{} {}", tool.name, tool.version),
            client_contract: self.assessment.client_contract.clone(),
            inputs: [
                ("snapshot", &inputs.snapshot),
                ("catalogue", &inputs.catalog),
                ("policy", &inputs.policy),
            ]
            .map(|(name, digest)| (name.to_owned(), digest.to_string()))
            .to_vec(),
            headline: wording::headline(&checklist_counts, &self.as_of),
            checklist_counts,
            finding_counts,
            limits: self.limits(),
            notices: wording::notices(
                self.catalog
                    .frameworks()
                    .map(|framework| format!("{}: {}", framework.title, framework.notice)),
            ),
        }
    }

    fn scope(&self) -> Vec<String> {
        let scope = &self.snapshot.scope;
        let mut lines = Vec::new();
        let host = self.snapshot.observations.iter().find_map(|seen| match &seen.seen {
            Seen::Host(host) => Some(host),
            _ => None,
        });
        match host {
            Some(host) => {
                let name = host.hostname.as_deref().unwrap_or("without a recorded name");
                let root = &scope.root;
                let (system, by) = (os_name(host.os), names(&host.recognised_by));
                lines.push(format!("1 host: {name}, {system} (recognised by {by}), read at {root}"));
                let users: Vec<&str> = host.users.iter().map(|user| user.name.as_str()).collect();
                lines.push(counted("user home", "user homes", &users));
                lines.push(client_line(host));
            }
            None => lines.push(format!("No host was recognised at {}", scope.root)),
        }
        lines.push(counted("repository", "repositories", &scope.repositories));
        let left_out = self.assessment.run.scope.left_out.iter();
        lines.extend(
            left_out.map(|left| format!("Left out by the policy: {} ({})", left.subject, left.reason)),
        );
        lines.push(counted("log path named by the operator", "log paths named by the operator", &scope.logs));
        lines
    }

    fn limits(&self) -> Vec<String> {
        let mut lines = wording::limits();
        let items = &self.assessment.checklist;
        let unoperated =
            items.iter().filter(|item| item.operated != Status::Pass && item.operated != Status::Fail);
        let (without, total) = (unoperated.count(), items.len());
        lines.push(format!("{without} of {total} checklist items have no tested answer for the period."));
        lines.push(match self.assessment.gaps.len() {
            0 => "Everything that was looked for was seen: no gaps.".to_owned(),
            1 => "1 thing was looked for and not seen; it is listed under gaps with its reason.".to_owned(),
            more => format!(
                "{more} things were looked for and not seen; they are listed under gaps with the reason."
            ),
        });
        lines
    }

    fn control(&self, result: &ControlResult) -> ControlRow {
        let control = self.catalog.control(&result.id);
        let mut cited: Vec<&Finding> =
            result.findings.iter().filter_map(|print| self.by_fingerprint.get(print).copied()).collect();
        cited.sort_by(|a, b| reading_order(a).cmp(&reading_order(b)));
        ControlRow {
            id: result.id.to_string(),
            item: result.item.map(|item| item.to_string()).unwrap_or_default(),
            text: result.text.clone(),
            statement: control.map(|control| control.statement.clone()).unwrap_or_default(),
            result: result.result.word().to_owned(),
            declared: result.declared.word().to_owned(),
            enforced: result.enforced.word().to_owned(),
            operated: result.operated.word().to_owned(),
            reason: result.reason.clone(),
            subjects: subjects(result),
            owner: control.map(|control| control.owner.clone()).unwrap_or_default(),
            frequency: control.map(|control| frequency(control.frequency).to_owned()).unwrap_or_default(),
            purpose: control.map(|control| purpose(control.purpose).to_owned()).unwrap_or_default(),
            nature: control.map(|control| nature(control.nature).to_owned()).unwrap_or_default(),
            serves: control.map(serves).unwrap_or_default(),
            attestation: control
                .and_then(|control| control.attestation.as_ref())
                .map(|need| need.statement.clone()),
            findings: cited.into_iter().map(|finding| self.finding(finding)).collect(),
            untested: control
                .map(|control| {
                    control
                        .untested
                        .iter()
                        .map(|(basis, why)| (basis.word().to_owned(), why.clone()))
                        .collect()
                })
                .unwrap_or_default(),
        }
    }

    pub(super) fn finding(&self, finding: &Finding) -> FindingRow {
        let card = self.catalog.card(&finding.check);
        let failed = finding.verdict == Verdict::Fail;
        let advice = || card.map(|card| card.fix.clone()).unwrap_or_default();
        FindingRow {
            fingerprint: finding.fingerprint.to_string(),
            check: finding.check.to_string(),
            title: card.map_or_else(|| finding.check.to_string(), |card| card.title.clone()),
            basis: finding.basis.word().to_owned(),
            severity: finding.severity.word().to_owned(),
            subject: finding.subject.clone(),
            verdict: finding.verdict.word().to_owned(),
            message: finding.message.clone(),
            procedure: card.map(|card| card.procedure.clone()).unwrap_or_default(),
            why: card.map(|card| card.why.clone()).unwrap_or_default(),
            fix: if failed { finding.fix.clone().unwrap_or_else(advice) } else { String::new() },
            evidence: finding.evidence.iter().map(citation).collect(),
            controls: self
                .catalog
                .controls_of_check(&finding.check)
                .map(|control| control.id.to_string())
                .collect(),
        }
    }

    fn failing(&self) -> Vec<FindingRow> {
        let mut failing: Vec<&Finding> =
            self.assessment.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
        failing.sort_by(|a, b| reading_order(a).cmp(&reading_order(b)));
        failing.into_iter().map(|finding| self.finding(finding)).collect()
    }

    fn frameworks(&self) -> Vec<FrameworkSection> {
        let results: BTreeMap<(&str, &str), &RequirementResult> = self
            .assessment
            .requirements
            .iter()
            .map(|result| ((result.framework.as_str(), result.id.as_str()), result))
            .collect();
        let section = |framework: &crate::catalog::Framework| FrameworkSection {
            id: framework.id.to_string(),
            title: framework.title.clone(),
            version: framework.version.clone(),
            notice: framework.notice.clone(),
            rows: framework
                .requirements
                .iter()
                .map(|requirement| {
                    let result = results.get(&(framework.id.as_str(), requirement.id.as_str()));
                    RequirementRow {
                        id: requirement.id.to_string(),
                        title: requirement.title.clone(),
                        text: requirement.text.clone(),
                        designation: designation(requirement.designation).to_owned(),
                        status: result.map_or(Status::Undetermined, |result| result.status).word().to_owned(),
                        coverage: result.map_or("none", |result| result.coverage.word()).to_owned(),
                        controls: self.mapped(framework.id.as_str(), requirement.id.as_str()),
                        people: requirement.people.clone(),
                    }
                })
                .collect(),
        };
        self.catalog.frameworks().map(section).collect()
    }

    fn mapped(&self, framework: &str, requirement: &str) -> Vec<(String, String, String)> {
        let mut edges = Vec::new();
        for control in self.catalog.controls() {
            for edge in &control.requirements {
                if edge.framework.as_str() == framework && edge.id.as_str() == requirement {
                    edges.push((
                        control.id.to_string(),
                        relation(edge.relation).to_owned(),
                        edge.why.clone(),
                    ));
                }
            }
        }
        edges.sort();
        edges
    }
}

/// Failing first, then undetermined, passing, not applicable; inside that worst first, then by check and subject.
pub(super) fn reading_order(finding: &Finding) -> (u8, crate::model::Severity, &str, &str) {
    let verdict = match finding.verdict {
        Verdict::Fail => 0,
        Verdict::Undetermined => 1,
        Verdict::Pass => 2,
        Verdict::NotApplicable => 3,
    };
    (verdict, finding.severity, finding.check.as_str(), &finding.subject)
}

fn citation(evidence: &Evidence) -> String {
    match &evidence.locator {
        Some(locator) => format!("{} {locator}", evidence.source),
        None => evidence.source.clone(),
    }
}

pub(super) fn subjects(result: &ControlResult) -> String {
    format!("{} of {}", result.subjects.tested, result.subjects.in_scope)
}

/// The published ids that a control serves, in the catalogue's order.
fn serves(control: &Control) -> Vec<String> {
    control.requirements.iter().map(|edge| edge.id.to_string()).collect()
}

fn gap_row(gap: &Gap) -> GapRow {
    GapRow { source: gap.source.clone(), reason: gap.reason.word().to_owned(), detail: gap.detail.clone() }
}

pub(super) fn evidence_row(observation: &Observation) -> EvidenceRow {
    let mut row = EvidenceRow {
        id: observation.id.to_string(),
        source: match &observation.locator {
            Some(locator) => format!("{} {locator}", observation.source),
            None => observation.source.clone(),
        },
        kind: String::new(),
        bytes: String::new(),
        sha256: String::new(),
        owner: String::new(),
        mode: String::new(),
        redactions: String::new(),
        collector: observation.collector.clone(),
    };
    match &observation.seen {
        Seen::Host(host) => row.kind = format!("host ({})", os_name(host.os)),
        Seen::File(file) => {
            row.kind = wording::role(&file.role);
            row.bytes = file.bytes.to_string();
            row.sha256 = file_digest(file);
            row.owner = owner(&file.owner);
            row.mode = mode(file.mode);
            row.redactions = file.secrets.len().to_string();
        }
        Seen::Directory(directory) => {
            row.kind = "directory".to_owned();
            row.owner = owner(&directory.owner);
            row.mode = mode(directory.mode);
        }
        Seen::Repository(_) => row.kind = "git repository".to_owned(),
        Seen::LaunchFlag(flag) => row.kind = format!("start of the client with {}", flag.flag),
        Seen::HookRun(run) => {
            row.kind = format!("{} hook runs ({}, {})", run.runs.len(), run.battery, run.isolation.words());
        }
        Seen::Reconciliation(_) => row.kind = "kinds of record of tool calls, compared".to_owned(),
        Seen::Continuity(seen) => {
            row.kind =
                format!("{} log files, compared with the reading as of {}", seen.files.len(), seen.earlier);
        }
        Seen::History(history) => {
            row.kind = format!("changes of {} in the period", history.population.branch);
        }
        Seen::Activity(activity) => {
            row.kind = "records of tool calls".to_owned();
            row.bytes = activity.summary.sources.iter().map(|source| source.bytes).sum::<u64>().to_string();
        }
    }
    row
}

/// A half-open period in words.
fn period_text(start: jiff::Timestamp, end: jiff::Timestamp) -> String {
    let midnight = "T00:00:00Z";
    match (start.to_string().strip_suffix(midnight), end.to_string().strip_suffix(midnight)) {
        (Some(first), Some(after)) => format!("{first} to before {after}, UTC"),
        _ => format!("{start} to before {end}"),
    }
}

pub(super) const fn os_name(os: Os) -> &'static str {
    match os {
        Os::Linux => "Linux",
        Os::MacOs => "macOS",
        Os::Windows => "Windows",
    }
}

fn client_line(host: &Host) -> String {
    match host.client_versions.as_slice() {
        [] => "No installed client was found; the version in use is unknown".to_owned(),
        versions => format!("Client installed: {}", names(versions)),
    }
}

fn counted<T: AsRef<str>>(one: &str, many: &str, all: &[T]) -> String {
    match all {
        [] => format!("0 {many}"),
        [only] => format!("1 {one}: {}", only.as_ref()),
        more => format!("{} {many}: {}", more.len(), names(more)),
    }
}

fn names<T: AsRef<str>>(all: &[T]) -> String {
    let shown: Vec<&str> = all.iter().take(NAMES_SHOWN).map(AsRef::as_ref).collect();
    let mut text = shown.join(", ");
    if let Some(rest) = all.len().checked_sub(NAMES_SHOWN).filter(|rest| *rest > 0) {
        text.push_str(&format!(" and {rest} more"));
    }
    text
}

pub(super) const fn frequency(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::PerEvent => "per event",
        Frequency::Continuous => "continuous",
        Frequency::Daily => "daily",
        Frequency::Quarterly => "quarterly",
        Frequency::Annual => "annual",
    }
}

pub(super) const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Preventive => "preventive",
        Purpose::Detective => "detective",
        Purpose::Corrective => "corrective",
    }
}

pub(super) const fn nature(nature: Nature) -> &'static str {
    match nature {
        Nature::Automated => "automated",
        Nature::Hybrid => "hybrid",
        Nature::Manual => "manual",
    }
}

const fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Full => "full",
        Relation::Partial => "partial",
        Relation::Related => "related",
    }
}

const fn designation(designation: Option<Designation>) -> &'static str {
    match designation {
        Some(Designation::Required) => "required",
        Some(Designation::Addressable) => "addressable",
        None => "",
    }
}
