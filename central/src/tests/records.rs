//! The record over HTTP: days page by page, timesheets, exceptions, corrections, and reports as files.

use lintel_core::event::EventKind;

use super::corrections::door::Door;
use super::*;
use crate::reports::sheets::Name;

const MINUTE: i64 = 60_000;
const FORMULA: &str = "=cmd|' /C calc'!A0";
const RANGE: &str = "from=2026-11-01&to=2026-11-30";

/// Three people of whom a door has seen each twice, or once.
async fn three() -> (TestCentral, Vec<PersonId>) {
    let central = TestCentral::with_site().await;
    let token = central.door("door-1").await;
    let mut door = Door::new(&"door-1".parse().unwrap());
    let (mut people, mut events) = (Vec::new(), Vec::new());
    for (name, minutes) in [("Ada Lovelace", vec![-60, 0]), (FORMULA, vec![-90, -1]), ("Zoe", vec![-30])] {
        let person = central.person(name).await;
        events.extend(minutes.into_iter().map(|minutes| {
            door.event(EventKind::Badge, Some(person), MORNING.plus_millis(minutes * MINUTE))
        }));
        people.push(person);
    }
    let sent = request("POST", "/device/v1/events", Some(&token), door.batch(&events));
    assert_eq!(ask(&central.doors, sent).await.status, StatusCode::OK);
    central.work_off().await;
    (central, people)
}

async fn get(central: &TestCentral, token: &str, path: &str) -> Answer {
    ask(&central.people, request("GET", path, Some(token), "")).await
}

#[tokio::test]
async fn days_come_page_by_page_and_each_once() {
    let (central, people) = three().await;
    let token = central.token("t", Role::Auditor).await;
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let path = format!("/api/v1/days?{RANGE}&site=berlin&limit=2{after}");
        let page = get(&central, &token, &path).await.json();
        let days = page["days"].as_array().unwrap().clone();
        assert!(days.len() <= 2);
        seen.extend(days.iter().map(|day| day["person_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let mut expected: Vec<String> = people.iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(seen, expected);

    let of_one = format!("/api/v1/people/{}/days?{RANGE}", people[0]);
    let days = get(&central, &token, &of_one).await.json();
    assert_eq!(
        (days["days"].as_array().unwrap().len(), &days["days"][0]["worked_ms"]),
        (1, &(60 * MINUTE).into())
    );
    for (path, code) in [
        ("/api/v1/days?from=2026-11-02&to=2026-11-01".to_owned(), "bad_range"),
        (format!("/api/v1/days?{RANGE}&limit=0"), "bad_query"),
        (format!("/api/v1/days?{RANGE}&after=x"), "bad_query"),
        (format!("/api/v1/days?{RANGE}&status=asleep"), "bad_query"),
        (format!("/api/v1/people/{}/days?{RANGE}", "01890a5d-ac96-774b-bcce-b302099a8057"), "unknown_person"),
    ] {
        assert_eq!(get(&central, &token, &path).await.code(), code, "{path}");
    }
}

#[tokio::test]
async fn timesheets_have_the_sums_and_exceptions_their_words() {
    let (central, people) = three().await;
    let token = central.token("t", Role::Hr).await;
    let first = get(&central, &token, "/api/v1/timesheets?month=2026-11&limit=2").await.json();
    assert_eq!(
        (first["month"].as_str(), first["timesheets"].as_array().unwrap().len()),
        (Some("2026-11"), 2)
    );
    let rest = format!("/api/v1/timesheets?month=2026-11&limit=2&after={}", first["next"].as_str().unwrap());
    let rest = get(&central, &token, &rest).await.json();
    let mut all = first["timesheets"].as_array().unwrap().clone();
    all.extend(rest["timesheets"].as_array().unwrap().clone());
    assert_eq!((all.len(), &rest["next"]), (3, &Value::Null));
    let ada = all.iter().find(|one| one["person_id"] == people[0].to_string()).unwrap();
    assert_eq!((&ada["name"], &ada["days_present"]), (&"Ada Lovelace".into(), &1.into()));
    assert_eq!(
        (&ada["hours"]["worked_ms"], &ada["adjustments"]["payable_ms"]),
        (&(60 * MINUTE).into(), &0.into())
    );
    let nowhere = get(&central, &token, "/api/v1/timesheets?month=2026-11&site=nowhere").await;
    assert_eq!(nowhere.code(), "unknown_site");

    let found = get(&central, &token, &format!("/api/v1/exceptions?{RANGE}")).await.json();
    assert!(found["exceptions"].is_array() && found["next"].is_null(), "{found}");
}

#[tokio::test]
async fn hr_changes_a_record_and_nobody_else_does() {
    let (central, people) = three().await;
    let token = central.token("hr", Role::Hr).await;
    let at = MORNING.plus_millis(-120 * MINUTE).as_i64();
    let wish = serde_json::json!({
        "person": people[0],
        "change": { "kind": "add", "site": "berlin", "at": at, "direction": "in" },
        "reason": "the door was open",
    });
    let send = async |token: &str, body: &Value| {
        let sent = request("POST", "/api/v1/corrections", Some(token), body.to_string());
        ask(&central.people, sent).await
    };
    let auditor = central.token("audit", Role::Auditor).await;
    assert_eq!(send(&auditor, &wish).await.code(), "not_allowed");
    let done = send(&token, &wish).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
    central.work_off().await;
    let path = format!("/api/v1/people/{}/days?{RANGE}", people[0]);
    assert_eq!(get(&central, &token, &path).await.json()["days"][0]["worked_ms"], 120 * MINUTE);

    let listed = get(&central, &token, &format!("/api/v1/corrections?person={}", people[0])).await.json();
    assert_eq!(
        (listed["corrections"][0]["state"].as_str(), &listed["corrections"][0]["change"]["kind"]),
        (Some("approved"), &"add".into())
    );
    let open = get(&central, &token, "/api/v1/corrections").await.json();
    assert_eq!(open["corrections"], serde_json::json!([]));
    let id = done.json()["correction_id"].as_str().unwrap().to_owned();
    let again =
        request("POST", &format!("/api/v1/corrections/{id}/decision"), Some(&token), r#"{"approve":true}"#);
    // Nobody decides about what they proposed themselves.
    assert_eq!(ask(&central.people, again).await.code(), "own_record");

    for (change, code) in [
        (serde_json::json!({ "kind": "dance" }), "not_json"),
        (
            serde_json::json!({ "kind": "void", "punch": "01890a5d-ac96-774b-bcce-b302099a8057" }),
            "unknown_punch",
        ),
        (serde_json::json!({ "kind": "excuse", "date": "2020-01-01" }), "unlikely_instant"),
    ] {
        let body = serde_json::json!({ "person": people[0], "change": change, "reason": "because" });
        assert_eq!(send(&token, &body).await.code(), code, "{change}");
    }
}

/// What each report is asked with.
fn query(name: Name) -> &'static str {
    match name {
        Name::Daily => "date=2026-11-20",
        Name::Monthly | Name::Rounding | Name::WorkingTime => "month=2026-11",
        Name::Exceptions | Name::Overtime | Name::Raw => RANGE,
        Name::OnSite | Name::Evacuation => "site=berlin",
    }
}

#[tokio::test]
async fn each_report_comes_as_each_file_and_no_name_is_a_formula() {
    let (central, people) = three().await;
    let token = central.token("t", Role::Auditor).await;
    for name in Name::ALL {
        for (ending, kind) in [
            ("csv", "text/csv"),
            ("xlsx", "application/vnd"),
            ("json", "application/json"),
            ("html", "text/html"),
        ] {
            let path = format!("/api/v1/reports/{}.{ending}?{}", name.as_str(), query(name));
            let answer = get(&central, &token, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
            let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
            assert!(header("content-type").starts_with(kind), "{path}");
            assert!(header("content-disposition").contains(&format!(".{ending}\"")), "{path}");
            // The policy lets no style stand inside.
            assert!(ending != "html" || !answer.text.contains("<style"), "{path}");
            // The plot stands on the page where one fits.
            let plotted = matches!(name, Name::Daily | Name::Monthly | Name::Exceptions);
            assert!(ending != "html" || answer.text.contains("<figure>") == plotted, "{path}");
            assert!(ending != "csv" || !answer.text.contains(",=cmd"), "{}", answer.text);
        }
    }
    let daily = get(&central, &token, "/api/v1/reports/daily.csv?date=2026-11-20").await.text;
    let place = |text: &str| daily.find(text).unwrap();
    assert!(
        daily.contains("'=cmd") && place("=cmd") < place("Ada") && place("Ada") < place("Zoe"),
        "{daily}"
    );
    let inside = get(&central, &token, "/api/v1/reports/on-site.json").await.json();
    assert_eq!(
        (&inside["rows"][0]["name"], &inside["rows"][0]["door"]),
        (&"Zoe".into(), &"Main entrance".into())
    );
    let person = format!("/api/v1/reports/monthly.json?month=2026-11&person={}", people[0]);
    let month = get(&central, &token, &person).await.json();
    assert_eq!(month["totals"]["worked_ms"], 60 * MINUTE);
    assert_eq!(month["subtitle"], "2026-11 · Ada Lovelace");
}

#[tokio::test]
async fn a_report_that_cannot_be_made_says_why() {
    let central = TestCentral::with_site().await;
    let token = central.token("t", Role::Auditor).await;
    for (path, code) in [
        ("daily.pdf?date=2026-11-20", "unknown_report"),
        ("yearly.csv", "unknown_report"),
        ("daily.csv", "bad_query"),
        ("daily.csv?month=2026-11", "bad_query"),
        ("raw.csv?from=2026-01-01&to=2026-11-20", "bad_range"),
        ("on-site.csv?date=2026-11-20", "bad_query"),
        ("monthly.csv?month=2026-11&site=nowhere", "unknown_site"),
        ("monthly.csv?month=2026-11&person=01890a5d-ac96-774b-bcce-b302099a8057", "unknown_person"),
        ("monthly.csv?month=2026-11&who=1", "bad_query"),
    ] {
        let answer = get(&central, &token, &format!("/api/v1/reports/{path}")).await;
        assert_eq!(answer.code(), code, "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn who_reads_the_record_is_in_the_audit() {
    let (central, people) = three().await;
    let token = central.token("t", Role::Auditor).await;
    let paths = [
        (format!("/api/v1/days?{RANGE}&site=berlin"), "days.view", "berlin".to_owned()),
        (format!("/api/v1/people/{}/days?{RANGE}", people[0]), "month.view", people[0].to_string()),
        ("/api/v1/reports/raw.csv?date=2026-11-20".into(), "days.view", "all".into()),
        ("/api/v1/reports/evacuation.csv?site=berlin".into(), "today.view", "berlin".into()),
        (format!("/api/v1/corrections?person={}", people[1]), "month.view", people[1].to_string()),
    ];
    for (path, action, subject) in paths {
        assert_eq!(get(&central, &token, &path).await.status, StatusCode::OK, "{path}");
        let mut tx = central.state.db().read().await.unwrap();
        let rows = crate::store::audit::list_newest(&mut tx, Some(&subject), 50).await.unwrap();
        assert!(rows.iter().any(|row| row.action == action), "{path}: {rows:?}");
    }
}

#[tokio::test]
async fn the_reports_page_shows_each_report_with_its_files_and_its_plot() {
    let (central, _) = three().await;
    let hr = central.session(Role::Hr).await;
    for name in Name::ALL {
        let path = format!("/console/reports?report={}&month=2026-11&date=2026-11-20", name.as_str());
        let page = central.page(&hr, &path).await;
        assert!(!page.contains("<style") && !page.contains("style=\""), "{path}");
        assert!(!page.contains("reports-") || page.contains("class=\"reports\""), "{path}");
        assert!(page.contains(&format!("/api/v1/reports/{}.xlsx?", name.as_str())), "{path}: {page}");
    }
    let monthly = central.page(&hr, "/console/reports?report=monthly&month=2026-11").await;
    assert!(
        monthly.contains("Zoe") && monthly.contains("<svg") && monthly.contains("Hours worked"),
        "{monthly}"
    );
    let wrong = central.page(&hr, "/console/reports?report=raw&from=2026-11-02&to=2026-11-01").await;
    assert!(wrong.contains("must not lie behind"), "{wrong}");
    let nobody = central.page(&hr, "/console/reports?report=monthly&person=nobody").await;
    assert!(nobody.contains("role=\"status\"") && !nobody.contains(".xlsx"), "{nobody}");
}

#[tokio::test]
async fn hr_says_on_the_record_page_which_way_a_punch_was_and_excuses_a_day() {
    let (central, people) = three().await;
    let hr = central.session(Role::Hr).await;
    let month = format!("/console/people/{}/month?month=2026-11", people[2]);
    let page = central.page(&hr, &month).await;
    assert!(page.contains("value=\"out\"") && page.contains("paid_excuse"), "{page}");
    let (_, rest) = page.split_once("name=\"punch\" value=\"").unwrap();
    let punch = &rest[..36];
    let form = format!("/console/people/{}/corrections", people[2]);
    let said = central.send(&hr, &form, &format!("what=out&punch={punch}&reason=went+home")).await;
    assert!(said.contains("said-corrected"), "{said}");
    let page = central.page(&hr, &month).await;
    assert!(page.contains("a departure: went home"), "{page}");
    let said = central.send(&hr, &form, "what=paid_excuse&date=2026-11-19&reason=strike").await;
    assert!(said.contains("said-corrected"), "{said}");
    let said = central.send(&hr, &form, "what=excuse&reason=strike").await;
    assert!(said.contains("refused-wish"), "{said}");
}
