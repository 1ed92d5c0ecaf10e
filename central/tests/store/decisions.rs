//! What people decide about a record: moved, assigned, directed and excused, and never by oneself.

use jiff::civil::date;
use lintel_central::attendance::exception::Code;
use lintel_central::attendance::overtime::Overtime;
use lintel_central::attendance::policy::Policy;
use lintel_central::attendance::punch::Direction;
use lintel_central::attendance::{Length, Status};
use lintel_central::auth::{Actor, Role};
use lintel_central::corrections::{self, CorrectionError, Wish, WishedChange};
use lintel_core::event::EventKind;
use lintel_core::ids::{CorrectionId, EventId, PersonId};
use lintel_core::wire::WireEvent;

use crate::office::{FRIDAY, HOUR, hours};
use crate::on_both;
use crate::rosters::shift;
use crate::world::{MORNING, World, may, site};

fn id_of(event: &WireEvent) -> EventId {
    let payload: serde_json::Value = serde_json::from_str(event.payload.get()).unwrap();
    EventId::parse(payload["id"].as_str().unwrap()).unwrap()
}

async fn decided(
    world: &World,
    person: PersonId,
    change: WishedChange,
) -> Result<CorrectionId, CorrectionError> {
    let wish = Wish { change, reason: "seen on the camera of the yard".into() };
    corrections::change(&world.db, &may(), &Actor::local(), &*world.clock, person, &wish).await
}

on_both! {
    async fn an_answer_that_can_not_be_stored_is_refused_with_an_approval_too(world: World) {
        let ada = world.enrolled("Ada", "berlin").await;
        let own = Actor::new("account:ada", Role::Employee).about(ada);
        let change = WishedChange::Add { site: site("berlin"), at: MORNING, direction: None };
        let wish = Wish { change, reason: "the door was open".into() };
        let id = corrections::propose(&world.db, &own.own().unwrap(), &*world.clock, &wish).await.unwrap();
        let decide = async |answer: &str| {
            let hr = Actor::local();
            corrections::decide(&world.db, &may(), &hr, &*world.clock, id, true, answer).await
        };
        for wrong in ["yes\0", "x".repeat(501).as_str()] {
            assert!(matches!(decide(wrong).await, Err(CorrectionError::Reason)), "{wrong:?}");
        }
        decide("ok").await.unwrap();
    }

    async fn a_punch_moves_to_the_one_whose_it_was_and_stays_theirs_when_the_other_is_erased(world: World) {
        let (ada, bob) = (world.enrolled("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        let (front, mut door) = world.office_door("front").await;
        let events = [door.punch(ada, MORNING), door.punch(ada, hours(8)), door.punch(bob, hours(1))];
        world.take(&front, &door, &events).await;
        world.clock.set(hours(16));
        let change = WishedChange::Move { punch: id_of(&events[1]), to: bob };
        let own = Actor::new("account:bob", Role::Hr).about(bob);
        let wish = Wish { change: change.clone(), reason: "it was me".into() };
        let refused =
            corrections::change(&world.db, &own.permit().unwrap(), &own, &*world.clock, ada, &wish).await;
        assert!(matches!(refused, Err(CorrectionError::Own)), "to oneself is about oneself");
        decided(&world, ada, change).await.unwrap();
        let of_ada = world.day(ada, FRIDAY).await.unwrap();
        assert_eq!((of_ada.first_in(), of_ada.last_out(), of_ada.punches), (Some(MORNING), None, 1));
        let of_bob = world.day(bob, FRIDAY).await.unwrap();
        assert_eq!((of_bob.first_in(), of_bob.last_out()), (Some(hours(1)), Some(hours(8))));
        let again = decided(&world, ada, WishedChange::Void { punch: id_of(&events[1]) }).await;
        assert!(again.is_ok(), "the recorded punch is still there to be spoken of");

        world.erase(ada).await;
        assert!(!world.is_known(ada).await);
        world.clock.set(hours(17));
        decided(&world, bob, WishedChange::Direct { punch: id_of(&events[2]), direction: Direction::In }).await.unwrap();
        assert_eq!(world.day(bob, FRIDAY).await.unwrap().last_out(), Some(hours(8)));
    }

    async fn a_face_that_nobody_was_recognised_by_becomes_somebody_s_punch_once(world: World) {
        let (ada, bob) = (world.enrolled("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        let (front, mut door) = world.office_door("front").await;
        let events = [
            door.event(EventKind::Unknown, None, MORNING),
            door.punch(ada, hours(8)),
            door.event(EventKind::Tamper, None, hours(9)),
        ];
        world.take(&front, &door, &events).await;
        world.clock.set(hours(16));
        decided(&world, ada, WishedChange::Assign { event: id_of(&events[0]) }).await.unwrap();
        let record = world.day(ada, FRIDAY).await.unwrap();
        assert_eq!((record.first_in(), record.last_out()), (Some(MORNING), Some(hours(8))));
        let twice = decided(&world, bob, WishedChange::Assign { event: id_of(&events[0]) }).await;
        assert!(matches!(twice, Err(CorrectionError::UnknownPunch)), "{twice:?}");
        for other in [&events[1], &events[2]] {
            let refused = decided(&world, bob, WishedChange::Assign { event: id_of(other) }).await;
            assert!(matches!(refused, Err(CorrectionError::NotToBeGiven)), "{refused:?}");
        }
        // It can be taken back like any punch of theirs.
        decided(&world, ada, WishedChange::Void { punch: id_of(&events[0]) }).await.unwrap();
        assert_eq!(world.day(ada, FRIDAY).await.unwrap().first_in(), Some(hours(8)));
    }

    async fn an_employee_asks_for_their_own_record_only(world: World) {
        let (ada, bob) = (world.enrolled("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        let (front, mut door) = world.office_door("front").await;
        let events = [door.punch(ada, MORNING), door.punch(bob, MORNING)];
        world.take(&front, &door, &events).await;
        let own = Actor::new("account:ada", Role::Employee).about(ada);
        let asked = async |change| {
            let wish = Wish { change, reason: "a mistake".into() };
            corrections::propose(&world.db, &own.own().unwrap(), &*world.clock, &wish).await
        };
        let moved = asked(WishedChange::Move { punch: id_of(&events[0]), to: bob }).await;
        assert!(matches!(moved, Err(CorrectionError::Others)));
        let foreign = asked(WishedChange::Direct { punch: id_of(&events[1]), direction: Direction::Out }).await;
        assert!(matches!(foreign, Err(CorrectionError::UnknownPunch)));
        asked(WishedChange::Direct { punch: id_of(&events[0]), direction: Direction::Out }).await.unwrap();
    }

    async fn an_excused_day_is_no_absence_and_approved_overtime_waits_for_nobody(world: World) {
        world.office_hours().await;
        let overtime = Overtime { daily_after: Some(Length::from_hours(8)), needs_approval: true, ..Overtime::default() };
        world.policy(Policy { default_shift: Some(shift("office")), overtime, ..Policy::default() }).await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, mut door) = world.office_door("front").await;
        let events = [door.punch(ada, MORNING), door.punch(ada, hours(10))];
        world.take(&front, &door, &events).await;
        world.clock.set(hours(48));
        world.beats(&front, door.stream, 2).await;
        let waits = |record: &lintel_central::attendance::DayRecord| {
            record.exceptions.iter().any(|exception| exception.code == Code::OvertimeUnapproved)
        };
        let friday = world.day(ada, FRIDAY).await.unwrap();
        assert!(waits(&friday), "{friday:?}");
        assert_eq!(world.status(ada, date(2026, 11, 21)).await, Some(Status::Absent));

        decided(&world, ada, WishedChange::ApproveOvertime { date: FRIDAY }).await.unwrap();
        decided(&world, ada, WishedChange::Excuse { date: date(2026, 11, 21), paid: true }).await.unwrap();
        let friday = world.day(ada, FRIDAY).await.unwrap();
        assert!(!waits(&friday), "{friday:?}");
        assert_eq!(friday.overtime_total().as_millis(), 2 * HOUR);
        let saturday = world.day(ada, date(2026, 11, 21)).await.unwrap();
        assert_eq!((saturday.status, saturday.hours.credited.as_millis()), (Status::Excused, 8 * HOUR));
    }
}
