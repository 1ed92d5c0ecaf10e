//! A month that was given to payroll stays as it was; what comes later is booked in the next open one.

use lintel_central::attendance::Status;
use lintel_central::corrections::{self, Wish, WishedChange};
use lintel_central::rosters::{RosterError, periods};
use lintel_core::ids::EventId;

use crate::office::{FRIDAY, hours};
use crate::on_both;
use crate::rosters::lock;
use crate::world::{MORNING, World, may, site};

on_both! {
    async fn what_comes_after_the_lock_is_an_adjustment_and_the_day_stays(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, mut door) = world.office_door("front").await;
        let stream = door.stream;
        // Two weeks later everything is known, and she was never there.
        world.clock.set(hours(14 * 24));
        world.beats(&front, stream, 0).await;
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Absent));
        lock(&world, "berlin", "2026-11").await;

        let events = [door.punch(ada, MORNING), door.punch(ada, hours(8))];
        world.take(&front, &door, &events).await;
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Absent), "payroll has it so");
        assert_eq!(world.booked("2026-12").await, [(FRIDAY, 0, 8)]);

        // December is given to payroll too; then it turns out that the evening's punch was somebody else's.
        world.clock.set(hours(45 * 24));
        world.beats(&front, stream, 2).await;
        world.work_off().await;
        lock(&world, "berlin", "2026-12").await;
        let evening = EventId::parse(&id_of(&events[1])).unwrap();
        let wish = Wish { change: WishedChange::Void { punch: evening }, reason: "it was Bob".into() };
        let done = corrections::change(&world.db, &may(), &local(), &*world.clock, ada, &wish).await;
        done.unwrap();
        assert_eq!(world.booked("2026-12").await, [(FRIDAY, 0, 8)]);
        assert_eq!(world.booked("2027-01").await, [(FRIDAY, 8, 0)], "what December paid is taken back");
    }

    async fn an_adjustment_that_is_of_no_use_any_more_goes(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, mut door) = world.office_door("front").await;
        let stream = door.stream;
        world.clock.set(hours(14 * 24));
        world.beats(&front, stream, 0).await;
        world.work_off().await;
        lock(&world, "berlin", "2026-11").await;
        let events = [door.punch(ada, MORNING), door.punch(ada, hours(8))];
        world.take(&front, &door, &events).await;
        assert_eq!(world.booked("2026-12").await.len(), 1);
        // Opened again, the day says it itself.
        periods::unlock(&world.db, &may(), &*world.clock, &site("berlin"), "2026-11".parse().unwrap(), "a mistake")
            .await
            .unwrap();
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Present));
        assert!(world.booked("2026-12").await.is_empty());
    }

    async fn a_month_whose_days_may_still_change_is_not_locked(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, door) = world.office_door("front").await;
        world.clock.set(hours(14 * 24));
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Pending));
        let month = "2026-11".parse().unwrap();
        let locked = periods::lock(&world.db, &may(), &*world.clock, &site("berlin"), month, "payroll").await;
        let Err(RosterError::Provisional { days, doors, .. }) = locked else { panic!("{locked:?}") };
        assert_eq!((days, doors.as_str()), (11, "front"));
        world.beats(&front, door.stream, 0).await;
        world.work_off().await;
        lock(&world, "berlin", "2026-11").await;
    }
}

fn local() -> lintel_central::auth::Actor {
    lintel_central::auth::Actor::local()
}

/// The id in an event's payload.
fn id_of(event: &lintel_core::wire::WireEvent) -> String {
    let payload: serde_json::Value = serde_json::from_str(event.payload.get()).unwrap();
    payload["id"].as_str().unwrap().to_owned()
}
