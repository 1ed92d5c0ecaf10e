//! Day records.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use lintel_core::ids::SiteId;
use serde::Deserialize;

use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::reports;
use crate::store::days;

/// Longest range of one answer, in days.
const MAX_DAYS: i32 = 100;

/// `?from=&to=&site=`; both ends count.
#[derive(Debug, Deserialize)]
pub struct Range {
    from: Date,
    to: Date,
    site: Option<SiteId>,
}

/// `GET /api/v1/attendance/days?from=&to=&site=`: the same document as `report daily --format json`.
///
/// # Errors
/// [`Problem`].
pub async fn list_days(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Params(range): Params<Range>,
) -> Result<Response, Problem> {
    let length = (range.to - range.from).get_days();
    if !(0..MAX_DAYS).contains(&length) {
        return Err(Problem::bad_request(
            "bad_range",
            format!("from must not lie behind to, and at most {MAX_DAYS} days can be asked for at once"),
        ));
    }
    let subject = range.site.as_ref().map_or("all", SiteId::as_str);
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Days, subject).await?;
    let mut tx = state.db().read().await?;
    let rows = days::list(&mut tx, range.from, range.to, range.site.as_ref()).await?;
    Ok(Json(reports::days(&rows)?).into_response())
}
