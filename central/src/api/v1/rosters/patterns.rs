//! Patterns.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lintel_core::ids::PatternId;
use serde::Deserialize;

use super::{cursor, limit, page};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::pattern::Pattern;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::patterns::{self, PatternRow};

/// `?limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/patterns`: `{"patterns": […], "next": …}`.
///
/// # Errors
/// [`Problem`].
pub async fn list_patterns(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let patterns = patterns::list(state.db(), &permit, after.as_ref(), rows).await?;
    Ok(page("patterns", &patterns, rows, |row| row.pattern_id.to_string()))
}

/// A pattern to add.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternBody {
    id: PatternId,
    pattern: Pattern,
}

/// `POST /api/v1/patterns`: 201 with the pattern.
///
/// # Errors
/// [`Problem`].
pub async fn create_pattern(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<PatternBody>,
) -> Result<Response, Problem> {
    let row = PatternRow { pattern_id: body.id, pattern: body.pattern };
    patterns::create(state.db(), &permit, state.clock(), row.clone()).await?;
    Ok((StatusCode::CREATED, Json(row)).into_response())
}
