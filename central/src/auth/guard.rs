//! The one place where a person's request becomes an identity. Mounted around every route of theirs; what it
//! doesn't know is refused. Doors have a guard of their own (`door`).

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Actor, credential, forms, sessions, tokens};
use crate::api::problem::Problem;
use crate::app::AppState;

/// The code of the refusal that a new password lifts.
pub const PASSWORD_FIRST: &str = "password_change_needed";

/// How a route lets people in.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    /// Whether a request here is its sender's doing, so that the session's idle time starts again.
    pub counts: bool,
    /// Whether somebody comes in who must choose a new password first.
    pub before_password: bool,
}

/// Lets people in: by API token, or by session cookie.
pub async fn person(
    State((state, admission)): State<(AppState, Admission)>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&state, admission, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admit(state: &AppState, admission: Admission, mut request: Request) -> Result<Request, Problem> {
    if let Some(token) = credential::bearer(request.headers()) {
        let actor = tokens::actor_of_token(state.db(), token).await?.ok_or_else(Problem::unauthorised)?;
        request.extensions_mut().insert(actor);
        return Ok(request);
    }
    let server = &state.settings().server;
    let session = credential::cookie(request.headers(), server.session_cookie());
    let session = session.ok_or_else(Problem::unauthorised)?;
    let (now, idle_ms) = (state.clock().now(), server.session_idle_ms());
    let standing = sessions::find(state.db(), now, idle_ms, session, admission.counts)
        .await?
        .ok_or_else(Problem::unauthorised)?;
    if !request.method().is_safe() {
        expect_our_pages(&server.base_url(), request.headers(), request.uri())?;
        request = forms::expect_token(request, standing.actor.csrf()).await?;
    }
    if standing.must_change && !admission.before_password {
        let text = "choose a new password at /console/password first";
        return Err(Problem::new(StatusCode::FORBIDDEN, PASSWORD_FIRST, text));
    }
    request.extensions_mut().insert::<Actor>(standing.actor.clone());
    request.extensions_mut().insert(standing);
    Ok(request)
}

/// Refuses a change that another site's page asks a browser for. Browsers say where a request comes from
/// (`Sec-Fetch-Site`; `Origin` where that is missing), and a page can't make them say otherwise.
///
/// # Errors
/// [`Problem`] with the code `cross_site`, also when the request says nothing about where it comes from.
pub fn expect_our_pages(base_url: &str, headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    let ours = match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).is_some_and(|origin| {
            let host = uri.authority().map(|authority| authority.as_str());
            let host = host.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()));
            let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            origin == base_url || (named.is_some() && named == host)
        }),
    };
    if ours {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "a change with the console's cookie must come from the console's own pages",
    ))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ours(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        expect_our_pages("https://lintel.example.org", &headers, &Uri::from_static("/console")).is_ok()
    }

    #[test]
    fn only_a_request_that_says_it_comes_from_our_pages_does() {
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("origin", "https://lintel.example.org")]));
        assert!(ours(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        for strange in [
            vec![],
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "none")],
            vec![("sec-fetch-site", "cross-site"), ("origin", "https://lintel.example.org")],
            vec![("origin", "null"), ("host", "null")],
            vec![("origin", "https://evil.example"), ("host", "lintel.example.org")],
            vec![("origin", "https://lintel.example.org.evil.example"), ("host", "lintel.example.org")],
            vec![("host", "lintel.example.org")],
        ] {
            assert!(!ours(&strange), "{strange:?}");
        }
    }
}
