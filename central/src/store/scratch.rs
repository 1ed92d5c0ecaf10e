//! A PostgreSQL database of the bench's own on somebody's server: made, used, dropped.
//!
//! The bench writes a great many events that nobody made; they must never come near a real database.

use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::StoreError;

/// What every such database's name begins with; nothing else is ever dropped.
const PREFIX: &str = "lintel_bench_";

/// A name for a new database, from random bytes.
#[must_use]
pub fn name(random: [u8; 8]) -> String {
    format!("{PREFIX}{:016x}", u64::from_be_bytes(random))
}

/// Makes a database.
///
/// # Errors
/// [`StoreError::Url`], or when the user may not make databases.
pub async fn create(url: &str, name: &str) -> Result<(), StoreError> {
    run(url, name, "CREATE DATABASE").await
}

/// Drops it again.
///
/// # Errors
/// When somebody is still connected to it.
pub async fn drop(url: &str, name: &str) -> Result<(), StoreError> {
    run(url, name, "DROP DATABASE").await
}

async fn run(url: &str, name: &str, verb: &'static str) -> Result<(), StoreError> {
    let made_here = name.strip_prefix(PREFIX).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    if !made_here {
        return Err(StoreError::Url);
    }
    let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
    let mut connection = options.connect().await.map_err(StoreError::Open)?;
    // A name can't be a parameter; it was checked above.
    sqlx::query(AssertSqlSafe(format!("{verb} {name}"))).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// The URL of another database on the same server.
///
/// # Errors
/// [`StoreError::Url`].
pub fn url_of(url: &str, name: &str) -> Result<String, StoreError> {
    let (scheme, rest) = url.split_once("://").ok_or(StoreError::Url)?;
    let (before, options) = match rest.split_once('?') {
        Some((before, options)) => (before, format!("?{options}")),
        None => (rest, String::new()),
    };
    let authority = before.split('/').next().unwrap_or_default();
    Ok(format!("{scheme}://{authority}/{name}{options}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        for (url, expected) in [
            ("postgres://u:p@h:5432/real?sslmode=require", "postgres://u:p@h:5432/x?sslmode=require"),
            ("postgres://u@h", "postgres://u@h/x"),
            ("postgres:///real?host=/run/pg", "postgres:///x?host=/run/pg"),
        ] {
            assert_eq!(url_of(url, "x").unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_database_that_was_not_made_here_is_never_dropped() {
        for name in ["lintel", "lintel_bench_x; DROP TABLE y", ""] {
            assert!(matches!(drop("postgres://h/x", name).await, Err(StoreError::Url)), "{name}");
        }
    }
}
