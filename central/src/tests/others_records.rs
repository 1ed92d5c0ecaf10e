//! An employee asks for somebody else's record, by every route that takes an id: it is refused, and in the
//! same words whether the id exists or not. The routes are read from the table, so a new one is asked too.

use super::*;
use crate::api::routes::{Access, PEOPLE, Route};
use crate::attendance::shift::ShiftTemplate;
use crate::badges;
use crate::corrections::{self, State, Wish, WishedChange};
use crate::payroll;
use crate::rosters::{assignments, leave, outages, periods, shifts};
use crate::store::{audit, corrections as correction_rows, devices as device_rows, rosters as roster_rows};

/// Of the right form, and nobody's.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const DOOR: &str = "door-1";
const SHIFT: &str = "early";
const BATCH: &str = "2026-10.1";

/// Somebody with everything that a route could give away.
struct Ada {
    person: PersonId,
    waiting: String,
    counted: String,
    account: String,
    planned: Planned,
}

/// What is planned for her.
struct Planned {
    assignment: String,
    leave: String,
    outage: String,
}

async fn planned(central: &TestCentral, person: PersonId, own: &Actor) -> Planned {
    let (db, hr) = (central.state.db(), Actor::local());
    let day = jiff::civil::date(2026, 12, 1);
    let row = shifts::ShiftRow {
        shift_id: SHIFT.parse().unwrap(),
        from: day,
        zone: None,
        template: ShiftTemplate::open(None),
    };
    shifts::put(db, &hr.permit().unwrap(), &HandClock, row).await.unwrap();
    let weekdays = "mon-fri".parse().unwrap();
    let works = assignments::Works::Shift { shift: SHIFT.parse().unwrap(), weekdays };
    let new = assignments::NewAssignment { person_id: person, works, from: day, to: None };
    let (assignment, _) = assignments::create(db, &hr.permit().unwrap(), &HandClock, new).await.unwrap();
    let kind = "annual".parse().unwrap();
    let wish = leave::Wish { kind, from: day, to: day, part: Default::default(), note: String::new() };
    let leave = leave::ask(db, &own.own().unwrap(), &HandClock, &wish).await.unwrap();
    let device_id = DOOR.parse().unwrap();
    let new = outages::NewOutage { device_id, from: MORNING, to: None, reason: "stolen".into() };
    let outage = outages::declare(db, &hr.permit().unwrap(), &HandClock, new).await.unwrap();
    Planned { assignment: assignment.to_string(), leave: leave.to_string(), outage: outage.to_string() }
}

/// A batch for payroll of a month before she came.
async fn given(central: &TestCentral) {
    let (db, hr) = (central.state.db(), Actor::local());
    let (site, month) = ("berlin".parse().unwrap(), "2026-10".parse().unwrap());
    periods::lock(db, &hr.permit().unwrap(), &HandClock, &site, month, "payroll").await.unwrap();
    let mapping = include_str!("../../../config/payroll/generic-long.toml").to_owned();
    let wish = payroll::Wish { month, site: Some(site), mapping };
    let done = payroll::export(db, &hr.permit().unwrap(), &HandClock, &wish).await.unwrap();
    assert_eq!(done.batch.unwrap().id.to_string(), BATCH);
}

fn wish(minutes_ago: i64) -> Wish {
    let site = "berlin".parse().unwrap();
    let at = MORNING.plus_millis(-minutes_ago * 60_000);
    Wish { change: WishedChange::Add { site, at, direction: None }, reason: "the door was open".into() }
}

async fn ada(central: &TestCentral) -> Ada {
    let (db, hr) = (central.state.db(), Actor::local());
    let person = central.person("Ada Lovelace").await;
    people::consent(db, &hr.permit().unwrap(), &HandClock, person, "2026-1", "test").await.unwrap();
    let keys = &central.keys.badge;
    badges::issue(db, keys, &hr.permit().unwrap(), &HandClock, person, 30).await.unwrap();
    let own = Actor::new("ada", Role::Employee).about(person);
    let waiting = corrections::propose(db, &own.own().unwrap(), &HandClock, &wish(30)).await.unwrap();
    let permit = hr.permit().unwrap();
    let counted = corrections::change(db, &permit, &hr, &HandClock, person, &wish(60)).await.unwrap();
    central.door(DOOR).await;
    given(central).await;
    let account = central.session(Role::Hr).await.account.as_str().to_owned();
    let planned = planned(central, person, &own).await;
    Ada { person, waiting: waiting.to_string(), counted: counted.to_string(), account, planned }
}

impl Ada {
    /// What `{id}` of a route names: the one that is there, and one that isn't.
    fn ids(&self, path: &str) -> (String, &'static str) {
        if path.contains("/people/{id}") {
            (self.person.to_string(), NOBODY)
        } else if path.contains("/corrections/{id}") {
            (self.waiting.clone(), NOBODY)
        } else if path.contains("/devices/{id}") {
            (DOOR.into(), "door-9")
        } else if path.contains("/accounts/{id}") {
            (self.account.clone(), NOBODY)
        } else if path.contains("/shifts/{id}") {
            (SHIFT.into(), "late")
        } else if path.contains("/assignments/{id}") {
            (self.planned.assignment.clone(), NOBODY)
        } else if path.contains("/leave/{id}") {
            (self.planned.leave.clone(), NOBODY)
        } else if path.contains("/sites/{id}") {
            ("berlin".into(), "lisbon")
        } else if path.contains("/reports/{id}") {
            ("monthly.csv".into(), "nothing.csv")
        } else if path.contains("/payroll/{id}") {
            (BATCH.into(), "2026-10.9")
        } else if path.contains("/out-of-service/{id}") {
            (self.planned.outage.clone(), NOBODY)
        } else {
            panic!("say here what {{id}} is in {path}")
        }
    }
}

fn with_an_id() -> impl Iterator<Item = &'static Route> {
    let guarded = |route: &&Route| !matches!(route.access, Access::Open | Access::LogIn | Access::Metrics);
    PEOPLE.iter().filter(guarded).filter(|route| route.path.contains('{'))
}

/// An answer without what differs from request to request.
fn essence(answer: &Answer) -> (StatusCode, String, String) {
    let json = answer.json();
    (answer.status, answer.code(), json["detail"].as_str().unwrap_or(&answer.text).to_owned())
}

#[tokio::test]
async fn somebody_elses_record_is_refused_by_every_route_as_if_it_did_not_exist() {
    let central = TestCentral::with_site().await;
    let ada = ada(&central).await;
    let employee = central.session(Role::Employee).await;
    let mut asked = 0;
    for route in with_an_id() {
        let (there, nobody) = ada.ids(route.path);
        for method in route.methods {
            let ask_for = async |id: &str| {
                let path = route.path.replace("{id}", id);
                ask(&central.people, employee.asks(method, &path)).await
            };
            let (found, missing) = (ask_for(&there).await, ask_for(nobody).await);
            let refused = (StatusCode::FORBIDDEN, "not_allowed".to_owned());
            assert_eq!((found.status, found.code()), refused, "{method} {}", route.path);
            assert_eq!(essence(&found), essence(&missing), "{method} {} tells them apart", route.path);
            let told = found.text.contains("Ada") || found.text.contains(&there);
            assert!(!told, "{method} {}: {}", route.path, found.text);
            asked += 1;
        }
    }
    assert!(asked >= 25, "only {asked}: is the table still read?");
    nothing_was_done(&central, &ada, &employee).await;
}

async fn nothing_was_done(central: &TestCentral, ada: &Ada, employee: &TestSession) {
    let permit = Actor::local().permit().unwrap();
    let found = people::find(central.state.db(), &permit, &ada.person.to_string()).await.unwrap();
    assert!(found.active && found.consent.is_some());
    let mut tx = central.state.db().read().await.unwrap();
    assert!(crate::store::badges::get_by_person(&mut tx, ada.person).await.unwrap().is_some());
    let waiting = correction_rows::get(&mut tx, ada.waiting.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(waiting.state, State::Proposed);
    let door = device_rows::get(&mut tx, &DOOR.parse().unwrap()).await.unwrap().unwrap();
    assert!(door.revoked_at.is_none());
    let asked = roster_rows::leave::get(&mut tx, ada.planned.leave.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(asked.state, leave::LeaveState::Proposed);
    let id = ada.planned.assignment.parse().unwrap();
    assert!(roster_rows::assignments::get(&mut tx, id).await.unwrap().is_some());
    let batch = crate::store::payroll::get(&mut tx, BATCH.parse().unwrap()).await.unwrap().unwrap();
    assert!(batch.cancelled.is_none());
    let outage =
        roster_rows::outages::get(&mut tx, ada.planned.outage.parse().unwrap()).await.unwrap().unwrap();
    assert!(outage.approved_by.is_none() && outage.to.is_none());
    let account = format!("account:{}", employee.account.as_str());
    let rows = audit::list_newest(&mut tx, None, 100).await.unwrap();
    assert!(rows.iter().all(|row| row.actor != account), "an audit row says that something was done");
}

#[tokio::test]
async fn lists_and_downloads_of_everybody_are_refused_to_an_employee() {
    let central = TestCentral::with_site().await;
    let ada = ada(&central).await;
    let employee = central.session(Role::Employee).await;
    for path in [
        "/console/people?q=Ada",
        "/console/month?month=2026-11",
        "/console/month.csv?month=2026-11",
        "/console/board",
        "/api/v1/people",
        "/api/v1/assignments",
        "/api/v1/leave",
        "/api/v1/attendance/days?from=2026-11-01&to=2026-11-30",
        "/api/v1/days?from=2026-11-01&to=2026-11-30",
        "/api/v1/timesheets?month=2026-11",
        "/api/v1/exceptions?from=2026-11-01&to=2026-11-30",
        "/api/v1/corrections",
        "/api/v1/payroll",
        "/api/v1/reports/daily.json?date=2026-11-20",
        "/api/v1/reports/evacuation.html",
    ] {
        let answer = ask(&central.people, employee.asks("GET", path)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "not_allowed"), "{path}");
        assert!(!answer.text.contains("Ada") && !answer.text.contains(&ada.person.to_string()), "{path}");
    }
}

#[tokio::test]
async fn an_id_slipped_into_ones_own_routes_changes_nothing() {
    let central = TestCentral::with_site().await;
    let ada = ada(&central).await;
    let employee = central.session(Role::Employee).await;
    for key in ["id", "person", "person_id"] {
        let path = format!("/console/me?{key}={}&month=2026-11", ada.person);
        let answer = ask(&central.people, employee.asks("GET", &path)).await;
        assert!(
            !answer.text.contains("Ada") && !answer.text.contains(&ada.counted),
            "{key}: {}",
            answer.text
        );
    }
    // One's own badge, whatever the query says: there is none.
    let own = format!("/console/me/badge.svg?id={}", ada.person);
    let answer = ask(&central.people, employee.asks("GET", &own)).await;
    assert!(!answer.status.is_success(), "{}", answer.text);

    // Somebody else's punch, and one that isn't there, are refused alike.
    let mut places = Vec::new();
    for punch in [ada.counted.as_str(), NOBODY] {
        let mut request = employee.asks("POST", "/console/me/corrections");
        let text = format!("punch={punch}&person={}&reason=it+was+not+me", ada.person);
        *request.body_mut() = Body::from(text);
        let answer = ask(&central.people, request).await;
        places.push(answer.headers["location"].to_str().unwrap().to_owned());
    }
    assert_eq!(places[0], places[1]);
    assert!(places[0].contains("refused-punch-unknown"), "{places:?}");
    nothing_was_done(&central, &ada, &employee).await;
}
