//! `/api/v1/imports`.

use serde_json::json;

use super::*;
use crate::auth::permit::ReadPeople;

const PEOPLE_CSV: &str = "staff_no,name,site\n1001,Ada,berlin\n1002,Bob,berlin\n";

async fn send(
    central: &TestCentral,
    token: &str,
    path: &str,
    kind: Option<&str>,
    body: impl Into<Body>,
) -> Answer {
    let path = format!("/api/v1/imports/{path}");
    let mut request =
        Request::builder().method("POST").uri(path).header("authorization", format!("Bearer {token}"));
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    ask(&central.people, request.body(body.into()).unwrap()).await
}

async fn names(central: &TestCentral) -> Vec<String> {
    let permit = Actor::local().permit::<ReadPeople>().unwrap();
    let people = people::list(central.state.db(), &permit, None).await.unwrap();
    people.into_iter().map(|person| person.name).collect()
}

#[tokio::test]
async fn a_file_is_tried_then_taken_in_and_a_second_time_changes_nothing() {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Hr).await;
    let csv = Some("text/csv; charset=utf-8");
    let tried = send(&central, &token, "people?dry_run=true", csv, PEOPLE_CSV).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text);
    let counts = json!({ "create": 2, "change": 0, "nothing": 0, "refused": 0 });
    let told = tried.json();
    assert_eq!((&told["counts"], &told["dry_run"], &told["applied"]), (&counts, &json!(true), &json!(false)));
    assert_eq!(
        told["rows"][0],
        json!({ "row": 2, "about": "1001", "action": "create", "what": "Ada at berlin" })
    );
    assert!(names(&central).await.is_empty());
    let done = send(&central, &token, "people?name=people.csv", None, PEOPLE_CSV).await;
    assert_eq!(done.json()["applied"], true, "{}", done.text);
    assert_eq!(names(&central).await, ["Ada", "Bob"]);
    let again = send(&central, &token, "people", csv, PEOPLE_CSV).await;
    assert_eq!(again.json()["counts"]["nothing"], 2);
    let hours = "staff_no,valid_from,weekly_hours\n1001,2027-01-01,38:30\n";
    assert_eq!(send(&central, &token, "contract-hours", csv, hours).await.json()["counts"]["change"], 1);
    let calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Unity\r\nDTSTART;VALUE=DATE:20271003\r\n\
                    END:VEVENT\r\nEND:VCALENDAR\r\n";
    let holidays = send(&central, &token, "holidays?site=berlin", Some("text/calendar"), calendar).await;
    assert_eq!(holidays.json()["rows"][0]["what"], "Unity (full) at berlin", "{}", holidays.text);
}

#[tokio::test]
async fn rows_that_can_not_be_done_are_named_with_codes_and_nothing_is_written() {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Hr).await;
    let text = "staff_no,name,site\n1001,Ada,berlin\n1002,Bob,\n1003,,berlin\n";
    let refused = send(&central, &token, "people", Some("text/csv"), text).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "row_errors"));
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    let told = refused.json();
    let errors: Vec<_> = told["import"]["errors"].as_array().unwrap().iter().collect();
    assert_eq!((&errors[0]["row"], &errors[0]["code"]), (&json!(3), &json!("site_needed")));
    assert_eq!((&errors[1]["column"], &errors[1]["code"]), (&json!("name"), &json!("bad_cell")));
    assert_eq!(
        (told["import"]["applied"].as_bool(), told["detail"].as_str().unwrap().len() > 10),
        (Some(false), true)
    );
    assert!(names(&central).await.is_empty());
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_by_its_kind_its_size_and_its_bytes() {
    let central = TestCentral::with_site().await;
    let token = central.token("hr", Role::Hr).await;
    let code = async |path: &str, kind: Option<&str>, body: Vec<u8>| {
        let answer = send(&central, &token, path, kind, body).await;
        (answer.status.as_u16(), answer.code())
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());
    let csv = Some("text/csv");
    let bytes = || PEOPLE_CSV.as_bytes().to_vec();
    assert_eq!(code("people", None, bytes()).await, refused(415, "unsupported_media_type"));
    assert_eq!(
        code("people", Some("application/json"), bytes()).await,
        refused(415, "unsupported_media_type")
    );
    assert_eq!(code("elephants", csv, bytes()).await, refused(404, "not_found"));
    assert_eq!(code("people?dryrun=1", csv, bytes()).await, refused(400, "bad_query"));
    assert_eq!(code("people?site=paris", csv, bytes()).await, refused(422, "unknown_site"));
    assert_eq!(code("people", Some("text/calendar"), bytes()).await, refused(422, "not_a_table"));
    assert_eq!(
        code("people", csv, b"staff_no,name\n1,Zo\xEB\n".to_vec()).await,
        refused(422, "unreadable_file")
    );
    assert_eq!(
        code("leave?name=a.xlsx", None, b"PK\x03\x04".to_vec()).await,
        refused(422, "unreadable_file")
    );
    let large = vec![b'x'; crate::imports::limits::MAX_FILE_BYTES + 1];
    assert_eq!(code("people", csv, large).await, refused(413, "too_large"));
    let calendar = vec![b'x'; crate::imports::limits::MAX_CALENDAR_BYTES + 1];
    let (status, code) = code("holidays?name=a.ics", None, calendar).await;
    assert!(status == 413 || (status, code.as_str()) == (422, "unreadable_file"), "{status} {code}");
}

#[tokio::test]
async fn only_whoever_may_plan_imports_and_is_told_before_the_body_is_read() {
    let central = TestCentral::with_site().await;
    for role in [Role::Auditor, Role::Technician] {
        let token = central.token(role.as_str(), role).await;
        for path in ["people", "assignments", "contract-hours", "leave", "holidays"] {
            let answer = send(&central, &token, path, None, PEOPLE_CSV).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (StatusCode::FORBIDDEN, "not_allowed"),
                "{path}"
            );
        }
    }
}
