//! The API's own description.

use axum::Extension;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::api::problem::Problem;
use crate::auth::May;
use crate::auth::permit::ReadApi;

/// What gives the document. It is made of the handlers, this one too, so the table of routes brings it along.
#[derive(Debug, Clone, Copy)]
pub struct Document(pub fn() -> &'static str);

/// This document.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "api",
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = Object)),
)]
pub async fn get_description(
    May(_permit): May<ReadApi>,
    Extension(Document(text)): Extension<Document>,
) -> Result<Response, Problem> {
    Ok(([(header::CONTENT_TYPE, "application/json")], text()).into_response())
}
