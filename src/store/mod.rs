//! Remembers runs in one SQLite file: append-only, whole or absent, safe under several runs at once.

mod error;
mod history;
mod log_readings;
mod open;
mod tips;

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

pub use error::StoreError;
pub use history::{ControlPoint, FindingPoint, RunSummary};

use crate::model::{Assessment, ControlResult, Digest, Finding, canonical_json};

/// The runs of this user, or of one file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

/// What recording a run meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The run is new.
    New,
    /// The same inputs gave the same assessment before; only the event was added.
    Again,
    /// The same inputs gave another assessment before: the program did not judge alike twice. Both are kept.
    Differently,
}

impl Store {
    /// Where runs are kept when nobody names a file: `workpaper/runs.sqlite` in the platform's state directory, or
    /// its data directory where it has none.
    pub fn default_path() -> Result<PathBuf, StoreError> {
        let strategy = etcetera::base_strategy::choose_native_strategy()
            .map_err(|error| StoreError::NoStateDirectory(error.to_string()))?;
        let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
        Ok(folder.join("workpaper").join("runs.sqlite"))
    }

    /// Opens the store, making it where it does not exist: the file for its owner alone (0600), new folders too (0700).
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: open::open(path, true, open::MIGRATIONS)?, path: path.to_owned() })
    }

    /// Opens the named store, or the one at [`Store::default_path`].
    pub fn open_at(path: Option<&Path>) -> Result<Self, StoreError> {
        match path {
            Some(path) => Self::open(path),
            None => Self::open(&Self::default_path()?),
        }
    }

    /// Opens a store that exists.
    pub fn open_existing(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: open::open(path, false, open::MIGRATIONS)?, path: path.to_owned() })
    }

    /// Remembers an assessment. A run that is known already is not stored twice; that it was made again is.
    pub fn record(
        &mut self,
        assessment: &Assessment,
        recorded_at: Timestamp,
    ) -> Result<Recorded, StoreError> {
        // Serialised before the lock is taken, so that other runs wait for the disk only.
        let text = canonical_json(assessment);
        let digest = Digest::of_bytes(text.as_bytes());
        let recorded = record(&mut self.connection, assessment, &text, &digest, recorded_at);
        recorded.map_err(|error| StoreError::of(&self.path, error))
    }

    /// Reads the whole file and says whether it is sound.
    pub fn check(&self) -> Result<(), StoreError> {
        let damaged = |why| StoreError::Damaged { path: self.path.clone(), why };
        let answer: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(|error| StoreError::of(&self.path, error))?;
        if answer == "ok" { Ok(()) } else { Err(damaged(answer)) }
    }
}

/// Instants as the schema wants them: their order as text is their order in time.
fn instant(at: Timestamp) -> String {
    format!("{at:.9}")
}

fn record(
    connection: &mut Connection,
    assessment: &Assessment,
    text: &str,
    digest: &Digest,
    recorded_at: Timestamp,
) -> rusqlite::Result<Recorded> {
    // Takes the write lock at once: two runs that both read first could not both go on to write.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let id = &assessment.run.id;
    let known: Option<i64> = transaction
        .query_row(
            "SELECT number FROM run WHERE id = ?1 AND assessment_digest = ?2",
            params![id, digest.to_string()],
            |row| row.get(0),
        )
        .optional()?;
    let (run, recorded) = if let Some(run) = known {
        (run, Recorded::Again)
    } else {
        let others: i64 =
            transaction.query_row("SELECT count(*) FROM run WHERE id = ?1", [id], |row| row.get(0))?;
        let run = insert_run(&transaction, assessment, text, digest)?;
        (run, if others == 0 { Recorded::New } else { Recorded::Differently })
    };
    transaction.execute(
        "INSERT INTO recording (run, recorded_at) VALUES (?1, ?2)",
        params![run, instant(recorded_at)],
    )?;
    transaction.commit()?;
    Ok(recorded)
}

fn insert_run(
    transaction: &Transaction<'_>,
    assessment: &Assessment,
    text: &str,
    digest: &Digest,
) -> rusqlite::Result<i64> {
    let (run, inputs, counts) = (&assessment.run, &assessment.inputs, &assessment.counts);
    transaction.execute(
        "INSERT INTO run (id, assessment_digest, as_of, period_start, period_end, root, repositories, tool_version, \
         client_contract, snapshot, catalog, policy, passed, failed, undetermined, not_applicable, assessment) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
            run.id,
            digest.to_string(),
            instant(run.as_of),
            instant(run.period.start),
            instant(run.period.end),
            run.scope.root,
            canonical_json(&run.scope.repositories),
            assessment.tool.version,
            assessment.client_contract,
            inputs.snapshot.to_string(),
            inputs.catalog.to_string(),
            inputs.policy.to_string(),
            signed(counts.pass),
            signed(counts.fail),
            signed(counts.undetermined),
            signed(counts.not_applicable),
            text,
        ],
    )?;
    let number = transaction.last_insert_rowid();
    insert_controls(transaction, number, assessment.all_controls())?;
    insert_findings(transaction, number, &assessment.findings)?;
    Ok(number)
}

fn insert_controls<'a>(
    transaction: &Transaction<'_>,
    run: i64,
    controls: impl Iterator<Item = &'a ControlResult>,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare(
        "INSERT INTO control (run, id, item, result, declared, enforced, operated, tested, in_scope) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for control in controls {
        statement.execute(params![
            run,
            control.id.as_str(),
            control.item,
            control.result.word(),
            control.declared.word(),
            control.enforced.word(),
            control.operated.word(),
            signed(control.subjects.tested),
            signed(control.subjects.in_scope),
        ])?;
    }
    Ok(())
}

fn insert_findings(transaction: &Transaction<'_>, run: i64, findings: &[Finding]) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare(
        "INSERT INTO finding (run, fingerprint, check_id, subject, basis, severity, verdict) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for finding in findings {
        statement.execute(params![
            run,
            finding.fingerprint.to_string(),
            finding.check.as_str(),
            finding.subject,
            finding.basis.word(),
            finding.severity.word(),
            finding.verdict.word(),
        ])?;
    }
    Ok(())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
