//! The API's own description.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::api::openapi;
use crate::api::problem::Problem;
use crate::auth::May;
use crate::auth::permit::ReadApi;

/// This document.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "api",
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = Object)),
)]
pub async fn get_description(May(_permit): May<ReadApi>) -> Result<Response, Problem> {
    Ok(([(header::CONTENT_TYPE, "application/json")], openapi::text()).into_response())
}
