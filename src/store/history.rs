//! Questions to the store: the history of runs, one run, the latest of a scope, and trends.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{Store, StoreError};
use crate::model::{Assessment, ControlId, Counts, Fingerprint, Period};

/// One run, without its findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    pub id: String,
    pub as_of: Timestamp,
    pub period: Period,
    pub root: String,
    pub repositories: Vec<String>,
    pub tool_version: String,
    pub client_contract: String,
    /// Of findings.
    pub counts: Counts,
    /// How many of the checklist's items pass or are vouched for, and how many there are.
    pub items_passed: u64,
    pub items: u64,
    /// How often the run was made, and when first and last.
    pub recordings: u64,
    pub first_recorded: Timestamp,
    pub last_recorded: Timestamp,
}

/// What one run said of one check and subject. The words are those of every format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingPoint {
    pub run: String,
    pub as_of: Timestamp,
    pub check: String,
    pub subject: String,
    pub severity: String,
    pub verdict: String,
}

/// What one run said of one control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPoint {
    pub run: String,
    pub as_of: Timestamp,
    pub result: String,
    pub declared: String,
    pub enforced: String,
    pub operated: String,
    pub tested: u64,
    pub in_scope: u64,
}

impl Store {
    /// Every run, in the order of first recording.
    pub fn runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.rows(
            "SELECT run.id, run.as_of, run.period_start, run.period_end, run.root, run.repositories, \
             run.tool_version, run.client_contract, run.passed, run.failed, run.undetermined, run.not_applicable, \
             (SELECT count(*) FROM control WHERE control.run = run.number AND item IS NOT NULL \
              AND result IN ('pass', 'attested')), \
             (SELECT count(*) FROM control WHERE control.run = run.number AND item IS NOT NULL), \
             count(*), min(recorded_at), max(recorded_at) \
             FROM run JOIN recording ON recording.run = run.number GROUP BY run.number ORDER BY run.number",
            [],
            summary,
        )
    }

    /// The run whose id begins so (`wp-` may be left out). Where one id was judged differently, the latest.
    pub fn run(&self, prefix: &str) -> Result<Assessment, StoreError> {
        let mut ids: Vec<String> = self.rows(
            "SELECT DISTINCT id FROM run WHERE instr(id, ?1) = 1 OR instr(id, 'wp-' || ?1) = 1 ORDER BY id LIMIT 5",
            [prefix],
            |row| row.get(0),
        )?;
        let id = match (ids.len(), ids.iter().position(|id| id == prefix)) {
            (_, Some(exact)) => ids.swap_remove(exact),
            (0, None) => return Err(StoreError::NoSuchRun(prefix.to_owned())),
            (1, None) => ids.remove(0),
            _ => return Err(StoreError::Ambiguous { prefix: prefix.to_owned(), ids }),
        };
        let found = self
            .assessment("SELECT id, assessment FROM run WHERE id = ?1 ORDER BY number DESC LIMIT 1", &id)?;
        found.ok_or(StoreError::NoSuchRun(id))
    }

    /// The run of this root that was recorded last.
    pub fn latest_for(&self, root: &str) -> Result<Option<Assessment>, StoreError> {
        self.assessment(
            "SELECT run.id, assessment FROM run JOIN recording ON recording.run = run.number \
             WHERE root = ?1 ORDER BY recording.number DESC LIMIT 1",
            root,
        )
    }

    /// What each run said of one check and subject, by the moment the run speaks of.
    pub fn finding_trend(&self, fingerprint: &Fingerprint) -> Result<Vec<FindingPoint>, StoreError> {
        self.rows(
            "SELECT run.id, as_of, check_id, subject, severity, verdict \
             FROM finding JOIN run ON run.number = finding.run \
             WHERE fingerprint = ?1 ORDER BY as_of, run.number",
            [fingerprint.to_string()],
            |row| {
                Ok(FindingPoint {
                    run: row.get(0)?,
                    as_of: at(row, 1)?,
                    check: row.get(2)?,
                    subject: row.get(3)?,
                    severity: row.get(4)?,
                    verdict: row.get(5)?,
                })
            },
        )
    }

    /// What each run said of one control, by the moment the run speaks of.
    pub fn control_trend(&self, control: &ControlId) -> Result<Vec<ControlPoint>, StoreError> {
        self.rows(
            "SELECT run.id, as_of, result, declared, enforced, operated, tested, in_scope \
             FROM control JOIN run ON run.number = control.run \
             WHERE control.id = ?1 ORDER BY as_of, run.number",
            [control.as_str()],
            |row| {
                Ok(ControlPoint {
                    run: row.get(0)?,
                    as_of: at(row, 1)?,
                    result: row.get(2)?,
                    declared: row.get(3)?,
                    enforced: row.get(4)?,
                    operated: row.get(5)?,
                    tested: unsigned(row, 6)?,
                    in_scope: unsigned(row, 7)?,
                })
            },
        )
    }

    fn rows<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = || -> rusqlite::Result<Vec<T>> {
            self.connection.prepare(sql)?.query_map(parameters, read)?.collect()
        };
        rows().map_err(|error| StoreError::of(&self.path, error))
    }

    fn assessment(&self, sql: &str, parameter: &str) -> Result<Option<Assessment>, StoreError> {
        let found: Option<(String, String)> = self
            .connection
            .query_row(sql, params![parameter], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(|error| StoreError::of(&self.path, error))?;
        let Some((id, text)) = found else { return Ok(None) };
        let unreadable = |why| StoreError::UnreadableRun { path: self.path.clone(), id, why };
        Assessment::parse(&text).map(Some).map_err(unreadable)
    }
}

fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let repositories: String = row.get(5)?;
    Ok(RunSummary {
        id: row.get(0)?,
        as_of: at(row, 1)?,
        period: Period { start: at(row, 2)?, end: at(row, 3)? },
        root: row.get(4)?,
        repositories: serde_json::from_str(&repositories).map_err(|error| foreign(5, error))?,
        tool_version: row.get(6)?,
        client_contract: row.get(7)?,
        counts: Counts {
            pass: unsigned(row, 8)?,
            fail: unsigned(row, 9)?,
            undetermined: unsigned(row, 10)?,
            not_applicable: unsigned(row, 11)?,
        },
        items_passed: unsigned(row, 12)?,
        items: unsigned(row, 13)?,
        recordings: unsigned(row, 14)?,
        first_recorded: at(row, 15)?,
        last_recorded: at(row, 16)?,
    })
}

fn at(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error: jiff::Error| foreign(column, error))
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|error| foreign(column, error))
}

/// A value that our own schema does not let in.
fn foreign(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}
