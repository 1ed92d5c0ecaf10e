//! Deny by default: every route of the table is knocked at without and with a wrong credential.

use super::*;
use crate::api::routes::{Access, DEVICES, PEOPLE, Route};

async fn knock(router: &Router, route: &Route, method: &str, token: Option<&str>) -> Answer {
    let path = route.path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057");
    ask(router, request(method, &path, token, "{}")).await
}

#[tokio::test]
async fn every_route_that_is_not_open_refuses_a_missing_and_a_wrong_credential() {
    let central = TestCentral::start().await;
    for (router, table) in [(&central.people, PEOPLE), (&central.doors, DEVICES)] {
        // A code's token is looked for in the body; tests of its own knock there.
        let guarded = |route: &&Route| !matches!(route.access, Access::Open | Access::LogIn | Access::Join);
        for route in table.iter().filter(guarded) {
            for method in route.methods {
                for token in [None, Some("lintel_api_guess"), Some("lintel_device_guess")] {
                    let answer = knock(router, route, method, token).await;
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {} {token:?}", route.path);
                }
            }
        }
    }
}

#[tokio::test]
async fn only_these_routes_are_open() {
    let is_open = |route: &&Route| matches!(route.access, Access::Open | Access::LogIn);
    let open: Vec<_> = PEOPLE.iter().filter(is_open).map(|r| r.path).collect();
    let expected = [
        "/health",
        "/health/live",
        "/health/ready",
        "/api/health",
        "/",
        "/assets/{name}",
        "/console/login",
        "/console/login/{link}",
    ];
    assert_eq!(open, expected);
    let open: Vec<_> = DEVICES.iter().filter(|route| route.access == Access::Open).map(|r| r.path).collect();
    assert_eq!(open, ["/health/live"]);
}

#[tokio::test]
async fn a_device_token_opens_no_door_of_the_people_and_an_api_token_none_of_the_doors() {
    let central = TestCentral::with_site().await;
    let (door, api) = (central.door("door-1").await, central.token("t", Role::Admin).await);
    let answer = ask(&central.people, request("GET", "/api/v1/people", Some(&door), "")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = ask(&central.doors, request("GET", "/device/v1/gallery", Some(&api), "")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refusal_is_a_problem_document_with_the_request_id() {
    let central = TestCentral::start().await;
    let answer = ask(&central.people, request("GET", "/api/v1/people", None, "")).await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.json()["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    assert_eq!(answer.code(), "credential_needed");
    let nothing = ask(&central.people, request("GET", "/nothing", None, "")).await;
    assert_eq!((nothing.status, nothing.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
}

#[tokio::test]
async fn health_needs_no_credential_and_metrics_from_afar_need_a_token() {
    let central = TestCentral::start().await;
    for path in ["/health", "/health/live", "/health/ready", "/api/health"] {
        assert_eq!(ask(&central.people, request("GET", path, None, "")).await.status, StatusCode::OK);
    }
    let token = central.token("prometheus", Role::Auditor).await;
    let answer = ask(&central.people, request("GET", "/metrics", Some(&token), "")).await;
    assert!(answer.text.contains("lintel_events_total{road=\"mqtt\",outcome=\"accepted\"} 0"));
}
