//! Who works on which pattern, or on which shift on which weekdays, and when.

use jiff::civil::Date;
use lintel_core::ids::{AssignmentId, PatternId, PersonId, ShiftId};
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{StoreError, Tx, sql, uuid, uuid_bytes};
use super::{parsed, parsed_or_none};
use crate::rosters::Weekdays;

/// What somebody works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Works {
    /// A cycle.
    Pattern {
        /// Which.
        pattern: PatternId,
    },
    /// One shift.
    Shift {
        /// Which.
        shift: ShiftId,
        /// On which weekdays.
        weekdays: Weekdays,
    },
}

/// A time in which somebody works on something. Both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub struct AssignmentRow {
    /// Which.
    pub assignment_id: AssignmentId,
    /// Who.
    pub person_id: PersonId,
    /// On what.
    #[serde(flatten)]
    pub works: Works,
    /// First day.
    pub from: Date,
    /// Last day; none while it goes on.
    pub to: Option<Date>,
}

pub(super) type Row = (Vec<u8>, Vec<u8>, Option<String>, Option<String>, Option<i64>, String, Option<String>);

/// The columns of [`Row`].
pub(super) const COLUMNS: &str =
    "assignment_id, person_id, pattern_id, shift_id, weekdays, valid_from, valid_to";

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM assignment {rest}"))
}

pub(super) fn assignment(row: Row) -> Result<AssignmentRow, StoreError> {
    let (id, person, pattern, shift, weekdays, from, to) = row;
    let works = match (pattern, shift, weekdays) {
        (Some(pattern), _, _) => Works::Pattern { pattern: parsed(&pattern, "assignment.pattern_id")? },
        (None, Some(shift), Some(bits)) => Works::Shift {
            shift: parsed(&shift, "assignment.shift_id")?,
            weekdays: Weekdays::from_bits(bits).ok_or(StoreError::Row { column: "assignment.weekdays" })?,
        },
        _ => return Err(StoreError::Row { column: "assignment.shift_id" }),
    };
    Ok(AssignmentRow {
        assignment_id: uuid(&id, "assignment.assignment_id")?.into(),
        person_id: uuid(&person, "assignment.person_id")?.into(),
        works,
        from: parsed(&from, "assignment.valid_from")?,
        to: parsed_or_none(to.as_deref(), "assignment.valid_to")?,
    })
}

/// Adds an assignment.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, row: &AssignmentRow, at: UtcMillis) -> Result<(), StoreError> {
    let (pattern, shift, weekdays) = match &row.works {
        Works::Pattern { pattern } => (Some(pattern.as_str()), None, None),
        Works::Shift { shift, weekdays } => (None, Some(shift.as_str()), Some(weekdays.bits())),
    };
    sql!(
        tx,
        execute,
        "INSERT INTO assignment (assignment_id, person_id, pattern_id, shift_id, weekdays, valid_from, \
         valid_to, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        uuid_bytes!(row.assignment_id),
        uuid_bytes!(row.person_id),
        pattern,
        shift,
        weekdays,
        row.from.to_string(),
        row.to.map(|to| to.to_string()),
        at.as_i64(),
    )?;
    Ok(())
}

/// An assignment.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: AssignmentId) -> Result<Option<AssignmentRow>, StoreError> {
    let text = select("WHERE assignment_id = $1");
    sql!(tx, fetch_optional as Row, text, uuid_bytes!(id))?.map(assignment).transpose()
}

/// A person's assignments in order.
///
/// # Errors
/// When the database fails.
pub async fn list_by_person(tx: &mut Tx, person: PersonId) -> Result<Vec<AssignmentRow>, StoreError> {
    let text = select("WHERE person_id = $1 ORDER BY valid_from, assignment_id");
    sql!(tx, fetch_all as Row, text, uuid_bytes!(person))?.into_iter().map(assignment).collect()
}

/// Everybody's assignments that have a day from a date on, each person's in order.
///
/// # Errors
/// When the database fails.
pub async fn list_from(tx: &mut Tx, from: Date) -> Result<Vec<AssignmentRow>, StoreError> {
    let text =
        select("WHERE valid_to IS NULL OR valid_to >= $1 ORDER BY person_id, valid_from, assignment_id");
    sql!(tx, fetch_all as Row, text, from.to_string())?.into_iter().map(assignment).collect()
}

/// Assignments of one person or of all by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut Tx,
    person: Option<PersonId>,
    after: Option<AssignmentId>,
    limit: i64,
) -> Result<Vec<AssignmentRow>, StoreError> {
    let after = after.map_or_else(Vec::new, |id| uuid_bytes!(id).to_vec());
    let rows = match person {
        Some(person) => {
            let text = select("WHERE person_id = $1 AND assignment_id > $2 ORDER BY assignment_id LIMIT $3");
            sql!(tx, fetch_all as Row, text, uuid_bytes!(person), after, limit)?
        }
        None => {
            let text = select("WHERE assignment_id > $1 ORDER BY assignment_id LIMIT $2");
            sql!(tx, fetch_all as Row, text, after, limit)?
        }
    };
    rows.into_iter().map(assignment).collect()
}

/// Sets the last day.
///
/// # Errors
/// When the database fails.
pub async fn update_end(tx: &mut Tx, id: AssignmentId, to: Date) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE assignment SET valid_to = $1 WHERE assignment_id = $2",
        to.to_string(),
        uuid_bytes!(id)
    )?;
    Ok(())
}

/// Deletes an assignment.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: AssignmentId) -> Result<(), StoreError> {
    sql!(tx, execute, "DELETE FROM assignment WHERE assignment_id = $1", uuid_bytes!(id))?;
    Ok(())
}
