//! `/api/v1`.

use super::*;

#[tokio::test]
async fn a_person_is_added_listed_consents_and_is_removed() {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Hr).await;
    let send = async |method: &str, path: &str, body: &str| {
        ask(&central.people, request(method, path, Some(&token), body.to_owned())).await
    };
    let added = send("POST", "/api/v1/people", r#"{"name":"Ada Lovelace","site":"berlin"}"#).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let id = added.json()["person_id"].as_str().unwrap().to_owned();
    let consent = format!("/api/v1/people/{id}/consent");
    let given = send("POST", &consent, r#"{"notice_version":"2026-01"}"#).await;
    assert_eq!(given.status, StatusCode::NO_CONTENT, "{}", given.text);
    let listed = send("GET", "/api/v1/people?site=berlin", "").await.json();
    assert_eq!(listed["people"][0]["consent"], "2026-01");
    assert_eq!(send("DELETE", &consent, "").await.status, StatusCode::NO_CONTENT);
    let gone = send("DELETE", &format!("/api/v1/people/{id}"), "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
}

#[tokio::test]
async fn an_auditor_reads_and_may_change_nothing() {
    let central = TestCentral::with_site().await;
    let token = central.token("audit", Role::Auditor).await;
    let read = ask(&central.people, request("GET", "/api/v1/people", Some(&token), "")).await;
    assert_eq!(read.status, StatusCode::OK);
    let body = r#"{"name":"X","site":"berlin"}"#;
    let write = ask(&central.people, request("POST", "/api/v1/people", Some(&token), body)).await;
    assert_eq!((write.status, write.code().as_str()), (StatusCode::FORBIDDEN, "not_allowed"));
}

#[tokio::test]
async fn a_bad_body_gets_a_sentence_and_an_oversized_one_is_not_parsed() {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Hr).await;
    for (body, code) in [
        ("not json".to_owned(), "not_json"),
        (r#"{"name":"X"}"#.to_owned(), "not_json"),
        (r#"{"name":"X","site":"nowhere"}"#.to_owned(), "unknown_site"),
        ("x".repeat(70_000), "too_large"),
    ] {
        let answer = ask(&central.people, request("POST", "/api/v1/people", Some(&token), body)).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.code(), code, "{}", answer.text);
    }
}

#[tokio::test]
async fn photographs_without_consent_are_refused_before_they_are_read() {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Hr).await;
    let id = central.person("Ada Lovelace").await;
    let path = format!("/api/v1/people/{id}/photos");
    let answer = ask(&central.people, request("POST", &path, Some(&token), "")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "no_consent"));
}

#[tokio::test]
async fn days_need_a_sensible_range() {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Hr).await;
    let get = async |query: &str| {
        let path = format!("/api/v1/attendance/days?{query}");
        ask(&central.people, request("GET", &path, Some(&token), "")).await
    };
    assert_eq!(get("from=2026-11-20&to=2026-11-20&site=berlin").await.json()["days"], serde_json::json!([]));
    assert_eq!(get("from=2026-11-21&to=2026-11-20").await.code(), "bad_range");
    assert_eq!(get("from=2025-11-21&to=2026-11-20").await.code(), "bad_range");
    assert_eq!(get("from=yesterday&to=2026-11-20").await.code(), "bad_query");
}

#[tokio::test]
async fn devices_are_listed_without_their_tokens() {
    let central = TestCentral::with_site().await;
    let (door, api) = (central.door("door-1").await, central.token("t", Role::Auditor).await);
    let answer = ask(&central.people, request("GET", "/api/v1/devices", Some(&api), "")).await;
    assert_eq!(answer.json()["devices"][0]["device_id"], "door-1");
    assert!(!answer.text.contains(&door) && !answer.text.contains("token"));
}
