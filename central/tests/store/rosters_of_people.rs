//! Employments, assignments and leave, and what the rules read of them.

use jiff::civil::{Date, date};
use lintel_central::attendance::Length;
use lintel_central::attendance::calendar::DayPart;
use lintel_central::auth::{Actor, Role};
use lintel_central::people::{self, NewPerson};
use lintel_central::rosters::assignments::{NewAssignment, Works};
use lintel_central::rosters::employments::Terms;
use lintel_central::rosters::leave::{LeaveState, Wish};
use lintel_central::rosters::{RosterError, assignments, employments, leave, periods};
use lintel_central::store::rosters::load;
use lintel_core::ids::{AssignmentId, PersonId};

use crate::on_both;
use crate::rosters::{add_pattern, lock, put_shift, shift};
use crate::world::{World, may, site};

type Days = (Date, Option<Date>, String);

async fn employed(world: &World, person: PersonId) -> Vec<Days> {
    let rows = employments::list_by_person(&world.db, &may(), person).await.unwrap();
    rows.into_iter().map(|row| (row.from, row.to, row.site_id.to_string())).collect()
}

async fn joined(world: &World, name: &str, at: &str, on: Option<Date>) -> PersonId {
    let new = NewPerson { name: name.into(), site_id: site(at), staff_no: None };
    people::add_joined(&world.db, &may(), &*world.clock, &new, on).await.unwrap().person_id
}

async fn assign(
    world: &World,
    person: PersonId,
    works: Works,
    from: Date,
    to: Option<Date>,
) -> Result<AssignmentId, RosterError> {
    let new = NewAssignment { person_id: person, works, from, to };
    assignments::create(&world.db, &may(), &*world.clock, new).await.map(|(id, _)| id)
}

fn weekly(id: &str) -> Works {
    Works::Shift { shift: shift(id), weekdays: "mon-fri".parse().unwrap() }
}

fn on(pattern: &str) -> Works {
    Works::Pattern { pattern: pattern.parse().unwrap() }
}

fn wish(from: Date, to: Date, part: DayPart) -> Wish {
    Wish { kind: "annual".parse().unwrap(), from, to, part, note: String::new() }
}

fn hr() -> Actor {
    Actor::new("token:hr", Role::Hr)
}

on_both! {
    async fn an_employment_begins_with_the_person_and_moves_with_them(world: World) {
        let ada = joined(&world, "Ada", "berlin", None).await;
        let bob = joined(&world, "Bob", "berlin", Some(date(2026, 5, 4))).await;
        assert_eq!(employed(&world, ada).await, [(date(2000, 1, 1), None, "berlin".into())]);
        people::move_to(&world.db, &may(), &*world.clock, bob, &site("lisbon")).await.unwrap();
        // Today is 20 November: yesterday was the last day at the old site.
        let expected: [Days; 2] = [
            (date(2026, 5, 4), Some(date(2026, 11, 19)), "berlin".into()),
            (date(2026, 11, 20), None, "lisbon".into()),
        ];
        assert_eq!(employed(&world, bob).await, expected);
        // Back again on the same day: there is one row for it.
        people::move_to(&world.db, &may(), &*world.clock, bob, &site("berlin")).await.unwrap();
        assert_eq!(employed(&world, bob).await[1].2, "berlin");
        let later = joined(&world, "Eve", "berlin", Some(date(2027, 1, 1))).await;
        people::move_to(&world.db, &may(), &*world.clock, later, &site("lisbon")).await.unwrap();
        assert_eq!(employed(&world, later).await, [(date(2027, 1, 1), None, "lisbon".into())]);
    }

    async fn an_employment_ends_with_the_last_day_and_goes_on_when_they_stay(world: World) {
        let (db, clock) = (&world.db, &*world.clock);
        let ada = joined(&world, "Ada", "berlin", None).await;
        people::leave_on(db, &may(), clock, ada, Some(date(2026, 12, 31))).await.unwrap();
        assert_eq!(employed(&world, ada).await[0].1, Some(date(2026, 12, 31)));
        people::leave_on(db, &may(), clock, ada, None).await.unwrap();
        assert_eq!(employed(&world, ada).await[0].1, None);
        people::remove(db, &may(), clock, ada).await.unwrap();
        assert_eq!(employed(&world, ada).await[0].1, Some(date(2026, 11, 20)));
        let bob = joined(&world, "Bob", "berlin", None).await;
        assert!(people::leave_on(db, &may(), clock, bob, Some(date(2026, 11, 1))).await.unwrap());
        assert_eq!(employed(&world, bob).await[0].1, Some(date(2026, 11, 1)));
        world.erase(bob).await;
        assert!(employed(&world, bob).await.is_empty());
    }

    async fn other_hours_begin_on_their_date(world: World) {
        let (db, clock) = (&world.db, &*world.clock);
        let ada = joined(&world, "Ada", "berlin", Some(date(2026, 2, 1))).await;
        let terms = Terms { team: Some("Night watch".into()), weekly: Some(Length::from_hours(30)) };
        let touched = employments::change_terms(db, &may(), clock, ada, date(2026, 12, 1), &terms).await.unwrap();
        assert_eq!((touched.people, touched.from), (Some(vec![ada]), date(2026, 12, 1)));
        let rows = employments::list_by_person(db, &may(), ada).await.unwrap();
        assert_eq!((rows[0].to, rows[0].weekly), (Some(date(2026, 11, 30)), None));
        assert_eq!((rows[1].team.as_deref(), rows[1].weekly), (Some("Night watch"), Some(Length::from_hours(30))));
        let too_early = employments::change_terms(db, &may(), clock, ada, date(2026, 1, 1), &terms).await;
        assert!(matches!(too_early, Err(RosterError::NotEmployed { .. })));
        lock(&world, "berlin", "2026-10").await;
        let locked = employments::change_terms(db, &may(), clock, ada, date(2026, 10, 1), &terms).await;
        assert!(matches!(locked, Err(RosterError::Locked { .. })));
    }

    async fn nobody_is_assigned_twice_for_a_day(world: World) {
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        let ada = world.person("Ada", "berlin").await;
        let first = assign(&world, ada, weekly("early"), date(2026, 11, 1), Some(date(2026, 11, 30))).await.unwrap();
        let error = assign(&world, ada, weekly("early"), date(2026, 11, 30), None).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("this overlaps assignment {first} (2026-11-01 to 2026-11-30)")), "{error}");
        let second = assign(&world, ada, weekly("early"), date(2026, 12, 1), None).await.unwrap();
        let error = assign(&world, ada, weekly("early"), date(2027, 1, 1), None).await.unwrap_err().to_string();
        assert!(error.contains("2026-12-01 to further notice"), "{error}");
        // Another person's days are free.
        let bob = world.person("Bob", "berlin").await;
        assign(&world, bob, weekly("early"), date(2026, 11, 1), None).await.unwrap();
        let (db, clock) = (&world.db, &*world.clock);
        let longer = assignments::end(db, &may(), clock, first, date(2026, 12, 5)).await;
        assert!(matches!(longer, Err(RosterError::Overlap { other, .. }) if other == second));
        let touched = assignments::end(db, &may(), clock, first, date(2026, 11, 24)).await.unwrap();
        assert_eq!((touched.from, touched.to), (date(2026, 11, 25), Some(date(2026, 11, 30))));
        assert_eq!((touched.people, touched.sites), (Some(vec![ada]), vec![site("berlin")]));
        let backwards = assignments::end(db, &may(), clock, first, date(2026, 10, 1)).await;
        assert!(matches!(backwards, Err(RosterError::EndBeforeStart { .. })));
        assignments::delete(db, &may(), clock, second).await.unwrap();
        let gone = assignments::delete(db, &may(), clock, second).await;
        assert!(matches!(gone, Err(RosterError::UnknownAssignment(_))));
        let all = assignments::list(db, &may(), None, None, 100).await.unwrap();
        let of_ada = assignments::list(db, &may(), Some(ada), None, 100).await.unwrap();
        assert_eq!((all.len(), of_ada.len(), of_ada[0].to), (2, 1, Some(date(2026, 11, 24))));
        let after = Some(all[0].assignment_id);
        assert_eq!(assignments::list(db, &may(), None, after, 100).await.unwrap(), all[1..]);
    }

    async fn an_assignment_to_what_is_not_there_or_can_not_be_worked_is_refused(world: World) {
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        put_shift(&world, "night", date(2026, 1, 1), (22, 7)).await.unwrap();
        put_shift(&world, "night", date(2026, 6, 1), (22, 6)).await.unwrap();
        add_pattern(&world, "two", &[&["night"], &["early"], &[]]).await.unwrap();
        let ada = world.person("Ada", "berlin").await;
        let from = date(2026, 12, 1);
        assert!(matches!(assign(&world, ada, weekly("late"), from, None).await, Err(RosterError::UnknownShift(_))));
        assert!(matches!(assign(&world, ada, on("three"), from, None).await, Err(RosterError::UnknownPattern(_))));
        let backwards = assign(&world, ada, on("two"), from, Some(date(2026, 11, 30))).await;
        assert!(matches!(backwards, Err(RosterError::EndBeforeStart { .. })));
        // In spring the night was longer.
        let spring = assign(&world, ada, on("two"), date(2026, 5, 1), None).await;
        assert!(matches!(spring, Err(RosterError::PatternOf { .. })));
        assign(&world, ada, on("two"), from, None).await.unwrap();
        let nobody = PersonId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert!(matches!(assign(&world, nobody, on("two"), from, None).await, Err(RosterError::UnknownPerson(_))));
    }

    async fn a_locked_month_of_the_persons_own_site_keeps_its_assignments(world: World) {
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        let ada = world.person("Ada", "berlin").await;
        let old = assign(&world, ada, weekly("early"), date(2026, 10, 1), Some(date(2026, 10, 31))).await.unwrap();
        lock(&world, "lisbon", "2026-10").await;
        assignments::end(&world.db, &may(), &*world.clock, old, date(2026, 10, 30)).await.unwrap();
        lock(&world, "berlin", "2026-10").await;
        let (db, clock) = (&world.db, &*world.clock);
        for refused in [
            assignments::delete(db, &may(), clock, old).await.map(drop),
            assignments::end(db, &may(), clock, old, date(2026, 10, 20)).await.map(drop),
            assign(&world, ada, weekly("early"), date(2026, 10, 31), None).await.map(drop),
        ] {
            assert!(matches!(refused, Err(RosterError::Locked { .. })), "{refused:?}");
        }
        assign(&world, ada, weekly("early"), date(2026, 11, 1), None).await.unwrap();
    }

    async fn leave_is_asked_for_and_decided_by_somebody_else(world: World) {
        let ada = world.person("Ada", "berlin").await;
        let me = Actor::new("account:ada", Role::Hr).about(ada);
        let (db, clock) = (&world.db, &*world.clock);
        let asked = wish(date(2026, 12, 1), date(2026, 12, 4), DayPart::Full);
        let id = leave::ask(db, &me.own().unwrap(), clock, &asked).await.unwrap();
        let own = leave::decide(db, &me.permit().unwrap(), &me, clock, id, true, "").await;
        assert!(matches!(own, Err(RosterError::Own)));
        let recorded = leave::record(db, &me.permit().unwrap(), &me, clock, ada, &asked).await;
        assert!(matches!(recorded, Err(RosterError::Own)));
        let silent = leave::decide(db, &hr().permit().unwrap(), &hr(), clock, id, false, " ").await;
        assert!(matches!(silent, Err(RosterError::Reason)));
        let touched = leave::decide(db, &hr().permit().unwrap(), &hr(), clock, id, true, "").await.unwrap();
        assert_eq!((touched.from, touched.to), (date(2026, 12, 1), Some(date(2026, 12, 4))));
        let twice = leave::decide(db, &hr().permit().unwrap(), &hr(), clock, id, false, "too late").await;
        assert!(matches!(twice, Err(RosterError::Decided)));
        let listed = leave::list_own(db, &me.own().unwrap()).await.unwrap();
        assert_eq!((listed[0].state, listed[0].decided_by.as_deref()), (LeaveState::Approved, Some("token:hr")));
        leave::cancel(db, &hr().permit().unwrap(), &hr(), clock, id, "she came after all").await.unwrap();
        let cancelled = leave::list(db, &may(), Some(ada), Some(LeaveState::Cancelled), None, 100).await.unwrap();
        assert_eq!(cancelled[0].answer.as_deref(), Some("she came after all"));
        // The days are free again.
        leave::record(db, &may(), &Actor::local(), clock, ada, &asked).await.unwrap();
    }

    async fn two_halves_of_a_day_are_two_leaves_and_the_same_half_is_not(world: World) {
        let ada = world.person("Ada", "berlin").await;
        let (db, clock, day) = (&world.db, &*world.clock, date(2026, 12, 1));
        let record = async |from, to, part| {
            leave::record(db, &may(), &Actor::local(), clock, ada, &wish(from, to, part)).await
        };
        let (first, _) = record(day, day, DayPart::FirstHalf).await.unwrap();
        for part in [DayPart::FirstHalf, DayPart::Full] {
            let refused = record(date(2026, 11, 30), day, part).await;
            assert!(matches!(refused, Err(RosterError::LeaveOverlap { other, .. }) if other == first), "{part:?}");
        }
        record(day, day, DayPart::SecondHalf).await.unwrap();
        let backwards = record(day, date(2026, 11, 1), DayPart::Full).await;
        assert!(matches!(backwards, Err(RosterError::EndBeforeStart { .. })));
        let kind = Wish { kind: "garden".parse().unwrap(), ..wish(day, day, DayPart::Full) };
        let error = leave::record(db, &may(), &Actor::local(), clock, ada, &kind).await.unwrap_err();
        assert_eq!(error.to_string(), "there is no kind of leave garden: write one of annual, sick, unpaid");
    }

    async fn leave_over_a_locked_month_waits_for_it_to_open(world: World) {
        let ada = world.person("Ada", "berlin").await;
        let me = Actor::new("account:ada", Role::Employee).about(ada);
        let (db, clock) = (&world.db, &*world.clock);
        let over = wish(date(2026, 10, 30), date(2026, 11, 2), DayPart::Full);
        let id = leave::ask(db, &me.own().unwrap(), clock, &over).await.unwrap();
        lock(&world, "berlin", "2026-10").await;
        let decide = async |approve, answer| leave::decide(db, &hr().permit().unwrap(), &hr(), clock, id, approve, answer).await;
        assert!(matches!(decide(true, "").await, Err(RosterError::Locked { .. })));
        let again = wish(date(2026, 10, 1), date(2026, 10, 1), DayPart::Full);
        let recorded = leave::record(db, &may(), &Actor::local(), clock, ada, &again).await;
        assert!(matches!(recorded, Err(RosterError::Locked { .. })));
        periods::unlock(db, &may(), clock, &site("berlin"), "2026-10".parse().unwrap(), "for Ada").await.unwrap();
        decide(true, "").await.unwrap();
    }

    async fn a_change_and_its_audit_row_are_one_and_name_no_content(world: World) {
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        let ada = world.person("Ada", "berlin").await;
        let id = assign(&world, ada, weekly("early"), date(2026, 11, 1), None).await.unwrap();
        assign(&world, ada, weekly("early"), date(2026, 11, 1), None).await.unwrap_err();
        let about = id.to_string();
        let rows = lintel_central::audit::list(&world.db, &may(), Some(&about), 10).await.unwrap();
        let rows: Vec<_> = rows.into_iter().map(|row| (row.action, row.fields)).collect();
        let fields = "person_id,pattern_id,shift_id,weekdays,valid_from,valid_to";
        assert_eq!(rows, [("assignment.add".to_owned(), fields.to_owned())]);
    }

    async fn the_rules_read_many_people_at_once(world: World) {
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        add_pattern(&world, "on-off", &[&["early"], &[]]).await.unwrap();
        let (db, clock) = (&world.db, &*world.clock);
        let mut everybody = Vec::new();
        for name in ["Ada", "Bob", "Eve"] {
            everybody.push(world.person(name, "berlin").await);
        }
        let [ada, bob, eve] = everybody[..] else { panic!("three people") };
        assign(&world, ada, weekly("early"), date(2026, 11, 2), None).await.unwrap();
        assign(&world, bob, on("on-off"), date(2026, 1, 5), Some(date(2026, 10, 31))).await.unwrap();
        assign(&world, bob, on("on-off"), date(2026, 12, 1), None).await.unwrap();
        let days = wish(date(2026, 11, 30), date(2026, 12, 2), DayPart::Full);
        leave::record(db, &may(), &Actor::local(), clock, ada, &days).await.unwrap();
        let me = Actor::new("account:bob", Role::Employee).about(bob);
        leave::ask(db, &me.own().unwrap(), clock, &days).await.unwrap();
        people::move_to(db, &may(), clock, eve, &site("lisbon")).await.unwrap();
        // More than one statement's worth of them, most of whom nobody knows, and Ada twice.
        let mut asked: Vec<PersonId> = (0..600_u128).map(|n| uuid::Uuid::from_u128(n).into()).collect();
        asked.extend([ada, bob, eve, ada]);
        let mut tx = db.read().await.unwrap();
        let gap = Length::from_minutes(2);
        let (_, calendars) = load(&mut tx, &asked, date(2026, 12, 1), date(2026, 12, 31), gap).await.unwrap();
        assert_eq!(calendars.len(), 603);
        let (of_ada, of_bob, of_eve) = (&calendars[&ada], &calendars[&bob], &calendars[&eve]);
        assert_eq!((of_ada.employments.len(), of_ada.assignments.len(), of_ada.leaves.len()), (1, 1, 1));
        assert!(of_ada.leaves[0].paid);
        // The first of December is a Tuesday.
        assert_eq!(of_ada.assigned_on(date(2026, 12, 1)), Some(&[shift("early")][..]));
        assert_eq!(of_ada.assigned_on(date(2026, 12, 5)), Some(&[][..]));
        // A wish is no leave, and what ended before isn't read.
        assert_eq!((of_bob.assignments.len(), of_bob.leaves.len()), (1, 0));
        assert_eq!(of_eve.site_on(date(2026, 11, 19)), Some(&site("berlin")));
        assert_eq!(of_eve.site_on(date(2026, 11, 20)), Some(&site("lisbon")));
        assert_eq!(of_eve.assigned_on(date(2026, 12, 1)), None);
    }
}
