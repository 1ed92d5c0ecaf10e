//! People with their teams. Whoever has a new staff number is added; of the others what the file says differs.
//!
//! Site, team and hours of somebody who is there change from today on: a file of people has no other date. A cell
//! that is empty leaves everything as it is.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::SiteId;
use lintel_core::time::zone;

use super::UploadError;
use super::contract_hours::hours;
use super::error::Refusal;
use super::findings::Act;
use super::run::Run;
use crate::attendance::Length;
use crate::imports::PersonRow;
use crate::people::{self, NewPerson, Person};
use crate::rosters::RosterError;
use crate::rosters::employments::{self, EmploymentRow, Terms};
use crate::store::rosters::employments as rows_of;

pub(super) async fn apply(run: &mut Run, rows: Vec<(usize, PersonRow)>) -> Result<(), UploadError> {
    for (number, row) in rows {
        let done = match run.books.person(&row.staff_no).cloned() {
            Some(person) => change(run, &person, &row).await,
            None => add(run, &row).await,
        };
        run.note(number, &row.staff_no, done)?;
    }
    Ok(())
}

async fn add(run: &mut Run, row: &PersonRow) -> Result<(Act, String), Refusal> {
    let Some(site_id) = row.site.clone().or_else(|| run.site.clone()) else {
        let reason = "is empty: somebody new needs a site in the file, or --site for all of them";
        return Err(Refusal::row("site", "site_needed", reason));
    };
    run.books.site(&site_id)?;
    let new =
        NewPerson { name: row.name.clone(), site_id: site_id.clone(), staff_no: Some(row.staff_no.clone()) };
    let terms = Terms { team: row.team.clone(), weekly: weekly(row) };
    let id = people::add_in(&mut run.tx, &run.actor, run.at, &new, row.joined, &terms).await?;
    if let Some(left) = row.left {
        people::leave_on_in(&mut run.tx, &run.actor, run.at, id, Some(left)).await?;
        run.doors.note(&mut run.tx, id).await?;
    }
    Ok((Act::Create, format!("{} at {site_id}", row.name)))
}

async fn change(run: &mut Run, person: &Person, row: &PersonRow) -> Result<(Act, String), Refusal> {
    let id = person.person_id;
    let mut rows = run.books.employments_of(id).to_vec();
    expect_joined(&rows, row)?;
    let mut changed = Vec::new();
    if row.name != person.name {
        people::rename_in(&mut run.tx, &run.actor, run.at, id, &row.name).await?;
        changed.push(format!("name: {}", row.name));
    }
    let site = row.site.as_ref().unwrap_or(&person.site_id);
    if *site != person.site_id {
        run.books.site(site)?;
        // The doors that are about to lose them, too.
        run.doors.note(&mut run.tx, id).await?;
        people::move_in(&mut run.tx, &run.actor, run.at, id, site).await?;
        rows = rows_of::list_by_person(&mut run.tx, id).await?;
        changed.push(format!("site: {site}"));
    }
    // Teams and hours are nothing to a door.
    let mut for_doors = !changed.is_empty();
    changed.extend(change_terms(run, person, site, row, rows).await?);
    let last = run.books.employments_of(id).last().and_then(|row| row.to);
    if let Some(left) = row.left.filter(|left| person.leaves_on != Some(*left) && last != Some(*left)) {
        people::leave_on_in(&mut run.tx, &run.actor, run.at, id, Some(left)).await?;
        changed.push(format!("last day: {left}"));
        for_doors = true;
    }
    if changed.is_empty() {
        return Ok((Act::Nothing, row.name.clone()));
    }
    if for_doors {
        run.doors.note(&mut run.tx, id).await?;
    }
    Ok((Act::Change, changed.join("; ")))
}

/// A first day that passed decides about days that were counted: no file moves it.
fn expect_joined(rows: &[EmploymentRow], row: &PersonRow) -> Result<(), Refusal> {
    match (rows.first().map(|first| first.from), row.joined) {
        (Some(first), Some(joined)) if first != joined => {
            let reason = format!("is {joined} and not {first}: leave it empty, no file changes a first day");
            Err(Refusal::row("joined", "joined_differs", reason))
        }
        _ => Ok(()),
    }
}

/// Team and hours from today on, or from their first day where that lies ahead.
async fn change_terms(
    run: &mut Run,
    person: &Person,
    site: &SiteId,
    row: &PersonRow,
    rows: Vec<EmploymentRow>,
) -> Result<Vec<String>, Refusal> {
    let today = today(run, site)?;
    let from = rows.first().map_or(today, |first| first.from.max(today));
    // Of somebody who has gone, what was last.
    let there = employments::on(&rows, person.person_id, from).ok().or(rows.last());
    let Some(there) = there.cloned() else { return Ok(Vec::new()) };
    let wanted =
        Terms { team: row.team.clone().or_else(|| there.team.clone()), weekly: weekly(row).or(there.weekly) };
    let mut changed = Vec::new();
    if wanted.team != there.team {
        changed.push(format!("team: {}", wanted.team.as_deref().unwrap_or_default()));
    }
    if wanted.weekly != there.weekly {
        changed.push(format!("hours: {}", hours(row.weekly_minutes.unwrap_or_default())));
    }
    if changed.is_empty() {
        return Ok(changed);
    }
    if there.to.is_some_and(|to| to < from) {
        return Err(RosterError::NotEmployed { person: person.person_id, date: from }.into());
    }
    run.books.set_employments(person.person_id, rows);
    let sites = run.books.expect_open_for(person, from, there.to)?;
    let rows = run.books.employments_of(person.person_id);
    let rows = employments::change_from(&mut run.tx, &run.actor, run.at, rows, &there, from, &wanted).await?;
    run.books.set_employments(person.person_id, rows);
    run.touch(person.person_id, sites, from, there.to);
    Ok(changed)
}

fn weekly(row: &PersonRow) -> Option<Length> {
    row.weekly_minutes.map(|minutes| Length::from_minutes(minutes.into()))
}

fn today(run: &Run, site: &SiteId) -> Result<Date, RosterError> {
    let zone = zone(&run.books.site(site)?.zone).unwrap_or(TimeZone::UTC);
    Ok(run.at.date_in(&zone))
}
