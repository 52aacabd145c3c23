//! What earlier readings knew of the logs' bytes.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError, instant};
use crate::model::{LogTrace, canonical_json};

impl Store {
    /// Remembers the logs of one reading. The same reading is not stored twice.
    pub fn remember_logs(
        &mut self,
        root: &str,
        as_of: Timestamp,
        traces: &[LogTrace],
    ) -> Result<(), StoreError> {
        let insert =
            "INSERT INTO log_reading (root, as_of, traces) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.connection
            .execute(insert, params![root, instant(as_of), canonical_json(&traces)])
            .map_err(|error| StoreError::of(&self.path, error))?;
        Ok(())
    }

    /// The latest reading of this root before a moment.
    pub fn logs_before(
        &self,
        root: &str,
        as_of: Timestamp,
    ) -> Result<Option<(Timestamp, Vec<LogTrace>)>, StoreError> {
        let latest = "SELECT as_of, traces FROM log_reading WHERE root = ?1 AND as_of < ?2 \
                      ORDER BY as_of DESC, number DESC LIMIT 1";
        let row: Option<(String, String)> = self
            .connection
            .query_row(latest, params![root, instant(as_of)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(|error| StoreError::of(&self.path, error))?;
        let damaged = |why: String| StoreError::Damaged { path: self.path.clone(), why };
        row.map(|(as_of, traces)| {
            let as_of = as_of.parse().map_err(|error| damaged(format!("a log reading\'s time: {error}")))?;
            let traces =
                serde_json::from_str(&traces).map_err(|error| damaged(format!("a log reading: {error}")))?;
            Ok((as_of, traces))
        })
        .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::activity::Mark;

    #[test]
    fn the_latest_earlier_reading_of_the_same_root_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(&folder.path().join("runs.sqlite")).expect("a store");
        let trace = |bytes| {
            let marks = vec![Mark { bytes, sha256: "ab".repeat(32) }];
            vec![LogTrace { path: "var/log/claude-code/audit.log".to_owned(), last: None, marks }]
        };
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        for (root, as_of, bytes) in [
            ("/", "2026-10-01T00:00:00Z", 1),
            ("/", "2026-10-08T00:00:00Z", 2),
            ("image", "2026-10-09T00:00:00Z", 3),
        ] {
            store.remember_logs(root, at(as_of), &trace(bytes)).expect("remembered");
            store.remember_logs(root, at(as_of), &trace(bytes)).expect("once");
        }
        let before = |root, as_of| store.logs_before(root, at(as_of)).expect("an answer");
        assert_eq!(before("/", "2026-10-15T00:00:00Z"), Some((at("2026-10-08T00:00:00Z"), trace(2))));
        assert_eq!(before("/", "2026-10-08T00:00:00Z"), Some((at("2026-10-01T00:00:00Z"), trace(1))));
        assert_eq!(before("/", "2026-10-01T00:00:00Z"), None);
    }
}
