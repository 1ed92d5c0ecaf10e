//! Rows as the page shows them: words, local times, and what to do next.
//!
//! Pure. Status is always said in words with a mark; colour only repeats it.

use lintel_core::event::EventKind;
use lintel_core::time::zone;
use serde::Serialize;

use crate::attendance::Code;
use crate::reports::{exception_in_words, hours_minutes};
use crate::store::days::DayRow;
use crate::store::events::EventView;
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
pub(super) fn feed_item(view: &EventView) -> Option<FeedItem> {
    let zone = zone(&view.zone).ok()?;
    let title = match (&view.kind, &view.person_name) {
        (EventKind::Punch | EventKind::Badge, Some(name)) => name.clone(),
        (kind, _) => kind_in_words(kind),
    };
    let held = if view.status == "accepted" { "" } else { " · held back for review" };
    Some(FeedItem {
        kind: view.kind.as_str().to_owned(),
        time: view.corrected_at.hour_minute_in(&zone),
        title,
        detail: format!("{} · {}{held}", view.door, view.site_id),
    })
}

fn kind_in_words(kind: &EventKind) -> String {
    match kind {
        EventKind::Punch | EventKind::Badge => "Removed person".into(),
        EventKind::Unknown => "Not recognised".into(),
        EventKind::Ambiguous => "Too much alike to tell apart".into(),
        EventKind::Spoof => "Suspected picture or mask".into(),
        EventKind::LowQuality => "Face not clear enough".into(),
        EventKind::Tamper => "The device was touched".into(),
        EventKind::Health => "Device report".into(),
        EventKind::Other(name) => format!("Other: {name}"),
    }
}

/// A person's line.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) staff_no: String,
    pub(super) first_in: String,
    pub(super) last_out: String,
    pub(super) worked: String,
    pub(super) state: &'static str,
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
    pub(super) rows: Vec<Row>,
}

/// The card of a site on its own today.
pub(super) fn site_board(
    site: &Site,
    today: jiff::civil::Date,
    rows: &[DayRow],
) -> Result<SiteBoard, lintel_core::time::UnknownZone> {
    let zone = zone(&site.zone)?;
    let rows = rows
        .iter()
        .filter(|row| row.site_id == site.site_id && row.day.date == today)
        .map(|row| person_row(row, &zone))
        .collect();
    Ok(SiteBoard {
        name: site.name.clone(),
        zone: site.zone.clone(),
        date: today.strftime("%A, %-d %B %Y").to_string(),
        rows,
    })
}

fn person_row(row: &DayRow, zone: &jiff::tz::TimeZone) -> Row {
    let day = &row.day;
    let time = |at: Option<lintel_core::time::UtcMillis>| {
        at.map_or_else(|| "–".to_owned(), |at| at.hour_minute_in(zone))
    };
    let (state, state_class, state_mark) = match (day.last_out.is_some(), day.provisional) {
        (true, _) => ("In and out", "good", "✓"),
        (false, true) => ("Checked in", "wait", "→"),
        (false, false) => ("Missing check-out", "look", "!"),
    };
    // The state says it already.
    let said = |code: &&Code| **code != Code::MissingCheckOut;
    let notes: Vec<_> =
        day.exceptions.iter().filter(said).map(|code| exception_in_words(*code, day.provisional)).collect();
    Row {
        name: if row.name.is_empty() { "Removed person".into() } else { row.name.clone() },
        staff_no: row.staff_no.clone().unwrap_or_default(),
        first_in: time(day.first_in),
        last_out: time(day.last_out),
        worked: if day.last_out.is_some() { hours_minutes(day.worked_ms) } else { "–".into() },
        state,
        state_class,
        state_mark,
        notes: notes.join(", "),
    }
}

/// What to do when there is nothing to show yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NextStep {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) command: &'static str,
}

/// The first thing that is missing, in the order in which it is needed.
pub(super) fn next_step(sites: usize, devices: usize, people: usize) -> Option<NextStep> {
    if sites == 0 {
        return Some(NextStep {
            title: "Start with a site",
            text: "A site is a place with a time zone. Its doors share one list of people.",
            command: "lintel-central site add berlin --zone Europe/Berlin",
        });
    }
    if devices == 0 {
        return Some(NextStep {
            title: "Add the first door",
            text: "This writes a join file. Copy it to the device at the door and name it in its configuration.",
            command: "lintel-central device add door-1 --site SITE --door \"Main entrance\"",
        });
    }
    (people == 0).then_some(NextStep {
        title: "Add the first person",
        text: "Then record consent and make templates from a few photographs; the doors get them by themselves.",
        command: "lintel-central people add --name \"Ada Lovelace\" --site SITE\nlintel-central people enrol PERSON --photos FOLDER --consent NOTICE_VERSION",
    })
}
