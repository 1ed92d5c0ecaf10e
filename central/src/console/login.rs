//! Into the console by name and password or by a one-time link, and out again.
//!
//! The page says the same to an unknown name and to a wrong password. Where it leads afterwards is a path
//! of this console and nothing else.

use askama::Template;
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use lintel_runtime::catalogue::Words;
use serde::Deserialize;

use super::assets::{Addresses, addresses};
use super::page;
use super::session::{cookie, desk, say_wait, seconds, with_cookie};
use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::{AppState, Peer};
use crate::auth::login::{LogIn, LogInError, LoggedIn, log_in};
use crate::auth::password::PasswordError;
use crate::auth::sessions::{self, Standing};
use crate::auth::{address, credential, guard};
use crate::store::accounts;
use crate::words::words;

/// Where somebody goes who wanted nothing in particular.
const HOME: &str = "/console";
/// Longest address that is gone back to, in bytes.
const MAX_NEXT_BYTES: usize = 512;

#[derive(Template)]
#[template(path = "login.html")]
struct LogInPage {
    assets: Addresses,
    words: Words<'static>,
    refusal: Option<String>,
    /// What was typed before, so that only the password has to be typed again.
    name: String,
    next: String,
    /// Nobody can log in before somebody has made an account.
    no_account: bool,
}

/// `GET /`.
pub async fn root() -> Redirect {
    Redirect::to(HOME)
}

/// `?next=` and why the page is shown.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    next: Option<String>,
    #[serde(default)]
    ended: bool,
}

/// `GET /console/login`; somebody who is logged in goes on at once.
///
/// # Errors
/// [`Problem`].
pub async fn show_log_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    Params(wanted): Params<Wanted>,
) -> Result<Response, Problem> {
    let next = local(wanted.next.as_deref());
    if previous(&state, &headers).await?.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    let words = words(&headers);
    let refusal = wanted.ended.then(|| words.say("login-ended"));
    show(&state, words, StatusCode::OK, refusal, String::new(), next).await
}

/// The session that the browser has, when it stands.
async fn previous(state: &AppState, headers: &HeaderMap) -> Result<Option<Standing>, Problem> {
    let server = &state.settings().server;
    let Some(secret) = credential::cookie(headers, server.session_cookie()) else { return Ok(None) };
    let (now, idle_ms) = (state.clock().now(), server.session_idle_ms());
    Ok(sessions::find(state.db(), now, idle_ms, secret, false).await?)
}

async fn show(
    state: &AppState,
    words: Words<'static>,
    status: StatusCode,
    refusal: Option<String>,
    name: String,
    next: String,
) -> Result<Response, Problem> {
    let no_account = accounts::count(&mut state.db().read().await?).await? == 0;
    let template = LogInPage { assets: addresses(), words, refusal, name, next, no_account };
    Ok((status, page(&template)?).into_response())
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Typed {
    name: String,
    password: String,
    next: Option<String>,
}

/// `POST /console/login`.
///
/// # Errors
/// [`Problem`] for what isn't our form; a refusal is the page again.
pub async fn log_in_with_password(
    State(state): State<AppState>,
    peer: Option<Extension<ConnectInfo<Peer>>>,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
    form: Result<Form<Typed>, FormRejection>,
) -> Result<Response, Problem> {
    let server = &state.settings().server;
    // There is no session whose token could be asked for; a browser still says whose page sent the form.
    guard::expect_our_pages(&server.base_url(), &headers, &uri)?;
    let Form(typed) = form.map_err(|_| Problem::bad_request("bad_form", "name and password are missing"))?;
    let peer = peer.map(|Extension(ConnectInfo(Peer(address)))| address);
    let attempt = LogIn {
        name: &typed.name,
        password: &typed.password,
        address: address::client(peer, &headers, server.behind_proxy),
        previous: credential::cookie(&headers, server.session_cookie()),
    };
    let (words, next) = (words(&headers), local(typed.next.as_deref()));
    let (status, refusal, wait) = match log_in(desk(&state), &attempt).await {
        Ok(LoggedIn::Welcome { session, must_change, .. }) => {
            let to = if must_change { super::password::ADDRESS } else { &next };
            return with_cookie(Redirect::to(to), server, session.expose());
        }
        Ok(LoggedIn::Refused) => (StatusCode::UNAUTHORIZED, words.say("login-refused"), None),
        Ok(LoggedIn::Wait(wait)) => (StatusCode::TOO_MANY_REQUESTS, say_wait(words, wait), Some(wait)),
        Err(LogInError::Password(PasswordError::Busy)) => {
            (StatusCode::SERVICE_UNAVAILABLE, words.say("login-busy"), None)
        }
        Err(error) => return Err(error.into()),
    };
    let name = typed.name.chars().take(64).collect();
    let mut response = show(&state, words, status, Some(refusal), name, next).await?;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds(wait)));
    }
    Ok(response)
}

/// An address of this console, or its start. Browsers read `//host` and `/\host` as other hosts.
fn local(next: Option<&str>) -> String {
    let fits = |next: &&str| {
        let inside =
            next.strip_prefix(HOME).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        let loops = next.starts_with("/console/login") || next.starts_with("/console/logout");
        inside && plain && !loops && next.len() <= MAX_NEXT_BYTES
    };
    next.filter(fits).unwrap_or(HOME).to_owned()
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    assets: Addresses,
    words: Words<'static>,
    address: String,
}

/// `GET /console/login/{link}`: one button. Programs that look whether a link in a mail or a chat is harmless
/// must not use it up, and they only load pages.
///
/// # Errors
/// [`Problem`].
pub async fn show_link(headers: HeaderMap, OriginalUri(uri): OriginalUri) -> Result<Response, Problem> {
    let address = uri.path().to_owned();
    let template = LinkPage { assets: addresses(), words: words(&headers), address };
    Ok(page(&template)?.into_response())
}

/// `POST /console/login/{link}`: a session for a link, once.
///
/// # Errors
/// [`Problem`].
pub async fn log_in_by_link(
    State(state): State<AppState>,
    Path(link): Path<String>,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let server = &state.settings().server;
    guard::expect_our_pages(&server.base_url(), &headers, &uri)?;
    match sessions::open_by_link(state.db(), state.clock().now(), server.session_idle_ms(), &link).await? {
        Some(session) => with_cookie(Redirect::to(HOME), server, session.expose()),
        None => {
            let words = words(&headers);
            let refusal = Some(words.say("login-link-spent"));
            show(&state, words, StatusCode::UNAUTHORIZED, refusal, String::new(), HOME.into()).await
        }
    }
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
    let mut response = Redirect::to("/console/login").into_response();
    let value = HeaderValue::from_str(&gone).map_err(|error| Problem::internal(&error))?;
    response.headers_mut().insert(header::SET_COOKIE, value);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_logging_in_only_a_page_of_the_console_is_gone_to() {
        for good in
            ["/console", "/console/people?q=a%20b", "/console?day=2026-11-20", "/console/people/1/month"]
        {
            assert_eq!(local(Some(good)), good);
        }
        let long = format!("/console/{}", "x".repeat(600));
        for bad in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/consolex",
            "/console@evil.example",
            "/console\\..\\x",
            "/console/\r\nset-cookie: a=b",
            "/console/\u{202e}",
            "javascript:alert(1)",
            "console",
            "/console/login?next=/console",
            "/console/logout",
            long.as_str(),
        ] {
            assert_eq!(local(Some(bad)), HOME, "{bad:?}");
        }
        assert_eq!(local(None), HOME);
    }
}
