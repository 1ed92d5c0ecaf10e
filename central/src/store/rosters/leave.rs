//! Leave and its kinds: asked for or recorded, decided, taken back; never deleted but with the person.

use jiff::civil::Date;
use lintel_core::ids::{LeaveId, LeaveKind, PersonId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{StoreError, Tx, sql, uuid, uuid_bytes};
use super::parsed;
use crate::attendance::calendar::DayPart;

/// Where a leave stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeaveState {
    /// Nobody has decided yet.
    Proposed,
    /// It counts.
    Approved,
    /// It doesn't.
    Rejected,
    /// It did, or might have, until it was taken back.
    Cancelled,
}

impl LeaveState {
    const ALL: [Self; 4] = [Self::Proposed, Self::Approved, Self::Rejected, Self::Cancelled];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it keeps another leave from the same days.
    #[must_use]
    pub const fn stands(self) -> bool {
        matches!(self, Self::Proposed | Self::Approved)
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A kind of leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LeaveKindNamed)]
pub struct LeaveKindRow {
    /// Which.
    pub kind: LeaveKind,
    /// What it is called.
    pub name: String,
    /// Whether its hours are credited.
    pub paid: bool,
}

/// A leave with everything that is shown of it. Both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Leave)]
pub struct LeaveRow {
    /// Which.
    pub leave_id: LeaveId,
    /// Whose.
    pub person_id: PersonId,
    /// Which kind.
    pub kind: LeaveKind,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// How much of each day.
    pub part: DayPart,
    /// What was said about it.
    pub note: String,
    /// Where it stands.
    pub state: LeaveState,
    /// Who asked, as in the audit.
    pub asked_by: String,
    /// When.
    pub asked_at: UtcMillis,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<UtcMillis>,
    /// What they answered.
    pub answer: Option<String>,
}

type Row = (
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    i64,
    Option<String>,
    Option<i64>,
    Option<String>,
);

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "SELECT leave_id, person_id, leave_kind, first_date, last_date, part, note, state, asked_by, asked_at, \
         decided_by, decided_at, answer FROM leave {rest}"
    ))
}

fn leave(row: Row) -> Result<LeaveRow, StoreError> {
    let (id, person, kind, from, to, part, note, state, asked_by, asked_at, decided_by, decided_at, answer) =
        row;
    Ok(LeaveRow {
        leave_id: uuid(&id, "leave.leave_id")?.into(),
        person_id: uuid(&person, "leave.person_id")?.into(),
        kind: parsed(&kind, "leave.leave_kind")?,
        from: parsed(&from, "leave.first_date")?,
        to: parsed(&to, "leave.last_date")?,
        part: DayPart::parse(&part).ok_or(StoreError::Row { column: "leave.part" })?,
        note,
        state: LeaveState::parse(&state).ok_or(StoreError::Row { column: "leave.state" })?,
        asked_by,
        asked_at: UtcMillis::from_i64(asked_at),
        decided_by,
        decided_at: decided_at.map(UtcMillis::from_i64),
        answer,
    })
}

/// The kinds by id.
///
/// # Errors
/// When the database fails.
pub async fn list_kinds(tx: &mut Tx) -> Result<Vec<LeaveKindRow>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, String, i64),
        "SELECT leave_kind, name, paid FROM leave_kind ORDER BY leave_kind"
    )?;
    rows.into_iter()
        .map(|(kind, name, paid)| {
            Ok(LeaveKindRow { kind: parsed(&kind, "leave_kind.leave_kind")?, name, paid: paid != 0 })
        })
        .collect()
}

/// Stores a leave that nobody has decided.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, row: &LeaveRow) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO leave (leave_id, person_id, leave_kind, first_date, last_date, part, note, state, \
         asked_by, asked_at, decided_by, decided_at, answer) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        uuid_bytes!(row.leave_id),
        uuid_bytes!(row.person_id),
        row.kind.as_str(),
        row.from.to_string(),
        row.to.to_string(),
        row.part.as_str(),
        row.note.as_str(),
        row.state.as_str(),
        row.asked_by.as_str(),
        row.asked_at.as_i64(),
        row.decided_by.as_deref(),
        row.decided_at.map(UtcMillis::as_i64),
        row.answer.as_deref(),
    )?;
    Ok(())
}

/// Takes a leave from one state to another; false when it isn't in the one any more.
///
/// # Errors
/// When the database fails.
pub async fn update_state(
    tx: &mut Tx,
    id: LeaveId,
    was: LeaveState,
    becomes: LeaveState,
    (by, at): (&str, UtcMillis),
    answer: &str,
) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE leave SET state = $1, decided_by = $2, decided_at = $3, answer = $4 \
         WHERE leave_id = $5 AND state = $6",
        becomes.as_str(),
        by,
        at.as_i64(),
        answer,
        uuid_bytes!(id),
        was.as_str(),
    )?;
    Ok(rows > 0)
}

/// A leave.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: LeaveId) -> Result<Option<LeaveRow>, StoreError> {
    let text = select("WHERE leave_id = $1");
    sql!(tx, fetch_optional as Row, text, uuid_bytes!(id))?.map(leave).transpose()
}

/// A person's leave by its first day, whatever became of it.
///
/// # Errors
/// When the database fails.
pub async fn list_by_person(tx: &mut Tx, person: PersonId) -> Result<Vec<LeaveRow>, StoreError> {
    let text = select("WHERE person_id = $1 ORDER BY first_date, leave_id");
    sql!(tx, fetch_all as Row, text, uuid_bytes!(person))?.into_iter().map(leave).collect()
}

/// Everybody's leave that was asked for or approved and has a day from a date on, each person's in order.
///
/// # Errors
/// When the database fails.
pub async fn list_standing_from(tx: &mut Tx, from: Date) -> Result<Vec<LeaveRow>, StoreError> {
    let text = select(
        "WHERE last_date >= $1 AND state IN ('proposed', 'approved') ORDER BY person_id, first_date, leave_id",
    );
    sql!(tx, fetch_all as Row, text, from.to_string())?.into_iter().map(leave).collect()
}

/// Leave in a state or in any, of one person or of all, by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut Tx,
    person: Option<PersonId>,
    state: Option<LeaveState>,
    after: Option<LeaveId>,
    limit: i64,
) -> Result<Vec<LeaveRow>, StoreError> {
    let after = after.map_or_else(Vec::new, |id| uuid_bytes!(id).to_vec());
    let state = state.map_or("", LeaveState::as_str);
    let rows = match person {
        Some(person) => {
            let text = select(
                "WHERE person_id = $1 AND leave_id > $2 AND ($3 = '' OR state = $3) ORDER BY leave_id LIMIT $4",
            );
            sql!(tx, fetch_all as Row, text, uuid_bytes!(person), after, state, limit)?
        }
        None => {
            let text = select("WHERE leave_id > $1 AND ($2 = '' OR state = $2) ORDER BY leave_id LIMIT $3");
            sql!(tx, fetch_all as Row, text, after, state, limit)?
        }
    };
    rows.into_iter().map(leave).collect()
}
