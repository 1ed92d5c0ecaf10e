//! Assignments.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use lintel_core::ids::{PatternId, PersonId, ShiftId};
use serde::Deserialize;
use serde_json::json;

use super::{cursor, done, id, limit, page};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::Weekdays;
use crate::rosters::assignments::{self, NewAssignment, Works};

/// `?person=&limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    person: Option<PersonId>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/assignments`: `{"assignments": […], "next": …}`, of one person or of all.
///
/// # Errors
/// [`Problem`].
pub async fn list_assignments(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let subject = query.person.map_or_else(|| "all".to_owned(), |person| person.to_string());
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Assignments, &subject).await?;
    let assignments = assignments::list(state.db(), &permit, query.person, after, rows).await?;
    Ok(page("assignments", &assignments, rows, |row| row.assignment_id.to_string()))
}

/// Somebody on a pattern, or on a shift on some weekdays such as `mon-fri`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentBody {
    person: PersonId,
    pattern: Option<PatternId>,
    shift: Option<ShiftId>,
    weekdays: Option<Weekdays>,
    from: Date,
    to: Option<Date>,
}

/// `POST /api/v1/assignments`: 201 with its id and the days that it touches.
///
/// # Errors
/// [`Problem`].
pub async fn create_assignment(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<AssignmentBody>,
) -> Result<Response, Problem> {
    let works = match (body.pattern, body.shift, body.weekdays) {
        (Some(pattern), None, None) => Works::Pattern { pattern },
        (None, Some(shift), Some(weekdays)) => Works::Shift { shift, weekdays },
        _ => {
            let text = "an assignment is to a pattern, or to a shift with its weekdays such as mon-fri";
            return Err(Problem::bad_request("bad_assignment", text));
        }
    };
    let new = NewAssignment { person_id: body.person, works, from: body.from, to: body.to };
    let (id, touched) = assignments::create(state.db(), &permit, state.clock(), new).await?;
    let body = json!({ "assignment_id": id, "touched": touched });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// The last day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    on: Date,
}

/// `POST /api/v1/assignments/{id}/end`: its last day; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn end_assignment(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(assignment): Path<String>,
    Body(body): Body<EndBody>,
) -> Result<Response, Problem> {
    let assignment = id(&assignment)?;
    Ok(done(&assignments::end(state.db(), &permit, state.clock(), assignment, body.on).await?))
}

/// `DELETE /api/v1/assignments/{id}`: as if it had never been; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn delete_assignment(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(assignment): Path<String>,
) -> Result<Response, Problem> {
    Ok(done(&assignments::delete(state.db(), &permit, state.clock(), id(&assignment)?).await?))
}
