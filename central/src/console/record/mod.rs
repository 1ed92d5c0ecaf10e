//! A person's month as a page shows it: each day with its hours, its punches and what was corrected.
//!
//! The same lines for HR and for the employee: both read one record. Pure; times are said in the zone of
//! the site where they happened.

pub(super) mod page;

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::event::EventKind;
use lintel_core::time::{UtcMillis, zone};
use lintel_runtime::catalogue::Words;

use super::dates;
use crate::attendance::correction::Change;
use crate::attendance::punch::Direction;
use crate::attendance::{Month, Status};
use crate::reports::{exceptions_in_words, hours_minutes, status_in_words};
use crate::store::corrections::{Correction, State};
use crate::store::days::DayRow;
use crate::store::events::EventView;

/// What the month is made of, already read.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    pub(super) month: Month,
    pub(super) today: Date,
    pub(super) days: &'a [DayRow],
    pub(super) events: &'a [EventView],
    pub(super) corrections: &'a [Correction],
}

/// One punch of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PunchLine {
    /// For the form that voids it; empty where it can't be.
    pub(super) id: String,
    pub(super) time: String,
    pub(super) place: String,
    pub(super) how: String,
    /// What was said about it, with the reason.
    pub(super) note: String,
    /// It doesn't count.
    pub(super) struck: bool,
    /// The instant, for the order.
    at: UtcMillis,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DayLine {
    pub(super) date: String,
    pub(super) title: String,
    pub(super) first_in: String,
    pub(super) last_out: String,
    pub(super) worked: String,
    pub(super) notes: String,
    pub(super) weekend: bool,
    pub(super) today: bool,
    pub(super) punches: Vec<PunchLine>,
}

/// The month's days up to today, newest last, and their hours together.
pub(super) fn lines(words: Words<'_>, sources: &Sources<'_>) -> (Vec<DayLine>, String) {
    let mut punches = punches_by_date(words, sources);
    let mut total_ms = 0;
    let days = sources
        .month
        .days()
        .filter(|date| *date <= sources.today)
        .map(|date| {
            let of_day: Vec<&DayRow> = sources.days.iter().filter(|row| row.record.date == date).collect();
            total_ms += of_day.iter().map(|row| row.record.hours.worked.as_millis()).sum::<i64>();
            let mut of_date = punches.remove(&date).unwrap_or_default();
            of_date.sort_by_key(|punch| punch.at);
            day_line(words, date, sources.today, &of_day, of_date)
        })
        .collect();
    (days, hours_minutes(total_ms))
}

fn day_line(words: Words<'_>, date: Date, today: Date, rows: &[&DayRow], punches: Vec<PunchLine>) -> DayLine {
    let said = |at: Option<UtcMillis>, row: &DayRow| {
        at.zip(zone(&row.zone).ok()).map(|(at, zone)| at.hour_minute_in(&zone))
    };
    let joined = |times: Vec<String>| if times.is_empty() { "–".to_owned() } else { times.join(" · ") };
    let worked: i64 = rows.iter().map(|row| row.record.hours.worked.as_millis()).sum();
    let notes: Vec<String> =
        rows.iter().map(|row| notes(words, row)).filter(|text| !text.is_empty()).collect();
    DayLine {
        date: date.to_string(),
        title: dates::day_of_month(words, date),
        first_in: joined(rows.iter().filter_map(|row| said(row.record.first_in(), row)).collect()),
        last_out: joined(rows.iter().filter_map(|row| said(row.record.last_out(), row)).collect()),
        worked: if worked > 0 { hours_minutes(worked) } else { "–".to_owned() },
        notes: notes.join(", "),
        weekend: date.weekday().to_monday_zero_offset() >= 5,
        today: date == today,
        punches,
    }
}

/// What the day was, where that isn't plain from its hours, and what somebody should look at.
fn notes(words: Words<'_>, row: &DayRow) -> String {
    let record = &row.record;
    let mut notes = Vec::new();
    match record.status {
        // An absence is an exception too, and is said once.
        Status::Present | Status::Absent | Status::Free => {}
        status => notes.push(status_in_words(words, status)),
    }
    if !record.exceptions.is_empty() {
        notes.push(exceptions_in_words(words, record));
    }
    if let Some(why) = record.provisional.as_ref().filter(|why| !why.blocked_by.is_empty()) {
        let doors: Vec<String> = why.blocked_by.iter().map(ToString::to_string).collect();
        notes.push(words.say_with("status-waits-for", &[("doors", doors.join(", ").into())]));
    }
    notes.join(", ")
}

fn punches_by_date(words: Words<'_>, sources: &Sources<'_>) -> HashMap<Date, Vec<PunchLine>> {
    let mut by_date: HashMap<Date, Vec<PunchLine>> = HashMap::new();
    let mut put =
        |zone: &TimeZone, line: PunchLine| by_date.entry(line.at.date_in(zone)).or_default().push(line);
    for event in sources.events {
        let Ok(zone) = zone(&event.zone) else { continue };
        put(&zone, recorded(words, event, &zone, sources.corrections));
    }
    for correction in sources.corrections {
        let Ok(zone) = zone(&correction.zone) else { continue };
        if let Change::Add { at, .. } = correction.change {
            put(&zone, added(words, correction, at, &zone, sources.corrections));
        }
    }
    by_date
}

fn recorded(words: Words<'_>, event: &EventView, zone: &TimeZone, all: &[Correction]) -> PunchLine {
    let how = match event.kind {
        EventKind::Badge => "record-by-badge",
        _ => "record-by-face",
    };
    let mut notes = Vec::new();
    if event.status != "accepted" {
        notes.push(words.say("record-held-back"));
    }
    let struck = voiding(words, all, event.event_id.as_uuid().as_bytes(), &mut notes);
    PunchLine {
        id: if struck { String::new() } else { event.event_id.to_string() },
        time: event.corrected_at.hour_minute_in(zone),
        place: event.door.clone(),
        how: words.say(how),
        note: notes.join(" · "),
        struck: struck || event.status != "accepted",
        at: event.corrected_at,
    }
}

fn added(
    words: Words<'_>,
    correction: &Correction,
    at: UtcMillis,
    zone: &TimeZone,
    all: &[Correction],
) -> PunchLine {
    let reason = ("reason", correction.reason.as_str().into());
    let mut notes = vec![match correction.state {
        State::Proposed => words.say_with("record-add-waits", &[reason]),
        State::Approved => words.say_with("record-added", &[reason]),
        State::Rejected => {
            let answer = correction.answer.as_deref().unwrap_or_default();
            words.say_with("record-add-rejected", &[("answer", answer.into())])
        }
    }];
    let struck = voiding(words, all, correction.correction_id.as_uuid().as_bytes(), &mut notes);
    let counts = correction.state == State::Approved && !struck;
    PunchLine {
        id: if counts { correction.correction_id.to_string() } else { String::new() },
        time: at.hour_minute_in(zone),
        place: correction.site_id.to_string(),
        how: words.say("record-by-hand"),
        note: notes.join(" · "),
        struck: !counts,
        at,
    }
}

/// Says what was proposed or decided about a punch; whether it is voided.
fn voiding(words: Words<'_>, all: &[Correction], punch: &[u8; 16], notes: &mut Vec<String>) -> bool {
    let mut voided = false;
    for correction in all {
        if let Some(id) = directing(correction, punch) {
            notes.push(words.say_with(id, &[("reason", correction.reason.as_str().into())]));
        }
        let of = match correction.change {
            Change::Void { punch } | Change::Move { punch, .. } => punch,
            _ => continue,
        };
        if of.as_uuid().as_bytes() != punch {
            continue;
        }
        let reason = ("reason", correction.reason.as_str().into());
        match correction.state {
            State::Proposed => notes.push(words.say_with("record-void-waits", &[reason])),
            State::Approved => {
                voided = true;
                notes.push(words.say_with("record-voided", &[reason]));
            }
            State::Rejected => {
                let answer = correction.answer.as_deref().unwrap_or_default();
                notes.push(words.say_with("record-void-rejected", &[("answer", answer.into())]));
            }
        }
    }
    voided
}

/// What was decided about the direction of a punch.
fn directing(correction: &Correction, of: &[u8; 16]) -> Option<&'static str> {
    match correction.change {
        Change::Direct { punch, direction }
            if punch.as_uuid().as_bytes() == of && correction.state == State::Approved =>
        {
            Some(if direction == Direction::In { "record-said-in" } else { "record-said-out" })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
