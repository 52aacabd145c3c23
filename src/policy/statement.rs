//! What people state: attestations of controls that no machine can test, and waivers of failing findings.
//! Neither changes a verdict; here they are only read.

use jiff::civil::Date;

use super::{KnownIds, register::period, table::Table};
use crate::model::{CheckId, ControlId};

/// A named person vouches for a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    pub control: ControlId,
    pub statement: String,
    pub by: String,
    pub role: String,
    pub made_at: Date,
    pub expires: Date,
    /// What lies beside the statement: ids of documents, tickets, paths.
    pub evidence: Vec<String>,
}

/// A named person accepts failing findings until a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    pub target: WaiverTarget,
    /// The one subject that is meant; nothing means every subject of the target.
    pub subject: Option<String>,
    pub reason: String,
    pub by: String,
    pub accepted_at: Date,
    pub expires: Date,
}

/// What a waiver is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaiverTarget {
    Control(ControlId),
    Check(CheckId),
}

/// A statement is good for at most this long (`audit-domain` 3.0).
pub(super) const STATEMENT_DAYS: i32 = 366;

pub(super) fn attestations(top: &Table<'_>, known: &KnownIds) -> Vec<Attestation> {
    let mut statements = Vec::new();
    for row in top.tables("attestations") {
        let control =
            row.required("control").and_then(|text| resolved(&row, "control", known.control(&text)));
        let (statement, by, role) = (row.required("statement"), row.required("by"), row.required("role"));
        let (made_at, expires) = (row.required_date("made_at"), row.required_date("expires"));
        let evidence = row.texts("evidence").unwrap_or_default();
        let evidence = evidence.into_iter().map(|(_, text)| text).collect();
        if let (Some(made_at), Some(expires)) = (made_at, expires) {
            period(&row, "expires", made_at, expires, STATEMENT_DAYS);
        }
        if let (Some(control), Some(statement), Some(by), Some(role), Some(made_at), Some(expires)) =
            (control, statement, by, role, made_at, expires)
        {
            statements.push(Attestation { control, statement, by, role, made_at, expires, evidence });
        }
        row.finish();
    }
    statements
}

pub(super) fn waivers(top: &Table<'_>, known: &KnownIds) -> Vec<Waiver> {
    let mut waivers = Vec::new();
    for row in top.tables("waivers") {
        let target = target(&row, known);
        let (reason, by) = (row.required("reason"), row.required("by"));
        let (accepted_at, expires) = (row.required_date("accepted_at"), row.required_date("expires"));
        let subject = row.text("subject");
        if let (Some(accepted_at), Some(expires)) = (accepted_at, expires) {
            period(&row, "expires", accepted_at, expires, STATEMENT_DAYS);
        }
        if let (Some(target), Some(reason), Some(by), Some(accepted_at), Some(expires)) =
            (target, reason, by, accepted_at, expires)
        {
            waivers.push(Waiver { target, subject, reason, by, accepted_at, expires });
        }
        row.finish();
    }
    waivers
}

fn target(row: &Table<'_>, known: &KnownIds) -> Option<WaiverTarget> {
    let (control, check) = (row.text("control"), row.text("check"));
    match (control, check) {
        (Some(text), None) => resolved(row, "control", known.control(&text)).map(WaiverTarget::Control),
        (None, Some(text)) => resolved(row, "check", known.check(&text)).map(WaiverTarget::Check),
        _ => {
            let hint = "write exactly one of `control` and `check`";
            row.problem(row.line, "a waiver is about one control or one check", Some(hint.to_owned()));
            None
        }
    }
}

fn resolved<T>(row: &Table<'_>, key: &str, id: Result<T, (String, String)>) -> Option<T> {
    id.map_err(|(message, hint)| row.problem(row.line_of(key), message, Some(hint))).ok()
}
