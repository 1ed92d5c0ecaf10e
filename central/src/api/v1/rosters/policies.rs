//! Policies.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use lintel_core::ids::{PolicyId, SiteId};
use serde::Deserialize;
use serde_json::json;

use super::{limit, page, pair};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::policy::Policy;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::policies::{self, NewPolicy};

/// `?limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/policies`: `{"policies": […], "next": …}`, every revision of each.
///
/// # Errors
/// [`Problem`].
pub async fn list_policies(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, pair(query.after.as_deref())?);
    let policies = policies::list(state.db(), &permit, after.as_ref(), rows).await?;
    Ok(page("policies", &policies, rows, |row| format!("{}@{}", row.policy_id, row.revision)))
}

/// `?site=&on=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    site: SiteId,
    on: Date,
}

/// `GET /api/v1/policies/in-force?site=&on=`: `{"version": …, "policy": {…}}`.
///
/// # Errors
/// [`Problem`].
pub async fn get_policy_in_force(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<InForce>,
) -> Result<Response, Problem> {
    let min_gap = state.settings().attendance.min_gap();
    let found = policies::get(state.db(), &permit, &query.site, query.on, min_gap).await?;
    Ok(Json(json!({ "version": found.version, "policy": found.policy })).into_response())
}

/// A revision to publish; the policy says only what differs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyBody {
    id: PolicyId,
    site: Option<SiteId>,
    from: Date,
    policy: Policy,
    reason: String,
}

/// `POST /api/v1/policies`: 201 with its number and the days that it touches.
///
/// # Errors
/// [`Problem`].
pub async fn publish_policy(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<PolicyBody>,
) -> Result<Response, Problem> {
    let PolicyBody { id, site, from, policy, reason } = body;
    let new = NewPolicy { policy_id: id.clone(), site, from, policy, reason };
    let (revision, touched) = policies::publish(state.db(), &permit, state.clock(), new).await?;
    let body = json!({ "policy_id": id, "revision": revision, "touched": touched });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
