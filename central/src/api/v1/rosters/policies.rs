//! Policies.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use lintel_core::ids::{PolicyId, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Paging, limit, page, paged, pair};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::policy::Policy;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::Touched;
use crate::rosters::policies::{self, NewPolicy, PolicyRow};

page! {
    /// A page of policies.
    PolicyPage { policies: PolicyRow }
}

/// Policies with every revision of each.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/policies", tag = "rosters", params(Paging), responses((status = 200, body = PolicyPage)),
)]
pub async fn list_policies(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Paging>,
) -> Result<Json<PolicyPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, pair(query.after.as_deref())?);
    let policies = policies::list(state.db(), &permit, after.as_ref(), rows).await?;
    Ok(paged(policies, rows, |row| format!("{}@{}", row.policy_id, row.revision)))
}

/// `?site=&on=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// Where.
    site: SiteId,
    /// When.
    on: Date,
}

/// A policy that counts, and its version as days name it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyInForce {
    version: String,
    policy: Policy,
}

/// The policy that counts at a site on a date.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/policies/in-force", tag = "rosters", params(InForce),
    responses((status = 200, body = PolicyInForce)), extensions(("x-refusals" = json!(["422 unknown_site"]))),
)]
pub async fn get_policy_in_force(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<InForce>,
) -> Result<Json<PolicyInForce>, Problem> {
    let min_gap = state.settings().attendance.min_gap();
    let found = policies::get(state.db(), &permit, &query.site, query.on, min_gap).await?;
    Ok(Json(PolicyInForce { version: found.version, policy: found.policy }))
}

/// A revision to publish; the policy says only what differs.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewPolicy)]
#[serde(deny_unknown_fields)]
pub struct PolicyBody {
    /// Of which policy; a new one begins with its first revision.
    id: PolicyId,
    /// For which site; for all that have none of their own without it.
    site: Option<SiteId>,
    /// The first day on which it counts.
    from: Date,
    /// What it says; what isn't there counts by default.
    policy: Policy,
    /// Why, in 3 to 500 characters.
    #[schema(min_length = 3, max_length = 500)]
    reason: String,
}

/// A revision that was published.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyPublished {
    policy_id: PolicyId,
    revision: i64,
    touched: Touched,
}

/// Publishes a revision of a policy.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/policies", tag = "rosters", request_body = PolicyBody,
    responses((status = 201, body = PolicyPublished)),
    extensions(("x-refusals" = json!([
        "409 period_locked", "409 policy_elsewhere", "409 policy_raced", "422 bad_policy", "422 bad_range",
        "422 reason_needed", "422 unknown_shift", "422 unknown_site",
    ]))),
)]
pub async fn publish_policy(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<PolicyBody>,
) -> Result<(StatusCode, Json<PolicyPublished>), Problem> {
    let PolicyBody { id, site, from, policy, reason } = body;
    let new = NewPolicy { policy_id: id.clone(), site, from, policy, reason };
    let (revision, touched) = policies::publish(state.db(), &permit, state.clock(), new).await?;
    Ok((StatusCode::CREATED, Json(PolicyPublished { policy_id: id, revision, touched })))
}
