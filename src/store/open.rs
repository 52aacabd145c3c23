//! Opens and creates the database file, brings an older one up to date, and refuses what is not ours.
//!
//! The rollback journal is used, not the write-ahead log: one file at rest that can be copied, no shared memory, and
//! it works on network homes. A run is one transaction, so a kill at any moment leaves it whole or absent.

use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};

use super::StoreError;

/// The schema, one step a version. `PRAGMA user_version` counts the steps taken.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001_runs.sql"),
    include_str!("schema/0002_log_readings.sql"),
    include_str!("schema/0003_tips.sql"),
];

/// `WPAP`: marks the file as ours for us and for `file`.
const APPLICATION_ID: i64 = 0x5750_4150;

/// How long a run waits for another one to finish writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the file, and creates it where `create` says so.
pub(super) fn open(path: &Path, create: bool, migrations: &[&str]) -> Result<Connection, StoreError> {
    match fs::metadata(path) {
        // A pipe would block for ever, a device could do anything.
        Ok(metadata) if !metadata.is_file() => return Err(StoreError::NotAFile(path.to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound && !create => {
            return Err(StoreError::Absent(path.to_owned()));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path)?,
        Err(source) => return Err(StoreError::Prepare { path: path.to_owned(), source }),
    }
    connect(path, migrations).map_err(|failure| match failure {
        Failure::Database(error) => StoreError::of(path, error),
        Failure::Foreign => StoreError::Foreign(path.to_owned()),
        Failure::Newer(found) => StoreError::Newer { path: path.to_owned(), found, known: count(migrations) },
    })
}

enum Failure {
    Database(rusqlite::Error),
    Foreign,
    Newer(i64),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

fn connect(path: &Path, migrations: &[&str]) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // A store from elsewhere must not be able to run functions or rewrite its own schema.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // EXTRA is FULL, and the folder is flushed too when the journal goes away.
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    match standing(&connection, migrations)? {
        Standing::Current => {}
        Standing::Older => migrate(&mut connection, migrations)?,
    }
    Ok(connection)
}

enum Standing {
    Current,
    Older,
}

fn standing(connection: &Connection, migrations: &[&str]) -> Result<Standing, Failure> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (version, application) = (number("user_version")?, number("application_id")?);
    if application != APPLICATION_ID {
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        // An empty file is what a kill between creating and filling leaves.
        let empty = application == 0 && version == 0 && tables == 0;
        return if empty { Ok(Standing::Older) } else { Err(Failure::Foreign) };
    }
    match version.cmp(&count(migrations)) {
        std::cmp::Ordering::Less => Ok(Standing::Older),
        std::cmp::Ordering::Equal => Ok(Standing::Current),
        std::cmp::Ordering::Greater => Err(Failure::Newer(version)),
    }
}

/// All steps that are missing, in one transaction.
fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another run may have done it while this one waited for the lock.
    if matches!(standing(&transaction, migrations)?, Standing::Older) {
        let done: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        for step in migrations.iter().skip(usize::try_from(done).unwrap_or(0)) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", count(migrations))?;
    }
    transaction.commit()?;
    Ok(())
}

fn count(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).expect("a handful of schema steps")
}

/// Makes an empty file that only its owner can read, and the folders above it.
fn make(path: &Path) -> Result<(), StoreError> {
    let prepare = |source: io::Error| match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::NotWritable { path: path.to_owned(), why: source.to_string() }
        }
        _ => StoreError::Prepare { path: path.to_owned(), source },
    };
    let mut folders = fs::DirBuilder::new();
    folders.recursive(true);
    let mut file = fs::OpenOptions::new();
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        folders.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        folders.create(parent).map_err(prepare)?;
    }
    file.open(path).map(drop).map_err(prepare)
}
