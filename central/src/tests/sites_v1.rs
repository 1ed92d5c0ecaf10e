//! Sites over the API.

use serde_json::json;

use super::*;

async fn send(central: &TestCentral, token: &str, method: &str, path: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/sites{path}");
    ask(&central.people, request(method, &path, Some(token), body.to_string())).await
}

#[tokio::test]
async fn a_site_is_added_listed_page_by_page_renamed_and_put_in_its_zone() {
    let central = TestCentral::with_site().await;
    let token = central.token("admin", Role::Admin).await;
    let lisbon = json!({ "id": "lisbon", "zone": "Europe/Madrid", "name": "Lisboa" });
    let added = send(&central, &token, "POST", "", &lisbon).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    assert_eq!(added.json(), json!({ "site_id": "lisbon", "name": "Lisboa", "zone": "Europe/Madrid" }));
    let first = send(&central, &token, "GET", "?limit=1", &Value::Null).await.json();
    assert_eq!((&first["sites"][0]["site_id"], &first["next"]), (&json!("berlin"), &json!("berlin")));
    let rest = send(&central, &token, "GET", "?limit=2&after=berlin", &Value::Null).await.json();
    assert_eq!((&rest["sites"][0]["site_id"], &rest["next"]), (&json!("lisbon"), &Value::Null));

    let renamed = send(&central, &token, "PATCH", "/lisbon", &json!({ "name": " Lisbon " })).await.json();
    assert_eq!((&renamed["site"]["name"], &renamed["touched"]), (&json!("Lisbon"), &Value::Null));
    let moved = send(&central, &token, "PATCH", "/lisbon", &json!({ "zone": "Europe/Lisbon" })).await.json();
    assert_eq!(
        (&moved["site"]["zone"], &moved["touched"]["sites"]),
        (&json!("Europe/Lisbon"), &json!(["lisbon"]))
    );
    let same = send(&central, &token, "PATCH", "/lisbon", &json!({ "zone": "Europe/Lisbon" })).await.json();
    assert_eq!(same["touched"], Value::Null);
    let one = send(&central, &token, "GET", "/lisbon", &Value::Null).await.json();
    assert_eq!(one, json!({ "site_id": "lisbon", "name": "Lisbon", "zone": "Europe/Lisbon" }));
}

#[tokio::test]
async fn a_site_that_cannot_be_is_refused_with_its_reason() {
    let central = TestCentral::with_site().await;
    let token = central.token("admin", Role::Admin).await;
    for (method, path, body, code) in [
        ("POST", "", json!({ "id": "berlin", "zone": "Europe/Berlin" }), "site_exists"),
        ("POST", "", json!({ "id": "mars", "zone": "Mars/Olympus" }), "unknown_zone"),
        ("POST", "", json!({ "id": "mars", "zone": "UTC", "name": "a\u{0}b" }), "bad_text"),
        ("POST", "", json!({ "id": "Mars", "zone": "UTC" }), "not_json"),
        ("PATCH", "/berlin", json!({ "zone": "Mars/Olympus" }), "unknown_zone"),
        ("PATCH", "/berlin", json!({ "id": "bonn" }), "not_json"),
        ("PATCH", "/mars", json!({ "name": "Mars" }), "unknown_site"),
        ("GET", "/mars", Value::Null, "unknown_site"),
        ("GET", "/Mars", Value::Null, "bad_id"),
        ("GET", "?after=B", Value::Null, "bad_query"),
    ] {
        let refused = send(&central, &token, method, path, &body).await;
        assert_eq!(refused.code(), code, "{method} {path} {body}: {}", refused.text);
    }
    let hr = central.token("hr", Role::Hr).await;
    let refused = send(&central, &hr, "POST", "", &json!({ "id": "bonn", "zone": "UTC" })).await;
    assert_eq!(refused.code(), "not_allowed");
}
