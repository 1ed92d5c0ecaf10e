//! The only SQL of the centre: one function per statement, one copy for both databases.
//!
//! Use cases open a transaction with [`Db::read`] or [`Db::write`] and pass it down, so that a change, its
//! audit row and its jobs commit together. Statements keep to a subset that SQLite and PostgreSQL read
//! the same way (`$1…$n`, `ON CONFLICT`, `RETURNING`); what can't is in `dialect`. Nothing here decides:
//! rules live with the use cases.

mod db;
mod dialect;
mod error;
mod migrations;
mod options;
mod scrub;

pub mod accounts;
pub mod adjustments;
pub mod audit;
pub mod badges;
pub mod broker;
pub mod certificates;
pub mod copies;
pub mod corrections;
pub mod days;
pub mod devices;
pub mod door_people;
pub mod erasures;
pub mod events;
pub mod former;
pub mod gallery;
pub mod housekeeping;
pub mod ingest;
pub mod invites;
pub mod jobs;
pub mod ledger;
pub mod logins;
pub mod payroll;
pub mod people;
pub mod punches;
pub mod recomputes;
pub mod retention;
pub mod revocations;
pub mod rosters;
pub mod scratch;
pub mod sessions;
pub mod sites;
pub mod streams;
pub mod templates;
pub mod tokens;
pub mod vault;
pub mod watermarks;

pub use db::{Db, Tx};
pub use error::StoreError;
pub use migrations::{Migrated, MigrationError, VAULT_VERSION, newest_version};
pub use options::DbOptions;
pub use scrub::{NAMING_TABLES, Scrubbed};

/// Runs one statement on whichever database the transaction is of.
///
/// `sql!(tx, execute, TEXT, args…)` gives the number of rows; `sql!(tx, fetch_all as (A, B), TEXT, args…)`
/// gives rows as tuples (also `fetch_one`, `fetch_optional`). The body exists once per database after
/// expansion, so that each is typed by its own driver.
macro_rules! sql {
    ($tx:expr, execute, $text:expr $(, $arg:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(c) => {
                sqlx::query($text)$(.bind($arg))*.execute(&mut **c).await.map(|done| done.rows_affected())
            }
            $crate::store::Tx::Postgres(c) => {
                sqlx::query($text)$(.bind($arg))*.execute(&mut **c).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::store::StoreError::from)
    };
    ($tx:expr, $verb:ident as $row:ty, $text:expr $(, $arg:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(c) => {
                sqlx::query_as::<_, $row>($text)$(.bind($arg))*.$verb(&mut **c).await
            }
            $crate::store::Tx::Postgres(c) => {
                sqlx::query_as::<_, $row>($text)$(.bind($arg))*.$verb(&mut **c).await
            }
        }
        .map_err($crate::store::StoreError::from)
    };
}
use sql;

/// People per statement of [`rows_of_people`].
const PEOPLE: usize = 500;

/// Rows of some people: `rows_of_people!(tx, Row, people, TEXT, args…)`.
///
/// In the text `{people}` stands for the list of ids and comes first; `{1}`, `{2}`… stand for the arguments, each
/// once and in order, because one of the databases counts placeholders by their place.
macro_rules! rows_of_people {
    ($tx:expr, $row:ty, $people:expr, $text:expr $(, $arg:expr)* $(,)?) => {{
        let people: &[lintel_core::ids::PersonId] = $people;
        let text = $crate::store::people_text($tx, people.len(), $text);
        macro_rules! run {
            ($c:expr) => {{
                let mut query = sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe(text));
                for person in people {
                    query = query.bind($crate::store::uuid_bytes!(person));
                }
                query$(.bind($arg))*.fetch_all(&mut **$c).await
            }};
        }
        match $tx {
            $crate::store::Tx::Sqlite(c) => run!(c),
            $crate::store::Tx::Postgres(c) => run!(c),
        }
        .map_err($crate::store::StoreError::from)
    }};
}
use rows_of_people;

/// Inserts some rows with one statement: `insert_rows!(tx, "INSERT INTO t (a, b)", 2, rows, row => row.a, row.b)`.
macro_rules! insert_rows {
    ($tx:expr, $into:expr, $columns:expr, $rows:expr, $row:ident => $($arg:expr),+ $(,)?) => {{
        let rows = $rows;
        let text = format!("{} VALUES {}", $into, $crate::store::dialect::values($tx, rows.len(), $columns));
        macro_rules! run {
            ($c:expr) => {{
                let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
                for $row in rows {
                    query = query$(.bind($arg))+;
                }
                query.execute(&mut **$c).await.map(drop)
            }};
        }
        match $tx {
            $crate::store::Tx::Sqlite(c) => run!(c),
            $crate::store::Tx::Postgres(c) => run!(c),
        }
        .map_err($crate::store::StoreError::from)
    }};
}
use insert_rows;

fn people_text(tx: &Tx, people: usize, text: &str) -> String {
    let mut text = text.replace("{people}", &dialect::values(tx, people, 1));
    let mut number = 1;
    while text.contains(&format!("{{{number}}}")) {
        let placeholder = dialect::placeholder(tx, people + number);
        text = text.replace(&format!("{{{number}}}"), &placeholder);
        number += 1;
    }
    text
}

/// The 16 bytes that a UUID is stored as.
macro_rules! uuid_bytes {
    ($id:expr) => {
        $id.as_uuid().as_bytes().as_slice()
    };
}
use uuid_bytes;

/// A UUID from the bytes of a row.
fn uuid(bytes: &[u8], column: &'static str) -> Result<uuid::Uuid, StoreError> {
    uuid::Uuid::from_slice(bytes).map_err(|_| StoreError::Row { column })
}

/// A person and a date from a row.
fn person_and_date(
    (person, date): (Vec<u8>, String),
    column: &'static str,
) -> Result<(lintel_core::ids::PersonId, jiff::civil::Date), StoreError> {
    Ok((uuid(&person, column)?.into(), date.parse().map_err(|_| StoreError::Row { column })?))
}

/// A hash from the bytes of a row.
fn hash(bytes: &[u8], column: &'static str) -> Result<lintel_core::chain::Hash, StoreError> {
    lintel_core::chain::Hash::from_slice(bytes).ok_or(StoreError::Row { column })
}

/// A number that is never negative, from a row.
fn unsigned(value: i64, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Row { column })
}

/// A sequence number or count for a row. Numbers past the range are refused where they are parsed.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
