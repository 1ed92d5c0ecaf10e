//! The tables' versions: embedded, forward only, compared by checksum.
//!
//! Each migration runs in one transaction with its row, so that a failed one leaves nothing. A file that
//! differs from what was applied is refused: somebody's tables would not be what the statements expect.

use lintel_core::chain::Hash;
use lintel_core::time::Clock;

use super::{Db, StoreError, Tx, sql};

struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal;)*) => {
        const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../../migrations/central/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../../migrations/central/postgres/", $name, ".sql")),
        }),*];
    };
}

migrations! {
    1 "0001_people_and_doors";
    2 "0002_events";
    3 "0003_vault";
    4 "0004_broker";
    5 "0005_accounts";
    6 "0006_badges";
    7 "0007_device_certificates";
    8 "0008_corrections";
    9 "0009_owner";
    10 "0010_revocations";
    11 "0011_camera";
    12 "0012_rosters";
    13 "0013_days";
    14 "0014_payroll";
}

/// The newest migration that changes the vault. A copy of the vault fits a copy of the database when both
/// were made with the same one.
pub const VAULT_VERSION: i64 = 3;

/// The newest migration that this program knows.
#[must_use]
pub fn newest_version() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// The database's tables aren't those that this program was built for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrationError {
    /// Some were not applied yet.
    #[error("{count} migrations are pending, the first is {first}: run `lintel-central migrate`")]
    Pending {
        /// How many.
        count: usize,
        /// The first one's name.
        first: &'static str,
    },
    /// One is not what was applied.
    #[error(
        "migration {name} differs from what was applied to this database: install the version that made it, or restore the file"
    )]
    Drifted {
        /// Its name.
        name: String,
    },
    /// The database was made by a newer program.
    #[error(
        "the database is at version {found}, newer than this program's {known}: install the newer lintel-central"
    )]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
}

/// What [`Db::migrate`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Names of the migrations that were applied now, in order.
    pub applied: Vec<&'static str>,
}

const BOOK: &str = "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT NOT NULL PRIMARY KEY, \
    name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";

impl Db {
    /// Applies what is pending.
    ///
    /// # Errors
    /// [`MigrationError`] when the applied ones are not ours; otherwise what the database said.
    pub async fn migrate(&self, clock: &dyn Clock) -> Result<Migrated, StoreError> {
        let mut tx = self.write().await?;
        if matches!(tx, Tx::Postgres(_)) {
            // Two starting at once: the second waits and finds nothing to do.
            sql!(&mut tx, execute, "SELECT pg_advisory_xact_lock(7829367)")?;
        }
        sql!(&mut tx, execute, BOOK)?;
        let applied = applied(&mut tx).await?;
        let pending = compare(&tx, &applied)?;
        for migration in pending {
            let text = text_of(&tx, migration);
            match &mut tx {
                Tx::Sqlite(c) => sqlx::raw_sql(text).execute(&mut **c).await.map(drop)?,
                Tx::Postgres(c) => sqlx::raw_sql(text).execute(&mut **c).await.map(drop)?,
            }
            sql!(
                &mut tx,
                execute,
                "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
                migration.version,
                migration.name,
                checksum(text),
                clock.now().as_i64(),
            )?;
        }
        tx.commit().await?;
        Ok(Migrated { applied: pending.iter().map(|migration| migration.name).collect() })
    }

    /// Makes an empty vault, for a database that came back without one.
    ///
    /// # Errors
    /// When there is one.
    pub async fn make_vault(&self) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for migration in MIGRATIONS.iter().filter(|migration| migration.version == VAULT_VERSION) {
            let text = text_of(&tx, migration);
            match &mut tx {
                Tx::Sqlite(c) => sqlx::raw_sql(text).execute(&mut **c).await.map(drop)?,
                Tx::Postgres(c) => sqlx::raw_sql(text).execute(&mut **c).await.map(drop)?,
            }
        }
        tx.commit().await
    }

    /// Refuses a database whose tables are not exactly this program's.
    ///
    /// # Errors
    /// [`MigrationError`] says which migration and what to do.
    pub async fn check_migrations(&self) -> Result<(), StoreError> {
        let mut tx = self.read().await?;
        let found = match applied(&mut tx).await {
            Ok(found) => found,
            // No book at all: nothing was ever applied.
            Err(StoreError::Query(sqlx::Error::Database(_))) => Vec::new(),
            Err(other) => return Err(other),
        };
        match compare(&tx, &found)? {
            [] => Ok(()),
            [first, rest @ ..] => {
                Err(MigrationError::Pending { count: rest.len() + 1, first: first.name }.into())
            }
        }
    }
}

async fn applied(tx: &mut Tx) -> Result<Vec<(i64, String, String)>, StoreError> {
    sql!(
        tx,
        fetch_all as (i64, String, String),
        "SELECT version, name, checksum FROM schema_migration ORDER BY version"
    )
}

/// Compares what was applied with what is embedded; gives what is pending.
fn compare(tx: &Tx, applied: &[(i64, String, String)]) -> Result<&'static [Migration], MigrationError> {
    let known = newest_version();
    if let Some((found, ..)) = applied.last().filter(|(version, ..)| *version > known) {
        return Err(MigrationError::Newer { found: *found, known });
    }
    for (migration, (version, name, sum)) in MIGRATIONS.iter().zip(applied) {
        if migration.version != *version || checksum(text_of(tx, migration)) != *sum {
            return Err(MigrationError::Drifted { name: name.clone() });
        }
    }
    Ok(MIGRATIONS.get(applied.len()..).unwrap_or_default())
}

fn text_of(tx: &Tx, migration: &Migration) -> &'static str {
    match tx {
        Tx::Sqlite(_) => migration.sqlite,
        Tx::Postgres(_) => migration.postgres,
    }
}

fn checksum(text: &str) -> String {
    Hash::of(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_migration_behind_the_named_one_changes_the_vault() {
        let of_vault =
            |text: &str| text.lines().any(|line| !line.starts_with("--") && line.contains("vault."));
        let newest = MIGRATIONS.iter().rfind(|one| of_vault(one.sqlite) || of_vault(one.postgres));
        assert_eq!(newest.unwrap().version, VAULT_VERSION);
    }

    #[test]
    fn numbers_rise() {
        assert!(MIGRATIONS.is_sorted_by(|one, next| one.version < next.version));
    }
}
