//! What a person sees instead of a problem document: the log-in page, or a page in words.
//!
//! Only for browsers that show a page of the console; scripts and the API get the document.

use askama::Template;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use lintel_runtime::catalogue::Words;

use super::assets::{Addresses, addresses};
use super::page;
use crate::api::layers::of_status;
use crate::api::problem::Problem;
use crate::auth::guard::PASSWORD_FIRST;
use crate::words::words;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    assets: Addresses,
    words: Words<'static>,
    title: String,
    text: String,
}

/// Leads to the log-in page whoever isn't known, and says every other refusal in words.
pub async fn pages_for_people(request: Request, next: Next) -> Response {
    let uri = request.uri();
    if !uri.path().starts_with("/console") || !shows_pages(request.headers()) {
        return next.run(request).await;
    }
    let words = words(request.headers());
    let log_in = if request.method() == Method::GET {
        let wanted = uri.path_and_query().map_or("/console", |wanted| wanted.as_str());
        format!("/console/login?next={}", escaped(wanted))
    } else {
        "/console/login?ended=true".to_owned()
    };
    let response = next.run(request).await;
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        // A page that was made on purpose.
        None if is_html(&response) || response.status().is_success() => return response,
        None if response.status().is_redirection() => return response,
        None => of_status(response.status()),
    };
    match (problem.status, problem.code) {
        (StatusCode::UNAUTHORIZED, _) => Redirect::to(&log_in).into_response(),
        (_, PASSWORD_FIRST) => Redirect::to(super::password::ADDRESS).into_response(),
        _ => in_words(words, problem).unwrap_or(response),
    }
}

/// Browsers name HTML when they load a page, and only then.
fn shows_pages(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|kinds| kinds.to_str().ok()).is_some_and(|kinds| kinds.contains("text/html"))
}

fn is_html(response: &Response) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn in_words(words: Words<'static>, problem: Problem) -> Option<Response> {
    let (title, text) = match (problem.status, problem.code) {
        (_, "csrf" | "cross_site") => (words.say("problem-stale"), words.say("problem-stale-text")),
        (StatusCode::FORBIDDEN, _) => (words.say("problem-forbidden"), words.say("problem-forbidden-text")),
        (StatusCode::NOT_FOUND, _) => (words.say("problem-missing"), words.say("problem-missing-text")),
        (status, _) if status.is_server_error() => {
            (words.say("problem-failed"), words.say("problem-failed-text"))
        }
        _ => (words.say("problem-refused"), words.say("problem-refused-text")),
    };
    let template = ProblemPage { assets: addresses(), words, title, text };
    let mut response = (problem.status, page(&template).ok()?).into_response();
    // For the log, which is written outside of here.
    response.extensions_mut().insert(problem);
    Some(response)
}

/// A text as a value of a query.
pub(super) fn escaped(address: &str) -> String {
    let byte = |b: u8| match b {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    address.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_a_query_stays_one_value() {
        assert_eq!(escaped("/console/people?q=a&x=%20"), "/console/people%3Fq%3Da%26x%3D%2520");
    }
}
