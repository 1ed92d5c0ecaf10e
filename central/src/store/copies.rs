//! Copies of the database for backups, and what is asked of a database before one is put in its place.
//!
//! SQLite writes a copy itself, of one moment and without free pages. PostgreSQL's are made by its own
//! programs; here is only what they have to be told.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::db::{Pools, make_private, vault_beside};
use super::{Db, StoreError, Tx, sql};

/// One of the two databases of a centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// People, doors, events: `main`, or the usual schema.
    Main,
    /// The people's keys: `vault`.
    Vault,
}

impl Db {
    /// Writes a copy of one SQLite database to a new file for its owner only.
    ///
    /// # Errors
    /// [`StoreError::Url`] on PostgreSQL; otherwise what SQLite said, such as a full disk.
    pub async fn copy_sqlite(&self, half: Half, to: &Path) -> Result<(), StoreError> {
        let Pools::Sqlite { read, .. } = &self.0.pools else { return Err(StoreError::Url) };
        // An empty file is taken; one that SQLite makes would be readable for others.
        make_private(to)?;
        let text = match half {
            Half::Main => "VACUUM main INTO $1",
            Half::Vault => "VACUUM vault INTO $1",
        };
        sqlx::query(text).bind(to.display().to_string()).execute(read).await?;
        Ok(())
    }

    /// The newest migration that was applied; 0 where there are no tables.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        let mut tx = self.read().await?;
        let row = sql!(&mut tx, fetch_one as (Option<i64>,), "SELECT MAX(version) FROM schema_migration");
        match row {
            Ok((version,)) => Ok(version.unwrap_or(0)),
            Err(StoreError::Query(sqlx::Error::Database(_))) => Ok(0),
            Err(other) => Err(other),
        }
    }

    /// Whether there is nothing in it that anybody would miss: no site, person, door or event.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        if self.schema_version().await? == 0 {
            return Ok(true);
        }
        let (count,) = sql!(
            &mut self.read().await?,
            fetch_one as (i64,),
            "SELECT (SELECT COUNT(*) FROM site) + (SELECT COUNT(*) FROM person) + (SELECT COUNT(*) FROM device)"
        )?;
        Ok(count == 0)
    }
}

/// PostgreSQL: the schema that the tables are in, the server's major version, and how many other
/// connections Lintel has to this database.
///
/// # Errors
/// When the database fails, or is SQLite.
pub async fn postgres_facts(tx: &mut Tx) -> Result<(String, u32, i64), StoreError> {
    let (schema, version, others) = sql!(
        tx,
        fetch_one as (Option<String>, String, i64),
        "SELECT current_schema()::text, current_setting('server_version_num'), \
         (SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'lintel-central' \
          AND datname = current_database() AND pid <> pg_backend_pid())"
    )?;
    let number: u32 = version.parse().map_err(|_| StoreError::Row { column: "server_version_num" })?;
    // A database whose public schema was just moved away has no current one.
    Ok((schema.unwrap_or_else(|| "public".to_owned()), number / 10_000, others))
}

/// Checks a copy of a SQLite file that nobody uses: every page, every reference; its newest migration
/// (0 for a vault).
///
/// # Errors
/// [`StoreError::Copy`] says what is wrong with it.
pub async fn check_sqlite(path: &Path, half: Half) -> Result<i64, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    let mut copy = options.connect().await.map_err(StoreError::Open)?;
    let checked = check_open(&mut copy, half).await;
    copy.close().await?;
    checked
}

async fn check_open(copy: &mut SqliteConnection, half: Half) -> Result<i64, StoreError> {
    let (said,): (String,) = sqlx::query_as("PRAGMA integrity_check(1)").fetch_one(&mut *copy).await?;
    if said != "ok" {
        return Err(StoreError::Copy { said });
    }
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_optional(&mut *copy).await?;
    if dangling.is_some() {
        return Err(StoreError::Copy { said: "a row refers to one that is missing".to_owned() });
    }
    let text = match half {
        Half::Main => "SELECT MAX(version) FROM schema_migration",
        Half::Vault => "SELECT COUNT(*) * 0 FROM person_key",
    };
    let (version,): (Option<i64>,) = sqlx::query_as(text).fetch_one(copy).await?;
    Ok(version.unwrap_or(0))
}

/// The files of a SQLite URL: the database and its vault. None for another database.
#[must_use]
pub fn sqlite_files(url: &str) -> Option<(std::path::PathBuf, std::path::PathBuf)> {
    let options: SqliteConnectOptions = url.starts_with("sqlite:").then(|| url.parse().ok())??;
    let main = options.get_filename().to_owned();
    let vault = vault_beside(&main);
    Some((main, vault))
}
