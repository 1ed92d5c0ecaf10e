//! Holidays of one site or of all.

use std::collections::HashMap;

use jiff::civil::Date;
use lintel_core::ids::SiteId;

use super::UploadError;
use super::error::Refusal;
use super::findings::Act;
use super::run::Run;
use crate::imports::HolidayRow as Line;
use crate::rosters::expect_date;
use crate::rosters::holidays::{self, HolidayRow};
use crate::store::rosters;

/// A day of a site.
type Day = (SiteId, Date);

/// The holidays that are there, and which row of the file has a day already.
struct Known {
    there: HashMap<Day, HolidayRow>,
    by_row: HashMap<Day, usize>,
}

pub(super) async fn apply(run: &mut Run, rows: Vec<(usize, Line)>) -> Result<(), UploadError> {
    let days = || rows.iter().map(|(_, row)| row.date);
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return Ok(()) };
    let there = rosters::holidays::list_all(&mut run.tx, first, last).await?;
    let there = there.into_iter().map(|row| ((row.site_id.clone(), row.date), row)).collect();
    let mut known = Known { there, by_row: HashMap::new() };
    for (number, row) in rows {
        let done = one(run, &mut known, number, &row).await;
        run.note(number, &row.date.to_string(), done)?;
    }
    Ok(())
}

async fn one(run: &mut Run, known: &mut Known, number: usize, row: &Line) -> Result<(Act, String), Refusal> {
    expect_date(row.date)?;
    let sites: Vec<SiteId> = match row.site.as_ref().or(run.site.as_ref()) {
        Some(site) => vec![run.books.site(site)?.site_id.clone()],
        None => run.books.sites().cloned().collect(),
    };
    if sites.is_empty() {
        return Err(Refusal::row("site", "site_needed", "there is no site yet: `site add` adds one"));
    }
    let mut act = Act::Nothing;
    for site in &sites {
        let did = at_site(run, known, number, row, site).await?;
        act = match (act, did) {
            (Act::Create, _) | (_, Act::Create) => Act::Create,
            (Act::Change, _) | (_, Act::Change) => Act::Change,
            (Act::Nothing, Act::Nothing) => Act::Nothing,
        };
    }
    let names: Vec<&str> = sites.iter().map(SiteId::as_str).collect();
    Ok((act, format!("{} ({}) at {}", row.name, row.half.as_str(), names.join(", "))))
}

async fn at_site(
    run: &mut Run,
    known: &mut Known,
    number: usize,
    row: &Line,
    site: &SiteId,
) -> Result<Act, Refusal> {
    let day = (site.clone(), row.date);
    if let Some(other) = known.by_row.insert(day.clone(), number) {
        let reason = format!("{site} has this day from row {other} already: a day is one holiday of a site");
        return Err(Refusal::row("date", "holiday_twice", reason));
    }
    let new = HolidayRow { site_id: site.clone(), date: row.date, name: row.name.clone(), part: row.half };
    let act = match known.there.get(&day) {
        Some(there) if *there == new => return Ok(Act::Nothing),
        Some(_) => Act::Change,
        None => Act::Create,
    };
    run.books.expect_open_day(site, row.date)?;
    holidays::insert(&mut run.tx, &run.actor, run.at, &new).await?;
    run.touch_site(site, row.date);
    Ok(act)
}
