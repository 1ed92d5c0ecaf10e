//! The page over HTTP: who may read it, what it says in each state, and that it asks for nothing from elsewhere.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use lintel_core::time::UtcMillis;
use lintel_runtime::catalogue;
use tower::ServiceExt as _;

use super::*;
use crate::feedback::FeedbackState;
use crate::feedback::hint::Hint;
use crate::feedback::presentation::{Line, Shown, Trouble};

struct EightOhTwo;

impl Clock for EightOhTwo {
    fn now(&self) -> UtcMillis {
        UtcMillis::from_i64(1_795_161_720_000)
    }
    fn monotonic_ms(&self) -> i64 {
        0
    }
}

fn page_of(screen: Screen) -> (watch::Sender<Screen>, Page) {
    let (screen_tx, screen_rx) = watch::channel(screen);
    let parts = PageParts {
        screen_rx,
        door: "North <gate>".to_owned(),
        zone: TimeZone::UTC,
        clock: Arc::new(EightOhTwo),
        texts: texts().unwrap(),
        tap: Tap::default(),
    };
    (screen_tx, Page::new(parts))
}

fn address() -> SocketAddr {
    "127.0.0.1:8470".parse().unwrap()
}

async fn ask(page: &Page, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    page.clone().router(address()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response) -> String {
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

const OWN: (&str, &str) = ("host", "127.0.0.1:8470");

fn line(state: FeedbackState, name: Option<&str>) -> Line {
    Line { state, at: EightOhTwo.now(), name: name.map(str::to_owned) }
}

fn all_screens() -> Vec<Screen> {
    use FeedbackState::{AlreadyRecorded, BadgeRefused, Fault, NotRecognised, Recorded, StoredOffline};
    let results = [Recorded, AlreadyRecorded, StoredOffline, NotRecognised, BadgeRefused, Fault]
        .map(|state| Shown::Results(vec![line(state, None)]));
    let three = Shown::Results(vec![
        line(Recorded, Some("AL")),
        line(AlreadyRecorded, Some("GH")),
        line(NotRecognised, None),
    ]);
    let hints = [
        Hint::ComeCloser,
        Hint::HoldStill,
        Hint::TooDark,
        Hint::TooBright,
        Hint::LookAtCamera,
        Hint::MoveToMiddle,
    ];
    let trouble = [Trouble::Camera, Trouble::Storage].map(Shown::Trouble);
    let shown = [Shown::Idle, three].into_iter().chain(results).chain(hints.map(Shown::Hint)).chain(trouble);
    shown.map(|shown| Screen { shown, offline: false }).collect()
}

#[tokio::test]
async fn only_the_pages_own_addresses_are_answered() {
    let (_screen_tx, page) = page_of(Screen::default());
    for (host, status) in [
        ("127.0.0.1:8470", StatusCode::OK),
        ("localhost:8470", StatusCode::OK),
        ("LOCALHOST:8470", StatusCode::OK),
        ("evil.example:8470", StatusCode::MISDIRECTED_REQUEST),
        ("127.0.0.1:8471", StatusCode::MISDIRECTED_REQUEST),
        ("127.0.0.1", StatusCode::MISDIRECTED_REQUEST),
        ("localhost.evil.example:8470", StatusCode::MISDIRECTED_REQUEST),
        ("", StatusCode::MISDIRECTED_REQUEST),
    ] {
        for path in ["/", "/events", assets::addresses().style] {
            assert_eq!(ask(&page, path, &[("host", host)]).await.status(), status, "{host} {path}");
        }
    }
    assert_eq!(ask(&page, "/", &[]).await.status(), StatusCode::MISDIRECTED_REQUEST);
    let both = [OWN, ("host", "evil.example:8470")];
    assert_eq!(ask(&page, "/", &both).await.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn another_site_in_the_same_browser_reads_nothing() {
    let (_screen_tx, page) = page_of(Screen::default());
    for (site, status) in [
        ("cross-site", StatusCode::FORBIDDEN),
        ("same-site", StatusCode::FORBIDDEN),
        ("same-origin", StatusCode::OK),
        ("none", StatusCode::OK),
    ] {
        assert_eq!(ask(&page, "/events", &[OWN, ("sec-fetch-site", site)]).await.status(), status, "{site}");
    }
}

#[tokio::test]
async fn the_page_brings_everything_with_it_and_says_so_to_the_browser() {
    let (_screen_tx, page) = page_of(Screen::default());
    let answer = ask(&page, "/", &[OWN]).await;
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let html = text(answer).await;
    for part in [&html, include_str!("assets/screen.css"), include_str!("assets/screen.js")] {
        let plain = part.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !plain.contains("://") && !plain.contains("style=\"") && !plain.contains("@import"),
            "{plain}"
        );
    }
    let addresses = assets::addresses();
    for asset in [addresses.style, addresses.script, addresses.icon] {
        assert!(html.contains(asset), "{asset}");
        let answer = ask(&page, asset, &[OWN]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }
    assert_eq!(ask(&page, "/assets/../page.html", &[OWN]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nothing_can_be_sent_to_the_page() {
    let (_screen_tx, page) = page_of(Screen::default());
    for method in ["POST", "PUT", "DELETE"] {
        let request = Request::builder().method(method).uri("/").header(OWN.0, OWN.1);
        let answer =
            page.clone().router(address()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
}

#[tokio::test]
async fn every_state_has_an_icon_of_its_own_and_words() {
    let words = texts().unwrap();
    let words = words.words("en");
    let sprite = include_str!("templates/icons.html");
    let mut seen = std::collections::BTreeMap::new();
    for screen in all_screens() {
        let drawn = view::draw(&screen, words, &TimeZone::UTC).unwrap();
        assert!(drawn.html.contains("<h1>") && !drawn.html.contains("door-"), "{}", drawn.html);
        let icons: Vec<&str> =
            drawn.html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for icon in &icons {
            assert!(sprite.contains(&format!("id=\"{icon}\"")), "{icon}");
        }
        let title = drawn.html.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
        if let ([icon], Some(title)) = (icons.as_slice(), title) {
            seen.entry((*icon).to_owned()).or_insert_with(Vec::new).push(title.to_owned());
        }
    }
    // The two faults that both mean "not here" share the triangle, and "look at the camera" is one thing.
    seen.remove("i-fault");
    seen.remove("i-look");
    assert!(seen.values().all(|titles| titles.len() == 1), "{seen:?}");
}

#[tokio::test]
async fn a_recording_is_drawn_with_time_and_name_and_no_name_is_ever_markup() {
    let name = "<img src=x onerror=alert(1)>";
    let results = Shown::Results(vec![line(FeedbackState::Recorded, Some(name))]);
    let (_screen_tx, page) = page_of(Screen { shown: results, offline: true });
    let html = text(ask(&page, "/", &[OWN]).await).await;
    assert!(html.contains("Recorded 08:02"), "{html}");
    assert!(!html.contains("<img") && html.contains("&#60;img"), "{html}");
    assert!(html.contains("North &#60;gate&#62;"), "{html}");
    assert!(html.contains("data-state=\"results\"") && !html.contains("role=\"status\" hidden"), "{html}");
    insta::assert_snapshot!(html.split("<main").nth(1).unwrap().split("</main>").next().unwrap());
}

#[tokio::test]
async fn a_screen_that_listens_is_told_each_change_and_the_time() {
    let (screen_tx, page) = page_of(Screen::default());
    let stop = CancellationToken::new();
    let page = Page { stop: stop.clone(), ..page };
    let answer = ask(&page, "/events", &[OWN]).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = answer.into_body().into_data_stream();
    let mut said = String::new();
    let mut until = async |text: &str| {
        while !said.contains(text) {
            let next = futures_util::StreamExt::next(&mut body);
            let bytes = tokio::time::timeout(Duration::from_secs(30), next).await;
            let bytes = bytes.unwrap_or_else(|_| panic!("no {text} in {said}")).unwrap().unwrap();
            said.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    };
    until(assets::addresses().build).await;
    until("\"state\":\"idle\"").await;
    until("data: 08:02").await;
    let shown = Shown::Hint(Hint::ComeCloser);
    screen_tx.send_replace(Screen { shown, offline: false });
    until("Come closer").await;
    stop.cancel();
    assert!(futures_util::StreamExt::next(&mut body).await.is_none(), "the stream ends with the door");
}

#[tokio::test]
async fn a_ninth_screen_is_told_to_come_again() {
    let (_screen_tx, page) = page_of(Screen::default());
    let mut open = Vec::new();
    for _ in 0..MAX_SCREENS {
        open.push(ask(&page, "/events", &[OWN]).await);
    }
    assert_eq!(ask(&page, "/events", &[OWN]).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    open.pop();
    assert_eq!(ask(&page, "/events", &[OWN]).await.status(), StatusCode::OK);
}

#[test]
fn every_text_is_used_and_every_text_that_is_used_is_there() {
    let sources = [
        include_str!("view.rs"),
        include_str!("templates/page.html"),
        include_str!("templates/screen.html"),
        include_str!("../../aim/advice.rs"),
    ];
    let files = [include_str!("../../../text/en/door.ftl"), include_str!("../../../text/en/aim.ftl")];
    assert_eq!(catalogue::differences(&files, &sources.map(str::to_owned)), Vec::<String>::new());
    // Those said by way of a table must be defined as well.
    let defined: Vec<String> = files.iter().flat_map(|file| catalogue::defined_ids(file)).collect();
    let is_id = |text: &&str| ["door-", "aim-"].iter().any(|page| text.starts_with(page));
    for id in sources.iter().flat_map(|source| source.split('"')).filter(is_id) {
        assert!(defined.iter().any(|defined| defined == id), "{id}");
    }
}
