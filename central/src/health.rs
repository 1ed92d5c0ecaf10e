//! Whether the server lives, whether it is ready, and its metrics.
//!
//! Health needs no credential and says no more than a word; metrics name devices, so they are for
//! loopback or for a token.

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use crate::api::problem::Problem;
use crate::app::{AppState, Peer};
use crate::auth::permit::ReadDevices;
use crate::auth::{credential, tokens};
use crate::metrics::Gauges;
use crate::store::{Db, StoreError, devices, events, jobs};

/// The process answers.
pub async fn live() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// The database answers with the tables of this version.
pub async fn ready(State(state): State<AppState>) -> Response {
    match state.db().check_migrations().await {
        Ok(()) => Json(json!({ "status": "ready" })).into_response(),
        Err(error) => {
            log::warn!("error" = error.to_string().as_str(); "not ready: the database is not usable");
            let body = Json(json!({ "status": "not ready", "reason": "database" }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

/// Prometheus text, for a caller on this machine or with a token.
pub async fn metrics(
    State(state): State<AppState>,
    peer: Option<Extension<ConnectInfo<Peer>>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let local = peer.is_some_and(|Extension(ConnectInfo(Peer(address)))| address.ip().is_loopback());
    // Behind a proxy on this machine everybody comes from loopback.
    if !local || state.settings().server.behind_proxy {
        let token = credential::bearer(&headers).ok_or_else(Problem::unauthorised)?;
        let actor = tokens::actor_of_token(state.db(), token).await?.ok_or_else(Problem::unauthorised)?;
        actor.permit::<ReadDevices>()?;
    }
    let text = state.metrics().render(&gauges(state.db()).await?);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

async fn gauges(db: &Db) -> Result<Gauges, StoreError> {
    let mut tx = db.read().await?;
    let devices = devices::list(&mut tx).await?;
    Ok(Gauges {
        jobs_waiting: jobs::count(&mut tx).await?,
        ingest_no: events::newest(&mut tx).await?,
        devices: devices
            .into_iter()
            .filter(|state| state.device.revoked_at.is_none())
            .map(|state| {
                let seen = state.last_seen.map(|at| at.as_i64());
                (state.device.device_id.to_string(), seen, state.backlog)
            })
            .collect(),
    })
}
