//! From punches to day records, by the job table.

use jiff::civil::date;
use lintel_central::attendance::Length;
use lintel_central::people;
use lintel_central::store::{days, jobs, punches};
use lintel_core::event::EventKind;
use lintel_core::time::UtcMillis;

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World, may};

const HOUR: i64 = 3_600_000;

async fn listed(world: &World) -> Vec<days::DayRow> {
    let mut tx = world.db.read().await.unwrap();
    days::list(&mut tx, date(2026, 11, 1), date(2026, 11, 30), None).await.unwrap()
}

on_both! {
    async fn two_punches_make_a_day_that_is_final_once_it_is_over(world: World) {
        let device = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let (first, last) = (MORNING, MORNING.plus_millis(8 * HOUR));
        let events = [door.punch(person, last), door.punch(person, first)];
        world.take(&device, &door, &events).await;
        world.work_off().await;
        let rows = listed(&world).await;
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        let day = &row.record;
        assert_eq!((row.name.as_str(), day.date, row.zone.as_str()), ("Ada", date(2026, 11, 20), "Europe/Berlin"));
        assert_eq!((day.first_in(), day.last_out()), (Some(first), Some(last)));
        assert_eq!((day.hours.worked, day.provisional.is_some()), (Length::from_hours(8), true));

        // Its own job waits for midnight in Berlin; both sites and the door have theirs.
        assert_eq!(jobs::count(&mut world.db.read().await.unwrap()).await.unwrap(), 4);
        world.clock.set(MORNING.plus_millis(24 * HOUR));
        world.work_off().await;
        assert!(listed(&world).await[0].record.provisional.is_none());
        // The door was silent for a day: it has been said, and nothing waits but the next midnights.
        assert_eq!(jobs::count(&mut world.db.read().await.unwrap()).await.unwrap(), 2);
    }

    async fn an_event_is_of_the_day_of_its_door_s_zone(world: World) {
        let device = world.device("door-1", "berlin").await;
        let late = UtcMillis::from_i64(MORNING.as_i64() - 8 * HOUR - HOUR / 2);
        world.clock.set(late);
        let person = world.enrolled("Ada", "berlin").await;
        world.clock.set(MORNING);
        let mut door = Door::new(&device.device_id);
        // 23:30 UTC on the 19th is 00:30 on the 20th in Berlin.
        let late = door.punch(person, late);
        world.take(&device, &door, &[late]).await;
        world.work_off().await;
        assert_eq!(listed(&world).await[0].record.date, date(2026, 11, 20));
    }

    async fn only_accepted_punches_of_people_who_consent_count(world: World) {
        let device = world.device("door-1", "berlin").await;
        let (known, stranger) = (world.enrolled("Ada", "berlin").await, world.person("No Consent", "berlin").await);
        let mut door = Door::new(&device.device_id);
        let events = [
            door.punch(stranger, MORNING),
            door.event(EventKind::Ambiguous, Some(known), MORNING),
            door.punch(known, MORNING.plus_millis(48 * HOUR)),
        ];
        let done = world.take(&device, &door, &events).await;
        assert_eq!((done.stored, done.quarantined), (3, 1));
        world.work_off().await;
        assert!(listed(&world).await.is_empty());
    }

    async fn a_face_counts_only_at_an_instant_at_which_consent_stood(world: World) {
        let device = world.device("door-1", "berlin").await;
        let person = world.person("Ada", "berlin").await;
        let consent = async || people::consent(&world.db, &may(), &*world.clock, person, "2026-1", "test").await.unwrap();
        let at = |hours: i64| MORNING.plus_millis(hours * HOUR);
        world.clock.set(at(1));
        consent().await;
        world.clock.set(at(2));
        // A newer notice ends one consent and begins another at one instant: no gap.
        consent().await;
        world.clock.set(at(3));
        people::withdraw(&world.db, &may(), &*world.clock, person).await.unwrap();
        world.clock.set(at(5));
        consent().await;
        world.clock.set(at(6));
        let (before, gap) = (at(0), at(4));
        let standing = [at(1), at(2), at(5).plus_millis(HOUR / 2)];
        let ended = at(3);
        let mut door = Door::new(&device.device_id);
        let events: Vec<_> =
            [before, standing[0], standing[1], ended, gap, standing[2]].map(|at| door.punch(person, at)).into();
        world.take(&device, &door, &events).await;
        world.work_off().await;
        let mut tx = world.db.read().await.unwrap();
        let mut counted = punches::load(&mut tx, &[person], at(-24), at(24)).await.unwrap().remove(&person).unwrap().punches;
        counted.sort_by_key(|punch| punch.at);
        assert_eq!(counted.iter().map(|punch| punch.at).collect::<Vec<_>>(), standing);
        drop(tx);
        let rows = listed(&world).await;
        assert_eq!((rows.len(), rows[0].record.first_in()), (1, Some(standing[0])));
    }

    async fn days_before_a_withdrawal_stay_and_an_erasure_takes_them(world: World) {
        let device = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let event = door.punch(person, MORNING);
        world.take(&device, &door, &[event]).await;
        world.clock.set(MORNING.plus_millis(HOUR));
        people::withdraw(&world.db, &may(), &*world.clock, person).await.unwrap();
        world.work_off().await;
        assert_eq!(listed(&world).await.len(), 1);
        world.erase(person).await;
        assert!(listed(&world).await.is_empty());
    }

    async fn a_job_asked_for_twice_is_done_once_and_asked_for_while_running_once_more(world: World) {
        let job = |n: u8| jobs::NewJob { kind: "k", key: format!("{n}"), payload: "{}".into() };
        world.work_off().await;
        let mut tx = world.db.write().await.unwrap();
        jobs::create(&mut tx, &[job(1), job(2)], MORNING).await.unwrap();
        jobs::create(&mut tx, &[job(1)], MORNING).await.unwrap();
        let later = MORNING.plus_millis(HOUR);
        let taken = jobs::claim(&mut tx, &[1; 16], MORNING, later, 10).await.unwrap();
        assert_eq!(taken.len(), 2);
        assert!(jobs::claim(&mut tx, &[2; 16], MORNING, later, 10).await.unwrap().is_empty());
        jobs::create(&mut tx, &[job(1)], MORNING).await.unwrap();
        for done in &taken {
            jobs::delete(&mut tx, done, &[1; 16]).await.unwrap();
        }
        let again = jobs::claim(&mut tx, &[2; 16], MORNING, later, 10).await.unwrap();
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].key, "1");
        tx.commit().await.unwrap();
    }

    async fn a_lease_that_ended_is_taken_by_another(world: World) {
        let job = jobs::NewJob { kind: "k", key: "1".into(), payload: "{}".into() };
        world.work_off().await;
        let mut tx = world.db.write().await.unwrap();
        jobs::create(&mut tx, &[job], MORNING).await.unwrap();
        let dead = jobs::claim(&mut tx, &[1; 16], MORNING, MORNING.plus_millis(10), 10).await.unwrap();
        let now = MORNING.plus_millis(11);
        let taken = jobs::claim(&mut tx, &[2; 16], now, now.plus_millis(10), 10).await.unwrap();
        assert_eq!(taken[0].attempts, 2);
        // The one that was thought dead must not take it out.
        jobs::delete(&mut tx, &dead[0], &[1; 16]).await.unwrap();
        assert_eq!(jobs::count(&mut tx).await.unwrap(), 3, "it, and the two midnights");
    }

    async fn a_failing_job_waits_with_its_error_and_holds_nobody_up(world: World) {
        let job = jobs::NewJob { kind: "recompute_day", key: "1".into(), payload: "nonsense".into() };
        let mut tx = world.db.write().await.unwrap();
        jobs::create(&mut tx, &[job], MORNING).await.unwrap();
        tx.commit().await.unwrap();
        world.work_off().await;
        let mut tx = world.db.read().await.unwrap();
        // Beside the two midnights.
        assert_eq!(jobs::count(&mut tx).await.unwrap(), 3);
        assert!(jobs::next_due(&mut tx).await.unwrap().unwrap() > MORNING);
    }
}
