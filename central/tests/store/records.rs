//! Reading the record some people at a time: the same pages on both databases.

use jiff::civil::date;
use lintel_central::auth::Actor;
use lintel_central::corrections::{self, Filter, Wish, WishedChange};
use lintel_central::inquiries::{self, Asked, Question};
use lintel_central::reports::sheets::{Material, Name};
use lintel_central::store::adjustments::{self, Adjustment};
use lintel_central::store::{days, events};
use lintel_core::event::EventKind;
use lintel_core::ids::PersonId;

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World, may, site};

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

/// Five people with a day of an hour each: three of Berlin, two of Lisbon.
async fn five(world: &World) -> Vec<PersonId> {
    let mut people = Vec::new();
    for (place, count) in [("berlin", 3), ("lisbon", 2)] {
        let device = world.device(&format!("door-{place}"), place).await;
        let mut door = Door::new(&device.device_id);
        let mut sent = Vec::new();
        for number in 0..count {
            let person = world.person(&format!("Person {number} of {place}"), place).await;
            let first = MORNING.plus_millis(-HOUR + number * MINUTE);
            // A badge needs no consent at its instant.
            let badge = |door: &mut Door, at| door.event(EventKind::Badge, Some(person), at);
            sent.extend([badge(&mut door, first), badge(&mut door, first.plus_millis(HOUR))]);
            people.push(person);
        }
        world.take(&device, &door, &sent).await;
    }
    world.work_off().await;
    people.sort();
    people
}

async fn asked(world: &World, name: Name, asked: Asked) -> Material {
    let question = Question::of(name, asked).unwrap();
    inquiries::ask(&world.db, &may(), &*world.clock, question).await.unwrap().material
}

fn november() -> Asked {
    Asked { month: Some("2026-11".parse().unwrap()), ..Asked::default() }
}

on_both! {
    async fn pages_of_days_and_of_people_hold_each_once(world: World) {
        let people = five(&world).await;
        let span = (date(2026, 11, 1), date(2026, 11, 30));
        let mut tx = world.db.read().await.unwrap();
        let filter = days::Filter { from: span.0, to: span.1, ..days::Filter::default() };
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let rows = days::page(&mut tx, &filter, after, 2).await.unwrap();
            let Some(last) = rows.last() else { break };
            after = Some((last.record.date, last.record.person));
            seen.extend(rows.iter().map(|row| row.record.person));
        }
        assert_eq!(seen, people);
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let some = days::list_people(&mut tx, span, None, after, 2).await.unwrap();
            let Some(last) = some.last() else { break };
            after = Some(*last);
            seen.extend(some);
        }
        assert_eq!(seen, people);
        let of_lisbon = days::list_people(&mut tx, span, Some(&site("lisbon")), None, 100).await.unwrap();
        assert_eq!(of_lisbon.len(), 2);
        let rows = days::list_of_people(&mut tx, &people, span, Some(&site("lisbon"))).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.record.person).collect::<Vec<_>>(), of_lisbon);
        let outside = (date(2026, 12, 1), date(2026, 12, 31));
        assert!(days::list_people(&mut tx, outside, None, None, 100).await.unwrap().is_empty());
    }

    async fn a_timesheet_has_what_was_booked_of_a_locked_month_even_of_somebody_without_days(world: World) {
        let people = five(&world).await;
        let gone = world.person("Left Long Ago", "berlin").await;
        let mut tx = world.db.write().await.unwrap();
        let span = (date(2026, 11, 1), date(2026, 11, 30));
        let mut day = days::list_of_people(&mut tx, &people, span, Some(&site("berlin"))).await.unwrap().remove(0).record;
        day.date = date(2026, 10, 30);
        for person in [gone, day.person] {
            day.person = person;
            let row = Adjustment {
                person_id: person,
                date: day.date,
                site_id: site("berlin"),
                month: "2026-11".parse().unwrap(),
                before: None,
                after: Some(String::from_utf8(day.canonical()).unwrap()),
            };
            adjustments::put(&mut tx, &row, MORNING).await.unwrap();
        }
        tx.commit().await.unwrap();
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let month = "2026-11".parse().unwrap();
            let page = inquiries::timesheets(&world.db, &may(), &*world.clock, month, Some(&site("berlin")), (after, 2)).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.person);
            seen.extend(page.iter().map(|sums| (sums.person, sums.hours.worked_ms, sums.adjusted.worked_ms)));
        }
        assert_eq!(seen.len(), 4);
        assert!(seen.contains(&(gone, 0, HOUR)), "{seen:?}");
        let Material::Team(all) = asked(&world, Name::Monthly, november()).await else { panic!("a team's") };
        let names: Vec<&str> = all.iter().map(|sums| sums.name.as_str()).collect();
        assert_eq!(names[0], "Left Long Ago");
        assert_eq!((all.len(), names[1]), (6, "Person 0 of berlin"));
    }

    async fn the_raw_log_and_the_evacuation_list_are_read_from_the_events(world: World) {
        let people = five(&world).await;
        let Material::Raw(all) = asked(&world, Name::Raw, november()).await else { panic!("events") };
        assert_eq!(all.len(), 10);
        assert!(all.windows(2).all(|two| two[0].ingest_no < two[1].ingest_no));
        let at_lisbon = Asked { site: Some(site("lisbon")), ..november() };
        let Material::Raw(some) = asked(&world, Name::Raw, at_lisbon).await else { panic!("events") };
        assert_eq!(some.len(), 4);
        let mut tx = world.db.read().await.unwrap();
        let recent = events::list_of_people(&mut tx, &people, MORNING.plus_millis(-HOUR / 2)).await.unwrap();
        assert_eq!(recent.len(), 5, "the second punch of each");
        drop(tx);
        let Material::Evacuation(inside) = asked(&world, Name::Evacuation, Asked::default()).await else { panic!("people") };
        assert!(inside.is_empty(), "{inside:?}");
    }

    async fn corrections_come_page_by_page_of_one_person_or_by_how_they_stand(world: World) {
        let people = five(&world).await;
        let hr = Actor::local();
        for (number, person) in (1_i64..).zip(&people) {
            let change = WishedChange::Add { site: site("berlin"), at: MORNING.plus_millis(-number * HOUR), direction: None };
            let wish = Wish { change, reason: "the door was open".into() };
            corrections::change(&world.db, &may(), &hr, &*world.clock, *person, &wish).await.unwrap();
        }
        let page = async |filter, after| corrections::page(&world.db, &may(), filter, after, 2).await.unwrap();
        let first = page(Filter::default(), None).await;
        let second = page(Filter::default(), first.last().map(|row| row.correction_id)).await;
        assert_eq!((first.len(), second.len()), (2, 2));
        assert!(first[1].correction_id < second[0].correction_id);
        let of_one = page(Filter { person: Some(people[0]), state: None }, None).await;
        assert_eq!(of_one.iter().map(|row| row.person_id).collect::<Vec<_>>(), [people[0]]);
        let waiting = Filter { person: None, state: Some(corrections::State::Proposed) };
        assert!(page(waiting, None).await.is_empty());
    }
}
