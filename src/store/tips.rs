//! Where branches stood at earlier runs.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use super::{Store, StoreError, instant};
use crate::model::{change::ObjectName, change_set::BranchTip};

impl Store {
    /// Remembers where branches stand, all of them or none.
    pub fn remember_tips(&mut self, tips: &[BranchTip]) -> Result<(), StoreError> {
        let path = self.path.clone();
        insert(&mut self.connection, tips).map_err(|error| StoreError::of(&path, error))
    }

    /// Where each branch stood at the latest run before a moment, by repository and branch.
    pub fn tips_before(&self, as_of: Timestamp) -> Result<Vec<BranchTip>, StoreError> {
        let failed = |error| StoreError::of(&self.path, error);
        let mut statement = self
            .connection
            .prepare(
                "SELECT repository, branch, tip, origin, as_of FROM tip WHERE number IN \
                 (SELECT last_value(number) OVER (PARTITION BY repository, branch ORDER BY as_of, number \
                 ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM tip WHERE as_of < ?1) \
                 ORDER BY repository, branch",
            )
            .map_err(failed)?;
        let read = |row: &rusqlite::Row<'_>| {
            let text = |column: usize| row.get::<_, String>(column);
            Ok((text(0)?, text(1)?, text(2)?, row.get::<_, Option<String>>(3)?, text(4)?))
        };
        let rows = statement.query_map([instant(as_of)], read).map_err(failed)?;
        let mut tips = Vec::new();
        for row in rows {
            let (repository, branch, tip, origin, at) = row.map_err(failed)?;
            let damaged = |why: String| StoreError::Damaged { path: self.path.clone(), why };
            tips.push(BranchTip {
                repository,
                branch,
                tip: ObjectName::parse(&tip).map_err(damaged)?,
                origin: origin.map(|name| ObjectName::parse(&name)).transpose().map_err(damaged)?,
                as_of: at.parse().map_err(|error: jiff::Error| damaged(error.to_string()))?,
            });
        }
        Ok(tips)
    }
}

fn insert(connection: &mut Connection, tips: &[BranchTip]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for tip in tips {
        transaction.execute(
            "INSERT OR IGNORE INTO tip (repository, branch, tip, origin, as_of) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                tip.repository,
                tip.branch,
                tip.tip.as_str(),
                tip.origin.as_ref().map(ObjectName::as_str),
                instant(tip.as_of),
            ],
        )?;
    }
    transaction.commit()
}
