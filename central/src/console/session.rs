//! What the pages share on which somebody proves who they are: the desk that asks, the wait, the cookie.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use lintel_runtime::catalogue::Words;

use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::login::LogInDesk;
use crate::config::ServerSettings;

/// What logging in needs of the server.
pub(super) fn desk(state: &AppState) -> LogInDesk<'_> {
    LogInDesk {
        db: state.db(),
        ring: &state.keys().data,
        clock: state.clock(),
        passwords: state.passwords(),
        idle_ms: state.settings().server.session_idle_ms(),
    }
}

/// Rounded up: a second too early would be refused once more.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// How long to wait, in words.
pub(super) fn say_wait(words: Words<'static>, wait: Duration) -> String {
    let seconds = seconds(wait);
    let (unit, count) = if seconds > 90 { ("minutes", seconds.div_ceil(60)) } else { ("seconds", seconds) };
    words.say_with("login-wait", &[("unit", unit.into()), ("count", count.into())])
}

/// Without Max-Age: gone when the browser is closed.
pub(super) fn cookie(server: &ServerSettings, session: &str) -> String {
    let secure = if server.secure_cookies() { "; Secure" } else { "" };
    format!("{}={session}; Path=/; HttpOnly; SameSite=Lax{secure}", server.session_cookie())
}

/// An answer that hands a session to the browser.
pub(super) fn with_cookie(
    answer: impl IntoResponse,
    server: &ServerSettings,
    session: &str,
) -> Result<Response, Problem> {
    let mut response = answer.into_response();
    let value = HeaderValue::from_str(&cookie(server, session)).map_err(|error| Problem::internal(&error))?;
    response.headers_mut().insert(header::SET_COOKIE, value);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words_in;

    #[test]
    fn a_wait_is_said_in_the_unit_that_people_think_in() {
        let said = |ms: u64| say_wait(words_in("en"), Duration::from_millis(ms));
        assert_eq!(said(1), "Too many attempts. Try again in 1 second.");
        assert_eq!(said(63_000), "Too many attempts. Try again in 63 seconds.");
        assert_eq!(said(121_000), "Too many attempts. Try again in 3 minutes.");
        assert_eq!(said(900_000), "Too many attempts. Try again in 15 minutes.");
    }
}
