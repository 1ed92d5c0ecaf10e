//! Corrections. What an employee proposes is not here: the API has no employees. Instants are milliseconds
//! since 1970 UTC, as everywhere in the API.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::civil::Date;
use lintel_core::ids::{CorrectionId, EventId, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::rosters::{cursor, id, limit, page};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::correction::Change;
use crate::attendance::punch::Direction;
use crate::audit::{self, View};
use crate::auth::permit::{DecideCorrections, ReadAttendance};
use crate::auth::{Actor, May};
use crate::corrections::{self, Correction, Filter, State as Standing, Wish, WishedChange};

/// `?person=&state=&limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    person: Option<PersonId>,
    state: Option<Standing>,
    limit: Option<u32>,
    after: Option<String>,
}

/// A correction as it is answered.
#[derive(Debug, Serialize)]
struct Shown {
    correction_id: CorrectionId,
    person_id: PersonId,
    site: SiteId,
    at: UtcMillis,
    change: Value,
    reason: String,
    state: Standing,
    proposed_by: String,
    proposed_at: UtcMillis,
    decided_by: Option<String>,
    answer: Option<String>,
}

impl From<Correction> for Shown {
    fn from(row: Correction) -> Self {
        Self {
            correction_id: row.correction_id,
            person_id: row.person_id,
            site: row.site_id,
            at: row.at,
            change: change(&row.change),
            reason: row.reason,
            state: row.state,
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at,
            decided_by: row.decided_by,
            answer: row.answer,
        }
    }
}

/// In the form of [`ChangeBody`].
fn change(change: &Change) -> Value {
    match change {
        Change::Add { at, direction } => {
            json!({ "kind": "add", "at": at, "direction": direction.map(Direction::as_str) })
        }
        Change::Void { punch } => json!({ "kind": "void", "punch": punch }),
        Change::Move { punch, to } => json!({ "kind": "move", "punch": punch, "to": to }),
        Change::Direct { punch, direction } => {
            json!({ "kind": "direct", "punch": punch, "direction": direction.as_str() })
        }
        Change::Assign { event } => json!({ "kind": "assign", "event": event }),
        Change::Excuse { date, paid } => json!({ "kind": "excuse", "date": date, "paid": paid }),
        Change::ApproveOvertime { date } => json!({ "kind": "approve_overtime", "date": date }),
    }
}

/// `GET /api/v1/corrections`: `{"corrections": […], "next": …}`, those of a person, or those that wait.
///
/// # Errors
/// [`Problem`].
pub async fn list_corrections(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let Query { person, state: standing, .. } = query;
    let (view, subject) =
        person.map_or_else(|| (View::Days, "all".to_owned()), |person| (View::Month, person.to_string()));
    audit::viewed(state.db(), permit.actor(), state.clock(), view, &subject).await?;
    let standing = standing.or(person.is_none().then_some(Standing::Proposed));
    let filter = Filter { person, state: standing };
    let found = corrections::page(state.db(), &permit, filter, after, rows).await?;
    let found: Vec<Shown> = found.into_iter().map(Shown::from).collect();
    Ok(page("corrections", &found, rows, |row| row.correction_id.to_string()))
}

/// What shall be otherwise.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChangeBody {
    /// A punch that no door recorded.
    Add {
        /// Where.
        site: SiteId,
        /// When.
        at: UtcMillis,
        /// Which way, where it is known.
        direction: Option<Way>,
    },
    /// A punch that shall not count.
    Void {
        /// Which.
        punch: EventId,
    },
    /// A punch that was somebody else's.
    Move {
        /// Which.
        punch: EventId,
        /// Whose.
        to: PersonId,
    },
    /// Which way a punch was.
    Direct {
        /// Which.
        punch: EventId,
        /// Which way.
        direction: Way,
    },
    /// An event in which nobody was recognised for sure.
    Assign {
        /// Which.
        event: EventId,
    },
    /// A day on which they didn't have to come.
    Excuse {
        /// Which.
        date: Date,
        /// Whether its hours are credited.
        #[serde(default)]
        paid: bool,
    },
    /// Overtime of a day that counts.
    ApproveOvertime {
        /// Which.
        date: Date,
    },
}

/// `in` or `out`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// An arrival.
    In,
    /// A departure.
    Out,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::In => Self::In,
            Way::Out => Self::Out,
        }
    }
}

impl From<ChangeBody> for WishedChange {
    fn from(body: ChangeBody) -> Self {
        match body {
            ChangeBody::Add { site, at, direction } => {
                Self::Add { site, at, direction: direction.map(Direction::from) }
            }
            ChangeBody::Void { punch } => Self::Void { punch },
            ChangeBody::Move { punch, to } => Self::Move { punch, to },
            ChangeBody::Direct { punch, direction } => Self::Direct { punch, direction: direction.into() },
            ChangeBody::Assign { event } => Self::Assign { event },
            ChangeBody::Excuse { date, paid } => Self::Excuse { date, paid },
            ChangeBody::ApproveOvertime { date } => Self::ApproveOvertime { date },
        }
    }
}

/// Whose record, what of it, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WishBody {
    person: PersonId,
    change: ChangeBody,
    reason: String,
}

/// `POST /api/v1/corrections`: changes a record at once; 201 with the correction's id. Never one's own.
///
/// # Errors
/// [`Problem`].
pub async fn change_record(
    State(state): State<AppState>,
    May(permit): May<DecideCorrections>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<WishBody>,
) -> Result<Response, Problem> {
    let wish = Wish { change: body.change.into(), reason: body.reason };
    let id = corrections::change(state.db(), &permit, &actor, state.clock(), body.person, &wish).await?;
    Ok((StatusCode::CREATED, Json(json!({ "correction_id": id }))).into_response())
}

/// A decision; a refusal says why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    approve: bool,
    #[serde(default)]
    answer: String,
}

/// `POST /api/v1/corrections/{id}/decision`: 204; never about one's own record.
///
/// # Errors
/// [`Problem`].
pub async fn decide_correction(
    State(state): State<AppState>,
    May(permit): May<DecideCorrections>,
    Extension(actor): Extension<Actor>,
    Path(correction): Path<String>,
    Body(body): Body<DecisionBody>,
) -> Result<Response, Problem> {
    let (correction, clock) = (id(&correction)?, state.clock());
    let DecisionBody { approve, answer } = body;
    corrections::decide(state.db(), &permit, &actor, clock, correction, approve, &answer).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
