//! How long each class of record is to be kept, at least and at most, and on which legal ground.

use std::collections::BTreeMap;

use super::table::Table;

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
}

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
        };
        if retention.ceiling_days.is_some() && retention.legal_basis.is_none() {
            row.wrong("ceiling_days", "stands without a `legal_basis`", None);
        }
        if retention.floor_days.is_some() || retention.ceiling_days.is_some() {
            classes.insert(*class, retention);
        }
        row.finish();
    }
    table.finish();
    classes
}
