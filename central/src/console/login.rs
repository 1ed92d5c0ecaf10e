//! Into the console by a one-time link, and out again.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::assets::{Addresses, addresses};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::sessions::{self, Standing};
use crate::config::ServerSettings;

#[derive(Template)]
#[template(path = "stranger.html")]
struct Stranger {
    assets: Addresses,
    title: &'static str,
    text: &'static str,
}

/// `GET /`.
pub async fn root() -> Redirect {
    Redirect::to("/console")
}

/// `GET /console/login/{link}`: a session for a link, once.
///
/// # Errors
/// [`Problem`].
pub async fn log_in(
    State(state): State<AppState>,
    Path(link): Path<String>,
    method: Method,
) -> Result<Response, Problem> {
    // Programs that look whether a link works must not use it up.
    if method == Method::HEAD {
        return Ok(StatusCode::OK.into_response());
    }
    let server = &state.settings().server;
    match sessions::open_by_link(state.db(), state.clock().now(), server.session_idle_ms(), &link).await? {
        Some(session) => {
            let cookie = cookie(server, session.expose());
            let mut response = Redirect::to("/console").into_response();
            let value = HeaderValue::from_str(&cookie).map_err(|error| Problem::internal(&error))?;
            response.headers_mut().insert(header::SET_COOKIE, value);
            Ok(response)
        }
        None => stranger(
            "This link doesn't work any more",
            "A log-in link opens the console once, and only for 15 minutes. Ask for a new one on the server:",
        ),
    }
}

/// Without Max-Age: gone when the browser is closed.
fn cookie(server: &ServerSettings, session: &str) -> String {
    let secure = if server.secure_cookies() { "; Secure" } else { "" };
    format!("{}={session}; Path=/; HttpOnly; SameSite=Lax{secure}", server.session_cookie())
}

/// `POST /console/logout`.
///
/// # Errors
/// [`Problem`].
pub async fn log_out(
    State(state): State<AppState>,
    standing: Option<Extension<Standing>>,
) -> Result<Response, Problem> {
    if let Some(Extension(standing)) = standing {
        sessions::close(state.db(), state.clock().now(), &standing).await?;
    }
    let gone = format!("{}; Max-Age=0", cookie(&state.settings().server, ""));
    let mut response = Redirect::to("/console").into_response();
    let value = HeaderValue::from_str(&gone).map_err(|error| Problem::internal(&error))?;
    response.headers_mut().insert(header::SET_COOKIE, value);
    Ok(response)
}

/// Shows a page instead of a problem document to somebody who opens the console without a session.
pub async fn page_for_strangers(request: Request, next: Next) -> Response {
    let is_page = request.uri().path() == "/console" && request.method() == Method::GET;
    let response = next.run(request).await;
    if !is_page || response.status() != StatusCode::UNAUTHORIZED {
        return response;
    }
    stranger(
        "Log in with a link",
        "The console has no passwords. Somebody who can use the server's command line makes a link:",
    )
    .unwrap_or_else(IntoResponse::into_response)
}

fn stranger(title: &'static str, text: &'static str) -> Result<Response, Problem> {
    let page = Stranger { assets: addresses(), title, text };
    let page = page.render().map_err(|error| Problem::internal(&error))?;
    Ok((StatusCode::UNAUTHORIZED, Html(page)).into_response())
}
