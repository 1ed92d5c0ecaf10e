//! `/api/v1/payroll`: what payroll was given, and giving it.
//!
//! The mapping comes as text in the body, as it stands in its file: whoever asks then knows under which one the
//! file was written, the ledger keeps it, and no name in a request ever becomes a path.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rosters::{PagingOfSite, cursor, limit, page, paged};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::{Length, Month};
use crate::auth::May;
use crate::auth::permit::{ExportPayroll, ReadPayroll};
use crate::payroll::{self, BatchError, BatchId, BatchRow, NotABatchId, Wish};
use crate::reports::payroll::Reconciled;

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
            let batch = GivenBatch { batch_id: *batch, exported_at: *at, exported_by: by.clone() };
            problem.more = Some(serde_json::json!({ "batch": batch }));
        }
        problem
    }
}

/// The batch that payroll has, in a refusal to give the same twice.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenBatch {
    batch_id: BatchId,
    exported_at: UtcMillis,
    exported_by: String,
}

fn batch_id(text: &str) -> Result<BatchId, Problem> {
    text.parse().map_err(|error: NotABatchId| Problem::bad_request("bad_id", error.to_string()))
}

page! {
    /// A page of batches.
    BatchPage { batches: BatchRow }
}

/// What payroll was given, the newest month first.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/payroll", tag = "payroll", params(PagingOfSite), responses((status = 200, body = BatchPage)))]
pub async fn list_batches(
    State(state): State<AppState>,
    May(permit): May<ReadPayroll>,
    Params(query): Params<PagingOfSite>,
) -> Result<Json<BatchPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let batches = payroll::list(state.db(), &permit, query.site.as_ref(), after, rows).await?;
    Ok(paged(batches, rows, |batch| batch.id.to_string()))
}

/// What is to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PayrollExport)]
#[serde(deny_unknown_fields)]
pub struct ExportBody {
    /// Which month.
    month: Month,
    /// Of which site; of every one that has days in it without.
    site: Option<SiteId>,
    /// The mapping's text, as it stands in its file.
    mapping: String,
    /// Only what it would come to.
    #[serde(default)]
    dry_run: bool,
}

/// What an export would come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayrollLook {
    /// Lines of the file, without the head line.
    lines: u64,
    /// Of how many people.
    people: u64,
    /// Sums by pay code.
    sums: Reconciled,
    /// Overtime that waits for approval and is not in it.
    held_back_ms: Length,
}

/// Gives a month to payroll; the batch's file is at `…/{id}/file`.
///
/// The first time it is all of the month, afterwards what differs from what was given. With `dry_run` nothing is given.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/payroll", tag = "payroll", request_body = ExportBody,
    responses((status = 201, body = BatchRow), (status = 200, description = "With `dry_run`.", body = PayrollLook)),
    extensions(("x-refusals" = json!([
        "409 already_exported", "409 not_exported", "409 not_locked", "409 raced", "422 bad_mapping", "422 does_not_fit",
        "422 no_days", "422 unknown_site",
    ]))),
)]
pub async fn export_month(
    State(state): State<AppState>,
    May(permit): May<ExportPayroll>,
    Body(body): Body<ExportBody>,
) -> Result<Response, Problem> {
    let ExportBody { month, site, mapping, dry_run } = body;
    let wish = Wish { month, site, mapping };
    if dry_run {
        let would = payroll::look(state.db(), &permit, state.clock(), &wish).await?;
        let (lines, people, held_back_ms) = (would.lines, would.people, would.held_back);
        return Ok(Json(PayrollLook { lines, people, sums: would.sums, held_back_ms }).into_response());
    }
    let done = payroll::export(state.db(), &permit, state.clock(), &wish).await?;
    Ok((StatusCode::CREATED, Json(done.batch)).into_response())
}

/// A batch.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/payroll/{id}", tag = "payroll", params(("id" = String, Path, example = "2026-11.1")),
    responses((status = 200, body = BatchRow)), extensions(("x-refusals" = json!(["404 unknown_batch"]))),
)]
pub async fn get_batch(
    State(state): State<AppState>,
    May(permit): May<ReadPayroll>,
    Path(id): Path<String>,
) -> Result<Json<BatchRow>, Problem> {
    Ok(Json(payroll::get(state.db(), &permit, batch_id(&id)?).await?))
}

/// A batch's file, byte for byte as it was given.
///
/// Where people of it were erased since, its name says how many are missing. Its character set is the mapping's.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/payroll/{id}/file", tag = "payroll", params(("id" = String, Path, example = "2026-11.1")),
    responses((status = 200, description = "The file.", content((String = "text/csv")))),
    extensions(("x-refusals" = json!(["404 unknown_batch"]))),
)]
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
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = BatchCancel)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// Why, in 3 to 500 characters.
    #[schema(min_length = 3, max_length = 500)]
    reason: String,
}

/// Takes back a batch that payroll never took in.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/payroll/{id}/cancel", tag = "payroll", params(("id" = String, Path, example = "2026-11.1")),
    request_body = CancelBody, responses((status = 204)),
    extensions(("x-refusals" = json!([
        "404 unknown_batch", "409 cancelled_already", "409 not_latest", "422 reason_needed",
    ]))),
)]
pub async fn cancel_batch(
    State(state): State<AppState>,
    May(permit): May<ExportPayroll>,
    Path(id): Path<String>,
    Body(body): Body<CancelBody>,
) -> Result<StatusCode, Problem> {
    payroll::cancel(state.db(), &permit, state.clock(), batch_id(&id)?, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
