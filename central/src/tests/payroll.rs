//! Payroll over HTTP: given by HR once, read by the auditor, the file as it was.

use jiff::civil::{Date, date};

use super::*;
use crate::attendance::{DayRecord, Length, Status};
use crate::days::{Wanted, settle};
use crate::rosters::periods;
use crate::store::audit;

pub(super) const LONG: &str = include_str!("../../../config/payroll/generic-long.toml");

/// Somebody new, and eight hours of theirs.
pub(super) async fn paid_day(central: &TestCentral, on: Date) {
    let (db, site) = (central.state.db(), "berlin".parse().unwrap());
    let new = NewPerson { name: "Ada Lovelace".into(), site_id: site, staff_no: Some("0042".into()) };
    let person =
        people::add(db, &Actor::local().permit().unwrap(), &HandClock, &new).await.unwrap().person_id;
    let mut record = DayRecord::blank(person, on, new.site_id.clone(), Status::Present);
    record.hours.payable = Length::from_hours(8);
    let mut tx = db.write().await.unwrap();
    settle(&mut tx, &[Wanted { person, from: on, to: on }], &[record], MORNING).await.unwrap();
    tx.commit().await.unwrap();
}

/// A centre with a month of somebody, locked.
async fn november() -> TestCentral {
    let central = TestCentral::with_site().await;
    paid_day(&central, date(2026, 11, 2)).await;
    let (db, permit) = (central.state.db(), Actor::local().permit().unwrap());
    let (site, month) = ("berlin".parse().unwrap(), "2026-11".parse().unwrap());
    periods::lock(db, &permit, &HandClock, &site, month, "payroll").await.unwrap();
    central
}

fn wish(month: &str, mapping: &str, dry_run: bool) -> String {
    serde_json::json!({ "month": month, "site": "berlin", "mapping": mapping, "dry_run": dry_run })
        .to_string()
}

async fn send(central: &TestCentral, token: &str, method: &str, path: &str, body: String) -> Answer {
    ask(&central.people, request(method, &format!("/api/v1/payroll{path}"), Some(token), body)).await
}

#[tokio::test]
async fn hr_gives_a_month_once_and_the_file_can_be_had_again() {
    let central = november().await;
    let hr = central.token("hr", Role::Hr).await;
    let tried = send(&central, &hr, "POST", "", wish("2026-11", LONG, true)).await;
    assert_eq!((tried.status, &tried.json()["lines"]), (StatusCode::OK, &1.into()), "{}", tried.text);
    let done = send(&central, &hr, "POST", "", wish("2026-11", LONG, false)).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
    let batch = done.json();
    assert_eq!((&batch["batch_id"], &batch["exported_by"]), (&"2026-11.1".into(), &"token:hr".into()));
    assert_eq!(batch["sums"]["total"]["written"], "8.00");

    let again = send(&central, &hr, "POST", "", wish("2026-11", LONG, false)).await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "already_exported"));
    assert_eq!(again.json()["batch"]["batch_id"], "2026-11.1");

    let auditor = central.token("auditor", Role::Auditor).await;
    let file = send(&central, &auditor, "GET", "/2026-11.1/file", String::new()).await;
    assert!(file.text.contains("2026-11.1,0042,Ada Lovelace,berlin"), "{}", file.text);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"payroll-2026-11.1.csv\"");
    assert_eq!(send(&central, &auditor, "GET", "/2026-11.1", String::new()).await.json(), batch);
    let listed = send(&central, &auditor, "GET", "?site=berlin&limit=1", String::new()).await.json();
    assert_eq!((&listed["batches"][0], &listed["next"]), (&batch, &"2026-11.1".into()));
    let rest = send(&central, &auditor, "GET", "?after=2026-11.1", String::new()).await.json();
    assert_eq!(rest["batches"], serde_json::json!([]));
    let rows = audit::list_newest(&mut central.state.db().read().await.unwrap(), None, 100).await.unwrap();
    let did = |action: &str, actor: &str| {
        rows.iter().filter(|row| row.action == action && row.actor == actor).count()
    };
    assert_eq!((did("payroll.export", "token:hr"), did("payroll.view", "token:auditor")), (1, 1));

    let reason = || r#"{"reason":"the codes were wrong"}"#.to_owned();
    let refused = send(&central, &auditor, "POST", "/2026-11.1/cancel", reason()).await;
    assert_eq!(refused.code(), "not_allowed");
    let taken = send(&central, &hr, "POST", "/2026-11.1/cancel", reason()).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT, "{}", taken.text);
    let done = send(&central, &hr, "POST", "", wish("2026-11", LONG, false)).await;
    assert_eq!(done.json()["batch_id"], "2026-11.2");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_answered_with_what_to_do() {
    let central = november().await;
    let hr = central.token("hr", Role::Hr).await;
    let unknown = LONG.replace("\nfrom = \"hours\"\n", "\nfrom = \"ours\"\n");
    let refused = send(&central, &hr, "POST", "", wish("2026-11", &unknown, false)).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "bad_mapping"));
    assert!(refused.text.contains("ours") && refused.text.contains("line "), "{}", refused.text);
    let open = send(&central, &hr, "POST", "", wish("2026-10", LONG, false)).await;
    assert_eq!((open.status, open.code().as_str()), (StatusCode::CONFLICT, "not_locked"));
    for (method, path, code) in [
        ("GET", "/2026-11.1", "unknown_batch"),
        ("GET", "/2026-11.1/file", "unknown_batch"),
        ("GET", "/2026-11", "bad_id"),
        ("GET", "?after=x", "bad_query"),
    ] {
        assert_eq!(send(&central, &hr, method, path, String::new()).await.code(), code, "{path}");
    }
    let auditor = central.token("auditor", Role::Auditor).await;
    assert_eq!(send(&central, &auditor, "POST", "", wish("2026-11", LONG, true)).await.code(), "not_allowed");
    assert_eq!(send(&central, &hr, "GET", "", String::new()).await.json()["batches"], serde_json::json!([]));
}
