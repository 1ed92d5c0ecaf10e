//! `/api/v1/payroll`: what payroll was given, and giving it.
//!
//! The mapping comes as text in the body, as it stands in its file: whoever asks then knows under which one the
//! file was written, the ledger keeps it, and no name in a request ever becomes a path.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use lintel_core::ids::SiteId;
use serde::Deserialize;
use serde_json::json;

use super::rosters::{cursor, limit, page};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Month;
use crate::auth::May;
use crate::auth::permit::{ExportPayroll, ReadPayroll};
use crate::payroll::{self, BatchError, BatchId, NotABatchId, Wish};

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        use BatchError as E;
        use axum::http::StatusCode as S;
        let Some(code) = error.code() else { return Self::internal(&error) };
        let status = match &error {
            E::UnknownBatch(_) => S::NOT_FOUND,
            E::NotLocked { .. }
            | E::NotExported { .. }
            | E::AlreadyExported { .. }
            | E::Raced(_)
            | E::NotLatest { .. }
            | E::CancelledAlready(_) => S::CONFLICT,
            _ => S::UNPROCESSABLE_ENTITY,
        };
        let mut problem = Self::new(status, code, error.to_string());
        if let E::AlreadyExported { batch, at, by, .. } = &error {
            problem.more =
                Some(json!({ "batch": { "batch_id": batch, "exported_at": at, "exported_by": by } }));
        }
        problem
    }
}

fn batch_id(text: &str) -> Result<BatchId, Problem> {
    text.parse().map_err(|error: NotABatchId| Problem::bad_request("bad_id", error.to_string()))
}

/// `?site=&limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    site: Option<SiteId>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/payroll`: `{"batches": […], "next": …}`, the newest month first.
///
/// # Errors
/// [`Problem`].
pub async fn list_batches(
    State(state): State<AppState>,
    May(permit): May<ReadPayroll>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let batches = payroll::list(state.db(), &permit, query.site.as_ref(), after, rows).await?;
    Ok(page("batches", &batches, rows, |batch| batch.id.to_string()))
}

/// What is to be given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportBody {
    month: Month,
    site: Option<SiteId>,
    mapping: String,
    #[serde(default)]
    dry_run: bool,
}

/// `POST /api/v1/payroll`: gives a month to payroll; 201 with the batch, whose file is at `…/{id}/file`. With
/// `dry_run` nothing is given; 200 with what it would come to.
///
/// # Errors
/// [`Problem`].
pub async fn export_month(
    State(state): State<AppState>,
    May(permit): May<ExportPayroll>,
    Body(body): Body<ExportBody>,
) -> Result<Response, Problem> {
    let ExportBody { month, site, mapping, dry_run } = body;
    let wish = Wish { month, site, mapping };
    if dry_run {
        let would = payroll::look(state.db(), &permit, state.clock(), &wish).await?;
        let (lines, people, held_back) = (would.lines, would.people, would.held_back);
        let answer =
            json!({ "lines": lines, "people": people, "sums": would.sums, "held_back_ms": held_back });
        return Ok(Json(answer).into_response());
    }
    let done = payroll::export(state.db(), &permit, state.clock(), &wish).await?;
    Ok((StatusCode::CREATED, Json(done.batch)).into_response())
}

/// `GET /api/v1/payroll/{id}`.
///
/// # Errors
/// [`Problem`].
pub async fn get_batch(
    State(state): State<AppState>,
    May(permit): May<ReadPayroll>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let batch = payroll::get(state.db(), &permit, batch_id(&id)?).await?;
    Ok(Json(batch).into_response())
}

/// `GET /api/v1/payroll/{id}/file`: the file, byte for byte as it was given. Where people of it were erased since,
/// its name says how many are missing.
///
/// # Errors
/// [`Problem`].
pub async fn download_file(
    State(state): State<AppState>,
    May(permit): May<ReadPayroll>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let file = payroll::file(state.db(), &permit, state.clock(), batch_id(&id)?).await?;
    let head = [
        (header::CONTENT_TYPE, format!("text/csv; charset={}", file.charset)),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    Ok((head, file.bytes).into_response())
}

/// Why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    reason: String,
}

/// `POST /api/v1/payroll/{id}/cancel`: takes back what payroll never took in; 204.
///
/// # Errors
/// [`Problem`].
pub async fn cancel_batch(
    State(state): State<AppState>,
    May(permit): May<ExportPayroll>,
    Path(id): Path<String>,
    Body(body): Body<CancelBody>,
) -> Result<Response, Problem> {
    payroll::cancel(state.db(), &permit, state.clock(), batch_id(&id)?, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
