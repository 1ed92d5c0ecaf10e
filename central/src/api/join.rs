//! `/device/v1/join` and `/device/v1/renew`: how a door comes by a certificate.
//!
//! Joining needs no credential but the code's token in the body; whoever is wrong too often waits.

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use lintel_core::join::{JoinRequest, RenewRequest};

use super::input::{Body, parse, read};
use super::problem::Problem;
use crate::app::{AppState, Peer};
use crate::devices::join::{self, JoinError};
use crate::devices::{Device, InviteError};

/// `POST /device/v1/join`: a code's token and a signing request in, a certificate out.
///
/// # Errors
/// [`Problem`]; the code isn't used up then.
pub async fn join_device(
    State(state): State<AppState>,
    peer: Option<Extension<ConnectInfo<Peer>>>,
    request: Request,
) -> Result<Response, Problem> {
    let now = state.clock().now();
    let from = peer.map(|Extension(ConnectInfo(Peer(address)))| address.ip());
    if let Some(wait_s) = from.and_then(|from| state.trust().gate().wait_s(from, now)) {
        return Ok(too_many(wait_s));
    }
    let bytes = read(request, &state).await?;
    let asked: JoinRequest = parse(&bytes)?;
    let broker = state.settings().mqtt.url_for_devices();
    let (db, keys, trust) = (state.db(), state.keys(), state.trust());
    match join::join(db, keys, trust, state.clock(), broker, &asked.token, &asked.csr).await {
        Ok(answer) => {
            if let Some(from) = from {
                trust.gate().note_right(from);
            }
            log::info!("device.id" = answer.device_id.as_str(); "a door has joined");
            Ok(Json(answer).into_response())
        }
        Err(error) => {
            if let (JoinError::Unknown, Some(from)) = (&error, from) {
                trust.gate().note_wrong(from, now);
                log::warn!("client.address" = from.to_string().as_str(); "a wrong join code was tried");
            }
            Err(error.into())
        }
    }
}

/// `POST /device/v1/renew`: with the old certificate, also an expired one.
///
/// # Errors
/// [`Problem`].
pub async fn renew_certificate(
    State(state): State<AppState>,
    Extension(device): Extension<Device>,
    Body(asked): Body<RenewRequest>,
) -> Result<Response, Problem> {
    let answer = join::renew(state.db(), state.trust(), state.clock(), &device, &asked.csr).await?;
    Ok(Json(answer).into_response())
}

fn too_many(wait_s: u64) -> Response {
    let text = format!("too many wrong join codes came from this address: try again in {wait_s} s");
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", text).into_response();
    if let Ok(value) = HeaderValue::from_str(&wait_s.to_string()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        use StatusCode as S;
        let (status, code) = match &error {
            JoinError::Unknown => (S::UNAUTHORIZED, "unknown_code"),
            JoinError::Used => (S::CONFLICT, "code_used"),
            JoinError::Expired => (S::GONE, "code_expired"),
            JoinError::Csr(_) => (S::UNPROCESSABLE_ENTITY, "bad_request_for_certificate"),
            JoinError::NoSite => (S::CONFLICT, "unknown_site"),
            JoinError::Ca(_) | JoinError::Random(_) | JoinError::Store(_) => return Self::internal(&error),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<InviteError> for Problem {
    fn from(error: InviteError) -> Self {
        use StatusCode as S;
        let code = match &error {
            InviteError::Taken(_) => "device_exists",
            InviteError::NoInvite(_) => "no_invite",
            InviteError::NeedsPlace(_) => "needs_place",
            InviteError::UnknownSite(_) => "unknown_site",
            InviteError::Validity => "bad_validity",
            InviteError::Name(_) => "bad_value",
            InviteError::Address(_) | InviteError::Random(_) | InviteError::Store(_) => {
                return Self::internal(&error);
            }
        };
        Self::new(S::UNPROCESSABLE_ENTITY, code, error.to_string())
    }
}
