//! What a session opens for each role, and what a change with its cookie must prove.

use axum::http::Method;
use futures_util::future::join_all;

use super::*;
use crate::api::routes::{Access, PEOPLE, Route};
use crate::auth::{accounts, permit::ManageAccounts};

fn of_people() -> impl Iterator<Item = &'static Route> {
    let by_session = |access| {
        matches!(
            access,
            Access::Person | Access::Upload | Access::Import | Access::Watch | Access::PasswordFirst
        )
    };
    PEOPLE.iter().filter(move |route| by_session(route.access))
}

fn concrete(path: &str) -> String {
    path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057")
}

async fn knock(central: &TestCentral, request: Request<Body>) -> (StatusCode, String) {
    // Not read to its end: the live feed has none.
    let response = central.people.clone().oneshot(request).await.unwrap();
    if response.headers().get("content-type").is_some_and(|kind| kind == "application/problem+json") {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        return (parts.status, problem["code"].as_str().unwrap_or_default().to_owned());
    }
    (response.status(), String::new())
}

#[tokio::test]
async fn every_change_with_the_cookie_needs_the_sessions_own_token() {
    let central = TestCentral::with_site().await;
    let stranger = central.session(Role::Admin).await;
    for route in of_people() {
        for method in route.methods.iter().filter(|method| **method != "GET") {
            let path = concrete(route.path);
            let session = central.session(Role::Admin).await;
            for token in ["", "guess", stranger.csrf.as_str()] {
                let (status, code) = knock(&central, session.asks_with(method, &path, token)).await;
                assert_eq!(
                    (status, code.as_str()),
                    (StatusCode::FORBIDDEN, "csrf"),
                    "{method} {path} {token:?}"
                );
            }
            let (_, code) = knock(&central, session.asks(method, &path)).await;
            assert!(code != "csrf" && code != "cross_site", "{method} {path}: {code}");
        }
    }
}

#[tokio::test]
async fn every_change_with_the_cookie_must_come_from_our_own_pages() {
    let central = TestCentral::with_site().await;
    let session = central.session(Role::Admin).await;
    for route in of_people() {
        for method in route.methods.iter().filter(|method| **method != "GET") {
            for site in ["cross-site", "same-site", "none"] {
                let mut request = session.asks(method, &concrete(route.path));
                request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
                assert_eq!(knock(&central, request).await.1, "cross_site", "{method} {} {site}", route.path);
            }
            let mut request = session.asks(method, &concrete(route.path));
            request.headers_mut().remove("sec-fetch-site");
            assert_eq!(knock(&central, request).await.1, "cross_site", "{method} {} silent", route.path);
        }
    }
}

#[tokio::test]
async fn the_token_may_stand_in_a_form_or_in_the_first_part_of_an_upload() {
    let central = TestCentral::with_site().await;
    let session = central.session(Role::Hr).await;
    let send = async |kind: &str, body: String, path: &str| {
        let mut request = session.asks_with("POST", path, "");
        request.headers_mut().insert("content-type", kind.parse().unwrap());
        *request.body_mut() = Body::from(body);
        knock(&central, request).await.1
    };
    let form = "application/x-www-form-urlencoded";
    let people = "/api/v1/people";
    assert_eq!(send(form, format!("a=b&csrf={}", session.csrf), people).await, "unsupported_media_type");
    assert_eq!(send(form, "a=b&csrf=guess".into(), people).await, "csrf");
    assert_eq!(send(form, format!("csrf={0}&csrf={0}", session.csrf), people).await, "csrf");

    let id = central.person("Ada").await;
    let photos = format!("/api/v1/people/{id}/photos");
    let upload = "multipart/form-data; boundary=x";
    let part = |name: &str, text: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let (token, photo) = (part("csrf", session.csrf.as_str()), part("photo", &"p".repeat(10_000)));
    // Let in, and refused for what comes next: there is no consent.
    assert_eq!(send(upload, format!("{token}{photo}--x--\r\n"), &photos).await, "no_consent");
    assert_eq!(send(upload, format!("{photo}{token}--x--\r\n"), &photos).await, "csrf");
    assert_eq!(send(upload, part("csrf", "guess"), &photos).await, "csrf");
    assert_eq!(send(upload, "not multipart".into(), &photos).await, "csrf");
    assert_eq!(send("text/plain", format!("csrf={}", session.csrf), people).await, "csrf");
}

#[tokio::test]
async fn an_upload_reaches_its_handler_whole_after_its_token_was_read() {
    let central = TestCentral::with_site().await;
    let session = central.session(Role::Hr).await;
    let id = central.person("Ada").await;
    let permit = Actor::local().permit().unwrap();
    people::consent(central.state.db(), &permit, &HandClock, id, "1", "test").await.unwrap();
    let mut request = session.asks_with("POST", &format!("/api/v1/people/{id}/photos"), "");
    request.headers_mut().insert("content-type", "multipart/form-data; boundary=x".parse().unwrap());
    let part = "--x\r\nContent-Disposition: form-data; name=\"photo\"\r\n\r\np\r\n".repeat(21);
    let token = format!("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n", session.csrf);
    *request.body_mut() = Body::from(format!("{token}{part}--x--\r\n"));
    // All 21 parts arrived, which is one too many; the token is no photograph.
    assert_eq!(knock(&central, request).await.1, "too_many");
}

/// Every route and method, and the roles that get past its permission.
async fn matrix(central: &TestCentral) -> Vec<(String, Vec<&'static str>)> {
    let mut rows = Vec::new();
    for route in of_people() {
        for method in route.methods {
            let ask = async |role: Role| {
                let session = central.session(role).await;
                let (status, code) = knock(central, session.asks(method, &concrete(route.path))).await;
                assert!(status != StatusCode::UNAUTHORIZED, "{method} {} {role}", route.path);
                (code != "not_allowed").then_some(role.as_str())
            };
            let allowed = join_all(Role::ALL.map(ask)).await.into_iter().flatten().collect();
            rows.push((format!("{method} {}", route.path), allowed));
        }
    }
    rows
}

#[tokio::test]
async fn who_reaches_which_route_is_this_table() {
    let central = TestCentral::with_site().await;
    let rows = matrix(&central).await;
    let width = rows.iter().map(|(route, _)| route.len()).max().unwrap();
    let lines: Vec<_> =
        rows.iter().map(|(route, roles)| format!("{route:width$}  {}", roles.join(" "))).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn an_employee_reaches_their_own_record_and_nothing_else() {
    let central = TestCentral::with_site().await;
    for (route, roles) in matrix(&central).await {
        let path = route.split(' ').next_back().unwrap();
        let own = path == "/console/me" || path.starts_with("/console/me/");
        let anybody = ["/console", "/console/logout", "/console/password"].contains(&path);
        assert!(own || anybody || !roles.contains(&"employee"), "{route}: {roles:?}");
    }
}

#[tokio::test]
async fn the_live_feed_is_for_those_who_may_read_attendance() {
    let central = TestCentral::with_site().await;
    for (role, status) in [
        (Role::Admin, StatusCode::OK),
        (Role::Hr, StatusCode::OK),
        (Role::Auditor, StatusCode::OK),
        (Role::Technician, StatusCode::FORBIDDEN),
        (Role::Employee, StatusCode::FORBIDDEN),
    ] {
        let session = central.session(role).await;
        for path in ["/console/events", "/console/board"] {
            assert_eq!(knock(&central, session.asks("GET", path)).await.0, status, "{role} {path}");
        }
    }
    let nobody = request("GET", "/console/events", None, "");
    assert_eq!(knock(&central, nobody).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_live_feed_ends_when_the_account_behind_it_is_disabled() {
    let central = TestCentral::with_site().await;
    let session = central.session(Role::Hr).await;
    let feed = central.people.clone().oneshot(session.asks("GET", "/console/events")).await.unwrap();
    assert_eq!(feed.status(), StatusCode::OK);
    let reading = to_bytes(feed.into_body(), 1 << 20);
    let permit = Actor::local().permit::<ManageAccounts>().unwrap();
    accounts::disable(central.state.db(), &permit, &HandClock, &session.account).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(30), reading).await.expect("it goes on").unwrap();
}

#[tokio::test]
async fn a_session_of_a_temporary_password_reaches_only_the_way_to_another_one() {
    let central = TestCentral::with_site().await;
    let session = central.session_that(Role::Admin, true).await;
    for route in of_people().filter(|route| route.access != Access::PasswordFirst) {
        for method in route.methods {
            let (status, code) = knock(&central, session.asks(method, &concrete(route.path))).await;
            let expected = (StatusCode::FORBIDDEN, "password_change_needed");
            assert_eq!((status, code.as_str()), expected, "{method} {}", route.path);
        }
    }
    let out = session.asks(Method::POST.as_str(), "/console/logout");
    assert_eq!(knock(&central, out).await.0, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_api_token_needs_no_csrf_token_and_opens_no_employees_record() {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Hr).await;
    let body = r#"{"name":"Ada","site":"berlin"}"#;
    let added = ask(&central.people, request("POST", "/api/v1/people", Some(&token), body)).await;
    assert_eq!(added.status, StatusCode::CREATED);
    let permit = Actor::local().permit().unwrap();
    let refused = tokens::create(central.state.db(), &HandClock, &permit, "me", Role::Employee).await;
    assert!(matches!(refused, Err(tokens::TokenError::NeedsPerson(Role::Employee))));
}
