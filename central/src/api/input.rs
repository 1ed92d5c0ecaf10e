//! Bodies and queries as they come in: limits first, then types, then a sentence about what is wrong.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json =
            kind.is_some_and(|kind| kind.split(';').next().unwrap_or("").trim() == "application/json");
        if !is_json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "send the body as Content-Type: application/json",
            ));
        }
        let bytes = read(request, state).await?;
        parse(&bytes).map(Self)
    }
}

/// The whole body, within the route's limit.
pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the request's body is over the limit")
        } else {
            Problem::bad_request("unreadable", "the request's body ended early")
        }
    })
}

/// JSON of some bytes.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        // serde's text may quote the body, never a secret of ours; it is cut to one line.
        let text: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
        Problem::bad_request("not_json", format!("the body isn't the JSON that belongs here: {text}"))
    })
}

/// The fields of a page's form (`application/x-www-form-urlencoded`).
#[derive(Debug)]
pub struct Fields<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Fields<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        axum::Form::<T>::from_request(request, state).await.map(|axum::Form(value)| Self(value)).map_err(
            |rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the form is over the limit")
                }
                _ => Problem::bad_request("bad_form", "a field of the form is missing or can't be read"),
            },
        )
    }
}

/// A query string.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Query::<T>::try_from_uri(&parts.uri).map(|Query(value)| Self(value)).map_err(|error| {
            let text: String = error.body_text().chars().filter(|c| !c.is_control()).take(200).collect();
            Problem::bad_request("bad_query", text)
        })
    }
}
