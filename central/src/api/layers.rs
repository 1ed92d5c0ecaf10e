//! What wraps every route: request id, problem bodies, counting, headers that browsers obey.

use std::time::Instant;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lintel_runtime::clock::random_bytes;
use serde::Serialize;

use super::problem::Problem;
use crate::app::AppState;

/// Everything from here, nothing inline, nobody frames it.
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    request_id: &'a str,
    #[serde(flatten)]
    more: Option<&'a serde_json::Value>,
}

/// Gives the request an id, counts it, and turns every error into a problem document.
pub async fn wrap(State(state): State<AppState>, request: Request, next: Next) -> Response {
    // Our own id: one from outside could forge a log line's neighbour.
    let id = random_bytes::<8>().map_or(0, u64::from_be_bytes);
    let id = format!("{id:016x}");
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.as_deref().unwrap_or("(none)");
    let method = request.method().clone();
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status();
    state.metrics().requests.count(route, method.as_str(), status.as_u16(), started.elapsed());
    let mut response = if status.is_client_error() || status.is_server_error() {
        problem_body(response, &id, route)
    } else {
        response
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn problem_body(response: Response, id: &str, route: &str) -> Response {
    let status = response.status();
    let problem = response.extensions().get::<Problem>().cloned();
    // A page of its own (the console's) stays as it is.
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let problem = problem.unwrap_or_else(|| of_status(status));
    if status.is_server_error() {
        log::error!("request.id" = id, "http.route" = route, "http.status" = status.as_u16(),
            "error" = problem.log.as_deref().unwrap_or(&problem.detail); "a request failed");
    } else {
        log::debug!("request.id" = id, "http.route" = route, "http.status" = status.as_u16(),
            "problem.code" = problem.code; "a request was refused");
    }
    if is_page {
        return response;
    }
    let body = Body {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        code: problem.code,
        detail: &problem.detail,
        request_id: id,
        more: problem.more.as_ref(),
    };
    let mut answer = (status, Json(body)).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    for name in [header::ALLOW, header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// What the framework refused by itself.
#[must_use]
pub fn of_status(status: StatusCode) -> Problem {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("not_found", "there is nothing at this address"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "this address doesn't take that method"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the request's body is over the limit"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_media_type", "send application/json"),
        StatusCode::REQUEST_TIMEOUT => ("timeout", "the request took too long"),
        status if status.is_server_error() => ("internal", "the server failed; its log has the cause"),
        _ => ("bad_request", "the request can't be understood"),
    };
    Problem::new(status, code, detail)
}
