//! Work of an average week: the same on both databases, by the policy of the site.

use jiff::civil::date;
use lintel_central::attendance::Length;
use lintel_central::attendance::policy::Policy;
use lintel_central::inquiries::{self, Asked, Question};
use lintel_central::reports::sheets::{Material, Name, WorkingTimeRow};
use lintel_core::event::EventKind;

use crate::door::Door;
use crate::office::{HOUR, hours};
use crate::on_both;
use crate::world::{World, may, site};

/// Monday 2026-11-30, 08:00 UTC, ten days after the sites were added.
const TEN_DAYS: i64 = 240;

async fn asked(world: &World, at: Option<&str>) -> Vec<WorkingTimeRow> {
    let month = Some("2026-11".parse().unwrap());
    let asked = Asked { month, site: at.map(site), ..Asked::default() };
    let question = Question::of(Name::WorkingTime, asked).unwrap();
    match inquiries::ask(&world.db, &may(), &*world.clock, question).await.unwrap().material {
        Material::WorkingTime(rows) => rows,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn an_average_week_is_over_the_weeks_in_which_somebody_was_employed(world: World) {
        let long = world.person("Works Long", "berlin").await;
        let short = world.person("Works Short", "berlin").await;
        let idle = world.person("Lives Elsewhere", "lisbon").await;
        let device = world.device("front", "berlin").await;
        let mut door = Door::new(&device.device_id);
        world.clock.set(hours(TEN_DAYS));
        let mut sent = Vec::new();
        for day in 0..10 {
            for (person, length) in [(long, 10), (short, 5)] {
                for hour in [0, length] {
                    let at = hours(day * 24 - 2 + hour).plus_millis(if person == short { HOUR / 6 } else { 0 });
                    sent.push(door.event(EventKind::Badge, Some(person), at));
                }
            }
        }
        world.take(&device, &door, &sent).await;
        world.work_off().await;

        let rows = asked(&world, None).await;
        let seen: Vec<_> = rows.iter().map(|row| (row.person, row.time.weekly().unwrap(), row.beyond)).collect();
        // From the 20th, when the site was added, to Sunday the 29th: ten days, not seventeen weeks.
        let of = Length::from_hours;
        assert_eq!(rows[0].period, (date(2026, 8, 3), date(2026, 11, 29)));
        assert_eq!(rows[0].time.half_days, 20);
        assert!(seen.contains(&(long, of(70), Some(of(22)))), "{seen:?}");
        assert!(seen.contains(&(short, of(35), None)) , "{seen:?}");
        assert_eq!(rows[0].person, long, "whoever is over it comes first");
        assert!(rows.iter().all(|row| row.person != idle), "nothing is known of them");
        assert_eq!(asked(&world, Some("lisbon")).await, []);

        // A country with another limit, over one week.
        let mut policy = Policy::default();
        policy.legal.average_work = Some(of(30));
        policy.legal.average_weeks = 1;
        world.policy(policy).await;
        let rows = asked(&world, Some("berlin")).await;
        assert_eq!(rows.iter().map(|row| row.beyond).collect::<Vec<_>>(), [Some(of(40)), Some(of(5))]);
        assert_eq!(rows[0].period, (date(2026, 11, 23), date(2026, 11, 29)));
    }
}
