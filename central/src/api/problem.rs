//! Errors of the HTTP interface as RFC 9457 problem documents, with two texts: one for the client, one
//! for the log.
//!
//! A 5xx never tells the client its cause. The body is written by `layers`, which knows the request id.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::auth::Denied;
use crate::auth::login::LogInError;
use crate::auth::password::PasswordError;
use crate::auth::sessions::SessionError;
use crate::auth::tokens::TokenError;
use crate::reports::ReportError;
use crate::store::StoreError;

/// An error on its way to a client.
#[derive(Debug, Clone)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code for programs, such as `unknown_site`.
    pub code: &'static str,
    /// What the client is told.
    pub detail: String,
    /// What only the log is told.
    pub log: Option<String>,
    /// Members of the document beside the usual ones (RFC 9457, 3.2).
    pub more: Option<serde_json::Value>,
}

impl Problem {
    /// A client's mistake, with what to do about it.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), log: None, more: None }
    }

    /// 400.
    #[must_use]
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 401, the same for a missing, a wrong and an expired credential.
    #[must_use]
    pub fn unauthorised() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "credential_needed",
            "this needs a valid credential: an API token as `Authorization: Bearer …`, or a log-in link for the console",
        )
    }

    /// 404.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 500; the cause goes to the log only.
    #[must_use]
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "internal",
            detail: "the server failed; its log has the cause under this request id".into(),
            log: Some(chain(cause)),
            more: None,
        }
    }

    /// 500 from an error of the edges.
    #[must_use]
    pub fn failed(cause: &anyhow::Error) -> Self {
        Self { log: Some(lintel_runtime::exit::chain(cause)), ..Self::internal(&std::fmt::Error) }
    }
}

fn chain(cause: &dyn std::error::Error) -> String {
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        Self::internal(&error)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_allowed", denied.to_string())
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        Self::internal(&error)
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        Self::internal(&error)
    }
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::Password(PasswordError::Busy) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", PasswordError::Busy.to_string())
            }
            error => Self::internal(&error),
        }
    }
}
