//! The API's document: it has every route and nothing else, every code, and every list and item is as it says.

use std::collections::{BTreeMap, BTreeSet};

use lintel_core::event::EventKind;
use serde_json::json;

use super::corrections::door::Door;
use super::*;
use crate::api::openapi::refusals::REFUSALS;
use crate::api::openapi::{document, text};
use crate::api::routes::PEOPLE;

const KEPT: &str = include_str!("../../../docs/openapi.json");
const GUIDE: &str = include_str!("../../../docs/api.md");

/// Every operation: method, path, and what is said of it.
fn operations(document: &Value) -> Vec<(String, &str, &Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.as_str(), operation));
        }
    }
    all
}

#[test]
fn every_route_of_the_api_is_described_and_nothing_else_is() {
    let document = document();
    let described: BTreeSet<_> =
        operations(&document).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let routes = PEOPLE.iter().filter(|route| route.path.starts_with("/api/v1/"));
    let mounted: BTreeSet<_> = routes
        .flat_map(|route| route.methods.iter().map(move |method| format!("{method} {}", route.path)))
        .collect();
    let missing: Vec<_> = mounted.difference(&described).collect();
    let invented: Vec<_> = described.difference(&mounted).collect();
    assert!(missing.is_empty() && invented.is_empty(), "not described: {missing:?}; no route: {invented:?}");
}

#[test]
fn the_document_is_the_one_that_was_looked_at_last() {
    let hint = "run `lintel-central openapi > docs/openapi.json`, and look at what changed";
    assert!(KEPT == text(), "docs/openapi.json isn't what the handlers say: {hint}");
}

#[test]
fn each_operation_has_its_own_name_a_sentence_and_a_known_tag() {
    let document = document();
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} twice");
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{method} {path}");
        assert!(tags.contains(&&operation["tags"][0]), "{method} {path}");
        let parameters = operation["parameters"].as_array();
        let in_path = parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "path");
        assert_eq!(in_path.count(), path.matches('{').count(), "{method} {path}");
        let statuses = operation["responses"].as_object().unwrap();
        assert!(statuses.keys().any(|status| status.starts_with('2')), "{method} {path}");
        assert!(["401", "403", "500"].iter().all(|status| statuses.contains_key(*status)), "{method} {path}");
    }
}

#[test]
fn each_code_is_in_the_table_with_its_status_and_in_the_guide() {
    let document = document();
    let known: BTreeMap<_, _> = REFUSALS.iter().map(|refusal| (refusal.code, refusal.statuses)).collect();
    assert_eq!(known.len(), REFUSALS.len(), "a code twice");
    for (method, path, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let answer = contract::resolved(&document, answer);
            let codes =
                answer.pointer("/content/application~1problem+json/schema/allOf/1/properties/code/enum");
            for code in codes.and_then(Value::as_array).into_iter().flatten() {
                let statuses = known.get(code.as_str().unwrap()).copied().unwrap_or_default();
                assert!(statuses.contains(&status.parse().unwrap()), "{method} {path}: {status} {code}");
            }
        }
    }
    for refusal in REFUSALS {
        assert!(GUIDE.contains(&refusal.row()), "docs/api.md has no row {}", refusal.row());
    }
}

#[tokio::test]
async fn who_can_have_a_token_may_read_it_and_nobody_else() {
    let central = TestCentral::with_site().await;
    let token = central.token("t", Role::Technician).await;
    let read = ask(&central.people, request("GET", "/api/v1/openapi.json", Some(&token), "")).await;
    assert_eq!((read.status, read.text.as_str()), (StatusCode::OK, text()));
    let session = central.session(Role::Employee).await;
    let refused = ask(&central.people, session.asks("GET", "/api/v1/openapi.json")).await;
    assert_eq!(refused.code(), "not_allowed");
}

/// With what each list is asked for.
fn query(path: &str) -> &'static str {
    match path {
        "/api/v1/days" | "/api/v1/people/{id}/days" | "/api/v1/exceptions" | "/api/v1/attendance/days" => {
            "?from=2026-11-01&to=2026-11-30"
        }
        "/api/v1/timesheets" => "?month=2026-11",
        "/api/v1/holidays" => "?site=berlin&year=2026",
        "/api/v1/policies/in-force" => "?site=berlin&on=2026-11-20",
        "/api/v1/reports/{id}" => "?date=2026-11-20",
        _ => "",
    }
}

/// Whose or which one is asked for.
fn concrete(path: &str, person: PersonId) -> String {
    let id = match path.split('/').nth(3).unwrap() {
        "people" => person.to_string(),
        "shifts" => "early".to_owned(),
        "sites" => "berlin".to_owned(),
        "payroll" => "2026-10.1".to_owned(),
        _ => "daily.json".to_owned(),
    };
    path.replace("{id}", &id)
}

/// A centre with something in every list.
async fn filled() -> (TestCentral, String, PersonId) {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Admin).await;
    let door_token = central.door("door-1").await;
    let ada = central.person("Ada Lovelace").await;
    let early = json!({ "name": "Early", "parts": [{ "start": "06:00", "end": "14:00" }], "breaks": {} });
    let days = json!({ "anchor": "2026-01-05", "days": [["early"], []] });
    let day =
        json!({ "site": "berlin", "date": "2026-12-24", "name": "Christmas Eve", "part": "second-half" });
    let october = json!({ "site": "berlin", "month": "2026-10", "reason": "given to payroll" });
    let bob = central.person("Bob").await;
    payroll::paid_day(&central, jiff::civil::date(2026, 10, 5)).await;
    for (method, path, body) in [
        ("PUT", "shifts/early", json!({ "from": "2026-01-01", "template": early })),
        ("POST", "patterns", json!({ "id": "two", "pattern": days })),
        (
            "POST",
            "assignments",
            json!({ "person": ada, "shift": "early", "weekdays": "mon-fri", "from": "2026-11-01" }),
        ),
        ("POST", "assignments", json!({ "person": bob, "pattern": "two", "from": "2026-11-01" })),
        ("PUT", "holidays", day),
        (
            "POST",
            "leave",
            json!({ "person": ada, "kind": "annual", "from": "2026-12-01", "to": "2026-12-02" }),
        ),
        ("POST", "policies", json!({ "id": "all", "from": "2026-11-01", "policy": {}, "reason": "agreed" })),
        ("POST", "periods", october),
        ("POST", "payroll", json!({ "month": "2026-10", "site": "berlin", "mapping": payroll::LONG })),
        ("POST", "out-of-service", json!({ "device": "door-1", "from": MORNING, "reason": "stolen" })),
        (
            "POST",
            "corrections",
            json!({
                "person": ada, "change": { "kind": "excuse", "date": "2026-11-19" }, "reason": "strike",
            }),
        ),
    ] {
        let sent = request(method, &format!("/api/v1/{path}"), Some(&token), body.to_string());
        let done = ask(&central.people, sent).await;
        assert!(done.status.is_success(), "{method} {path}: {}", done.text);
    }
    central.propose(ada).await;
    let mut door = Door::new(&"door-1".parse().unwrap());
    let late = door.event(EventKind::Badge, Some(ada), MORNING.plus_millis(-3_600_000));
    let sent = request("POST", "/device/v1/events", Some(&door_token), door.batch(&[late]));
    assert_eq!(ask(&central.doors, sent).await.status, StatusCode::OK);
    central.work_off().await;
    (central, token, ada)
}

impl TestCentral {
    /// An employee's wish, so that one waits.
    async fn propose(&self, person: PersonId) {
        let own = Actor::new("account:ada", Role::Employee).about(person);
        let (site, at) = ("berlin".parse().unwrap(), MORNING.plus_millis(-7_200_000));
        let change = crate::corrections::WishedChange::Add { site, at, direction: None };
        let wish = crate::corrections::Wish { change, reason: "the door was open".into() };
        crate::corrections::propose(self.state.db(), &own.own().unwrap(), &HandClock, &wish).await.unwrap();
    }
}

#[tokio::test]
async fn every_list_and_item_is_as_the_document_says() {
    let (central, token, ada) = filled().await;
    let document = document();
    for (_, path, _) in operations(&document).into_iter().filter(|(method, ..)| method == "GET") {
        let asked = format!("{}{}", concrete(path, ada), query(path));
        // `ask` holds the answer against the document.
        let answer = ask(&central.people, request("GET", &asked, Some(&token), "")).await;
        assert_eq!(answer.status, StatusCode::OK, "{asked}: {}", answer.text);
        let lists = answer.json();
        // A file for payroll is no JSON.
        for (name, list) in lists.as_object().into_iter().flatten().filter(|(name, _)| *name != "notes") {
            assert!(list.as_array().is_none_or(|list| !list.is_empty()), "{asked}: nothing in {name}");
        }
    }
}

#[tokio::test]
async fn a_field_too_many_or_too_few_and_an_unknown_code_do_not_fit() {
    let (central, token, _) = filled().await;
    let good = ask(&central.people, request("GET", "/api/v1/devices", Some(&token), "")).await;
    let objects = |change: &dyn Fn(&mut Value)| {
        let mut body = good.json();
        change(&mut body);
        let answer = Answer { status: good.status, headers: good.headers.clone(), text: body.to_string() };
        contract::objection("GET", "/api/v1/devices", &answer).is_some()
    };
    assert!(!objects(&|_| {}));
    assert!(objects(&|body| body["devices"][0]["token"] = "secret".into()));
    assert!(objects(&|body| drop(body["devices"][0].as_object_mut().unwrap().remove("door"))));
    assert!(objects(&|body| drop(body["devices"][0].as_object_mut().unwrap().remove("last_seen"))));
    assert!(objects(&|body| body["devices"][0]["direction"] = "up".into()));
    assert!(objects(&|body| body["next"] = Value::Null));

    let refused = ask(&central.people, request("GET", "/api/v1/days", Some(&token), "")).await;
    let other = refused.text.replace("bad_query", "bad_guess");
    let other = Answer { text: other, ..refused };
    assert!(contract::objection("GET", "/api/v1/days", &other).is_some());
    let teapot = Answer { status: StatusCode::IM_A_TEAPOT, headers: HeaderMap::new(), text: String::new() };
    assert!(contract::objection("GET", "/api/v1/days", &teapot).is_some());
}
