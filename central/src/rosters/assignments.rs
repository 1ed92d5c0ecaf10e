//! Assignments: who works on which pattern or shift, and when.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use lintel_core::ids::{AssignmentId, PatternId, PersonId};
use lintel_core::time::{Clock, UtcMillis};

pub use crate::store::rosters::assignments::{AssignmentRow, Works};

use super::locks::expect_open_for;
use super::{
    RosterError, Touched, day_after, expect_dates, expect_person, limit, overlap, patterns, touched,
};
use crate::attendance::pattern::Pattern;
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::store::rosters::shifts::ShiftRow;
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
    let assignment_id = fresh_id(at)?;
    let mut tx = db.write().await?;
    let person = expect_person(&mut tx, person_id).await?;
    expect_works(&mut tx, &works, from, to).await?;
    expect_free(&mut tx, person_id, None, from, to).await?;
    let sites = expect_open_for(&mut tx, &person, from, to).await?;
    let row = AssignmentRow { assignment_id, person_id, works, from, to };
    insert(&mut tx, permit.actor(), at, &row).await?;
    let touches = Touched::of_person(person_id, sites, from, to);
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok((assignment_id, touches))
}

pub(crate) fn fresh_id(at: UtcMillis) -> Result<AssignmentId, RosterError> {
    Ok(AssignmentId::new(at, &lintel_runtime::clock::random_bytes()?))
}

/// Writes one that was judged.
pub(crate) async fn insert(
    tx: &mut Tx,
    actor: &str,
    at: UtcMillis,
    row: &AssignmentRow,
) -> Result<(), StoreError> {
    assignments::create(tx, row, at).await?;
    let fields = "person_id,pattern_id,shift_id,weekdays,valid_from,valid_to";
    audit::create(tx, at, actor, "assignment.add", &row.assignment_id.to_string(), fields).await
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
    let (first, last) = days_between_ends(found.to, on);
    let sites = expect_open_for(&mut tx, &person, first, last).await?;
    set_end(&mut tx, permit.actor(), clock.now(), id, on).await?;
    finish(db, tx, Touched::of_person(found.person_id, sites, first, last)).await
}

/// The days that differ when an end moves: those behind the earlier one, to the later one.
pub(crate) fn days_between_ends(before: Option<Date>, on: Date) -> (Date, Option<Date>) {
    match before {
        Some(before) => (day_after(before.min(on)), Some(before.max(on))),
        None => (day_after(on), None),
    }
}

/// Writes an end that was judged.
pub(crate) async fn set_end(
    tx: &mut Tx,
    actor: &str,
    at: UtcMillis,
    id: AssignmentId,
    on: Date,
) -> Result<(), StoreError> {
    assignments::update_end(tx, id, on).await?;
    audit::create(tx, at, actor, "assignment.end", &id.to_string(), "valid_to").await
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
    let (at, subject) = (clock.now(), id.to_string());
    audit::create(&mut tx, at, permit.actor(), "assignment.delete", &subject, "assignment").await?;
    finish(db, tx, Touched::of_person(found.person_id, sites, found.from, found.to)).await
}

async fn finish(db: &Db, mut tx: Tx, touches: Touched) -> Result<Touched, RosterError> {
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

/// Shifts and patterns, read once for many assignments, and which of them were found good for which days.
#[derive(Debug)]
pub(crate) struct Shelf {
    shifts: Vec<ShiftRow>,
    patterns: BTreeMap<PatternId, Pattern>,
    good: HashSet<(PatternId, Date, Option<Date>)>,
}

impl Shelf {
    /// # Errors
    /// When the database fails.
    pub(crate) async fn load(tx: &mut Tx) -> Result<Self, StoreError> {
        let shifts = shifts::list_all(tx).await?;
        let patterns = cycles::list_all(tx).await?.into_iter().map(|row| (row.pattern_id, row.pattern));
        Ok(Self { shifts, patterns: patterns.collect(), good: HashSet::new() })
    }

    /// The same rule as for one assignment.
    ///
    /// # Errors
    /// [`RosterError`].
    pub(crate) fn expect(&mut self, works: &Works, from: Date, to: Option<Date>) -> Result<(), RosterError> {
        match works {
            Works::Pattern { pattern } => {
                let asked = (pattern.clone(), from, to);
                if !self.good.contains(&asked) {
                    let found = self.patterns.get(pattern);
                    let found = found.ok_or_else(|| RosterError::UnknownPattern(pattern.clone()))?;
                    patterns::check(found, &self.shifts, from, to)
                        .map_err(|source| RosterError::PatternOf { pattern: pattern.clone(), source })?;
                    self.good.insert(asked);
                }
                Ok(())
            }
            Works::Shift { shift, .. } if !self.shifts.iter().any(|row| row.shift_id == *shift) => {
                Err(RosterError::UnknownShift(shift.clone()))
            }
            Works::Shift { .. } => Ok(()),
        }
    }
}

async fn expect_free(
    tx: &mut Tx,
    person: PersonId,
    but: Option<AssignmentId>,
    from: Date,
    to: Option<Date>,
) -> Result<(), RosterError> {
    expect_free_among(&assignments::list_by_person(tx, person).await?, but, from, to)
}

/// Refuses when another assignment of the same person has one of these days.
pub(crate) fn expect_free_among(
    others: &[AssignmentRow],
    but: Option<AssignmentId>,
    from: Date,
    to: Option<Date>,
) -> Result<(), RosterError> {
    let hit = others
        .iter()
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
