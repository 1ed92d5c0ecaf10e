//! The console's page, its log-in and its cookie.

use super::*;

async fn session(central: &TestCentral) -> (String, String) {
    let permit = Actor::local().permit().unwrap();
    let link = sessions::create_link(central.state.db(), &HandClock, &permit, Role::Admin).await.unwrap();
    let path = format!("/console/login/{}", link.expose());
    let answer = ask(&central.people, request("GET", &path, None, "")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    (path, cookie)
}

fn with_cookie(method: &str, path: &str, cookie: &str, site: Option<&str>) -> Request<Body> {
    let pair = cookie.split(';').next().unwrap();
    let csrf = CsrfToken::of_session(pair.split_once('=').unwrap().1);
    let request = Request::builder().method(method).uri(path).header("cookie", pair);
    let request = request.header("x-csrf-token", csrf.as_str());
    let request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_link_opens_one_session_and_then_nothing() {
    let central = TestCentral::with_site().await;
    let (path, cookie) = session(&central).await;
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let page = ask(&central.people, with_cookie("GET", "/console", &cookie, None)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
    let again = ask(&central.people, request("GET", &path, None, "")).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_script_without_a_session_gets_a_document_and_not_a_page() {
    let central = TestCentral::start().await;
    let answer = ask(&central.people, request("GET", "/console/board", None, "")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "credential_needed"));
}

#[tokio::test]
async fn a_change_with_the_cookie_must_come_from_our_own_pages() {
    let central = TestCentral::with_site().await;
    let (_, cookie) = session(&central).await;
    for site in [None, Some("cross-site"), Some("same-site")] {
        let answer = ask(&central.people, with_cookie("POST", "/console/logout", &cookie, site)).await;
        assert_eq!(answer.code(), "cross_site");
    }
    let out = with_cookie("POST", "/console/logout", &cookie, Some("same-origin"));
    assert_eq!(ask(&central.people, out).await.status, StatusCode::SEE_OTHER);
    let after = ask(&central.people, with_cookie("GET", "/console/board", &cookie, None)).await;
    assert_eq!(after.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_empty_centre_says_what_to_do_next() {
    let central = TestCentral::start().await;
    let (_, cookie) = session(&central).await;
    let page = ask(&central.people, with_cookie("GET", "/console", &cookie, None)).await;
    assert!(page.text.contains("lintel-central site add berlin"));
}

#[tokio::test]
async fn a_hostile_name_is_shown_as_text_and_nothing_is_inline() {
    let central = TestCentral::with_site().await;
    let permit = Actor::local().permit().unwrap();
    let (db, id) = (central.state.db(), "lab".parse().unwrap());
    sites::add(db, &permit, &HandClock, &id, "UTC", Some("<script>x</script>")).await.unwrap();
    central.door("door-1").await;
    let ada = central.person("Ada").await.to_string();
    let (_, cookie) = session(&central).await;
    let page = ask(&central.people, with_cookie("GET", "/console", &cookie, None)).await;
    assert!(
        !page.text.contains("<script>x") && !page.text.contains("style=") && !page.text.contains("onclick")
    );
    let board = ask(&central.people, with_cookie("GET", "/console/board", &cookie, None)).await;
    insta::assert_snapshot!(board.text.replace(&ada, "ADA"));
}
