//! A correction from the employee's wish to the file for payroll, consent that is taken back, and one's own
//! badge, as their pages send it.

use lintel_core::event::EventKind;

use super::*;
use crate::attendance::Length;
use crate::backup::Desk;
use crate::corrections::{self, CorrectionError, State, Wish, WishedChange};
use crate::jobs::Jobs;
use crate::revocation::RevocationLedger;
use crate::store::{audit, badges, corrections as rows};

#[path = "../../tests/store/door.rs"]
#[allow(dead_code, unreachable_pub, reason = "the store's tests use all of it")]
pub(super) mod door;

const MINUTE: i64 = 60_000;

/// An employee with their account and record.
struct Ada {
    person: PersonId,
    session: TestSession,
}

async fn ada(central: &TestCentral) -> Ada {
    let session = central.session(Role::Employee).await;
    let permit = Actor::local().permit().unwrap();
    let person = people::list(central.state.db(), &permit, None).await.unwrap().remove(0).person_id;
    let may = Actor::local().permit().unwrap();
    people::consent(central.state.db(), &may, &HandClock, person, "2026-1", "test").await.unwrap();
    Ada { person, session }
}

impl TestCentral {
    /// Sends a form; the address that it leads to.
    pub(super) async fn send(&self, who: &TestSession, path: &str, fields: &str) -> String {
        let mut request = who.asks("POST", path);
        *request.body_mut() = Body::from(fields.to_owned());
        let answer = ask(&self.people, request).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        answer.headers["location"].to_str().unwrap().to_owned()
    }

    pub(super) async fn page(&self, who: &TestSession, path: &str) -> String {
        let answer = ask(&self.people, who.asks("GET", path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    /// Computes the days that wait for it.
    pub(super) async fn work_off(&self) {
        let file = |name: &str| self._dir.path().join(name);
        let desk = Desk {
            settings: Arc::new(self.state.settings().clone()),
            db: self.state.db().clone(),
            keys: Arc::clone(&self.keys),
            ledger: ErasureLedger::new(file("erasures.log"), None, Arc::clone(&self.keys)),
            revocations: RevocationLedger::new(file("revocations.log"), None, Arc::clone(&self.keys)),
            clock: Arc::new(HandClock),
        };
        let jobs = Jobs {
            db: self.state.db().clone(),
            keys: Arc::clone(&self.keys),
            clock: Arc::new(HandClock),
            min_gap: Length::from_minutes(2),
            desk,
            notices: None,
        };
        while jobs.run_due().await.unwrap() > 0 {}
    }

    /// Actions of the audit on a subject, oldest first, with who.
    async fn done_to(&self, subject: &str) -> Vec<(String, String)> {
        let mut tx = self.state.db().read().await.unwrap();
        let mut found = audit::list_newest(&mut tx, Some(subject), 50).await.unwrap();
        found.reverse();
        found.into_iter().map(|row| (row.actor, row.action)).collect()
    }
}

#[tokio::test]
async fn what_an_employee_proposes_and_hr_approves_is_in_the_month_and_in_its_file() {
    let central = TestCentral::with_site().await;
    let ada = ada(&central).await;
    let hr = central.session(Role::Hr).await;
    let token = central.door("door-1").await;
    // A badge at 8:00 and a face at 9:00 in Berlin.
    let mut door = door::Door::new(&"door-1".parse().unwrap());
    let badge = door.event(EventKind::Badge, Some(ada.person), MORNING.plus_millis(-60 * MINUTE));
    let events = [badge, door.punch(ada.person, MORNING)];
    let sent = request("POST", "/device/v1/events", Some(&token), door.batch(&events));
    assert_eq!(ask(&central.doors, sent).await.status, StatusCode::OK);
    central.work_off().await;
    let month = format!("/console/people/{}/month?month=2026-11", ada.person);
    let file = "/console/month.csv?month=2026-11";
    let recorded = central.page(&hr, file).await;
    assert!(
        recorded.contains(",Somebody,2026-11-20T08:00:00+01:00,2026-11-20T09:00:00+01:00,1:00,60,2,"),
        "{recorded}"
    );

    let wish = "site=berlin&date=2026-11-20&time=07:30&reason=the+door+was+open";
    let to = central.send(&ada.session, "/console/me/corrections", wish).await;
    assert!(to.contains("said-proposed"), "{to}");
    let waiting = rows::list_open(&mut central.state.db().read().await.unwrap(), 10).await.unwrap().remove(0);
    let (id, account) =
        (waiting.correction_id.to_string(), format!("account:{}", ada.session.account.as_str()));
    assert_eq!((waiting.person_id, waiting.proposed_by.as_str()), (ada.person, account.as_str()));
    assert!(central.page(&hr, "/console/month?month=2026-11").await.contains("the door was open"));
    central.work_off().await;
    assert_eq!(central.page(&hr, file).await, recorded, "a proposal counts for nothing");

    let to = central.send(&hr, &format!("/console/corrections/{id}"), "decision=approve").await;
    assert!(to.contains("said-approved"), "{to}");
    central.work_off().await;
    let counted = central.page(&hr, file).await;
    assert!(counted.contains(",2026-11-20T07:30:00+01:00,2026-11-20T09:00:00+01:00,1:30,90,3,"), "{counted}");
    for (who, path) in [(&hr, month.as_str()), (&ada.session, "/console/me?month=2026-11")] {
        let shown = central.page(who, path).await;
        assert!(
            shown.contains("07:30") && shown.contains("the door was open") && shown.contains("1:30"),
            "{shown}"
        );
    }
    let decided = format!("account:{}", hr.account.as_str());
    let expected = [(account, "correction.propose".to_owned()), (decided, "correction.approve".to_owned())];
    assert_eq!(central.done_to(&id).await, expected);
}

#[tokio::test]
async fn a_decision_needs_a_reason_to_refuse_somebody_else_and_is_made_once() {
    let central = TestCentral::with_site().await;
    let ada = ada(&central).await;
    let db = central.state.db();
    let own = Actor::new("ada", Role::Employee).about(ada.person);
    let propose = async |minutes: i64| {
        let at = MORNING.plus_millis(-minutes * MINUTE);
        let change = WishedChange::Add { site: "berlin".parse().unwrap(), at, direction: None };
        let wish = Wish { change, reason: "the door was open".into() };
        corrections::propose(db, &own.own().unwrap(), &HandClock, &wish).await.unwrap()
    };
    let (one, two) = (propose(30).await, propose(60).await);
    let decide = async |actor: &Actor, id, approve, answer: &str| {
        corrections::decide(db, &actor.permit().unwrap(), actor, &HandClock, id, approve, answer).await
    };
    let state = async |id| rows::get(&mut db.read().await.unwrap(), id).await.unwrap().unwrap().state;
    let hr = Actor::new("hr", Role::Hr);

    for answer in ["", "  ", "no"] {
        let refused = decide(&hr, one, false, answer).await;
        assert!(matches!(refused, Err(CorrectionError::Reason)), "{answer:?}: {refused:?}");
    }
    // HR who is the person, under another name; and whoever proposed it, whoever they are by now.
    for own in [Actor::new("boss", Role::Hr).about(ada.person), Actor::new("ada", Role::Hr)] {
        for approve in [true, false] {
            let refused = decide(&own, one, approve, "because I say so").await;
            assert!(matches!(refused, Err(CorrectionError::Own)), "{refused:?}");
        }
    }
    assert_eq!((state(one).await, central.done_to(&one.to_string()).await.len()), (State::Proposed, 1));

    assert_eq!(decide(&hr, one, true, "").await.unwrap(), ada.person);
    assert_eq!(decide(&hr, two, false, " there was a fire drill ").await.unwrap(), ada.person);
    for (id, approve) in [(one, false), (one, true), (two, true)] {
        let late = decide(&hr, id, approve, "another opinion").await;
        assert!(matches!(late, Err(CorrectionError::Decided)), "{late:?}");
    }
    assert_eq!((state(one).await, state(two).await), (State::Approved, State::Rejected));
    let rejected = rows::get(&mut db.read().await.unwrap(), two).await.unwrap().unwrap();
    assert_eq!(rejected.answer.as_deref(), Some("there was a fire drill"));
    assert_eq!(rejected.decided_by.as_deref(), Some("hr"));
    assert_eq!(central.done_to(&two.to_string()).await.last().unwrap().1, "correction.reject");
    let unknown = decide(&hr, "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(), true, "").await;
    assert!(matches!(unknown, Err(CorrectionError::Unknown)), "{unknown:?}");
}

#[tokio::test]
async fn an_employee_takes_their_own_consent_back_and_gets_their_own_badge() {
    let central = TestCentral::with_site().await;
    let ada = ada(&central).await;
    let other = central.person("Bob").await;
    let may = Actor::local().permit().unwrap();
    people::consent(central.state.db(), &may, &HandClock, other, "2026-1", "test").await.unwrap();
    let standing = async |person: PersonId| {
        let permit = Actor::local().permit().unwrap();
        people::find(central.state.db(), &permit, &person.to_string()).await.unwrap().consent.is_some()
    };
    let to = central.send(&ada.session, "/console/me/withdraw", &format!("person={other}")).await;
    assert!(to.contains("said-own-consent-withdrawn"), "{to}");
    assert_eq!((standing(ada.person).await, standing(other).await), (false, true));
    let done = central.done_to(&ada.person.to_string()).await;
    let account = format!("account:{}", ada.session.account.as_str());
    assert!(done.contains(&(account, "consent.withdraw".to_owned())), "{done:?}");

    central.send(&ada.session, "/console/me/badge", &format!("person={other}")).await;
    let mut tx = central.state.db().read().await.unwrap();
    assert!(badges::get_by_person(&mut tx, ada.person).await.unwrap().is_some());
    assert!(badges::get_by_person(&mut tx, other).await.unwrap().is_none());
    drop(tx);
    assert!(central.page(&ada.session, "/console/me/badge.svg").await.contains("<svg"));
}
