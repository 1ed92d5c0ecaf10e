//! PostgreSQL: a former state of the database under other names, kept beside a restored one.

use std::fmt;

use sqlx::AssertSqlSafe;

use super::{StoreError, Tx, sql};

/// What the name of a former schema begins with; the time follows.
const PREFIX: &str = "former_";

/// Two schemas that were moved aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    usual: String,
    stamp: String,
}

impl fmt::Display for Former {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{0} and {PREFIX}vault_{0}", self.stamp)
    }
}

impl Former {
    /// For the tables of a schema, with a time such as `20261120t080000z`.
    #[must_use]
    pub fn new(usual: &str, stamp: &str) -> Self {
        let stamp = stamp.chars().filter(char::is_ascii_alphanumeric).collect();
        Self { usual: usual.to_owned(), stamp }
    }

    /// Pairs of usual and former names.
    fn names(&self) -> [(String, String); 2] {
        [
            (self.usual.clone(), format!("{PREFIX}{}", self.stamp)),
            ("vault".to_owned(), format!("{PREFIX}vault_{}", self.stamp)),
        ]
    }
}

/// Schema names can't be parameters.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

async fn run(tx: &mut Tx, text: String) -> Result<(), StoreError> {
    sql!(tx, execute, AssertSqlSafe(text)).map(drop)
}

async fn exists(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (String,),
        "SELECT schema_name::text FROM information_schema.schemata WHERE schema_name = $1",
        name
    )?;
    Ok(row.is_some())
}

/// Renames the schemas and makes an empty one for the tables.
///
/// # Errors
/// When the user doesn't own them.
pub async fn set_aside(tx: &mut Tx, former: &Former) -> Result<(), StoreError> {
    for (usual, aside) in former.names() {
        if exists(tx, &usual).await? {
            run(tx, format!("ALTER SCHEMA {} RENAME TO {}", quoted(&usual), quoted(&aside))).await?;
        }
    }
    run(tx, format!("CREATE SCHEMA {}", quoted(&former.usual))).await
}

/// Drops what came in their place and gives the schemas their names again.
///
/// # Errors
/// When the database fails.
pub async fn put_back(tx: &mut Tx, former: &Former) -> Result<(), StoreError> {
    for (usual, aside) in former.names() {
        run(tx, format!("DROP SCHEMA IF EXISTS {} CASCADE", quoted(&usual))).await?;
        if exists(tx, &aside).await? {
            run(tx, format!("ALTER SCHEMA {} RENAME TO {}", quoted(&aside), quoted(&usual))).await?;
        }
    }
    Ok(())
}

/// Drops the former schemas.
///
/// # Errors
/// When the database fails.
pub async fn discard(tx: &mut Tx, former: &Former) -> Result<(), StoreError> {
    for (_, aside) in former.names() {
        run(tx, format!("DROP SCHEMA IF EXISTS {} CASCADE", quoted(&aside))).await?;
    }
    Ok(())
}

/// Drops every former schema whose time lies before a stamp; how many schemas.
///
/// # Errors
/// When the database fails.
pub async fn drop_before(tx: &mut Tx, stamp: &str) -> Result<usize, StoreError> {
    if matches!(tx, Tx::Sqlite(_)) {
        return Ok(0);
    }
    let rows = sql!(
        &mut *tx,
        fetch_all as (String,),
        "SELECT schema_name::text FROM information_schema.schemata WHERE schema_name LIKE 'former\\_%'"
    )?;
    let time = |name: &str| name.rsplit('_').next().unwrap_or_default().to_owned();
    let old: Vec<String> = rows.into_iter().map(|(name,)| name).filter(|name| *time(name) < *stamp).collect();
    for name in &old {
        run(tx, format!("DROP SCHEMA IF EXISTS {} CASCADE", quoted(name))).await?;
    }
    Ok(old.len())
}
