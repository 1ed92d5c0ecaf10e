//! Locked months.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lintel_core::ids::SiteId;
use serde::Deserialize;

use super::{done, limit, page, pair};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Month;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::periods;

/// `?site=&limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    site: Option<SiteId>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/periods`: `{"periods": […], "next": …}`, the locked months of one site or of all.
///
/// # Errors
/// [`Problem`].
pub async fn list_periods(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, pair(query.after.as_deref())?);
    let locks = periods::list(state.db(), &permit, query.site.as_ref(), after.as_ref(), rows).await?;
    Ok(page("periods", &locks, rows, |row| format!("{}@{}", row.site_id, row.month)))
}

/// A month of a site, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodBody {
    site: SiteId,
    month: Month,
    reason: String,
}

/// `POST /api/v1/periods`: locks a month; 204.
///
/// # Errors
/// [`Problem`].
pub async fn lock_period(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<PeriodBody>,
) -> Result<Response, Problem> {
    periods::lock(state.db(), &permit, state.clock(), &body.site, body.month, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/v1/periods/unlock`: opens it again; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn unlock_period(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<PeriodBody>,
) -> Result<Response, Problem> {
    let opened =
        periods::unlock(state.db(), &permit, state.clock(), &body.site, body.month, &body.reason).await?;
    Ok(done(&opened))
}
