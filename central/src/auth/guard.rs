//! The one place where a request becomes an identity. Mounted around every route; what it doesn't know
//! is refused.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Actor, credential, tokens};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::store::devices;

/// The console's cookie.
pub const SESSION_COOKIE: &str = "lintel_session";

/// Lets people in: by API token, or by session cookie.
pub async fn person(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match actor(&state, request.method(), request.headers()).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn actor(state: &AppState, method: &Method, headers: &HeaderMap) -> Result<Actor, Problem> {
    if let Some(token) = credential::bearer(headers) {
        return tokens::actor_of_token(state.db(), token).await?.ok_or_else(Problem::unauthorised);
    }
    let session = credential::cookie(headers, SESSION_COOKIE).ok_or_else(Problem::unauthorised)?;
    let actor = tokens::actor_of_session(state.db(), state.clock().now(), session)
        .await?
        .ok_or_else(Problem::unauthorised)?;
    if !method.is_safe() && !same_origin(headers) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "a change with the console's cookie must come from the console's own pages",
        ));
    }
    Ok(actor)
}

/// Browsers say where a request comes from (Fetch Metadata); a cookie without that may not change anything.
fn same_origin(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
}

/// Lets doors in: by device token. A revoked device's token is worth nothing.
pub async fn device(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match door(&state, request.headers()).await {
        Ok(device) => {
            request.extensions_mut().insert(device);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn door(state: &AppState, headers: &HeaderMap) -> Result<devices::Device, Problem> {
    let token = credential::bearer(headers).ok_or_else(Problem::unauthorised)?;
    let mut tx = state.db().read().await?;
    devices::get_by_token_hash(&mut tx, &credential::hash(token))
        .await?
        .filter(|device| device.revoked_at.is_none())
        .ok_or_else(Problem::unauthorised)
}
