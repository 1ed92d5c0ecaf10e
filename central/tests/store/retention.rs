//! What goes by itself, when, and what stays.

use jiff::civil::date;
use lintel_central::audit::{self, View};
use lintel_central::config::RetentionSettings;
use lintel_central::people::{self, PeopleError};
use lintel_central::retention::{self, Swept};
use lintel_central::store::{audit as rows, events, vault};
use lintel_core::event::EventKind;
use lintel_core::time::UtcMillis;

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World, may};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

async fn swept(world: &World, at: UtcMillis) -> Swept {
    world.clock.set(at);
    retention::run(&world.db, &RetentionSettings::default(), &*world.clock).await.unwrap()
}

async fn actions(world: &World) -> Vec<(String, String, String)> {
    let all = rows::list_newest(&mut world.db.read().await.unwrap(), None, 100).await.unwrap();
    all.into_iter().map(|row| (row.actor, row.action, row.fields)).collect()
}

on_both! {
    async fn faces_that_were_nobody_s_go_after_thirty_days_and_the_chain_stays(world: World) {
        let device = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let events = [
            door.event(EventKind::Unknown, None, MORNING),
            door.event(EventKind::Ambiguous, Some(person), MORNING),
            door.event(EventKind::LowQuality, None, MORNING),
            door.event(EventKind::Spoof, None, MORNING),
            door.punch(person, MORNING),
        ];
        world.take(&device, &door, &events).await;
        assert_eq!(swept(&world, MORNING.plus_millis(30 * DAY)).await, Swept::default());
        let gone = swept(&world, MORNING.plus_millis(30 * DAY + 1)).await;
        assert_eq!((gone.unidentified, gone.rejected, gone.left), (4, 0, 0));
        let kept = events::ledger(&mut world.db.read().await.unwrap(), &device.device_id).await.unwrap();
        assert_eq!(kept.len(), 5);
        assert!(kept.iter().all(|row| row.chain_state == "ok" && !row.payload.is_empty()));
        let named: Vec<u64> = kept.iter().filter(|row| row.person_id.is_some()).map(|row| row.seq).collect();
        assert_eq!(named, [5], "the punch only");
        let newest = &actions(&world).await[0];
        assert_eq!((newest.0.as_str(), newest.1.as_str(), newest.2.as_str()), ("retention", "retention.run", "unidentified=4,rejected=0"));
        assert_eq!(swept(&world, MORNING.plus_millis(31 * DAY)).await, Swept::default(), "once");
    }

    async fn a_late_event_with_an_old_time_goes_at_the_next_sweep(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let old = door.event(EventKind::Unknown, None, MORNING.plus_millis(-40 * DAY));
        world.take(&device, &door, &[old]).await;
        assert_eq!(swept(&world, MORNING).await.unidentified, 1);
    }

    async fn templates_go_when_the_last_day_has_ended_where_the_person_works(world: World) {
        let device = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        people::leave_on(&world.db, &may(), &*world.clock, person, Some(date(2026, 11, 20))).await.unwrap();
        // Midnight in Berlin is 23:00 UTC.
        let midnight = MORNING.plus_millis(15 * HOUR);
        let delta = world.delta(&device, 0).await.unwrap();
        assert_eq!(delta.upsert[0].not_after, Some(midnight));
        assert_eq!(swept(&world, midnight.plus_millis(-1)).await.left, 0);
        assert_eq!(swept(&world, midnight).await.left, 1);
        assert!(vault::get(&mut world.db.read().await.unwrap(), person).await.unwrap().is_none());
        let found = people::find(&world.db, &may(), &person.to_string()).await.unwrap();
        assert!(!found.active && found.templates == 0 && found.left_at == Some(midnight));
        assert_eq!(world.delta(&device, delta.revision).await.unwrap().remove, [person]);
        assert_eq!(actions(&world).await[0].0, "retention");
        assert_eq!(swept(&world, midnight.plus_millis(HOUR)).await.left, 0, "once");
    }

    async fn a_last_day_that_has_ended_takes_effect_at_once_and_an_unlikely_one_is_refused(world: World) {
        let (ada, bob) = (world.enrolled("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        let leave = async |person, on| people::leave_on(&world.db, &may(), &*world.clock, person, Some(on)).await;
        assert!(leave(ada, date(2026, 11, 19)).await.unwrap());
        let found = people::find(&world.db, &may(), &ada.to_string()).await.unwrap();
        assert!(!found.active && found.templates == 0 && found.left_at == Some(MORNING));
        for typo in [date(26, 11, 20), date(2206, 11, 20), date(9999, 12, 31), date(-9999, 1, 1)] {
            assert!(matches!(leave(bob, typo).await, Err(PeopleError::LastDay(day)) if day == typo));
        }
        assert!(!leave(bob, date(2026, 11, 20)).await.unwrap(), "today has not ended");
        assert_eq!(people::find(&world.db, &may(), &bob.to_string()).await.unwrap().templates, 1);
    }

    async fn whoever_stays_after_all_keeps_their_face(world: World) {
        let person = world.enrolled("Ada", "berlin").await;
        people::leave_on(&world.db, &may(), &*world.clock, person, Some(date(2026, 11, 20))).await.unwrap();
        people::leave_on(&world.db, &may(), &*world.clock, person, None).await.unwrap();
        assert_eq!(swept(&world, MORNING.plus_millis(10 * DAY)).await.left, 0);
        assert_eq!(people::find(&world.db, &may(), &person.to_string()).await.unwrap().templates, 1);
    }

    async fn a_sight_is_remembered_once_a_quarter_of_an_hour_and_seen_by_the_person_s_rows(world: World) {
        let person = world.person("Ada", "berlin").await.to_string();
        let saw = async |actor| audit::viewed(&world.db, actor, &*world.clock, View::Month, &person).await.unwrap();
        saw("account:1").await;
        saw("account:1").await;
        saw("account:2").await;
        world.clock.set(MORNING.plus_millis(16 * 60_000));
        saw("account:1").await;
        let about = audit::list(&world.db, &may(), Some(&person), 10).await.unwrap();
        let seen: Vec<&str> = about.iter().filter(|row| row.action == "month.view").map(|row| row.actor.as_str()).collect();
        assert_eq!(seen, ["account:1", "account:2", "account:1"]);
        assert_eq!(audit::list(&world.db, &may(), Some("nobody"), 10).await.unwrap(), []);
    }
}
