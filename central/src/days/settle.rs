//! What becomes of computed days: stored where they differ, booked as adjustments where the month is locked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::Wanted;
use crate::attendance::exception::Code;
use crate::attendance::{DayRecord, Month};
use crate::store::adjustments::{self, Adjustment};
use crate::store::days::{self, NewDay};
use crate::store::{StoreError, Tx, rosters};

/// A day that isn't over, and when it is: it has to be computed again then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Again {
    /// When.
    pub at: UtcMillis,
    /// Whose.
    pub person: PersonId,
    /// Which date.
    pub date: Date,
}

/// A day that came out otherwise than it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Whose.
    pub person: PersonId,
    /// Which date.
    pub date: Date,
    /// Canonical record before; none where there was none.
    pub before: Option<String>,
    /// Canonical record after; none where nothing is left.
    pub after: Option<String>,
}

/// Compares computed days with what is stored, without storing anything.
///
/// # Errors
/// When the database fails.
pub(super) async fn compare(
    tx: &mut Tx,
    wanted: &[Wanted],
    records: &[DayRecord],
) -> Result<Vec<Changed>, StoreError> {
    let Some((from, to)) = span(wanted) else { return Ok(Vec::new()) };
    let people = people(wanted);
    let mut stored = days::texts_of_people(tx, &people, from, to).await?;
    let mut spans: HashMap<PersonId, Vec<(Date, Date)>> = HashMap::new();
    for one in wanted {
        spans.entry(one.person).or_default().push((one.from, one.to));
    }
    stored.retain(|(person, date), _| {
        let spans = spans.get(person).map_or(&[][..], Vec::as_slice);
        spans.iter().any(|(from, to)| from <= date && date <= to)
    });
    let mut changed = Vec::new();
    for record in records {
        let after = text_of(record);
        let before = stored.remove(&(record.person, record.date));
        if before.as_ref() != Some(&after) {
            changed.push(Changed { person: record.person, date: record.date, before, after: Some(after) });
        }
    }
    let gone = stored.into_iter();
    changed.extend(gone.map(|((person, date), before)| Changed {
        person,
        date,
        before: Some(before),
        after: None,
    }));
    Ok(changed)
}

/// Stores computed days where they differ from what is there; a day of a locked month stays as it was given to
/// payroll, and what it would be now is booked in the next open month. Gives what was changed in place, and the
/// days that have to be computed again when they are over.
///
/// The caller holds the people, so that nobody else computes their days meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut Tx,
    wanted: &[Wanted],
    records: &[DayRecord],
    now: UtcMillis,
) -> Result<(Vec<Changed>, Vec<Again>), StoreError> {
    let by_day: BTreeMap<(PersonId, Date), &DayRecord> =
        records.iter().map(|record| ((record.person, record.date), record)).collect();
    let mut changed = compare(tx, wanted, records).await?;
    let booked = adjust(tx, wanted, &mut changed, &by_day, now).await?;
    write(tx, &changed, &by_day, now).await?;
    let again = records
        .iter()
        .filter(|record| !booked.contains(&(record.person, record.date)))
        .filter_map(|record| {
            let why = record.provisional.as_ref().filter(|why| why.not_over)?;
            Some(Again { at: why.until, person: record.person, date: record.date })
        })
        .collect();
    Ok((changed, again))
}

/// Writes what was changed in place.
pub(super) async fn write(
    tx: &mut Tx,
    changed: &[Changed],
    by_day: &BTreeMap<(PersonId, Date), &DayRecord>,
    now: UtcMillis,
) -> Result<(), StoreError> {
    let key = |one: &Changed| (one.person, one.date);
    let had: Vec<_> = changed.iter().filter(|one| one.before.is_some()).map(key).collect();
    days::delete_blocks(tx, &had).await?;
    let gone: Vec<_> = changed.iter().filter(|one| one.after.is_none()).map(key).collect();
    days::delete(tx, &gone).await?;
    let new: Vec<NewDay<'_>> = changed
        .iter()
        .filter_map(|one| {
            let text = one.after.as_deref()?;
            by_day.get(&key(one)).map(|record| NewDay { record, text })
        })
        .collect();
    days::put(tx, &new, now).await
}

/// Takes the days of locked months out of what is to be changed, and books them; which those were.
async fn adjust(
    tx: &mut Tx,
    wanted: &[Wanted],
    changed: &mut Vec<Changed>,
    by_day: &BTreeMap<(PersonId, Date), &DayRecord>,
    now: UtcMillis,
) -> Result<BTreeSet<(PersonId, Date)>, StoreError> {
    let mut booked = BTreeSet::new();
    let Some((from, to)) = span(wanted) else { return Ok(booked) };
    let locks: BTreeSet<(SiteId, String)> = rosters::periods::list_between(tx, from, None)
        .await?
        .into_iter()
        .map(|lock| (lock.site_id, lock.month.to_string()))
        .collect();
    let standing = adjustments::of_people(tx, &people(wanted), from, to).await?;
    if locks.is_empty() && standing.is_empty() {
        return Ok(booked);
    }
    let locked = |site: &SiteId, month: Month| locks.contains(&(site.clone(), month.to_string()));
    // A day that came out as it is stored may still have an adjustment that is of no use any more.
    let mut seen: BTreeSet<(PersonId, Date)> = changed.iter().map(|one| (one.person, one.date)).collect();
    seen.extend(standing.keys().copied());
    for (person, date) in seen {
        let rows = standing.get(&(person, date)).map_or(&[][..], Vec::as_slice);
        // Of a day that never was and isn't any more only the adjustment knows where it belonged.
        let booked_at = || rows.last().map(|row| row.site_id.clone());
        let Some(site) = site_of(changed, by_day, person, date)?.or_else(booked_at) else { continue };
        let settled = rows.iter().rfind(|row| locked(&row.site_id, row.month));
        if !locked(&site, Month::of(date)) && settled.is_none() {
            // The month is open again: what was booked elsewhere is in the day itself now.
            for row in rows {
                adjustments::delete(tx, person, date, row.month).await?;
            }
            continue;
        }
        let place = changed.iter().position(|one| (one.person, one.date) == (person, date));
        let now_is = match place {
            Some(place) => changed.get(place).and_then(|one| one.after.clone()),
            None => by_day.get(&(person, date)).map(|record| text_of(record)),
        };
        let stored = match place {
            Some(place) => changed.get(place).and_then(|one| one.before.clone()),
            None => now_is.clone(),
        };
        let before = settled.map_or(stored, |row| row.after.clone());
        let behind = settled.map_or(Month::of(date), |row| row.month);
        let month = next_open(&site, behind, &locked);
        // One open booking says it all; another may be left from a time when other months were open.
        for row in rows.iter().filter(|row| row.month > behind && row.month != month) {
            adjustments::delete(tx, person, date, row.month).await?;
        }
        if before == now_is || same_result(before.as_deref(), now_is.as_deref())? {
            adjustments::delete(tx, person, date, month).await?;
        } else {
            let row = Adjustment { person_id: person, date, site_id: site, month, before, after: now_is };
            adjustments::put(tx, &row, now).await?;
        }
        if let Some(place) = place {
            changed.remove(place);
        }
        booked.insert((person, date));
    }
    Ok(booked)
}

/// Where a day belongs: to the site that it was given to payroll for, else to that of what it is now.
fn site_of(
    changed: &[Changed],
    by_day: &BTreeMap<(PersonId, Date), &DayRecord>,
    person: PersonId,
    date: Date,
) -> Result<Option<SiteId>, StoreError> {
    let before = changed.iter().find(|one| (one.person, one.date) == (person, date));
    if let Some(text) = before.and_then(|one| one.before.as_deref()) {
        return Ok(Some(days::record(text)?.site));
    }
    Ok(by_day.get(&(person, date)).map(|record| record.site.clone()))
}

/// Whether two records come to the same, whatever the version of the rules and however sure they are.
fn same_result(before: Option<&str>, after: Option<&str>) -> Result<bool, StoreError> {
    let (Some(before), Some(after)) = (before, after) else { return Ok(false) };
    let result = |text| -> Result<DayRecord, StoreError> {
        let mut record = days::record(text)?;
        // Overtime that waits for approval isn't given to payroll: approved, it is another result.
        record.exceptions.retain(|exception| exception.code == Code::OvertimeUnapproved);
        Ok(DayRecord {
            policy_version: String::new(),
            provisional: None,
            out_of_service: Vec::new(),
            ..record
        })
    };
    Ok(result(before)? == result(after)?)
}

/// The first month behind a locked one that isn't locked.
fn next_open(site: &SiteId, month: Month, locked: &impl Fn(&SiteId, Month) -> bool) -> Month {
    let mut month = month.after();
    while locked(site, month) && month != month.after() {
        month = month.after();
    }
    month
}

fn text_of(record: &DayRecord) -> String {
    // JSON is UTF-8.
    String::from_utf8(record.canonical()).unwrap_or_default()
}

fn people(wanted: &[Wanted]) -> Vec<PersonId> {
    let people: BTreeSet<PersonId> = wanted.iter().map(|one| one.person).collect();
    people.into_iter().collect()
}

fn span(wanted: &[Wanted]) -> Option<(Date, Date)> {
    let from = wanted.iter().map(|one| one.from).min()?;
    Some((from, wanted.iter().map(|one| one.to).max()?))
}
