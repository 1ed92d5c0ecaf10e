//! Where somebody belonged when. Nobody's past changes when they move: another row begins.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use serde::Serialize;

use super::super::{PEOPLE, StoreError, Tx, rows_of_people, sql, uuid, uuid_bytes};
use super::{parsed, parsed_or_none};
use crate::attendance::Length;
use crate::attendance::length::written_or_none;

/// A time at one site with one contract. Both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmploymentRow {
    /// Whose.
    pub person_id: PersonId,
    /// First day.
    pub from: Date,
    /// Last day; none while it goes on.
    pub to: Option<Date>,
    /// Where they belong.
    pub site_id: SiteId,
    /// In which team.
    pub team: Option<String>,
    /// Contracted hours of a week; none says nothing.
    #[serde(with = "written_or_none")]
    pub weekly: Option<Length>,
}

type Row = (Vec<u8>, String, Option<String>, String, Option<String>, Option<i64>);

fn employment((person, from, to, site, team, weekly): Row) -> Result<EmploymentRow, StoreError> {
    Ok(EmploymentRow {
        person_id: uuid(&person, "employment.person_id")?.into(),
        from: parsed(&from, "employment.valid_from")?,
        to: parsed_or_none(to.as_deref(), "employment.valid_to")?,
        site_id: parsed(&site, "employment.site_id")?,
        team,
        weekly: weekly.map(Length::from_millis),
    })
}

/// Adds a row.
///
/// # Errors
/// A unique violation when one begins on the same day.
pub async fn create(tx: &mut Tx, row: &EmploymentRow) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO employment (person_id, valid_from, valid_to, site_id, team, weekly_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        uuid_bytes!(row.person_id),
        row.from.to_string(),
        row.to.map(|to| to.to_string()),
        row.site_id.as_str(),
        row.team.as_deref(),
        row.weekly.map(Length::as_millis),
    )?;
    Ok(())
}

/// Writes the last day, the site and the terms of a row again.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, row: &EmploymentRow) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE employment SET valid_to = $1, site_id = $2, team = $3, weekly_ms = $4 \
         WHERE person_id = $5 AND valid_from = $6",
        row.to.map(|to| to.to_string()),
        row.site_id.as_str(),
        row.team.as_deref(),
        row.weekly.map(Length::as_millis),
        uuid_bytes!(row.person_id),
        row.from.to_string(),
    )?;
    Ok(())
}

/// Takes a row out that never came to be.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, person: PersonId, from: Date) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "DELETE FROM employment WHERE person_id = $1 AND valid_from = $2",
        uuid_bytes!(person),
        from.to_string()
    )?;
    Ok(())
}

/// A person's rows in order.
///
/// # Errors
/// When the database fails.
pub async fn list_by_person(tx: &mut Tx, person: PersonId) -> Result<Vec<EmploymentRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT person_id, valid_from, valid_to, site_id, team, weekly_ms FROM employment \
         WHERE person_id = $1 ORDER BY valid_from",
        uuid_bytes!(person)
    )?
    .into_iter()
    .map(employment)
    .collect()
}

/// The rows of some people, each person's in order.
///
/// # Errors
/// When the database fails.
pub async fn list_of_people(tx: &mut Tx, people: &[PersonId]) -> Result<Vec<EmploymentRow>, StoreError> {
    let text = "SELECT person_id, valid_from, valid_to, site_id, team, weekly_ms FROM employment \
        WHERE person_id IN (VALUES {people}) ORDER BY person_id, valid_from";
    let mut all = Vec::new();
    for some in people.chunks(PEOPLE) {
        for row in rows_of_people!(tx, Row, some, text)? {
            all.push(employment(row)?);
        }
    }
    Ok(all)
}

/// The last team of some people at each site where they belonged on a date or before.
///
/// # Errors
/// When the database fails.
pub async fn teams_of_people(
    tx: &mut Tx,
    people: &[PersonId],
    on: Date,
) -> Result<BTreeMap<(PersonId, SiteId), String>, StoreError> {
    let mut teams = BTreeMap::new();
    for some in people.chunks(PEOPLE) {
        let text = "SELECT person_id, site_id, COALESCE(team, '') FROM employment \
            WHERE person_id IN (VALUES {people}) AND valid_from <= {1} ORDER BY valid_from";
        for (person, site, team) in
            rows_of_people!(tx, (Vec<u8>, String, String), some, text, on.to_string())?
        {
            let person = uuid(&person, "employment.person_id")?.into();
            teams.insert((person, parsed(&site, "employment.site_id")?), team);
        }
    }
    Ok(teams)
}

/// People who belonged to a site at some time, by id.
///
/// # Errors
/// When the database fails.
pub async fn list_people(tx: &mut Tx, site: &SiteId) -> Result<Vec<PersonId>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT DISTINCT person_id FROM employment WHERE site_id = $1 ORDER BY person_id",
        site.as_str()
    )?;
    rows.into_iter().map(|(id,)| Ok(uuid(&id, "employment.person_id")?.into())).collect()
}

/// The same from one person to another, both included.
///
/// # Errors
/// When the database fails.
pub async fn list_between(
    tx: &mut Tx,
    site: &SiteId,
    first: PersonId,
    last: PersonId,
) -> Result<Vec<PersonId>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT DISTINCT person_id FROM employment WHERE site_id = $1 AND person_id >= $2 AND person_id <= $3 \
         ORDER BY person_id",
        site.as_str(),
        uuid_bytes!(first),
        uuid_bytes!(last)
    )?;
    rows.into_iter().map(|(id,)| Ok(uuid(&id, "employment.person_id")?.into())).collect()
}

/// Everybody who was ever employed, behind one of them, by id.
///
/// # Errors
/// When the database fails.
pub async fn list_everybody(
    tx: &mut Tx,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<PersonId>, StoreError> {
    let after = after.map_or_else(Vec::new, |person| uuid_bytes!(person).to_vec());
    sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT DISTINCT person_id FROM employment WHERE person_id > $1 ORDER BY person_id LIMIT $2",
        after,
        limit
    )?
    .into_iter()
    .map(|(id,)| Ok(uuid(&id, "employment.person_id")?.into()))
    .collect()
}

/// Everybody's rows, each person's in order.
///
/// # Errors
/// When the database fails.
pub async fn list_all(tx: &mut Tx) -> Result<Vec<EmploymentRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT person_id, valid_from, valid_to, site_id, team, weekly_ms FROM employment \
         ORDER BY person_id, valid_from"
    )?
    .into_iter()
    .map(employment)
    .collect()
}
