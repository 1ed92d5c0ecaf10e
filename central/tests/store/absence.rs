//! Nobody is absent until every door that could have seen them has said all it knows.

use jiff::civil::date;
use lintel_central::attendance::Status;
use lintel_central::attendance::exception::Code;
use lintel_central::auth::{Actor, Role};
use lintel_central::people;
use lintel_central::rosters::outages::{self, NewOutage};
use lintel_central::store::{days, watermarks};
use lintel_core::event::ClockReading;
use lintel_core::ids::StreamId;
use lintel_core::wire::Heartbeat;

use crate::office::{FRIDAY, HOUR, hours};
use crate::on_both;
use crate::world::{MORNING, World, may, site};

fn fresh() -> StreamId {
    StreamId::from(uuid::Uuid::new_v4())
}

on_both! {
    async fn absence_waits_for_each_door_that_could_have_seen_them(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, _) = world.office_door("front").await;
        let (back, _) = world.office_door("back").await;
        // The garage knows nobody: it holds nobody up.
        world.device("garage", "berlin").await;
        assert_eq!(world.status(ada, FRIDAY).await, None, "Friday is not over");

        world.clock.set(hours(16));
        world.beats(&front, fresh(), 0).await;
        let record = world.day(ada, FRIDAY).await.unwrap();
        assert_eq!(record.status, Status::Pending);
        let why = record.provisional.unwrap();
        assert_eq!((why.not_over, why.blocked_by.as_slice()), (false, &[back.device_id.clone()][..]));
        let blocking = watermarks::list_blocking(&mut world.db.read().await.unwrap()).await.unwrap();
        assert_eq!(blocking, [(back.device_id.clone(), 1)]);

        world.beats(&back, fresh(), 0).await;
        let record = world.day(ada, FRIDAY).await.unwrap();
        assert_eq!((record.status, record.provisional.is_none()), (Status::Absent, true));
        assert!(watermarks::list_blocking(&mut world.db.read().await.unwrap()).await.unwrap().is_empty());
    }

    async fn a_day_stops_naming_a_door_that_has_passed_while_another_still_holds_it_up(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, _) = world.office_door("front").await;
        let (back, _) = world.office_door("back").await;
        world.clock.set(hours(16));
        let doors = async || world.day(ada, FRIDAY).await.unwrap().provisional.unwrap().blocked_by;
        assert_eq!(doors().await, [back.device_id.clone(), front.device_id.clone()]);
        world.beats(&front, fresh(), 0).await;
        // Nobody's day is computed once for each door that passes: this waits a little for the others.
        assert_eq!(doors().await.len(), 2);
        world.clock.set(hours(16).plus_millis(120_000));
        assert_eq!(doors().await, std::slice::from_ref(&back.device_id));
    }

    async fn a_door_with_a_backlog_is_known_only_when_it_has_come(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, mut door) = world.office_door("front").await;
        let events = [door.punch(ada, MORNING), door.punch(ada, hours(8))];
        world.clock.set(hours(16));
        // It says that it has two events, and none has come yet.
        world.beats(&front, door.stream, 2).await;
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Pending));
        world.take(&front, &door, &events[..1]).await;
        assert!(world.day(ada, FRIDAY).await.unwrap().provisional.is_some());
        world.take(&front, &door, &events[1..]).await;
        let record = world.day(ada, FRIDAY).await.unwrap();
        assert_eq!((record.status, record.provisional.is_none()), (Status::Present, true));
        assert_eq!(record.hours.worked.as_millis(), 8 * HOUR);
    }

    async fn a_door_whose_clock_is_wrong_proves_nothing_ahead_of_time(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, _) = world.office_door("front").await;
        world.clock.set(hours(16));
        // A year ahead, and it recorded nothing since yesterday noon.
        let beat = world.beat(&front.device_id, 1);
        let sent_at = beat.sent_at.plus_millis(365 * 24 * HOUR);
        let behind = Heartbeat { sent_at, recorded_through: sent_at.plus_millis(-12 * HOUR), ..beat };
        world.sends(&front, &behind).await;
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Pending));
        world.sends(&front, &Heartbeat { recorded_through: sent_at, ..behind }).await;
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Absent));
    }

    async fn a_dead_door_that_is_declared_so_holds_nobody_up_and_the_day_says_it(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (back, mut door) = world.office_door("back").await;
        world.clock.set(hours(16));
        let new = NewOutage { device_id: back.device_id.clone(), from: hours(-9), to: None, reason: "stolen".into() };
        let id = outages::declare(&world.db, &may(), &*world.clock, new).await.unwrap();
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Pending), "nobody else has approved it");
        let other = Actor::new("account:boss", Role::Hr).permit().unwrap();
        outages::approve(&world.db, &other, &*world.clock, id).await.unwrap();
        let record = world.day(ada, FRIDAY).await.unwrap();
        assert_eq!(record.status, Status::Absent);
        assert!(record.exceptions.iter().any(|exception| exception.code == Code::DoorOutOfService));
        // It is found again, with what it recorded.
        let events = [door.punch(ada, MORNING), door.punch(ada, hours(8))];
        world.take(&back, &door, &events).await;
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Present));
    }

    async fn a_dead_door_holds_up_no_guest_of_another_site_either(world: World) {
        world.office_hours().await;
        let guest = world.enrolled("Guest", "lisbon").await;
        people::allow_site(&world.db, &may(), &*world.clock, guest, &site("berlin")).await.unwrap();
        let (back, _) = world.office_door("back").await;
        world.clock.set(hours(17));
        assert_eq!(world.status(guest, FRIDAY).await, Some(Status::Pending));
        let new = NewOutage { device_id: back.device_id.clone(), from: hours(-9), to: None, reason: "stolen".into() };
        let id = outages::declare(&world.db, &may(), &*world.clock, new).await.unwrap();
        let other = Actor::new("account:boss", Role::Hr).permit().unwrap();
        outages::approve(&world.db, &other, &*world.clock, id).await.unwrap();
        assert_eq!(world.status(guest, FRIDAY).await, Some(Status::Absent));
        // It is found: from then on it counts again.
        outages::end(&world.db, &may(), &*world.clock, id, Some(hours(-8))).await.unwrap();
        assert_eq!(world.status(guest, FRIDAY).await, Some(Status::Pending));
    }

    async fn late_events_change_the_days_that_they_touch_and_no_other(world: World) {
        world.office_hours().await;
        let (ada, bob) = (world.enrolled("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        let (front, mut door) = world.office_door("front").await;
        world.clock.set(hours(3 * 24));
        world.beats(&front, fresh(), 0).await;
        world.work_off().await;
        let all = async || {
            let mut tx = world.db.read().await.unwrap();
            days::list(&mut tx, date(2026, 11, 1), date(2026, 11, 30), None).await.unwrap()
        };
        let before = all().await;
        assert_eq!(before.len(), 6, "{before:?}");
        world.clock.set(hours(3 * 24 + 1));
        let events = [door.punch(ada, hours(24)), door.punch(ada, hours(32))];
        world.take(&front, &door, &events).await;
        world.work_off().await;
        let after = all().await;
        let changed: Vec<_> = after
            .iter()
            .filter(|row| !before.contains(row))
            .map(|row| (row.record.person, row.record.date))
            .collect();
        assert_eq!(changed, [(ada, date(2026, 11, 21))]);
        assert!(after.iter().any(|row| row.record.person == bob && row.record.status == Status::Absent));
    }

    async fn a_doubtful_clock_marks_the_hours_that_it_could_change(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, mut door) = world.office_door("front").await;
        let doubtful = ClockReading {
            synced: false,
            boot_id: "b".into(),
            monotonic_ms: 1,
            offset_estimate_ms: HOUR,
            error_ms: 600_000,
        };
        let events = [door.punch_by(ada, hours(-1), doubtful), door.punch(ada, hours(8))];
        world.take(&front, &door, &events).await;
        let record = world.day(ada, FRIDAY).await.unwrap();
        assert_eq!(record.first_in(), Some(MORNING), "corrected by what the door measured");
        assert!(record.exceptions.iter().any(|exception| exception.code == Code::ClockDoubtful), "{record:?}");
        assert!(record.hours.doubtful.as_millis() >= 600_000);
    }
}
