use super::*;
use crate::words::words_in;
use jiff::civil::date;
use lintel_core::ids::{CorrectionId, DeviceId, EventId, PersonId, SiteId};
use uuid::Uuid;

/// 2026-11-20T08:00:00Z, nine o'clock in Berlin.
const MORNING: i64 = 1_795_161_600_000;

fn event(id: u128, at: i64, kind: EventKind) -> EventView {
    EventView {
        ingest_no: 1,
        event_id: EventId::from(Uuid::from_u128(id)),
        device_id: DeviceId::parse("door-1").unwrap(),
        door: "Main entrance".into(),
        site_id: SiteId::parse("berlin").unwrap(),
        zone: "Europe/Berlin".into(),
        kind,
        corrected_at: UtcMillis::from_i64(at),
        received_at: UtcMillis::from_i64(at),
        road: "https".into(),
        status: "accepted".into(),
        person_id: None,
        person_name: None,
    }
}

fn correction(id: u128, change: Change, at: i64, state: State) -> Correction {
    Correction {
        correction_id: CorrectionId::from(Uuid::from_u128(id)),
        person_id: PersonId::from(Uuid::from_u128(1)),
        person_name: "Ada".into(),
        site_id: SiteId::parse("berlin").unwrap(),
        zone: "Europe/Berlin".into(),
        change,
        at: UtcMillis::from_i64(at),
        reason: "forgot".into(),
        proposed_by: "account:x".into(),
        proposed_at: UtcMillis::from_i64(at),
        state,
        decided_by: None,
        answer: Some("no".into()),
    }
}

fn month(events: &[EventView], corrections: &[Correction]) -> Vec<DayLine> {
    let sources = Sources {
        month: "2026-11".parse().unwrap(),
        today: date(2026, 11, 21),
        days: &[],
        events,
        corrections,
    };
    lines(words_in("en"), &sources).0
}

#[test]
fn the_month_ends_today_and_each_punch_stands_under_its_local_day() {
    // 23:30 UTC is half past midnight of the next day in Berlin.
    let days =
        month(&[event(1, MORNING, EventKind::Punch), event(2, MORNING + 55_800_000, EventKind::Badge)], &[]);
    assert_eq!(days.len(), 21);
    let of = |day: usize| {
        days[day - 1].punches.iter().map(|p| (p.time.clone(), p.how.clone())).collect::<Vec<_>>()
    };
    assert_eq!(of(20), [("09:00".to_owned(), "face".to_owned())]);
    assert_eq!(of(21), [("00:30".to_owned(), "badge".to_owned())]);
}

#[test]
fn a_voided_punch_stays_visible_with_its_reason() {
    let void = Change::Void { punch: EventId::from(Uuid::from_u128(1)) };
    let events = [event(1, MORNING, EventKind::Punch)];
    let voided = month(&events, &[correction(5, void, MORNING, State::Approved)]);
    let line = &voided[19].punches[0];
    assert!(line.struck && line.id.is_empty() && line.note.contains("forgot"), "{line:?}");
    let waiting = month(&events, &[correction(5, void, MORNING, State::Proposed)]);
    assert!(!waiting[19].punches[0].struck && waiting[19].punches[0].note.contains("forgot"));
}

#[test]
fn an_added_punch_counts_only_once_it_is_approved() {
    let add = Change::Add { at: UtcMillis::from_i64(MORNING), direction: None };
    for (state, counts) in [(State::Proposed, false), (State::Approved, true), (State::Rejected, false)] {
        let days = month(&[], &[correction(5, add, MORNING, state)]);
        assert_eq!(days[19].punches[0].struck, !counts, "{state:?}");
    }
}
