//! Rosters: shifts, patterns, holidays, policies, locks and outages, and what the rules read of them.

use jiff::civil::{Date, date, time};
use lintel_central::attendance::Length;
use lintel_central::attendance::Month;
use lintel_central::attendance::calendar::DayPart;
use lintel_central::attendance::pattern::Pattern;
use lintel_central::attendance::policy::Policy;
use lintel_central::attendance::shift::ShiftTemplate;
use lintel_central::auth::{Actor, Role};
use lintel_central::rosters::holidays::HolidayRow;
use lintel_central::rosters::outages::NewOutage;
use lintel_central::rosters::patterns::PatternRow;
use lintel_central::rosters::policies::NewPolicy;
use lintel_central::rosters::shifts::ShiftRow;
use lintel_central::rosters::{RosterError, Touched, holidays, outages, patterns, periods, policies, shifts};
use lintel_central::store::rosters::load;
use lintel_core::ids::ShiftId;

use crate::on_both;
use crate::world::{MORNING, World, device, may, site};

pub(crate) fn shift(id: &str) -> ShiftId {
    id.parse().unwrap()
}

/// A shift from one hour to another, valid from a date on.
pub(crate) async fn put_shift(
    world: &World,
    id: &str,
    from: Date,
    (start, end): (i8, i8),
) -> Result<Touched, RosterError> {
    let template = ShiftTemplate::of(time(start, 0, 0, 0), time(end, 0, 0, 0));
    let row = ShiftRow { shift_id: shift(id), from, zone: None, template };
    shifts::put(&world.db, &may(), &*world.clock, row).await
}

pub(crate) async fn add_pattern(world: &World, id: &str, days: &[&[&str]]) -> Result<(), RosterError> {
    let days = days.iter().map(|day| day.iter().map(|id| shift(id)).collect()).collect();
    let pattern = Pattern { name: String::new(), anchor: date(2026, 1, 5), days };
    let row = PatternRow { pattern_id: id.parse().unwrap(), pattern };
    patterns::create(&world.db, &may(), &*world.clock, row).await
}

pub(crate) async fn lock(world: &World, at: &str, month: &str) {
    let month: Month = month.parse().unwrap();
    periods::lock(&world.db, &may(), &*world.clock, &site(at), month, "payroll").await.unwrap();
}

async fn publish(
    world: &World,
    id: &str,
    at: Option<&str>,
    from: Date,
    gap: i64,
) -> Result<(i64, Touched), RosterError> {
    let new = NewPolicy {
        policy_id: id.parse().unwrap(),
        site: at.map(site),
        from,
        policy: Policy { min_gap: Length::from_minutes(gap), ..Policy::default() },
        reason: "the works council agreed".into(),
    };
    policies::publish(&world.db, &may(), &*world.clock, new).await
}

on_both! {
    async fn a_shift_is_as_it_was_on_each_date(world: World) {
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        let touched = put_shift(&world, "early", date(2026, 7, 1), (7, 15)).await.unwrap();
        assert_eq!((touched.people, touched.from, touched.to), (None, date(2026, 7, 1), None));
        assert_eq!(touched.sites, [site("berlin"), site("lisbon")]);
        // A version in between counts until the next one begins.
        let between = put_shift(&world, "early", date(2026, 4, 1), (8, 16)).await.unwrap();
        assert_eq!((between.from, between.to), (date(2026, 4, 1), Some(date(2026, 6, 30))));
        // The first counts for every day before it, so another first one touches them all.
        assert_eq!(put_shift(&world, "early", date(2025, 1, 1), (6, 14)).await.unwrap().from, Date::MIN);
        for (on, start) in [(date(2024, 1, 1), 6), (date(2026, 3, 31), 6), (date(2026, 4, 1), 8), (date(2026, 12, 1), 7)] {
            let row = shifts::get(&world.db, &may(), &shift("early"), on).await.unwrap();
            assert_eq!(row.template.parts[0].start, time(start, 0, 0, 0), "{on}");
        }
        let first = shifts::list(&world.db, &may(), None, 2).await.unwrap();
        let key = (first[1].shift_id.clone(), first[1].from);
        let rest = shifts::list(&world.db, &may(), Some(&key), 100).await.unwrap();
        assert_eq!((first.len(), rest.len()), (2, 2));
        assert_eq!(rest[0].from, date(2026, 4, 1));
        let unknown = shifts::get(&world.db, &may(), &shift("late"), date(2026, 1, 1)).await;
        assert!(matches!(unknown, Err(RosterError::UnknownShift(_))));
    }

    async fn a_shift_that_can_not_be_worked_is_refused(world: World) {
        let long = ShiftTemplate { window_before: Length::from_hours(13), ..ShiftTemplate::open(None) };
        let row = ShiftRow { shift_id: shift("x"), from: date(2026, 1, 1), zone: None, template: long };
        let refused = shifts::put(&world.db, &may(), &*world.clock, row.clone()).await;
        assert!(matches!(refused, Err(RosterError::Shift(_))));
        let nowhere = ShiftRow { template: ShiftTemplate::open(None), zone: Some("Europe/Nowhere".into()), ..row };
        assert!(matches!(shifts::put(&world.db, &may(), &*world.clock, nowhere).await, Err(RosterError::Zone(_))));
        assert!(matches!(put_shift(&world, "x", date(206, 1, 1), (6, 14)).await, Err(RosterError::Date(_))));
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        put_shift(&world, "night", date(2026, 1, 1), (22, 6)).await.unwrap();
        add_pattern(&world, "two", &[&["night"], &["early"], &[]]).await.unwrap();
        // Alone it is one; behind the night it is not.
        let error = put_shift(&world, "early", date(2027, 1, 1), (5, 13)).await.unwrap_err();
        assert!(error.to_string().starts_with("pattern two can't be worked with it: early on day 2"), "{error}");
    }

    async fn a_locked_month_keeps_its_shifts_holidays_and_policies(world: World) {
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        lock(&world, "lisbon", "2026-10").await;
        for from in [date(2026, 10, 15), date(2026, 9, 1), date(2026, 1, 1)] {
            let error = put_shift(&world, "early", from, (7, 15)).await.unwrap_err();
            assert!(error.to_string().starts_with("2026-10 of lisbon is locked"), "{error}");
        }
        put_shift(&world, "early", date(2026, 11, 1), (7, 15)).await.unwrap();
        let in_october = publish(&world, "default", None, date(2026, 10, 2), 5).await;
        assert!(matches!(in_october, Err(RosterError::Locked { month, .. }) if month.to_string() == "2026-10"));
        // What counts in Berlin only leaves Lisbon's month as it is.
        publish(&world, "berlin", Some("berlin"), date(2026, 10, 2), 5).await.unwrap();
        let row = HolidayRow {
            site_id: site("lisbon"), date: date(2026, 10, 5), name: "Republic Day".into(), part: DayPart::Full,
        };
        let refused = holidays::put(&world.db, &may(), &*world.clock, row.clone()).await;
        assert!(matches!(refused, Err(RosterError::Locked { .. })));
        let month = "2026-10".parse().unwrap();
        let opened = periods::unlock(&world.db, &may(), &*world.clock, &site("lisbon"), month, "it was wrong").await;
        assert_eq!(opened.unwrap().to, Some(date(2026, 10, 31)));
        holidays::put(&world.db, &may(), &*world.clock, row).await.unwrap();
    }

    async fn a_month_is_locked_once_and_not_before_it_begins(world: World) {
        lock(&world, "berlin", "2026-10").await;
        lock(&world, "lisbon", "2026-09").await;
        let (db, clock) = (&world.db, &*world.clock);
        let try_lock = async |month: &str| {
            periods::lock(db, &may(), clock, &site("berlin"), month.parse().unwrap(), "payroll").await.unwrap_err()
        };
        assert!(matches!(try_lock("2026-10").await, RosterError::LockedAlready { .. }));
        assert!(matches!(try_lock("2026-12").await, RosterError::NotBegun(_)));
        let month = "2026-08".parse().unwrap();
        let never = periods::unlock(db, &may(), clock, &site("berlin"), month, "because").await;
        assert!(matches!(never, Err(RosterError::NotLocked { .. })));
        let silent = periods::unlock(db, &may(), clock, &site("berlin"), "2026-10".parse().unwrap(), " ").await;
        assert!(matches!(silent, Err(RosterError::Reason)));
        let all = periods::list(db, &may(), None, None, 100).await.unwrap();
        assert_eq!(all.iter().map(|row| row.site_id.as_str()).collect::<Vec<_>>(), ["berlin", "lisbon"]);
        let after = (all[0].site_id.clone(), all[0].month);
        assert_eq!(periods::list(db, &may(), None, Some(&after), 100).await.unwrap(), all[1..]);
        assert_eq!(periods::list(db, &may(), Some(&site("lisbon")), None, 100).await.unwrap(), all[1..]);
    }

    async fn a_pattern_needs_its_shifts_and_never_changes(world: World) {
        put_shift(&world, "night", date(2026, 1, 1), (22, 7)).await.unwrap();
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        let error = add_pattern(&world, "bad", &[&["night"], &["early"]]).await.unwrap_err();
        assert_eq!(error.to_string(), "early on day 2 begins before night on day 1 has ended");
        assert!(matches!(add_pattern(&world, "bad", &[&["late"]]).await, Err(RosterError::Pattern(_))));
        add_pattern(&world, "good", &[&["early"], &["night"], &[]]).await.unwrap();
        let twice = add_pattern(&world, "good", &[&["early"]]).await;
        assert!(matches!(twice, Err(RosterError::PatternExists(_))));
        add_pattern(&world, "also", &[&["early"]]).await.unwrap();
        let first = patterns::list(&world.db, &may(), None, 1).await.unwrap();
        assert_eq!(first[0].pattern_id.as_str(), "also");
        let rest = patterns::list(&world.db, &may(), Some(&first[0].pattern_id), 10).await.unwrap();
        assert_eq!(rest[0].pattern.days.len(), 3);
    }

    async fn holidays_are_of_a_site_and_a_year(world: World) {
        let (db, clock) = (&world.db, &*world.clock);
        for (day, part) in [(date(2026, 12, 24), DayPart::SecondHalf), (date(2026, 12, 25), DayPart::Full), (date(2027, 1, 1), DayPart::Full)] {
            let row = HolidayRow { site_id: site("berlin"), date: day, name: "Holiday".into(), part };
            let touched = holidays::put(db, &may(), clock, row).await.unwrap();
            assert_eq!((touched.from, touched.to), (day, Some(day)));
        }
        let listed = holidays::list(db, &may(), &site("berlin"), 2026, None, 100).await.unwrap();
        assert_eq!(listed.len(), 2);
        let after = holidays::list(db, &may(), &site("berlin"), 2026, Some(listed[0].date), 100).await.unwrap();
        assert_eq!(after, listed[1..]);
        assert!(holidays::list(db, &may(), &site("lisbon"), 2026, None, 100).await.unwrap().is_empty());
        assert!(matches!(holidays::list(db, &may(), &site("rome"), 2026, None, 1).await, Err(RosterError::UnknownSite(_))));
        holidays::delete(db, &may(), clock, &site("berlin"), date(2026, 12, 25)).await.unwrap();
        let twice = holidays::delete(db, &may(), clock, &site("berlin"), date(2026, 12, 25)).await;
        assert!(matches!(twice, Err(RosterError::UnknownHoliday { .. })));
    }

    async fn a_policy_counts_from_its_date_on_and_never_before(world: World) {
        let gap = async |at: &str, on: Date| {
            let setting = Length::from_minutes(2);
            let found = policies::get(&world.db, &may(), &site(at), on, setting).await.unwrap();
            (found.policy.min_gap, found.version == Policy::version("default", 0))
        };
        let minutes = Length::from_minutes;
        assert_eq!(gap("berlin", date(2026, 12, 1)).await, (minutes(2), true));
        let (revision, touched) = publish(&world, "default", None, date(2026, 11, 1), 3).await.unwrap();
        assert_eq!((revision, touched.sites.len()), (1, 2));
        assert_eq!(gap("berlin", date(2026, 10, 31)).await, (minutes(2), true));
        assert_eq!(gap("berlin", date(2026, 11, 1)).await, (minutes(3), false));
        let (_, touched) = publish(&world, "berlin", Some("berlin"), date(2026, 12, 1), 4).await.unwrap();
        assert_eq!(touched.sites, [site("berlin")]);
        assert_eq!(gap("berlin", date(2026, 11, 30)).await, (minutes(3), false));
        assert_eq!(gap("berlin", date(2026, 12, 1)).await, (minutes(4), false));
        let (revision, touched) = publish(&world, "default", None, date(2027, 1, 1), 6).await.unwrap();
        assert_eq!((revision, touched.sites), (2, vec![site("lisbon")]));
        assert_eq!(gap("berlin", date(2027, 1, 1)).await.0, minutes(4));
        assert_eq!(gap("lisbon", date(2027, 1, 1)).await.0, minutes(6));
        let listed = policies::list(&world.db, &may(), None, 100).await.unwrap();
        let keys: Vec<_> = listed.iter().map(|row| (row.policy_id.as_str(), row.revision)).collect();
        assert_eq!(keys, [("berlin", 1), ("default", 1), ("default", 2)]);
        let after = (listed[1].policy_id.clone(), 1);
        assert_eq!(policies::list(&world.db, &may(), Some(&after), 100).await.unwrap(), listed[2..]);
    }

    async fn a_policy_without_a_reason_or_sense_is_not_published(world: World) {
        let from = date(2026, 12, 1);
        assert!(matches!(publish(&world, "p", None, from, 61).await, Err(RosterError::Policy(_))));
        publish(&world, "p", None, from, 5).await.unwrap();
        let error = publish(&world, "p", Some("berlin"), from, 5).await.unwrap_err();
        assert_eq!(error.to_string(), "policy p is for all sites: publish this one under another id");
        let policy = Policy { default_shift: Some(shift("late")), ..Policy::default() };
        let new = NewPolicy { policy_id: "p".parse().unwrap(), site: None, from, policy, reason: "why not".into() };
        let refused = policies::publish(&world.db, &may(), &*world.clock, new.clone()).await;
        assert!(matches!(refused, Err(RosterError::UnknownShift(_))));
        let silent = NewPolicy { policy: Policy::default(), reason: " ".into(), ..new };
        assert!(matches!(policies::publish(&world.db, &may(), &*world.clock, silent).await, Err(RosterError::Reason)));
    }

    async fn a_door_is_out_of_service_once_somebody_else_agrees(world: World) {
        world.device("door-1", "berlin").await;
        let (db, clock) = (&world.db, &*world.clock);
        let new = NewOutage {
            device_id: device("door-1"), from: MORNING.plus_millis(-7_200_000), to: None, reason: "stolen".into(),
        };
        let id = outages::declare(db, &may(), clock, new.clone()).await.unwrap();
        assert!(matches!(outages::approve(db, &may(), clock, id).await, Err(RosterError::Own)));
        let other = Actor::new("token:other", Role::Hr).permit().unwrap();
        let touched = outages::approve(db, &other, clock, id).await.unwrap();
        assert_eq!((touched.sites, touched.from, touched.to), (vec![site("berlin")], date(2026, 11, 20), None));
        assert!(matches!(outages::approve(db, &other, clock, id).await, Err(RosterError::Decided)));
        let before = outages::end(db, &may(), clock, id, Some(new.from)).await;
        assert!(matches!(before, Err(RosterError::OutageEnd)));
        outages::end(db, &may(), clock, id, None).await.unwrap();
        let longer = outages::end(db, &may(), clock, id, Some(MORNING.plus_millis(1))).await;
        assert!(matches!(longer, Err(RosterError::OutageEnd)));
        let listed = outages::list(db, &may(), Some(&device("door-1")), None, 100).await.unwrap();
        assert_eq!((listed[0].to, listed[0].approved_by.as_deref()), (Some(MORNING), Some("token:other")));
        assert!(outages::list(db, &may(), None, Some(id), 100).await.unwrap().is_empty());
        let approved = lintel_central::store::rosters::outages::list_approved;
        let mut tx = db.read().await.unwrap();
        assert_eq!(approved(&mut tx, &device("door-1"), MORNING.plus_millis(-1), MORNING).await.unwrap(), listed);
        assert!(approved(&mut tx, &device("door-1"), MORNING, MORNING.plus_millis(9)).await.unwrap().is_empty());
        drop(tx);
        let nowhere = NewOutage { device_id: device("door-9"), ..new };
        assert!(matches!(outages::declare(db, &may(), clock, nowhere).await, Err(RosterError::UnknownDevice(_))));
    }

    async fn the_rules_read_sites_shifts_and_holidays_at_once(world: World) {
        put_shift(&world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
        put_shift(&world, "early", date(2026, 7, 1), (7, 15)).await.unwrap();
        publish(&world, "berlin", Some("berlin"), date(2026, 11, 1), 9).await.unwrap();
        for day in [date(2026, 10, 3), date(2026, 12, 25)] {
            let row = HolidayRow { site_id: site("berlin"), date: day, name: "Day".into(), part: DayPart::Full };
            holidays::put(&world.db, &may(), &*world.clock, row).await.unwrap();
        }
        let mut tx = world.db.read().await.unwrap();
        let gap = Length::from_minutes(1);
        let (roster, people) = load(&mut tx, &[], date(2026, 12, 1), date(2026, 12, 31), gap).await.unwrap();
        assert!(people.is_empty());
        let (berlin, lisbon) = (&roster.places[&site("berlin")], &roster.places[&site("lisbon")]);
        assert_eq!(berlin.holidays.keys().copied().collect::<Vec<_>>(), [date(2026, 12, 25)]);
        assert_eq!(berlin.zone.iana_name(), Some("Europe/Berlin"));
        assert_eq!(berlin.policy.on(date(2026, 12, 1)).unwrap().version, Policy::version("berlin", 1));
        let without = lisbon.policy.on(date(2026, 12, 1)).unwrap();
        assert_eq!((without.policy.min_gap, without.version.clone()), (gap, Policy::version("default", 0)));
        let early = &roster.shifts[&shift("early")];
        assert_eq!(early.on(date(2026, 6, 30)).unwrap().template.parts[0].start, time(6, 0, 0, 0));
        assert_eq!(early.on(date(2026, 7, 1)).unwrap().template.parts[0].start, time(7, 0, 0, 0));
    }
}
