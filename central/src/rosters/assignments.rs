//! Assignments: who works on which pattern or shift, and when.

use jiff::civil::Date;
use lintel_core::ids::{AssignmentId, PersonId};
use lintel_core::time::Clock;

pub use crate::store::rosters::assignments::{AssignmentRow, Works};

use super::locks::expect_open_for;
use super::{
    RosterError, Touched, day_after, expect_dates, expect_person, limit, overlap, patterns, touched,
};
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::store::rosters::{assignments, patterns as cycles, shifts};
use crate::store::{Db, StoreError, Tx, audit};

/// Who shall work on what, and when. Both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssignment {
    /// Who.
    pub person_id: PersonId,
    /// On what.
    pub works: Works,
    /// First day.
    pub from: Date,
    /// Last day; none while it goes on.
    pub to: Option<Date>,
}

/// Assigns somebody.
///
/// # Errors
/// [`RosterError::Overlap`] names what is in the way.
pub async fn create(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    new: NewAssignment,
) -> Result<(AssignmentId, Touched), RosterError> {
    let NewAssignment { person_id, works, from, to } = new;
    expect_dates(from, to)?;
    let at = clock.now();
    let assignment_id = AssignmentId::new(at, &lintel_runtime::clock::random_bytes()?);
    let mut tx = db.write().await?;
    let person = expect_person(&mut tx, person_id).await?;
    expect_works(&mut tx, &works, from, to).await?;
    expect_free(&mut tx, person_id, None, from, to).await?;
    let sites = expect_open_for(&mut tx, &person, from, to).await?;
    let row = AssignmentRow { assignment_id, person_id, works, from, to };
    assignments::create(&mut tx, &row, at).await?;
    let fields = "person_id,pattern_id,shift_id,weekdays,valid_from,valid_to";
    let subject = assignment_id.to_string();
    audit::create(&mut tx, at, permit.actor(), "assignment.add", &subject, fields).await?;
    let touches = Touched::of_person(person_id, sites, from, to);
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok((assignment_id, touches))
}

/// Sets the last day of an assignment, which may be a later one where nothing is in the way.
///
/// # Errors
/// [`RosterError`].
pub async fn end(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    id: AssignmentId,
    on: Date,
) -> Result<Touched, RosterError> {
    let mut tx = db.write().await?;
    let found = assignments::get(&mut tx, id).await?.ok_or(RosterError::UnknownAssignment(id))?;
    expect_dates(found.from, Some(on))?;
    let person = expect_person(&mut tx, found.person_id).await?;
    // Again: it may have been ended while this waited for the person.
    let found = assignments::get(&mut tx, id).await?.ok_or(RosterError::UnknownAssignment(id))?;
    expect_works(&mut tx, &found.works, found.from, Some(on)).await?;
    expect_free(&mut tx, found.person_id, Some(id), found.from, Some(on)).await?;
    // What differs lies between the old end and the new one.
    let (first, last) = match found.to {
        Some(before) => (before.min(on), Some(before.max(on))),
        None => (on, None),
    };
    let sites = expect_open_for(&mut tx, &person, day_after(first), last).await?;
    assignments::update_end(&mut tx, id, on).await?;
    let touches = Touched::of_person(found.person_id, sites, day_after(first), last);
    finish(db, tx, permit, clock, "assignment.end", id, "valid_to", touches).await
}

/// Takes an assignment back as if it had never been.
///
/// # Errors
/// [`RosterError`].
pub async fn delete(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    id: AssignmentId,
) -> Result<Touched, RosterError> {
    let mut tx = db.write().await?;
    let found = assignments::get(&mut tx, id).await?.ok_or(RosterError::UnknownAssignment(id))?;
    let person = expect_person(&mut tx, found.person_id).await?;
    let sites = expect_open_for(&mut tx, &person, found.from, found.to).await?;
    assignments::delete(&mut tx, id).await?;
    let touches = Touched::of_person(found.person_id, sites, found.from, found.to);
    finish(db, tx, permit, clock, "assignment.delete", id, "assignment", touches).await
}

#[expect(clippy::too_many_arguments, reason = "each is a different thing; a struct would only rename them")]
async fn finish(
    db: &Db,
    mut tx: Tx,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    action: &str,
    id: AssignmentId,
    fields: &str,
    touches: Touched,
) -> Result<Touched, RosterError> {
    audit::create(&mut tx, clock.now(), permit.actor(), action, &id.to_string(), fields).await?;
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(touches)
}

/// The pattern or shift is there, and can be worked on every day of the assignment.
async fn expect_works(tx: &mut Tx, works: &Works, from: Date, to: Option<Date>) -> Result<(), RosterError> {
    match works {
        Works::Pattern { pattern } => {
            let found = cycles::get(tx, pattern).await?;
            let found = found.ok_or_else(|| RosterError::UnknownPattern(pattern.clone()))?;
            patterns::check(&found.pattern, &shifts::list_all(tx).await?, from, to)
                .map_err(|source| RosterError::PatternOf { pattern: pattern.clone(), source })
        }
        Works::Shift { shift, .. } if shifts::list_by_id(tx, shift).await?.is_empty() => {
            Err(RosterError::UnknownShift(shift.clone()))
        }
        Works::Shift { .. } => Ok(()),
    }
}

async fn expect_free(
    tx: &mut Tx,
    person: PersonId,
    but: Option<AssignmentId>,
    from: Date,
    to: Option<Date>,
) -> Result<(), RosterError> {
    let others = assignments::list_by_person(tx, person).await?;
    let hit = others
        .into_iter()
        .find(|other| Some(other.assignment_id) != but && overlap((from, to), (other.from, other.to)));
    match hit {
        Some(other) => {
            Err(RosterError::Overlap { other: other.assignment_id, from: other.from, to: other.to })
        }
        None => Ok(()),
    }
}

/// Assignments of one person or of all by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    person: Option<PersonId>,
    after: Option<AssignmentId>,
    rows: u32,
) -> Result<Vec<AssignmentRow>, StoreError> {
    assignments::list(&mut db.read().await?, person, after, limit(rows)).await
}
