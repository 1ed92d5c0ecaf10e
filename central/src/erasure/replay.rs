//! Doing the ledger's erasures again on a database that doesn't know them: it is a restored one.
//!
//! Runs before anything is answered. It goes the other way too: what another replica on the same database
//! erased is written into this ledger, so that each copy is whole.

use std::collections::HashSet;

use lintel_core::time::Clock;

use super::{Erased, ErasureError, ErasureLedger, forget, forget_remaining};
use crate::store::{Db, audit, erasures};

/// What a replay found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// People who were erased again.
    pub erased: usize,
    /// Lines that the ledger didn't have.
    pub learnt: usize,
}

/// Erases whoever the ledger names and the database still knows.
///
/// # Errors
/// [`ErasureError`]; nothing may be served then.
pub async fn replay(db: &Db, ledger: &ErasureLedger, clock: &dyn Clock) -> Result<Replayed, ErasureError> {
    let lines = ledger.entries().await?;
    let done = erasures::list(&mut db.read().await?).await?;
    let known: HashSet<_> = done.iter().map(|(person, _)| *person).collect();
    let pending: Vec<Erased> =
        lines.iter().filter(|line| !known.contains(&line.person_id)).copied().collect();
    for erased in &pending {
        let mut tx = db.write().await?;
        forget(&mut tx, *erased).await?;
        let subject = erased.person_id.to_string();
        audit::create(&mut tx, clock.now(), "erasure-ledger", "person.erase", &subject, "again").await?;
        tx.commit().await?;
    }
    let again = forget_remaining(db, clock).await?;
    let written: HashSet<_> = lines.iter().map(|line| line.person_id).collect();
    let unwritten: Vec<Erased> = done
        .into_iter()
        .filter(|(person_id, _)| !written.contains(person_id))
        .map(|(person_id, at)| Erased { person_id, at })
        .collect();
    let learnt = unwritten.len();
    if learnt > 0 {
        ledger.add(unwritten).await?;
    }
    if !pending.is_empty() || again > 0 {
        db.wake_jobs();
    }
    Ok(Replayed { erased: pending.len() + again, learnt })
}
