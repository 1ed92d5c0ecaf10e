//! Assignments.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use lintel_core::ids::{AssignmentId, PatternId, PersonId, ShiftId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Done, cursor, done, id, limit, page, paged};
use crate::api::input::{Body, Params};
use crate::api::openapi::forms::AssignmentIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::assignments::{self, AssignmentRow, NewAssignment, Works};
use crate::rosters::{Touched, Weekdays};

/// `?person=&limit=&after=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only those of this person.
    person: Option<PersonId>,
    /// At most so many rows; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

page! {
    /// A page of assignments.
    AssignmentPage { assignments: AssignmentRow }
}

/// Assignments of a person or of all.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/assignments", tag = "rosters", params(Query),
    responses((status = 200, body = AssignmentPage)),
)]
pub async fn list_assignments(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Json<AssignmentPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let subject = query.person.map_or_else(|| "all".to_owned(), |person| person.to_string());
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Assignments, &subject).await?;
    let assignments = assignments::list(state.db(), &permit, query.person, after, rows).await?;
    Ok(paged(assignments, rows, |row| row.assignment_id.to_string()))
}

/// Somebody on a pattern, or on a shift on some weekdays such as `mon-fri`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewAssignment)]
#[serde(deny_unknown_fields)]
pub struct AssignmentBody {
    /// Who.
    person: PersonId,
    /// On which pattern.
    pattern: Option<PatternId>,
    /// On which shift, with its weekdays.
    shift: Option<ShiftId>,
    /// On which days the shift is worked.
    weekdays: Option<Weekdays>,
    /// First day.
    from: Date,
    /// Last day; it goes on without one.
    to: Option<Date>,
}

/// An assignment that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentMade {
    assignment_id: AssignmentId,
    touched: Touched,
}

/// Assigns somebody to a pattern, or to a shift on some weekdays.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/assignments", tag = "rosters", request_body = AssignmentBody,
    responses((status = 201, body = AssignmentMade)),
    extensions(("x-refusals" = json!([
        "400 bad_assignment", "409 assignment_overlaps", "409 period_locked", "422 bad_pattern", "422 bad_range",
        "422 unknown_pattern", "422 unknown_person", "422 unknown_shift",
    ]))),
)]
pub async fn create_assignment(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<AssignmentBody>,
) -> Result<(StatusCode, Json<AssignmentMade>), Problem> {
    let works = match (body.pattern, body.shift, body.weekdays) {
        (Some(pattern), None, None) => Works::Pattern { pattern },
        (None, Some(shift), Some(weekdays)) => Works::Shift { shift, weekdays },
        _ => {
            let text = "an assignment is to a pattern, or to a shift with its weekdays such as mon-fri";
            return Err(Problem::bad_request("bad_assignment", text));
        }
    };
    let new = NewAssignment { person_id: body.person, works, from: body.from, to: body.to };
    let (assignment_id, touched) = assignments::create(state.db(), &permit, state.clock(), new).await?;
    Ok((StatusCode::CREATED, Json(AssignmentMade { assignment_id, touched })))
}

/// The last day.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AssignmentEnd)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// The last day.
    on: Date,
}

/// Sets the last day of an assignment.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/assignments/{id}/end", tag = "rosters", params(("id" = AssignmentIdForm, Path)),
    request_body = EndBody, responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!([
        "404 unknown_assignment", "409 assignment_overlaps", "409 period_locked", "422 bad_pattern", "422 bad_range",
        "422 unknown_pattern", "422 unknown_person", "422 unknown_shift",
    ]))),
)]
pub async fn end_assignment(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(assignment): Path<String>,
    Body(body): Body<EndBody>,
) -> Result<Json<Done>, Problem> {
    let assignment = id(&assignment)?;
    Ok(done(assignments::end(state.db(), &permit, state.clock(), assignment, body.on).await?))
}

/// Takes an assignment back as if it had never been.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    delete, path = "/api/v1/assignments/{id}", tag = "rosters", params(("id" = AssignmentIdForm, Path)),
    responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!(["404 unknown_assignment", "409 period_locked", "422 unknown_person"]))),
)]
pub async fn delete_assignment(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(assignment): Path<String>,
) -> Result<Json<Done>, Problem> {
    Ok(done(assignments::delete(state.db(), &permit, state.clock(), id(&assignment)?).await?))
}
