//! `/api/v1` of the rosters.

use serde_json::json;

use super::*;

struct Desk {
    central: TestCentral,
    token: String,
}

impl Desk {
    async fn of_hr() -> Self {
        let central = TestCentral::with_site().await;
        let token = central.token("hr", Role::Hr).await;
        Self { central, token }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let path = format!("/api/v1/{path}");
        ask(&self.central.people, request(method, &path, Some(&self.token), body.to_string())).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &Value::Null).await
    }

    async fn early(&self, from: &str) -> Answer {
        let template = json!({ "name": "Early", "parts": [{ "start": "06:00", "end": "14:00" }] });
        self.send("PUT", "shifts/early", &json!({ "from": from, "template": template })).await
    }
}

#[tokio::test]
async fn a_shift_is_put_and_listed_page_by_page() {
    let desk = Desk::of_hr().await;
    let put = desk.early("2026-01-01").await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text);
    assert_eq!(
        put.json()["touched"],
        json!({ "people": null, "sites": ["berlin"], "from": "2026-01-01", "to": null })
    );
    desk.early("2026-07-01").await;
    let first = desk.get("shifts?limit=1").await.json();
    assert_eq!(first["next"], "early@2026-01-01");
    let second = desk.get("shifts?limit=1&after=early@2026-01-01").await.json();
    assert_eq!(second["shifts"][0]["from"], "2026-07-01");
    let last = desk.get("shifts?limit=1&after=early@2026-07-01").await.json();
    assert_eq!(last, json!({ "shifts": [], "next": null }));
    assert_eq!(desk.get("shifts/early?on=2026-03-01").await.json()["from"], "2026-01-01");
    assert_eq!(desk.get("shifts?limit=1001").await.code(), "bad_query");
    assert_eq!(desk.get("shifts?after=early").await.code(), "bad_query");
    assert_eq!(desk.get("shifts/late").await.code(), "unknown_shift");
    let mistyped = json!({ "from": "2026-01-01", "template": { "prats": [] } });
    assert_eq!(desk.send("PUT", "shifts/early", &mistyped).await.code(), "not_json");
}

#[tokio::test]
async fn somebody_is_assigned_to_a_pattern_and_not_twice() {
    let desk = Desk::of_hr().await;
    let ada = desk.central.person("Ada").await;
    let cycle = json!({ "id": "two", "pattern": { "anchor": "2026-01-05", "days": [["early"], []] } });
    assert_eq!(desk.send("POST", "patterns", &cycle).await.code(), "bad_pattern");
    desk.early("2026-01-01").await;
    assert_eq!(desk.send("POST", "patterns", &cycle).await.status, StatusCode::CREATED);
    assert_eq!(desk.send("POST", "patterns", &cycle).await.code(), "pattern_exists");
    assert_eq!(desk.get("patterns").await.json()["patterns"][0]["pattern_id"], "two");
    let to = json!({ "person": ada, "pattern": "two", "from": "2026-12-01" });
    let added = desk.send("POST", "assignments", &to).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let twice = desk.send("POST", "assignments", &to).await;
    assert_eq!((twice.status, twice.code().as_str()), (StatusCode::CONFLICT, "assignment_overlaps"));
    let both = json!({ "person": ada, "pattern": "two", "shift": "early", "from": "2026-12-01" });
    assert_eq!(desk.send("POST", "assignments", &both).await.code(), "bad_assignment");
    let listed = desk.get(&format!("assignments?person={ada}")).await.json();
    assert_eq!(listed["assignments"][0]["pattern"], "two");
    let one = format!("assignments/{}", added.json()["assignment_id"].as_str().unwrap());
    let ended = desk.send("POST", &format!("{one}/end"), &json!({ "on": "2026-12-31" })).await;
    assert_eq!(ended.json()["touched"]["from"], "2027-01-01");
    assert_eq!(desk.send("DELETE", &one, &Value::Null).await.status, StatusCode::OK);
    assert_eq!(desk.send("DELETE", &one, &Value::Null).await.code(), "unknown_assignment");
}

#[tokio::test]
async fn leave_is_recorded_and_taken_back_and_what_an_employee_asks_for_is_decided() {
    let desk = Desk::of_hr().await;
    let ada = desk.central.person("Ada").await;
    let days =
        json!({ "person": ada, "kind": "sick", "from": "2026-11-19", "to": "2026-11-20", "part": "full" });
    let recorded = desk.send("POST", "leave", &days).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.text);
    assert_eq!(desk.send("POST", "leave", &days).await.code(), "leave_overlaps");
    let one = format!("leave/{}", recorded.json()["leave_id"].as_str().unwrap());
    assert_eq!(
        desk.send("POST", &format!("{one}/cancel"), &json!({ "reason": "" })).await.code(),
        "reason_needed"
    );
    let back = desk.send("POST", &format!("{one}/cancel"), &json!({ "reason": "was here after all" })).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    let decided = desk.send("POST", &format!("{one}/decision"), &json!({ "approve": true })).await;
    assert_eq!(decided.status, StatusCode::FORBIDDEN, "who asked doesn't decide: {}", decided.text);
    assert_eq!(desk.get("leave/kinds").await.json()["kinds"][0]["kind"], "annual");
    let listed = desk.get(&format!("leave?person={ada}&state=cancelled")).await.json();
    assert_eq!(listed["leave"][0]["answer"], "was here after all");
    assert_eq!(desk.get("leave?state=gone").await.code(), "bad_query");
}

#[tokio::test]
async fn a_policy_a_holiday_and_a_lock_have_their_say_in_order() {
    let desk = Desk::of_hr().await;
    let rules =
        json!({ "id": "default", "from": "2026-11-01", "policy": { "min_gap": "0:05" }, "reason": "agreed" });
    let published = desk.send("POST", "policies", &rules).await;
    assert_eq!(
        (published.status, &published.json()["revision"]),
        (StatusCode::CREATED, &json!(1)),
        "{}",
        published.text
    );
    let counts = desk.get("policies/in-force?site=berlin&on=2026-11-20").await.json();
    assert_eq!(counts["policy"]["min_gap"], "0:05");
    assert_eq!(desk.get("policies").await.json()["policies"][0]["reason"], "agreed");
    let day = json!({ "site": "berlin", "date": "2026-10-03", "name": "Unity Day" });
    assert_eq!(desk.send("PUT", "holidays", &day).await.status, StatusCode::OK);
    let month = json!({ "site": "berlin", "month": "2026-10", "reason": "given to payroll" });
    assert_eq!(desk.send("POST", "periods", &month).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        desk.send("DELETE", "holidays?site=berlin&date=2026-10-03", &Value::Null).await.code(),
        "period_locked"
    );
    assert_eq!(desk.get("periods").await.json()["periods"][0]["month"], "2026-10");
    assert_eq!(desk.send("POST", "periods/unlock", &month).await.status, StatusCode::OK);
    assert_eq!(
        desk.send("DELETE", "holidays?site=berlin&date=2026-10-03", &Value::Null).await.status,
        StatusCode::OK
    );
    assert_eq!(desk.get("holidays?site=berlin&year=2026").await.json()["holidays"], json!([]));
}

#[tokio::test]
async fn an_outage_is_declared_by_one_and_approved_by_another() {
    let desk = Desk::of_hr().await;
    desk.central.door("door-1").await;
    let dead = json!({ "device": "door-1", "from": MORNING, "reason": "stolen" });
    let declared = desk.send("POST", "out-of-service", &dead).await;
    assert_eq!(declared.status, StatusCode::CREATED, "{}", declared.text);
    let one = format!("out-of-service/{}", declared.json()["outage_id"].as_str().unwrap());
    assert_eq!(desk.send("POST", &format!("{one}/approve"), &Value::Null).await.code(), "own_record");
    let other = desk.central.token("other", Role::Hr).await;
    let path = format!("/api/v1/{one}/approve");
    let approved = ask(&desk.central.people, request("POST", &path, Some(&other), "")).await;
    assert_eq!(approved.status, StatusCode::OK, "{}", approved.text);
    let ended = desk.send("POST", &format!("{one}/end"), &json!({ "at": MORNING.plus_millis(1) })).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text);
    assert_eq!(desk.get("out-of-service").await.json()["out_of_service"][0]["approved_by"], "token:other");
}

#[tokio::test]
async fn who_may_not_manage_rosters_learns_nothing_about_them() {
    let desk = Desk::of_hr().await;
    let auditor = desk.central.token("audit", Role::Auditor).await;
    let read = ask(&desk.central.people, request("GET", "/api/v1/leave", Some(&auditor), "")).await;
    assert_eq!(read.status, StatusCode::OK);
    let write = ask(&desk.central.people, request("POST", "/api/v1/leave", Some(&auditor), "nonsense")).await;
    assert_eq!(write.code(), "not_allowed");
}
