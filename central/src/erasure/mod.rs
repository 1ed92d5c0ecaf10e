//! Erasing a person for good: from the database, from its files, and again from every backup that is
//! restored.
//!
//! The order is the promise. First the ledger's line is on the disk; then one transaction takes out
//! everything that is the person's; then the files are rewritten. Cut off anywhere, the next start
//! finishes it. Skeletons of events stay, so that the doors' chains still verify; they name nobody.

pub mod ledger;
mod replay;

use lintel_core::ids::PersonId;
use lintel_core::time::{Clock, UtcMillis};

pub use ledger::{Erased, ErasureLedger};
pub use replay::{Replayed, replay};

use crate::auth::permit::ManagePeople;
use crate::auth::{Permit, accounts};
use crate::jobs::{ForgetFormer, ScrubErased};
use crate::ledger::LedgerError;
use crate::people::{self, PeopleError};
use crate::store::{
    Db, StoreError, Tx, adjustments, audit, badges, corrections, days, door_people, erasures, events, ingest,
    payroll, people as rows, rosters,
};

/// Why somebody couldn't be erased.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The person is unknown, or what belongs to them can't be changed.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The ledger. Nothing was erased.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database failed. The ledger has the erasure, so the next start finishes it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Erases a person altogether: face, key, badges, consent, name, days, and who it was in every event.
///
/// # Errors
/// [`ErasureError`].
pub async fn erase(
    db: &Db,
    ledger: &ErasureLedger,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    person: PersonId,
) -> Result<(), ErasureError> {
    people::expect(&mut db.read().await?, person).await?;
    let erased = Erased { person_id: person, at: clock.now() };
    ledger.add(vec![erased]).await?;
    let mut tx = db.write().await?;
    forget(&mut tx, erased).await?;
    ForgetFormer { before: erased.at }.queue(&mut tx).await?;
    audit::create(&mut tx, erased.at, permit.actor(), "person.erase", &person.to_string(), FIELDS).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(())
}

const FIELDS: &str = "person,consent,templates,key,days,payroll,corrections,rosters,events,account";

/// Takes everything of a person out, and queues the rewriting of the files.
async fn forget(tx: &mut Tx, erased: Erased) -> Result<(), StoreError> {
    let Erased { person_id: person, at } = erased;
    // Alone with the ledger of events: a batch that is being accepted would bring the person back.
    ingest::take_numbers(tx, 0).await?;
    erasures::create(tx, person, at).await?;
    forget_again(tx, person, at).await?;
    ScrubErased.queue(tx).await
}

/// What [`forget`] deletes; harmless when nothing of it is there.
async fn forget_again(tx: &mut Tx, person: PersonId, at: UtcMillis) -> Result<(), StoreError> {
    people::forget_face(tx, person, at).await?;
    rows::delete_exceptions(tx, person).await?;
    events::delete_personal(tx, person).await?;
    erasures::delete_rejected(tx, person).await?;
    erasures::delete_jobs(tx, person).await?;
    days::delete_by_person(tx, person).await?;
    adjustments::delete_by_person(tx, person).await?;
    payroll::delete_by_person(tx, person).await?;
    door_people::delete_by_person(tx, person).await?;
    corrections::delete_by_person(tx, person).await?;
    rosters::delete_by_person(tx, person).await?;
    badges::delete_by_person(tx, person).await?;
    accounts::delete_of_person(tx, person).await?;
    rows::delete(tx, person).await
}

/// Erases once more whoever was erased and is there again; how many. A day that was being computed, or a
/// vault that was copied back by hand, brings people back in part.
///
/// # Errors
/// When the database fails.
pub(crate) async fn forget_remaining(db: &Db, clock: &dyn Clock) -> Result<usize, StoreError> {
    let remaining = erasures::list_remaining(&mut db.read().await?).await?;
    if remaining.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    ingest::take_numbers(&mut tx, 0).await?;
    for person in &remaining {
        forget_again(&mut tx, *person, clock.now()).await?;
    }
    tx.commit().await?;
    Ok(remaining.len())
}
