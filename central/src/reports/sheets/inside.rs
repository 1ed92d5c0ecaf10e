//! Who is there now, by what is known: an arrival without a departure.
//!
//! Somebody whose day was closed by the system, whose departure a door only guesses at, or whose last punch the
//! record doesn't hold yet, may be there. They are marked, and only the evacuation list names them: it must
//! rather look for one too many than for one too few.

use std::collections::BTreeMap;

use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;
use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Column, Kind};
use super::{Line, Place, Saying, columns, name_cell, place, text_or_empty};
use crate::attendance::record::DayRecord;
use crate::store::days::DayRow;

/// Somebody who is there, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Who.
    pub person: PersonId,
    /// Their name; empty once they are erased.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// Where: the site of the last door, or the one where they belong.
    pub site: SiteId,
    /// Its zone.
    pub zone: String,
    /// Since when, where an arrival is known.
    pub since: Option<UtcMillis>,
    /// When they were last recorded, by a door or by hand.
    pub seen_at: Option<UtcMillis>,
    /// The last door that saw them; empty when none did for a day.
    pub door: String,
    /// Whether nothing speaks against it.
    pub sure: bool,
}

/// The last time a door saw somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSeen {
    /// When.
    pub at: UtcMillis,
    /// The door's name.
    pub door: String,
    /// The door's site.
    pub site: SiteId,
    /// The site's zone.
    pub zone: String,
}

/// A doubt older than this is none: whoever may have been there a day ago has gone home.
const DOUBT_MS: i64 = 24 * 3_600_000;

/// Who is there, and who may be, by site and name. Of the days that are passed in each person's latest counts.
#[must_use]
pub fn inside(rows: &[DayRow], last: &BTreeMap<PersonId, LastSeen>, now: UtcMillis) -> Vec<Inside> {
    let mut latest: BTreeMap<PersonId, &DayRow> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.record.punches > 0) {
        let known = latest.entry(row.record.person).or_insert(row);
        if known.record.date < row.record.date {
            *known = row;
        }
    }
    let mut all: Vec<Inside> =
        latest.into_iter().filter_map(|(person, row)| one(row, last.get(&person), now)).collect();
    all.sort_by_cached_key(|one| (one.site.clone(), one.place()));
    all
}

fn one(row: &DayRow, seen: Option<&LastSeen>, now: UtcMillis) -> Option<Inside> {
    let day = &row.record;
    let open = day.stretches.iter().rfind(|stretch| stretch.open_since.is_some());
    let sure = open.is_some_and(|stretch| stretch.closed_at.is_none());
    let since = open.and_then(|stretch| stretch.open_since);
    let recent = |at: UtcMillis| now.millis_since(at) <= DOUBT_MS;
    let known = [since, day.last_out(), seen.map(|seen| seen.at)].into_iter().flatten().max();
    let perhaps = may_be_there(day, seen) && known.is_some_and(recent);
    if !sure && !perhaps {
        return None;
    }
    Some(Inside {
        person: day.person,
        name: row.name.clone(),
        staff_no: row.staff_no.clone(),
        site: seen.map_or_else(|| day.site.clone(), |seen| seen.site.clone()),
        zone: seen.map_or_else(|| row.zone.clone(), |seen| seen.zone.clone()),
        since,
        seen_at: known,
        door: seen.map(|seen| seen.door.clone()).unwrap_or_default(),
        sure,
    })
}

/// Whether somebody whom the record doesn't call present may be there all the same.
fn may_be_there(day: &DayRecord, seen: Option<&LastSeen>) -> bool {
    let Some(left) = day.last_out() else { return true };
    // A door saw them after what the record calls their departure: it isn't computed yet.
    let came_back = seen.is_some_and(|seen| seen.at > left);
    // The last of three punches at doors that know no direction is a departure to the rules, and as likely a return.
    came_back || day.punches % 2 == 1
}

impl Inside {
    pub(super) fn place(&self) -> Place {
        place(&self.name, self.person)
    }

    pub(super) fn at<'a>(&'a self, at: Option<UtcMillis>, saying: &Saying<'a>) -> Cell<'a> {
        // Without a day: whoever reads it must not have to guess of which it is.
        Cell::or_empty(at, |at| Cell::LocalTime { at, zone: saying.zones.get(&self.zone), day: None })
    }
}

impl Line for Inside {
    fn columns(words: Words<'_>) -> Vec<Column> {
        vec![
            columns::name(words),
            columns::staff_no(words),
            columns::site(words),
            Column::new("since", words.say("reports-since"), Kind::LocalTime),
            Column::new("door", words.say("reports-last-door"), Kind::Text),
            Column::new("seen_at", words.say("reports-last-seen"), Kind::LocalTime),
        ]
    }

    fn notes() -> &'static [&'static str] {
        &["reports-note-on-site"]
    }

    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>> {
        vec![
            name_cell(saying.words, &self.name),
            text_or_empty(self.staff_no.as_deref()),
            Cell::text(self.site.as_str()),
            self.at(self.since, saying),
            Cell::or_empty((!self.door.is_empty()).then_some(self.door.as_str()), Cell::text),
            self.at(self.seen_at, saying),
        ]
    }
}
