//! Holidays from a calendar file (iCalendar, RFC 5545).
//!
//! Content lines are read by the `icalendar` crate one at a time; which lines make an event, and how much of a
//! file is looked at, is decided here. An event that isn't of whole days, or repeats in a way that isn't plainly
//! yearly, is refused by its name.

pub(super) mod error;
mod lines;
mod when;
mod yearly;

use std::ops::RangeInclusive;

use icalendar::parser::Property;
use jiff::civil::Date;

pub use error::CalendarError;
use lines::EventLines;
use when::Moment;
use yearly::Yearly;

use super::errors::{ImportError, Parsed, RowErrors};
use super::fields;
use super::holidays::{HolidayRow, leave_same_days_out};
use super::limits::{LIMITS, Limits, MAX_EVENT_DAYS};
use super::shown::shown;
use crate::attendance::calendar::DayPart;

/// The holidays of a calendar. Yearly events are written out for `years`; the row is the line where an event
/// begins. Cancelled events are skipped.
///
/// # Errors
/// [`ImportError::Calendar`] when the file as a whole can't be read; events that can't be are in the answer.
pub fn read(bytes: &[u8], name: &str, years: RangeInclusive<i16>) -> Result<Parsed<HolidayRow>, ImportError> {
    read_within(bytes, name, &years, &LIMITS)
}

pub(super) fn read_within(
    bytes: &[u8],
    name: &str,
    years: &RangeInclusive<i16>,
    limits: &Limits,
) -> Result<Parsed<HolidayRow>, ImportError> {
    let years = (*years.start()).max(1900)..=(*years.end()).min(2199);
    let events = lines::events(lines::unfolded(bytes, limits)?, limits)?;
    let mut parsed = Parsed { source: shown(name), rows: Vec::new(), errors: RowErrors::default() };
    for lines in events {
        let event = Event::of(&lines);
        if event.cancelled {
            continue;
        }
        match event.days(&years) {
            Err(reason) => parsed.errors.push(lines.line, Some("event"), &event.title(), reason),
            Ok((name, days)) => {
                if parsed.rows.len() + days.len() > limits.calendar_days {
                    return Err(CalendarError::TooManyDays(limits.calendar_days).into());
                }
                let holiday = |date| HolidayRow { date, name: name.clone(), half: DayPart::Full, site: None };
                parsed.rows.extend(days.into_iter().map(|date| (lines.line, holiday(date))));
            }
        }
    }
    leave_same_days_out(&mut parsed);
    Ok(parsed)
}

/// What matters of an event.
#[derive(Debug, Default)]
struct Event {
    uid: String,
    summary: String,
    cancelled: bool,
    start: Option<Moment>,
    end: Option<Moment>,
    duration: Option<String>,
    rule: Option<String>,
    left_out: Vec<Date>,
    fault: Option<String>,
}

impl Event {
    /// As much of the event as can be read, and the first reason why the rest can't.
    fn of(lines: &EventLines) -> Self {
        let mut event = Self::default();
        for line in &lines.content {
            if let Err(reason) = event.take(line) {
                event.fault.get_or_insert(reason);
            }
        }
        event
    }

    fn take(&mut self, line: &str) -> Result<(), String> {
        let property = Property::try_from(line)
            .map_err(|_| format!("has a line that can't be read: {}", shown(line)))?;
        let value = property.val.as_ref();
        let parameter = |name: &str| {
            let found = property.params.iter().find(|it| it.key.as_ref().eq_ignore_ascii_case(name));
            found.and_then(|it| it.val.as_ref()).map_or("", |value| value.as_ref())
        };
        let once = |slot: bool, name: &str| if slot { Err(format!("has {name} twice")) } else { Ok(()) };
        let name = property.name.as_ref().to_ascii_uppercase();
        match name.as_str() {
            "UID" => value.clone_into(&mut self.uid),
            "SUMMARY" => {
                let charset = parameter("CHARSET");
                if !parameter("ENCODING").is_empty()
                    || !(charset.is_empty() || charset.eq_ignore_ascii_case("UTF-8"))
                {
                    return Err(
                        "has a SUMMARY in an old encoding: export the calendar as iCalendar 2.0".to_owned()
                    );
                }
                value.clone_into(&mut self.summary);
            }
            "STATUS" => self.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            "DTSTART" => {
                once(self.start.is_some(), "DTSTART")?;
                self.start = Some(Moment::parse(value, parameter("TZID"))?);
            }
            "DTEND" => {
                once(self.end.is_some(), "DTEND")?;
                self.end = Some(Moment::parse(value, parameter("TZID"))?);
            }
            "DURATION" => {
                once(self.duration.is_some(), "DURATION")?;
                self.duration = Some(value.to_owned());
            }
            "RRULE" => {
                once(self.rule.is_some(), "RRULE")?;
                self.rule = Some(value.to_owned());
            }
            "EXDATE" => {
                for value in value.split(',') {
                    self.left_out.push(Moment::parse(value.trim(), parameter("TZID"))?.day);
                }
            }
            "RDATE" | "EXRULE" | "RECURRENCE-ID" => {
                return Err(format!("has {name}, which isn't followed: write its days one by one"));
            }
            _ => {}
        }
        Ok(())
    }

    /// The event for an error: its name and its id.
    fn title(&self) -> String {
        match (self.summary.trim(), self.uid.trim()) {
            ("", uid) => uid.to_owned(),
            (summary, "") => summary.to_owned(),
            (summary, uid) => format!("{} ({uid})", shown(summary)),
        }
    }

    /// Its name and its days.
    fn days(&self, years: &RangeInclusive<i16>) -> Result<(String, Vec<Date>), String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let name = fields::name(&self.summary.replace(['\n', '\t'], " "));
        let name = name.map_err(|reason| format!("has no SUMMARY that can be a name: {reason}"))?;
        let start = self.start.as_ref().ok_or("has no DTSTART")?;
        let length = self.length(start)?;
        let Some(rule) = &self.rule else {
            if !self.left_out.is_empty() {
                return Err("has EXDATE without RRULE".to_owned());
            }
            return Ok((name, start.day.series(jiff::Span::new().days(1)).take(length).collect()));
        };
        // What began in the year before may last into the first.
        let begun = years.start().saturating_sub(1)..=*years.end();
        let days = Yearly::parse(rule)?
            .days(start.day, &begun)
            .into_iter()
            .filter(|first| !self.left_out.contains(first))
            .flat_map(|first| first.series(jiff::Span::new().days(1)).take(length))
            .filter(|day| years.contains(&day.year()))
            .collect();
        Ok((name, days))
    }

    /// How many days it lasts.
    fn length(&self, start: &Moment) -> Result<usize, String> {
        let end = match (&self.end, &self.duration) {
            (Some(_), Some(_)) => return Err("has both DTEND and DURATION".to_owned()),
            (Some(end), None) if end.midnight != start.midnight => {
                return Err(
                    "begins and ends in different zones or forms: write VALUE=DATE for both".to_owned()
                );
            }
            (Some(end), None) => end.day,
            (None, Some(duration)) => when::after(start.day, duration)
                .ok_or_else(|| format!("lasts {}, which isn't whole days: write P1D", shown(duration)))?,
            (None, None) if start.midnight.is_some() => {
                return Err("has a time of day and no end: write VALUE=DATE".to_owned());
            }
            (None, None) => return Ok(1),
        };
        let days = (end - start.day).get_days();
        match usize::try_from(days) {
            Ok(0) | Err(_) => {
                Err("ends on or before its first day: DTEND is the day after the last".to_owned())
            }
            Ok(days) if days > MAX_EVENT_DAYS => {
                Err(format!("lasts {days} days, {MAX_EVENT_DAYS} at most: it is no holiday"))
            }
            Ok(days) => Ok(days),
        }
    }
}
