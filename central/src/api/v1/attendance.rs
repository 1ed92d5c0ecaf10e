//! Day records, all of a range at once.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use lintel_core::ids::SiteId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::reports::{self, Days};
use crate::store::days;

/// Longest range of one answer, in days.
const MAX_DAYS: i32 = 100;

/// `?from=&to=&site=`; both ends count.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Range {
    /// The first date.
    from: Date,
    /// The last date, at most 100 days on.
    to: Date,
    /// Only days of this site.
    site: Option<SiteId>,
}

/// Everybody's days at once, the same as `report daily --format json`; `/api/v1/days` gives them in pages.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/attendance/days", tag = "record", params(Range), responses((status = 200, body = Days)),
    extensions(("x-refusals" = json!(["400 bad_range"]))),
)]
pub async fn list_attendance_days(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Params(range): Params<Range>,
) -> Result<Json<Days>, Problem> {
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
    Ok(Json(reports::days(&rows)?))
}
