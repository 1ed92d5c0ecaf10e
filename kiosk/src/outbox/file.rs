//! The file of the outbox: opening it with its key, its schema, and setting a damaged one aside.
//!
//! A wrong key leaves a file as it is; a damaged file is renamed, never deleted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lintel_core::ids::{DeviceId, StreamId};
use lintel_core::time::UtcMillis;
use lintel_core::wire::Predecessor;
use lintel_runtime::clock::random_bytes;
use lintel_runtime::secrets::SecretString;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::OutboxError;
use crate::sqlcipher::{self, with_suffix};

/// The schema, one step a version.
const STEPS: [&str; 2] = [
    include_str!("../../../migrations/kiosk/0001_outbox.sql"),
    include_str!("../../../migrations/kiosk/0002_forget.sql"),
];

pub(super) fn failed(act: &'static str) -> impl FnOnce(rusqlite::Error) -> OutboxError {
    move |source| OutboxError::Database { act, source }
}

/// SQLite has signed 64-bit numbers only; a sequence never comes near the end of them.
pub(super) fn to_sql(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) fn from_sql(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}

/// Opens the file, or makes it, and looks at every page.
pub(super) fn connect(path: &Path, key: &SecretString, key_hint: &Path) -> Result<Connection, OutboxError> {
    let db = Connection::open(path).map_err(failed("opening the outbox"))?;
    // Until the key is known to fit, closing must not carry the log into the file.
    let no_checkpoint = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    db.set_db_config(no_checkpoint, true).map_err(failed("opening the outbox"))?;
    sqlcipher::unlock(&db, key).map_err(failed("giving the key"))?;
    db.execute_batch(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;",
    )
    .map_err(|error| told_apart(error, path, key_hint))?;
    let checked: Result<String, _> = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match checked {
        Ok(text) if text == "ok" => {
            db.set_db_config(no_checkpoint, false).map_err(failed("opening the outbox"))?;
            Ok(db)
        }
        Ok(detail) => Err(OutboxError::Damaged { path: path.to_owned(), detail }),
        Err(error) => Err(match error.sqlite_error_code() {
            // The first page could be read, so the key fits.
            Some(ErrorCode::NotADatabase) => damaged(path, &error),
            _ => told_apart(error, path, key_hint),
        }),
    }
}

/// Opens the file for looking. None when there is no file, or no schema in it yet.
pub(super) fn connect_read_only(
    path: &Path,
    key: &SecretString,
    key_hint: &Path,
) -> Result<Option<Connection>, OutboxError> {
    if !path.exists() {
        return Ok(None);
    }
    let act = "opening the outbox for reading";
    let db = sqlcipher::open_read_only(path).map_err(failed(act))?;
    sqlcipher::unlock(&db, key).map_err(failed("giving the key"))?;
    let found = db
        .execute_batch("PRAGMA busy_timeout = 5000;")
        .and_then(|()| db.query_row("PRAGMA user_version", [], |row| row.get(0)))
        .map_err(|error| told_apart(error, path, key_hint))?;
    match found {
        0 => Ok(None),
        found if found > known() => Err(OutboxError::Newer { found, known: known() }),
        _ => Ok(Some(db)),
    }
}

fn damaged(path: &Path, error: &rusqlite::Error) -> OutboxError {
    OutboxError::Damaged { path: path.to_owned(), detail: error.to_string() }
}

/// Only what says that the bytes are wrong may set a file aside; a busy or unreadable disk may not.
fn told_apart(error: rusqlite::Error, path: &Path, key_hint: &Path) -> OutboxError {
    match error.sqlite_error_code() {
        // SQLCipher can't tell a wrong key from a damaged first page.
        Some(ErrorCode::NotADatabase) => {
            OutboxError::WrongKey { path: path.to_owned(), key_hint: key_hint.to_owned() }
        }
        Some(ErrorCode::DatabaseCorrupt) => damaged(path, &error),
        _ => OutboxError::Database { act: "opening the outbox", source: error },
    }
}

fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

pub(super) fn migrate(db: &Connection) -> Result<(), OutboxError> {
    let act = "bringing the outbox up to date";
    let known = known();
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed(act))?;
    if found > known {
        return Err(OutboxError::Newer { found, known });
    }
    for (version, step) in (1_i64..).zip(STEPS).filter(|(version, _)| *version > found) {
        // Step and version in one transaction: a power cut leaves the one or the other.
        db.execute_batch(&format!("BEGIN IMMEDIATE; {step}; PRAGMA user_version = {version}; COMMIT;"))
            .map_err(failed(act))?;
    }
    Ok(())
}

/// All of it or nothing: a power cut must not leave a stream that forgets what came before it.
pub(super) fn begin_stream(
    db: &mut Connection,
    device: &DeviceId,
    now: UtcMillis,
    predecessor: &Predecessor,
) -> Result<(), OutboxError> {
    let act = "beginning a stream";
    let stream = StreamId::new(now, &random_bytes()?);
    let predecessor =
        serde_json::to_string(predecessor).map_err(|error| OutboxError::Event(error.to_string()))?;
    let transaction = db.transaction().map_err(failed(act))?;
    set_meta(&transaction, "device_id", device.as_str())?;
    set_meta(&transaction, "predecessor", &predecessor)?;
    set_meta(&transaction, "stream", &stream.to_string())?;
    transaction.commit().map_err(failed(act))
}

pub(super) fn meta(db: &Connection, key: &str) -> Result<Option<String>, OutboxError> {
    db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
        .optional()
        .map_err(failed("reading the outbox's own data"))
}

pub(super) fn set_meta(db: &Connection, key: &str, value: &str) -> Result<(), OutboxError> {
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        params![key, value],
    )
    .map(|_| ())
    .map_err(failed("writing the outbox's own data"))
}

pub(super) fn is_disk_full(error: &OutboxError) -> bool {
    matches!(error, OutboxError::Database { source, .. } if source.sqlite_error_code() == Some(ErrorCode::DiskFull))
}

const ASIDE: &str = ".damaged-";

/// Renames a damaged database with its log; its bytes may still be worth something to somebody.
pub(super) fn set_aside(path: &Path, now: UtcMillis) -> Result<PathBuf, OutboxError> {
    let mut at = now.as_i64();
    let free = |at: i64| {
        let aside = with_suffix(path, &format!("{ASIDE}{at}"));
        ["", "-wal", "-shm"].iter().all(|suffix| !with_suffix(&aside, suffix).exists())
    };
    // A clock that stands still or goes back must not write over what was set aside before.
    while !free(at) {
        at += 1;
    }
    let aside = with_suffix(path, &format!("{ASIDE}{at}"));
    for suffix in ["", "-wal", "-shm"] {
        let from = with_suffix(path, suffix);
        if from.exists() {
            std::fs::rename(&from, with_suffix(&aside, suffix)).map_err(|error| OutboxError::Damaged {
                path: path.to_owned(),
                detail: format!("and it can't be set aside: {error}"),
            })?;
        }
    }
    Ok(aside)
}

/// A log without its database is what a power cut leaves in the middle of [`set_aside`]; SQLite would
/// delete it.
pub(super) fn set_aside_orphans(path: &Path, now: UtcMillis) -> Result<Option<PathBuf>, OutboxError> {
    if !path.exists() && with_suffix(path, "-wal").exists() {
        set_aside(path, now).map(Some)
    } else {
        Ok(None)
    }
}

/// What a new stream at this path has to say about the one before: the files tell, so that a power cut
/// after setting aside changes nothing.
pub(super) fn predecessor_of(path: &Path) -> Result<Predecessor, OutboxError> {
    Ok(if set_aside_at(path)?.is_empty() { Predecessor::None } else { Predecessor::Lost })
}

/// The outboxes that were set aside at this path, oldest first; for a log without a database, the name that the
/// database would have.
///
/// # Errors
/// When the folder can't be read.
pub fn set_aside_at(path: &Path) -> Result<Vec<PathBuf>, OutboxError> {
    let mut wanted = path.file_name().unwrap_or_default().to_owned();
    wanted.push(ASIDE);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unreadable = |source| OutboxError::Folder { path: folder.to_owned(), source };
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if name.as_encoded_bytes().starts_with(wanted.as_encoded_bytes()) {
            let name = name.to_string_lossy();
            let name = name.strip_suffix("-wal").or_else(|| name.strip_suffix("-shm")).unwrap_or(&name);
            found.insert(folder.join(name));
        }
    }
    Ok(found.into_iter().collect())
}
