//! Making what was deleted unreadable in the database's own files.
//!
//! A deleted row stays in a file until something is written over it. SQLite overwrites deleted cells at
//! once (`secure_delete`), but a page that was rebalanced may keep a stale copy in its gap, and the
//! write-ahead log keeps old pages: both are rewritten here. PostgreSQL keeps dead rows until a vacuum,
//! and only a full one gives the tables new files. Its write-ahead log and copies of its folder are out
//! of reach.

use sqlx::AssertSqlSafe;

use super::db::Pools;
use super::{Db, StoreError};

/// Tables whose rows name people; small ones, so that rewriting them takes no time worth speaking of.
pub const NAMING_TABLES: &[&str] = &[
    "person",
    "consent",
    "template",
    "person_site_exception",
    "account",
    "correction",
    "employment",
    "assignment",
    "leave",
    "payroll_name",
];
/// Larger SQLite files are not rewritten in one go: writers would wait for minutes.
const REWRITE_AT_MOST_BYTES: i64 = 2 << 30;

/// What [`Db::scrub`] reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrubbed {
    /// No file of the database holds what was deleted.
    Whole,
    /// Somebody is still reading an older state, so the log could not be emptied: try again.
    Busy,
    /// The database is too large to be rewritten; deleted cells are overwritten, gaps inside pages not.
    CellsOnly,
}

impl Db {
    /// Rewrites what holds, or may hold, deleted rows. Writers wait meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scrub(&self) -> Result<Scrubbed, StoreError> {
        match &self.0.pools {
            Pools::Sqlite { write, .. } => {
                let mut connection = write.acquire().await?;
                let (pages,): (i64,) =
                    sqlx::query_as("PRAGMA main.page_count").fetch_one(&mut *connection).await?;
                let (size,): (i64,) =
                    sqlx::query_as("PRAGMA main.page_size").fetch_one(&mut *connection).await?;
                let small = pages.saturating_mul(size) <= REWRITE_AT_MOST_BYTES;
                if small {
                    sqlx::raw_sql("VACUUM main").execute(&mut *connection).await?;
                }
                sqlx::raw_sql("VACUUM vault").execute(&mut *connection).await?;
                for schema in ["main", "vault"] {
                    let (busy, ..): (i64, i64, i64) =
                        sqlx::query_as(AssertSqlSafe(format!("PRAGMA {schema}.wal_checkpoint(TRUNCATE)")))
                            .fetch_one(&mut *connection)
                            .await?;
                    if busy != 0 {
                        return Ok(Scrubbed::Busy);
                    }
                }
                Ok(if small { Scrubbed::Whole } else { Scrubbed::CellsOnly })
            }
            Pools::Postgres(pool) => {
                let named = NAMING_TABLES.join(", ");
                for text in [
                    format!("VACUUM (FULL) {named}, vault.person_key"),
                    "VACUUM event_person, rejected_event, day_record, day_block, door_person, adjustment, \
                     recompute_change, payroll_entry, job"
                        .to_owned(),
                ] {
                    sqlx::raw_sql(AssertSqlSafe(text)).execute(pool).await?;
                }
                Ok(Scrubbed::Whole)
            }
        }
    }
}
