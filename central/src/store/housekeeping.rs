//! When something that the owner must do was last done.

use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, sql};

/// What is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// A backup was made; the detail is its file.
    Backup,
    /// The keys were exported; the detail is their fingerprint.
    KeysExport,
}

impl Duty {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::KeysExport => "keys_export",
        }
    }
}

/// Says that it was done.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, duty: Duty, at: UtcMillis, detail: &str) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO housekeeping (what, at, detail) VALUES ($1, $2, $3) \
         ON CONFLICT (what) DO UPDATE SET at = excluded.at, detail = excluded.detail",
        duty.as_str(),
        at.as_i64(),
        detail
    )?;
    Ok(())
}

/// When it was last done, with its detail.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, duty: Duty) -> Result<Option<(UtcMillis, String)>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64, String),
        "SELECT at, detail FROM housekeeping WHERE what = $1",
        duty.as_str()
    )?;
    Ok(row.map(|(at, detail)| (UtcMillis::from_i64(at), detail)))
}
