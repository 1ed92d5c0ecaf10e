//! Computing a time again on somebody's order, and taking that back.

use jiff::civil::date;
use lintel_central::attendance::calendar::VersionedPolicy;
use lintel_central::attendance::policy::Policy;
use lintel_central::attendance::{Length, Status};
use lintel_central::days::replay::{self, Order, ReplayError};
use lintel_central::store::{days, ledger};

use crate::office::{FRIDAY, hours};
use crate::on_both;
use crate::world::{MORNING, World, may};

fn order() -> Order {
    let (from, to) = (date(2026, 11, 1), date(2026, 11, 30));
    Order { from, to, policy: None, min_gap: Length::from_minutes(2) }
}

async fn hash(world: &World) -> String {
    let sum = ledger::sum(&mut world.db.read().await.unwrap()).await.unwrap();
    sum.hash.to_string()
}

on_both! {
    async fn an_order_and_its_undoing_restore_the_same_hash(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, mut door) = world.office_door("front").await;
        let events = [door.punch(ada, MORNING), door.punch(ada, hours(8))];
        world.take(&front, &door, &events).await;
        world.clock.set(hours(48));
        world.beats(&front, door.stream, 2).await;
        world.work_off().await;
        let right = hash(&world).await;
        // Nothing to do: days follow from what is recorded by themselves.
        assert!(replay::dry_run(&world.db, &may(), &*world.clock, &order()).await.unwrap().is_empty());

        // As another version of the rules might have left it.
        let mut tx = world.db.write().await.unwrap();
        days::delete(&mut tx, &[(ada, FRIDAY)]).await.unwrap();
        tx.commit().await.unwrap();
        let wrong = hash(&world).await;
        assert_ne!(right, wrong);
        let seen = replay::dry_run(&world.db, &may(), &*world.clock, &order()).await.unwrap();
        assert_eq!((seen.len(), seen[0].date, seen[0].parts()), (1, FRIDAY, vec!["day"]));
        assert_eq!(hash(&world).await, wrong, "a look changes nothing");

        let (id, changed) = replay::apply(&world.db, &may(), &*world.clock, &order()).await.unwrap();
        assert_eq!((changed, hash(&world).await), (1, right));
        let undone = replay::undo(&world.db, &may(), &*world.clock, id).await.unwrap();
        assert_eq!((undone.restored, undone.left, hash(&world).await), (1, 0, wrong));
        let twice = replay::undo(&world.db, &may(), &*world.clock, id).await;
        assert!(matches!(twice, Err(ReplayError::Undone(_))));
    }

    async fn a_policy_can_be_tried_and_changes_nothing(world: World) {
        world.office_hours().await;
        let ada = world.enrolled("Ada", "berlin").await;
        let (front, mut door) = world.office_door("front").await;
        let events = [door.punch(ada, MORNING), door.punch(ada, hours(3))];
        world.take(&front, &door, &events).await;
        world.clock.set(hours(24));
        world.beats(&front, door.stream, 2).await;
        assert_eq!(world.status(ada, FRIDAY).await, Some(Status::Present));
        let before = hash(&world).await;
        let strict = Policy {
            default_shift: Some(crate::rosters::shift("office")),
            half_day_below: Some(Length::from_hours(6)),
            ..Policy::default()
        };
        let policy = VersionedPolicy { policy: strict, version: "tried".into() };
        let tried = Order { policy: Some(policy), ..order() };
        let seen = replay::dry_run(&world.db, &may(), &*world.clock, &tried).await.unwrap();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].after.as_ref().unwrap().status, Status::HalfDay);
        assert_eq!(seen[0].parts(), ["status", "exceptions", "policy_version"]);
        assert_eq!(hash(&world).await, before);
    }

    async fn ten_years_are_too_many_for_one_order(world: World) {
        let long = Order { from: date(2016, 1, 1), ..order() };
        let refused = replay::dry_run(&world.db, &may(), &*world.clock, &long).await;
        assert!(matches!(refused, Err(ReplayError::TooLong { days: 3_987 })), "{refused:?}");
        let turned = Order { to: date(2026, 1, 1), ..order() };
        let refused = replay::apply(&world.db, &may(), &*world.clock, &turned).await;
        assert!(matches!(refused, Err(ReplayError::EndBeforeStart { .. })));
    }
}
