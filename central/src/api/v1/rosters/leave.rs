//! Leave. What an employee asks for themselves is not here: the API has no employees.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::civil::Date;
use lintel_core::ids::{LeaveKind, PersonId};
use serde::Deserialize;
use serde_json::json;

use super::{cursor, done, id, limit, page};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::calendar::DayPart;
use crate::audit::{self, View};
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::auth::{Actor, May};
use crate::rosters::leave::{self, LeaveState, Wish};

/// `?person=&state=&limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    person: Option<PersonId>,
    state: Option<LeaveState>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/leave`: `{"leave": […], "next": …}`, of one person or of all.
///
/// # Errors
/// [`Problem`].
pub async fn list_leave(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let subject = query.person.map_or_else(|| "all".to_owned(), |person| person.to_string());
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Leave, &subject).await?;
    let leave = leave::list(state.db(), &permit, query.person, query.state, after, rows).await?;
    Ok(page("leave", &leave, rows, |row| row.leave_id.to_string()))
}

/// `GET /api/v1/leave/kinds`: `{"kinds": […]}`.
///
/// # Errors
/// [`Problem`].
pub async fn list_leave_kinds(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
) -> Result<Response, Problem> {
    let kinds = leave::kinds(state.db(), &permit).await?;
    Ok(Json(json!({ "kinds": kinds })).into_response())
}

/// Leave that counts at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveBody {
    person: PersonId,
    kind: LeaveKind,
    from: Date,
    to: Date,
    #[serde(default)]
    part: DayPart,
    #[serde(default)]
    note: String,
}

/// `POST /api/v1/leave`: 201 with its id and the days that it touches; never one's own.
///
/// # Errors
/// [`Problem`].
pub async fn record_leave(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<LeaveBody>,
) -> Result<Response, Problem> {
    let LeaveBody { person, kind, from, to, part, note } = body;
    let wish = Wish { kind, from, to, part, note };
    let (id, touched) = leave::record(state.db(), &permit, &actor, state.clock(), person, &wish).await?;
    let body = json!({ "leave_id": id, "touched": touched });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// A decision; a refusal says why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    approve: bool,
    #[serde(default)]
    answer: String,
}

/// `POST /api/v1/leave/{id}/decision`: never about one's own; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn decide_leave(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Extension(actor): Extension<Actor>,
    Path(leave): Path<String>,
    Body(body): Body<DecisionBody>,
) -> Result<Response, Problem> {
    let (leave, clock) = (id(&leave)?, state.clock());
    let decided = leave::decide(state.db(), &permit, &actor, clock, leave, body.approve, &body.answer);
    Ok(done(&decided.await?))
}

/// Why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    reason: String,
}

/// `POST /api/v1/leave/{id}/cancel`: takes it back; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn cancel_leave(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Extension(actor): Extension<Actor>,
    Path(leave): Path<String>,
    Body(body): Body<ReasonBody>,
) -> Result<Response, Problem> {
    let leave = id(&leave)?;
    Ok(done(&leave::cancel(state.db(), &permit, &actor, state.clock(), leave, &body.reason).await?))
}
