//! Changing one's own password.

use askama::Template;
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::page;
use super::session::{desk, say_wait, with_cookie};
use super::shell::{Shell, Tab, Visit, said};
use crate::api::problem::Problem;
use crate::app::{AppState, Peer};
use crate::auth::address;
use crate::auth::login::{PasswordChanged, change_password};
use crate::auth::password::Weakness;
use crate::auth::sessions::Standing;
use crate::store::accounts;

/// Where this page is.
pub(super) const ADDRESS: &str = "/console/password";

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    shell: Shell,
    refusal: Option<String>,
    must_change: bool,
    /// For password managers.
    name: String,
}

/// `GET /console/password`.
///
/// # Errors
/// [`Problem`]; a session without an account has no password.
pub async fn show_password(
    State(state): State<AppState>,
    visit: Visit,
    standing: Option<Extension<Standing>>,
) -> Result<Response, Problem> {
    let standing = of_account(standing)?;
    show(&state, &visit, &standing, StatusCode::OK, None).await
}

fn of_account(standing: Option<Extension<Standing>>) -> Result<Standing, Problem> {
    match standing {
        Some(Extension(standing)) if standing.actor.account_id().is_some() => Ok(standing),
        _ => Err(Problem::new(StatusCode::FORBIDDEN, "not_allowed", "this session has no account")),
    }
}

async fn show(
    state: &AppState,
    visit: &Visit,
    standing: &Standing,
    status: StatusCode,
    refusal: Option<String>,
) -> Result<Response, Problem> {
    let account = match standing.actor.account_id() {
        Some(id) => accounts::get(&mut state.db().read().await?, id).await?,
        None => None,
    };
    let name = account.map(|(account, _)| account.name).unwrap_or_default();
    let shell = visit.shell(state, Tab::Elsewhere);
    let template = PasswordPage { shell, refusal, must_change: standing.must_change, name };
    Ok((status, page(&template)?).into_response())
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Typed {
    present: String,
    new: String,
    again: String,
}

/// `POST /console/password`.
///
/// # Errors
/// [`Problem`] for what isn't our form; a refusal is the page again.
pub async fn set_own_password(
    State(state): State<AppState>,
    visit: Visit,
    standing: Option<Extension<Standing>>,
    peer: Option<Extension<ConnectInfo<Peer>>>,
    headers: HeaderMap,
    form: Result<Form<Typed>, FormRejection>,
) -> Result<Response, Problem> {
    let standing = of_account(standing)?;
    let Form(typed) = form.map_err(|_| Problem::bad_request("bad_form", "the passwords are missing"))?;
    let words = visit.words;
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if typed.new != typed.again {
        let refusal = words.say("password-refused-again");
        return show(&state, &visit, &standing, unprocessable, Some(refusal)).await;
    }
    let server = &state.settings().server;
    let peer = peer.map(|Extension(ConnectInfo(Peer(address)))| address);
    let address = address::client(peer, &headers, server.behind_proxy);
    let refusal = match change_password(desk(&state), &standing, &typed.present, &typed.new, address).await? {
        PasswordChanged::Done(session) => {
            return with_cookie(said(visit.home(), "said-password-changed"), server, session.expose());
        }
        PasswordChanged::Wait(wait) => {
            let refusal = Some(say_wait(words, wait));
            let mut response =
                show(&state, &visit, &standing, StatusCode::TOO_MANY_REQUESTS, refusal).await?;
            let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            return Ok(response);
        }
        PasswordChanged::Refused => words.say("password-refused-present"),
        PasswordChanged::Same => words.say("password-refused-same"),
        PasswordChanged::Weak(Weakness::TooShort) => words.say("password-refused-short"),
        PasswordChanged::Weak(Weakness::TooLong) => words.say("password-refused-long"),
        PasswordChanged::Weak(Weakness::Common) => words.say("password-refused-common"),
        PasswordChanged::Weak(Weakness::Name) => words.say("password-refused-name"),
    };
    show(&state, &visit, &standing, unprocessable, Some(refusal)).await
}
