//! How long each class of record is to be kept, at least and at most, and on which legal ground.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{register::period, table::Table};

/// The classes of record (`audit-domain` 1.5): what must be kept long and what must not are different records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DataClass {
    /// Policies, settings, results, packs' sources, sign-offs.
    ControlDocumentation,
    /// Who did what when, without content.
    SecurityEvents,
    /// Command text, prompts, transcripts.
    ContentLogs,
    /// Extracts tied to an incident.
    IncidentFiles,
    EvidencePacks,
}

impl DataClass {
    /// Every class, in its order.
    pub const ALL: &'static [Self] = &[
        Self::ControlDocumentation,
        Self::SecurityEvents,
        Self::ContentLogs,
        Self::IncidentFiles,
        Self::EvidencePacks,
    ];

    /// The word used in the policy file and in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ControlDocumentation => "control_documentation",
            Self::SecurityEvents => "security_events",
            Self::ContentLogs => "content_logs",
            Self::IncidentFiles => "incident_files",
            Self::EvidencePacks => "evidence_packs",
        }
    }
}

/// The bounds of one class. A floor above its ceiling is no mistake of the file: it is a conflict to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    pub floor_days: Option<u32>,
    pub ceiling_days: Option<u32>,
    pub legal_basis: Option<String>,
    pub owner: Option<String>,
    /// Settles a floor above a ceiling for this class, until its review.
    pub decision: Option<RetentionDecision>,
}

/// A named person's decision on how long one class is kept where two rules cannot both be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionDecision {
    pub id: String,
    /// Days that were decided on.
    pub period_days: u32,
    pub legal_basis: String,
    /// What protects the people concerned: pseudonyms, limited access.
    pub safeguards: String,
    pub owner: String,
    pub decided_by: String,
    pub decided_at: Date,
    /// The decision ends here, at the latest twelve months after it was made.
    pub review_at: Date,
}

/// A decision is good for at most this long (`audit-domain` 1.5).
const DECISION_DAYS: i32 = 366;

pub(super) fn read(table: Table<'_>) -> BTreeMap<DataClass, Retention> {
    let mut classes = BTreeMap::new();
    for class in DataClass::ALL {
        let row = table.table(class.word());
        let days = |key| row.integer(key, 0..=36_600).and_then(|days| u32::try_from(days).ok());
        let retention = Retention {
            floor_days: days("floor_days"),
            ceiling_days: days("ceiling_days"),
            legal_basis: row.text("legal_basis"),
            owner: row.text("owner"),
            decision: row.optional_table("decision").and_then(decision),
        };
        if retention.ceiling_days.is_some() && retention.legal_basis.is_none() {
            row.wrong("ceiling_days", "stands without a `legal_basis`", None);
        }
        let decided = retention.decision.is_some();
        if decided || retention.floor_days.is_some() || retention.ceiling_days.is_some() {
            classes.insert(*class, retention);
        }
        row.finish();
    }
    table.finish();
    classes
}

fn decision(row: Table<'_>) -> Option<RetentionDecision> {
    let days = row.integer("period_days", 0..=36_600).and_then(|days| u32::try_from(days).ok());
    if days.is_none() {
        row.problem(row.line, "a retention decision needs `period_days`", None);
    }
    let (id, legal_basis, safeguards) =
        (row.required("id"), row.required("legal_basis"), row.required("safeguards"));
    let (owner, decided_by) = (row.required("owner"), row.required("decided_by"));
    let (decided_at, review_at) = (row.required_date("decided_at"), row.required_date("review_at"));
    if let (Some(from), Some(to)) = (decided_at, review_at) {
        period(&row, "review_at", from, to, DECISION_DAYS);
    }
    row.finish();
    Some(RetentionDecision {
        id: id?,
        period_days: days?,
        legal_basis: legal_basis?,
        safeguards: safeguards?,
        owner: owner?,
        decided_by: decided_by?,
        decided_at: decided_at?,
        review_at: review_at?,
    })
}
