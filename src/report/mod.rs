//! What a reader sees, once: counts, order and wording are decided here and nowhere else.
//! A renderer turns this value into bytes; it cannot count, filter, sort or decide.

mod annotations;
mod build;
pub mod changes;
mod effective;
pub mod exceptions;
#[cfg(test)]
pub(crate) mod fixture;
mod guards;
mod layers;
mod log_evidence;
mod logs;
mod performed;
mod seen;
mod tables;
pub mod wording;

pub use exceptions::{Case, CaseSubject, Exception};
pub use log_evidence::{ConflictLine, LogSection, Month, PersonRow, RetentionLine};

/// A finished report: plain data, finished wording, everything already in reading order.
#[derive(Clone, Debug)]
pub struct Report {
    pub cover: Cover,
    /// The checklist, fifteen rows in the guide's order.
    pub checklist: Vec<ControlRow>,
    /// The other controls, by id.
    pub controls: Vec<ControlRow>,
    /// Requirements, one section a framework.
    pub frameworks: Vec<FrameworkSection>,
    /// "Tests performed by management and results": one row a control (SOC 2 section IV shape).
    pub tests: Vec<TestRow>,
    /// Every failing check with its failing findings, worst first.
    pub exceptions: Vec<Exception>,
    /// Every finding, by check and subject.
    pub findings: Vec<FindingRow>,
    /// The hooks that were run, each with its figures; empty where none was, and outside of a pack.
    pub guards: Vec<GuardRow>,
    pub gaps: Vec<GapRow>,
    /// Every observation cited or made: the index of what lies in the pack's snapshot.
    pub evidence: Vec<EvidenceRow>,
    /// Logs: how records agree, how long they are kept, what is lost next; nothing where only the gate was asked.
    pub logs: Option<LogSection>,
    /// What landed in the period: counts, rates, exceptions and drift; empty where no history was read.
    pub changes: Vec<Listing>,
    /// How it was tested, what the words mean, what this cannot prove.
    pub notes: Vec<Note>,
    /// The machine-readable tables: one CSV file each.
    pub tables: Vec<Table>,
    /// What a code-review page shows beside the changed files: failing findings first, then undetermined ones.
    pub annotations: Vec<Annotation>,
    /// What stops each test call, where that was worked out.
    pub stops: Option<Stops>,
}

/// What stops each test call, layer by layer.
#[derive(Clone, Debug)]
pub struct Stops {
    /// One row a battery and group of users with the same figures.
    pub rows: Vec<StopsRow>,
    /// Calls that nothing stops, or that a person is asked about: those of the baseline first.
    pub open: Vec<OpenCall>,
    /// As many of them as a page has room for.
    pub on_paper: Vec<OpenCall>,
    /// How many are left out there, and where they are.
    pub left_out: Option<String>,
}

impl Stops {
    /// What the figures of a row count.
    pub const FIGURES: [&'static str; 10] = [
        "Baseline stopped",
        "All stopped",
        "Asks",
        "Not known",
        "Open",
        "By rules",
        "By hooks",
        "By sandbox",
        "Hook alone",
        "Harmless stopped",
    ];
}

/// One battery for users with the same figures.
#[derive(Clone, Debug)]
pub struct StopsRow {
    pub battery: String,
    pub subjects: String,
    /// Under [`Stops::FIGURES`].
    pub figures: Vec<String>,
}

/// One call that can be made.
#[derive(Clone, Debug)]
pub struct OpenCall {
    pub battery: String,
    pub tries: String,
    /// Whether an item's verdict depends on it.
    pub baseline: bool,
    /// `open`, `asks a person`.
    pub answer: String,
    pub modes: String,
    pub why: String,
    pub subjects: String,
}

/// Who, what, when, and the result at a glance.
#[derive(Clone, Debug)]
pub struct Cover {
    pub title: String,
    pub organisation: String,
    /// Names the pack on each page: the run id.
    pub pack_id: String,
    /// RFC 3339.
    pub as_of: String,
    pub period: String,
    /// One line each: the host, the repositories, the users, the logs.
    pub scope: Vec<String>,
    pub tool: String,
    pub client_contract: String,
    /// Name and digest of each input.
    pub inputs: Vec<(String, String)>,
    /// One sentence: how many of the fifteen items ended how.
    pub headline: String,
    /// How the fifteen items ended: status word and count, in a fixed order, zero counts included.
    pub checklist_counts: Vec<(String, u64)>,
    /// How the findings ended, likewise.
    pub finding_counts: Vec<(String, u64)>,
    /// What is not covered and what this document is not: shown on the first page.
    pub limits: Vec<String>,
    /// What the frameworks' texts and the law leave to others: stands with the method.
    pub notices: Vec<String>,
}

/// One control with its three answers.
#[derive(Clone, Debug)]
pub struct ControlRow {
    pub id: String,
    /// `1` to `15`, or empty.
    pub item: String,
    pub text: String,
    pub statement: String,
    /// Status words: `pass`, `fail`, `undetermined`, `not_applicable`, `attested`, `awaiting_attestation`,
    /// `expired`, `conflict`.
    pub result: String,
    pub declared: String,
    pub enforced: String,
    pub operated: String,
    /// What decided the result.
    pub reason: String,
    /// `4 of 4`.
    pub subjects: String,
    pub owner: String,
    pub frequency: String,
    pub purpose: String,
    pub nature: String,
    /// Requirement citations that it serves.
    pub serves: Vec<String>,
    /// The statement that is waited for, where a person must make one.
    pub attestation: Option<String>,
    /// This control's findings: failing first, then undetermined, passing, not applicable.
    pub findings: Vec<FindingRow>,
    /// Bases without a check, and why.
    pub untested: Vec<(String, String)>,
}

/// One finding, worded.
#[derive(Clone, Debug)]
pub struct FindingRow {
    pub fingerprint: String,
    pub check: String,
    /// The claim.
    pub title: String,
    pub basis: String,
    pub severity: String,
    pub subject: String,
    pub verdict: String,
    pub message: String,
    /// The test performed.
    pub procedure: String,
    pub why: String,
    /// What to change; empty unless the verdict is a failure.
    pub fix: String,
    /// `etc/claude-code/managed-settings.json /hooks/PreToolUse/0`
    pub evidence: Vec<String>,
    /// Controls that the check serves.
    pub controls: Vec<String>,
}

/// One framework's requirements.
#[derive(Clone, Debug)]
pub struct FrameworkSection {
    pub id: String,
    pub title: String,
    pub version: String,
    pub notice: String,
    pub rows: Vec<RequirementRow>,
}

/// One requirement.
#[derive(Clone, Debug)]
pub struct RequirementRow {
    /// The citation: `CC6.1`, `45 CFR 164.312(b)`.
    pub id: String,
    pub title: String,
    pub text: String,
    /// `required`, `addressable` or empty.
    pub designation: String,
    pub status: String,
    /// `full`, `partial`, `related`, `none`.
    pub coverage: String,
    /// Control, relation and why.
    pub controls: Vec<(String, String, String)>,
    pub people: String,
}

/// One row of the tests-and-results table.
#[derive(Clone, Debug)]
pub struct TestRow {
    /// The citations that the control answers fully or in part; the matrix has the related ones too.
    pub criterion: String,
    pub control: String,
    pub activity: String,
    /// What was done, under what it answers: `Declared`, `Enforced`, `Operated`, `Statement`.
    pub tests: Vec<(String, Vec<String>)>,
    pub as_of: String,
    /// Items tested, of how many.
    pub population: String,
    /// `No exceptions noted in the items tested.`, `Exception noted: 2 of 4 …`, `Not tested: …`.
    pub result: String,
    pub status: String,
}

/// One hook that was run.
#[derive(Clone, Debug)]
pub struct GuardRow {
    pub hook: String,
    pub event: String,
    pub command: String,
    /// One sentence a battery, with counts.
    pub figures: Vec<String>,
    /// How it behaves when it breaks, in one phrase.
    pub fails: String,
    /// Each broken input or missing program, and what it led to.
    pub faults: String,
    pub approves: String,
    pub isolation: String,
}

/// One thing looked for and not seen.
#[derive(Clone, Debug)]
pub struct GapRow {
    pub source: String,
    pub reason: String,
    pub detail: String,
}

/// One observation.
#[derive(Clone, Debug)]
pub struct EvidenceRow {
    pub id: String,
    pub source: String,
    /// What it is for, in words.
    pub kind: String,
    pub bytes: String,
    pub sha256: String,
    pub owner: String,
    pub mode: String,
    pub redactions: String,
    pub collector: String,
}

/// A passage of prose.
#[derive(Clone, Debug)]
pub struct Note {
    pub heading: String,
    pub paragraphs: Vec<String>,
}

/// A table that a page shows as it is.
#[derive(Clone, Debug)]
pub struct Listing {
    pub caption: String,
    /// Heads, each with its share of the page's width, of a hundred.
    pub columns: &'static [(&'static str, f32)],
    pub rows: Vec<Vec<String>>,
    /// What was left out and where it is; empty where nothing was.
    pub left_out: String,
    /// The table for machines that holds every row.
    pub whole: &'static str,
}

/// A table for machines.
#[derive(Clone, Debug)]
pub struct Table {
    /// The file's stem: `checklist`.
    pub name: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// One remark beside a file of the repository under review.
#[derive(Clone, Debug)]
pub struct Annotation {
    /// `error` for a failing finding, `warning` for an undetermined one.
    pub level: String,
    /// Below the repository; empty where the evidence lies elsewhere or several repositories are in scope.
    pub file: String,
    /// From 1; nothing where the evidence names no line.
    pub line: Option<u64>,
    pub title: String,
    pub message: String,
}
