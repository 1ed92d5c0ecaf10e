//! Exceptions, page by page.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::days::Query;
use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::exception::Severity;
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::reports::exception_in_words;
use crate::reports::sheets::ExceptionLine;
use crate::words::words;

/// `GET /api/v1/exceptions`: `{"exceptions": […], "next": …}` of `limit` days, at least as grave as `severity`;
/// with the text that an employee understands, in the language that is asked for.
///
/// # Errors
/// [`Problem`].
pub async fn list_exceptions(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    headers: HeaderMap,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let least = query.severity.unwrap_or(Severity::Info);
    let (days, rows) = query.page(&state, permit.actor(), Some(least)).await?;
    let words = words(&headers);
    let one = |line: ExceptionLine| -> Value {
        let code = line.exception.code;
        json!({
            "date": line.date,
            "site": line.site,
            "person_id": line.person,
            "name": line.name,
            "staff_no": line.staff_no,
            "code": code.as_str(),
            "severity": code.severity().as_str(),
            "length_ms": line.exception.length.map(|length| length.as_millis()),
            "at_ms": line.exception.at,
            "says": exception_in_words(words, &line.exception),
            "provisional": line.provisional,
        })
    };
    let lines: Vec<Value> = days.iter().flat_map(|day| ExceptionLine::of(day, least)).map(one).collect();
    let is_full = u32::try_from(days.len()).is_ok_and(|count| count >= rows);
    let last = days.last().filter(|_| is_full).map(|day| &day.record);
    let next = last.map(|record| format!("{}@{}", record.date, record.person));
    Ok(Json(json!({ "exceptions": lines, "next": next })).into_response())
}
