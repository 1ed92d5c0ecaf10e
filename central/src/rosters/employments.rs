//! Employments: where somebody belonged when, in which team, under which contract.
//!
//! A row begins with a person, ends and begins anew with a move, and ends when they leave; `people` calls
//! for these in its own transactions. A locked month doesn't hold them up: who has gone has gone.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::{Clock, UtcMillis};

pub use crate::store::rosters::employments::EmploymentRow;

use super::locks::{expect_open_for, sites_of_person};
use super::{
    LONG_AGO, RosterError, Touched, day_after, day_before, expect_date, expect_person, overlap, touched,
};
use crate::attendance::Length;
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::people::names::clean_name;
use crate::store::rosters::employments;
use crate::store::{Db, StoreError, Tx, audit};

/// The first employment of somebody new; they have always been there when nobody says since when.
pub(crate) async fn begin(
    tx: &mut Tx,
    person: PersonId,
    site: &SiteId,
    joined: Option<Date>,
    terms: &Terms,
) -> Result<(), StoreError> {
    let row = EmploymentRow {
        person_id: person,
        from: joined.unwrap_or(LONG_AGO),
        to: None,
        site_id: site.clone(),
        team: terms.team.clone(),
        weekly: terms.weekly,
    };
    employments::create(tx, &row).await
}

/// From this day on they belong to another site: the day before is the last at the old one. Hours of a week
/// stay, the team was the old site's.
pub(crate) async fn move_on(
    tx: &mut Tx,
    person: PersonId,
    site: &SiteId,
    day: Date,
) -> Result<(), StoreError> {
    let Some(mut last) = employments::list_by_person(tx, person).await?.pop() else {
        return begin(tx, person, site, Some(day), &Terms::default()).await;
    };
    if last.site_id == *site {
        return Ok(());
    }
    let ahead = last.to.filter(|to| *to >= day);
    if last.from >= day {
        last.site_id = site.clone();
        last.team = None;
        employments::update(tx, &last).await?;
    } else {
        let next = EmploymentRow { from: day, to: ahead, site_id: site.clone(), team: None, ..last.clone() };
        if last.to.is_none() || ahead.is_some() {
            last.to = Some(day_before(day));
            employments::update(tx, &last).await?;
        }
        employments::create(tx, &next).await?;
    }
    let from = day.min(last.from);
    let sites = sites_of_person(tx, person, day_before(from), None).await?;
    touched(tx, &Touched::of_person(person, sites, from, None)).await
}

/// Sets the last day at work, or with None that they stay.
pub(crate) async fn end(tx: &mut Tx, person: PersonId, last_day: Option<Date>) -> Result<(), StoreError> {
    let rows = employments::list_by_person(tx, person).await?;
    let ended = rows.last().and_then(|row| row.to);
    let Some(day) = last_day else {
        if let (Some(row), Some(ended)) = (rows.last(), ended) {
            employments::update(tx, &EmploymentRow { to: None, ..row.clone() }).await?;
            let sites = sites_of_person(tx, person, ended, None).await?;
            touched(tx, &Touched::of_person(person, sites, day_after(ended), None)).await?;
        }
        return Ok(());
    };
    if ended == Some(day) {
        return Ok(());
    }
    for (number, row) in rows.iter().enumerate().rev() {
        if number > 0 && row.from > day {
            // It was planned, and never came to be.
            employments::delete(tx, person, row.from).await?;
            continue;
        }
        // Whoever goes before they came had that one day.
        employments::update(tx, &EmploymentRow { to: Some(day.max(row.from)), ..row.clone() }).await?;
        break;
    }
    let from = ended.map_or(day, |ended| ended.min(day));
    let sites = sites_of_person(tx, person, from, None).await?;
    touched(tx, &Touched::of_person(person, sites, day_after(from), None)).await
}

/// What a contract says beside where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// In which team.
    pub team: Option<String>,
    /// Hours of a week.
    pub weekly: Option<Length>,
}

/// Gives a person another team or other hours from a day on, until the next change that is known.
///
/// # Errors
/// [`RosterError::NotEmployed`] above all.
pub async fn change_terms(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    person: PersonId,
    from: Date,
    terms: &Terms,
) -> Result<Touched, RosterError> {
    expect_date(from)?;
    let team = terms.team.as_deref().map(clean_name).transpose()?;
    let mut tx = db.write().await?;
    let found = expect_person(&mut tx, person).await?;
    let rows = employments::list_by_person(&mut tx, person).await?;
    let row = on(&rows, person, from)?;
    let sites = expect_open_for(&mut tx, &found, from, row.to).await?;
    let touches = Touched::of_person(person, sites, from, row.to);
    let terms = Terms { team, weekly: terms.weekly };
    change_from(&mut tx, permit.actor(), clock.now(), &rows, row, from, &terms).await?;
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(touches)
}

/// The row of somebody's employments that a day is in.
pub(crate) fn on(rows: &[EmploymentRow], person: PersonId, day: Date) -> Result<&EmploymentRow, RosterError> {
    let row = rows.iter().find(|row| overlap((row.from, row.to), (day, Some(day))));
    row.ok_or(RosterError::NotEmployed { person, date: day })
}

/// Writes other terms from a day on that is in `there`, one of `rows`; gives the rows as they are now.
pub(crate) async fn change_from(
    tx: &mut Tx,
    actor: &str,
    at: UtcMillis,
    rows: &[EmploymentRow],
    there: &EmploymentRow,
    from: Date,
    terms: &Terms,
) -> Result<Vec<EmploymentRow>, StoreError> {
    let Terms { team, weekly } = terms.clone();
    let next = EmploymentRow { from, team, weekly, ..there.clone() };
    let mut rows: Vec<_> = rows.iter().filter(|row| row.from != there.from).cloned().collect();
    if there.from == from {
        employments::update(tx, &next).await?;
    } else {
        let before = EmploymentRow { to: Some(day_before(from)), ..there.clone() };
        employments::update(tx, &before).await?;
        employments::create(tx, &next).await?;
        rows.push(before);
    }
    rows.push(next);
    rows.sort_by_key(|row| row.from);
    let (subject, fields) = (there.person_id.to_string(), "valid_from,team,weekly_ms");
    audit::create(tx, at, actor, "employment.change", &subject, fields).await?;
    Ok(rows)
}

/// A person's employments in order.
///
/// # Errors
/// When the database fails.
pub async fn list_by_person(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    person: PersonId,
) -> Result<Vec<EmploymentRow>, StoreError> {
    employments::list_by_person(&mut db.read().await?, person).await
}
