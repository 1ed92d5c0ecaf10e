//! Reading corrections.

use lintel_core::ids::{CorrectionId, PersonId};
use lintel_core::time::UtcMillis;

use super::{Correction, Filter};
use crate::auth::permit::{ReadAttendance, ReadOwnRecord};
use crate::auth::{OwnPermit, Permit};
use crate::store::{Db, StoreError, corrections};

/// Open proposals that are listed at once.
const LISTED: i64 = 200;

/// Proposals that wait, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_open(db: &Db, _permit: &Permit<ReadAttendance>) -> Result<Vec<Correction>, StoreError> {
    corrections::list_open(&mut db.read().await?, LISTED).await
}

/// A person's corrections in `[from, to)`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadAttendance>,
    person: PersonId,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<Vec<Correction>, StoreError> {
    corrections::list_by_person(&mut db.read().await?, person, from, to).await
}

/// One's own corrections in `[from, to)`.
///
/// # Errors
/// When the database fails.
pub async fn list_own(
    db: &Db,
    permit: &OwnPermit<ReadOwnRecord>,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<Vec<Correction>, StoreError> {
    corrections::list_by_person(&mut db.read().await?, permit.person(), from, to).await
}

/// A page of corrections by id, which is the order in which they were proposed, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &Db,
    _permit: &Permit<ReadAttendance>,
    filter: Filter,
    after: Option<CorrectionId>,
    limit: u32,
) -> Result<Vec<Correction>, StoreError> {
    corrections::page(&mut db.read().await?, filter, after, limit.into()).await
}
