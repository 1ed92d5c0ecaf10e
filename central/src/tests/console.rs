//! The console's page, its log-in and its cookie.

use super::*;

async fn session(central: &TestCentral) -> (String, String) {
    let permit = Actor::local().permit().unwrap();
    let link = sessions::create_link(central.state.db(), &HandClock, &permit, Role::Admin).await.unwrap();
    let path = format!("/console/login/{}", link.expose());
    let answer = ask(&central.people, pressed(&path, Some("same-origin"))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    (path, cookie)
}

/// The button of a link's page, pressed on a page of this site or another.
fn pressed(path: &str, site: Option<&str>) -> Request<Body> {
    let request = Request::builder().method("POST").uri(path);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
    request.body(Body::empty()).unwrap()
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
    let again = ask(&central.people, pressed(&path, Some("same-origin"))).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(!again.headers.contains_key("set-cookie") && again.text.contains("doesn&#39;t work any more"));
}

#[tokio::test]
async fn a_link_that_is_only_looked_at_is_not_used_up() {
    let central = TestCentral::with_site().await;
    let permit = Actor::local().permit().unwrap();
    let link = sessions::create_link(central.state.db(), &HandClock, &permit, Role::Admin).await.unwrap();
    let path = format!("/console/login/{}", link.expose());
    for method in ["HEAD", "GET", "GET"] {
        let looked = ask(&central.people, request(method, &path, None, "")).await;
        assert_eq!((looked.status, looked.headers.get("set-cookie")), (StatusCode::OK, None));
        assert!(method == "HEAD" || looked.text.contains(&format!(r#"method="post" action="{path}""#)));
    }
    for site in [None, Some("cross-site"), Some("same-site")] {
        let elsewhere = ask(&central.people, pressed(&path, site)).await;
        assert_eq!((elsewhere.status, elsewhere.headers.get("set-cookie")), (StatusCode::FORBIDDEN, None));
    }
    let opened = ask(&central.people, pressed(&path, Some("same-origin"))).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whoever_looks_at_today_is_remembered_by_page_part_and_feed_and_each_session_for_itself() {
    let central = TestCentral::with_site().await;
    let seen = async || {
        let mut tx = central.state.db().read().await.unwrap();
        let rows = crate::store::audit::list_newest(&mut tx, Some("all"), 100).await.unwrap();
        rows.into_iter().filter(|row| row.action == "today.view").map(|row| row.actor).collect::<Vec<_>>()
    };
    for (count, path) in ["/console", "/console/board", "/console/events"].into_iter().enumerate() {
        let (_, cookie) = session(&central).await;
        assert_eq!(seen().await.len(), count, "opening a session shows nobody");
        for _ in 0..2 {
            let request = with_cookie("GET", path, &cookie, None);
            // The feed doesn't end: its head says that it began.
            let response = tower::ServiceExt::oneshot(central.people.clone(), request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
        }
        let actors = seen().await;
        let different: std::collections::BTreeSet<_> = actors.iter().collect();
        assert_eq!((actors.len(), different.len()), (count + 1, count + 1), "{path}: {actors:?}");
        let secret = cookie.split(';').next().unwrap().split_once('=').unwrap().1;
        assert!(actors.iter().all(|actor| actor.starts_with("session:") && !secret.contains(&actor[8..])));
    }
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

#[tokio::test]
async fn the_doors_page_says_which_door_has_not_confirmed_an_erasure_and_names_nobody() {
    let central = TestCentral::with_site().await;
    central.door("door-1").await;
    let ada = central.person("Ada Lovelace").await;
    let (db, permit) = (central.state.db(), Actor::local().permit().unwrap());
    people::consent(db, &permit, &HandClock, ada, "2026-1", "test").await.unwrap();
    let mut tx = db.read().await.unwrap();
    let door = crate::store::devices::get(&mut tx, &"door-1".parse().unwrap()).await.unwrap().unwrap();
    let revision = crate::store::gallery::revision(&mut tx, &door.site_id).await.unwrap();
    drop(tx);
    let device_id = door.device_id.clone();
    let confirmed = lintel_core::wire::GalleryConfirmation { device_id, revision, templates: 0 };
    devices::confirm_gallery(db, &HandClock, &door, &confirmed).await.unwrap();
    let admin = central.session(Role::Admin).await;
    let page = async || ask(&central.people, admin.asks("GET", "/console/devices")).await.text;
    assert!(!page().await.contains("Erasures under way"));
    crate::erasure::erase(db, central.state.erasures(), &permit, &HandClock, ada).await.unwrap();
    let shown = page().await;
    assert!(shown.contains("Erasures under way") && shown.contains("that it forgot 1 person."), "{shown}");
    assert!(!shown.contains("Ada") && !shown.contains(&ada.to_string()), "{shown}");
}

#[tokio::test]
async fn a_door_is_silent_after_as_long_as_the_settings_say() {
    let central = TestCentral::with_site().await;
    central.door("door-1").await;
    let mut tx = central.state.db().write().await.unwrap();
    let seen = MORNING.plus_millis(-130_000);
    crate::store::broker::update_seen(&mut tx, &"door-1".parse().unwrap(), seen).await.unwrap();
    tx.commit().await.unwrap();
    let admin = central.session(Role::Admin).await;
    let mut settings = central.state.settings().clone();
    for (offline_after_s, said) in [(120, "Silent"), (180, "Well")] {
        settings.devices.offline_after_s = offline_after_s;
        let people = routes::people(&central.state_with(settings.clone()));
        for path in ["/console/devices", "/console/board"] {
            let shown = ask(&people, admin.asks("GET", path)).await.text;
            assert!(shown.contains(&format!("</span> {said}</span>")), "{path}: {shown}");
        }
    }
}
