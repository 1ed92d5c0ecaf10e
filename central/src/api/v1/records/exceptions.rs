//! Exceptions, page by page.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::rosters::next;
use super::days::Query;
use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Length;
use crate::attendance::exception::{Code, Severity};
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::reports::exception_in_words;
use crate::reports::sheets::ExceptionLine;
use crate::words::words;

/// What somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExceptionShown {
    date: Date,
    site: SiteId,
    person_id: PersonId,
    name: String,
    staff_no: Option<String>,
    code: Code,
    severity: Severity,
    /// By how much, where that can be said.
    length_ms: Option<Length>,
    /// When, where that can be said.
    at_ms: Option<UtcMillis>,
    /// The same in words, in the language that was asked for.
    says: String,
    /// Whether it may still go away.
    provisional: bool,
}

/// What somebody should look at, of some days.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExceptionPage {
    exceptions: Vec<ExceptionShown>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

/// What somebody should look at.
///
/// Of `limit` days, at least as grave as `severity`, with the text that an employee understands, in the language that is
/// asked for (`Accept-Language`).
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/exceptions", tag = "record", params(Query), responses((status = 200, body = ExceptionPage)),
    extensions(("x-refusals" = json!(["400 bad_range"]))),
)]
pub async fn list_exceptions(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    headers: HeaderMap,
    Params(query): Params<Query>,
) -> Result<Json<ExceptionPage>, Problem> {
    let least = query.severity.unwrap_or(Severity::Info);
    let (days, rows) = query.page(&state, permit.actor(), Some(least)).await?;
    let words = words(&headers);
    let one = |line: ExceptionLine| ExceptionShown {
        says: exception_in_words(words, &line.exception),
        date: line.date,
        site: line.site,
        person_id: line.person,
        name: line.name,
        staff_no: line.staff_no,
        code: line.exception.code,
        severity: line.exception.code.severity(),
        length_ms: line.exception.length,
        at_ms: line.exception.at,
        provisional: line.provisional,
    };
    let exceptions = days.iter().flat_map(|day| ExceptionLine::of(day, least)).map(one).collect();
    let next = next(&days, rows, |day| format!("{}@{}", day.record.date, day.record.person));
    Ok(Json(ExceptionPage { exceptions, next }))
}
