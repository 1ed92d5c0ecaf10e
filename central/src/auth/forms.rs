//! Finding the CSRF token in a request without taking anything away from its handler.
//!
//! It stands in the header `x-csrf-token`, in the field `csrf` of a form, or in the first part of a
//! multipart form. Of an upload only the beginning is read here: what isn't wanted must not be received.

use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use futures_util::stream::{StreamExt as _, once};
use serde::Deserialize;

use super::csrf::{CsrfToken, FIELD, HEADER};
use crate::api::input::read;
use crate::api::problem::Problem;

/// The first part of an upload, with its headers, fits into this many bytes.
const FIRST_PART_BYTES: usize = 2048;

#[derive(Deserialize)]
struct Token {
    csrf: String,
}

/// Gives the request back when it carries the session's token.
///
/// # Errors
/// [`Problem`] with the code `csrf`.
pub(super) async fn expect_token(request: Request, token: &CsrfToken) -> Result<Request, Problem> {
    if let Some(given) = request.headers().get(HEADER) {
        let matches = given.to_str().is_ok_and(|given| token.matches(given));
        return if matches { Ok(request) } else { Err(refused()) };
    }
    let (parts, body) = request.into_parts();
    let (given, body) = match kind(&parts.headers) {
        "application/x-www-form-urlencoded" => of_form(&parts, body).await?,
        "multipart/form-data" => of_upload(&parts, body).await?,
        _ => return Err(refused()),
    };
    match given {
        Some(given) if token.matches(&given) => Ok(Request::from_parts(parts, body)),
        _ => Err(refused()),
    }
}

fn kind(headers: &HeaderMap) -> &str {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim()
}

async fn of_form(parts: &Parts, body: Body) -> Result<(Option<String>, Body), Problem> {
    let bytes = read(Request::from_parts(parts.clone(), body), &()).await?;
    let copy = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
    let token = Form::<Token>::from_request(copy, &()).await.ok().map(|Form(token)| token.csrf);
    Ok((token, Body::from(bytes)))
}

async fn of_upload(parts: &Parts, body: Body) -> Result<(Option<String>, Body), Problem> {
    let mut rest = body.into_data_stream();
    let mut start = Vec::new();
    while start.len() < FIRST_PART_BYTES {
        match rest.next().await {
            Some(Ok(bytes)) => start.extend_from_slice(&bytes),
            Some(Err(_)) => return Err(Problem::bad_request("unreadable", "the request's body ended early")),
            None => break,
        }
    }
    let start = Bytes::from(start);
    let copy = Request::from_parts(parts.clone(), Body::from(start.clone()));
    let token = first_part(copy).await;
    let whole = once(async { Ok(start) }).chain(rest);
    Ok((token, Body::from_stream(whole)))
}

async fn first_part(request: Request) -> Option<String> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let field = form.next_field().await.ok()??;
    if field.name() != Some(FIELD) {
        return None;
    }
    field.text().await.ok()
}

fn refused() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "csrf",
        "a change with the console's cookie needs the session's token: the field csrf of the form, or the header x-csrf-token",
    )
}
