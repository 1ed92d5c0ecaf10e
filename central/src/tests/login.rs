//! Logging in by name and password, over HTTP.

use super::*;
use crate::auth::accounts::{self, NewAccount};
use crate::auth::password::{Password, Passwords};
use crate::auth::{AccountName, permit::ManageAccounts};

const PASSWORD: &str = "looms and numbers";
const FORM: &str = "application/x-www-form-urlencoded";

async fn with_account(name: &str, role: Role, must_change: bool) -> TestCentral {
    let central = TestCentral::with_site().await;
    let new = NewAccount {
        name: AccountName::parse(name).unwrap(),
        display_name: Some("Ada Lovelace".into()),
        role,
        person_id: None,
        password: Password::typed(PASSWORD),
        must_change,
    };
    let permit = Actor::local().permit::<ManageAccounts>().unwrap();
    accounts::create(central.state.db(), &Passwords::default(), &permit, &HandClock, &new).await.unwrap();
    central
}

fn form(path: &str, cookie: Option<&str>, body: &str) -> Request<Body> {
    let request = Request::builder().method("POST").uri(path).header("content-type", FORM);
    let request = request.header("sec-fetch-site", "same-origin").header("accept", "text/html");
    let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn log_in(central: &TestCentral, body: &str) -> Answer {
    ask(&central.people, form("/console/login", None, body)).await
}

/// `name=value` of the cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn page(path: &str, cookie: Option<&str>) -> Request<Body> {
    let request = Request::builder().uri(path).header("accept", "text/html,application/xhtml+xml");
    let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_name_and_its_password_open_the_page_that_was_wanted() {
    let central = with_account("ada", Role::Hr, false).await;
    let stranger = ask(&central.people, page("/console/board?x=1&y=2", None)).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    let to = stranger.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(to, "/console/login?next=/console/board%3Fx%3D1%26y%3D2");
    let shown = ask(&central.people, page(&to, None)).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text.contains(r#"name="next" value="/console/board?x=1&#38;y=2""#), "{}", shown.text);
    let body = "name=Ada&password=looms+and+numbers&next=/console/board?x=1%26y=2";
    let welcome = log_in(&central, body).await;
    assert_eq!(
        (welcome.status, welcome.headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/console/board?x=1&y=2")
    );
    let set = welcome.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("lintel_session=lintel_session_") && set.contains("HttpOnly"), "{set}");
    assert!(set.contains("SameSite=Lax") && !set.contains("Max-Age") && !set.contains("Expires"), "{set}");
    let cookie = cookie(&welcome);
    let board = ask(&central.people, page("/console/board", Some(&cookie))).await;
    assert_eq!(board.status, StatusCode::OK);
    let again = ask(&central.people, page("/console/login?next=/console/board", Some(&cookie))).await;
    assert_eq!(again.headers["location"], "/console/board");
}

#[tokio::test]
async fn a_page_after_logging_in_is_never_elsewhere() {
    let central = with_account("ada", Role::Hr, false).await;
    for next in ["//evil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil.example", "%0D%0Ax", "/", ""] {
        let body = format!("name=ada&password=looms+and+numbers&next={next}");
        assert_eq!(log_in(&central, &body).await.headers["location"], "/console", "{next}");
    }
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_get_the_same_page() {
    // Names that no asset's hash contains.
    let central = with_account("zoe", Role::Hr, false).await;
    let wrong = log_in(&central, "name=zoe&password=wrong").await;
    let unknown = log_in(&central, "name=tom&password=wrong").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.text.replace("zoe", "tom"), unknown.text);
    assert!(!wrong.headers.contains_key("set-cookie"));
    assert!(wrong.text.contains("That name and password don&#39;t go together."), "{}", wrong.text);
    assert!(!wrong.text.contains("style=") && !wrong.text.contains("<script"), "{}", wrong.text);
}

#[tokio::test]
async fn after_five_failures_the_page_says_how_long_to_wait() {
    let central = with_account("ada", Role::Hr, false).await;
    for _ in 0..5 {
        assert_eq!(log_in(&central, "name=ada&password=wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    let wait = log_in(&central, "name=ada&password=looms+and+numbers").await;
    assert_eq!(
        (wait.status, wait.headers["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "1")
    );
    assert!(wait.text.contains("Try again in 1 second."), "{}", wait.text);
}

#[tokio::test]
async fn a_log_in_from_another_sites_page_is_refused() {
    let central = with_account("ada", Role::Hr, false).await;
    for site in ["cross-site", "same-site"] {
        let mut request = form("/console/login", None, "name=ada&password=looms+and+numbers");
        request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
        let answer = ask(&central.people, request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn hostile_forms_get_a_page_and_no_session() {
    let central = with_account("ada", Role::Hr, false).await;
    let long = format!("name=ada&password={}", "x".repeat(20_000));
    for (body, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("name=ada", StatusCode::BAD_REQUEST),
        ("name=ada&name=bob&password=x", StatusCode::BAD_REQUEST),
        ("name=%00%FF&password=%FF", StatusCode::UNAUTHORIZED),
        ("name=<script>&password=x", StatusCode::UNAUTHORIZED),
        (long.as_str(), StatusCode::BAD_REQUEST),
    ] {
        let answer = log_in(&central, body).await;
        assert_eq!(answer.status, status, "{} {}", body.chars().take(40).collect::<String>(), answer.text);
        assert!(!answer.headers.contains_key("set-cookie") && !answer.text.contains("<script>"));
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    }
}

#[tokio::test]
async fn logging_out_ends_the_session_on_the_server_too() {
    let central = with_account("ada", Role::Hr, false).await;
    let cookie = cookie(&log_in(&central, "name=ada&password=looms+and+numbers").await);
    let csrf = CsrfToken::of_session(cookie.split_once('=').unwrap().1);
    let out = ask(&central.people, form("/console/logout", Some(&cookie), &format!("csrf={csrf}"))).await;
    assert_eq!(out.headers["location"], "/console/login");
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(ask(&central.people, page("/console", Some(&cookie))).await.status, StatusCode::SEE_OTHER);
    // A form that was open meanwhile leads back to the log-in page, which says that nothing was saved.
    let late = ask(&central.people, form("/console/logout", Some(&cookie), "csrf=x")).await;
    assert_eq!(late.headers["location"], "/console/login?ended=true");
    let shown = ask(&central.people, page("/console/login?ended=true", None)).await;
    assert!(shown.text.contains("what you sent was not saved"), "{}", shown.text);
}

#[tokio::test]
async fn a_temporary_password_leads_to_the_page_that_changes_it_and_from_there_on() {
    let central = with_account("ada", Role::Hr, true).await;
    let welcome = log_in(&central, "name=ada&password=looms+and+numbers&next=/console/people").await;
    assert_eq!(welcome.headers["location"], "/console/password");
    let cookie_before = cookie(&welcome);
    let csrf = CsrfToken::of_session(cookie_before.split_once('=').unwrap().1);
    let elsewhere = ask(&central.people, page("/console", Some(&cookie_before))).await;
    assert_eq!(elsewhere.headers["location"], "/console/password");
    let shown = ask(&central.people, page("/console/password", Some(&cookie_before))).await;
    assert!(shown.text.contains("Choose one of your own") && shown.text.contains(csrf.as_str()));
    let send = async |new: &str, again: &str| {
        let body = format!("csrf={csrf}&present=looms+and+numbers&new={new}&again={again}");
        ask(&central.people, form("/console/password", Some(&cookie_before), &body)).await
    };
    for (new, again, said) in [
        ("other+words+entirely", "other+words", "the same twice"),
        ("short", "short", "at least 10 characters"),
        ("password123", "password123", "first that are guessed"),
        ("looms+and+numbers", "looms+and+numbers", "the password you have"),
    ] {
        let refused = send(new, again).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(said), "{new}: {}", refused.text);
    }
    let done = send("other+words+entirely", "other+words+entirely").await;
    assert_eq!(done.headers["location"], "/console?said=said-password-changed");
    let page_now = ask(&central.people, page("/console", Some(&cookie(&done)))).await;
    assert_eq!(page_now.status, StatusCode::OK);
    let before = ask(&central.people, page("/console", Some(&cookie_before))).await;
    assert_eq!(before.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_can_not_be_shown_is_said_in_words() {
    let central = with_account("tom", Role::Technician, false).await;
    let cookie = cookie(&log_in(&central, "name=tom&password=looms+and+numbers").await);
    let denied = ask(&central.people, page("/console/board", Some(&cookie))).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert!(
        denied.text.contains("This isn&#39;t for you") || denied.text.contains("This isn't for you"),
        "{}",
        denied.text
    );
    let nothing = ask(&central.people, page("/console/nothing", Some(&cookie))).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert!(nothing.text.contains("There is nothing here"), "{}", nothing.text);
    let stale = ask(&central.people, form("/console/logout", Some(&cookie), "csrf=old")).await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    assert!(stale.text.contains("This page was too old"), "{}", stale.text);
}

#[tokio::test]
async fn before_there_is_an_account_the_page_says_how_to_make_one() {
    let central = TestCentral::start().await;
    let shown = ask(&central.people, page("/console/login", None)).await;
    assert!(shown.text.contains("lintel-central user create NAME --role admin"), "{}", shown.text);
    let central = with_account("ada", Role::Hr, false).await;
    let shown = ask(&central.people, page("/console/login", None)).await;
    assert!(!shown.text.contains("user create"), "{}", shown.text);
}

#[tokio::test]
async fn over_tls_the_cookie_demands_it_and_belongs_to_this_host() {
    for change in [
        |server: &mut crate::config::ServerSettings| server.behind_proxy = true,
        |server: &mut crate::config::ServerSettings| {
            server.public_url = Some("https://lintel.example".into())
        },
    ] {
        // Each with keys of its own.
        let central = with_account("ada", Role::Hr, false).await;
        let mut settings = central.state.settings().clone();
        change(&mut settings.server);
        let people = routes::people(&central.state_with(settings));
        let answer = ask(
            &people,
            form("/console/login", None, &format!("name=ada&password={}", PASSWORD.replace(' ', "+"))),
        )
        .await;
        let set = answer.headers["set-cookie"].to_str().unwrap();
        assert!(set.starts_with("__Host-lintel_session=") && set.contains("; Secure"), "{set}");
    }
}
