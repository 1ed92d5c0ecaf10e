//! Leave. What an employee asks for themselves is not here: the API has no employees.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::civil::Date;
use lintel_core::ids::{LeaveId, LeaveKind, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Done, cursor, done, id, limit, page, paged};
use crate::api::input::{Body, Params};
use crate::api::openapi::forms::LeaveIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::calendar::DayPart;
use crate::audit::{self, View};
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::auth::{Actor, May};
use crate::rosters::Touched;
use crate::rosters::leave::{self, LeaveKindRow, LeaveRow, LeaveState, Wish};

/// `?person=&state=&limit=&after=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only that of this person.
    person: Option<PersonId>,
    /// Only what stands so.
    state: Option<LeaveState>,
    /// At most so many rows; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

page! {
    /// A page of leave.
    LeavePage { leave: LeaveRow }
}

/// Leave of a person or of all.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/leave", tag = "rosters", params(Query), responses((status = 200, body = LeavePage)))]
pub async fn list_leave(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Json<LeavePage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let subject = query.person.map_or_else(|| "all".to_owned(), |person| person.to_string());
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Leave, &subject).await?;
    let leave = leave::list(state.db(), &permit, query.person, query.state, after, rows).await?;
    Ok(paged(leave, rows, |row| row.leave_id.to_string()))
}

/// The kinds of leave.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaveKinds {
    kinds: Vec<LeaveKindRow>,
}

/// The kinds of leave.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/leave/kinds", tag = "rosters", responses((status = 200, body = LeaveKinds)))]
pub async fn list_leave_kinds(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
) -> Result<Json<LeaveKinds>, Problem> {
    let kinds = leave::kinds(state.db(), &permit).await?;
    Ok(Json(LeaveKinds { kinds }))
}

/// Leave that counts at once.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewLeave)]
#[serde(deny_unknown_fields)]
pub struct LeaveBody {
    /// Whose.
    person: PersonId,
    /// Which kind.
    kind: LeaveKind,
    /// First day.
    from: Date,
    /// Last day.
    to: Date,
    /// How much of each day.
    #[serde(default)]
    part: DayPart,
    /// What is said about it.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
}

/// Leave that was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaveMade {
    leave_id: LeaveId,
    touched: Touched,
}

/// Records leave that counts at once; never one's own.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/leave", tag = "rosters", request_body = LeaveBody, responses((status = 201, body = LeaveMade)),
    extensions(("x-refusals" = json!([
        "403 own_record", "409 leave_overlaps", "409 period_locked", "422 bad_range", "422 reason_needed",
        "422 unknown_leave_kind", "422 unknown_person",
    ]))),
)]
pub async fn record_leave(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<LeaveBody>,
) -> Result<(StatusCode, Json<LeaveMade>), Problem> {
    let LeaveBody { person, kind, from, to, part, note } = body;
    let wish = Wish { kind, from, to, part, note };
    let recorded = leave::record(state.db(), &permit, &actor, state.clock(), person, &wish);
    let (leave_id, touched) = recorded.await?;
    Ok((StatusCode::CREATED, Json(LeaveMade { leave_id, touched })))
}

/// A decision; a refusal says why.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LeaveDecision)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    /// Whether it is approved.
    approve: bool,
    /// What the employee reads.
    #[serde(default)]
    #[schema(max_length = 500)]
    answer: String,
}

/// Approves or refuses leave that was asked for; never one's own.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/leave/{id}/decision", tag = "rosters", params(("id" = LeaveIdForm, Path)),
    request_body = DecisionBody, responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!([
        "403 own_record", "404 unknown_leave", "409 decided_already", "409 period_locked", "422 reason_needed",
        "422 unknown_person",
    ]))),
)]
pub async fn decide_leave(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Extension(actor): Extension<Actor>,
    Path(leave): Path<String>,
    Body(body): Body<DecisionBody>,
) -> Result<Json<Done>, Problem> {
    let (leave, clock) = (id(&leave)?, state.clock());
    let decided = leave::decide(state.db(), &permit, &actor, clock, leave, body.approve, &body.answer);
    Ok(done(decided.await?))
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Reason)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// In 3 to 500 characters.
    #[schema(min_length = 3, max_length = 500)]
    reason: String,
}

/// Takes leave back that was asked for or approved; never one's own.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/leave/{id}/cancel", tag = "rosters", params(("id" = LeaveIdForm, Path)),
    request_body = ReasonBody, responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!([
        "403 own_record", "404 unknown_leave", "409 decided_already", "409 period_locked", "422 reason_needed",
        "422 unknown_person",
    ]))),
)]
pub async fn cancel_leave(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Extension(actor): Extension<Actor>,
    Path(leave): Path<String>,
    Body(body): Body<ReasonBody>,
) -> Result<Json<Done>, Problem> {
    let leave = id(&leave)?;
    Ok(done(leave::cancel(state.db(), &permit, &actor, state.clock(), leave, &body.reason).await?))
}
