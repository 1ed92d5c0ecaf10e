//! Patterns.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lintel_core::ids::PatternId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Paging, cursor, limit, page, paged};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::pattern::Pattern;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::patterns::{self, PatternRow};

page! {
    /// A page of patterns.
    PatternPage { patterns: PatternRow }
}

/// Patterns.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/patterns", tag = "rosters", params(Paging), responses((status = 200, body = PatternPage)),
)]
pub async fn list_patterns(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Paging>,
) -> Result<Json<PatternPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let patterns = patterns::list(state.db(), &permit, after.as_ref(), rows).await?;
    Ok(paged(patterns, rows, |row| row.pattern_id.to_string()))
}

/// A pattern to add.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewPattern)]
#[serde(deny_unknown_fields)]
pub struct PatternBody {
    /// Its id.
    id: PatternId,
    /// Its cycle.
    pattern: Pattern,
}

/// Adds a pattern; its cycle never changes.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/patterns", tag = "rosters", request_body = PatternBody,
    responses((status = 201, body = PatternRow)),
    extensions(("x-refusals" = json!(["409 pattern_exists", "422 bad_pattern", "422 bad_range", "422 bad_text"]))),
)]
pub async fn create_pattern(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<PatternBody>,
) -> Result<(StatusCode, Json<PatternRow>), Problem> {
    let row = PatternRow { pattern_id: body.id, pattern: body.pattern };
    patterns::create(state.db(), &permit, state.clock(), row.clone()).await?;
    Ok((StatusCode::CREATED, Json(row)))
}
