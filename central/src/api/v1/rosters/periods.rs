//! Locked months.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lintel_core::ids::SiteId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, PagingOfSite, done, limit, page, paged, pair};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Month;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::periods::{self, LockRow};

page! {
    /// A page of locked months.
    PeriodPage { periods: LockRow }
}

/// The locked months of a site or of all.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/periods", tag = "rosters", params(PagingOfSite), responses((status = 200, body = PeriodPage)))]
pub async fn list_periods(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<PagingOfSite>,
) -> Result<Json<PeriodPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, pair(query.after.as_deref())?);
    let locks = periods::list(state.db(), &permit, query.site.as_ref(), after.as_ref(), rows).await?;
    Ok(paged(locks, rows, |row| format!("{}@{}", row.site_id, row.month)))
}

/// A month of a site, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MonthOfSite)]
#[serde(deny_unknown_fields)]
pub struct PeriodBody {
    /// Of which site.
    site: SiteId,
    /// Which month.
    month: Month,
    /// Why, in 3 to 500 characters.
    #[schema(min_length = 3, max_length = 500)]
    reason: String,
}

/// Locks a month that is given to payroll: its days stay as they are.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/periods", tag = "rosters", request_body = PeriodBody, responses((status = 204)),
    extensions(("x-refusals" = json!([
        "409 locked_already", "409 period_provisional", "422 period_not_begun", "422 reason_needed", "422 unknown_site",
    ]))),
)]
pub async fn lock_period(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<PeriodBody>,
) -> Result<StatusCode, Problem> {
    periods::lock(state.db(), &permit, state.clock(), &body.site, body.month, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a locked month again.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/periods/unlock", tag = "rosters", request_body = PeriodBody,
    responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!(["409 not_locked", "422 reason_needed", "422 unknown_site"]))),
)]
pub async fn unlock_period(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<PeriodBody>,
) -> Result<Json<Done>, Problem> {
    let opened =
        periods::unlock(state.db(), &permit, state.clock(), &body.site, body.month, &body.reason).await?;
    Ok(done(opened))
}
