//! The one place where a door's request becomes a device: by the certificate that TLS has checked, looked up
//! at each request, so that a revoked door is out at once.
//!
//! An expired certificate opens the way to a new one and nothing else. A token is looked at only where
//! `devices.allow_tokens` says so, and never for a door that has a certificate.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::credential;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::devices::join::{Errand, Refusal, authenticate_certificate};
use crate::devices::{self, Device, DeviceError};

/// What the other end of the connection showed; put into each request by the listener.
#[derive(Debug, Clone, Copy)]
pub struct ShownCertificate(pub [u8; 32]);

/// Lets doors in.
pub async fn device(state: State<AppState>, request: Request, next: Next) -> Response {
    admit(state, request, next, Errand::Work).await
}

/// Lets doors in that come for a new certificate: by their old one only.
pub async fn renewal(state: State<AppState>, request: Request, next: Next) -> Response {
    admit(state, request, next, Errand::Renewal).await
}

async fn admit(State(state): State<AppState>, mut request: Request, next: Next, errand: Errand) -> Response {
    let shown = request.extensions().get().copied();
    let token = credential::bearer(request.headers()).map(str::to_owned);
    match door(&state, shown, token, errand).await {
        Ok(device) => {
            request.extensions_mut().insert(device);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn door(
    state: &AppState,
    shown: Option<ShownCertificate>,
    token: Option<String>,
    errand: Errand,
) -> Result<Device, Problem> {
    if let Some(ShownCertificate(fingerprint)) = shown {
        let known = authenticate_certificate(state.db(), state.clock(), &fingerprint, errand).await?;
        return known.map_err(|refusal| {
            let code = match refusal {
                Refusal::Revoked => "certificate_revoked",
                Refusal::Expired => "certificate_expired",
            };
            Problem::new(StatusCode::UNAUTHORIZED, code, refusal.to_string())
        });
    }
    let token = token.filter(|_| errand == Errand::Work && state.settings().devices.allow_tokens);
    let token = token.ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "certificate_needed",
            "this is for doors with a certificate: join with `lintel-kiosk join CODE`",
        )
    })?;
    devices::authenticate(state.db(), &token).await.map_err(|error| match error {
        DeviceError::Refused => Problem::unauthorised(),
        other => other.into(),
    })
}
