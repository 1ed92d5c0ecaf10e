//! Rows as today's page shows them: words, local times, and what to do next.
//!
//! Pure. Status is always said in words with a mark; colour only repeats it.

use std::collections::HashSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::event::EventKind;
use lintel_core::ids::PersonId;
use lintel_core::time::{UnknownZone, UtcMillis, zone};
use lintel_runtime::catalogue::Words;
use serde::Serialize;

use super::super::{codes, dates};
use crate::attendance::exception::Code;
use crate::attendance::record::DayRecord;
use crate::reports::{exception_in_words, hours_minutes};
use crate::store::days::DayRow;
use crate::store::events::EventView;
use crate::store::people::Person;
use crate::store::sites::Site;

/// One line of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FeedItem {
    pub(super) kind: String,
    pub(super) time: String,
    pub(super) title: String,
    pub(super) detail: String,
}

/// None for an event whose site has a zone that nobody knows any more.
pub(super) fn feed_item(words: Words<'_>, view: &EventView) -> Option<FeedItem> {
    let zone = zone(&view.zone).ok()?;
    let title = match (&view.kind, &view.person_name) {
        (EventKind::Punch | EventKind::Badge, Some(name)) => name.clone(),
        (kind, _) => codes::event(words, kind),
    };
    let mut detail = format!("{} · {}", view.door, view.site_id);
    if view.kind == EventKind::Badge {
        detail = format!("{detail} · {}", words.say("record-by-badge"));
    }
    if view.status != "accepted" {
        detail = format!("{detail} · {}", words.say("record-held-back"));
    }
    Some(FeedItem {
        kind: view.kind.as_str().to_owned(),
        time: view.corrected_at.hour_minute_in(&zone),
        title,
        detail,
    })
}

/// A person's line.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) staff_no: String,
    pub(super) first_in: String,
    pub(super) last_out: String,
    pub(super) worked: String,
    pub(super) state: String,
    pub(super) state_class: &'static str,
    pub(super) state_mark: &'static str,
    pub(super) notes: String,
}

/// A site's card.
#[derive(Debug, Clone)]
pub(super) struct SiteBoard {
    pub(super) name: String,
    pub(super) zone: String,
    pub(super) date: String,
    pub(super) counts: String,
    pub(super) rows: Vec<Row>,
    pub(super) unseen_title: String,
    /// Active people of the site whom no door has seen today. Not "absent": a door may be silent.
    pub(super) unseen: Vec<Unseen>,
}

/// Somebody whom no door has seen.
#[derive(Debug, Clone)]
pub(super) struct Unseen {
    pub(super) id: String,
    pub(super) name: String,
}

/// The card of a site on its own today.
pub(super) fn site_board(
    words: Words<'_>,
    site: &Site,
    today: Date,
    rows: &[DayRow],
    people: &[Person],
) -> Result<SiteBoard, UnknownZone> {
    let zone = zone(&site.zone)?;
    let of_site: Vec<&DayRow> =
        rows.iter().filter(|row| row.record.site == site.site_id && of_today(&row.record, today)).collect();
    let seen: HashSet<PersonId> =
        rows.iter().filter(|row| of_today(&row.record, today)).map(|row| row.record.person).collect();
    let unseen: Vec<Unseen> = people
        .iter()
        .filter(|person| person.active && person.site_id == site.site_id && !seen.contains(&person.person_id))
        .map(|person| Unseen { id: person.person_id.to_string(), name: person.name.clone() })
        .collect();
    let here = of_site.iter().filter(|row| row.record.last_out().is_none()).count();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let values = [
        ("here", count(here).into()),
        ("recorded", count(of_site.len()).into()),
        ("unseen", count(unseen.len()).into()),
    ];
    Ok(SiteBoard {
        name: site.name.clone(),
        zone: site.zone.clone(),
        date: dates::long(words, today),
        counts: words.say_with("today-counts", &values),
        rows: of_site.into_iter().map(|row| person_row(words, row, &zone)).collect(),
        unseen_title: words.say_with("today-unseen", &[("count", count(unseen.len()).into())]),
        unseen,
    })
}

/// Whether a day has somebody in it who was there today; whoever is on leave has a day too, and isn't "recorded".
fn of_today(record: &DayRecord, today: Date) -> bool {
    record.date == today && record.punches > 0
}

fn person_row(words: Words<'_>, row: &DayRow, zone: &TimeZone) -> Row {
    let day = &row.record;
    let out = day.last_out();
    let time = |at: Option<UtcMillis>| at.map_or_else(|| "–".to_owned(), |at| at.hour_minute_in(zone));
    let (state, state_class, state_mark) = match (out.is_some(), day.provisional.is_some()) {
        (true, _) => ("today-in-and-out", "good", "✓"),
        (false, true) => ("today-in", "wait", "→"),
        (false, false) => ("exception-missing-out", "look", "!"),
    };
    // The state says it already.
    let notes: Vec<_> = day
        .exceptions
        .iter()
        .filter(|exception| exception.code != Code::MissingOut)
        .map(|exception| exception_in_words(words, exception))
        .collect();
    Row {
        id: day.person.to_string(),
        name: if row.name.is_empty() { words.say("today-removed") } else { row.name.clone() },
        staff_no: row.staff_no.clone().unwrap_or_default(),
        first_in: time(day.first_in()),
        last_out: time(out),
        worked: if out.is_some() { hours_minutes(day.hours.worked.as_millis()) } else { "–".into() },
        state: words.say(state),
        state_class,
        state_mark,
        notes: notes.join(", "),
    }
}

/// What to do when there is nothing to show yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextStep {
    pub(super) title: String,
    pub(super) text: String,
    /// A command line, which is the same in every language; or a page.
    pub(super) command: &'static str,
    pub(super) address: &'static str,
}

/// The first thing that is missing, in the order in which it is needed.
pub(super) fn next_step(words: Words<'_>, sites: usize, devices: usize, people: usize) -> Option<NextStep> {
    if sites == 0 {
        return Some(NextStep {
            title: words.say("today-first-site"),
            text: words.say("today-first-site-text"),
            command: "lintel-central site add berlin --zone Europe/Berlin",
            address: "",
        });
    }
    if devices == 0 {
        return Some(NextStep {
            title: words.say("today-first-door"),
            text: words.say("today-first-door-text"),
            command: "",
            address: "/console/devices",
        });
    }
    (people == 0).then(|| NextStep {
        title: words.say("today-first-person"),
        text: words.say("today-first-person-text"),
        command: "",
        address: "/console/people",
    })
}
