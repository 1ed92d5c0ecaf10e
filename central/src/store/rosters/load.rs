//! One read for the rules: everything that the days of some people are measured against.
//!
//! Whole sets per statement, people in chunks: computing a month of a thousand people must not be a
//! thousand questions.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use lintel_core::ids::{PatternId, PersonId, ShiftId};
use lintel_core::time::zone;

use super::super::{PEOPLE, StoreError, Tx, rows_of_people, sites, uuid};
use super::assignments::Works;
use super::policies::of_site;
use super::{assignments, employments, holidays, parsed, patterns, policies, shifts};
use crate::attendance::Length;
use crate::attendance::calendar::{
    Assignment, Calendar, DayPart, Employment, Holiday, Leave, Place, Roster, Shift, Versions,
};
use crate::attendance::pattern::Pattern;

/// What is shared by everybody, and the calendar of each of some people, as planned for `[from, to]`.
///
/// Sites, shifts and policies come whole; holidays, assignments and approved leave only where they have a
/// day from one date to the other; employments always, because whoever isn't employed still belongs where
/// they did. `min_gap` is the setting for places without a policy. Excuses are none: they are corrections,
/// and whoever reads those adds them. Somebody unknown has an empty calendar.
///
/// # Errors
/// When the database fails.
pub async fn load(
    tx: &mut Tx,
    people: &[PersonId],
    from: Date,
    to: Date,
    min_gap: Length,
) -> Result<(Roster, BTreeMap<PersonId, Calendar>), StoreError> {
    let roster = roster(tx, from, to, min_gap).await?;
    let cycles: BTreeMap<PatternId, Arc<Pattern>> = patterns::list_all(tx)
        .await?
        .into_iter()
        .map(|row| (row.pattern_id, Arc::new(row.pattern)))
        .collect();
    let mut calendars: BTreeMap<PersonId, Calendar> =
        people.iter().map(|person| (*person, Calendar::default())).collect();
    // Each once, whoever was named twice.
    let people: Vec<PersonId> = calendars.keys().copied().collect();
    for some in people.chunks(PEOPLE) {
        for row in employments::list_of_people(tx, some).await? {
            let employment = Employment { from: row.from, to: row.to, site: row.site_id };
            calendars.entry(row.person_id).or_default().employments.push(employment);
        }
        for row in assignments_of(tx, some, from, to).await? {
            let pattern = match row.works {
                Works::Pattern { pattern } => cycles
                    .get(&pattern)
                    .cloned()
                    .ok_or(StoreError::Row { column: "assignment.pattern_id" })?,
                Works::Shift { shift, weekdays } => Arc::new(Pattern::weekly(&shift, weekdays.0)),
            };
            let assignment = Assignment { from: row.from, to: row.to, pattern };
            calendars.entry(row.person_id).or_default().assignments.push(assignment);
        }
        for (person, leave) in leave_of(tx, some, from, to).await? {
            calendars.entry(person).or_default().leaves.push(leave);
        }
    }
    Ok((roster, calendars))
}

async fn roster(tx: &mut Tx, from: Date, to: Date, min_gap: Length) -> Result<Roster, StoreError> {
    let policies = policies::list_all(tx).await?;
    let mut roster = Roster::default();
    for site in sites::list(tx).await? {
        let place = Place {
            zone: zone(&site.zone).map_err(|_| StoreError::Row { column: "site.zone" })?,
            policy: of_site(&policies, &site.site_id, min_gap),
            holidays: BTreeMap::new(),
        };
        roster.places.insert(site.site_id, place);
    }
    for row in holidays::list_all(tx, from, to).await? {
        if let Some(place) = roster.places.get_mut(&row.site_id) {
            place.holidays.insert(row.date, Holiday { name: row.name, part: row.part });
        }
    }
    let mut versions: BTreeMap<ShiftId, Vec<(Date, Shift)>> = BTreeMap::new();
    for row in shifts::list_all(tx).await? {
        let named = row.zone.as_deref().map(zone).transpose();
        let zone = named.map_err(|_| StoreError::Row { column: "shift.zone" })?;
        versions.entry(row.shift_id).or_default().push((row.from, Shift { template: row.template, zone }));
    }
    roster.shifts = versions.into_iter().map(|(id, values)| (id, Versions::of(values))).collect();
    Ok(roster)
}

async fn assignments_of(
    tx: &mut Tx,
    people: &[PersonId],
    from: Date,
    to: Date,
) -> Result<Vec<assignments::AssignmentRow>, StoreError> {
    let text = format!(
        "SELECT {} FROM assignment WHERE person_id IN (VALUES {{people}}) AND valid_from <= {{1}} \
         AND (valid_to IS NULL OR valid_to >= {{2}}) ORDER BY person_id, valid_from",
        assignments::COLUMNS
    );
    rows_of_people!(tx, assignments::Row, people, &text, to.to_string(), from.to_string())?
        .into_iter()
        .map(assignments::assignment)
        .collect()
}

type LeaveRow = (Vec<u8>, String, String, String, String, i64);

async fn leave_of(
    tx: &mut Tx,
    people: &[PersonId],
    from: Date,
    to: Date,
) -> Result<Vec<(PersonId, Leave)>, StoreError> {
    let text = "SELECT l.person_id, l.first_date, l.last_date, l.part, l.leave_kind, k.paid FROM leave l \
        JOIN leave_kind k ON k.leave_kind = l.leave_kind \
        WHERE l.person_id IN (VALUES {people}) AND l.state = 'approved' AND l.first_date <= {1} \
        AND l.last_date >= {2} ORDER BY l.person_id, l.first_date, l.part";
    rows_of_people!(tx, LeaveRow, people, text, to.to_string(), from.to_string())?
        .into_iter()
        .map(|(person, first, last, part, kind, paid)| {
            let leave = Leave {
                from: parsed(&first, "leave.first_date")?,
                to: parsed(&last, "leave.last_date")?,
                part: DayPart::parse(&part).ok_or(StoreError::Row { column: "leave.part" })?,
                kind: parsed(&kind, "leave.leave_kind")?,
                paid: paid != 0,
            };
            Ok((uuid(&person, "leave.person_id")?.into(), leave))
        })
        .collect()
}
