//! Everything that some people's days depend on, read at once.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::{UtcMillis, day_bounds};

use crate::attendance::calendar::{Calendar, Roster, VersionedPolicy, Versions};
use crate::attendance::correction::{corrected, excuse};
use crate::attendance::proof::DoorKnowledge;
use crate::attendance::punch::Punch;
use crate::attendance::{DayRecord, Input, Length, compute, week};
use crate::store::sites::Days;
use crate::store::{StoreError, Tx, door_people, punches, rosters, sites};

/// No zone is further from UTC than 15 hours: instants of civil dates, wherever they are.
const FARTHEST_ZONE_MS: i64 = 15 * 3_600_000;

/// Days of one person that are to be computed, both dates included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Who.
    pub person: PersonId,
    /// The first date.
    pub from: Date,
    /// The last date.
    pub to: Date,
}

/// What one person's days depend on.
#[derive(Debug, Default)]
struct Person {
    calendar: Calendar,
    punches: Vec<Punch>,
    doors: Vec<DoorKnowledge>,
}

/// Everything that some days depend on.
#[derive(Debug)]
pub struct Gathered {
    roster: Roster,
    sites: BTreeMap<SiteId, Days>,
    people: BTreeMap<PersonId, Person>,
    as_of: UtcMillis,
}

/// Reads what some people's days from one date to another depend on. `min_gap` is the setting for sites without
/// a policy of their own.
///
/// # Errors
/// When the database fails.
pub async fn gathered(
    tx: &mut Tx,
    people: &[PersonId],
    (from, to): (Date, Date),
    min_gap: Length,
    as_of: UtcMillis,
) -> Result<Gathered, StoreError> {
    let (first, last) = week::reach(from, to);
    let (roster, calendars) = rosters::load(tx, people, first, last, min_gap).await?;
    let begin = day_bounds(first, &TimeZone::UTC).0.plus_millis(-FARTHEST_ZONE_MS);
    let end = day_bounds(last, &TimeZone::UTC).1.plus_millis(FARTHEST_ZONE_MS);
    let mut recorded = punches::load(tx, people, begin, end).await?;
    let mut doors = door_people::load(tx, people, begin, end).await?;
    let people = calendars
        .into_iter()
        .map(|(id, mut calendar)| {
            let recorded = recorded.remove(&id).unwrap_or_default();
            excuse(&mut calendar, &recorded.corrections);
            let punches = corrected(recorded.punches, &recorded.corrections);
            (id, Person { calendar, punches, doors: doors.remove(&id).unwrap_or_default() })
        })
        .collect();
    Ok(Gathered { roster, sites: sites::list_days(tx).await?, people, as_of })
}

impl Gathered {
    /// Another policy for all sites and dates, to see what it would change.
    pub fn replace_policy(&mut self, policy: &VersionedPolicy) {
        for place in self.roster.places.values_mut() {
            place.policy = Versions::always(policy.clone());
        }
    }

    /// The records of a person that are kept: of days that are over, and of those with a punch.
    ///
    /// A day without a punch is kept from the date on from which the site has days, and only once it is over:
    /// what was computed must not depend on when somebody looked.
    #[must_use]
    pub fn compute(&self, wanted: Wanted) -> Vec<DayRecord> {
        let Some(person) = self.people.get(&wanted.person) else { return Vec::new() };
        let input = Input {
            person: wanted.person,
            roster: &self.roster,
            calendar: &person.calendar,
            punches: &person.punches,
            doors: &person.doors,
            as_of: self.as_of,
        };
        let mut records = compute(&input, wanted.from, wanted.to);
        records.retain(|record| !record.is_blank() && (record.punches > 0 || self.is_over(record)));
        records
    }

    fn is_over(&self, record: &DayRecord) -> bool {
        let from = self.sites.get(&record.site).map_or(Date::MAX, |days| days.from);
        let today = self.roster.places.get(&record.site).map(|place| self.as_of.date_in(&place.zone));
        from <= record.date && today.is_some_and(|today| record.date < today)
    }

    /// The last date that may have a record: that of now in the zone that is furthest ahead.
    #[must_use]
    pub fn last_date(as_of: UtcMillis) -> Date {
        as_of.plus_millis(FARTHEST_ZONE_MS).date_in(&TimeZone::UTC).saturating_add(1.day())
    }
}
