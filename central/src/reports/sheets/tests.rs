//! Golden documents of one small made-up month: Ada comes late once, somebody's name is a formula, Nina works at
//! night, one person is erased, and a day of the locked October came out otherwise since.

use std::collections::BTreeMap;

use jiff::civil::date;
use lintel_core::event::EventKind;
use lintel_core::ids::{DeviceId, EventId, SiteId};
use uuid::Uuid;

use super::monthly::Hours;
use super::*;
use crate::attendance::exception::{Code, Exception, Severity};
use crate::attendance::legal::LegalMinima;
use crate::attendance::overtime::{OvertimeLine, Reason};
use crate::attendance::proof::Provisional;
use crate::attendance::record::{DayRecord, Status, Stretch};
use crate::attendance::working_time::WorkingTime;
use crate::attendance::{Interval, Length};
use crate::reports::documents::{FileKind, Making, terminal, write};
use crate::store::adjustments::Adjustment;
use crate::store::people::Named;
use crate::words::words_in;

const FORMULA: &str = "=cmd|' /C calc'!A0";
/// 2026-11-20T00:00 in Berlin.
const MIDNIGHT: i64 = 1_795_129_200_000;
const ADA: u128 = 1;
const BOB: u128 = 2;
const NINA: u128 = 3;
const ERASED: u128 = 4;

fn person(number: u128) -> PersonId {
    PersonId::from(Uuid::from_u128(number))
}

fn berlin() -> SiteId {
    SiteId::parse("berlin").unwrap()
}

/// An instant on the 20th by its minutes since midnight in Berlin.
fn at(minutes: i64) -> UtcMillis {
    UtcMillis::from_i64(MIDNIGHT + minutes * 60_000)
}

/// A day of November with a stretch from one minute to another, both counted from the date's midnight.
fn day(number: u128, name: &str, of: i8, presence: Option<(i64, i64)>) -> DayRow {
    let mut record = DayRecord::blank(person(number), date(2026, 11, of), berlin(), Status::Absent);
    let offset = (i64::from(of) - 20) * 1_440;
    record.hours.scheduled = Length::from_hours(8);
    if let Some((from, to)) = presence {
        let presence = Interval::new(at(offset + from), at(offset + to));
        record.status = Status::Present;
        record.punches = 2;
        record.hours.worked = presence.length();
        record.hours.payable = presence.length();
        record.stretches = vec![Stretch {
            shift: None,
            part: 0,
            planned: None,
            presence: vec![presence],
            open_since: None,
            closed_at: None,
        }];
    }
    record.policy_version = "default/1".into();
    DayRow {
        name: name.into(),
        staff_no: (number == ADA).then(|| "E-17".into()),
        zone: "Europe/Berlin".into(),
        record,
        computed_at: at(0),
    }
}

/// Somebody who came and hasn't left.
fn open(number: u128, name: &str, since: i64, closed: Option<i64>) -> DayRow {
    let mut row = day(number, name, 20, None);
    row.record.status = Status::Present;
    row.record.punches = 1;
    row.record.stretches = vec![Stretch {
        shift: None,
        part: 0,
        planned: None,
        presence: Vec::new(),
        open_since: Some(at(since)),
        closed_at: closed.map(at),
    }];
    row
}

fn month() -> Vec<DayRow> {
    let mut late = day(ADA, "Ada Lovelace", 19, Some((8 * 60 + 25, 16 * 60 + 25)));
    late.record.exceptions =
        vec![Exception::of(Code::LateIn).by(Length::from_minutes(25)).at(at(-1_440 + 505))];
    late.record.hours.late = Length::from_minutes(25);
    let mut rounded = day(ADA, "Ada Lovelace", 20, Some((8 * 60, 16 * 60 + 8)));
    rounded.record.hours.payable = Length::from_minutes(485);
    rounded.record.hours.rounding = Length::from_minutes(-3);
    let mut long = day(BOB, FORMULA, 19, Some((8 * 60, 18 * 60 + 30)));
    long.record.overtime =
        vec![OvertimeLine { reasons: vec![Reason::Daily], length: Length::from_minutes(150), premium: 25 }];
    long.record.exceptions = vec![Exception::of(Code::OvertimeUnapproved).by(Length::from_minutes(150))];
    long.record.hours.rounding = Length::from_minutes(4);
    let mut forgotten = open(BOB, FORMULA, 8 * 60, Some(18 * 60));
    forgotten.record.exceptions = vec![Exception::of(Code::MissingOut).at(at(8 * 60))];
    let night = day(NINA, "Nina Ågren", 19, Some((22 * 60, 30 * 60)));
    let mut blocked = day(ERASED, "", 19, None);
    blocked.record.status = Status::Pending;
    let doors = vec![DeviceId::parse("door-2").unwrap()];
    blocked.record.provisional = Some(Provisional { until: at(0), not_over: false, blocked_by: doors });
    let mut leave = day(NINA, "Nina Ågren", 20, None);
    leave.record.status = Status::Leave;
    leave.record.hours.credited = Length::from_hours(8);
    vec![late, rounded, long, forgotten, night, leave, blocked]
}

/// The 30th of October was an absence when it was locked, and was half a day.
fn adjusted() -> Adjusted {
    let mut before = day(ADA, "", 19, None).record;
    before.date = date(2026, 10, 30);
    let mut after = before.clone();
    after.status = Status::HalfDay;
    after.hours.worked = Length::from_hours(4);
    after.hours.payable = Length::from_hours(4);
    let text = |record: &DayRecord| Some(String::from_utf8(record.canonical()).unwrap());
    let row = Adjustment {
        person_id: person(ADA),
        date: before.date,
        site_id: berlin(),
        month: "2026-11".parse().unwrap(),
        before: text(&before),
        after: text(&after),
    };
    Adjusted::of(&row).unwrap()
}

fn team() -> Vec<Sums> {
    let mut all: BTreeMap<PersonId, Sums> = BTreeMap::new();
    for row in month() {
        let named = Named { name: row.name.clone(), staff_no: row.staff_no.clone() };
        let id = row.record.person;
        all.entry(id).or_insert_with(|| Sums::of(id, Some(named))).add(&row.record);
    }
    all.get_mut(&person(ADA)).unwrap().adjust(&adjusted());
    let mut all: Vec<Sums> = all.into_values().collect();
    all.sort_by_cached_key(Sums::place);
    all
}

/// Both as programs and as people read it.
fn written(name: Name, material: &Material) -> String {
    let (words, zones) = (words_in("en"), Zones::of(["Europe/Berlin"]).unwrap());
    let saying = Saying { words, zones: &zones, name, subtitle: "2026-11 · Berlin".into() };
    let scratch = std::env::temp_dir();
    let zone = zones.get("Europe/Berlin").clone();
    let making = Making { at: at(1_440), zone, words, scratch: &scratch };
    let sheet = material.sheet(&saying);
    let mut csv = Vec::new();
    write(FileKind::Csv, &sheet.document, &making, sheet.rows, &mut csv).unwrap();
    let sheet = material.sheet(&saying);
    let notes = sheet.document.notes.join("\n");
    let table = terminal(&sheet.document, words, sheet.rows).unwrap();
    format!("{}\n{table}{notes}\n", String::from_utf8(csv).unwrap().replace("\r\n", "\n"))
}

#[test]
fn the_daily_sheet_is_this_one() {
    let days = month().into_iter().filter(|row| row.record.date == date(2026, 11, 19)).collect();
    insta::assert_snapshot!(written(Name::Daily, &Material::Daily(days)));
}

#[test]
fn the_timesheet_of_a_team_is_this_one() {
    insta::assert_snapshot!(written(Name::Monthly, &Material::Team(team())));
}

#[test]
fn the_timesheet_of_a_person_is_this_one() {
    let days = month().into_iter().filter(|row| row.record.person == person(ADA)).collect();
    insta::assert_snapshot!(written(Name::Monthly, &Material::Person(days, vec![adjusted()])));
}

#[test]
fn exceptions_are_these() {
    let mut lines: Vec<_> = month().iter().flat_map(|row| ExceptionLine::of(row, Severity::Info)).collect();
    lines.sort_by_cached_key(ExceptionLine::order);
    insta::assert_snapshot!(written(Name::Exceptions, &Material::Exceptions(lines)));
}

#[test]
fn overtime_is_this() {
    let rows = month().iter().flat_map(OvertimeRow::of).collect();
    insta::assert_snapshot!(written(Name::Overtime, &Material::Overtime(rows)));
}

#[test]
fn what_rounding_did_is_this() {
    let mut sums: BTreeMap<PersonId, RoundingSums> = BTreeMap::new();
    for row in month() {
        sums.entry(row.record.person).or_insert_with(|| RoundingSums::of(&row)).add(&row);
    }
    let sums = sums.into_values().filter(|sums| sums.days > 0).collect();
    insta::assert_snapshot!(written(Name::Rounding, &Material::Rounding(sums)));
}

#[test]
fn who_works_too_much_comes_first() {
    let row = |number: u128, name: &str, hours: i64| {
        let mut time = WorkingTime { provisional: 1, ..WorkingTime::default() };
        time.employed(date(2026, 11, 2), date(2026, 11, 15));
        time.half_days -= 1;
        time.worked = Length::from_hours(hours);
        let legal = LegalMinima::default();
        let beyond = legal.beyond_average(time.weekly().unwrap());
        let period = (date(2026, 7, 20), date(2026, 11, 15));
        let (name, most) = (name.to_owned(), legal.average_work);
        WorkingTimeRow {
            person: person(number),
            name,
            staff_no: None,
            site: berlin(),
            period,
            time,
            most,
            beyond,
        }
    };
    let mut rows = vec![row(ADA, "Ada Lovelace", 80), row(BOB, FORMULA, 100), row(ERASED, "", 92)];
    rows.sort_by_cached_key(WorkingTimeRow::place);
    insta::assert_snapshot!(written(Name::WorkingTime, &Material::WorkingTime(rows)));
}

fn event(number: i64, kind: EventKind, name: Option<&str>) -> EventView {
    EventView {
        ingest_no: number,
        event_id: EventId::from(Uuid::from_u128(9)),
        device_id: DeviceId::parse("door-1").unwrap(),
        door: "=Main entrance".into(),
        site_id: berlin(),
        zone: "Europe/Berlin".into(),
        kind,
        corrected_at: at(480 + number),
        received_at: at(500),
        road: "mqtt".into(),
        status: if number == 3 { "quarantined" } else { "accepted" }.into(),
        person_id: None,
        person_name: name.map(Into::into),
    }
}

#[test]
fn the_raw_log_is_this_one() {
    let events = vec![
        event(1, EventKind::Punch, Some(FORMULA)),
        event(2, EventKind::Unknown, None),
        event(3, EventKind::Badge, Some("Ada Lovelace")),
        // Erased, and of a kind that a newer door made up.
        event(4, EventKind::Punch, None),
        event(5, EventKind::Other("wave".into()), None),
    ];
    insta::assert_snapshot!(written(Name::Raw, &Material::Raw(events)));
}

fn seen(minutes: i64, door: &str) -> LastSeen {
    LastSeen { at: at(minutes), door: door.into(), site: berlin(), zone: "Europe/Berlin".into() }
}

/// At noon on the 20th.
fn there() -> Vec<Inside> {
    let mut lunch = day(ERASED + 1, "Lunch Time", 20, Some((480, 700)));
    lunch.record.punches = 3;
    let rows = [
        open(ADA, "Ada Lovelace", 480, None),
        open(BOB, FORMULA, 480, Some(690)),
        day(NINA, "Nina Ågren", 19, Some((1_320, 1_800))),
        day(ERASED, "", 20, Some((480, 600))),
        lunch,
        day(ERASED + 2, "Went Home", 20, Some((480, 600))),
    ];
    let last = [(ADA, seen(480, "Main")), (ERASED, seen(610, "Side")), (NINA, seen(360, "Side"))];
    inside(&rows, &last.map(|(number, seen)| (person(number), seen)).into(), at(720))
}

#[test]
fn who_is_on_site_is_this() {
    let people = there().into_iter().filter(|one| one.sure).collect();
    insta::assert_snapshot!(written(Name::OnSite, &Material::OnSite(people)));
}

#[test]
fn the_evacuation_list_is_this_one_and_rather_one_too_long() {
    insta::assert_snapshot!(written(Name::Evacuation, &Material::Evacuation(there())));
}

#[test]
fn a_doubt_of_yesterday_keeps_nobody_on_the_list() {
    let forgotten = open(BOB, FORMULA, 480, Some(690));
    let later = at(480 + 24 * 60 + 1);
    assert!(inside(&[forgotten], &BTreeMap::new(), later).is_empty());
    // Nobody closed it: they are still there as far as anybody knows.
    assert_eq!(inside(&[open(ADA, "Ada", 480, None)], &BTreeMap::new(), later).len(), 1);
}

#[test]
fn a_plot_stands_where_one_fits() {
    let zones = Zones::of(["Europe/Berlin"]).unwrap();
    let drawn = |material: Material| material.picture(words_in("en"), &zones).unwrap();
    let daily = drawn(Material::Daily(month())).unwrap();
    // Nina's night ends at six, and the others come at eight.
    assert!(daily.contains("From 22:00") || daily.contains("22"), "{daily}");
    assert!(drawn(Material::Team(team())).unwrap().contains("Ada Lovelace"));
    assert!(drawn(Material::Person(month(), Vec::new())).unwrap().contains("2026-11-16"));
    assert!(drawn(Material::Raw(Vec::new())).is_none());
}

#[test]
fn what_an_adjustment_takes_back_is_below_nothing() {
    let mut one = adjusted();
    one.hours = Hours::default() - one.hours;
    let text = written(Name::Monthly, &Material::Person(Vec::new(), vec![one]));
    assert!(text.contains("-4:00"), "{text}");
}
