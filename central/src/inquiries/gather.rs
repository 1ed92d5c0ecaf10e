//! Reading what a report is made of, some people at a time, so that a month of ten thousand is never in memory
//! as a whole.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::ids::PersonId;
use lintel_core::time::{UtcMillis, day_bounds};

use super::{AT_ONCE, InquiryError, MOST_LINES, Question, timesheets, working_time};
use crate::attendance::exception::Severity;
use crate::reports::sheets::{
    ExceptionLine, Inside, LastSeen, Material, Name, OvertimeRow, RoundingSums, Zones, inside,
};
use crate::store::days::DayRow;
use crate::store::events::EventView;
use crate::store::sites::Site;
use crate::store::{Tx, days, events};

/// Further back nothing says where somebody is now.
const DAY_MS: i64 = 24 * 3_600_000;

pub(super) async fn material(
    tx: &mut Tx,
    question: &Question,
    sites: &[Site],
    zones: &Zones,
    now: UtcMillis,
) -> Result<Material, InquiryError> {
    let (span, site) = (question.when.span(), question.site.as_ref());
    Ok(match (question.name, question.person) {
        (Name::Daily, None) => Material::Daily(days::list(tx, span.0, span.1, site).await?),
        (Name::Daily, Some(_)) => Material::Daily(of_one(tx, question).await?),
        (Name::Monthly, None) => Material::Team(timesheets::all(tx, question.when.month(), site).await?),
        (Name::Monthly, Some(person)) => {
            let days = of_one(tx, question).await?;
            let mut adjusted = timesheets::adjusted(tx, question.when.month(), site).await?;
            Material::Person(days, adjusted.remove(&person).unwrap_or_default())
        }
        (Name::Exceptions, _) => {
            let mut lines = Vec::new();
            let add = |lines: &mut Vec<_>, row: &_| lines.extend(ExceptionLine::of(row, Severity::Info));
            collect(tx, question, &mut lines, add).await?;
            lines.sort_by_cached_key(ExceptionLine::order);
            Material::Exceptions(lines)
        }
        (Name::Overtime, _) => {
            let mut lines = Vec::new();
            collect(tx, question, &mut lines, |lines, row| lines.extend(OvertimeRow::of(row))).await?;
            lines.sort_by_cached_key(OvertimeRow::order);
            Material::Overtime(lines)
        }
        (Name::Rounding, _) => Material::Rounding(rounding(tx, question).await?),
        (Name::WorkingTime, _) => {
            Material::WorkingTime(working_time::read(tx, question, sites, zones, now).await?)
        }
        (Name::Raw, _) => Material::Raw(raw(tx, question, sites, zones).await?),
        (Name::OnSite, _) => {
            let mut people = there(tx, question, sites, zones, now).await?;
            people.retain(|one| one.sure);
            Material::OnSite(people)
        }
        (Name::Evacuation, _) => Material::Evacuation(there(tx, question, sites, zones, now).await?),
    })
}

/// The days that are asked for, of some people at a time, by person and date.
struct People<'q> {
    question: &'q Question,
    /// Whose weren't read yet.
    left: Vec<PersonId>,
}

impl<'q> People<'q> {
    async fn of(tx: &mut Tx, question: &'q Question) -> Result<Self, InquiryError> {
        let (span, site) = (question.when.span(), question.site.as_ref());
        let left = match question.person {
            Some(person) => vec![person],
            None => days::list_people(tx, span, site, None, i64::MAX).await?,
        };
        Ok(Self { question, left })
    }

    async fn next(&mut self, tx: &mut Tx) -> Result<Option<Vec<DayRow>>, InquiryError> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let some = self.left.split_off(self.left.len().saturating_sub(AT_ONCE));
        let (span, site) = (self.question.when.span(), self.question.site.as_ref());
        Ok(Some(days::list_of_people(tx, &some, span, site).await?))
    }
}

/// The days of the one person that is asked about.
async fn of_one(tx: &mut Tx, question: &Question) -> Result<Vec<DayRow>, InquiryError> {
    Ok(People::of(tx, question).await?.next(tx).await?.unwrap_or_default())
}

/// Goes through all days that are asked for and takes their lines.
async fn collect<L>(
    tx: &mut Tx,
    question: &Question,
    lines: &mut Vec<L>,
    add: impl Fn(&mut Vec<L>, &DayRow),
) -> Result<(), InquiryError> {
    let mut people = People::of(tx, question).await?;
    while let Some(rows) = people.next(tx).await? {
        for row in &rows {
            add(lines, row);
        }
        expect_few(lines.len())?;
    }
    Ok(())
}

const fn expect_few(lines: usize) -> Result<(), InquiryError> {
    if lines > MOST_LINES { Err(InquiryError::TooMany) } else { Ok(()) }
}

async fn rounding(tx: &mut Tx, question: &Question) -> Result<Vec<RoundingSums>, InquiryError> {
    let mut sums: BTreeMap<PersonId, RoundingSums> = BTreeMap::new();
    let mut people = People::of(tx, question).await?;
    while let Some(rows) = people.next(tx).await? {
        for row in &rows {
            sums.entry(row.record.person).or_insert_with(|| RoundingSums::of(row)).add(row);
        }
    }
    let mut sums: Vec<RoundingSums> = sums.into_values().filter(|sums| sums.days > 0).collect();
    sums.sort_by_cached_key(RoundingSums::place);
    Ok(sums)
}

/// Events whose instant lies on one of the dates in the zone of their door.
async fn raw(
    tx: &mut Tx,
    question: &Question,
    sites: &[Site],
    zones: &Zones,
) -> Result<Vec<EventView>, InquiryError> {
    let (from, to) = question.when.span();
    let bounds = sites.iter().map(|site| {
        let zone = zones.get(&site.zone);
        (day_bounds(from, zone).0, day_bounds(to, zone).1)
    });
    let outermost = bounds.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let Some((start, end)) = outermost else { return Ok(Vec::new()) };
    let one_more = i64::try_from(MOST_LINES).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = match question.person {
        Some(person) => {
            let mut rows = events::list_by_person(tx, person, start, end).await?;
            rows.sort_by_key(|event| event.ingest_no);
            rows
        }
        None => events::list_between(tx, (start, end), question.site.as_ref(), one_more).await?,
    };
    expect_few(rows.len())?;
    let asked = |event: &EventView| {
        let date = event.corrected_at.date_in(zones.get(&event.zone));
        (from..=to).contains(&date) && question.site.as_ref().is_none_or(|site| *site == event.site_id)
    };
    rows.retain(asked);
    Ok(rows)
}

/// Who is there, or may be, by the days that run at any site and by yesterday's, of which a night shift is.
async fn there(
    tx: &mut Tx,
    question: &Question,
    sites: &[Site],
    zones: &Zones,
    now: UtcMillis,
) -> Result<Vec<Inside>, InquiryError> {
    let todays: Vec<Date> = sites.iter().map(|site| now.date_in(zones.get(&site.zone))).collect();
    let (Some(first), Some(last)) = (todays.iter().min(), todays.iter().max()) else {
        return Ok(Vec::new());
    };
    // Of all sites: whoever belongs to another may have come through a door of this one.
    let rows = days::list(tx, first.saturating_sub(jiff::Span::new().days(1)), *last, None).await?;
    let people: Vec<PersonId> = rows.iter().map(|row| row.record.person).collect();
    let seen = events::list_of_people(tx, &people, now.plus_millis(-DAY_MS)).await?;
    let last: BTreeMap<PersonId, LastSeen> = seen.into_iter().filter_map(last_seen).collect();
    let mut people = inside(&rows, &last, now);
    people.retain(|one| question.site.as_ref().is_none_or(|site| *site == one.site));
    Ok(people)
}

/// Of each person the last comes last, and stays.
fn last_seen(event: EventView) -> Option<(PersonId, LastSeen)> {
    let EventView { corrected_at: at, door, site_id: site, zone, .. } = event;
    Some((event.person_id?, LastSeen { at, door, site, zone }))
}
